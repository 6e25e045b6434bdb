"""The report `mmd` by words: against sums over all pairs of strings, exact, drawn, and from samples."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.check.settings.reporting import read_reports
from qgl.check.settings.training import read_objective
from qgl.evaluate import Row, evaluate, evaluate_samples
from qgl.evaluate.discrepancy import PauliWordSet
from qgl.objectives import Setting
from qgl.program.calls.kernels import Hamming
from qgl.program.calls.reports import MMD
from qgl.program.program import DataSet
from qgl.query import GivenPauliWords, Probabilities, Query
from qgl.source import Source, Span
from tests.objectives.named_calls import Checker, declaration

SPAN = Span(Source("test", "report"), 0, 6)
KERNEL = Hamming((0.9, 1.6), span=SPAN)
N = 5
STRINGS = np.array(list(itertools.product([0, 1], repeat=N)), dtype=np.uint8)
RNG = np.random.default_rng(2)
P, Q = RNG.dirichlet(np.ones(32)), RNG.dirichlet(np.ones(32))
SMALL = Setting.in_a_row({"d": DataSet("d", STRINGS, Q, None, True, "", "")}, N)


def call(**arguments: Any) -> MMD:
    return MMD(**{"data": "d", "kernel": KERNEL, **arguments}, span=SPAN)


def report(p: NDArray[np.float64], **arguments: Any) -> Row:
    def answer(query: Query, condition: Any = None, given: Any = None) -> Any:
        assert query == Probabilities()
        return p

    (row,) = evaluate([call(**arguments)], SMALL, answer)
    return row


def test_words_of_all_weights_give_the_discrepancy_but_for_the_empty_word() -> None:
    """The weights of the fixed set add up to k(x, x), those of all words but the empty one to less."""
    whole, pauli_words = report(P), report(P, weight=N)
    distance = (STRINGS[:, None] != STRINGS[None]).sum(axis=2)
    kernel = np.mean([np.exp(-distance / (2 * sigma**2)) for sigma in (0.9, 1.6)], axis=0)
    assert whole.value == pytest.approx((P - Q) @ kernel @ (P - Q))
    empty = kernel.mean()  # the spectrum at the empty word, the mean of k over all pairs
    for name in ("value", "uniform"):
        assert getattr(pauli_words, name) == pytest.approx(getattr(whole, name) / (1 - empty))
    independent = whole.baselines["independent"]
    assert independent is not None and pauli_words.baselines["independent"] == pytest.approx(independent / (1 - empty))
    assert (
        pauli_words.error is None
        and pauli_words.floor == 0
        and pauli_words.name == "mmd(d, hamming(sigma = [0.9, 1.6]), weight = 5)"
    )


def test_near_words_are_those_of_the_fixed_set() -> None:
    row = report(P, weight=2, reach=1)
    places = [(k,) for k in range(N)] + [(k, k + 1) for k in range(N - 1)]
    rates = [(1 - np.exp(-0.5 / sigma**2)) / 2 for sigma in (0.9, 1.6)]
    weights = np.array([np.mean([r ** len(w) * (1 - r) ** (N - len(w)) for r in rates]) for w in places])
    signs = np.array([np.prod(1.0 - 2.0 * STRINGS[:, list(w)], axis=1) for w in places])
    assert row.value == pytest.approx(weights / weights.sum() @ (signs @ (P - Q)) ** 2)


def test_samples_estimate_it_without_bias() -> None:
    exact = report(P, weight=2, reach=2)
    rng = np.random.default_rng(3)
    rows = [
        evaluate_samples([call(weight=2, reach=2)], SMALL, STRINGS[rng.choice(32, 60, p=P)], seed)[0]
        for seed in range(80)
    ]
    values = np.array([row.value for row in rows], dtype=float)
    assert abs(values.mean() - (exact.value or 0)) < 5 * values.std() / np.sqrt(80)
    assert 0.5 < np.mean([row.error for row in rows if row.error]) / values.std() < 2


@pytest.mark.parametrize("samples", [None, 40])
def test_drawn_words_of_a_wide_register_estimate_it_with_an_error(samples: int | None) -> None:
    """Independent bits against samples of other ones: the discrepancy is a product over the bits."""
    width = 40
    ones = RNG.uniform(0.2, 0.8, width)
    ends = np.stack([np.zeros(width), np.ones(width)]).astype(np.uint8)
    distribution = DataSet("d", ends, np.full(2, 0.5), None, True, "", "")
    setting = Setting.in_a_row({"d": distribution}, width)
    z = 1 - 2 * ones
    kernel = Hamming((1.2,), span=SPAN)
    rng = np.random.default_rng(8)

    def answer(query: Query, condition: Any = None, given: Any = None) -> Any:
        assert isinstance(query, GivenPauliWords) and query.samples == samples
        means = np.where(given == 1, z, 1.0).prod(axis=1)
        if samples is None:
            return np.stack([means, means**2])
        drawn = np.where(rng.random((samples, len(means))) < (1 + means) / 2, 1.0, -1.0)
        return np.stack([drawn.mean(axis=0), np.ones(len(means))])

    rows = evaluate([call(kernel=kernel, pauli_words=4000, samples=samples)], setting, answer)
    a = np.exp(-0.5 / 1.2**2)
    rate = (1 - a) / 2
    both = np.prod(1 - rate + rate * z**2)  # of <Z_w>^2 over the words; then with the data's mean, 1 or 0 by parity
    across = (np.prod(1 - rate + rate * z) + np.prod(1 - rate - rate * z)) / 2
    data = (1 + np.prod(np.full(width, 1 - 2 * rate))) / 2
    exact = both - 2 * across + data
    assert rows[0].value is not None and rows[0].error is not None
    assert abs(rows[0].value - exact) < 5 * rows[0].error < 0.2


def test_a_report_takes_the_words_of_the_objective() -> None:
    checker = Checker()
    terms = read_objective(declaration("objective mmd(d, hamming(1), weight = 2, reach = 1);"), checker.scope)
    plain, own, given = read_reports(
        declaration("report mmd, mmd(d, hamming(2)), mmd(d, weight = 1);").items, terms, checker.scope
    )
    assert isinstance(plain, MMD) and isinstance(own, MMD) and isinstance(given, MMD)
    assert (plain.weight, plain.reach, plain.data) == (2, 1, "d")
    assert own.weight is None and isinstance(own.kernel, Hamming) and own.kernel.sigma == (2.0,)
    assert given.weight == 1
    assert not checker.faults
    read_reports(declaration("report mmd(d, hamming(1), reach = 3);").items, terms, checker.scope)
    assert checker.codes == ["QGL0702"]


def test_the_floor_of_words_is_what_chance_leaves() -> None:
    rng, count = np.random.default_rng(4), 30
    floors, values = [], []
    for _ in range(300):
        rows = STRINGS[rng.choice(32, count, p=P)]
        data = DataSet("d", rows, np.full(count, 1 / count), None, False, "", "")
        pauli_words = PauliWordSet.of(call(weight=2), Setting.in_a_row({"d": data}, N))
        assert pauli_words is not None
        exact = np.array(
            [P @ np.prod(1.0 - 2.0 * STRINGS[:, [k for k in w if k >= 0]], axis=1) for w in pauli_words.positions]
        )
        floors.append(pauli_words.by_chance(data))
        values.append(pauli_words.distance(exact)[0])
    assert np.mean(floors) == pytest.approx(np.mean(values), rel=0.15)
