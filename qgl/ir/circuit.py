"""A circuit: its operations in order, and its dependency graph, a NetworkX graph. A value: passes make new ones.

Most operations of a circuit act on one wire and join nothing. They are no nodes of the graph, but lie on the nodes that
follow them: so it is a fifth as large, and little of the time that planning takes. Source: the dependency graph of
G. Li, Y. Ding, Y. Xie, Tackling the qubit mapping problem for NISQ-era quantum devices, ASPLOS 2019.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from qgl.collector import put_off
from qgl.ir.lanes import lanes_of
from qgl.program.operations import Measurement, Operation, Reset
from qgl.program.program import Parameter, Program, Wire
from qgl.program.rolled import Lane, Operations, touched

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, eq=False)
class Circuit:
    """A sequence of operations and the graph of what depends on what.

    `operations` is a topological order (the order of writing). `visible` are the wires that are read out, most
    significant first; every other wire that is alive at the end is traced out. Passes may discard hidden wires, and
    may put a fresh wire in the place of a visible one. Wires that no operation touches stay in |0>.
    Every bit is written once at most; a bit that was not measured is 0.
    """

    wires: tuple[Wire, ...]
    visible: tuple[int, ...]
    operations: Sequence[Operation]  # in blocks where they are loops, see `qgl.program.rolled`
    bits: int
    parameters: tuple[Parameter, ...]

    @classmethod
    def of(cls, program: Program) -> Circuit:
        return cls(program.wires, program.visible, _kept(program.operations), program.bits, program.parameters)

    @cached_property
    def lanes(self) -> tuple[Lane, ...] | None:
        """The operations as lanes; None where they are not rolled up, see `qgl.ir.lanes`."""
        return lanes_of(self.operations)

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
            _kept(operations),
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
        """The dependency graph: edge (j, k) where operation k acts on what j left on a wire, or reads a bit of j's.

        Nodes are the positions of the operations that join wires or bits. Node k's attribute `operations` lists what
        lies on it: operations on one wire, behind the last node of a wire of k, and k itself. A certain reset forgets
        what was on its wire: nothing before it lies on a node after it, and no edge passes it. What comes behind the
        last node of a wire lies on none, see `tail`.
        """
        runs: list[list[int]] = [[] for _ in self.wires]  # behind the last node of each wire
        last: dict[int, int] = {}  # of each wire its last node
        written: dict[int, int] = {}
        gathered: dict[int, list[int]] = {}
        edges: list[tuple[int, int]] = []
        for k, operation in enumerate(self.operations):
            wires = operation.wires
            if not joins(operation):
                wire = wires[0]
                if isinstance(operation, Reset):
                    runs[wire] = []
                    last.pop(wire, None)
                runs[wire].append(k)
                continue
            gathered[k] = successors = []
            for wire in wires:
                if wire in last:
                    edges.append((last[wire], k))
                last[wire] = k
                if runs[wire]:
                    successors += runs[wire]
                    runs[wire] = []
            successors.append(k)
            edges += [(written[bit], k) for bit, _ in operation.condition if bit in written]
            if isinstance(operation, Measurement) and operation.bit is not None:
                written[operation.bit] = k
        import networkx as nx  # a sixth of a second start, and not all programs ask for their graph

        graph: nx.DiGraph = nx.DiGraph()
        graph.add_nodes_from(gathered)
        graph.add_edges_from(edges)
        nx.set_node_attributes(graph, gathered, "operations")
        return graph

    def tail(self, wire: int) -> tuple[int | None, list[int]]:
        """The node of `graph` that the end of a wire depends on, and what the wire has behind it, descending."""
        behind: list[int] = []
        for k in reversed(self.on_wire[wire]):
            operation = self.operations[k]
            if joins(operation):
                return k, behind
            behind.append(k)
            if isinstance(operation, Reset):
                break
        return None, behind

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
        return tuple(sorted(touched(self.operations).union(self.visible)))


def _kept(operations: Iterable[Operation]) -> Sequence[Operation]:
    """Operations that stay as they are."""
    return operations if isinstance(operations, Operations) and operations.rolled else tuple(operations)


def joins(operation: Operation) -> bool:
    """Whether an operation is on several wires, or writes or reads a bit."""
    if len(operation.wires) != 1 or operation.condition:
        return True
    return isinstance(operation, Measurement) and operation.bit is not None
