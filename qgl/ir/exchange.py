"""A circuit as a graph for other programs: node-link JSON and GraphML, which NetworkX reads back.

Every operation is a node, numbered as in `Circuit.operations`; an edge says which wires and bits lead from one
operation to the next. `Circuit.graph` is what is left of it where one wire at a time is not looked at.

node   operation    name of the gate, channel or other operation
       wires        names of its wires, controls first
       controls     number of those that are controls
       numbers      angles, strengths, a time and coefficients, as text
       pauli_words  of a rotation or an evolution, one letter a target
       condition    measured bits and the values that they must have: `2=1`
       bit          number of the bit that a measurement writes; only there
       keep         name of the outcome that a measurement keeps; only there
       required     outcome that a `postselect` requires, 0 or 1; only there
       file, line   where it is written
edge   wires        names of the wires
       bits         numbers of the measured bits
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.program.operations import Evolution, Measurement, Operation, PauliRotation, Unitary
from qgl.program.program import Parameter

SEPARATOR = "; "  # GraphML has no lists: their items stand in one text


def described(circuit: Circuit) -> nx.DiGraph:
    """The graph of all operations, its attributes lists of texts and numbers, as JSON holds them."""
    names = [str(wire) for wire in circuit.wires]
    graph: nx.DiGraph = nx.DiGraph()
    last: dict[int, int] = {}
    written: dict[int, int] = {}
    for k, operation in enumerate(circuit.operations):
        graph.add_node(k, **_facts(operation, names, circuit.parameters))
        for wire in operation.wires:
            if wire in last:
                _edge(graph, last[wire], k)["wires"].append(names[wire])
            last[wire] = k
        for bit, _ in operation.condition:
            if bit in written:
                _edge(graph, written[bit], k)["bits"].append(bit)
        if isinstance(operation, Measurement) and operation.bit is not None:
            written[operation.bit] = k
    return graph


def _edge(graph: nx.DiGraph, tail: int, head: int) -> dict[str, list[str | int]]:
    if not graph.has_edge(tail, head):
        graph.add_edge(tail, head, wires=[], bits=[])
    carried: dict[str, list[str | int]] = graph.edges[tail, head]
    return carried


def node_link(circuit: Circuit) -> dict[str, Any]:
    """What `networkx.node_link_graph(data, edges="edges")` makes `described(circuit)` of."""
    data: dict[str, Any] = nx.node_link_data(described(circuit), edges="edges")
    return data


def graphml(circuit: Circuit) -> str:
    """What `networkx.parse_graphml(text, node_type=int)` makes `described(circuit)` of, lists as one text."""
    graph = described(circuit)
    for _, facts in graph.nodes(data=True):
        _join_lists(facts)
    for _, _, facts in graph.edges(data=True):
        _join_lists(facts)
    return "\n".join(nx.generate_graphml(graph)) + "\n"


def _facts(operation: Operation, names: Sequence[str], parameters: Sequence[Parameter]) -> dict[str, Any]:
    pauli_words: list[str] = []
    if isinstance(operation, PauliRotation):
        pauli_words = [operation.pauli_word]
    elif isinstance(operation, Evolution):
        pauli_words = [pauli_word for _, pauli_word in operation.terms]
    file = "".join(letter if letter.isprintable() else "?" for letter in operation.span.source.name)
    return {
        "operation": operation.name,
        "wires": [names[wire] for wire in operation.wires],
        "controls": operation.controls if isinstance(operation, Unitary) else 0,
        "numbers": [number_text(number, parameters) for number in operation.numbers],
        "pauli_words": pauli_words,
        "condition": [f"{bit}={int(value)}" for bit, value in operation.condition],
        **(_outcome_facts(operation) if isinstance(operation, Measurement) else {}),
        "file": file,  # XML has no place for control characters
        "line": operation.span.line,
    }


def _outcome_facts(measurement: Measurement) -> dict[str, str | int]:
    facts: dict[str, str | int] = {}
    if measurement.bit is not None:
        facts["bit"] = measurement.bit
    if measurement.label:
        facts["keep"] = measurement.label
    if measurement.required is not None:
        facts["required"] = int(measurement.required)
    return facts


def _join_lists(facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        if isinstance(value, list):
            facts[name] = SEPARATOR.join(map(str, value))


def number_text(number: Real, parameters: Sequence[Parameter]) -> str:
    """A real number in the names of the program, all digits kept: `0.5*theta[2,0] + 3.0`."""
    parts = [
        _atom_text(atom, parameters) if coefficient == 1 else f"{coefficient!r}*{_atom_text(atom, parameters)}"
        for coefficient, atom in number.terms
    ]
    if number.constant or not parts:
        parts.append(repr(number.constant))
    return " + ".join(parts)


def _atom_text(atom: Any, parameters: Sequence[Parameter]) -> str:
    if not isinstance(atom, Input):
        return f"{atom.name}({', '.join(number_text(argument, parameters) for argument in atom.arguments)})"
    parameter = parameters[atom.parameter]
    if not parameter.shape:
        return parameter.name
    index = np.unravel_index(atom.element, parameter.shape)
    return f"{parameter.name}[{','.join(str(int(i)) for i in index)}]"
