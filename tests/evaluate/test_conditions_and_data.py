"""Reports of conditional models row by row, of data alone, and of models whose strings alone can be had."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import qgl
from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import TooLarge
from qgl.evaluate import evaluate, evaluate_samples
from qgl.objectives import Setting
from qgl.program.calls.reports import CMI, KL, NLL, Accuracy, Entropy, ValidRate
from qgl.program.program import DataSet
from qgl.query import LogProb, Probabilities, Query
from qgl.report.planned_queries import planned_queries
from qgl.report.report import answerer
from qgl.source import Source, Span
from tests.check.checking import pointed

SPAN = Span(Source("test", "report"), 0, 6)
ROWS = np.array([[0, 0], [0, 1], [1, 1], [1, 1]], np.uint8)
CONDITIONS = np.array([[0.0], [0.0], [1.0], [1.0]])
PAIRED = {"d": DataSet("d", ROWS, np.array([0.1, 0.4, 0.2, 0.3]), CONDITIONS, False, "", "")}
GIVEN = {0.0: np.array([0.6, 0.3, 0.06, 0.04]), 1.0: np.array([0.1, 0.2, 0.3, 0.4])}


def conditional(query: Query, condition: Any = None, given: Any = None) -> Any:
    p = GIVEN[float(condition[0])]
    return np.log(p[query.rows @ [2, 1]]) if isinstance(query, LogProb) else p


def test_accuracy_and_valid_rate_of_conditional_models() -> None:
    setting = Setting.in_a_row(PAIRED, 2)
    right, valid = evaluate([Accuracy("d", span=SPAN), ValidRate("d", span=SPAN)], setting, conditional)
    assert right.value == pytest.approx(0.1 + 0.5)  # 00 is the likeliest under 0, and 11 under 1
    assert valid.value == pytest.approx(0.5 * (0.6 + 0.3) + 0.5 * 0.4)
    assert right.uniform == 0.25 and valid.uniform == pytest.approx(0.5 * 0.5 + 0.5 * 0.25)


def test_information_of_data_by_entropies_of_counts() -> None:
    """Of a distribution as it is; of rows corrected and with an error."""
    rng = np.random.default_rng(0)
    strings = (np.arange(16)[:, None] >> np.arange(3, -1, -1) & 1).astype(np.uint8)
    p = rng.dirichlet(np.ones(16))

    def entropy(kept: list[int]) -> float:
        q = p.reshape(2, 2, 2, 2).sum(tuple(k for k in range(4) if k not in kept)).ravel()
        return float(-q @ np.log(q))

    expected = entropy([0, 2, 3]) + entropy([1, 2, 3]) - entropy([2, 3]) - entropy([0, 1, 2, 3])
    drawn = strings[rng.choice(16, 4000, p=p)]
    data = {
        "whole": DataSet("whole", strings, p, None, True, "", ""),
        "rows": DataSet("rows", drawn, np.full(4000, 1 / 4000), None, False, "", ""),
        "chance": DataSet("chance", rng.integers(0, 2, (500, 4), np.uint8), np.full(500, 0.002), None, False, "", ""),
    }
    calls = [CMI((0,), (2, 3), (1,), of=name, span=SPAN) for name in data]

    def silent(query: Query, condition: Any = None, given: Any = None) -> Any:
        raise AssertionError("the model is not asked")

    exact, rows, chance = evaluate(calls, Setting.in_a_row(data, 4), silent)
    assert exact.value == pytest.approx(expected) and exact.error is None
    assert rows.value is not None and rows.error is not None and abs(rows.value - expected) < 4 * rows.error < 0.05
    assert "Miller and Madow" in rows.note and "4,000 rows" in rows.note
    assert chance.value is not None and chance.error is not None and abs(chance.value) < 3 * chance.error
    (again, *_) = evaluate_samples(calls, Setting.in_a_row(data, 4), drawn[:100])
    assert again.value == exact.value


def test_strings_serve_where_no_method_has_all_probabilities() -> None:
    text = "visible v[3];\ndata d = parity(3);\nmodel { ry(?) v; }\nobjective nll(d);\nreport nll(d), kl(d), entropy;"
    model = qgl.loads(text)
    setting, params = Setting.of(model.program), model.init(jax.random.key(0))
    ask = answerer(model, params)

    def refusing(query: Query, condition: Any = None, given: Any = None) -> Any:
        if query == Probabilities():
            raise QglError([TooLarge(SPAN, "Probabilities", (), 0, "", "", ())])
        return np.log(np.asarray(ask(Probabilities()))[query.rows @ [4, 2, 1]]) if isinstance(query, LogProb) else None

    calls = model.program.reports
    wanted = evaluate(calls, setting, ask, bare=True)
    found = evaluate(calls, setting, refusing, bare=True)
    assert isinstance(calls[0], NLL) and isinstance(calls[1], KL) and isinstance(calls[2], Entropy)
    assert [row.value for row in found[:2]] == [pytest.approx(row.value, rel=1e-6) for row in wanted[:2]]
    assert found[2].value is None and "no method" in found[2].note


def test_a_report_plans_what_it_will_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a model whose probabilities no method has, strings."""
    text = "visible v[3];\ndata d = parity(3);\nmodel { ry(?) v; }\nobjective nll(d);\nreport nll(d), entropy;"
    program = qgl.loads(text).program
    asked = [query for planned in planned_queries(program) if planned.kind == "report" for query in planned.queries]
    assert asked == [Probabilities(), Probabilities()]
    monkeypatch.setattr("qgl.report.planned_queries._has_probabilities", lambda model: False)
    first, second = [p for p in planned_queries(program) if p.kind == "report"]
    assert isinstance(first.queries[0], LogProb) and second.queries == (Probabilities(),)


