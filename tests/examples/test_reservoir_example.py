"""A reservoir at a reduced size: its series, its closed loop, the autoregression beside it, and every figure."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import qgl
from examples.published import published
from examples.reservoir.reproduce import (
    HERE,
    SMALL,
    by_least_squares,
    by_model,
    closed_loop,
    horizon,
    mackey_glass,
    measure,
)
from qgl.evaluate.outputs import rows

_, FIGURES = published("reservoir")


def test_the_series_is_that_of_its_equation() -> None:
    held = np.loadtxt(HERE / "mackey_glass.csv", skiprows=1)
    np.testing.assert_allclose(held, mackey_glass(len(held)), atol=5.1e-7)


def test_every_figure_is_measured_and_the_gates_help() -> None:
    ours = {key: found.value for key, found in measure(True).items()}
    assert set(ours) == {figure.key for figure in FIGURES}
    reservoir, trained = ours["reservoir_error"], ours["trained_error"]
    assert reservoir is not None and trained is not None and trained < reservoir < 0.5


def test_the_closed_loop_is_what_the_program_generates() -> None:
    model = qgl.load(HERE / "reservoir.qgl", **{**SMALL, "generations": 4})
    with jax.enable_x64(True):
        params = dict(model.init(jax.random.key(2)))
        params["single"] = params["single"] + 0.3
        generated = rows.iterations(model, params, 1, 0, [0.2, 0.7])["next"]
    (predict,) = by_model(model, [params])
    np.testing.assert_allclose(generated.ravel(), closed_loop(predict, np.array([[0.2, 0.7]]), 4)[0], atol=1e-12)


@pytest.mark.parametrize("degree", [1, 2])
def test_an_autoregression_finds_what_it_can_say(degree: int) -> None:
    windows = np.random.default_rng(0).uniform(size=(40, 3))
    following = 0.5 - windows[:, 0] + (windows[:, 1] * windows[:, 2] if degree == 2 else windows[:, 1])
    predict = by_least_squares(windows, following, degree)
    np.testing.assert_allclose(predict(windows), following, atol=1e-12)
    if degree == 1:
        step = np.array([[0.1, 0.2, 0.3]])
        np.testing.assert_allclose(closed_loop(predict, step, 2), [[0.6, 0.6]], atol=1e-12)


def test_a_horizon_is_where_a_series_is_first_wrong() -> None:
    truth = np.zeros((3, 4))
    generated = np.array([[0, 0.5, 0, 0], [0, 0, 0, 0.5], [0, 0, 0, 0.1]])
    assert horizon(generated, truth, 1.0) == 3  # 1, 3 and, never wrong, 4
