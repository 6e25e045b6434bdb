"""MMD against sums over all pairs of strings, and its estimates against the exact value and gradient."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.bits.distribution import indices
from qgl.kernels.final_state import draw
from qgl.kernels.pauli_words import walsh
from qgl.objectives import Setting, build
from qgl.objectives.kernel import Kernel
from qgl.objectives.mmd import MaximumMeanDiscrepancy
from qgl.program.calls.kernels import Gaussian, Hamming, KernelCall
from qgl.program.calls.objectives import MMD
from qgl.program.program import DataSet
from qgl.query import Probabilities
from qgl.source import Source, Span

SPAN = Span(Source("test", "mmd"), 0, 3)
SIGMAS = (0.6, 1.3)


GAUSSIAN = Gaussian(variance=(0.5, 2.0), span=SPAN)
HAMMING = Hamming(SIGMAS, span=SPAN)


def slow_kernel(call: KernelCall, width: int) -> NDArray[np.float64]:
    """k(x, y) for all pairs of strings, from the definition with the distance of vectors of 0 and 1."""
    strings = np.array(list(itertools.product([0, 1], repeat=width)), dtype=float)
    square: NDArray[np.float64] = ((strings[:, None, :] - strings[None, :, :]) ** 2).sum(axis=2)
    sigmas = call.sigma if isinstance(call, Gaussian | Hamming) else None
    variances = [sigma**2 for sigma in sigmas] if sigmas is not None else call.variances
    total: NDArray[np.float64] = np.zeros_like(square)
    for variance in variances:
        total += np.exp(-square / (2 * variance))
    if not call.summed:
        total /= len(variances)
    return total


def random_distribution(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    distribution: NDArray[np.float64] = rng.exponential(size=size)
    distribution /= distribution.sum()
    return distribution


def data_set(rng: np.random.Generator, width: int, count: int) -> DataSet:
    rows = rng.integers(0, 2, (count, width)).astype(np.uint8)
    return DataSet("d", rows, np.full(count, 1 / count), None, False, "", "")


def objective(data: DataSet, kernel: KernelCall, **estimate: Any) -> MaximumMeanDiscrepancy:
    built = build(MMD("d", kernel, **estimate, span=SPAN), Setting.in_a_row({"d": data}, data.width))
    assert isinstance(built, MaximumMeanDiscrepancy)
    return built


def slow_mmd(p: NDArray[np.float64], data: DataSet, kernel: KernelCall) -> float:
    distribution = np.zeros(2**data.width)
    for row in data.rows:
        distribution[int("".join(str(bit) for bit in row), 2)] += 1 / len(data.rows)
    return float((p - distribution) @ slow_kernel(kernel, data.width) @ (p - distribution))


@pytest.mark.parametrize("width", [1, 2, 5, 6, 7, 11])
def test_walsh_transform_is_the_signed_sum(width: int) -> None:
    vector = np.random.default_rng(width).normal(size=2**width)
    index = np.arange(2**width)
    signs = (-1.0) ** np.array([[bin(x & w).count("1") for x in index] for w in index])
    np.testing.assert_allclose(walsh(jnp.asarray(vector, jnp.float32)), signs @ vector, atol=2e-4)


@pytest.mark.parametrize("call", [GAUSSIAN, HAMMING, Hamming(SIGMAS, combine="sum", span=SPAN)])
@pytest.mark.parametrize("width", [1, 4, 7])
def test_spectrum_makes_the_kernel(call: KernelCall, width: int) -> None:
    spectrum = Kernel.of(call).spectrum(width, jnp.dtype(jnp.float32))
    row = walsh(spectrum)  # k(0, y)
    np.testing.assert_allclose(row, slow_kernel(call, width)[0], atol=1e-6)
    assert Kernel.of(call).total == pytest.approx(slow_kernel(call, width)[0, 0])


@pytest.mark.parametrize("call", [GAUSSIAN, HAMMING, Gaussian(variance=(3.0,), span=SPAN)])
def test_exact_value_and_gradient(call: KernelCall) -> None:
    rng = np.random.default_rng(0)
    data, p = data_set(rng, 6, 20), random_distribution(rng, 64)
    built = objective(data, call)
    with jax.enable_x64(True):
        value, gradient = jax.jit(jax.value_and_grad(lambda q: built.loss({Probabilities(): q}, None)))(jnp.asarray(p))
        assert value == pytest.approx(slow_mmd(p, data, call), rel=1e-12)
        distribution = np.bincount(indices(data.rows), minlength=64) / 20
        np.testing.assert_allclose(gradient, 2 * slow_kernel(call, 6) @ (p - distribution), rtol=1e-10, atol=1e-14)


def test_small_losses_keep_their_digits_in_single_precision() -> None:
    rng = np.random.default_rng(1)
    distribution = random_distribution(rng, 2**10)
    noise = rng.normal(size=2**10) * distribution
    p = distribution + 1e-3 * (noise - distribution * noise.sum())
    rows = np.array(list(itertools.product([0, 1], repeat=10)), dtype=np.uint8)
    data = DataSet("d", rows, distribution, None, True, "", "")
    built = objective(data, HAMMING)
    exact = float((p - distribution) @ slow_kernel(HAMMING, 10) @ (p - distribution))
    assert 1e-10 < exact < 1e-6
    assert float(built.loss({Probabilities(): jnp.asarray(p, jnp.float32)}, None)) == pytest.approx(exact, rel=1e-3)


def test_perfect_model_has_no_loss() -> None:
    data = DataSet("d", np.array([[0, 1], [1, 1]], np.uint8), np.array([0.25, 0.75]), None, True, "", "")
    assert objective(data, HAMMING).loss({Probabilities(): jnp.array([0, 0.25, 0, 0.75])}, None) == 0


@pytest.mark.parametrize(
    "estimate",
    [{"pauli_words": 7}, {"samples": 2}, {"samples": 5}],
    ids=lambda estimate: " ".join(estimate),
)
@pytest.mark.parametrize("combine", ["mean", "sum"])
def test_estimates_are_unbiased_in_value_and_gradient(estimate: dict[str, int], combine: str) -> None:
    """Means over many keys within five standard errors of the exact value and gradient."""
    rng = np.random.default_rng(2)
    width, keys = 4, 20_000
    data, start = data_set(rng, width, 9), jnp.asarray(rng.normal(size=2**width), jnp.float32)
    call = Hamming(SIGMAS, combine=combine, span=SPAN)
    exact, sampled = objective(data, call), objective(data, call, **estimate)
    assert sampled.stochastic and not exact.stochastic

    def loss(logits: jax.Array, key: jax.Array | None) -> jax.Array:
        return (exact if key is None else sampled).loss({Probabilities(): jax.nn.softmax(logits)}, key)

    value, gradient = jax.value_and_grad(loss)(start, None)
    values, gradients = jax.jit(jax.vmap(jax.value_and_grad(loss), (None, 0)))(
        start, jax.random.split(jax.random.key(3), keys)
    )
    assert abs(values.mean() - value) < 5 * values.std() / np.sqrt(keys)
    errors = np.abs(gradients.mean(axis=0) - gradient) / (gradients.std(axis=0) / np.sqrt(keys))
    assert np.all(errors < 5)
    assert np.all(gradients.std(axis=0) > 0)


def test_draws_follow_the_distribution_and_leave_out_impossible_strings() -> None:
    p = np.array([0, 0.5, 0, 0.25, 0.25, 0, 0, 0])
    counts = np.bincount(np.asarray(draw(jnp.asarray(p, jnp.float32), jax.random.key(0), 40_000)), minlength=8)
    assert np.all(counts[p == 0] == 0)
    np.testing.assert_allclose(counts / 40_000, p, atol=0.015)


def test_a_sampled_objective_asks_for_a_key() -> None:
    data = data_set(np.random.default_rng(0), 2, 3)
    with pytest.raises(ValueError, match="key"):
        objective(data, HAMMING, samples=4).loss({Probabilities(): jnp.ones(4) / 4}, None)
