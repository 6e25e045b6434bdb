"""Kinds of argument that named calls take, and how each is read from an expression."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

from qgl.check.limits import MAX_INTEGER
from qgl.check.settings.unlisted_error import not_listed
from qgl.diagnostics.model import Diagnostic
from qgl.expression import Real
from qgl.program.program import CallSpec, DataSet
from qgl.record import record
from qgl.syntax import tree

LEAST, LARGEST = 2.0**-126, (2 - 2.0**-23) * 2.0**127  # of the normal numbers of single precision


class Failure(Enum):
    """What an evaluation gives whose fault has been reported already."""

    FAILED = "failed"


FAILED = Failure.FAILED


@record
class Qubits:
    """The value of an expression that names qubits: their positions among the visible ones, in order.

    Hidden qubits are counted on after the visible ones; `hidden` is then what to say where only visible ones are read.
    """

    positions: tuple[int, ...]
    hidden: Diagnostic | None = None


@record
class SpinTerms:
    """A Hamiltonian of known numbers on `width` visible qubits: coefficients, each with its (position, letter)s."""

    width: int
    terms: tuple[tuple[float, tuple[tuple[int, str], ...]], ...]


@record
class Context:
    """What reading an argument needs: the checker's evaluator, its list of faults, and the reader of nested calls."""

    evaluate: Callable[[tree.Expression], Any]
    report: Callable[[Diagnostic], None]
    bind: Callable[[tree.Expression, str], CallSpec | Failure]


class UnfitError(Exception):
    """Raised by `read` for a value of the wrong kind; the argument says what was found, in words."""


class ArgumentType(Protocol):
    """One kind of argument. `words` completes "must be ..."; `read` gives a value, `FAILED`, or raises `UnfitError`."""

    @property
    def words(self) -> str: ...

    def read(self, expression: tree.Expression, context: Context) -> Any: ...


def describe(value: object) -> str:
    """`value` in a user's words."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"{value}"
        case str():
            return f'"{value if len(value) <= 40 else value[:37] + "..."}"'
        case DataSet():
            return f"the data set `{value.name}`"
        case Qubits():
            return "qubits"
        case SpinTerms():
            return "a Hamiltonian"
        case list() | tuple() | range():
            return f"a list of {len(value)}"
        case _:
            return "something else"


def number(value: object) -> int | float:
    """A plain finite number.

    Raises:
        UnfitError: it is none.
    """
    if isinstance(value, Real) and value.is_constant:
        value = value.constant
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnfitError(describe(value))
    if isinstance(value, int) and abs(value) > MAX_INTEGER:  # which only Python can hand in
        raise UnfitError("a whole number of more than 64 bits")
    if not math.isfinite(value):
        raise UnfitError(f"{value}")
    return value


def integer(value: object) -> int:
    """A whole number, also when it comes as `4.0`.

    Raises:
        UnfitError: it is none.
    """
    plain = number(value)
    if plain != int(plain):
        raise UnfitError(f"{plain}")
    return int(plain)


def items(value: object) -> list[Any]:
    """The items of a list, or one thing as a list of one.

    Raises:
        UnfitError: a range that is longer than any list of arguments can mean.
    """
    if isinstance(value, range) and len(value) > 100_000:
        raise UnfitError(f"a range of {len(value)}")
    return list(value) if isinstance(value, list | tuple | range) else [value]


@record
class Interval:
    """Bounds of a number. `open_low` and `open_high` exclude the bound itself."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.open_low else value >= self.low
        return above and (value < self.high if self.open_high else value <= self.high)

    @property
    def words(self) -> str:
        low = f"above {self.low:g}" if self.open_low else f"at least {self.low:g}"
        high = f"below {self.high:g}" if self.open_high else f"at most {self.high:g}"
        parts = [low] * math.isfinite(self.low) + [high] * math.isfinite(self.high)
        return " and ".join(parts)


@record
class Number:
    """A real number within bounds. Numbers other than 0 have a size that single precision holds, whatever the bounds.

    What is larger or smaller would be infinite or 0 where it is used, and a rate of 0 trains nothing without a word.
    """

    bounds: Interval = Interval()

    @property
    def words(self) -> str:
        return f"a number {self.bounds.words}".rstrip()

    def read(self, expression: tree.Expression, context: Context) -> float | Failure:
        value = context.evaluate(expression)
        return value if isinstance(value, Failure) else self.take(value)

    def take(self, value: object) -> float:
        plain = float(number(value))
        if plain not in self.bounds:
            raise UnfitError(f"{plain:g}")
        if plain and not LEAST <= abs(plain) <= LARGEST:
            size = "large" if abs(plain) > 1 else "small"
            raise UnfitError(f"{plain:g}, which is too {size} for single precision")
        return plain


@record
class Integer:
    """A whole number within bounds."""

    low: int = 0
    high: int = 2**31 - 1

    @property
    def words(self) -> str:
        if self.high == 2**31 - 1:
            return f"a whole number of at least {self.low}"
        return f"a whole number from {self.low} to {self.high}"

    def read(self, expression: tree.Expression, context: Context) -> int | Failure:
        value = context.evaluate(expression)
        return value if isinstance(value, Failure) else self.take(value)

    def take(self, value: object) -> int:
        plain = integer(value)
        if not self.low <= plain <= self.high:
            raise UnfitError(f"{plain}")
        return plain


