"""Diffusion by post-selection at a reduced size: noise, steps, their success, and the whole circuit as OpenQASM."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import qgl
from examples.postselection.reproduce import HERE, SMALL, Steps, measure, of_pairs, states_of
from examples.published import published
from tests.qasm.readers import qiskit_distribution

_, FIGURES = published("postselection")
SHORT: dict[str, Any] = {**SMALL, "steps": 2, "depth": 1, "count": 300}


def test_every_figure_is_measured_and_the_first_step_takes_noise_off() -> None:
    ours = {key: found.value for key, found in measure(True).items()}
    assert set(ours) == {figure.key for figure in FIGURES}
    nothing, trained = ours["nothing_1"], ours["infidelity_1"]
    assert nothing is not None and trained is not None and trained < 0.95 * nothing


@pytest.mark.parametrize("t", [1, 2])
def test_what_is_to_be_learnt_is_the_posterior_mean(t: int) -> None:
    """Of a noisy x_t, unit variance in each part: c_0 x_0 + c_1 x_t (Ho et al., arXiv 2006.11239, equation 7)."""
    model = qgl.load(HERE / "denoise.qgl", **SHORT)
    rows = model.program.data["clean"].numbers
    assert rows is not None
    clean = rows[np.arange(300) % len(rows)]
    clean = clean / np.linalg.norm(clean, axis=1, keepdims=True)
    random = np.random.default_rng(t)
    z = random.normal(size=clean.shape) + 1j * random.normal(size=clean.shape)
    beta = 0.01
    left, before = (1 - beta) ** t, (1 - beta) ** (t - 1)
    x = np.sqrt(left) * clean + np.sqrt(1 - left) * z
    mean = np.sqrt(before) * beta * clean + np.sqrt(1 - beta) * (1 - before) * x
    for name, wanted in (("noisy", x), ("cleaner", mean)):
        wanted = wanted / np.linalg.norm(wanted, axis=1, keepdims=True)
        np.testing.assert_allclose(of_pairs(states_of(model, f"{name}({t})"), wanted), 1, atol=1e-12)


def test_steps_one_by_one_are_the_whole_circuit_and_what_qiskit_reads() -> None:
    model = qgl.load(HERE / "denoise.qgl", **SHORT)
    params = model.init(jax.random.key(3))
    params = {name: value * 20 for name, value in params.items()}  # far from doing nothing
    state, step = np.array([[0.6, 0.48j, 0.64, 0]]), Steps(params, SHORT)
    made, late = step(2, state)
    made, early = step(1, made)
    given = np.stack([state.real, state.imag], axis=-1).ravel()
    whole = np.asarray(model.ensemble(params, given))
    assert of_pairs(whole, made)[0] == pytest.approx(1, abs=1e-5)
    success = float(model.success(params, given))
    assert success == pytest.approx(float(late[0] * early[0]), rel=1e-4)
    joint = qiskit_distribution(model.qasm(params, condition=given)).reshape(4, 4)  # the picture, two ancillas
    assert joint[:, 0].sum() == pytest.approx(success, rel=1e-4)
    np.testing.assert_allclose(joint[:, 0] / joint[:, 0].sum(), np.abs(whole[0]) ** 2, atol=1e-5)
