"""Local diffusion: the closed form against sums over all strings, the report against both, and every figure."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import qgl
from examples.local import reproduce
from examples.local.drawn import discrepancy, distances, entropy_of_noise
from examples.local.pixels import chances
from examples.local.solvable import information, recovery_error, uncertainty, windows
from examples.published import published
from qgl.bits.distribution import strings
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


def test_a_path_bounds_what_a_picture_costs() -> None:
    """Held against sums over all paths: of the forward chain its entropy, of the model the picture's probability."""
    model = qgl.load(reproduce.HERE / "path.qgl", side=2, steps=2, count=60, times=1, precision="double")
    every = strings(np.arange(4096), 12).reshape(-1, 3, 4)  # two noisy pictures and the one
    p = tuple((t / 2) ** 1.5 / 2 for t in (1, 2))
    flips = (p[0], (p[1] - p[0]) / (1 - 2 * p[0]))
    wrong = [(every[:, 1 - t] ^ every[:, 2 - t]).sum(axis=1) for t in range(2)]
    given = np.prod([r**k * (1 - r) ** (4 - k) for r, k in zip(flips, wrong, strict=True)], axis=0)
    with jax.enable_x64(True):
        params = {name: 0.3 + each for name, each in model.init(jax.random.key(0)).items()}
        told = np.asarray(model.log_prob(params, every.reshape(-1, 12)))
    last = every[:, 2] @ [8, 4, 2, 1]
    for picture in range(16):
        own = last == picture
        assert given[own].sum() == pytest.approx(1)
        entropy = entropy_of_noise(p, 4)
        assert -(given[own] * np.log(given[own])).sum() == pytest.approx(entropy)
        bound = -(given[own] * told[own]).sum() - entropy
        assert bound > -np.log(np.exp(told[own]).sum())


def test_measures_of_drawn_pictures() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 2, (2, 300, 9), np.uint8)
    np.testing.assert_array_equal(distances(first[:3], second), (first[:3, None] != second).sum(axis=2))
    assert abs(discrepancy(first, second)) < 0.002 < discrepancy(first, second[:, :1] & second)


@pytest.mark.slow
def test_figures_of_digits() -> None:
    path = reproduce.path(True)
    assert path["path_gain"].value == pytest.approx(
        float(path["path_alone"].value or 0) - float(path["path"].value or 0)
    )
    ours = {**reproduce.gaps(True), **reproduce.step(True)}
    assert ours["gap_at"].value == 0.2 and ours["gap_20"].value is not None
    assert ours["gain"].value == pytest.approx(float(ours["alone"].value or 0) - float(ours["step"].value or 0))
