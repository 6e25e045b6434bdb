"""Pauli words as people and other libraries write them, against the letters that are meant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pennylane as qml
import pytest
from qiskit.quantum_info import SparsePauliOp

import qgl
from qgl.observables import pauli_sum, pauli_word

SPELLINGS: list[Any] = [
    "IXIZ",
    "X1 Z3",
    "Z3*X1",
    "X1 @ Z3",
    {"X": [1], "Z": [3]},
    {1: "X", 3: "Z"},
    {np.int64(3): "Z", 1: "X", 0: "I"},
    qml.pauli.PauliWord({1: "X", 3: "Z"}),
]


@pytest.mark.parametrize("written", SPELLINGS, ids=str)
def test_every_spelling_is_the_same_word(written: Any) -> None:
    assert pauli_word(written, 4) == "IXIZ"


@pytest.mark.parametrize(
    "wrong",
    ["ZZ", "Z4", "Z0 Z0", "W1", "", "Z0,Z1", {"Z": [4]}, {0: "A"}, {"0": "Z"}, {1: "X", "X": [1]}, 3, None],
    ids=str,
)
def test_what_is_no_word_is_told(wrong: Any) -> None:
    assert pauli_word(wrong, 4) is None


def test_sums_of_other_libraries_have_one_expectation() -> None:
    model = qgl.loads("visible v[3];\nmodel { ry(0.4) v[0]; rx(1.1) v[1]; cx v[0], v[2]; }", precision="double")
    zi, ix = np.asarray(model.expectation({}, ["Z0", {"Y": [1]}]))
    of_qiskit = model.expectation({}, SparsePauliOp(["IIZ", "IYI"], [0.5, -2.0]))  # qubit 0 comes last
    of_pennylane = model.expectation({}, 0.5 * qml.Z(0) - 2.0 * qml.Y(1))
    assert of_qiskit.shape == of_pennylane.shape == ()
    np.testing.assert_allclose([of_qiskit, of_pennylane], 0.5 * zi - 2.0 * ix, atol=1e-12)


@pytest.mark.parametrize(
    ("operator", "told"),
    [
        (SparsePauliOp(["IIIIZ"], [1.0]), "not a Pauli word on the 3 visible qubits"),
        (SparsePauliOp(["ZII"], [1.0j]), "not Hermitian"),
        (qml.Z(5), "not a Pauli word on the 3 visible qubits"),
        (qml.Hadamard(0) @ qml.T(0), "no sum of Pauli words"),
    ],
)
def test_operators_that_cannot_be_measured_are_refused(operator: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        pauli_sum(operator, 3)
