"""The circuit graph as node-link JSON and GraphML, read back by NetworkX."""

from __future__ import annotations

import json
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings

import qgl
from qgl.expression import Input, Real, apply
from qgl.ir.circuit import Circuit
from qgl.ir.exchange import SEPARATOR, described, graphml, node_link, number_text
from qgl.program.operations import Evolution, Measurement, PauliRotation, Unitary
from qgl.program.program import Distribution, Parameter, Program
from tests.reference.programs import EVERYTHING, HERE, bit_of, programs


@settings(max_examples=40)
@given(programs(EVERYTHING))
def test_the_graph_orders_what_shares_a_wire_or_a_bit(program: Program) -> None:
    circuit = Circuit.of(program)
    graph = described(circuit)
    assert list(graph.nodes) == list(range(len(circuit.operations)))
    assert all(tail < head for tail, head in graph.edges)
    after = {k: nx.descendants(graph, k) for k in graph}
    for k, one in enumerate(circuit.operations):
        for later, other in enumerate(circuit.operations[k + 1 :], k + 1):
            shares = set(one.wires) & set(other.wires) or bit_of(one) in [bit for bit, _ in other.condition]
            assert not shares or later in after[k]
    names = [str(wire) for wire in program.wires]
    for tail, head, carried in graph.edges(data=True):
        one, other = circuit.operations[tail], circuit.operations[head]
        assert set(carried["wires"]) <= {names[wire] for wire in set(one.wires) & set(other.wires)}
        assert set(carried["bits"]) <= {bit_of(one)} & {bit for bit, _ in other.condition}
        assert carried["wires"] or carried["bits"]


@settings(max_examples=30)
@given(programs(EVERYTHING))
def test_networkx_reads_both_forms_back(program: Program) -> None:
    circuit = Circuit.of(program)
    graph = described(circuit)
    linked = nx.node_link_graph(json.loads(json.dumps(node_link(circuit))), edges="edges")
    marked = nx.parse_graphml(graphml(circuit), node_type=int)
    assert isinstance(linked, nx.DiGraph) and isinstance(marked, nx.DiGraph)
    nodes, edges = dict(graph.nodes(data=True)), {(tail, head): facts for tail, head, facts in graph.edges(data=True)}
    assert dict(linked.nodes(data=True)) == nodes
    assert {(tail, head): facts for tail, head, facts in linked.edges(data=True)} == edges
    assert dict(marked.nodes(data=True)) == {node: joined(facts) for node, facts in nodes.items()}
    assert {(tail, head): facts for tail, head, facts in marked.edges(data=True)} == {
        pair: joined(facts) for pair, facts in edges.items()
    }
    for k, operation in enumerate(circuit.operations):
        facts = linked.nodes[k]
        assert (facts["operation"], facts["line"]) == (operation.name, operation.span.line)
        assert facts["wires"] == [str(program.wires[wire]) for wire in operation.wires]
        assert facts["numbers"] == [number_text(number, program.parameters) for number in operation.numbers]
        assert facts["condition"] == [f"{bit}={int(value)}" for bit, value in operation.condition]
        assert facts["controls"] == (operation.controls if isinstance(operation, Unitary) else 0)
        pauli_words = [operation.pauli_word] if isinstance(operation, PauliRotation) else []
        pauli_words += [pauli_word for _, pauli_word in operation.terms] if isinstance(operation, Evolution) else []
        assert facts["pauli_words"] == pauli_words
        assert facts.get("bit") == (operation.bit if isinstance(operation, Measurement) else None)


def test_outcomes_that_are_kept_or_required_are_named() -> None:
    text = "visible v;\nhidden a[2];\nmodel { h a[0]; measure a[0] -> first keep; postselect(1) a[1]; }\n"
    graph = described(qgl.loads(text).circuit)
    outcomes = [(facts.get("keep"), facts.get("required")) for _, facts in graph.nodes(data=True)]
    assert ("first", None) in outcomes and (None, 1) in outcomes


def joined(facts: dict[str, Any]) -> dict[str, Any]:
    return {k: SEPARATOR.join(map(str, each)) if isinstance(each, list) else each for k, each in facts.items()}


DRAWN = Distribution("uniform", (0.0, 1.0))
ONE = Parameter("param", "a", (), "real", DRAWN, None, HERE)
ARRAY = Parameter("param", "b", (2, 3), "real", DRAWN, None, HERE)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Real(0.1), "0.1"),
        (Real(0.0), "0.0"),
        (Real(0.0, ((1.0, Input(0, 0)),)), "a"),
        (Real(1e-3, ((-0.5, Input(1, 5)), (1.0, Input(0, 0)))), "-0.5*b[1,2] + a + 0.001"),
        (apply("sin", Real(0.5, ((1 / 3, Input(0, 0)),))), "sin(0.3333333333333333*a + 0.5)"),
    ],
)
def test_numbers_keep_all_digits(number: Real, text: str) -> None:
    assert number_text(number, (ONE, ARRAY)) == text
