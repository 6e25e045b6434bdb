"""Bounds of real expressions: what is known of a number that stands where a probability is expected."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

from qgl.expression import Atom, Function, Input, Real
from qgl.program.program import Parameter

Interval = tuple[float, float]
EVERYTHING: Interval = (-math.inf, math.inf)
_INCREASING = {"tanh": math.tanh, "atan": math.atan}
_RANGES: dict[str, Interval] = {
    "sin": (-1.0, 1.0),
    "cos": (-1.0, 1.0),
    "tanh": (-1.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "sqrt": (0.0, math.inf),
    "exp": (0.0, math.inf),
    "abs": (0.0, math.inf),
    "asin": (-math.pi / 2, math.pi / 2),
    "acos": (0.0, math.pi),
    "atan": (-math.pi / 2, math.pi / 2),
}


def bounds(number: Real, parameters: Sequence[Parameter]) -> Interval:
    """An interval that holds `number` whatever the inputs."""
    low = high = number.constant
    for coefficient, atom in number.terms:
        first, last = _atom(atom, parameters)
        first, last = sorted((_times(coefficient, first), _times(coefficient, last)))
        low, high = low + first, high + last
    return low, high


def _atom(atom: Atom, parameters: Sequence[Parameter]) -> Interval:
    return _input(parameters[atom.parameter]) if isinstance(atom, Input) else _function(atom, parameters)


def _input(parameter: Parameter) -> Interval:
    distribution = parameter.distribution
    if parameter.constraint == "probability" or distribution.finite:
        return 0.0, 1.0
    if parameter.categories is not None:
        return 0.0, parameter.categories - 1.0
    if distribution.name in ("haar", "hilbert_schmidt", "mixed"):
        return -1.0, 1.0
    if parameter.kind in ("random", "latent") and distribution.name == "uniform":
        return distribution.arguments[0], distribution.arguments[1]
    if parameter.kind in ("random", "latent") and distribution.name == "constant":
        return distribution.arguments[0], distribution.arguments[0]
    return EVERYTHING


def _function(function: Function, parameters: Sequence[Parameter]) -> Interval:
    inner = [bounds(argument, parameters) for argument in function.arguments]
    low, high = inner[0]
    match function.name:
        case "multiply" if function.arguments[0] == function.arguments[1]:
            return _square(low, high)
        case "multiply":
            corners = [_times(x, y) for x, y in product(*inner)]
            return min(corners), max(corners)
        case "reciprocal" if low > 0 or high < 0:
            return 1 / high, 1 / low
        case "sqrt" if low >= 0:
            return math.sqrt(low), math.sqrt(high)
        case "abs":
            return (0.0 if low < 0 < high else min(abs(low), abs(high))), max(abs(low), abs(high))
        case "clip":
            ends = [min(max(x, least), most) for x, least, most in zip(*inner, strict=True)]
            return ends[0], ends[1]
        case "choose":
            return min(least for least, _ in inner[1:]), max(most for _, most in inner[1:])
        case "tanh" | "atan" if math.isfinite(low) and math.isfinite(high):
            return _INCREASING[function.name](low), _INCREASING[function.name](high)
        case _:
            return _RANGES.get(function.name, EVERYTHING)


def _square(low: float, high: float) -> Interval:
    least = 0.0 if low < 0 < high else min(low * low, high * high)
    return least, max(low * low, high * high)


def _times(x: float, y: float) -> float:
    return 0.0 if x == 0 or y == 0 else x * y
