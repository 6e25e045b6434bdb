"""MMD of whole numbers against sums over all pairs, its gradient, estimates, reports and refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.bits.distribution import strings
from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.evaluate import estimates, evaluate, evaluate_samples
from qgl.kernels.final_state import draw
from qgl.objectives import Setting, build
from qgl.program.calls import objectives, reports
from qgl.program.calls.kernels import Gaussian
from qgl.program.program import DataSet
from qgl.query import Probabilities, Query
from qgl.source import Source, Span

SPAN = Span(Source("test", "mmd"), 0, 3)
VARIANCES = (0.25, 10.0, 1000.0)
WIDTH = 6
KERNEL = Gaussian(variance=VARIANCES, of="integer", span=SPAN)


def slow_kernel(width: int = WIDTH) -> NDArray[np.float64]:
    """k(x, y) for all pairs of numbers, from the definition."""
    numbers = np.arange(2**width)
    square = (numbers[:, None] - numbers[None, :]) ** 2
    kernel: NDArray[np.float64] = np.mean([np.exp(-square / (2 * variance)) for variance in VARIANCES], axis=0)
    return kernel


def distribution(seed: int, width: int = WIDTH) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.random.default_rng(seed).exponential(size=2**width)
    found /= found.sum()
    return found


def data_set(exact: bool = True) -> DataSet:
    if exact:
        return DataSet("d", strings(np.arange(2**WIDTH), WIDTH), distribution(7), None, True, "", "")
    rows = np.random.default_rng(3).integers(0, 2, (50, WIDTH)).astype(np.uint8)
    return DataSet("d", rows, np.full(50, 1 / 50), None, False, "", "")


def call(**arguments: Any) -> objectives.MMD:
    return objectives.MMD("d", KERNEL, **arguments, span=SPAN)


def test_exact_value_and_gradient() -> None:
    built, p, q = build(call(), Setting.in_a_row({"d": data_set()}, WIDTH)), distribution(1), distribution(7)
    with jax.enable_x64(True):
        value, gradient = jax.jit(jax.value_and_grad(lambda p: built.loss({Probabilities(): p}, None)))(jnp.asarray(p))
        assert value == pytest.approx((p - q) @ slow_kernel() @ (p - q), rel=1e-12)
        np.testing.assert_allclose(gradient, 2 * slow_kernel() @ (p - q), rtol=1e-9, atol=1e-14)


def test_small_losses_keep_their_digits_in_single_precision() -> None:
    built, q = build(call(), Setting.in_a_row({"d": data_set()}, WIDTH)), distribution(7)
    noise = np.random.default_rng(2).normal(size=q.size) * q
    p = q + 1e-3 * (noise - q * noise.sum())
    exact = (p - q) @ slow_kernel() @ (p - q)
    assert exact < 1e-6
    assert float(built.loss({Probabilities(): jnp.asarray(p, jnp.float32)}, None)) == pytest.approx(exact, rel=1e-3)


def test_estimates_from_samples_are_unbiased_and_so_are_their_gradients() -> None:
    built, p, q = build(call(samples=40), Setting.in_a_row({"d": data_set()}, WIDTH)), distribution(1), distribution(7)

    def estimate(p: jax.Array, key: jax.Array) -> jax.Array:
        return built.loss({Probabilities(): p}, key)

    with jax.enable_x64(True):
        keys = jax.random.split(jax.random.key(0), 4000)
        values, gradients = jax.jit(jax.vmap(jax.value_and_grad(estimate), (None, 0)))(jnp.asarray(p), keys)
        exact = (p - q) @ slow_kernel() @ (p - q)
        assert abs(values.mean() - exact) < 4 * values.std() / 4000**0.5
        along = p * (np.arange(2**WIDTH) % 2 - 0.5)  # a direction, projected on those that keep the sum
        along -= p * along.sum()
        derivatives = gradients @ along
        assert abs(derivatives.mean() - 2 * along @ slow_kernel() @ (p - q)) < 4 * derivatives.std() / 4000**0.5


def test_one_estimate_is_the_sum_over_pairs() -> None:
    built, p, q = build(call(samples=5), Setting.in_a_row({"d": data_set()}, WIDTH)), distribution(1), distribution(7)
    with jax.enable_x64(True):
        key = jax.random.key(3)
        drawn = np.asarray(draw(jnp.asarray(p), jax.random.split(key)[1], 5))
        kernel = slow_kernel()
        among = sum(kernel[a, b] for i, a in enumerate(drawn) for j, b in enumerate(drawn) if i != j) / 20
        expected = among - 2 * np.mean(kernel[drawn] @ q) + q @ kernel @ q
        loss = jax.jit(lambda p: built.loss({Probabilities(): p}, key))
        assert float(loss(jnp.asarray(p))) == pytest.approx(expected, rel=1e-9)


def test_reports_are_exact_or_have_errors() -> None:
    p, data = distribution(1), data_set(exact=False)
    q = np.bincount(data.rows @ (1 << np.arange(WIDTH)[::-1]), minlength=2**WIDTH) / 50

    def answer(query: Query, condition: object = None, given: object = None) -> NDArray[np.float64]:
        assert isinstance(query, Probabilities)
        return p

    setting = Setting.in_a_row({"d": data}, WIDTH)
    (row,) = evaluate((reports.MMD("d", KERNEL, span=SPAN),), setting, answer)
    kernel = slow_kernel()
    assert row.value == pytest.approx((p - q) @ kernel @ (p - q), rel=1e-9)
    off_diagonal = (50**2 * q @ kernel @ q - 50) / (50 * 49)
    assert row.floor == pytest.approx((1 - off_diagonal) / 50, rel=1e-9)
    shots = strings(np.random.default_rng(5).choice(2**WIDTH, 20000, p=p), WIDTH)
    (sampled,) = evaluate_samples((reports.MMD("d", KERNEL, span=SPAN),), setting, shots)
    assert sampled.value is not None and sampled.error is not None
    assert sampled.value == pytest.approx(row.value, abs=5 * sampled.error)


def test_sums_over_few_strings_take_pairs() -> None:
    rng = np.random.default_rng(0)
    left, right = (rng.integers(0, 2, (count, 11)).astype(np.uint8) for count in (5, 7))
    vectors = rng.normal(size=(7, 2))
    places = [rows @ (1 << np.arange(11)[::-1]) for rows in (left, right)]
    expected = slow_kernel(11)[np.ix_(*places)] @ vectors
    np.testing.assert_allclose(estimates.smoothed(KERNEL, left, right, vectors), expected, rtol=1e-9)


HEAD = 'data d = strings(["{}"]);\nvisible v[{}];\nmodel {{ ry(?) v; }}\n'


@pytest.mark.parametrize(
    ("width", "objective", "code"),
    [
        (4, "objective mmd(d, gaussian(variance = 1, of = integer), weight = 2);", "QGL0620"),
        (4, "report mmd(d, gaussian(variance = 1, of = integer), pauli_words = 10);", "QGL0620"),
        (25, "objective mmd(d, gaussian(variance = 1, of = integer));", "QGL0709"),
        (25, "report mmd(d, gaussian(sigma = 1, of = integer));", "QGL0709"),
        (4, "objective mmd(d, gaussian(variance = 1, of = word));", "QGL0703"),
        (4, "objective mmd(d, hamming(sigma = 1, of = integer));", "QGL0702"),
    ],
)
def test_refusals(width: int, objective: str, code: str) -> None:
    text = HEAD.format("0" * width, width) + objective
    _, found = diagnose(Source("p.qgl", text), FolderEnvironment(Path.cwd()))
    assert code in [fault.code for fault in found]
