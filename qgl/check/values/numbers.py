"""Arithmetic of compile-time numbers and of real expressions of inputs, with every fault in words."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence

from qgl.check.limits import MAX_TERMS
from qgl.check.reporter import Reporter
from qgl.diagnostics.size import ValueTooLarge
from qgl.diagnostics.types import ArithmeticFault
from qgl.expression import Function, Real, apply, real
from qgl.program.calls.arguments import MAX_INTEGER
from qgl.source import Span

Number = int | float
_DIRECT: dict[str, Callable[[Number, Number], Number]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_COMPARISONS: dict[str, Callable[[Number, Number], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COMPARISONS = frozenset(_COMPARISONS)


class Arithmetic:
    """Operations on numbers; faults are reported at the span of the expression."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def checked(self, value: Number, span: Span) -> Number:
        """`value`, if it is finite and an integer of at most 64 bits."""
        if isinstance(value, int):
            if not -MAX_INTEGER <= value <= MAX_INTEGER:
                raise self._reporter.fault(ValueTooLarge(span, "this integer", "64 bits"))
        elif not math.isfinite(value):
            raise self._reporter.fault(ArithmeticFault(span, "this is not a finite number"))
        return value

    def compare(self, name: str, left: Number, right: Number) -> bool:
        return _COMPARISONS[name](left, right)

    def binary(self, name: str, left: Number, right: Number, span: Span) -> Number:
        """`left name right` of plain numbers."""
        try:
            if name in _DIRECT:
                return self.checked(_DIRECT[name](left, right), span)
            if name == "/":
                exact = isinstance(left, int) and isinstance(right, int) and left % right == 0
                return self.checked(left // right if exact else left / right, span)
            if name == "%":
                return self.checked(left % right, span)
            return self._power(left, right, span)
        except ZeroDivisionError:
            raise self._reporter.fault(ArithmeticFault(span, "this divides by zero")) from None
        except OverflowError:
            raise self._reporter.fault(ArithmeticFault(span, "this is too large for a number")) from None

    def _power(self, base: Number, exponent: Number, span: Span) -> Number:
        if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
            if abs(base) > 1 and exponent * math.log2(abs(base)) > 64:
                raise self._reporter.fault(ValueTooLarge(span, "this power", "64 bits"))
            return self.checked(base ** (exponent if abs(base) > 1 else min(exponent, 2 + exponent % 2)), span)
        result = base**exponent
        if isinstance(result, complex):
            raise self._reporter.fault(ArithmeticFault(span, "this root of a negative number is not real"))
        return self.checked(float(result), span)

    def real_binary(self, name: str, left: Real | Number, right: Real | Number, span: Span) -> Real:
        """`left name right` where one side depends on inputs."""
        try:
            x, y = real(left), real(right)
            match name:
                case "+":
                    return self.bounded(x + y, span)
                case "-":
                    return self.bounded(x - y, span)
                case "*":
                    return self.bounded(x * y, span)
                case "/":
                    return self.bounded(x / y, span)
                case "**":
                    return self.bounded(_real_power(x, y), span)
        except ZeroDivisionError:
            raise self._reporter.fault(ArithmeticFault(span, "this divides by zero")) from None
        except (ValueError, OverflowError):
            raise self._reporter.fault(ArithmeticFault(span, "this is not a finite number")) from None
        raise self._reporter.fault(ArithmeticFault(span, f"`{name}` is for numbers that are known at compile time"))

    def real_function(self, name: str, arguments: Sequence[Real | Number], span: Span) -> Real:
        try:
            return self.bounded(apply(name, *arguments), span)
        except (ValueError, OverflowError, ZeroDivisionError):
            raise self._reporter.fault(ArithmeticFault(span, f"`{name}` has no real value here")) from None

    def bounded(self, value: Real, span: Span) -> Real:
        """`value`, if it is not so large an expression that the next one made of it could fill the memory."""
        if _size(value, MAX_TERMS) > MAX_TERMS:
            raise self._reporter.fault(ValueTooLarge(span, "this expression", f"{MAX_TERMS:,} terms and functions"))
        if not math.isfinite(value.constant) or not all(math.isfinite(c) for c, _ in value.terms):
            raise self._reporter.fault(ArithmeticFault(span, "this is not a finite number"))
        return value


def _real_power(base: Real, exponent: Real) -> Real:
    """Small whole powers as products: their gradients hold at negative bases too."""
    power = exponent.constant
    if not exponent.is_constant or power != int(power) or not 1 <= abs(power) <= 8:
        if exponent.is_constant and power == 0:
            return Real(1.0)
        return apply("power", base, exponent)
    result = base
    for _ in range(int(abs(power)) - 1):
        result = result * base
    return result if power > 0 else 1.0 / result


def _size(value: Real, limit: int) -> int:
    """Terms and functions in `value`; counting stops beyond `limit`."""
    total, waiting = 0, [value]
    while waiting and total <= limit:
        number = waiting.pop()
        total += max(len(number.terms), 1)
        for _, atom in number.terms[: limit + 1]:
            if isinstance(atom, Function):
                waiting.extend(atom.arguments)
    return total
