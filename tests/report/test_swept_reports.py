"""Answers of truncated sweeps are told with estimates of their errors: reports, the loss, samples at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import numpy as np
import pytest
from typer.testing import CliRunner

import qgl
from qgl.cli.main import app
from qgl.diagnostics.model import QglError
from qgl.plan.state.methods import StateVector
from qgl.report.report import measure
from qgl.report.truncation import sampling_error

GRID = """
lattice field = grid(3, 3);
visible v on field;
data d = cardinality(9, 1);
param turn[3, 9] : angle ~ constant(0.7);
model {{ repeat 2 as l {{ rx(turn[l]) v; for (a, b) in edges(field) {{ rzz(0.9) a, b; }} }} rx(turn[2]) v; }}
objective nll(d);
train {{ {strategy} approximate sweep(bond = {bond}); steps 2; }}
report nll(d);
"""
CMA = "strategy cma(population = 4);"


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few qubits are answered by other methods, which are exact."""
    monkeypatch.setattr("qgl.plan.planner.METHODS", ())


def test_reports_the_loss_and_samples_are_told_with_an_estimate(tmp_path: Path) -> None:
    model = qgl.loads(GRID.format(strategy=CMA, bond=2))
    run = model.train(out=tmp_path / "run", display="quiet", pictures=False)
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    (row,) = report["metrics"]
    rows = np.eye(9, dtype=np.uint8)
    values = [-float(np.mean(each.log_prob(run.params, rows))) for each in (model, model.refined)]
    assert row["value"] == pytest.approx(values[0], abs=1e-5)
    assert row["truncation"] == pytest.approx(abs(values[0] - values[1]), abs=1e-5)
    assert row["note"].startswith("bond 2, as no exact method answers within memory: the roots of all weights that")
    assert report["truncation"]["loss"] == pytest.approx(row["truncation"], abs=1e-5)
    told = CliRunner().invoke(app, ["sample", str(tmp_path / "run"), "-n", "3"])
    assert told.exit_code == 0 and "approximate, by a truncated sweep of bond 2" in told.stderr
    assert "nats on average at bond 4" in told.stderr
    error = sampling_error(model, run.params)
    assert error is not None and error.nats is not None and error.distance > 0


def test_the_error_is_none_at_a_bond_that_is_large_enough_and_falls_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = []
    for bond in (1, 4, 32):
        model = qgl.loads(GRID.format(strategy=CMA, bond=bond))
        error = sampling_error(model, model.init(jax.random.key(0)))
        assert error is not None
        errors.append(error)
    assert errors[0].distance > errors[1].distance > errors[2].distance == 0
    assert errors[2].nats == pytest.approx(0, abs=1e-5)
    monkeypatch.setattr("qgl.plan.planner.METHODS", (StateVector(),))
    model = qgl.loads(GRID.format(strategy=CMA, bond=2))
    assert sampling_error(model, model.init(jax.random.key(0))) is None, "an exact method draws them"


def test_an_objective_that_only_a_sweep_answers_has_no_gradient(tmp_path: Path) -> None:
    with pytest.raises(QglError) as error:
        qgl.loads(GRID.format(strategy="", bond=2)).train(out=tmp_path / "run", display="quiet")
    (fault,) = error.value.diagnostics
    assert fault.code == "QGL0924" and fault.span is not None
    model = qgl.loads(GRID.format(strategy="", bond=2))
    with pytest.raises(QglError, match="QGL0924"):
        jax.grad(model.loss)(model.init(jax.random.key(0)))


LABELLED = """
lattice field = grid(3, 3);
visible v on field;
condition kind : category(2);
data seen = csv("table.csv", bits = 1, label = "kind");
param turn[2, 3, 9] : angle ~ normal(0, 0.7);
model {
    repeat 2 as l { rx(turn[kind, l]) v; for (a, b) in edges(field) { rzz(0.9) a, b; } }
    rx(turn[kind, 2]) v;
}
objective nll(seen);
train { strategy cma(population = 4); approximate sweep(bond = 1); steps 1; }
"""


def test_strings_under_labels_are_told_with_the_largest_error_of_a_label(tmp_path: Path) -> None:
    names = ",".join(f"c{k}" for k in range(9))
    lines = [f"{','.join(map(str, np.eye(9, dtype=int)[k]))},{'ab'[k % 2]}" for k in range(9)]
    (tmp_path / "table.csv").write_text("\n".join([f"{names},kind", *lines]) + "\n")
    (tmp_path / "labelled.qgl").write_text(LABELLED)
    model = qgl.load(tmp_path / "labelled.qgl")
    run = model.train(out=tmp_path / "run", display="quiet", pictures=False)
    each = [sampling_error(model, run.params, [[kind]]) for kind in (0.0, 1.0)]
    both = sampling_error(model, run.params, [[0.0], [1.0]], 8)
    assert both is not None and None not in each
    assert both.distance == max(one.distance for one in each if one is not None) > 0
    told = CliRunner().invoke(app, ["sample", str(tmp_path / "run"), "-n", "8"])
    assert told.exit_code == 0 and f"strings are approximate, by {both}" in told.stderr.replace("\n", " ")


@pytest.mark.parametrize(("bond", "met"), [(64, True), (2, False)])
def test_a_tolerance_is_met_or_told(bond: int, met: bool, tmp_path: Path) -> None:
    text = GRID.format(strategy=CMA, bond=f"{bond}, tolerance = 1e-3")
    model = qgl.loads(text)
    params = model.init(jax.random.key(0))
    error = sampling_error(model, params)
    assert error is not None and (error.distance <= 1e-3) is met
    assert ("above the tolerance of 0.001" in str(error)) is not met
    (row,) = measure(model, params, model.program.reports)
    assert ("above the tolerance of 0.001" in row.note) is not met
    if met:
        assert row.truncation is not None, "the difference from a tenth of the tolerance"
        model.train(out=tmp_path / "run", display="quiet", pictures=False)
        return
    with pytest.raises(QglError) as raised:
        model.train(out=tmp_path / "run", display="quiet")
    (fault,) = raised.value.diagnostics
    assert fault.code == "QGL0916" and "bond 2 is bounded by" in fault.message and "raise the `bond`" in fault.help
