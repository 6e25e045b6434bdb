"""Reports from samples: near the exact ones within their errors, and the errors near the true deviations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.bits.distribution import strings
from qgl.evaluate import evaluate, evaluate_samples
from qgl.evaluate.estimates import smoothed
from qgl.objectives import Setting
from qgl.program.calls import reports
from qgl.program.calls.kernels import Hamming
from qgl.program.program import DataSet
from qgl.query import Probabilities, Query
from qgl.source import Source, Span

SPAN = Span(Source("test", "report"), 0, 6)
N = 5
RNG = np.random.default_rng(5)
P = RNG.dirichlet(np.ones(32))
SUPPORT = RNG.choice(32, 12, replace=False)
DATA = {"d": DataSet("d", strings(SUPPORT, N), RNG.dirichlet(np.ones(12)), None, True, "", "")}
SETTING = Setting.in_a_row(DATA, N)
KERNEL = Hamming((0.8, 2.0), span=SPAN)
CALLS: list[reports.ReportCall] = [
    reports.TV("d", span=SPAN),
    reports.ValidRate("d", span=SPAN),
    reports.MSE("d", span=SPAN),
    reports.MSE("d", region=(4, 1), span=SPAN),
    reports.Moments("d", span=SPAN),
    reports.MMD("d", KERNEL, span=SPAN),
    reports.Entropy(span=SPAN),
    reports.CMI((0,), (1, 4), (2,), span=SPAN),
    reports.CMI((3,), (), (0, 2), span=SPAN),
]


def drawn(seed: int, shots: int) -> NDArray[np.uint8]:
    return strings(np.random.default_rng(seed).choice(32, shots, p=P), N)


def answer(query: Query, condition: Any = None, given: Any = None) -> Any:
    assert query == Probabilities()
    return P


EXACT = evaluate(CALLS, SETTING, answer)


def test_many_samples_come_near_the_exact_values() -> None:
    for exact, estimate in zip(EXACT, evaluate_samples(CALLS, SETTING, drawn(0, 40_000)), strict=True):
        assert estimate.name == exact.name and estimate.unit == exact.unit
        assert exact.value is not None and estimate.value is not None and estimate.error is not None
        assert abs(estimate.value - exact.value) < 5 * estimate.error + 2e-3
        assert estimate.uniform == pytest.approx(exact.uniform, abs=0.02) if exact.uniform is not None else True
        if estimate.baselines:
            assert estimate.baselines == pytest.approx(exact.baselines, abs=0.02)
        if exact.floor is not None:
            assert estimate.floor == pytest.approx(exact.floor, abs=0.02)


def test_errors_are_the_deviations_over_repetitions() -> None:
    runs = [evaluate_samples(CALLS, SETTING, drawn(seed, 400)) for seed in range(60)]
    for column in zip(*runs, strict=True):
        values = np.array([row.value for row in column], dtype=float)
        errors = np.array([row.error for row in column], dtype=float)
        assert 0.5 < np.mean(errors) / values.std(ddof=1) < 2, column[0].name


def test_unbiased_mmd_of_a_perfect_model_is_about_zero() -> None:
    data = DATA["d"]
    rng = np.random.default_rng(1)
    values = [
        evaluate_samples([CALLS[3]], SETTING, data.rows[rng.choice(12, 50, p=data.weights)])[0].value
        for _ in range(300)
    ]
    assert abs(np.mean(values)) < 5 * np.std(values) / np.sqrt(300)  # type: ignore[arg-type]


SILENT = [reports.NLL("d", span=SPAN), reports.KL("d", span=SPAN), reports.Purity(span=SPAN)]


@pytest.mark.parametrize("call", SILENT, ids=lambda call: call.name)
def test_what_samples_do_not_tell_has_no_value(call: reports.ReportCall) -> None:
    (row,) = evaluate_samples([call], SETTING, drawn(0, 10))
    assert row.value is None and row.error is None


def test_the_same_seed_gives_the_same_rows_and_one_sample_is_refused() -> None:
    samples = drawn(0, 100)
    assert evaluate_samples(CALLS, SETTING, samples, seed=3) == evaluate_samples(CALLS, SETTING, samples, seed=3)
    with pytest.raises(ValueError, match="two samples"):
        evaluate_samples(CALLS, SETTING, samples[:1])


@pytest.mark.parametrize("count", [3, 60])  # 60 x 60 pairs are more work than all 32 strings
def test_both_ways_through_the_kernel_agree_with_the_definition(count: int) -> None:
    left, right = strings(RNG.integers(0, 32, count), N), strings(RNG.integers(0, 32, count), N)
    vectors = RNG.normal(size=(count, 2))
    distance = (left[:, None, :] != right[None, :, :]).sum(axis=2)
    kernel = (np.exp(-distance / (2 * 0.8**2)) + np.exp(-distance / (2 * 2.0**2))) / 2
    np.testing.assert_allclose(smoothed(KERNEL, left, right, vectors), kernel @ vectors)
