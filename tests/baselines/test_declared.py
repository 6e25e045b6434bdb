"""`baseline ...;` in a program: what the checker says, and what stands in the tables."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import qgl
from qgl.baselines import distributions, fitted
from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.model import QglError
from qgl.evaluate import evaluate_samples
from qgl.model import Model
from qgl.objectives import Setting
from qgl.report.report import at_the_end, markdown, measure, metrics_table
from qgl.runs.run import Run
from qgl.source import Source
from qgl.train.loop import train

PROGRAM = """\
data target = bars_and_stripes(2, 2);
visible v[4];
model { ry(?) v; for (a, b) in chain(v) { cx a, b; } }
objective nll(target);
train { steps 3; }
baseline rbm(units = 3, steps = 20), hmm(states = 2), markov(order = 1), independent;
"""
WIDE = """\
data rows = strings(["0000000000000000000000000000", "1111111111111111111111111111"]);
visible v[28];
model { ry(?) v; }
objective nll(rows);
baseline rbm(units = 18, steps = 5), markov;
report nll(rows), moments(rows);
"""


def found(text: str, folder: Path) -> list[str]:
    return [fault.code for fault in diagnose(Source("example.qgl", text), FolderEnvironment(folder))[1]]


@pytest.fixture(scope="module")
def model() -> Model:
    return qgl.loads(PROGRAM)


@pytest.fixture(scope="module")
def run(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs") / "run"
    return train(model, out=folder, display="quiet", pictures=False)


def test_a_program_knows_its_baselines(model: Model) -> None:
    names = [call.label for call in model.program.baselines]
    assert names == ["rbm(units = 3, steps = 20)", "hmm(states = 2)", "markov(order = 1)", "independent"]


@pytest.mark.parametrize(
    ("declared", "codes"),
    [
        ("rbm, rbm(units = 8)", ["QGL0741"]),
        ("hmm(states = 3), hmm(states = 4)", []),
        ("markov(order = 9)", ["QGL0743"]),
        ("hmm(states = 0)", ["QGL0703"]),
        ("lstm", ["QGL0701"]),
        ("markov(order = 1);\nbaseline independent", []),
    ],
)
def test_faults(declared: str, codes: list[str], tmp_path: Path) -> None:
    assert found(PROGRAM.replace("markov(order = 1), independent", declared), tmp_path) == codes


def test_columns_of_several_sizes_share_no_table(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("0,2\n1,0\n", encoding="utf-8")
    text = PROGRAM.replace("bars_and_stripes(2, 2)", 'csv("rows.csv", categories = [2, 3])').replace("v[4]", "v[3]")
    assert found(text, tmp_path) == []
    assert found(text.replace("states = 2", "stationary = true"), tmp_path) == ["QGL0744"]


def test_a_library_that_is_missing_is_named_before_training(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "sklearn" else real(name))
    with pytest.raises(QglError) as error:
        train(model, display="quiet")
    (fault,) = error.value.diagnostics
    assert fault.code == "QGL0740" and "pip install 'qglc[baselines]'" in fault.help and "rbm" in fault.message


def test_each_has_a_column_and_its_size(model: Model, run: Run) -> None:
    assert run.path is not None
    report: dict[str, Any] = json.loads((run.path / "report.json").read_text(encoding="utf-8"))
    names = [call.label for call in model.program.baselines]
    assert [each["name"] for each in report["baselines"]] == names
    assert [each["parameters"] for each in report["baselines"]] == [19, 1 + 3 * 2 + 8, 7, 4]
    (kl,) = [row for row in report["metrics"] if row["name"] == "kl(target)"]
    assert list(kl["baselines"]) == names and kl["baselines"]["independent"] == pytest.approx(4 * np.log(2) - np.log(6))
    assert kl["baselines"]["hmm(states = 2)"] < kl["baselines"]["independent"]
    text = (run.path / "report.md").read_text(encoding="utf-8")
    assert "| value | floor | rbm(units = 3, steps = 20) | hmm(states = 2) |" in text and text == markdown(run.report)
    assert "markov(order = 1): 7 parameters, fitted in" in text


def test_the_same_again(model: Model, run: Run) -> None:
    calls = at_the_end(model.program)
    once, again = (measure(model, run.params, calls, fitted(model.program)) for _ in range(2))
    assert [row.baselines for row in once] == [row.baselines for row in again]
    assert "hmm" in str(metrics_table("", once, fitted(model.program)).columns[4].header)


def test_samples_have_the_columns_too(model: Model, run: Run) -> None:
    rows = np.random.default_rng(0).integers(0, 2, (4000, 4)).astype(np.uint8)
    baselines = fitted(model.program)
    exact = measure(model, run.params, at_the_end(model.program), baselines)
    drawn = evaluate_samples(at_the_end(model.program), Setting.of(model.program), rows, 0, distributions(baselines))
    values = {row.name: row.baselines for row in exact}
    for row in drawn:
        if row.value is not None:
            assert row.baselines == pytest.approx(values[row.name], abs=0.05)


def test_without_a_declaration_bits_are_independent() -> None:
    plain = qgl.loads(PROGRAM.split("baseline")[0])
    assert [(each.label, each.parameters) for each in fitted(plain.program)] == [("independent", 4)]


def test_what_a_wide_machine_cannot_say_is_told() -> None:
    model = qgl.loads(WIDE)
    nll, moment, *_ = measure(model, model.init(jax.random.key(0)), model.program.reports, fitted(model.program))
    assert nll.baselines["rbm(units = 18, steps = 5)"] is None and "2^18 terms" in nll.note
    assert nll.baselines["markov(order = 1)"] == pytest.approx(np.log(2), abs=1e-6)
    assert moment.baselines["rbm(units = 18, steps = 5)"] is not None
