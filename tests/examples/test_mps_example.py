"""Circuits that begin as matrix product states: where they start, and every figure at a small size."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from examples.mps import reproduce
from examples.published import published
from qgl.data.tensor_train.fit import likelihood

_, FIGURES = published("mps")


def test_other_starts_are_those_of_the_program() -> None:
    """The texts that are trained beside the program differ from it in the distributions of all cells alone."""
    own, drawn = (reproduce.program("bars", True, start) for start in ("", reproduce.RANDOM))
    assert {each.name: each.shape for each in own.program.parameters} == {
        each.name: each.shape for each in drawn.program.parameters
    }
    assert {each.distribution.name for each in own.program.parameters} == {"fitted", "constant"}
    assert {each.distribution.name for each in drawn.program.parameters} == {"uniform"}


def test_the_start_is_the_state() -> None:
    """The circuit has the likelihood of the state of bond 2, cells on all pairs included."""
    model = reproduce.program("bars", True)
    order = reproduce.ordered(model)
    assert order == (2, 0, 1, 3)
    rows, weights, tensors = reproduce.state(model, 2, order)
    params = model.init(jax.random.key(0))
    expected = likelihood(tensors, rows, weights)[0] + float(weights @ np.log(weights))
    assert float(model.loss(params)) == pytest.approx(expected, abs=1e-5)
    np.testing.assert_allclose(
        model.probabilities(params), np.abs(reproduce.amplitudes(tensors, order)) ** 2, atol=1e-6
    )


@pytest.mark.slow
def test_every_figure_is_measured() -> None:
    parts = (reproduce.states, reproduce.order, reproduce.starts, reproduce.adam, reproduce.cma)
    ours = {key: found for part in parts for key, found in part(True).items()}
    assert set(ours) == {figure.key for figure in FIGURES}
    assert all(found.value is not None and np.isfinite(found.value) for found in ours.values())
