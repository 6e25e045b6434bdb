"""Estimates of what truncation changes: in reports, of the loss, and where training begins."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import pytest

import qgl
from qgl.diagnostics.model import QglError
from qgl.report.report import markdown, measure
from qgl.report.truncation import loss_error

GRID = """
lattice field = grid({side}, {side});
visible v on field;
param turn[4, {side} * {side}] : angle ~ normal(0, 0.3);
model {{ repeat 3 as l {{ rx(turn[l]) v; for (a, b) in edges(field) {{ rzz(0.3) a, b; }} }} rx(turn[3]) v; }}
objective energy(sum((a, b) in edges(field): Z[a] * Z[b]));
train {{ approximate propagation(smallest = 1e-2{tolerance}); steps 2; precision double; }}
report expectation(Z[v[0]] * Z[v[1]]), entropy(v[0]);
"""


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few qubits are quicker by other methods, which are exact."""
    monkeypatch.setattr("qgl.plan.planner.METHODS", ())


def test_reports_and_losses_are_told_with_an_estimate(tmp_path: Path) -> None:
    model = qgl.loads(GRID.format(tolerance="", side=4))
    run = model.train(out=tmp_path / "run", display="quiet", pictures=False)
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    value, _ = report["metrics"]
    finer = measure(model.refined, run.params, model.program.reports)
    assert value["truncation"] == pytest.approx(abs(value["value"] - finer[0].value), abs=1e-9)
    assert 0 < value["truncation"] < 0.05
    assert 0 < report["truncation"]["means"] <= report["truncation"]["loss"]
    assert " ~ " in markdown(report) and "an estimate of the error" in markdown(report)


def test_a_tolerance_that_is_not_met_ends_the_training_before_it_begins(tmp_path: Path) -> None:
    model = qgl.loads(GRID.format(tolerance=", tolerance = 1e-6", side=4))
    with pytest.raises(QglError) as error:
        model.train(out=tmp_path / "run", display="quiet")
    assert [fault.code for fault in error.value.diagnostics] == ["QGL0916"]
    params = model.init(jax.random.key(0))
    (row, _) = measure(model, params, model.program.reports)
    assert "above the tolerance of 1e-06" in row.note


def test_exact_answers_have_no_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    from qgl.plan.state.methods import StateVector

    monkeypatch.setattr("qgl.plan.planner.METHODS", (StateVector(),))
    model = qgl.loads(GRID.format(tolerance="", side=2))
    params = model.init(jax.random.key(0))
    assert loss_error(model, params) is None
    assert [row.truncation for row in measure(model, params, model.program.reports)] == [None, None]
