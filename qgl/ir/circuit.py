"""The circuit graph: operations as nodes, an edge wherever one operation follows another on a wire.

The only module, with the passes, that knows NetworkX. A `Circuit` is a value: passes make new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import networkx as nx

from qgl.check.program import Operation, Parameter, Program, Wire


@dataclass(frozen=True, eq=False)
class Circuit:
    """A sequence of operations and the graph of it.

    `operations` is a topological order (the order of writing). `visible` are the wires that are read out, most
    significant first; every other wire that is alive at the end is traced out.
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
        self, operations: Iterable[Operation], wires: tuple[Wire, ...] | None = None, bits: int | None = None
    ) -> Circuit:
        """The same circuit with other operations (and wires appended, bits changed)."""
        return Circuit(
            self.wires if wires is None else wires,
            self.visible,
            tuple(operations),
            self.bits if bits is None else bits,
            self.parameters,
        )

    @cached_property
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
                _edge(graph, written[bit], k)["bits"].append(bit)
            if operation.bit is not None:
                written[operation.bit] = k
        return graph

    def on_wire(self, wire: int) -> Iterator[int]:
        """Positions in `operations` of what happens to one wire, in order."""
        return (k for k, operation in enumerate(self.operations) if wire in operation.wires)


def _edge(graph: nx.DiGraph, tail: int, head: int) -> dict[str, list[int]]:
    if not graph.has_edge(tail, head):
        graph.add_edge(tail, head, wires=[], bits=[])
    data: dict[str, list[int]] = graph.edges[tail, head]
    return data
