"""Choices that decide what is done elsewhere take one axis of a density matrix: against the reference, and which do."""

from __future__ import annotations

import numpy as np
import pytest

from qgl.ir.circuit import Circuit
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.state.places import classical_wires, places_of
from qgl.program.operations import Operation
from qgl.program.program import Program
from tests.check.checking import program as program_from
from tests.kernels.test_simulator import check_state_and_gradient
from tests.reference.programs import op, program_of

CHOICES = """
visible v[2];
hidden which[2] : category(3);
param a[2] : angle;
model {
    h v[0];
    for t in 0..1 {
        prepare(?) which[t];
        measure which[t] -> k;
        if k == 0 { rx(a[t]) v[0]; } else if k == 1 { crz(a[t]) v[0], v[1]; } else { cx v[1], v[0]; }
    }
}
"""


def pairs(program: Program) -> int:
    return places_of(CircuitVariants(Circuit.of(program), False).mixed).pairs


def test_mixtures_of_circuits() -> None:
    """Two choices of two bits, one after the other, in the place of one qubit."""
    program = program_from(CHOICES)
    assert pairs(program) == 3
    check_state_and_gradient(program, "density matrix", np.random.default_rng(0).normal(size=6))


def chained(*more: Operation) -> Program:
    """Choices 2 and 3 that depend on one another, are permuted, have phases, and decide about qubits 0 and 1."""
    gates = [
        op("h", 0),
        op("ry", 2, args=[0.7]),
        op("x", 2),
        op("uniform_ry2", 2, 3, args=[0.4, 1.9]),
        op("swap", 3, 2),
        op("rz", 3, args=[0.8]),
        op("crx", 3, 0, args=[1.2]),
        op("pauli", 2, 0, 1, args=[0.6], pauli_word="ZXY"),
        op("cp", 3, 2, args=[0.5]),
    ]
    return program_of(2, 2, *gates, *more, op("cy", 2, 1))


def test_choices_are_permuted_and_have_phases() -> None:
    program = chained()
    assert pairs(program) == 3
    assert set(classical_wires(Circuit.of(program))) == {2, 3}
    check_state_and_gradient(program, "density matrix", np.zeros(0))


@pytest.mark.parametrize(
    "more",
    [op("ry", 2, args=[0.3]), op("cx", 0, 3), op("bit_flip", 3, args=[0.2])],
    ids=["turned again", "a quantum control", "a channel"],
)
def test_what_is_no_mixture_has_two_axes(more: Operation) -> None:
    """Both choices, since one depends on the other and they are exchanged."""
    program = chained(more)
    assert not classical_wires(Circuit.of(program))
    check_state_and_gradient(program, "density matrix", np.zeros(0))
