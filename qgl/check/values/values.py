"""Values that expressions have while a program is checked.

Plain Python values stand for numbers, truth values and strings, `range` and `tuple` for lists, `Real` for numbers that
depend on inputs. The classes here are the rest.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

from qgl.check.values.lattices import Lattice
from qgl.expression import Input, Real
from qgl.program.program import DataSet
from qgl.record import record
from qgl.source import Span

Value = Any


@record
class Site:
    """One site of a lattice. In arithmetic it counts as its number."""

    lattice: Lattice
    number: int

    def __hash__(self) -> int:
        return hash((id(self.lattice), self.number))  # as lattices are equal to themselves only

    def __str__(self) -> str:
        return f"site {self.lattice.site_name(self.number)}"


@record
class Qubit:
    """One wire."""

    wire: int

    def __hash__(self) -> int:
        return hash(self.wire)


@dataclass(frozen=True, eq=False)
class Group:
    """A register, or a part of one: qubits in order, and their sites if they are on a lattice.

    The qubits of one variable have its number of values in `categories`; a register of variables has these as its
    `members`, and they are what one goes through and counts.
    """

    name: str
    wires: tuple[int, ...]
    lattice: Lattice | None
    sites: tuple[int, ...]
    span: Span
    categories: int | None = None
    members: tuple[Group, ...] = ()

    def __len__(self) -> int:
        return len(self.members or self.wires)

    def __iter__(self) -> Iterator[Value]:
        return iter(self.members) if self.members else map(Qubit, self.wires)

    @property
    def wording(self) -> str:
        if self.categories is not None:
            return f"a variable of {self.categories} categories"
        return f"a register of {len(self)} {'variable' if self.members else 'qubit'}{'s' * (len(self) != 1)}"

    @cached_property
    def position_of_site(self) -> Mapping[int, int]:
        return {site: position for position, site in enumerate(self.sites)}


@dataclass(frozen=True, eq=False)
class Dimension:
    """One dimension of an array of inputs: its extent and the keys that it may be indexed with.

    `keys` maps qubits, sites, or sets of these to positions; integers are positions unless `integers` is False.
    `arity` is 2 if the keys are pairs, which may be written as two indices. `amplitudes`: its numbers are those of one
    state, two for each amplitude, of which, if `mixed`, the first half of its qubits is meant. `between`: they are
    those of an isometry between variables of so many values.
    """

    extent: int
    wording: str
    keys: Mapping[Hashable, int] | None = None
    integers: bool = True
    arity: int = 1
    amplitudes: bool = False
    mixed: bool = False
    between: tuple[tuple[int, ...], tuple[int, ...]] | None = None


@record
class Array:
    """A part of a parameter, row-major from element `offset`; `dimensions` are those that are not indexed yet."""

    parameter: int
    name: str
    offset: int
    dimensions: tuple[Dimension, ...]
    span: Span

    def __len__(self) -> int:
        return self.dimensions[0].extent

    def at(self, position: int) -> Array | Real:
        """The part at `position` of the first dimension."""
        rest = self.dimensions[1:]
        offset = self.offset + position * prod(dimension.extent for dimension in rest)
        if not rest:
            return Real(0.0, ((1.0, Input(self.parameter, offset)),))
        return Array(self.parameter, self.name, offset, rest, self.span)

    def __iter__(self) -> Iterator[Array | Real]:
        return (self.at(position) for position in range(len(self)))

    @property
    def is_state(self) -> bool:
        """Whether this is one state, that is, the numbers of all its amplitudes."""
        return len(self.dimensions) == 1 and self.dimensions[0].amplitudes

    @property
    def wording(self) -> str:
        if self.is_state:
            width = state_width(len(self)) // (1 + self.dimensions[0].mixed)
            return f"a {'mixed ' * self.dimensions[0].mixed}state of {width} qubit{'s' * (width > 1)}"
        shape = " x ".join(str(dimension.extent) for dimension in self.dimensions)
        return f"an array of {shape} numbers"

    def reals(self) -> tuple[Real, ...]:
        """All elements in order."""
        first = self.offset
        last = first + prod(dimension.extent for dimension in self.dimensions)
        parameter = self.parameter
        return tuple([Real(0.0, ((1.0, Input(parameter, element)),)) for element in range(first, last)])


@record
class Bit:
    """A measured bit. Under each of several conditions it has a number of its own (see
    `qgl.check.values.conditions`).
    """

    name: str
    numbers: tuple[tuple[tuple[tuple[int, bool], ...], int], ...]


class Outcomes(tuple[Bit, ...]):
    """The measured bits of one variable, the first most significant, and how many categories it has."""

    def __new__(cls, bits: Iterable[Bit], categories: int) -> Outcomes:
        self = super().__new__(cls, tuple(bits))
        self.categories = categories
        return self

    categories: int


@record
class Condition:
    """A formula of measured bits: `operator` is "bit", "not", "and", "or" or "xor"."""

    operator: str
    arguments: tuple[Any, ...]


def state_width(numbers: int) -> int:
    """The number of qubits of a state that is given by so many numbers, two for each amplitude."""
    return numbers.bit_length() - 2


def key_of(value: Value) -> Hashable:
    """What an array dimension knows a value by: a pair in either order is the same edge, a subset is a set."""
    if isinstance(value, tuple | Group):
        return frozenset(map(key_of, value))
    try:
        hash(value)
    except TypeError:  # a data set, say, which is no index and equal to none
        return id(value)
    return value  # type: ignore[no-any-return]


def describe(value: Value) -> str:
    """`value` in a user's words, with its article."""
    from qgl.check.values.operators import Operator

    match value:
        case bool():
            return f"`{'true' if value else 'false'}`"
        case int():
            return f"the whole number {value}"
        case float():
            return f"the number {value:g}{'.0' if value.is_integer() and abs(value) < 1e6 else ''}"
        case str():
            return f'the string "{value[:40]}"'
        case Real():
            return "a number that depends on inputs"
        case Array():
            return value.wording
        case Site():
            return f"a site of the lattice `{value.lattice.name}`"
        case Qubit():
            return "a qubit"
        case Group():
            return value.wording
        case tuple():
            return f"a list of {len(value)}"
        case range():
            return f"the range {value.start}..{value.stop - 1}"
        case Lattice():
            return f"the lattice `{value.name}`"
        case Bit() | Condition():
            return "a measured bit"
        case Operator():
            return "an imaginary number" if value.is_number else "a product of Pauli matrices"
        case DataSet():
            return f"the data set `{value.name}`"
        case _:
            return "something else"
