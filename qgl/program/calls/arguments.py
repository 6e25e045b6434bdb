"""Kinds of argument that named calls take: which values each may have. How a program writes them, `check` knows."""

from __future__ import annotations

import math
from functools import singledispatch
from typing import Any, ClassVar, Generic, TypeVar

from qgl.expression import Real
from qgl.record import record

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
LEAST, LARGEST = 2.0**-126, (2 - 2.0**-23) * 2.0**127  # of the normal numbers of single precision
MAX_INTEGER = 2**63 - 1  # of a program, too


class UnfitError(Exception):
    """Raised for a value of the wrong kind; the argument says what was found, in words."""


@singledispatch
def describe(value: object) -> str:
    """`value` in a user's words. Classes of values that a program can name add theirs."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"{value}"
        case str():
            return f'"{value if len(value) <= 40 else value[:37] + "..."}"'
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


class ArgumentType(Generic[T_co]):
    """One kind of argument, whose values are of type `T_co`."""

    __slots__ = ()

    @property
    def wording(self) -> str:
        """Completes "must be ..."."""
        raise NotImplementedError


class PlainType(ArgumentType[T_co]):
    """A kind of argument whose values are those that an expression has, if they are fit."""

    __slots__ = ()

    def take(self, value: object) -> T_co:
        """The argument that a value makes.

        Raises:
            UnfitError: it makes none.
        """
        raise NotImplementedError


class AsItIs(PlainType[T_co]):
    """Values of one kind, as they are."""

    __slots__ = ()
    kind: ClassVar[type[Any]]

    def take(self, value: object) -> T_co:
        if not isinstance(value, self.kind):
            raise UnfitError(describe(value))
        typed: T_co = value
        return typed


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
    def wording(self) -> str:
        low = f"above {self.low:g}" if self.open_low else f"at least {self.low:g}"
        high = f"below {self.high:g}" if self.open_high else f"at most {self.high:g}"
        parts = [low] * math.isfinite(self.low) + [high] * math.isfinite(self.high)
        return " and ".join(parts)


@record
class Number(PlainType[float]):
    """A real number within bounds. Numbers other than 0 have a size that single precision holds, whatever the bounds.

    What is larger or smaller would be infinite or 0 where it is used, and a rate of 0 trains nothing without a word.
    Where a formula `underflows` by right, as a weight far out in a tail does, what is smaller is 0.
    """

    bounds: Interval = Interval()
    underflows: bool = False

    @property
    def wording(self) -> str:
        return f"a number {self.bounds.wording}".rstrip()

    def take(self, value: object) -> float:
        plain = float(number(value))
        if plain not in self.bounds:
            raise UnfitError(f"{plain:g}")
        if self.underflows and abs(plain) < LEAST:
            return 0.0
        if plain and not LEAST <= abs(plain) <= LARGEST:
            size = "large" if abs(plain) > 1 else "small"
            raise UnfitError(f"{plain:g}, which is too {size} for single precision")
        return plain


POSITIVE = Number(Interval(0.0, open_low=True))
NOT_NEGATIVE = Number(Interval(0.0))


@record
class Integer(PlainType[int]):
    """A whole number within bounds."""

    low: int = 0
    high: int = 2**31 - 1

    @property
    def wording(self) -> str:
        if self.high == 2**31 - 1:
            return f"a whole number of at least {self.low}"
        return f"a whole number from {self.low} to {self.high}"

    def take(self, value: object) -> int:
        plain = integer(value)
        if not self.low <= plain <= self.high:
            raise UnfitError(f"{plain}")
        return plain


@record
class Many(PlainType[tuple[T, ...]], Generic[T]):
    """A list of `item`s, or one of them; read as a tuple."""

    item: PlainType[T]

    @property
    def wording(self) -> str:
        return f"{self.item.wording}, or a list of them"

    def take(self, value: object) -> tuple[T, ...]:
        given = items(value)
        if not given:
            raise UnfitError("an empty list")
        return tuple(self.item.take(one) for one in given)


POSITIVES = Many(POSITIVE)


@record
class BitString(PlainType[str]):
    """A string of 0 and 1."""

    wording = 'a string of 0 and 1, such as "0101"'

    def take(self, value: object) -> str:
        if not isinstance(value, str) or not value or set(value) - {"0", "1"}:
            raise UnfitError(describe(value))
        return value


@record
class Column(PlainType[int | str]):
    """A column of a table, by number from 0 or by its name in the header."""

    wording = "a column number from 0 or a column name"

    def take(self, value: object) -> int | str:
        if isinstance(value, str):
            return value
        plain = integer(value)
        if plain < 0:
            raise UnfitError(f"{plain}")
        return plain


@record
class Label(PlainType[str]):
    """The name of a class of rows, as a column of labels has it; a whole number is the name that it is."""

    wording = "a label: a string, or a whole number"

    def take(self, value: object) -> str:
        return value.strip() if isinstance(value, str) and value.strip() else str(integer(value))


@record
class Rows(PlainType[tuple[int, int]]):
    """Consecutive rows of a table by number from 0; read as the first and the last one."""

    wording = "a range of row numbers from 0, such as 0..999"

    def take(self, value: object) -> tuple[int, int]:
        if not isinstance(value, range) or value.step != 1 or not value or value[0] < 0:
            raise UnfitError(describe(value))
        return value[0], value[-1]


@record
class Flag(AsItIs[bool]):
    """`true` or `false`."""

    wording = "true or false"
    kind = bool


@record
class Text(AsItIs[str]):
    """A string."""

    wording = "a string in double quotes"
    kind = str


@record
class BareName(ArgumentType[str]):
    """A name, written bare or, where it is not one word, as a string: `aer`, `"aer:fake_torino"`."""

    wording = "a name, or a string in double quotes"


@record
class Names(ArgumentType[tuple[str, ...]]):
    """A list of names of something, written bare; read as a tuple."""

    of: str = "parameters"

    @property
    def wording(self) -> str:
        return f"names of {self.of} in a list, such as `[theta, phi]`"


@record
class Choice(ArgumentType[str]):
    """One of a few words, written bare: `combine = mean`."""

    options: tuple[str, ...]

    @property
    def wording(self) -> str:
        return " or ".join(f"`{option}`" for option in self.options)


@record
class Data(ArgumentType[str]):
    """A declared data set; read as its name. By default one whose strings are listed, not known by their rule alone.

    of  what its rows are: strings of "bits", real "numbers", "any" of the two; or "strings", of bits or of shots
    """

    rule_will_do: bool = False
    of: str = "bits"

    def takes(self, holds: str) -> bool:
        """Whether rows that are so belong there."""
        return holds in {"any": ("bits", "numbers"), "strings": ("bits", "shots")}.get(self.of, (self.of,))

    @property
    def wording(self) -> str:
        return "a data set of real numbers" if self.of == "numbers" else "a data set"


@record
class Region(ArgumentType[tuple[int, ...]]):
    """Qubits; read as their positions among the visible ones, hidden qubits being counted on after these.

    may_be_empty: whether `[]` is a region. may_be_hidden: whether hidden qubits may be among them.
    """

    may_be_empty: bool = False
    may_be_hidden: bool = False

    wording = "a register or list of visible qubits"
