"""What floors say, held against a model that is perfect: one that is the distribution of the data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.bits.distribution import strings
from qgl.check.declarations.categories import Columns
from qgl.evaluate import Row, evaluate, evaluate_samples
from qgl.evaluate.table.titles import title
from qgl.objectives import Setting
from qgl.program.calls import reports
from qgl.program.calls.kernels import Hamming
from qgl.program.program import DataSet
from qgl.query import Probabilities, Query
from qgl.source import Source, Span

SPAN = Span(Source("test", "report"), 0, 6)
N = 6
KERNELS = [Hamming((sigma,), span=SPAN) for sigma in (0.5, 1.0, 3.0)]
CALLS: list[reports.ReportCall] = [
    kind("d", span=SPAN) for kind in (reports.NLL, reports.KL, reports.TV, reports.ValidRate, reports.Moments)
]
CALLS += [reports.MMD("d", kernel, span=SPAN) for kernel in KERNELS]
CALLS += [reports.MMD("d", KERNELS[1], weight=2, span=SPAN)]
BITS = np.random.default_rng(4).dirichlet(np.ones(2**N))
THREE: Columns = ((3, 2), (3, 2), (3, 2))
USED = np.flatnonzero([all(code >> shift & 3 != 3 for shift in (0, 2, 4)) for code in range(2**N)])
VALUES = np.zeros(2**N)
VALUES[USED] = np.random.default_rng(5).dirichlet(np.ones(27))
CASES = {"bits": (BITS, None), "categories": (VALUES, THREE)}


def measured(p: NDArray[np.float64], data: DataSet, columns: Columns | None) -> dict[str, Row]:
    setting = replace(Setting.in_a_row({"d": data}, N), categories=columns)

    def answer(query: Query, condition: Any = None, given: Any = None) -> Any:
        assert query == Probabilities()
        return p

    return {row.name: row for row in evaluate(CALLS, setting, answer)}


def rows_of(p: NDArray[np.float64], count: int, seed: int) -> DataSet:
    drawn = strings(np.random.default_rng(seed).choice(p.size, count, p=p), N)
    return DataSet("d", drawn, np.full(count, 1 / count), None, False, "", "")


@pytest.mark.parametrize("case", CASES)
def test_a_model_that_is_the_distribution_shows_the_floor_exactly(case: str) -> None:
    p, columns = CASES[case]
    kept = np.flatnonzero(p)
    found = measured(p, DataSet("d", strings(kept, N), p[kept], None, True, "", ""), columns)
    assert len(found) == 10  # three kernels have three names, and words a fourth; moments have two parts
    for row in found.values():
        assert row.value == pytest.approx(row.floor, abs=1e-12), row.name
        assert row.floor_is == "floor of `d`, exact: what a perfect model shows, one that is this distribution"
    entropy = float(-(p[kept] @ np.log(p[kept])))
    assert found["nll(d)"].floor == pytest.approx(entropy) and found["valid_rate(d)"].floor == 1
    assert found["kl(d)"].floor == found["tv(d)"].floor == 0


@pytest.mark.parametrize("case", CASES)
def test_on_rows_it_shows_the_sampling_floor(case: str) -> None:
    """Over many sets of rows, seen or unseen alike: the model that they are drawn from, beside what floors say."""
    p, columns = CASES[case]
    sets = [measured(p, rows_of(p, 300, seed), columns) for seed in range(40)]
    allowed = {"nll": 0.01, "tv": 0.08, "valid_rate": 0.02, "kl": 0.15, "moments": 0.15, "mmd": 0.25}
    for name in sets[0]:
        values, floors = (np.array([getattr(each[name], key) for each in sets]) for key in ("value", "floor"))
        chance = 4 * values.std() / 40**0.5 / values.mean()
        assert abs(floors.mean() / values.mean() - 1) < allowed[name.split("(")[0]] + chance, name
        assert sets[0][name].floor_is.startswith("sampling floor of `d`: what a perfect model shows on as many rows")
    for each in sets:  # nll is kl and the entropy of the rows, for values and for floors
        nll, kl = each["nll(d)"], each["kl(d)"]
        assert nll.floor is not None and kl.floor is not None and nll.value is not None and kl.value is not None
        assert nll.floor - kl.floor == pytest.approx(nll.value - kl.value)


def test_rows_that_hardly_repeat_have_no_floor() -> None:
    """Of 400 unseen rows of many bits two were alike: the entropy of these rows, 5.99, was called a perfect model's."""
    rng, width = np.random.default_rng(0), 33
    rows = rng.integers(0, 2, (400, width)).astype(np.uint8)
    rows[1] = rows[0]
    data = {"d": DataSet("d", rows, np.full(400, 1 / 400), None, False, "", "")}

    def perfect(query: Any, condition: Any = None, given: Any = None) -> Any:
        return np.full(len(query.rows), -width * np.log(2))

    found = evaluate(CALLS[:4], Setting.in_a_row(data, width), perfect)
    assert found[0].value == pytest.approx(22.87, abs=0.01) and found[0].uniform == pytest.approx(22.87, abs=0.01)
    for row in found:
        assert row.floor is None and "100% of its 400 rows come once" in row.floor_is, row.name


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("exact", [True, False])
def test_samples_of_the_distribution_show_the_floor_of_samples(case: str, exact: bool) -> None:
    p, columns = CASES[case]
    kept, shots = np.flatnonzero(p), 200
    whole = DataSet("d", strings(kept, N), p[kept], None, True, "", "")
    sets = []
    for seed in range(40):
        data = whole if exact else rows_of(p, 300, seed)
        setting = replace(Setting.in_a_row({"d": data}, N), categories=columns)
        samples = rows_of(p, shots, 1000 + seed).rows
        sets.append(evaluate_samples(CALLS[2:], setting, samples, seed))
    for column in zip(*sets, strict=True):
        values, floors = (np.array([getattr(row, key) for row in column], float) for key in ("value", "floor"))
        near = 5 * values.std() / 40**0.5 + 0.15 * abs(values.mean())
        assert abs(values.mean() - floors.mean()) < near, column[0].name
        assert "200 samples of a perfect model show" in column[0].floor_is


def test_no_two_reports_have_one_name() -> None:
    lengths = [reports.CorrelationLength("d", reach, span=SPAN) for reach in (8, 4)]
    shares = [reports.Coverage("s", "v", queries, span=SPAN) for queries in (10_000, 50)]
    names = [title(call) for call in (*CALLS, *lengths, *shares)]
    assert len(set(names)) == len(names)
    assert names[5] == "mmd(d, hamming(sigma = 0.5))" and names[-4:] == [
        "correlation_length(d)",
        "correlation_length(d, reach = 4)",
        "coverage(s, v)",
        "coverage(s, v, queries = 50)",
    ]
