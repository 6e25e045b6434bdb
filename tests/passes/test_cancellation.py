"""Pairs of a gate and its inverse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgl.expression import Input, Real
from qgl.gates import GATES
from qgl.ir.circuit import Circuit
from qgl.passes.cancellation import cancel_pairs
from qgl.program.operations import Operation
from tests.reference.density import density_matrix
from tests.reference.programs import op, parameter, program_of, random_inputs, random_program, random_unitary

THETA = Real(0.0, ((1.0, Input(0, 0)),))


def left(*operations: Operation) -> list[str]:
    program = program_of(3, 0, *operations, parameters=[parameter("a")])
    circuit = cancel_pairs(Circuit.of(program))
    assert np.allclose(density_matrix(circuit, [0.7]), density_matrix(program, [0.7]))
    return [operation.name for operation in circuit.operations]


ONE_STEP = [name for name in GATES if len(GATES[name].inverse(*[0.0] * len(GATES[name].parameters))) == 1]


@pytest.mark.parametrize("name", ONE_STEP)
def test_every_gate_cancels_its_inverse(name: str) -> None:
    gate = GATES[name]
    wires = tuple(range(gate.qubits))
    args = [THETA * (k + 1.0) + 0.3 for k in range(len(gate.parameters))]
    ((inverse, _, back),) = gate.inverse(*args)
    assert left(op("h", 2), op(name, *wires, args=args), op(inverse, *wires, args=back)) == ["h"]


def test_nested_pairs_cancel() -> None:
    assert left(op("h", 0), op("cx", 0, 1), op("s", 1), op("sdg", 1), op("cx", 0, 1), op("h", 0)) == []


def test_symmetric_gates_cancel_in_any_order_of_wires() -> None:
    assert left(op("cz", 0, 1), op("cz", 1, 0)) == []
    assert left(op("h", 0), op("cx", 0, 1), op("cx", 1, 0)) == ["h", "cx", "cx"]


def test_words_evolutions_and_constants_cancel() -> None:
    terms = ((THETA, "XY"), (Real(0.2), "ZI"))
    matrix = random_unitary(0, 1)
    assert (
        left(op("pauli", 0, 1, args=[THETA], pauli_word="XY"), op("pauli", 0, 1, args=[-THETA], pauli_word="XY")) == []
    )
    assert left(op("evolve", 0, 1, args=[0.3], terms=terms), op("evolve", 0, 1, args=[-0.3], terms=terms)) == []
    assert left(op("unitary", 0, matrices=matrix[None]), op("unitary", 0, matrices=matrix.conj().T[None])) == []
    assert (
        len(left(op("pauli", 0, 1, args=[THETA], pauli_word="XY"), op("pauli", 0, 1, args=[-THETA], pauli_word="YX")))
        == 2
    )


def test_something_between_keeps_the_pair() -> None:
    assert left(op("h", 0), op("cx", 0, 1), op("h", 0)) == ["h", "cx", "h"]
    assert left(op("cx", 0, 1), op("h", 1), op("cx", 0, 1)) == ["cx", "h", "cx"]
    assert left(op("x", 0), op("cx", 1, 0), op("x", 0)) == ["x", "cx", "x"]


def test_conditions_and_measurements_keep_the_pair() -> None:
    program = program_of(1, 1, op("h", 1), op("measure", 1, bit=0), op("x", 0), op("x", 0, condition=((0, True),)))
    assert len(cancel_pairs(Circuit.of(program)).operations) == 4
    program = program_of(1, 0, op("h", 0), op("measure", 0), op("h", 0))
    assert len(cancel_pairs(Circuit.of(program)).operations) == 3


@settings(max_examples=25)
@given(st.integers(0, 1000))
def test_a_circuit_and_its_mirror_cancel(seed: int) -> None:
    program = random_program(
        seed, evolve=False, pauli_words=False, constants=False, controls=True, gates=tuple(ONE_STEP)
    )
    forward = program.operations
    back = []
    for operation in reversed(forward):
        ((name, _, angles),) = GATES[operation.name].inverse(*operation.numbers)
        back.append(op(name, *operation.wires, args=angles, controls=len(operation.control_wires)))
    mirrored = program_of(len(program.visible), len(program.hidden), *forward, *back, parameters=program.parameters)
    assert cancel_pairs(Circuit.of(mirrored)).operations == ()
    zero = np.zeros((2 ** len(program.visible),) * 2)
    zero[0, 0] = 1
    assert np.allclose(density_matrix(mirrored, random_inputs(seed)), zero)
