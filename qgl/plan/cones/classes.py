"""Cones that are the same up to relabelling: one small circuit for each class, a row of numbers for each member.

The canonical form of a cone lists its operations depth first from the qubits that are read, in their order, every
operation after those before it on its segments; segments, atoms and bits are numbered by first appearance. Two cones
of equal form are the same circuit but for the atoms in its slots. It takes time linear in the cone. Cones that
already agree as they are written, which most do, are compared before that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from math import inf

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from qgl.ir.circuit import Circuit
from qgl.plan.cones.kinds import Kinds
from qgl.plan.cones.wire_segments import WireSegments
from qgl.program.operations import Measurement, Operation
from qgl.program.program import Distribution, Parameter, Wire


@dataclass(eq=False, slots=True)
class ConeClass:
    """Cones that are the same circuit but for the atoms in its slots.

    circuit    the cone, its visible register the qubits that are read; input k is slot k
    bits_only  whether these are only read in the computational basis
    rows       for every distinct member the numbers of the atoms that fill the slots, and the member's number
    table      in place of these rows, if members are copies: the inputs that fill the slots, shape (members, slots)
    """

    circuit: Circuit
    bits_only: bool
    rows: dict[tuple[int, ...], int] = field(default_factory=dict)
    table: NDArray[np.int64] | None = None

    @property
    def count(self) -> int:
        """How many members it has."""
        return len(self.rows if self.table is None else self.table)

    def member(self, row: tuple[int, ...]) -> int:
        """The number of the member whose atoms are `row`, which is added if it is new."""
        return self.rows.setdefault(row, len(self.rows))


class WholeCircuitError(Exception):
    """Every light cone is the circuit on all of its wires, so that other methods do once what cones would do often."""

    def __init__(self, cones: int) -> None:
        super().__init__(f"its {cones} light cones are the whole circuit each")


class TooManyClassesError(Exception):
    """So many cones are unlike that to write each down would take long; `classes` were found so far."""

    def __init__(self, classes: int) -> None:
        super().__init__(f"its light cones have more than {classes:,} forms; to list them all takes too long")
        self.classes = classes


_READ = -1  # stands for what reads the ends of a cone
_Form = tuple[Hashable, tuple[int, ...]]


class Classifier:
    """Sorts cones of one circuit into classes.

    Raises `TooManyClassesError` once the classes have more than `limit` operations in all.
    """

    def __init__(self, circuit: Circuit, kinds: Kinds, segments: WireSegments, limit: float = inf) -> None:
        self.classes: list[ConeClass] = []
        self._circuit, self._kinds, self._segments = circuit, kinds, segments
        self._written: dict[Hashable, tuple[int, tuple[int, ...] | None]] = {}
        self._canonical: dict[Hashable, int] = {}
        self._conditional = any(segments.writers)
        self._room = limit

    def add(self, positions: Sequence[int], bits_only: bool, operations: Sequence[int]) -> tuple[int, int]:
        """Class and member of the cone of visible `positions`; `operations` ascending."""
        ends = [self._segments.ends[position][0] for position in positions]
        form, atoms = self._form(ends, operations)
        key = bits_only, len(ends), form
        if key not in self._written:
            self._written[key] = self._class(ends, bits_only, operations, atoms)
        number, order = self._written[key]
        row = atoms if order is None else tuple([atoms[k] for k in order])
        return number, self.classes[number].member(row)

    def _class(
        self, ends: Sequence[int], bits_only: bool, operations: Sequence[int], atoms: tuple[int, ...]
    ) -> tuple[int, tuple[int, ...] | None]:
        """The class of a cone, and where its slots are in the order of writing."""
        ordered = self._depth_first(ends, operations)
        form, slots = self._form(ends, ordered)
        key = bits_only, len(ends), form
        if key not in self._canonical:
            self._room -= len(ordered)
            if self._room < 0:
                raise TooManyClassesError(len(self.classes))
            self._canonical[key] = len(self.classes)
            self.classes.append(ConeClass(self._extract(ends, ordered), bits_only))
        place = {atom: k for k, atom in enumerate(atoms)}
        order = tuple(place[atom] for atom in slots)
        return self._canonical[key], None if order == tuple(range(len(order))) else order

    def _form(self, ends: Iterable[int], operations: Sequence[int]) -> _Form:
        """What a cone is in some order of its operations, apart from its atoms; and these, by first appearance."""
        segments = _numbered(ends)
        slots = _numbered(())
        of, atoms = self._segments.segments, self._kinds.atoms
        kinds = tuple(map(self._kinds.of.__getitem__, operations))
        places = tuple(map(segments.__getitem__, chain.from_iterable(map(of.__getitem__, operations))))
        used = tuple(map(slots.__getitem__, chain.from_iterable(map(atoms.__getitem__, operations))))
        bits: tuple[int, ...] = ()
        if self._conditional:
            at = {k: number for number, k in enumerate(operations)}
            bits = tuple(at.get(writer, -1) for k in operations for writer in self._segments.writers[k])
        return (kinds, places, used, bits), tuple(slots)

    def _depth_first(self, ends: Sequence[int], operations: Sequence[int]) -> list[int]:
        """Operations after those that they depend on, from each end in turn, along its segments in their order."""
        graph: nx.DiGraph = nx.DiGraph()  # edges lead to what comes before
        last: dict[int, int] = {}
        for k in operations:
            segments = self._segments.segments[k]
            before = [last[segment] for segment in segments if segment in last]
            before += [writer for writer in self._segments.writers[k] if writer in graph]
            graph.add_node(k)
            graph.add_edges_from((k, earlier) for earlier in before)
            last.update(dict.fromkeys(segments, k))
        graph.add_node(_READ)
        graph.add_edges_from((_READ, last[end]) for end in ends if end in last)
        ordered: list[int] = [*nx.dfs_postorder_nodes(graph, _READ)]
        return ordered[:-1]

    def _extract(self, ends: Sequence[int], operations: Sequence[int]) -> Circuit:
        """The cone as a circuit by itself: a wire for each segment, an input for each atom, its own bits."""
        segments, slots, bits = _numbered(ends), _numbered(()), _numbered(())
        made: list[Operation] = []
        for k in operations:
            operation = self._circuit.operations[k]
            small = self._kinds.put(operation, iter([slots[atom] for atom in self._kinds.atoms[k]]))
            wires = tuple(segments[segment] for segment in self._segments.segments[k])
            condition = tuple((bits[bit], wanted) for bit, wanted in operation.condition)
            small = replace(small, wires=wires, condition=condition)
            if isinstance(small, Measurement) and small.bit is not None:
                small = replace(small, bit=bits[small.bit])
            made.append(small)
        originals = [self._circuit.wires[self._segments.wires[segment]] for segment in segments]
        kept = [_wire(wire, k < len(ends)) for k, wire in enumerate(originals)]
        span = originals[0].span
        distribution = Distribution("constant", (0.0,))
        parameter = Parameter("param", "slot", (len(slots),), "real", distribution, None, span)
        return Circuit(tuple(kept), tuple(range(len(ends))), tuple(made), len(bits), (parameter,))


def _wire(wire: Wire, read: bool) -> Wire:
    kind = "visible" if read else "hidden" if wire.kind == "visible" else wire.kind
    return replace(wire, kind=kind)


def _numbered(first: Iterable[int]) -> defaultdict[int, int]:
    """Numbers by first appearance, those of `first` given at once."""
    free = count()
    numbers: defaultdict[int, int] = defaultdict(free.__next__)
    numbers.update(zip(first, free, strict=False))
    return numbers
