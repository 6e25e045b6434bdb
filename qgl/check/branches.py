"""Conditions on measured bits, as disjoint conjunctions.

An operation happens under a conjunction of bits and values. Any formula of bits is split by deciding its bits one after
another, so that the conjunctions exclude each other; the `else` of `a and b` is `not a` beside `a and not b`.

A bit that is measured under several conjunctions is measured once under each, into a number of its own; which number
stands for it follows from the conjunction of whoever asks.
"""

from __future__ import annotations

from typing import Any

from qgl.check.values import Bit, Condition

Conjunction = tuple[tuple[int, bool], ...]
Formula = Bit | Condition | bool


def is_condition(value: object) -> bool:
    return isinstance(value, bool | Bit | Condition)


def negation(value: Formula) -> Formula:
    return not value if isinstance(value, bool) else Condition("not", (value,))


def conjunction(operator: str, left: Formula, right: Formula) -> Formula:
    """`left and right` or `left or right`; truth values are worked out."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, bool):
            return one if one == (operator == "or") else other
    return Condition(operator, (left, right))


def comparison(operator: str, left: Any, right: Any) -> Formula | None:
    """`left == right` or `left != right` of formulas and truth values, 0 and 1; None if it makes no sense."""
    if operator not in ("==", "!="):
        return None
    sides = [bool(side) if isinstance(side, int) and side in (0, 1) else side for side in (left, right)]
    if not all(is_condition(side) for side in sides):
        return None
    first, second = sides
    if isinstance(first, bool):
        first, second = second, first
    if isinstance(second, bool):
        same = first if second else negation(first)
    else:
        same = Condition("not", (Condition("xor", (first, second)),))
    return same if operator == "==" else negation(same)


def number_of(bit: Bit, under: Conjunction) -> int:
    """The number of `bit` for an operation that happens under `under`."""
    held = set(under)
    return next(number for measured_under, number in bit.numbers if held.issuperset(measured_under))


def split(formula: Formula, under: tuple[Conjunction, ...]) -> tuple[tuple[Conjunction, ...], tuple[Conjunction, ...]]:
    """(conjunctions where `formula` holds, where it does not) inside of those of `under`; all disjoint."""
    holds: list[Conjunction] = []
    fails: list[Conjunction] = []
    for start in under:
        waiting = [start]
        while waiting:
            current = waiting.pop()
            value = _decide(formula, current)
            if isinstance(value, bool):
                (holds if value else fails).append(current)
            else:
                waiting += [(*current, (value, False)), (*current, (value, True))]
    return tuple(holds), tuple(fails)


def _decide(formula: Formula, under: Conjunction) -> bool | int:
    """The value of `formula` where `under` holds, or the number of a bit that it depends on."""
    if isinstance(formula, bool):
        return formula
    if isinstance(formula, Bit):
        number = number_of(formula, under)
        return next((value for bit, value in under if bit == number), number)
    values: list[bool] = []
    for argument in formula.arguments:
        value = _decide(argument, under)
        if not isinstance(value, bool):
            return value
        if formula.operator in ("and", "or") and value == (formula.operator == "or"):
            return value
        values.append(value)
    match formula.operator:
        case "not":
            return not values[0]
        case "xor":
            return values[0] != values[1]
        case operator:
            return operator == "and"
