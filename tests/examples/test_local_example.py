"""Local diffusion: the closed form against sums over all strings, the report against both, and every figure."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import qgl
from examples.local import reproduce
from examples.local.pixels import chances
from examples.local.solvable import information, recovery_error, uncertainty, windows
from examples.published import published
from qgl.query import Marginals

_, FIGURES = published("local")
TARGETS = {figure.key: figure for figure in FIGURES}


@pytest.mark.parametrize(("p", "b", "c"), [(0.1, 1, 4), (0.3, 3, 2), (0.45, 2, 5)])
def test_the_closed_form_is_a_sum_over_strings(p: float, b: int, c: int) -> None:
    error, whole = recovery_error(p, b, c, 0.2)
    assert information(p, b, c) == pytest.approx(whole, abs=1e-12)
    assert 0 < error < whole


def test_figures() -> None:
    ours = {**reproduce.solvable(True), **reproduce.peaks(True), **reproduce.bounds(True)}
    for key, measured in ours.items():
        assert TARGETS[key].reached(measured) is not False, key
    assert ours["cmi_3"].value == pytest.approx(information(0.3, 8, 7), abs=1e-9)
    assert ours["error"].value == pytest.approx(0.0642, abs=5e-5)


def test_windows_of_the_closed_form() -> None:
    ours = reproduce.concurrence(True)
    assert ours["windows_held"].value == 12
    (first, last), (begins, ends) = windows(8, 2, 1e-3)
    for p in (first, last):
        assert information(p, 24, 39) == pytest.approx(1e-3, abs=1e-9)
    assert uncertainty(begins, 24) == pytest.approx(1e-3, abs=1e-9)
    assert np.log(2) - uncertainty(ends, 64) == pytest.approx(1e-3, abs=1e-9)


def test_what_the_step_says_of_pixels_is_what_its_circuit_does() -> None:
    """Given a row the pixels are independent; the model is the mean over rows."""
    model = qgl.load(reproduce.HERE / "step.qgl", side=3, count=60, precision="double")
    noisy, clean = (model.program.data[name].rows for name in ("spoilt", "seen"))
    pairs = Marginals(((0, 9), (4, 17)), True)
    with jax.enable_x64(True):
        params = {name: 0.3 + each for name, each in model.init(jax.random.key(0)).items()}
        one = chances(params, noisy, 3)
        for (a, b), found in zip(pairs.regions, model.answers(params, (pairs,))[pairs], strict=True):
            bits, made = (np.stack([1 - each, each]) for each in (noisy[:, a].astype(float), one[:, b - 9]))
            np.testing.assert_allclose(np.ravel(found), (bits @ made.T).ravel() / len(noisy), atol=1e-12)
        told = np.where(clean == 1, one, 1 - one).prod(axis=1)
        alike = (noisy[:4, None] == noisy[None]).all(axis=2).mean(axis=1)
        rows = np.hstack([noisy[:4], clean[:4]])
        np.testing.assert_allclose(model.log_prob(params, rows), np.log(alike * told[:4]), rtol=1e-9)


@pytest.mark.slow
def test_figures_of_digits() -> None:
    ours = {**reproduce.gaps(True), **reproduce.step(True)}
    assert ours["gap_at"].value == 0.2 and ours["gap_20"].value is not None
    assert ours["gain"].value == pytest.approx(float(ours["alone"].value or 0) - float(ours["step"].value or 0))
