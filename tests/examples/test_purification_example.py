"""Purification and homogenisers: exact formulas, and what Qiskit reads of the emitted texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qgl
from examples.published import published
from examples.purification.reproduce import HERE, homogenised, measure, purified
from tests.qasm.readers import qiskit_distribution

_, FIGURES = published("purification")


def test_formulas_are_met() -> None:
    ours = measure(True)
    assert set(ours) == {figure.key for figure in FIGURES}
    for figure in FIGURES:
        assert figure.reached(ours[figure.key]) is not False, figure.key
    for tenths in (6, 7, 8, 9):
        found = ours[f"fidelity_{tenths}"].value, ours[f"success_{tenths}"].value
        assert found == pytest.approx(purified(tenths / 10), abs=1e-9)


def test_qiskit_reads_the_same_conditional_distribution() -> None:
    model = qgl.load(HERE / "bbpssw.qgl", precision="double")
    joint = qiskit_distribution(model.qasm({})).reshape(4, 2)
    fidelity, success = purified(0.7)
    assert joint[:, 0].sum() == pytest.approx(success, abs=1e-9)
    assert joint[0, 0] / success == pytest.approx(fidelity, abs=1e-9)
    np.testing.assert_allclose(joint[:, 0] / success, np.asarray(model.probabilities({})), atol=1e-9)


@pytest.mark.parametrize("coherent", [False, True])
def test_qiskit_reads_homogenisers(coherent: bool) -> None:
    model = qgl.load(Path(HERE) / "homogeniser.qgl", precision="double", coherent=coherent, count=2)
    np.testing.assert_allclose(qiskit_distribution(model.qasm({})), np.asarray(model.probabilities({})), atol=1e-9)
    assert homogenised(0, 0.4, 0.6, coherent=coherent) > homogenised(2, 0.4, 0.6, coherent=coherent)
