"""Real expressions of inputs, evaluated once more without the evaluator of the product."""

from __future__ import annotations

import math
from collections.abc import Callable

from qgl.expression import Function, Input, Real

FUNCTIONS: dict[str, Callable[..., float]] = {
    "multiply": lambda x, y: x * y,
    "reciprocal": lambda x: 1 / x,
    "power": lambda x, y: x**y,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "atan2": math.atan2,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "sigmoid": lambda x: (1 + math.tanh(x / 2)) / 2,
    "abs": abs,
    "choose": lambda number, *values: values[round(number)],
}


def value_of(number: Real, atoms: Callable[[Input], float]) -> float:
    """The value of `number` where inputs have the values that `atoms` gives."""
    total = number.constant
    for coefficient, atom in number.terms:
        if isinstance(atom, Function):
            factor = FUNCTIONS[atom.name](*(value_of(argument, atoms) for argument in atom.arguments))
        else:
            factor = atoms(atom)
        total += coefficient * factor
    return total
