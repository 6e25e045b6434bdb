"""Real numbers that depend on the inputs of a model: gate angles, strengths of channels, coefficients of Hamiltonians.

Every such number is an affine form, constant + sum of coefficient * atom. An atom is one input (an element of a
parameter) or a function of other numbers (`sin(x)`, `x * y`). Nearly all angles of real programs are one input times
a coefficient plus a constant, which lowers to one row of a table.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from qgl.record import record

MEANS, CHANCES = -1, -2  # in place of a parameter's number: what is read of the final state, see `qgl.program.outputs`


class Input(NamedTuple):
    """Element `element` (row-major) of parameter number `parameter` of the program; or something that outputs read.

    A tuple, because large programs make and look up millions.
    """

    parameter: int
    element: int


@record
class Function:
    """`name` of `arguments`; the names are the keys of `FUNCTIONS`."""

    name: str
    arguments: tuple[Real, ...]


Atom = Input | Function


@record
class Real:
    """constant + sum(coefficient * atom for coefficient, atom in terms); atoms are distinct, coefficients not 0."""

    constant: float
    terms: tuple[tuple[float, Atom], ...] = ()

    def __hash__(self) -> int:
        return hash((self.constant, self.terms))

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not Real:
            return NotImplemented
        assert isinstance(other, Real)
        return self.constant == other.constant and self.terms == other.terms

    @property
    def is_constant(self) -> bool:
        return not self.terms

    def __add__(self, other: Real | float) -> Real:
        other = real(other)
        if not other.terms:
            return Real(self.constant + other.constant, self.terms)
        if not self.terms:
            return Real(self.constant + other.constant, other.terms)
        terms: dict[Atom, float] = {atom: coefficient for coefficient, atom in self.terms}
        for coefficient, atom in other.terms:
            terms[atom] = terms.get(atom, 0.0) + coefficient
        kept = tuple((coefficient, atom) for atom, coefficient in terms.items() if coefficient != 0)
        return Real(self.constant + other.constant, kept)

    __radd__ = __add__

    def __neg__(self) -> Real:
        return Real(-self.constant, tuple((-coefficient, atom) for coefficient, atom in self.terms))

    def __sub__(self, other: Real | float) -> Real:
        return self + (-real(other))

    def __rsub__(self, other: float) -> Real:
        return real(other) + (-self)

    def __mul__(self, other: Real | float) -> Real:
        other = real(other)
        if not self.terms:
            self, other = other, self
        if not other.terms:
            factor = other.constant
            if factor == 0:
                return Real(0.0)
            return Real(factor * self.constant, tuple((factor * c, atom) for c, atom in self.terms))
        return apply("multiply", self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Real | float) -> Real:
        other = real(other)
        if not other.terms:
            return self * (1.0 / other.constant)  # raises ZeroDivisionError as for plain numbers
        return self * apply("reciprocal", other)

    def __rtruediv__(self, other: float) -> Real:
        return real(other) / self


SLACK = 8 * sys.float_info.epsilon  # how far outside of its domain an argument may lie and still be taken as its end


def _root(x: float) -> float:
    return math.sqrt(0.0 if -SLACK < x < 0 else x)


def _inside(x: float) -> float:
    return max(-1.0, min(1.0, x)) if abs(x) <= 1 + SLACK else x


def _power(x: float, y: float) -> float:
    if x == 0 and y < 0:
        raise ZeroDivisionError("a negative power of zero")
    return math.pow(0.0 if -SLACK < x < 0 and y != round(y) else x, y)


def _angle(y: float, x: float) -> float:
    return math.atan2(y, x) if x or y else 0.0  # of the origin 0, whatever the signs of its zeros


def _chosen(number: float, *values: float) -> float:
    if number not in range(len(values)):
        raise ValueError(f"{number:g} is none of {len(values)} categories")
    return values[int(number)]


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x > 0 else math.exp(x) / (1.0 + math.exp(x))


FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "multiply": lambda x, y: x * y,
    "reciprocal": lambda x: 1.0 / x,
    "power": _power,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": lambda x: math.asin(_inside(x)),
    "acos": lambda x: math.acos(_inside(x)),
    "atan": math.atan,
    "atan2": _angle,
    "exp": math.exp,
    "log": math.log,
    "sqrt": _root,
    "tanh": math.tanh,
    "sigmoid": _sigmoid,
    "abs": abs,
    "clip": lambda x, low, high: min(max(x, low), high),
    "choose": _chosen,
}


def real(value: Real | float) -> Real:
    """`value` as a `Real`."""
    return value if isinstance(value, Real) else Real(float(value))


def sum_of(numbers: Iterable[Real]) -> Real:
    """Their sum, gathered in one table: each `+` goes through all terms so far again."""
    return combined(0.0, ((1.0, number) for number in numbers))


def combined(constant: float, parts: Iterable[tuple[float, Real]]) -> Real:
    """constant + sum(factor * number for factor, number in parts), without the products as records of their own."""
    terms: dict[Atom, float] = {}
    for factor, number in parts:
        constant += factor * number.constant
        for coefficient, atom in number.terms:
            terms[atom] = terms.get(atom, 0.0) + factor * coefficient
    return Real(constant, tuple((coefficient, atom) for atom, coefficient in terms.items() if coefficient != 0))


def apply(name: str, *arguments: Real | float) -> Real:
    """Function `name` of `arguments`, computed at once when all are constant.

    Raises:
        KeyError: no such function.
        ValueError, ZeroDivisionError, OverflowError: constant arguments outside of the function's domain.
    """
    function = FUNCTIONS[name]
    numbers = tuple(real(argument) for argument in arguments)
    if all(number.is_constant for number in numbers):
        return Real(float(function(*(number.constant for number in numbers))))
    return Real(0.0, ((1.0, Function(name, numbers)),))


def renumbered(number: Real, numbers: Mapping[int, int]) -> Real:
    """The same of inputs whose parameters have other numbers."""
    return with_inputs(number, lambda each: Input(numbers[each.parameter], each.element))


def with_inputs(number: Real, other: Callable[[Input], Input]) -> Real:
    """The same of other inputs."""

    def atom(each: Atom) -> Atom:
        if isinstance(each, Input):
            return other(each)
        return Function(each.name, tuple(with_inputs(argument, other) for argument in each.arguments))

    return Real(number.constant, tuple((coefficient, atom(each)) for coefficient, each in number.terms))


def evaluate(number: Real, inputs: Callable[[Input], float]) -> float:
    """The value of `number`, one atom at a time; the slow and obvious way, for references, QASM and messages."""
    total = number.constant
    for coefficient, atom in number.terms:
        if isinstance(atom, Input):
            value = inputs(atom)
        else:
            value = FUNCTIONS[atom.name](*(evaluate(argument, inputs) for argument in atom.arguments))
        total += coefficient * value
    return total