@record
class Many:
    """A list of `item`s, or one of them; read as a tuple."""

    item: Number | Integer | BitString | Column
    plural: str

    @property
    def words(self) -> str:
        return f"{self.item.words}, or a list of {self.plural}"

    def read(self, expression: tree.Expression, context: Context) -> tuple[Any, ...] | Failure:
        value = context.evaluate(expression)
        if isinstance(value, Failure):
            return value
        found = items(value)
        if not found:
            raise UnfitError("an empty list")
        return tuple(self.item.take(one) for one in found)


@record
class BitString:
    """A string of 0 and 1."""

    words: str = 'a string of 0 and 1, such as "0101"'

    def take(self, value: object) -> str:
        if not isinstance(value, str) or not value or set(value) - {"0", "1"}:
            raise UnfitError(describe(value))
        return value


@record
class Column:
    """A column of a table, by number from 0 or by its name in the header."""

    words: str = "a column number from 0 or a column name"

    def take(self, value: object) -> int | str:
        if isinstance(value, str):
            return value
        plain = integer(value)
        if plain < 0:
            raise UnfitError(f"{plain}")
        return plain


@record
class Rows:
    """Consecutive rows of a table by number from 0; read as the first and the last one."""

    words: str = "a range of row numbers from 0, such as 0..999"

    def read(self, expression: tree.Expression, context: Context) -> tuple[int, int] | Failure:
        value = context.evaluate(expression)
        if isinstance(value, Failure):
            return value
        if not isinstance(value, range) or value.step != 1 or not value or value[0] < 0:
            raise UnfitError(describe(value))
        return value[0], value[-1]


@record
class Flag:
    words: str = "true or false"

    def read(self, expression: tree.Expression, context: Context) -> bool | Failure:
        value = context.evaluate(expression)
        if not isinstance(value, bool | Failure):
            raise UnfitError(describe(value))
        return value


@record
class Text:
    words: str = "a string in double quotes"

    def read(self, expression: tree.Expression, context: Context) -> str | Failure:
        value = context.evaluate(expression)
        if not isinstance(value, str | Failure):
            raise UnfitError(describe(value))
        return value


@record
class Word:
    """A name, written bare or, where it is not one word, as a string: `aer`, `"aer:fake_torino"`."""

    words: str = "a name, or a string in double quotes"

    def read(self, expression: tree.Expression, context: Context) -> str | Failure:
        return expression.name if isinstance(expression, tree.Name) else Text(self.words).read(expression, context)


@record
class Choice:
    """One of a few words, written bare: `combine = mean`."""

    options: tuple[str, ...]

    @property
    def words(self) -> str:
        return " or ".join(f"`{option}`" for option in self.options)

    def read(self, expression: tree.Expression, context: Context) -> str:
        written = expression.name if isinstance(expression, tree.Name) else expression.span.text
        if written not in self.options:
            raise UnfitError(f"`{written}`")
        return written


@record
class Data:
    """A declared data set; read as its name. By default one whose strings are listed, not known by their rule alone."""

    words: str = "a data set"
    rule_will_do: bool = False

    def read(self, expression: tree.Expression, context: Context) -> str | Failure:
        value = context.evaluate(expression)
        if isinstance(value, Failure):
            return value
        if not isinstance(value, DataSet):
            raise UnfitError(describe(value))
        if not value.listed and not self.rule_will_do:
            context.report(not_listed(value, expression.span))
            return FAILED
        return value.name


@record
class Region:
    """Qubits; read as their positions among the visible ones, see `Qubits`. `[]` is none of them, where that may be.

    may_be_hidden: whether hidden qubits may be among them.
    """

    words: str = "a register or list of visible qubits"
    may_be_empty: bool = False
    may_be_hidden: bool = False

    def read(self, expression: tree.Expression, context: Context) -> tuple[int, ...] | Failure:
        value = context.evaluate(expression)
        if isinstance(value, Failure):
            return value
        if isinstance(value, list | tuple) and not value and self.may_be_empty:
            return ()
        if not isinstance(value, Qubits):
            raise UnfitError(describe(value))
        if value.hidden is not None and not self.may_be_hidden:
            context.report(value.hidden)
            return FAILED
        return value.positions


@record
class Spins:
    """A declared Hamiltonian of known numbers on visible qubits; read as its `SpinTerms`."""

    words: str = "a Hamiltonian of the program"

    def read(self, expression: tree.Expression, context: Context) -> SpinTerms | Failure:
        value = context.evaluate(expression)
        if not isinstance(value, SpinTerms | Failure):
            raise UnfitError(describe(value))
        return value


@record
class Nested:
    """A call of another kind: the kernel of an `mmd`."""

    kind: str
    example: str

    @property
    def words(self) -> str:
        return f"a {self.kind}, such as `{self.example}`"

    def read(self, expression: tree.Expression, context: Context) -> CallSpec | Failure:
        if not isinstance(expression, tree.Call | tree.Name):
            value = context.evaluate(expression)
            if isinstance(value, Failure):
                return value
            raise UnfitError(describe(value))
        return context.bind(expression, self.kind)


@record
class Rate:
    """A step size: a positive number, or a schedule of them."""

    schedules: tuple[str, ...]
    words: str = "a number above 0 or a schedule"

    def read(self, expression: tree.Expression, context: Context) -> float | CallSpec | Failure:
        if isinstance(expression, tree.Call) and expression.function.name in self.schedules:
            return context.bind(expression, "schedule")
        return Number(Interval(0.0, open_low=True)).read(expression, context)
