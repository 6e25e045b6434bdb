"""Expressions of OpenQASM as expressions of qgl; what is constant is known as a number, too."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

SUM, PRODUCT, SIGN, POWER, ATOM = range(5)  # how strongly the last operator of a text binds
_BINARY: dict[str, tuple[int, Callable[[Any, Any], Any]]] = {
    "+": (SUM, operator.add),
    "-": (SUM, operator.sub),
    "*": (PRODUCT, operator.mul),
    "/": (PRODUCT, operator.truediv),
    "%": (PRODUCT, math.fmod),
    "**": (POWER, operator.pow),
}
_CONSTANTS = {"pi": ("pi", math.pi), "π": ("pi", math.pi), "tau": ("(2 * pi)", math.tau), "τ": ("(2 * pi)", math.tau)}
_CONSTANTS |= {"euler": ("exp(1)", math.e), "ℇ": ("exp(1)", math.e)}
_FUNCTIONS: dict[str, tuple[str, Callable[[float], float]]] = {
    **{name: (name, getattr(math, name)) for name in ("sin", "cos", "tan", "exp", "log", "sqrt")},
    **{f"arc{name}": (f"a{name}", getattr(math, f"a{name}")) for name in ("sin", "cos", "tan")},
}


class Refused(Exception):  # noqa: N818 -- the statement that holds the expression makes the diagnostic
    """An expression that qgl has no words for, or whose meaning readers do not agree on."""


@dataclass(frozen=True)
class Number:
    """An expression in qgl's words; `value` if it is constant; `whole` if OpenQASM has it as an integer."""

    text: str
    binds: int = ATOM
    value: float | int | None = None
    whole: bool = False

    def inside(self, binds: int) -> str:
        """The text as an operand of an operator that binds so strongly."""
        return self.text if self.binds >= binds else f"({self.text})"

    def integer(self) -> int:
        """The value of an index, a size or a bound.

        Raises:
            Refused: it is not a constant integer.
        """
        if isinstance(self.value, int):
            return self.value
        raise Refused("what is no constant integer where one is needed")


def literal(value: float | int) -> Number:
    """A number as qgl writes it: digits on both sides of the point."""
    if isinstance(value, int):
        return Number(str(value), ATOM if value >= 0 else SIGN, value, whole=True)
    text = repr(float(value))
    mantissa, exponent, power = text.partition("e")
    text = f"{mantissa}.0e{power}" if exponent and "." not in mantissa else text
    return Number(text, ATOM if value >= 0 else SIGN, float(value))


def number(node: Any, known: Mapping[str, Number]) -> Number:
    """An expression; `known` are constants, inputs, loop variables and arguments of gates by name.

    Raises:
        Refused: qgl has no words for it.
    """
    kind = type(node).__name__
    match kind:
        case "IntegerLiteral" | "FloatLiteral":
            return literal(node.value)
        case "Identifier":
            return _named(node.name, known)
        case "UnaryExpression" if node.op.name == "-":
            inner = number(node.expression, known)
            value = None if inner.value is None else -inner.value
            return Number(f"-{inner.inside(POWER)}", SIGN, value, inner.whole)
        case "BinaryExpression" if node.op.name in _BINARY:
            return _binary(node.op.name, number(node.lhs, known), number(node.rhs, known))
        case "FunctionCall" if node.name.name in _FUNCTIONS and len(node.arguments) == 1:
            name, function = _FUNCTIONS[node.name.name]
            inner = number(node.arguments[0], known)
            return Number(f"{name}({inner.text})", ATOM, _applied(function, inner))
        case "Cast" if type(node.type).__name__ in ("FloatType", "AngleType"):
            inner = number(node.argument, known)
            return Number(inner.text, inner.binds, inner.value)
        case "IndexExpression" if type(node.collection).__name__ == "Identifier":
            return _element(node, known)
    raise Refused("this expression")


def _named(name: str, known: Mapping[str, Number]) -> Number:
    if name in known:
        return known[name]
    if name in _CONSTANTS:
        text, value = _CONSTANTS[name]
        return Number(text, ATOM, value)
    raise Refused(f"the name `{name}` in an expression")


def _binary(sign: str, left: Number, right: Number) -> Number:
    binds, function = _BINARY[sign]
    whole = left.whole and right.whole
    if sign == "/" and whole:
        return _quotient(left, right)
    if sign == "%" and not (whole and (left.value or 0) >= 0):
        raise Refused("`%` of what is no whole number from zero on")
    try:
        value = None if left.value is None or right.value is None else function(left.value, right.value)
    except (ArithmeticError, ValueError) as error:
        raise Refused("an expression without a value") from error
    if isinstance(value, complex) or (value is not None and not math.isfinite(value)):
        raise Refused("an expression without a finite value")
    value = int(value) if whole and value is not None and value == int(value) else value
    loose = (left.inside(binds + (sign == "**")), right.inside(binds + (sign != "**")))
    return Number(f"{loose[0]} {sign} {loose[1]}", binds, value, whole)


def _quotient(left: Number, right: Number) -> Number:
    """Of integers, which OpenQASM cuts off and qgl does not."""
    if not isinstance(left.value, int) or not isinstance(right.value, int) or not right.value:
        raise Refused("a quotient of integers, which OpenQASM cuts off,")
    if left.value % right.value:
        raise Refused(f"{left.value}/{right.value}, which is an integer in OpenQASM (1.0/2 is a half),")
    return literal(left.value // right.value)


def _applied(function: Callable[[float], float], inner: Number) -> float | None:
    try:
        return None if inner.value is None else function(inner.value)
    except (ArithmeticError, ValueError) as error:
        raise Refused("an expression without a value") from error


def _element(node: Any, known: Mapping[str, Number]) -> Number:
    """An element of an input that is an array."""
    if not isinstance(node.index, list):
        raise Refused("this index")
    indices = ", ".join(number(index, known).text for index in node.index)
    return Number(f"{_named(node.collection.name, known).text}[{indices}]")
