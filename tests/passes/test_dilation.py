"""Stinespring dilations: least ancillas, exact unitaries."""

from __future__ import annotations

import numpy as np
import pytest

from qgl.expression import Input, Real
from qgl.gates import CHANNELS
from qgl.ir.circuit import Circuit
from qgl.passes.dilation import dilate, stinespring
from tests.reference.density import density_matrix, gradient
from tests.reference.matrices import kraus_operators
from tests.reference.programs import op, parameter, program_of, random_kraus, random_unitary


@pytest.mark.parametrize(("qubits", "count"), [(1, 1), (1, 2), (1, 3), (1, 4), (2, 2), (2, 5)])
def test_unitary_holds_the_operators(qubits: int, count: int) -> None:
    operators = random_kraus(count, qubits, count)
    unitary, ancillas = stinespring(operators)
    size = 2**qubits
    assert ancillas == int(np.ceil(np.log2(count)))
    assert np.allclose(unitary @ unitary.conj().T, np.eye(len(unitary)), atol=1e-13)
    blocks = unitary.reshape(size, 2**ancillas, size, 2**ancillas)[:, :, :, 0].transpose(1, 0, 2)
    theirs = sum(np.kron(k, k.conj()) for k in operators)
    assert np.allclose(sum(np.kron(k, k.conj()) for k in blocks), theirs, atol=1e-12)


def test_operators_that_depend_on_each_other_take_no_more_room() -> None:
    unitary = random_unitary(3, 1)
    operators = np.stack([0.6 * unitary, 0.8 * unitary, 0 * unitary])
    found, ancillas = stinespring(operators)
    assert ancillas == 0
    assert np.isclose(abs(np.trace(found.conj().T @ unitary)), 2)
    many = np.stack(kraus_operators("thermal", [0.3, 0.4]) * 2) / np.sqrt(2)
    assert stinespring(many)[1] == 2


def test_operators_that_miss_the_trace_by_little_give_an_exact_unitary() -> None:
    unitary, _ = stinespring(random_kraus(1, 1, 2) * (1 + 1e-8))
    assert np.allclose(unitary @ unitary.conj().T, np.eye(4), atol=1e-14)


@pytest.mark.parametrize("name", CHANNELS)
def test_trainable_strength_has_the_right_gradient(name: str) -> None:
    """The reference differentiates the Kraus form and the dilated form alike."""
    channel = CHANNELS[name]
    strength = Real(0.0, ((0.3, Input(0, 0)),))
    before = [op("ry", 0, args=[0.7]), op("ry", 1, args=[1.9]), op("cx", 0, 1), op("t", 0)]
    noise = op(name, *range(channel.qubits), args=[strength] * len(channel.parameters))
    program = program_of(2, 0, *before, noise, parameters=[parameter("p", constraint="probability")])
    point = np.array([0.6])
    dilated = dilate(Circuit.of(program))
    assert len(dilated.wires) == 2 + channel.ancillas
    theirs = gradient(lambda inputs: np.abs(density_matrix(program, inputs)) ** 2, point)
    assert np.allclose(gradient(lambda inputs: np.abs(density_matrix(dilated, inputs)) ** 2, point), theirs, atol=1e-8)
    assert np.abs(theirs).max() > 1e-3


@pytest.mark.parametrize("values", [(0.7, 0.3, 0.0), (0.0, 0.0, 0.4), (0.0, 0.0, 1.0), (0.1, 0.2, 0.7)])
def test_pauli_probabilities_on_the_edge(values: tuple[float, float, float]) -> None:
    program = program_of(1, 0, op("ry", 0, args=[0.7]), op("t", 0), op("pauli_channel", 0, args=values))
    assert np.allclose(density_matrix(dilate(Circuit.of(program))), density_matrix(program), atol=1e-10)


def test_kraus_under_a_condition() -> None:
    noise = op("kraus", 0, matrices=random_kraus(0, 1, 2), condition=((0, True),))
    program = program_of(1, 1, op("h", 1), op("measure", 1, bit=0), op("h", 0), noise)
    circuit = dilate(Circuit.of(program))
    assert [o.condition for o in circuit.operations if o.name == "unitary"] == [((0, True),)]
    assert np.allclose(density_matrix(circuit), density_matrix(program))


def test_flips_are_drawn_whatever_the_condition() -> None:
    """So that deferral makes no controlled gates of them."""
    noise = op("pauli_channel", 0, args=[0.1, 0.2, 0.3], condition=((0, True),))
    circuit = dilate(Circuit.of(program_of(1, 1, op("h", 1), op("measure", 1, bit=0), noise)))
    assert {o.name for o in circuit.operations if o.condition} == {"cx", "cz"}
