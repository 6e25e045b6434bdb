"""The circuit graph and the facts of operations."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from qgl.expression import Input, Real, apply
from qgl.gates import CHANNELS, GATES
from qgl.ir.circuit import Circuit, joins
from qgl.ir.controls import fold, unfold
from qgl.ir.facts import diagonal_wires, is_channel, is_diagonal, is_permutation, is_reset, is_unitary
from qgl.program.operations import Operation, inputs_of
from qgl.program.program import Program
from tests.reference.density import operators_of
from tests.reference.dependences import ancestors, exported
from tests.reference.programs import EVERYTHING, op, program_of, programs


@settings(max_examples=40)
@given(programs(EVERYTHING))
def test_graph_leads_back_to_all_that_a_wire_depends_on(program: Program) -> None:
    circuit = Circuit.of(program)
    graph, reference = circuit.graph, exported(circuit)
    assert list(graph.nodes) == [k for k, operation in enumerate(circuit.operations) if joins(operation)]
    for wire in range(len(circuit.wires)):
        node, behind = circuit.tail(wire)
        nodes = set() if node is None else {node, *nx.ancestors(graph, node)}
        found = [*behind, *(k for each in nodes for k in graph.nodes[each]["operations"])]
        assert len(found) == len(set(found))
        assert set(found) == ancestors(reference, circuit, wire)


@settings(max_examples=20)
@given(programs(EVERYTHING))
def test_nodes_hold_what_comes_before_them_on_their_wires(program: Program) -> None:
    circuit = Circuit.of(program)
    for node, held in circuit.graph.nodes(data="operations"):
        assert held[-1] == node == max(held)
        assert set(held) <= {k for wire in circuit.operations[node].wires for k in circuit.on_wire[wire]}
        assert not any(joins(circuit.operations[k]) for k in held[:-1])
    assert all(tail < head for tail, head in circuit.graph.edges)
    for wire, positions in enumerate(circuit.on_wire):
        assert list(positions) == [k for k, o in enumerate(circuit.operations) if wire in o.wires]
        assert (wire in circuit.live_wires) == (bool(positions) or wire in circuit.visible)


def sample(name: str) -> Operation:
    """Some operation with generic numbers."""
    record = GATES.get(name) or CHANNELS[name]
    values = [0.11 * (k + 1) for k in range(len(record.parameters))]
    return op(name, *range(record.qubits), args=values)


SAMPLES = {name: sample(name) for name in (*GATES, *CHANNELS)} | {
    "word": op("pauli", 0, 1, 2, args=[0.4], pauli_word="ZXZ"),
    "phases": op("pauli", 0, 1, args=[0.4], pauli_word="ZZ", controls=0),
    "ising": op("evolve", 0, 1, 2, args=[0.3], terms=((Real(1.0), "ZZI"), (Real(0.4), "IZI"))),
    "field": op("evolve", 0, 1, args=[0.3], terms=((Real(1.0), "ZX"), (Real(0.4), "ZI"))),
    "constant": op("unitary", 0, 1, matrices=np.diag([1, 1j, -1, 1])[[1, 0, 2, 3]][None]),
    "controlled": op("rx", 2, 0, 1, args=[0.3], controls=2),
    "measured in X": op("kraus", 0, matrices=np.array([[[1, 1], [0, 0]], [[0, 0], [1, -1]]]) / np.sqrt(2) + 0j),
    "certain reset": op("reset", 0),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_facts_follow_from_the_matrices(name: str) -> None:
    operation = SAMPLES[name]
    matrices = operators_of(operation, lambda number: number.constant)
    size = len(operation.wires)
    signs = np.array([1.0])
    for k, wire in enumerate(operation.wires):
        signs = np.kron(np.kron(np.ones(2**k), [1, -1]), np.ones(2 ** (size - k - 1)))
        commutes = all(np.allclose(signs[:, None] * m, m * signs) for m in matrices)
        assert commutes == (wire in diagonal_wires(operation))
    assert is_diagonal(operation) == all(np.allclose(m, np.diag(np.diagonal(m))) for m in matrices)
    entries = [np.abs(m) > 1e-12 for m in matrices]
    assert is_permutation(operation) == all((e.sum(0) <= 1).all() and (e.sum(1) <= 1).all() for e in entries)
    assert is_unitary(operation) + is_channel(operation) + is_reset(operation) == 1


def test_controls_fold_into_names() -> None:
    assert fold(op("x", 0, 1, controls=1)) == op("cx", 0, 1)
    assert fold(op("cx", 0, 1, 2, controls=1)) == op("ccx", 0, 1, 2)
    assert fold(op("ccx", 0, 1, 2, 3, controls=1)) == op("x", 0, 1, 2, 3, controls=3)
    assert unfold(op("cswap", 0, 1, 2)) == op("swap", 0, 1, 2, controls=1)
    assert fold(op("rxx", 0, 1, 2, args=[0.1], controls=1)) == op("rxx", 0, 1, 2, args=[0.1], controls=1)


def test_inputs_are_found_inside_functions() -> None:
    angle = apply("sin", Real(0.0, ((1.0, Input(0, 3)),))) * Real(0.0, ((2.0, Input(1, 0)),)) + 0.2
    field = op("evolve", 0, args=[1.0], terms=((Real(0.0, ((1.0, Input(2, 1)),)), "X"),))
    assert inputs_of(op("rx", 0, args=[angle])) == {Input(0, 3), Input(1, 0)}
    assert inputs_of(field) == {Input(2, 1)}


def test_a_program_becomes_a_circuit() -> None:
    program = program_of(2, 1, op("h", 0), op("cx", 0, 2))
    circuit = Circuit.of(program)
    assert circuit.visible == (0, 1) and circuit.live_wires == (0, 1, 2)
    assert circuit.with_operations([], visible=[1]).live_wires == (1,)
