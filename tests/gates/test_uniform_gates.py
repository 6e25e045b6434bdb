"""Uniformly controlled gates: their records, and what they are taken apart into."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.expression import real
from qgl.gates import GATES
from qgl.gates.uniform import FAMILIES, family_member
from qgl.qasm.lower import Step, lower
from tests.reference.matrices import controlled, gate_matrix

Matrix = NDArray[np.complex128]
NAMES = [f"{family}{qubits}" for family in FAMILIES for qubits in range(1, 6) if f"{family}{qubits}" in GATES]


def product(steps: Iterable[tuple[str, tuple[int, ...], tuple[Any, ...], int]], qubits: int) -> Matrix:
    """The matrix of (gate, qubits, angles, controls) in order."""
    whole: NDArray[Any] = np.eye(2**qubits, dtype=np.complex128)
    for gate, on, angles, controls in steps:
        if gate == "gphase":
            whole = np.exp(1j * angles[0]) * whole
            continue
        inner = controlled(gate_matrix(gate, [float(angle) for angle in angles]), controls)
        tensor = whole.reshape((2,) * qubits + (-1,))
        count = len(on)
        moved = np.tensordot(inner.reshape((2,) * (2 * count)), tensor, (range(count, 2 * count), on))
        whole = np.moveaxis(moved, range(count), on).reshape(2**qubits, -1)
    return whole


@pytest.mark.parametrize("name", NAMES)
def test_matrix_inverse_and_definition(name: str) -> None:
    gate = GATES[name]
    angles: list[float] = np.random.default_rng(7).normal(size=len(gate.parameters)).tolist()
    matrix = np.asarray(gate.matrix(np, *map(np.asarray, angles)))
    np.testing.assert_allclose(matrix, gate_matrix(name, angles), atol=1e-14)
    ((other, on, back),) = gate.inverse(*angles)
    assert (other, on) == (name, tuple(range(gate.qubits)))
    np.testing.assert_allclose(gate_matrix(name, list(back)) @ matrix, np.eye(len(matrix)), atol=1e-14)
    assert gate.definition is not None
    parts = [(part.name, part.qubits, part.angles, 0) for part in gate.definition(*angles)]
    np.testing.assert_allclose(product(parts, gate.qubits), matrix, atol=1e-13)


@pytest.mark.parametrize("name", ["uniform_ry4", "uniform_rz3", "uniform_phase3"])
@pytest.mark.parametrize("controls", [0, 1])
def test_gates_of_a_profile(name: str, controls: int) -> None:
    """As many rotations as angles, and as many `cx`; under a control the `cx` stay as they are."""
    gate = GATES[name]
    angles: list[float] = np.random.default_rng(8).normal(size=len(gate.parameters)).tolist()
    qubits = gate.qubits + controls

    def takes(gate: str, controls: int) -> bool:
        return gate in ("ry", "rz", "p", "gphase") or (gate == "x" and controls == 1) or (gate, controls) == ("x", 0)

    steps = list(lower(Step(name, tuple(range(qubits)), tuple(map(real, angles)), controls), takes))
    found = [(step.name, step.wires, tuple(a.constant for a in step.angles), step.controls) for step in steps]
    expected = controlled(gate_matrix(name, angles), controls)
    np.testing.assert_allclose(product(found, qubits), expected, atol=1e-13)
    if name == "uniform_ry4":
        assert sum(step.name == "ry" for step in steps) == 8
        assert sum(step.name == "x" and step.controls == 1 for step in steps) == 8


def test_families_are_not_listed() -> None:
    assert "uniform_ry3" in GATES and GATES.get("uniform_ry3") is family_member("uniform_ry3")
    assert "uniform_ry3" not in list(GATES)
    assert all(name not in GATES for name in ("uniform_ry1", "uniform_ry0", "uniform_ry99", "uniform_rx3", "ry3"))
    with pytest.raises(KeyError):
        GATES["uniform_rx3"]
