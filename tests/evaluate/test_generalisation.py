"""Exploration, fidelity, rate, coverage and precision: by hand, by simulation, from samples, and beyond enumeration."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from qgl.bits.distribution import strings
from qgl.evaluate import evaluate, evaluate_samples
from qgl.evaluate.distributions import DenseDistribution, ProductDistribution
from qgl.evaluate.generalisation import Shares, Valid, counted, expected
from qgl.objectives.model import Setting
from qgl.program.calls.reports import REPORTS, Generalisation, ReportCall
from qgl.program.membership import Cardinality
from qgl.program.program import DataSet
from qgl.query import LogProb, Probabilities, Samples
from qgl.source import Source, Span

SPAN = Span(Source("p", "x"), 0, 1)
KINDS = [kind for kind in REPORTS.classes if issubclass(kind, Generalisation)]
NAMES = [kind.called for kind in KINDS]
ALL = strings(np.arange(64), 6)
SOLID = ALL[ALL.sum(axis=1) == 3]  # 20 strings
P = np.random.default_rng(0).dirichlet(np.full(64, 0.3))


def of(rows: np.ndarray[Any, Any], **more: Any) -> DataSet:
    return DataSet("d", rows, np.full(len(rows), 1 / max(len(rows), 1)), None, True, "", "", **more)


SEEN = of(SOLID[:6])
WAYS = {
    "listed": Valid.of(SEEN, of(SOLID)),
    "held out": Valid.of(SEEN, of(SOLID[6:])),
    "by rule": Valid.of(SEEN, of(SOLID[:0], rule=Cardinality(6, 3))),
}


def test_the_definitions_by_hand() -> None:
    """Two bits, S = {00, 01, 10}, D = {00}; two queries of p = (1/2, 1/4, 0, 1/4)."""
    valid = Valid.of(of(strings(np.array([0]), 2)), of(strings(np.array([0, 1, 2]), 2)))
    shares = Shares.of(DenseDistribution(np.array([0.5, 0.25, 0.0, 0.25])), valid)
    assert shares is not None
    values = {name: expected(name, shares, valid, 2).value for name in NAMES}
    # coverage: 01 is among two queries with probability 1 - (3/4)^2, 10 never; two strings were not seen
    assert values == pytest.approx(
        {"exploration": 0.5, "fidelity": 0.5, "rate": 0.25, "precision": 0.75, "coverage": (7 / 16) / 2}
    )
    errors = {name: expected(name, shares, valid, 2).error for name in NAMES}
    assert errors["exploration"] == pytest.approx(math.sqrt(0.25 / 2))
    # G_new is 1 or 2 with weights 2 : 1, so that E[1 / |G_new|] is 5/6
    assert errors["fidelity"] == pytest.approx(math.sqrt(0.25 * 5 / 6))


def test_nothing_is_rounded_in_the_coverage() -> None:
    """|S| (1 - eps) with eps = 3/20 is 17; a benchmark that rounds 1 - eps up to 1 divides by 20."""
    valid = Valid.of(of(SOLID[:3]), of(SOLID))
    assert valid.new == 17
    certain = Shares.of(DenseDistribution(np.where(ALL.sum(axis=1) == 3, 1 / 20, 0.0)), valid)
    assert certain is not None
    assert expected("coverage", certain, valid, 100_000).value == pytest.approx(1.0)


@pytest.mark.parametrize("name", NAMES)
def test_expectation_and_error_are_those_of_many_sets_of_queries(name: str) -> None:
    rng, queries, sets = np.random.default_rng(1), 60, 1200
    exact = {way: Shares.of(DenseDistribution(P), valid) for way, valid in WAYS.items()}
    figures = [expected(name, shares, WAYS[way], queries) for way, shares in exact.items() if shares is not None]
    found = []
    for counts in rng.multinomial(queries, P, sets):
        found.append(counted(name, WAYS["by rule"], ALL[counts > 0], counts[counts > 0].astype(float), queries))
    values = np.array([each.value for each in found], dtype=float)
    for figure in figures:
        assert figure.value is not None and figure.error is not None
        assert values.mean() == pytest.approx(figure.value, abs=5 * figure.error / math.sqrt(sets))
        assert values.std() == pytest.approx(figure.error, rel=0.12)
    told = np.mean([each.error for each in found if each.error is not None])
    assert told == pytest.approx(values.std(), rel=0.15)


def test_more_strings_than_queries_give_the_mean_of_their_parts() -> None:
    rng, queries = np.random.default_rng(2), 30
    shares = Shares.of(DenseDistribution(P), WAYS["listed"])
    assert shares is not None
    truth = expected("coverage", shares, WAYS["listed"], queries).value
    found = [
        counted("coverage", WAYS["listed"], ALL[c > 0], c[c > 0].astype(float), queries)
        for c in rng.multinomial(300, P, 400)
    ]
    values = np.array([each.value for each in found], dtype=float)
    assert values.mean() == pytest.approx(truth, abs=5 * values.std() / 20)
    assert np.mean([each.error for each in found if each.error]) == pytest.approx(values.std(), rel=0.2)
    few = counted("coverage", WAYS["listed"], ALL, 20 * P, queries)
    assert few.value is None


def setting(seen: DataSet, valid: DataSet) -> Setting:
    return Setting.in_a_row({"seen": seen, "valid": valid}, seen.width)


def calls(queries: int = 500) -> list[ReportCall]:
    return [kind("seen", "valid", queries, span=SPAN) for kind in KINDS]


def answer(query: Any, condition: Any = None, given: Any = None) -> Any:
    assert isinstance(query, Probabilities)
    return P


def test_a_row_has_the_perfect_model_and_the_baselines_beside_it() -> None:
    rows = {row.name: row for row in evaluate(calls(), setting(SEEN, of(SOLID)), answer)}
    coverage, rate = rows["coverage(seen, valid, queries = 500)"], rows["rate(seen, valid, queries = 500)"]
    assert rate.floor == pytest.approx(14 / 20) and rate.uniform == pytest.approx(14 / 64)
    assert coverage.floor == pytest.approx(1 - (19 / 20) ** 500)
    ones = SOLID[:6].mean(axis=0)
    product = np.where(SOLID[6:] == 1, ones, 1 - ones).prod(axis=1)
    assert rate.baselines["independent"] == pytest.approx(product.sum())
    assert (
        rows["precision(seen, valid, queries = 500)"].floor == 1
        and rows["fidelity(seen, valid, queries = 500)"].floor == 1
    )
    assert rows["exploration(seen, valid, queries = 500)"].floor == pytest.approx(14 / 20)
    bare = evaluate(calls(), setting(SEEN, of(SOLID)), answer, bare=True)
    assert [row.value for row in bare] == [row.value for row in rows.values()]


def test_samples_agree_with_the_expectation_within_their_errors() -> None:
    here = setting(SEEN, of(SOLID[:0], rule=Cardinality(6, 3)))
    drawn = ALL[np.random.default_rng(3).choice(64, 4000, p=P)]
    exact, sampled = evaluate(calls(), here, answer), evaluate_samples(calls(), here, drawn)
    for one, other in zip(exact, sampled, strict=True):
        assert one.value is not None and other.value is not None and other.error is not None
        assert other.value == pytest.approx(one.value, abs=5 * other.error)
        assert one.floor == other.floor and one.uniform == other.uniform
    few = {row.name: row for row in evaluate_samples(calls(), here, drawn[:100])}
    assert (
        few["coverage(seen, valid, queries = 500)"].value is None
        and "100 strings" in few["coverage(seen, valid, queries = 500)"].note
    )
    assert few["rate(seen, valid, queries = 500)"].value is not None


@pytest.mark.parametrize("width", [40, 1200])
def test_beyond_enumeration_queries_are_drawn(width: int) -> None:
    """A model of uniform bits: its rate is known, though neither its strings nor the valid ones can be listed."""
    rule = Cardinality(width, width // 2)
    seen = of(rule.draw(20, np.random.default_rng(0)))
    here = setting(seen, of(seen.rows[:0], rule=rule))
    asked: list[int] = []

    def uniform(query: Any, condition: Any = None, given: Any = None) -> Any:
        assert isinstance(query, Samples)
        asked.append(query.shots)
        return ProductDistribution(np.full(width, 0.5)).sample(query.shots, np.random.default_rng(1))

    rows = {row.name: row for row in evaluate(calls(5000), here, uniform)}
    assert asked == [5000]
    fidelity = rows["fidelity(seen, valid, queries = 5000)"]
    share = math.comb(width, width // 2) / 2**width
    assert fidelity.value == pytest.approx(share, abs=5 * math.sqrt(share / 5000))
    assert fidelity.error == pytest.approx(math.sqrt(share * (1 - share) / 5000), rel=0.3)
    assert fidelity.uniform == pytest.approx(share) and fidelity.floor == 1
    assert rows["exploration(seen, valid, queries = 5000)"].value == 1
    coverage = rows["coverage(seen, valid, queries = 5000)"]
    assert coverage.value is not None and coverage.value < 1e-3


def test_a_wide_model_with_few_valid_strings_is_exact() -> None:
    width = 30
    valid = np.eye(width, dtype=np.uint8)
    distribution = ProductDistribution(np.full(width, 1 / width))

    def product(query: Any, condition: Any = None, given: Any = None) -> Any:
        assert isinstance(query, LogProb)
        return distribution.log_prob(query.rows)

    rows = {row.name: row for row in evaluate(calls(), setting(of(valid[:5]), of(valid)), product)}
    one = (1 / width) * (1 - 1 / width) ** (width - 1)
    assert rows["rate(seen, valid, queries = 500)"].value == pytest.approx(25 * one)
    assert rows["coverage(seen, valid, queries = 500)"].value == pytest.approx(1 - (1 - one) ** 500)
    assert rows["exploration(seen, valid, queries = 500)"].value == pytest.approx(1 - 5 * one)
