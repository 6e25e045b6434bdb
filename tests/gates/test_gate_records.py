"""The facts of every gate record against each other and against Qiskit's matrices."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
import pennylane
import pytest
import qiskit.circuit.library as library
from numpy.typing import NDArray
from qiskit.circuit import Gate as QiskitGate
from qiskit.quantum_info import Operator

from qgl.gates import GATES
from qgl.gates.algebra import pauli_matrix
from qgl.gates.model import Gate, Step

Matrix = NDArray[np.complex128]

OTHER_NAMES = {"id": "IGate", "p": "PhaseGate", "cp": "CPhaseGate", "sxdg": "SXdgGate", "iswap": "iSwapGate"}
OTHER_NAMES |= {"xx_plus_yy": "XXPlusYYGate", "xx_minus_yy": "XXMinusYYGate"}
OF_PENNYLANE = {"rot": "Rot", "siswap": "SISWAP", "pswap": "PSWAP", "ecr": "ECR", "u2": "U2", "iswap": "ISWAP"}
MADE_OF_OTHERS = {"su2", "su4", "rot", "siswap", "pswap"}  # Qiskit has no such gate


def angles_of(gate: Gate, seed: int = 0) -> list[float]:
    return [float(a) for a in np.random.default_rng([seed, len(gate.name)]).uniform(-4, 4, len(gate.parameters))]


def matrix_of(gate: Gate, *angles: float) -> Matrix:
    return np.asarray(gate.matrix(np, *(np.asarray(angle) for angle in angles)))


def qiskit_gate(gate: Gate, angles: list[float]) -> QiskitGate:
    known = {name.lower(): name for name in dir(library) if name.endswith("Gate")}
    name = OTHER_NAMES.get(gate.name) or known[f"{gate.name}gate"]
    return getattr(library, name)(*angles)


def embed(matrix: Matrix, qubits: tuple[int, ...], width: int) -> Matrix:
    """`matrix` on some qubits of a register, entry by entry."""
    result = np.zeros((2**width, 2**width), dtype=np.complex128)
    for column in range(2**width):
        bits = [(column >> (width - 1 - q)) & 1 for q in range(width)]
        local = int("0" + "".join(str(bits[q]) for q in qubits), 2)
        for row, value in enumerate(matrix[:, local]):
            changed = list(bits)
            for k, q in enumerate(qubits):
                changed[q] = (row >> (len(qubits) - 1 - k)) & 1
            result[int("".join(map(str, changed)), 2), column] += value
    return result


def matrix_of_steps(steps: tuple[Step, ...] | list[Step], width: int) -> Matrix:
    total = np.eye(2**width, dtype=np.complex128)
    for name, qubits, angles in steps:
        small = np.exp(1j * np.array([angles])) if name == "gphase" else matrix_of(GATES[name], *angles)
        size = 2 ** len(qubits)
        full = np.eye(size, dtype=np.complex128)
        full[size - len(small) :, size - len(small) :] = small
        total = embed(full, qubits, width) @ total
    return total


ALL = pytest.mark.parametrize("gate", GATES.values(), ids=GATES.keys())


@ALL
def test_matrix_is_unitary_and_has_its_shape(gate: Gate) -> None:
    matrix = matrix_of(gate, *angles_of(gate))
    assert matrix.shape == (2**gate.qubits, 2**gate.qubits)
    assert np.allclose(matrix @ matrix.conj().T, np.eye(2**gate.qubits), atol=1e-14)


@pytest.mark.parametrize("gate", [g for g in GATES.values() if g.name not in MADE_OF_OTHERS], ids=lambda g: g.name)
def test_matrix_equals_qiskits_with_its_phase(gate: Gate) -> None:
    angles = angles_of(gate)
    theirs = Operator(qiskit_gate(gate, angles)).reverse_qargs().data
    assert np.allclose(matrix_of(gate, *angles), theirs, atol=1e-14)


@pytest.mark.parametrize("gate", [GATES[name] for name in OF_PENNYLANE], ids=OF_PENNYLANE)
def test_matrix_equals_pennylanes_with_its_phase(gate: Gate) -> None:
    angles = angles_of(gate)
    theirs = getattr(pennylane, OF_PENNYLANE[gate.name])(*angles, wires=range(gate.qubits))
    assert np.allclose(matrix_of(gate, *angles), theirs.matrix(), atol=1e-14)


def test_exchanges_of_excitations_are_pennylanes() -> None:
    """As docs/from/pennylane.md says."""
    ours, both = GATES["xx_plus_yy"], range(2)
    assert np.allclose(matrix_of(ours, -0.7, 0.0), pennylane.IsingXY(0.7, wires=both).matrix())
    assert np.allclose(matrix_of(ours, 0.7, -0.5 * np.pi), pennylane.SingleExcitation(0.7, wires=both).matrix())


def test_general_gates_are_products_of_qiskits() -> None:
    a = angles_of(GATES["su4"])

    def euler(x: list[float]) -> Operator:
        return Operator(library.RZGate(x[2])) @ Operator(library.RYGate(x[1])) @ Operator(library.RZGate(x[0]))

    assert np.allclose(matrix_of(GATES["su2"], *a[:3]), euler(a[:3]).data)
    total = euler(a[0:3]).tensor(euler(a[3:6]))
    for gate, angle in zip((library.RXXGate, library.RYYGate, library.RZZGate), a[6:9], strict=True):
        total = Operator(gate(angle)) @ total
    total = euler(a[9:12]).tensor(euler(a[12:15])) @ total
    assert np.allclose(matrix_of(GATES["su4"], *a), total.data)


@ALL
def test_arrays_of_angles_give_arrays_of_matrices(gate: Gate) -> None:
    batch = [np.random.default_rng(k).uniform(-4, 4, (2, 3)) for k in range(len(gate.parameters))]
    if not batch:
        return
    matrices = gate.matrix(np, *batch)
    assert matrices.shape == (2, 3, 2**gate.qubits, 2**gate.qubits)
    for i, j in product(range(2), range(3)):
        assert np.allclose(matrices[i, j], matrix_of(gate, *(angle[i, j] for angle in batch)))


@ALL
def test_inverse(gate: Gate) -> None:
    angles = angles_of(gate)
    there_and_back = matrix_of_steps(gate.inverse(*angles), gate.qubits) @ matrix_of(gate, *angles)
    assert np.allclose(there_and_back, np.eye(2**gate.qubits), atol=1e-13)


@ALL
def test_generator(gate: Gate) -> None:
    if gate.generator is None:
        assert gate.name == "rot" or not gate.name.startswith("r")
        return
    (angle,) = angles_of(gate)
    values, vectors = np.linalg.eigh(pauli_matrix(gate.generator))
    exponential = (vectors * np.exp(-0.5j * angle * values)) @ vectors.conj().T
    assert np.allclose(matrix_of(gate, angle), exponential)


@ALL
def test_symmetric(gate: Gate) -> None:
    matrix = matrix_of(gate, *angles_of(gate))
    orders = permutations(range(gate.qubits))
    assert gate.symmetric == all(np.allclose(embed(matrix, order, gate.qubits), matrix) for order in orders)


@ALL
def test_controls_and_target(gate: Gate) -> None:
    assert (gate.target is None) == (gate.controls == 0)
    if gate.target is None:
        return
    angles = angles_of(gate)
    step = (gate.target, tuple(range(gate.qubits)), tuple(angles))
    assert GATES[gate.target].qubits + gate.controls == gate.qubits
    assert np.allclose(matrix_of_steps([step], gate.qubits), matrix_of(gate, *angles))


@ALL
@pytest.mark.parametrize("controls", [0, 1, 2])
def test_definition_means_the_gate(gate: Gate, controls: int) -> None:
    """Under controls, all but the frame is controlled."""
    assert (gate.definition is None) == (gate.name == "p" or gate.target is not None)
    if gate.definition is None:
        return
    angles = angles_of(gate)
    steps: list[Step] = []
    for name, qubits, part_angles, frame in gate.definition(*angles):
        targets = tuple(controls + qubit for qubit in qubits)
        steps.append((name, targets if frame else (*range(controls), *targets), part_angles))
    wanted = np.eye(2 ** (controls + gate.qubits), dtype=np.complex128)
    wanted[-(2**gate.qubits) :, -(2**gate.qubits) :] = matrix_of(gate, *angles)
    assert np.allclose(matrix_of_steps(steps, controls + gate.qubits), wanted, atol=1e-14)


def test_matrices_work_under_jax_and_have_gradients() -> None:
    jax = pytest.importorskip("jax")
    gates = list(GATES.values())
    every = [[np.float32(angle) for angle in angles_of(gate)] for gate in gates]
    matrices = jax.jit(lambda given: [gate.matrix(jax.numpy, *a) for gate, a in zip(gates, given, strict=True)])(every)
    for gate, angles, matrix in zip(gates, every, matrices, strict=True):
        assert matrix.dtype == np.complex64
        assert np.allclose(matrix, matrix_of(gate, *map(float, angles)), atol=3e-6)
    rate = jax.grad(lambda a: jax.numpy.real(GATES["rxx"].matrix(jax.numpy, a)[0, 0]))(0.7)
    assert np.isclose(rate, -0.5 * np.sin(0.35), atol=1e-6)


@pytest.mark.parametrize(
    ("order", "compiled"),
    [
        ((False, True), True),
        ((True, False), False),
        pytest.param((True, False), True, marks=pytest.mark.slow),
        pytest.param((False, True), False, marks=pytest.mark.slow),
    ],
)
def test_precisions_one_after_the_other(compiled: bool, order: tuple[bool, bool]) -> None:
    """JAX must not keep copies of the constants in the records."""
    jax = pytest.importorskip("jax")
    for gate in GATES.values():
        angles = angles_of(gate)
        for double in order:
            with jax.enable_x64(double):
                real, tolerance = (jax.numpy.float64, 1e-13) if double else (jax.numpy.float32, 1e-6)

                def matrix(*angles: Any, gate: Gate = gate) -> Any:
                    return gate.matrix(jax.numpy, *angles)

                found = (jax.jit(matrix) if compiled else matrix)(*map(real, angles))
                assert found.dtype == (np.complex128 if double else np.complex64), gate.name
                assert np.allclose(found, matrix_of(gate, *angles), rtol=0, atol=tolerance), gate.name
