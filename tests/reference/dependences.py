"""What depends on what in a circuit, slow and obvious: every operation is a node, and paths are NetworkX's."""

from __future__ import annotations

import json

import networkx as nx

from qgl.ir.circuit import Circuit
from qgl.ir.exchange import node_link
from qgl.ir.facts import diagonal_wires
from qgl.program.operations import LIFETIME, Measurement, Operation, Reset


def forgets(operation: Operation) -> bool:
    """A certain reset."""
    return isinstance(operation, Reset) and not operation.condition


def exported(circuit: Circuit) -> nx.DiGraph:
    """The graph that `qglc compile --emit graph` writes, read back, without what only orders: edges into certain
    resets.
    """
    graph = nx.node_link_graph(json.loads(json.dumps(node_link(circuit))), edges="edges")
    resets = [k for k, operation in enumerate(circuit.operations) if forgets(operation)]
    graph.remove_edges_from(list(graph.in_edges(resets)))
    return graph


def ancestors(graph: nx.DiGraph, circuit: Circuit, wire: int) -> set[int]:
    """The operations that the end of a wire depends on, those at its end included."""
    last = [k for k, operation in enumerate(circuit.operations) if wire in operation.wires][-1:]
    return {*last, *(earlier for k in last for earlier in nx.ancestors(graph, k))}


def seen(circuit: Circuit, wire: int, bits_only: bool) -> set[int]:
    """The operations that show at the end of a wire, in its basis states only or in its quantum state.

    Nodes are operations, and the basis states ("bits") and the quantum state ("all") of a wire behind an operation;
    edges lead to what they depend on. Basis states pass an operation that keeps them; its quantum state does not.
    """
    graph: nx.DiGraph = nx.DiGraph()
    last: dict[int, int] = {}
    written: dict[int, int] = {}
    for k, operation in enumerate(circuit.operations):
        if isinstance(operation, LIFETIME) or forgets(operation):
            last.pop(operation.wires[0], None)
            continue
        kept = set(operation.wires) if isinstance(operation, Measurement) else diagonal_wires(operation)
        for each in operation.wires:
            before = last.get(each)
            graph.add_edge((k, each, "all"), k)
            if each in kept:
                graph.add_edge((k, each, "all"), (before, each, "all"))
                graph.add_edge((k, each, "bits"), (before, each, "bits"))
                graph.add_edge(k, (before, each, "bits"))
            else:
                graph.add_edge((k, each, "bits"), k)
                graph.add_edge(k, (before, each, "all"))
        graph.add_edges_from((k, written[bit]) for bit, _ in operation.condition if bit in written)
        if isinstance(operation, Measurement) and operation.bit is not None:
            written[operation.bit] = k
        last.update(dict.fromkeys(operation.wires, k))
    end = (last.get(wire), wire, "bits" if bits_only else "all")
    return {node for node in nx.descendants(graph, end) if isinstance(node, int)} if end in graph else set()
