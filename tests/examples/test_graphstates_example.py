"""Graph states under invertible maps: the closed form, what a text says of success, figures at a small size."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import pytest

import qgl
from examples.graphstates import reproduce
from examples.published import published
from qgl.bits.distribution import distribution
from tests.qasm.readers import qiskit_distribution

FOLDER = Path(reproduce.__file__).parent
_, FIGURES = published("graphstates")


def test_the_field_and_the_maps() -> None:
    """The data are exp(sum J z z) on the ring, by a loop over strings; the maps in closed form give them."""
    model = reproduce.ring(True)
    (data,) = model.program.data.values()
    expected = np.zeros(8)
    for number in range(8):
        z = [1 - 2 * (number >> k & 1) for k in range(3)]
        expected[number] = np.exp(sum(j * z[k] * z[(k + 1) % 3] for k, j in enumerate(reproduce.COUPLINGS[:3])))
    np.testing.assert_allclose(distribution(data), expected / expected.sum(), atol=1e-12)
    params, success = reproduce.closed_form(reproduce.COUPLINGS[:3])
    np.testing.assert_allclose(model.probabilities(params), expected / expected.sum(), atol=1e-6)
    assert float(model.success(params)) == pytest.approx(success, abs=1e-5)


def test_the_couplings_are_those_of_the_program() -> None:
    own, given = qgl.load(FOLDER / "ring.qgl"), reproduce.ring(False)
    assert own.program.data["field"].sha256 == given.program.data["field"].sha256


def test_what_is_kept_of_a_text_that_is_read_back() -> None:
    """Qiskit's distribution of all output bits: those shots whose last three are zero succeed."""
    model = reproduce.ring(True)
    params = model.init(jax.random.key(2))
    kept = qiskit_distribution(model.qasm(params, profile="qiskit")).reshape(8, 8)[:, 0]
    assert kept.sum() == pytest.approx(float(model.success(params)), abs=1e-5)
    np.testing.assert_allclose(kept / kept.sum(), model.probabilities(params), atol=1e-4)


@pytest.mark.slow
def test_every_figure_is_measured() -> None:
    ours = {**reproduce.closed(True), **reproduce.trained(True), **reproduce.shots(True)}
    assert set(ours) == {figure.key for figure in FIGURES}
