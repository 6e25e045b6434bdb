"""Functions of the language that give compile-time values: numbers, lists of sites and qubits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain as joined
from itertools import combinations, pairwise
from typing import Any, Protocol

from qgl.check.limits import ITEMS, MAX_ITEMS
from qgl.check.reporter import FaultyError, Reporter
from qgl.check.settings.unlisted_error import unlisted_error
from qgl.check.values.lattices import Lattice
from qgl.check.values.numbers import Arithmetic
from qgl.check.values.values import Array, Group, Qubit, Site, Value, describe
from qgl.diagnostics.data import WrongRows
from qgl.diagnostics.outputs import OnlyInOutputs
from qgl.diagnostics.registers import HiddenReadOut
from qgl.diagnostics.size import ValueTooLarge
from qgl.diagnostics.types import ArithmeticFault, FunctionArguments, IndexOutOfRange
from qgl.expression import FUNCTIONS as REAL_FUNCTIONS
from qgl.expression import Real
from qgl.program.program import DataSet
from qgl.record import record
from qgl.source import Span
from qgl.syntax import tree


@record
class Usage:
    """How a function is written, how many arguments it takes, and what it gives."""

    text: str
    least: int
    most: int
    doc: str
    named: tuple[str, ...] = ()  # arguments that are given by name, if at all


INTERNAL = ("multiply", "reciprocal", "power", "atan2", "choose")  # that no program calls by name
_OF_REALS = {
    "sin": "the sine",
    "cos": "the cosine",
    "tan": "the tangent",
    "asin": "the angle in -pi/2..pi/2 whose sine is x",
    "acos": "the angle in 0..pi whose cosine is x",
    "atan": "the angle in -pi/2..pi/2 whose tangent is x",
    "exp": "e to the power of x; in a circuit `exp(i * a * P)` is a rotation about a product P of Pauli matrices",
    "log": "the natural logarithm",
    "sqrt": "the square root",
    "tanh": "the hyperbolic tangent",
    "sigmoid": "1 / (1 + exp(-x))",
    "abs": "the absolute value",
}
USAGES: dict[str, Usage] = {
    **{name: Usage(f"{name}(x)", 1, 1, doc) for name, doc in _OF_REALS.items()},
    "clip": Usage("clip(x, low, high)", 3, 3, "min(max(x, low), high)"),
    "expect": Usage("expect(Pauli words)", 1, 1, "the mean of Pauli words in the final state; in an `output`"),
    "prob": Usage(
        "prob(register, ..., given = register)",
        1,
        1000,
        "the probabilities of the strings of registers, under each string of those that are given; in an `output`",
        ("given",),
    ),
    "min": Usage("min(x, y, ...)", 1, 1000, "the least of known numbers"),
    "max": Usage("max(x, y, ...)", 1, 1000, "the largest of known numbers"),
    "floor": Usage("floor(x)", 1, 1, "the next integer below"),
    "ceil": Usage("ceil(x)", 1, 1, "the next integer above"),
    "round": Usage("round(x)", 1, 1, "the nearest integer"),
    "div": Usage("div(a, b)", 2, 2, "the quotient of integers, rounded down"),
    "mod": Usage("mod(a, b)", 2, 2, "the remainder of integers, with the sign of b"),
    "size": Usage("size(register, lattice or list)", 1, 1, "how many qubits, sites or items there are"),
    "sites": Usage("sites(lattice)", 1, 1, "all sites, in order"),
    "edges": Usage("edges(lattice)", 1, 1, "pairs of neighbouring sites, or of the qubits of a register on them"),
    "neighbours": Usage("neighbours(lattice, site)", 2, 2, "the sites that share an edge with one"),
    "distance": Usage("distance(lattice, site, site)", 3, 3, "the number of edges on a shortest way"),
    "chain": Usage("chain(register)", 1, 1, "the pairs of consecutive qubits, sites or items"),
    "ring": Usage("ring(register)", 1, 1, "the pairs of consecutive ones, and the pair that closes the ring"),
    "pairs": Usage("pairs(register)", 1, 1, "all pairs"),
    "brick": Usage("brick(lattice or register, number)", 2, 2, "the edges of one class, no two of which share a site"),
    "subsets": Usage("subsets(register, sizes)", 2, 2, "all sets of a size, or of sizes `a..b`"),
    "chow_liu": Usage("chow_liu(data)", 1, 2, "the edges of the Chow-Liu tree of a data set, between qubits"),
}


class Reader(Protocol):
    """What reads the final state, for outputs."""

    def mean(self, value: Value, span: Span) -> Real: ...

    def chances(
        self, values: Sequence[Value], spans: Sequence[Span], given: tuple[Value, Span] | None = None
    ) -> tuple[Value, ...]: ...

    def asks(self) -> None: ...


@dataclass
class Functions:
    """`visible` gives all visible wires, `name_of` a qubit in words; `reader` is there while an output is evaluated."""

    reporter: Reporter
    arithmetic: Arithmetic
    visible: Callable[[], tuple[int, ...]]
    name_of: Callable[[int], str]
    reader: Reader | None = field(default=None, init=False)
    _trees: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict, init=False)

    def call(self, call: tree.Call, values: list[Value]) -> Value:
        """The value of a call whose names and number of arguments have been checked, named ones coming last."""
        name = call.function.name
        if name in REAL_FUNCTIONS:
            return self._real(call, values)
        method: Callable[[tree.Call, list[Value]], Value] = getattr(self, f"_{name}")
        return method(call, values)

    def steps(self, name: str, values: list[Value]) -> int:
        """What a call takes beyond its result: the lists that it goes through, searches in lattices."""
        if name == "size":
            return 0
        lattice = values[0] if isinstance(values[0], Lattice) else None
        if lattice is not None:
            whole = lattice.sites + len(lattice.edges) if name in ("chain", "ring", "pairs", "subsets", "brick") else 0
            return lattice.search if name == "distance" else whole // ITEMS
        sizes = (len(value) for value in values if isinstance(value, tuple | range | Group))
        return sum(sizes) // ITEMS

    def _fault(self, call: tree.Call, text: str, span: Span | None = None) -> FaultyError:
        name = call.function.name
        return self.reporter.fault(FunctionArguments(span or call.span, name, text, USAGES[name].text))

    def final_state(self, span: Span, what: str) -> Reader:
        """What reads the state that the program ends in.

        Raises:
            FaultyError: no output is being evaluated; reported of `what`.
        """
        if self.reader is None:
            raise self.reporter.fault(OnlyInOutputs(span, what))
        return self.reader

    def _expect(self, call: tree.Call, values: list[Value]) -> Value:
        return self.final_state(call.span, "`expect`").mean(values[0], call.arguments[0].span)

    def _prob(self, call: tree.Call, values: list[Value]) -> Value:
        count = len(call.arguments)
        given = (values[count], call.keywords[0][1].span) if call.keywords else None
        reader = self.final_state(call.span, "`prob`")
        return reader.chances(values[:count], [each.span for each in call.arguments], given)

    # ------------------------------------------------------------ numbers

    def _real(self, call: tree.Call, values: list[Value]) -> Value:
        name = call.function.name
        if any(isinstance(value, Real) and not value.is_constant for value in values):
            given = [
                value if isinstance(value, Real) else self._number(call, k, value) for k, value in enumerate(values)
            ]
            return self.arithmetic.real_function(name, given, call.span)
        numbers = [self._number(call, k, value) for k, value in enumerate(values)]
        try:
            if name in ("abs", "clip"):
                return self.arithmetic.checked(REAL_FUNCTIONS[name](*numbers), call.span)
            return self.arithmetic.checked(float(REAL_FUNCTIONS[name](*numbers)), call.span)
        except (ValueError, ZeroDivisionError):
            text = f"`{name}` has no real value at {numbers[0]:g}"
        except OverflowError:
            text = "this is too large for a number"
        raise self.reporter.fault(ArithmeticFault(call.span, text))

    def _number(self, call: tree.Call, position: int, value: Value) -> int | float:
        if isinstance(value, Site):
            return value.number
        if isinstance(value, Real) and value.is_constant:
            return value.constant
        if isinstance(value, bool) or not isinstance(value, int | float):
            text = "takes a number that is known at compile time"
            span = call.arguments[position].span if position < len(call.arguments) else call.span
            raise self._fault(call, f"{text}, not {describe(value)}", span)
        return value

    def _integer(self, call: tree.Call, position: int, value: Value) -> int:
        number = self._number(call, position, value)
        if number != int(number):
            raise self._fault(call, f"takes a whole number, not {number:g}", call.arguments[position].span)
        return int(number)

    def _numbers(self, call: tree.Call, values: list[Value]) -> list[int | float]:
        one = len(values) == 1 and isinstance(values[0], tuple | range)
        numbers = list(self.items(values[0], call.span)) if one else values
        if not numbers:
            raise self._fault(call, "takes at least one number")
        return [self._number(call, 0 if one else k, value) for k, value in enumerate(numbers)]

    def _min(self, call: tree.Call, values: list[Value]) -> Value:
        return min(self._numbers(call, values))

    def _max(self, call: tree.Call, values: list[Value]) -> Value:
        return max(self._numbers(call, values))

    def _floor(self, call: tree.Call, values: list[Value]) -> Value:
        return self.arithmetic.checked(math.floor(self._number(call, 0, values[0])), call.span)

    def _ceil(self, call: tree.Call, values: list[Value]) -> Value:
        return self.arithmetic.checked(math.ceil(self._number(call, 0, values[0])), call.span)

    def _round(self, call: tree.Call, values: list[Value]) -> Value:
        return self.arithmetic.checked(round(self._number(call, 0, values[0])), call.span)

    def _div(self, call: tree.Call, values: list[Value]) -> Value:
        left, right = (self._integer(call, k, value) for k, value in enumerate(values))
        if right == 0:
            raise self.reporter.fault(ArithmeticFault(call.span, "this divides by zero"))
        return left // right

    def _mod(self, call: tree.Call, values: list[Value]) -> Value:
        left, right = (self._number(call, k, value) for k, value in enumerate(values))
        return self.arithmetic.binary("%", left, right, call.span)

    # ------------------------------------------------------------ sites and qubits

    def items(self, value: Value, span: Span) -> tuple[Value, ...]:
        """The items of anything that a loop runs over."""
        if isinstance(value, range) and len(value) > MAX_ITEMS:
            raise self.reporter.fault(ValueTooLarge(span, f"this range of {len(value):,}", f"{MAX_ITEMS:,} items"))
        if isinstance(value, Lattice):
            return tuple(Site(value, site) for site in range(value.sites))
        return tuple(value)

    def _size(self, call: tree.Call, values: list[Value]) -> Value:
        value = values[0]
        if isinstance(value, Lattice):
            return value.sites
        if isinstance(value, Qubit):
            return 1
        if isinstance(value, Group | tuple | range | Array):
            return len(value)
        raise self._fault(call, f"takes a register, a lattice or a list, not {describe(value)}", call.arguments[0].span)

    def _lattice(self, call: tree.Call, value: Value) -> Lattice:
        if not isinstance(value, Lattice):
            raise self._fault(call, f"takes a lattice, not {describe(value)}", call.arguments[0].span)
        return value

    def site(self, lattice: Lattice, value: Value, span: Span) -> int | None:
        """The number of a site given as such or by its number; None if it is neither."""
        if isinstance(value, Site) and value.lattice is lattice:
            return value.number
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        if not 0 <= value < lattice.sites:
            allowed = f"its sites are 0..{lattice.sites - 1}"
            raise self.reporter.fault(IndexOutOfRange(span, lattice.name, str(value), allowed))
        return value

    def _site(self, call: tree.Call, lattice: Lattice, position: int, value: Value) -> int:
        site = self.site(lattice, value, call.arguments[position].span)
        if site is None:
            text = f"takes a site of `{lattice.name}`, not {describe(value)}"
            raise self._fault(call, text, call.arguments[position].span)
        return site

    def _sites(self, call: tree.Call, values: list[Value]) -> Value:
        return self.items(self._lattice(call, values[0]), call.span)

    def _edges(self, call: tree.Call, values: list[Value]) -> Value:
        value = values[0]
        if isinstance(value, Lattice):
            return tuple((Site(value, a), Site(value, b)) for a, b in value.edges)
        if isinstance(value, Group) and value.lattice is not None:
            wires = dict(zip(value.sites, value.wires, strict=True))
            pairs = ((wires.get(a), wires.get(b)) for a, b in value.lattice.edges)
            return tuple((Qubit(a), Qubit(b)) for a, b in pairs if a is not None and b is not None)
        if isinstance(value, Group):
            text = (
                f"asks for the edges of a lattice, and `{value.name}` is on none; `chain({value.name})` has the pairs"
            )
            raise self._fault(call, f"{text} of neighbours in order, `pairs({value.name})` all", call.arguments[0].span)
        return self._lattice(call, value).edges

    def _neighbours(self, call: tree.Call, values: list[Value]) -> Value:
        lattice = self._lattice(call, values[0])
        return tuple(Site(lattice, b) for b in lattice.neighbours[self._site(call, lattice, 1, values[1])])

    def _distance(self, call: tree.Call, values: list[Value]) -> Value:
        lattice = self._lattice(call, values[0])
        a, b = (self._site(call, lattice, k, values[k]) for k in (1, 2))
        steps = lattice.distance(a, b)
        if steps is None:
            raise self._fault(
                call, f"has no value: {lattice.site_name(a)} and {lattice.site_name(b)} are not connected"
            )
        return steps

    def _members(self, call: tree.Call, value: Value) -> tuple[Value, ...]:
        if not isinstance(value, Group | Lattice | tuple | range):
            text = f"takes a register, a lattice or a list, not {describe(value)}"
            raise self._fault(call, text, call.arguments[0].span)
        return self.items(value, call.arguments[0].span)

    def _chain(self, call: tree.Call, values: list[Value]) -> Value:
        members = self._members(call, values[0])
        return tuple(pairwise(members))

    def _ring(self, call: tree.Call, values: list[Value]) -> Value:
        members = self._members(call, values[0])
        closing = ((members[-1], members[0]),) if len(members) > 2 else ()
        return (*pairwise(members), *closing)

    def _bounded(self, call: tree.Call, number: int) -> None:
        if number > MAX_ITEMS:
            raise self.reporter.fault(ValueTooLarge(call.span, f"this list of {number:,}", f"{MAX_ITEMS:,} items"))

    def _pairs(self, call: tree.Call, values: list[Value]) -> Value:
        members = self._members(call, values[0])
        self._bounded(call, len(members) * (len(members) - 1) // 2)
        return tuple(combinations(members, 2))

    def _brick(self, call: tree.Call, values: list[Value]) -> Value:
        value, number = values[0], self._integer(call, 1, values[1])
        if isinstance(value, Group):
            qubits = tuple(value)
            return tuple(zip(qubits[number % 2 :: 2], qubits[number % 2 + 1 :: 2], strict=False))
        edges = self._lattice(call, value).brick(number)
        if edges is None:
            text = f"is for lines, rings, grids and tori; `{value.name}` is none of them"
            raise self._fault(call, text, call.arguments[0].span)
        return tuple((Site(value, a), Site(value, b)) for a, b in edges)

    def _subsets(self, call: tree.Call, values: list[Value]) -> Value:
        members = self._members(call, values[0])
        given = values[1]
        span = call.arguments[1].span
        sizes = self.items(given, span) if isinstance(given, range | tuple) else (given,)
        counts = [self._integer(call, 1, size) for size in sizes]
        total = 0
        for size in counts:
            if not 0 <= size <= len(members):
                raise self._fault(call, f"asks for {size} of {len(members)}", span)
            total += math.comb(len(members), size) * max(size, 1)
            self._bounded(call, total)
        return tuple(joined.from_iterable(combinations(members, size) for size in counts))

    def _chow_liu(self, call: tree.Call, values: list[Value]) -> Value:
        data = values[0]
        if not isinstance(data, DataSet):
            raise self._fault(call, f"takes a data set, not {describe(data)}", call.arguments[0].span)
        if data.holds != "bits":
            raise self.reporter.fault(WrongRows(call.arguments[0].span, data.name, data.holds, "bits"))
        if not data.listed:
            raise self.reporter.fault(unlisted_error(data, call.arguments[0].span))
        wires = self._read_out(call, values[1]) if len(values) == 2 else self.visible()
        if len(wires) != data.width:
            text = (
                f"needs one qubit per column: `{data.name}` has {data.width} columns, and there are {len(wires)} qubits"
            )
            raise self._fault(call, text)
        self._bounded(call, data.width * data.width)
        return tuple((Qubit(wires[a]), Qubit(wires[b])) for a, b in self._tree(data))

    def _tree(self, data: DataSet) -> tuple[tuple[int, int], ...]:
        """The Chow-Liu tree of a data set, which is found once."""
        if data.name not in self._trees:
            from qgl.bits.chow_liu import spanning_tree

            self._trees[data.name] = spanning_tree(data.rows, data.weights)
        return self._trees[data.name]

    def _read_out(self, call: tree.Call, value: Value) -> tuple[int, ...]:
        if not isinstance(value, Group | tuple) or not all(isinstance(qubit, Qubit) for qubit in value):
            raise self._fault(
                call, f"takes a register as its second argument, not {describe(value)}", call.arguments[1].span
            )
        wires: tuple[int, ...] = tuple(qubit.wire for qubit in value)
        visible = set(self.visible())
        for wire in wires:
            if wire not in visible:
                raise self.reporter.fault(HiddenReadOut(call.arguments[1].span, self.name_of(wire), None))
        return wires


def is_number(value: Any) -> bool:
    """Whether `value` is a plain number."""
    return isinstance(value, int | float) and not isinstance(value, bool)