def test_weights_of_whole_numbers() -> None:
    text = """
        data walk = weights(3, list(x in 0..7: exp(-(x - 2) ** 2) * (x % 2)));
        visible v[3];
        model { ry(?) v; }
        objective marginals(walk, size = 3, distance = hilbert_schmidt);
    """
    data = qgl.loads(text).program.data["walk"]
    odd = np.exp(-((np.array([1, 3, 5, 7]) - 2.0) ** 2))
    np.testing.assert_array_equal(data.rows @ [4, 2, 1], [1, 3, 5, 7])
    np.testing.assert_allclose(data.weights, odd / odd.sum())
    assert data.exact and data.integer


TOP = "visible v[2];\ndata d = parity(2);\nmodel { ry(?) v; }\nobjective nll(d);\n"
OF_STATE = "cmi(v[0], [], v[1], of = d, kind = quantum)"
WIDE = "cmi(v[0], v[1..11], v[12], of = d)"
FAULTS = [
    (TOP + "report accuracy(d);", "QGL0702", "accuracy(d)"),
    (TOP + f"report {OF_STATE};", "QGL0702", OF_STATE),
    (TOP.replace("2", "13") + f"report {WIDE};", "QGL0702", WIDE),
    (TOP.replace("parity(2)", "weights(2, [1, 2, 3])"), "QGL0613", "weights(2, [1, 2, 3])"),
    (TOP.replace("parity(2)", "weights(2, [0, 0, 0, 0])"), "QGL0607", "weights(2, [0, 0, 0, 0])"),
    (TOP.replace("parity(2)", "weights(2, [1, 2, -1, 0])"), "QGL0703", "[1, 2, -1, 0]"),
]


@pytest.mark.parametrize("text, code, place", FAULTS)
def test_faults(text: str, code: str, place: str) -> None:
    assert (code, place) in pointed(text)


def test_smoothing_adds_rows_to_every_count() -> None:
    """Of two values seen 3 and 1 times, with one row added to each; a parent that never comes leaves a half."""
    text = """
        data d = strings(["00", "00", "00", "01"]);
        visible v[2];
        model { prepare(?) v[0]; prepare(?) v[0], v[1]; }
        objective nll(d);
        train { strategy em(smoothing = 0.25); steps 2; }
    """
    model = qgl.loads(text)
    run = model.train(display="quiet", pictures=False)
    counted = np.asarray(model.probabilities(run.params))
    assert model.program.data["d"].exact  # so that the four strings weigh one row together
    first, second = (1 + 0.25) / 1.5, (0.75 + 0.25) / 1.5
    expected = [first * second, first * (1 - second), (1 - first) / 2, (1 - first) / 2]
    np.testing.assert_allclose(counted, expected, atol=1e-5)
