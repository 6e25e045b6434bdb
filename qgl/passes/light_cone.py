"""What some visible qubits depend on: the nodes of the circuit's dependency graph that lead to them.

Valid in: any circuit. Valid out: a circuit with the same wire numbers whose visible register is the region, and whose
state is the reduced state of the region. Operations outside of the backward light cone are gone: whatever happens
there keeps the trace, and cannot be seen. A certain reset and the allocation of a fresh wire end the cone on their
wire.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import networkx as nx

from qgl.ir.circuit import Circuit
from qgl.passes.allocation.lifetimes import tighten
from qgl.program.operations import Fresh


def light_cone(circuit: Circuit, positions: Iterable[int]) -> Circuit:
    """The circuit of a region, given by visible positions; the new visible register is in their order.

    The cost grows with the cone, once the circuit's graph is made.
    """
    visible = tuple(circuit.visible[position] for position in positions)
    reached = _reached(circuit, visible)
    wires = {wire for k in reached for wire in circuit.operations[k].wires}
    firsts = (circuit.on_wire[wire][0] for wire in wires)
    reached.update(k for k in firsts if isinstance(circuit.operations[k], Fresh))  # of wires that are reset later too
    return tighten(circuit.with_operations((circuit.operations[k] for k in sorted(reached)), visible=visible))


def _reached(circuit: Circuit, wires: Iterable[int]) -> set[int]:
    """Positions of all operations from which a path in the graph leads to the end of one of the wires."""
    tails = [circuit.tail(wire) for wire in wires]
    nodes = {node for node, _ in tails if node is not None}
    backwards = nx.reverse_view(circuit.graph)
    reached = {k for _, behind in tails for k in behind}
    for node in chain.from_iterable(nx.bfs_layers(backwards, nodes) if nodes else ()):
        reached.update(circuit.graph.nodes[node]["operations"])
    return reached
