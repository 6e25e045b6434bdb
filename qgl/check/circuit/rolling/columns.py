"""Values of expressions in all rounds of a loop at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
from numpy.typing import NDArray

from qgl.check.reporter import FaultyError
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.lattices import Lattice
from qgl.check.values.values import Array, Dimension, Group, Qubit, Site, Value, key_of
from qgl.expression import Input, Real
from qgl.record import record
from qgl.syntax import tree
from qgl.syntax.walk import names_in

Ints = NDArray[np.int64]
LARGEST = 1 << 31  # of whole numbers in a loop: sums and products of two are exact
OF_ANYTHING = ("chain", "ring", "pairs")  # functions of a list, whatever is in it
_INTEGERS = {"+": np.add, "-": np.subtract, "*": np.multiply, "%": np.mod}


class UnrolledError(Exception):
    """This cannot be read for all rounds at once; the ordinary way reads it, and says what is wrong if anything is."""


@record(eq=False)
class Column:
    """A value in each round of a loop; `of` says what the numbers are: "int", "wire", or "site" of a lattice."""

    of: str
    numbers: Ints
    lattice: Lattice | None = None


@record(eq=False)
class Row:
    """A part of an array of inputs in each round: `first` is that of the first, `offsets` where each begins."""

    first: Array
    offsets: Ints


@record(eq=False)
class Inputs:
    """A number that depends on inputs in each round: that of the first, and all elements, shape (rounds, inputs)."""

    first: Real
    elements: Ints


@record(eq=False)
class Wide:
    """A few qubits in each round, shape (rounds, qubits)."""

    wires: Ints


def is_varied(value: Value) -> bool:
    """Whether a value says what there is in each round."""
    return isinstance(value, Column | Row | Inputs | Wide)


@dataclass
class Columns:
    """Reads expressions in which the variables of a loop stand for a `Column` each."""

    evaluator: Evaluator
    _tables: dict[tuple[int, str, int], tuple[object, Ints]] = field(default_factory=dict)

    def read(self, node: tree.Expression, frame: Frame) -> Value:
        """The value in all rounds: a `Column`, `Row`, `Inputs` or `Wide`, or what it is in each of them.

        Raises:
            UnrolledError: see there.
        """
        match node:
            case tree.Name():
                value = frame.find(node.name)
                return value if is_varied(value) else self._same(node, frame)
            case tree.Unary() if node.operator == "-":
                return self._negative(node, frame)
            case tree.Binary() if node.operator in ("+", "-", "*", "/", "%"):
                return self._binary(node, frame)
            case tree.Index():
                return self._index(node, frame)
            case tree.List():
                return self._list(node, frame)
        if any(is_varied(frame.find(name.name)) for name in names_in(node)):
            raise UnrolledError
        return self._same(node, frame)

    def items(self, node: tree.Expression, frame: Frame) -> Sequence[Value]:
        """What a loop in the body runs over, which is as long in all rounds.

        Raises:
            UnrolledError: see there.
        """
        value = self._members(node, frame)
        if is_varied(value):
            raise UnrolledError
        if isinstance(value, tuple):
            return value
        try:
            return self.evaluator.items(node, frame)
        except FaultyError:
            raise UnrolledError from None

    def _members(self, node: tree.Expression, frame: Frame) -> Value:
        """What `read` gives; of a few qubits one by one, or of pairs of them, a tuple of columns."""
        if isinstance(node, tree.Call) and node.function.name in OF_ANYTHING and not node.keywords:
            parts = [self._members(each, frame) for each in node.arguments]
            if len(parts) == 1 and isinstance(parts[0], tuple) and any(map(is_varied, parts[0])):
                try:
                    return self.evaluator.functions.call(node, parts)
                except FaultyError:
                    raise UnrolledError from None
        value = self.read(node, frame)
        return tuple(Column("wire", wires) for wires in value.wires.T) if isinstance(value, Wide) else value

    def _list(self, node: tree.List, frame: Frame) -> Value:
        """A list of qubits, of which at least one is another in each round."""
        members = [self.read(each, frame) for each in node.items]
        if not any(map(is_varied, members)):
            return self._same(node, frame)
        columns = [Column("wire", np.array([each.wire])) if isinstance(each, Qubit) else each for each in members]
        if not all(isinstance(each, Column) and each.of == "wire" for each in columns):
            raise UnrolledError
        rounds = max(len(each.numbers) for each in columns)
        return Wide(np.stack([in_each(each.numbers, rounds) for each in columns], axis=1))

    def _same(self, node: tree.Expression, frame: Frame) -> Value:
        """What is the same in all rounds. A fault of it is found again round by round, and told once."""
        try:
            return self.evaluator.evaluate(node, frame)
        except FaultyError:
            raise UnrolledError from None

    # ------------------------------------------------------------ arithmetic

    def _negative(self, node: tree.Unary, frame: Frame) -> Value:
        value = self.read(node.operand, frame)
        if isinstance(value, Inputs):
            return Inputs(-value.first, value.elements)
        return Column("int", -_whole(value)) if isinstance(value, Column) else self._same(node, frame)

    def _binary(self, node: tree.Binary, frame: Frame) -> Value:
        sides = [self.read(each, frame) for each in (node.left, node.right)]
        if any(isinstance(each, Row) for each in sides):
            raise UnrolledError
        if any(isinstance(each, Inputs) for each in sides):
            return self._real(node, sides)
        if not any(isinstance(each, Column) for each in sides):
            return self._same(node, frame)
        left, right = map(_whole, sides)
        if node.operator not in _INTEGERS or (node.operator == "%" and not right.all()):
            raise UnrolledError
        made = _INTEGERS[node.operator](left, right)
        return Column("int", _small(made))

    def _real(self, node: tree.Binary, sides: Sequence[Value]) -> Inputs:
        """Sums of inputs and multiples of them; of different parameters, so that all inputs of a sum are different."""
        sides = [_depending(each) if isinstance(each, Real) else each for each in sides]
        both = [each for each in sides if isinstance(each, Inputs)]
        first = [each.first if isinstance(each, Inputs) else each for each in sides]
        if not all(isinstance(each, int | float | Real) and not isinstance(each, bool) for each in first):
            raise UnrolledError
        try:
            made = self.evaluator.arithmetic.real_binary(node.operator, first[0], first[1], node.span)
        except FaultyError:
            raise UnrolledError from None
        atoms = [atom for each in both for _, atom in each.first.terms]
        parameters = {atom.parameter for atom in atoms if isinstance(atom, Input)}
        if len(parameters) < len(atoms) or [atom for _, atom in made.terms] != atoms:
            raise UnrolledError
        rounds = max(len(each.elements) for each in both)
        return Inputs(made, np.concatenate([in_each(each.elements, rounds) for each in both], axis=1))

    # ------------------------------------------------------------ indices

    def _index(self, node: tree.Index, frame: Frame) -> Value:
        if isinstance(node.base, tree.Name) and node.base.name in ("X", "Y", "Z"):
            raise UnrolledError
        base, *indices = [self.read(each, frame) for each in (node.base, *node.indices)]
        if not any(map(is_varied, (base, *indices))):
            return self._same(node, frame)
        match base:
            case Array():
                return self.part(Row(base, np.array([base.offset])), indices)
            case Row():
                return self.part(base, indices)
            case Wide() if len(indices) == 1:
                places = in_each(_within(_whole(indices[0]), base.wires.shape[1]), len(base.wires))
                return Column("wire", np.take_along_axis(base.wires, places[:, None], axis=1)[:, 0])
            case Group() if len(indices) == 1 and not base.members:
                return self._member(base, indices[0])
            case Lattice() if len(indices) == 1 and base.kind not in ("grid", "torus"):
                return Column("site", _within(_whole(indices[0]), base.sites), base)
        raise UnrolledError

    def _member(self, group: Group, index: Value) -> Column:
        wires = self.table(group, "wires", None, lambda: np.array(group.wires, dtype=np.int64))
        if isinstance(index, Column) and index.of == "site":
            if index.lattice is not group.lattice:
                raise UnrolledError
            place_of = self.table(group, "sites", None, lambda: _places(enumerate(group.sites)))
            return Column("wire", wires[_looked_up(place_of, index.numbers)])
        return Column("wire", wires[_within(_whole(index), len(group.wires))])

    def part(self, base: Row, indices: Sequence[Value]) -> Row | Inputs:
        """`base[indices]` of arrays of inputs.

        Raises:
            UnrolledError: see there.
        """
        dimensions, offsets, left = list(base.first.dimensions), base.offsets, list(indices)
        while left:
            if not dimensions:
                raise UnrolledError
            dimension = dimensions.pop(0)
            keys = [left.pop(0) for _ in range(min(dimension.arity, len(left)))]
            position = self._pair(dimension, keys) if len(keys) == 2 else self._along(dimension, keys[0])
            offsets = offsets + position * prod(each.extent for each in dimensions)
        parameter, start = base.first.parameter, int(offsets[0])
        if dimensions:
            return Row(Array(parameter, base.first.name, start, tuple(dimensions), base.first.span), offsets)
        return Inputs(Real(0.0, ((1.0, Input(parameter, start)),)), offsets[:, None])

    def _along(self, dimension: Dimension, index: Value) -> Ints:
        if not isinstance(index, Column):
            position = dimension.keys.get(key_of(index)) if dimension.keys is not None else None
            if isinstance(index, int) and not isinstance(index, bool) and dimension.integers:
                return _within(np.array([index]), dimension.extent)
            if position is None:
                raise UnrolledError
            return np.array([position])
        if index.of == "int" or (index.of == "site" and dimension.keys is None):
            if not dimension.integers:
                raise UnrolledError
            return _within(index.numbers, dimension.extent)
        return _looked_up(self._positions(dimension, index.of, index.lattice), index.numbers)

    def at_wires(self, dimension: Dimension, wires: Ints) -> Ints | None:
        """The position that each wire is the key of; None where one is none."""
        try:
            return _looked_up(self._positions(dimension, "wire", None), wires)
        except UnrolledError:
            return None

    def _positions(self, dimension: Dimension, of: str, lattice: Lattice | None) -> Ints:
        """Of each wire, or each site of a lattice, its position in a dimension that has it as a key; -1: none."""

        def made() -> Ints:
            items = (dimension.keys or {}).items()
            return _places((place, _number(key)) for key, place in items if _is(key, of, lattice))

        return self.table(dimension.keys, of, lattice, made)

    def _pair(self, dimension: Dimension, ends: Sequence[Value]) -> Ints:
        """The positions of pairs of qubits, or of sites, in either order."""
        first, second = ends
        same = isinstance(first, Column) and isinstance(second, Column) and first.of == second.of != "int"
        if not same or first.lattice is not second.lattice:
            raise UnrolledError
        of, lattice = first.of, first.lattice

        def made() -> Ints:
            """Rows (lesser, greater, position) in order."""
            rows = [
                (*sorted(map(_number, key)), place)
                for key, place in (dimension.keys or {}).items()
                if isinstance(key, frozenset) and len(key) == 2 and all(_is(end, of, lattice) for end in key)
            ]
            return np.array(sorted(rows), dtype=np.int64).reshape(-1, 3)

        table = self.table(dimension.keys, f"pairs of {of}", lattice, made)
        codes = table[:, 0] * LARGEST + table[:, 1]
        wanted = np.minimum(first.numbers, second.numbers) * LARGEST + np.maximum(first.numbers, second.numbers)
        places = np.minimum(np.searchsorted(codes, wanted), max(len(codes) - 1, 0))
        if not len(codes) or (codes[places] != wanted).any():
            raise UnrolledError
        positions: Ints = table[places, 2]
        return positions

    def table(self, of: object, kind: str, lattice: Lattice | None, made: Callable[[], Ints]) -> Ints:
        """What `made` gives, made once of an object, which is kept so that no other one takes its identity.

        kind: what is made of it. lattice: what else it depends on.
        """
        key = (id(of), kind, id(lattice))
        if key not in self._tables:
            self._tables[key] = of, made()
        return self._tables[key][1]


def items_of(items: Sequence[Value], count: int) -> list[Column]:
    """What a loop runs over as a column for each of its `count` variables.

    Raises:
        UnrolledError: see there.
    """
    if isinstance(items, range):
        if count != 1 or max(map(abs, (items.start, items.stop))) > LARGEST:
            raise UnrolledError
        return [Column("int", np.arange(items.start, items.stop, dtype=np.int64))]
    if count == 1:
        return [_column(items)]
    if not all(isinstance(each, tuple) and len(each) == count for each in items):
        raise UnrolledError
    return [_column(part) for part in zip(*items, strict=True)]


def _column(items: Sequence[Value]) -> Column:
    first = items[0]
    if isinstance(first, Qubit) and all(type(each) is Qubit for each in items):
        return Column("wire", np.fromiter((each.wire for each in items), np.int64, len(items)))
    if isinstance(first, Site) and all(type(each) is Site and each.lattice is first.lattice for each in items):
        return Column("site", np.fromiter((each.number for each in items), np.int64, len(items)), first.lattice)
    if all(type(each) is int and abs(each) <= LARGEST for each in items):
        return Column("int", np.array(items, dtype=np.int64))
    raise UnrolledError


def _depending(number: Real) -> Inputs:
    """A number that depends on the same inputs in all rounds."""
    elements = [atom.element for _, atom in number.terms if isinstance(atom, Input)]
    if len(elements) < len(number.terms):
        raise UnrolledError
    return Inputs(number, np.array([elements], dtype=np.int64))


def in_each(numbers: Ints, rounds: int) -> Ints:
    """The same of every round where there is one of all, shape (rounds, ...)."""
    return np.broadcast_to(numbers, (rounds, *numbers.shape[1:]))


def _whole(value: Value) -> Ints:
    """Whole numbers, or sites as their numbers."""
    if isinstance(value, Column) and value.of != "wire":
        return value.numbers
    number = value.number if isinstance(value, Site) else value
    if type(number) is not int:
        raise UnrolledError
    return _small(np.array([number], dtype=np.int64) if abs(number) <= LARGEST else np.array([LARGEST + 1]))


def _small(numbers: Ints) -> Ints:
    if np.abs(numbers).max(initial=0) > LARGEST:
        raise UnrolledError
    return numbers


def _within(numbers: Ints, extent: int) -> Ints:
    if numbers.min(initial=0) < 0 or numbers.max(initial=0) >= extent:
        raise UnrolledError
    return numbers


def _looked_up(places: Ints, numbers: Ints) -> Ints:
    positions = places[_within(numbers, len(places))]
    if positions.min(initial=0) < 0:
        raise UnrolledError
    return positions


def _is(key: object, of: str, lattice: Lattice | None) -> bool:
    return isinstance(key, Qubit) if of == "wire" else isinstance(key, Site) and key.lattice is lattice


def _number(key: object) -> int:
    assert isinstance(key, Qubit | Site)
    return key.wire if isinstance(key, Qubit) else key.number


def _places(pairs: Iterable[tuple[int, int]]) -> Ints:
    """Of each number the first place that it has among (place, number), -1 of those that have none."""
    rows = list(pairs)
    table = np.full(1 + max((number for _, number in rows), default=-1), -1, dtype=np.int64)
    for place, number in reversed(rows):
        table[number] = place
    return table
