"""Conditions on measured bits, as disjoint conjunctions.

An operation happens under a conjunction of bits and values. Any formula of bits is split by deciding its bits one after
another, so that the conjunctions exclude each other; the `else` of `a and b` is `not a` beside `a and not b`.

A bit that is measured under several conjunctions is measured once under each, into a number of its own; which number
stands for it follows from the conjunction of whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from typing import Any, TypeGuard

from qgl.check.values.values import Bit, Condition, Outcomes

Conjunction = tuple[tuple[int, bool], ...]
Formula = Bit | Condition | bool


def is_condition(value: object) -> bool:
    return isinstance(value, bool | Bit | Condition)


def are_outcomes(value: object) -> TypeGuard[tuple[Bit, ...]]:
    """Whether these are the outcomes of several qubits, the first most significant, which make a whole number."""
    return isinstance(value, tuple) and bool(value) and all(isinstance(each, Bit) for each in value)


def value_count(value: object) -> int:
    """How many values a measured outcome may have, from 0 on; 0 for what is none."""
    if isinstance(value, Outcomes):
        return value.categories
    if are_outcomes(value):
        return 1 << len(value)
    return 2 * isinstance(value, Bit | Condition)


def negation(value: Formula) -> Formula:
    return not value if isinstance(value, bool) else Condition("not", (value,))


def conjunction(operator: str, left: Formula, right: Formula) -> Formula:
    """`left and right` or `left or right`; truth values are worked out."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, bool):
            return one if one == (operator == "or") else other
    return Condition(operator, (left, right))


def comparison(operator: str, left: Any, right: Any) -> Formula | None:
    """`left == right` or `left != right` of formulas and truth values, 0 and 1, or of the outcomes of several qubits
    and a whole number; None if it makes no sense.
    """
    if operator not in ("==", "!="):
        return None
    if are_outcomes(left) or are_outcomes(right):
        bits, number = (left, right) if are_outcomes(left) else (right, left)
        if type(number) is not int or not 0 <= number < 1 << len(bits):
            return None
        every = [bit if number >> k & 1 else negation(bit) for k, bit in enumerate(reversed(bits))]
        equal = reduce(partial(conjunction, "and"), reversed(every))
        return equal if operator == "==" else negation(equal)
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


def number_of(bit: Bit, held: set[tuple[int, bool]]) -> int:
    """The number of `bit` for an operation that happens where `held` holds."""
    return next(number for measured_under, number in bit.numbers if held.issuperset(measured_under))


def split(
    formula: Formula, under: tuple[Conjunction, ...], spend: Callable[[int], None]
) -> tuple[tuple[Conjunction, ...], tuple[Conjunction, ...]]:
    """(conjunctions where `formula` holds, where it does not) inside of those of `under`; all disjoint.

    There can be exponentially many, so every step is counted by `spend` before it is made.
    """
    holds: list[Conjunction] = []
    fails: list[Conjunction] = []
    for start in under:
        waiting = [start]
        while waiting:
            current = waiting.pop()
            spend(4 + len(current) // 2)
            value = _Decision(current, spend).of(formula)
            if isinstance(value, bool):
                (holds if value else fails).append(current)
            else:
                waiting += [(*current, (value, False)), (*current, (value, True))]
    return tuple(holds), tuple(fails)


class _Decision:
    """Values of formulas where `under` holds, or the number of a bit that they depend on. Parts that a formula has
    several times (by `let`) are decided once."""

    def __init__(self, under: Conjunction, spend: Callable[[int], None]) -> None:
        self.held = set(under)
        self.values = dict(under)
        self.spend = spend
        self.known: dict[int, bool | int] = {}

    def of(self, formula: Formula) -> bool | int:
        if isinstance(formula, bool):
            return formula
        decided = self.known.get(id(formula))
        if decided is None:
            decided = self.known[id(formula)] = self._bit(formula) if isinstance(formula, Bit) else self._parts(formula)
        return decided

    def _bit(self, bit: Bit) -> bool | int:
        self.spend(2 + len(bit.numbers) // 4)
        number = number_of(bit, self.held)
        return self.values.get(number, number)

    def _parts(self, formula: Condition) -> bool | int:
        self.spend(2)
        values: list[bool] = []
        for argument in formula.arguments:
            value = self.of(argument)
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
