"""Channels in texts: every named one with a strength that stays open, Kraus lists, and under conditions."""

from __future__ import annotations

import numpy as np
import pytest

from qgl.expression import Input, Real
from qgl.gates import CHANNELS
from qgl.ir.circuit import Circuit
from qgl.program.program import Program
from qgl.qasm import emission
from tests.qasm.readers import qiskit_distribution
from tests.reference.density import probabilities
from tests.reference.programs import op, parameter, program_of, random_kraus, random_unitary


def noisy(name: str) -> Program:
    channel = CHANNELS[name]
    count = len(channel.parameters)
    strengths = [Real(0.0, ((1.0, Input(0, k)),)) for k in range(count)]
    return program_of(
        2,
        0,
        op("ry", 0, args=[0.7]),
        op("ry", 1, args=[1.9]),
        op("cx", 0, 1),
        op("t", 0),
        op(name, *range(channel.qubits), args=strengths),
        op("h", 0),
        op("h", 1),
        parameters=[parameter("p", count, constraint="probability")],
    )


@pytest.mark.parametrize("name", CHANNELS)
def test_a_strength_stays_open_and_takes_any_value(name: str) -> None:
    """Also 0 and 1, where the ratios of a channel's flips divide zero by zero."""
    program = noisy(name)
    count = program.parameters[0].size
    for profile in ("qiskit", "portable"):
        text = emission(Circuit.of(program), None, profile, reuse=True)
        assert text.inputs
        for values in ([0.2, 0.3, 0.4], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]):
            point = np.array(values[:count])
            found = qiskit_distribution(text.text, text.bindings(point))
            np.testing.assert_allclose(found, probabilities(program, point), atol=1e-7)


def test_a_missing_value_is_an_error_of_the_caller() -> None:
    text = emission(Circuit.of(noisy("bit_flip")), None, "qiskit")
    with pytest.raises(ValueError, match="flip_0"):
        text.bindings(np.array([np.nan]))


@pytest.mark.parametrize(("qubits", "count", "fresh"), [(1, 1, 0), (1, 2, 1), (1, 3, 2), (2, 2, 1), (2, 3, 2)])
def test_a_kraus_list_takes_the_fewest_fresh_qubits(qubits: int, count: int, fresh: int) -> None:
    noise = op("kraus", *range(qubits), matrices=random_kraus(count, qubits, count))
    program = program_of(2, 0, op("h", 0), op("cx", 0, 1), op("t", 1), noise, op("h", 0))
    for profile in ("qiskit", "portable"):
        text = emission(Circuit.of(program), np.zeros(0), profile)
        assert text.width == 2 + fresh
        np.testing.assert_allclose(qiskit_distribution(text.text), probabilities(program), atol=1e-7)


@pytest.mark.parametrize("profile", ["qiskit", "portable"])
def test_channels_happen_where_their_condition_holds(profile: str) -> None:
    held = ((0, True),)
    program = program_of(
        2,
        0,
        op("ry", 0, args=[1.1]),
        op("measure", 0, bit=0),
        op("ry", 1, args=[0.4]),
        op("kraus", 1, matrices=random_kraus(1, 1, 2), condition=held),
        op("amplitude_damping", 0, args=[0.6], condition=held),
        op("depolarizing2", 0, 1, args=[0.3], condition=held),
        op("reset", 1, condition=((0, False),)),
        op("h", 1),
    )
    for reuse in (False, True):
        text = emission(Circuit.of(program), np.zeros(0), profile, reuse=reuse)
        np.testing.assert_allclose(qiskit_distribution(text.text), probabilities(program), atol=1e-7)


@pytest.mark.parametrize(("qubits", "count", "gates"), [(1, 2, 3), (1, 4, 10), (2, 4, 57)])
def test_fresh_qubits_in_zero_spare_gates(qubits: int, count: int, gates: int) -> None:
    """A whole unitary of 2, 3 and 4 qubits takes 3, 19 and 95."""
    matrices = random_kraus(count, qubits, count)
    wires = tuple(range(qubits))
    start = [op("ry", wire, args=[0.3 + wire]) for wire in wires]
    once = program_of(2, 0, *start, op("kraus", *wires, matrices=matrices), op("h", 0))
    text = emission(Circuit.of(once), np.zeros(0), "qiskit")
    assert text.two_qubit_gates <= gates
    np.testing.assert_allclose(qiskit_distribution(text.text), probabilities(once), atol=1e-9)


def test_a_fresh_qubit_that_has_been_turned_is_not_taken_for_zero() -> None:
    matrix = random_unitary(5, 2)[None]
    steps = (op("h", 0), op("fresh", 1), op("ry", 1, args=[0.8]), op("unitary", 0, 1, matrices=matrix))
    program = program_of(1, 0, *steps, op("discard", 1), op("h", 0))
    text = emission(Circuit.of(program), np.zeros(0), "qiskit")
    np.testing.assert_allclose(qiskit_distribution(text.text), probabilities(program), atol=1e-9)
