"""Reports class by class: values, floors and baselines of each label against NumPy, and their means."""

from __future__ import annotations

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.baselines import distributions, fitted
from qgl.evaluate.row import Row
from qgl.program.calls.reports import OfData
from qgl.report.planned_queries import planned_queries
from qgl.report.report import markdown, measure, measure_samples

PROGRAM = """
data x = csv("table.csv", columns = [0, 1], label = 2);
visible v[2];
condition kind : category(3);
param a[kind, v] : angle;
model { for q in v { ry(a[kind, q]) q; } }
objective nll(x);
train { steps 2; watch nll(x), tv(x), every(1); }
baseline independent, markov(order = 1);
report nll(x), tv(x), valid_rate(x), accuracy(x), mmd(x, hamming(sigma = 1)), moments(x);
"""
ROWS = np.array([[0, 0], [0, 0], [0, 0], [1, 1], [0, 1], [0, 1], [1, 1], [1, 0], [1, 0], [1, 0]])
KINDS = np.array(["b"] * 4 + ["a"] * 2 + ["c"] * 4)
ANGLES = np.random.default_rng(3).uniform(0.4, 2.4, (3, 2))  # of a, b and c
PARAMS = {"a": jnp.asarray(ANGLES)}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> qgl.Model:
    monkeypatch.chdir(tmp_path)
    lines = [f"{x},{y},{kind}" for (x, y), kind in zip(ROWS.tolist(), KINDS, strict=True)]
    Path("table.csv").write_text("\n".join(lines) + "\n")
    return qgl.loads(PROGRAM)


def p_of(kind: int) -> NDArray[np.float64]:
    """Probabilities of the four strings under a label."""
    one = np.sin(ANGLES[kind] / 2) ** 2
    return np.kron([1 - one[0], one[0]], [1 - one[1], one[1]])


def by_name(rows: tuple[Row, ...]) -> dict[str, Row]:
    return {row.name: row for row in rows}


def test_each_label_against_numpy_and_their_mean(model: qgl.Model) -> None:
    params, program = PARAMS, model.program
    rows = by_name(measure(model, params, program.reports, fitted(program)))
    means: dict[str, float] = {}
    for number, kind in enumerate("abc"):
        own, p = ROWS[kind == KINDS] @ [2, 1], p_of(number)
        q = np.bincount(own, minlength=4) / len(own)
        kernel = np.exp(-np.array([[bin(i ^ j).count("1") for j in range(4)] for i in range(4)]) / 2)
        independent = np.kron(*(np.array([1 - m, m]) for m in ROWS[kind == KINDS].mean(axis=0)))
        wanted = {
            "nll(x)": -np.log(p[own]).mean(),
            "tv(x)": np.abs(p - q).sum() / 2,
            "valid_rate(x)": p[q > 0].sum(),
            "accuracy(x)": float((own == p.argmax()).mean()),
            "mmd(x, hamming(sigma = 1))": (p - q) @ kernel @ (p - q),
        }
        for name, value in wanted.items():
            row = rows[f"{name}, label = {kind}"]
            assert row.value == pytest.approx(value, abs=2e-6) and row.given == f"label = {kind}"
            means[name] = means.get(name, 0.0) + value * len(own) / len(ROWS)
        assert rows[f"tv(x), label = {kind}"].baselines["independent"] == pytest.approx(
            np.abs(independent - q).sum() / 2
        )
    for name, value in means.items():
        assert rows[name].value == pytest.approx(value, abs=2e-6) and rows[name].given == ""
    both = [rows[f"tv(x), label = {kind}"].baselines["markov(order = 1)"] for kind in "abc"]
    assert None not in both and rows["tv(x)"].baselines["markov(order = 1)"] == pytest.approx(
        np.dot([0.2, 0.4, 0.4], np.array(both, np.float64))
    )
    assert list(rows)[:4] == ["nll(x)", *(f"nll(x), label = {kind}" for kind in "abc")]


