"""The circuit graph: operations as nodes, an edge wherever one operation follows another on a wire.

The only module, with the passes, that knows NetworkX. A `Circuit` is a value: passes make new ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import networkx as nx

from qgl.collector import put_off
from qgl.program.operations import Measurement, Operation
from qgl.program.program import Parameter, Program, Wire


@dataclass(frozen=True, eq=False)
class Circuit:
    """A sequence of operations and the graph of it.

    `operations` is a topological order (the order of writing). `visible` are the wires that are read out, most
    significant first; every other wire that is alive at the end is traced out. Passes may discard hidden wires, and
    may put a fresh wire in the place of a visible one. Wires that no operation touches stay in |0>.
    Every bit is written once at most; a bit that was not measured is 0.
    """

    wires: tuple[Wire, ...]
    visible: tuple[int, ...]
    operations: tuple[Operation, ...]
    bits: int
    parameters: tuple[Parameter, ...]

    @classmethod
    def of(cls, program: Program) -> Circuit:
        return cls(program.wires, program.visible, program.operations, program.bits, program.parameters)

    def with_operations(
        self,
        operations: Iterable[Operation],
        wires: Iterable[Wire] | None = None,
        visible: Iterable[int] | None = None,
    ) -> Circuit:
        """The same circuit with other operations, and with wires appended or other visible wires if given."""
        return Circuit(
            self.wires if wires is None else tuple(wires),
            self.visible if visible is None else tuple(visible),
            tuple(operations),
            self.bits,
            self.parameters,
        )

    @cached_property
    def with_hidden_read(self) -> Circuit:
        """The same circuit with its hidden registers read out as well, after the visible ones."""
        hidden = tuple(number for number, wire in enumerate(self.wires) if wire.kind == "hidden")
        return self.with_operations(self.operations, visible=(*self.visible, *hidden)) if hidden else self

    @cached_property
    @put_off()
    def graph(self) -> nx.DiGraph:
        """Node k is `operations[k]`; edge (j, k) when k is the next operation after j on a wire or on a bit.

        The edge's `wires` lists the wires it stands for, `bits` the measured bits that it carries.
        """
        graph: nx.DiGraph = nx.DiGraph()
        graph.add_nodes_from(range(len(self.operations)))
        last: dict[int, int] = {}
        written: dict[int, int] = {}
        for k, operation in enumerate(self.operations):
            for wire in operation.wires:
                if wire in last:
                    _edge(graph, last[wire], k)["wires"].append(wire)
                last[wire] = k
            for bit, _ in operation.condition:
                if bit in written:
                    _edge(graph, written[bit], k)["bits"].append(bit)
            if isinstance(operation, Measurement) and operation.bit is not None:
                written[operation.bit] = k
        return graph

    @cached_property
    def before(self) -> tuple[tuple[int, ...], ...]:
        """Of every operation those from which an edge of the graph leads to it; much sooner made than the graph."""
        last: dict[int, int] = {}
        written: dict[int, int] = {}
        table: list[tuple[int, ...]] = []
        for k, operation in enumerate(self.operations):
            found = [last[wire] for wire in operation.wires if wire in last]
            found += [written[bit] for bit, _ in operation.condition if bit in written]
            table.append(tuple(found))
            for wire in operation.wires:
                last[wire] = k
            if isinstance(operation, Measurement) and operation.bit is not None:
                written[operation.bit] = k
        return tuple(table)

    @cached_property
    def on_wire(self) -> tuple[tuple[int, ...], ...]:
        """For every wire the positions in `operations` of what happens to it, in order."""
        table: list[list[int]] = [[] for _ in self.wires]
        for k, operation in enumerate(self.operations):
            for wire in operation.wires:
                table[wire].append(k)
        return tuple(map(tuple, table))

    @cached_property
    def live_wires(self) -> tuple[int, ...]:
        """The visible wires and those that an operation touches, ascending."""
        touched = {wire for operation in self.operations for wire in operation.wires}
        return tuple(sorted(touched.union(self.visible)))


def _edge(graph: nx.DiGraph, tail: int, head: int) -> dict[str, list[int]]:
    if not graph.has_edge(tail, head):
        graph.add_edge(tail, head, wires=[], bits=[])
    data: dict[str, list[int]] = graph.edges[tail, head]
    return data
