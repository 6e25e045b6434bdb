"""The reference held against Qiskit, and against states known in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from qiskit.circuit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import DensityMatrix, SparsePauliOp, partial_trace
from scipy.linalg import expm

from qgl.expression import Input, Real, evaluate
from qgl.gates import GATES
from qgl.program.operations import Evolution, MatrixUnitary, Operation, PauliRotation
from qgl.program.program import Program
from tests.gates.test_gate_records import MADE_OF_OTHERS, angles_of, matrix_of, qiskit_gate
from tests.reference.density import density_matrix, gradient, lookup, probabilities
from tests.reference.matrices import Matrix, gate_matrix
from tests.reference.programs import (
    EVERYTHING,
    PARAMETERS,
    Features,
    op,
    parameter,
    program_of,
    programs,
    random_inputs,
    random_program,
)


@pytest.mark.parametrize("name", GATES)
def test_matrices_written_twice_agree(name: str) -> None:
    gate = GATES[name]
    angles = angles_of(gate)
    assert np.allclose(gate_matrix(name, angles), matrix_of(gate, *angles), atol=1e-13)


def by_qiskit(program: Program, inputs: np.ndarray[Any, Any]) -> Matrix:
    """The density matrix of a program of gates only, from Qiskit."""
    count = len(program.wires)
    circuit = QuantumCircuit(count)
    atoms = lookup(program.parameters, inputs)
    for operation in program.operations:
        args = [evaluate(number, atoms) for number in operation.numbers]
        qubits = [count - 1 - wire for wire in operation.wires]  # Qiskit's first qubit is the least significant
        circuit.append(*_instruction(operation, args, qubits, atoms))
    rest = [count - 1 - wire for wire in range(count) if wire not in program.visible]
    return np.asarray(partial_trace(DensityMatrix(circuit), rest).data)


def _instruction(operation: Operation, args, qubits, atoms):  # type: ignore[no-untyped-def]
    controls = len(operation.control_wires)
    own = qubits[controls:]
    if isinstance(operation, PauliRotation | Evolution):
        terms = operation.terms if isinstance(operation, Evolution) else ((Real(-1.0), operation.pauli_word),)
        paulis = SparsePauliOp.from_list([(pauli_word[::-1], evaluate(c, atoms)) for c, pauli_word in terms])
        gate = UnitaryGate(expm(-1j * args[0] * paulis.to_matrix()))
    elif isinstance(operation, MatrixUnitary):
        gate, own = UnitaryGate(operation.matrix), own[::-1]
    else:
        gate = qiskit_gate(GATES[operation.name], args)
    if controls:
        gate = gate.control(controls, annotated=False)
    return gate, qubits[:controls] + own


STANDARD = tuple(name for name in GATES if name not in MADE_OF_OTHERS)


@settings(max_examples=40)
@given(programs(Features(gates=STANDARD)))
def test_random_unitary_programs_against_qiskit(program: Program) -> None:
    inputs = random_inputs(len(program.operations))
    assert np.allclose(density_matrix(program, inputs), by_qiskit(program, inputs), atol=1e-10)


@settings(max_examples=60)
@given(programs(EVERYTHING))
def test_result_is_a_state(program: Program) -> None:
    rho = density_matrix(program, random_inputs(1))
    assert np.allclose(np.trace(rho), 1)
    assert np.allclose(rho, rho.conj().T)
    assert np.linalg.eigvalsh(rho).min() > -1e-10


def test_first_visible_qubit_is_most_significant() -> None:
    assert np.argmax(probabilities(program_of(3, 0, op("x", 0)))) == 0b100


def test_measurement_and_feed_forward_teleport() -> None:
    angles = [0.3, 1.1, -0.4]
    teleport = program_of(
        1,
        2,
        op("u", 1, args=angles),
        op("h", 2),
        op("cx", 2, 0),
        op("cx", 1, 2),
        op("h", 1),
        op("measure", 2, bit=0),
        op("measure", 1, bit=1),
        op("x", 0, condition=((0, True),)),
        op("z", 0, condition=((1, True),)),
    )
    direct = program_of(1, 0, op("u", 0, args=angles))
    assert np.allclose(density_matrix(teleport), density_matrix(direct))


def test_outcome_that_is_not_kept_destroys_coherence() -> None:
    assert np.allclose(density_matrix(program_of(1, 0, op("h", 0), op("measure", 0))), np.eye(2) / 2)


def test_bell_pair_traced_out_is_mixed() -> None:
    assert np.allclose(density_matrix(program_of(1, 1, op("h", 0), op("cx", 0, 1))), np.eye(2) / 2)


def test_pauli_word_is_literally_exponential() -> None:
    """exp(i a Z) on |+> turns by -2a about Z."""
    a = 0.4
    rho = density_matrix(program_of(1, 0, op("h", 0), op("pauli", 0, args=[a], pauli_word="Z")))
    assert np.allclose(rho[0, 1], 0.5 * np.exp(2j * a))


def test_gradient_by_central_differences() -> None:
    program = program_of(
        1, 0, op("rx", 0, args=[Real(0.0, ((1.0, Input(0, 0)),))]), parameters=[parameter("a", constraint="angle")]
    )
    derivative = gradient(lambda inputs: probabilities(program, inputs), np.array([0.7]))
    assert np.allclose(derivative[:, 0], [-np.sin(0.7) / 2, np.sin(0.7) / 2], atol=1e-9)


def test_seeded_programs_are_repeatable_and_varied() -> None:
    first, again = random_program(3, EVERYTHING), random_program(3, EVERYTHING)
    assert [o.name for o in first.operations] == [o.name for o in again.operations]
    seen = {o.name for seed in range(150) for o in random_program(seed, EVERYTHING).operations}
    assert {"fresh", "discard", "measure", "reset", "kraus", "pauli", "evolve", "unitary"} <= seen
    assert len(random_inputs(0)) == sum(parameter.size for parameter in PARAMETERS)
