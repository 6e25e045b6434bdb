"""Unitary circuits: states with phases, by Qiskit, for every gate under controls and for random programs."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from numpy.typing import NDArray

from qgl.expression import Real, evaluate
from qgl.gates import GATES
from qgl.ir.circuit import Circuit
from qgl.program.operations import Operation
from qgl.qasm import PROFILES, emit
from tests.qasm.consumers import CONSUMERS, Consumer, dumped
from tests.qasm.readers import parse, qiskit_unitary
from tests.reference.density import lookup, operators_of
from tests.reference.matrices import controlled, exponential, pauli_matrix
from tests.reference.programs import UNITARY, op, program_of, programs, random_inputs, random_unitary

HOLDERS = [consumer for consumer in CONSUMERS if consumer.unitary is not None]
FIRST = [next(consumer for consumer in HOLDERS if consumer.profile == name) for name in PROFILES if name != "ibm"]
# All consumers read every gate; what controls come down to is a matter of the text, so one of each profile does.
UNDER = [(consumer, k) for k in (0, 1, 2) for consumer in (FIRST if k else HOLDERS)]
UNDER_NAMES = [f"{k} controls, {consumer}" for consumer, k in UNDER]
ANGLES = (0.3, -1.1, 2.4, 0.7, -0.2, 1.9, -2.8, 0.05, 1.3, -0.6, 0.9, -1.7, 2.2, 0.4, -0.9)


def unitary_of(profile: str, *operations: Operation, qubits: int) -> NDArray[np.complex128]:
    """By Qiskit."""
    circuit = Circuit.of(program_of(qubits, 0, *operations))
    text = emit(circuit, np.zeros(0), profile)
    parse(text)
    return qiskit_unitary(text)


def hold(consumer: Consumer, *operations: Operation, expected: NDArray[np.complex128]) -> None:
    """The consumer finds this unitary, up to a global phase only where it or the profile has none."""
    qubits = len(expected).bit_length() - 1
    circuit = Circuit.of(program_of(qubits, 0, *operations))
    text = emit(circuit, np.zeros(0), consumer.profile)
    assert consumer.unitary is not None
    assert_same(consumer.unitary(text), expected, consumer)


def assert_same(found: NDArray[np.complex128], expected: NDArray[np.complex128], consumer: Consumer) -> None:
    if not consumer.phases:
        overlap = np.vdot(found, expected)
        found = found * overlap / abs(overlap)
    np.testing.assert_allclose(found, expected, atol=1e-9, err_msg=str(consumer))


@pytest.mark.parametrize(("consumer", "controls"), UNDER, ids=UNDER_NAMES)
@pytest.mark.parametrize("gate", sorted(GATES))
def test_every_gate_under_controls_has_its_matrix_phase_included(gate: str, controls: int, consumer: Consumer) -> None:
    record = GATES[gate]
    angles = ANGLES[: len(record.parameters)]
    qubits = record.qubits + controls
    wires = tuple(reversed(range(qubits)))
    matrix = controlled(np.asarray(record.matrix(np, *(np.asarray(angle) for angle in angles))), controls)
    backwards = matrix.reshape((2,) * (2 * qubits)).transpose(
        [*reversed(range(qubits)), *reversed(range(qubits, 2 * qubits))]
    )
    operation = op(gate, *wires, args=angles, controls=controls)
    hold(consumer, operation, expected=backwards.reshape(matrix.shape))


@pytest.mark.parametrize(("consumer", "controls"), UNDER, ids=UNDER_NAMES)
@pytest.mark.parametrize("pauli_word", ["X", "Y", "Z", "XX", "YX", "ZX", "XYZ", "YZY"])
def test_pauli_words_have_their_exponential_phase_included(pauli_word: str, controls: int, consumer: Consumer) -> None:
    qubits = len(pauli_word) + controls
    operation = op("pauli", *range(qubits), args=(0.37,), pauli_word=pauli_word, controls=controls)
    expected = controlled(exponential(pauli_matrix(pauli_word), -0.37), controls)
    hold(consumer, operation, expected=expected)


@pytest.mark.parametrize("consumer", FIRST, ids=str)
@pytest.mark.parametrize(("order", "steps", "controls"), [(1, 1, 0), (1, 3, 1), (2, 1, 0), (2, 2, 0), (2, 2, 1)])
def test_evolve_is_the_product_formula_of_the_program(
    order: int, steps: int, controls: int, consumer: Consumer
) -> None:
    terms = ((0.5, "XY"), (-0.3, "ZI"), (0.7, "II"), (1.1, "IX"))
    time = 0.8
    dt = time / steps
    exponentials = [exponential(pauli_matrix(pauli_word), c * dt) for c, pauli_word in terms]
    halves = [exponential(pauli_matrix(pauli_word), c * dt / 2) for c, pauli_word in terms]
    once = np.eye(4, dtype=np.complex128)
    for factor in exponentials if order == 1 else [*halves, *reversed(halves)]:
        once = factor @ once
    expected = controlled(np.linalg.matrix_power(once, steps), controls)
    operation = op(
        "evolve",
        *range(2 + controls),
        args=(time,),
        terms=tuple((Real(c), pauli_word) for c, pauli_word in terms),
        trotter=(order, steps),
        controls=controls,
    )
    hold(consumer, operation, expected=expected)


def test_evolve_of_commuting_words_is_exact_without_a_product_formula() -> None:
    terms = ((0.5, "XX"), (-0.3, "ZZ"), (0.7, "YY"))
    generator = np.sum([c * pauli_matrix(pauli_word) for c, pauli_word in terms], axis=0)
    operation = op("evolve", 0, 1, args=(1.7,), terms=tuple((Real(c), pauli_word) for c, pauli_word in terms))
    found = unitary_of("portable", operation, qubits=2)
    np.testing.assert_allclose(found, exponential(generator, 1.7), atol=1e-12)


@pytest.mark.parametrize(("qubits", "controls"), [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (3, 0)])
def test_constant_matrices_are_synthesised_exactly(qubits: int, controls: int) -> None:
    matrix = random_unitary(qubits, qubits)
    operation = op("unitary", *range(qubits + controls), matrices=matrix[None], controls=controls)
    found = unitary_of("qiskit", operation, qubits=qubits + controls)
    np.testing.assert_allclose(found, controlled(matrix, controls), atol=1e-9)


@pytest.mark.parametrize("entries", list(product([1, 1j, -1, np.exp(0.3j)], repeat=2)))
def test_diagonal_and_antidiagonal_matrices_of_one_qubit(entries: tuple[complex, complex]) -> None:
    for matrix in (np.diag(entries), np.diag(entries)[::-1]):
        found = unitary_of("portable", op("unitary", 0, matrices=np.array([matrix], dtype=np.complex128)), qubits=1)
        np.testing.assert_allclose(found, matrix, atol=1e-12)


@given(program=programs(UNITARY, hidden=(0, 0), evolve=False, nonlinear=True))
@hypothesis_settings(max_examples=12)
def test_random_unitary_programs_keep_their_phases(program: Circuit) -> None:
    circuit = Circuit(program.wires, program.visible, program.operations, program.bits, program.parameters)
    inputs = random_inputs(3)
    width = len(circuit.visible)
    expected = np.eye(2**width, dtype=np.complex128).reshape((2,) * (2 * width))
    atoms = lookup(circuit.parameters, inputs)
    for operation in circuit.operations:
        (matrix,) = operators_of(operation, lambda number: evaluate(number, atoms))
        k = len(operation.wires)
        moved = np.tensordot(matrix.reshape((2,) * (2 * k)), expected, axes=(range(k, 2 * k), operation.wires))
        expected = np.moveaxis(moved.astype(np.complex128, copy=False), range(k), operation.wires)
    for consumer in HOLDERS:
        assert consumer.unitary is not None
        text = emit(circuit, inputs, consumer.profile)
        assert_same(consumer.unitary(dumped(text)), expected.reshape(2**width, -1), consumer)
