"""Angles that look like degrees: multiples of 15 from 30 to 720. Steps of loops and counters are rarely these."""

from __future__ import annotations

from collections.abc import Iterator

from qgl.check.values.values import Value
from qgl.diagnostics.types import AngleInDegrees
from qgl.expression import Real
from qgl.syntax import tree

_STEP, _LEAST, _MOST = 15, 30, 720


def in_degrees(node: tree.Expression, value: Value) -> Iterator[AngleInDegrees]:
    """Warnings of the constant numbers in `value` that are degrees by their looks, at their places in `node`."""
    if isinstance(value, tuple):
        items = node.items if isinstance(node, tree.List | tree.Tuple) else ()
        written = len(items) == len(value)
        for k, each in enumerate(value):
            yield from in_degrees(items[k] if written else node, each)
        return
    number = value.constant if isinstance(value, Real) and value.is_constant else value
    if isinstance(number, int | float) and not isinstance(number, bool) and _looks_so(number):
        yield AngleInDegrees(node.span, int(number))


def _looks_so(number: float) -> bool:
    return _LEAST <= abs(number) <= _MOST and number % _STEP == 0