def test_a_likelihood_is_the_conditional_one_and_a_rule_out_is_told_with_its_label(model: qgl.Model) -> None:
    sure = np.array([[0, np.pi], [0, 0], [np.pi, 0]])  # a: 01, b: 00, c: 10
    rows = by_name(measure(model, {"a": jnp.asarray(sure)}, model.program.reports[:1], fitted(model.program)))
    assert [rows[f"nll(x), label = {kind}"].impossible for kind in "abc"] == [0, 1, 1] and rows[
        "nll(x)"
    ].impossible == 2
    assert "cannot give 1 of 4 rows of `x` with label = b" in rows["nll(x)"].note
    loss = float(model.loss(PARAMS))  # the conditional likelihood, of all rows at once
    assert by_name(measure(model, PARAMS, model.program.reports[:1]))["nll(x)"].value == pytest.approx(loss, abs=2e-6)


def test_samples_of_each_label(model: qgl.Model) -> None:
    params, baselines = PARAMS, fitted(model.program)
    exact = by_name(measure(model, params, model.program.reports, baselines))
    rows = by_name(measure_samples(model, params, model.program.reports, 4000, 1, baselines))
    assert rows.keys() == exact.keys() and rows["nll(x), label = a"].value is None
    for name in [name for name in rows if name.startswith("tv")]:
        value, error = rows[name].value, rows[name].error
        assert (
            value is not None and error is not None and value == pytest.approx(exact[name].value, abs=5 * error + 1e-3)
        )


def test_a_class_that_the_learnt_rows_lack_has_no_baseline(model: qgl.Model) -> None:
    text = PROGRAM.replace(
        "data x", 'data y = csv("table.csv", columns = [0, 1], label = 2, rows = 0..3, fit = x);\ndata x'
    )
    head, rest = text.split("data x", 1)
    declared, rest = rest.split("\n", 1)
    other = qgl.loads(f"data x{declared}\n{head}\n{rest}".replace("objective nll(x)", "objective nll(y)"))
    rows = by_name(measure(other, PARAMS, other.program.reports[:1], fitted(other.program)))
    assert rows["nll(x), label = a"].baselines == {} and rows["nll(x)"].baselines["independent"] is None
    assert rows["nll(x), label = b"].baselines["independent"] is not None
    (only, *_) = distributions(fitted(other.program), 1) or {}
    assert only == "independent"


def test_a_run_watches_means_and_shows_each_label(model: qgl.Model, tmp_path: Path) -> None:
    run = model.train(out=tmp_path / "run", display="quiet")
    assert set(run.watched.values) == {"nll(x)", "tv(x)"}
    assert "|   label = b |" in markdown(run.report) and (tmp_path / "run" / "classes.png").stat().st_size > 5000
    given = [metric["given"] for metric in run.report["metrics"][:4]]
    assert given == ["", "label = a", "label = b", "label = c"]
    figure = run.plot("classes")
    assert [axis.get_ylabel() for axis in figure.axes] == ["a", "b", "c"]
    heights = [bar.get_height() for bar in figure.axes[2].containers[0]]
    np.testing.assert_allclose(heights, [1, 0.25], atol=0.07)
    planned = [each.times for each in planned_queries(model.program) if each.kind == "report"]
    assert set(planned) == {3}
    assert all(isinstance(call, OfData) for call in model.program.reports)


def test_pictures_have_a_row_a_class(tmp_path: Path) -> None:
    run = qgl.loads(
        "data d = digits(classes = [1, 0], size = 2, labels = true);\nvisible v[4];\ncondition c : category(2);\n"
        "param a[c, v] : angle;\nmodel { for q in v { ry(a[c, q]) q; } }\nobjective nll(d);\ntrain { steps 1; }\n"
    ).train(out=tmp_path / "run", display="quiet", pictures=False)
    figure = run.plot("classes")
    labels = [axis.get_ylabel() for axis in figure.subfigs[0].axes]
    assert labels[::6] == ["1", "0"] and len(figure.subfigs[1].axes) == 12
