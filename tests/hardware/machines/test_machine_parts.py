"""The parts of fitting: figures, first layouts, shared qubits, flat branches."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit

from qgl.hardware.machines.branches import flatten
from qgl.hardware.machines.figures import decay, measure
from qgl.hardware.machines.layout import lattice_layout
from qgl.hardware.machines.sharing import share
from qgl.hardware.machines.target import Machine, resolve
from qgl.ir.circuit import Circuit
from qgl.passes.dilation import dilate
from tests.hardware.machines.test_target import RING
from tests.reference.density import density_matrix, probabilities
from tests.reference.matrices import Matrix
from tests.reference.programs import EVERYTHING, op, program_of, random_inputs, random_program


@pytest.fixture
def ring(tmp_path: Path) -> Machine:
    path = tmp_path / "ring.json"
    path.write_text(json.dumps(RING), encoding="utf-8")
    return resolve(str(path))


# ---------------------------------------------------------------- figures


def test_figures_by_hand(ring: Machine) -> None:
    """Qubit 1 waits while qubit 0 is measured and reset; qubit 2 waits in zero, which costs nothing."""
    circuit = QuantumCircuit(4, 2)
    circuit.sx(0)
    circuit.cz(0, 1)
    circuit.measure(0, 0)
    circuit.reset(0)
    circuit.cz(0, 1)
    circuit.cz(1, 2)
    with circuit.if_test((0, 1)):
        circuit.cz(2, 3)
    circuit.measure(1, 1)
    figures = measure(circuit, ring.target)
    assert (figures.width, figures.depth, figures.two_qubit_gates) == (4, 7, 4)
    assert figures.duration == pytest.approx(3.2e-8 + 6.8e-8 + 1.5e-6 + 1.7e-6 + 2 * 6.8e-8 + 1.5e-6)
    gates = (1 - 2e-4) * (1 - 0.004) ** 2 * (1 - 0.003) * (1 - 0.005) * (1 - 0.02) ** 2
    assert figures.fidelity == pytest.approx(gates * decay(1.5e-6 + 1.7e-6, ring.target, 1))


def test_decay_is_the_process_fidelity_of_damping_and_dephasing(ring: Machine) -> None:
    time, t1, t2 = 3e-5, 2e-4, 1e-4  # of qubit 2
    damped, kept = 1 - np.exp(-time / t1), np.exp(-time / t2)
    basis = [
        np.array(p, dtype=complex) for p in ([[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]])
    ]

    def channel(rho: Matrix) -> Matrix:
        return np.array(
            [[rho[0, 0] + damped * rho[1, 1], kept * rho[0, 1]], [kept * rho[1, 0], (1 - damped) * rho[1, 1]]]
        )

    transfer = [np.trace(p @ channel(p)).real / 2 for p in basis]
    assert decay(time, ring.target, 2) == pytest.approx(sum(transfer) / 4)


# ---------------------------------------------------------------- first layouts


def chain(size: int) -> QuantumCircuit:
    circuit = QuantumCircuit(size, size)
    for a, b in [*pairwise(range(size))] * 6:
        circuit.cz(a, b)
    circuit.measure(range(size), range(size))
    return circuit


def test_a_chain_is_laid_along_a_path_of_good_pairs() -> None:
    target = resolve("fake_torino").target
    layout = lattice_layout(chain(20), target, {k: float(k) for k in range(20)})
    assert layout is not None
    assert len(set(layout)) == 20
    errors = [target["cz"].get((a, b), target["cz"].get((b, a))) for a, b in pairwise(layout)]
    assert None not in errors
    known = [entry.error for entry in target["cz"].values()]
    assert np.mean([entry.error for entry in errors]) < np.median(known)


def test_a_circuit_of_parts_that_do_not_touch_has_a_layout(ring: Machine) -> None:
    circuit = QuantumCircuit(4, 4)
    circuit.cz(0, 3)
    circuit.cz(1, 2)
    layout = lattice_layout(circuit, ring.target, {k: float(k) for k in range(4)})
    assert layout is not None
    assert sorted(layout) == [0, 1, 2, 3]
    assert {(layout[0] - layout[3]) % 4, (layout[1] - layout[2]) % 4} <= {1, 3}


def test_parts_of_a_machine_that_do_not_touch_hold_no_chain(tmp_path: Path) -> None:
    path = tmp_path / "parts.json"
    path.write_text('{"qubits": 4, "basis": ["rz", "sx", "cz", "measure"], "coupling": [[0, 1], [2, 3]]}')
    assert lattice_layout(chain(3), resolve(str(path)).target, {0: 0.0, 1: 1.0, 2: 2.0}) is None


# ---------------------------------------------------------------- shared qubits


def test_channels_of_one_bond_share_a_qubit() -> None:
    """Two bonds, two channels each: two fresh qubits are left, each reset once."""
    program = program_of(
        3,
        0,
        *(
            part
            for wire, (a, b) in enumerate([(0, 1), (1, 2), (0, 1), (1, 2)], start=3)
            for part in (
                op("fresh", wire),
                op("ry", a, args=(0.3 * wire,)),
                op("x", a, wire, controls=1),
                op("ry", wire, args=(0.4,)),
                op("x", wire, b, controls=1),
                op("discard", wire),
            )
        ),
    )
    circuit = Circuit.of(program)
    shared = share(circuit)
    assert len(shared.live_wires) == 5
    assert [operation.name for operation in shared.operations].count("reset") == 2
    np.testing.assert_allclose(density_matrix(shared), density_matrix(circuit), atol=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_sharing_keeps_the_state_of_random_programs(seed: int) -> None:
    program, inputs = random_program(seed, EVERYTHING, operations=(8, 14)), random_inputs(seed)
    circuit = dilate(Circuit.of(program))
    shared = share(circuit)
    assert len(shared.live_wires) <= len(circuit.live_wires)
    np.testing.assert_allclose(probabilities(shared, inputs), probabilities(program, inputs), atol=1e-10)


# ---------------------------------------------------------------- flat branches


def test_a_circuit_without_nested_branches_comes_back_as_it_is() -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], True)):
        circuit.x(1)
    assert flatten(circuit) is circuit
