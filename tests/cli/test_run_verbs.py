"""`qglc run`, `jobs`, `fetch`, and `evaluate` of a run that has jobs, on a small program."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import qgl
from qgl.cli.main import app
from qgl.hardware.engines.cost import Cost
from qgl.runs.files import sealed

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
data rows = strings(["000", "011", "110"]);
visible v[3];
hidden h[1];
model { ry(?) v; ry(?) h; for q in v { cz h[0], q; } ry(?) v; }
objective nll(rows);
train { optimizer adam(rate = 0.1); steps 30; }
report tv, kl;
"""
CONDITIONAL = """
data rows = strings(["000", "011", "110"]);
visible v[3];
condition x[1];
model { ry(x[0]) v[0]; ry(?) v; cz v[0], v[1]; ry(?) v; }
objective mmd(rows, hamming(sigma = 1));
train { optimizer adam(rate = 0.1); steps 2; }
"""
runner = CliRunner()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("home") / "run"
    qgl.loads(PROGRAM).train(out=path, display="quiet", pictures=False)
    return path


@pytest.fixture
def run(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    shutil.copytree(trained, "run")
    return Path("run")


def qglc(*arguments: str, status: int = 0) -> str:
    result = runner.invoke(app, list(arguments))
    assert result.exit_code == status, result.output
    return result.output


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_run_jobs_evaluate(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = qglc("run", "run", "--on", "aer", "--shots", "2000", "--observable", "Z[v[0]]*Z[v[1]]")
    assert "aer: 2000 strings" in shown and "qubits 4, depth" in shown and "two-qubit gates 3" in shown
    assert "job 1-aer: done" in shown and "qglc evaluate run" in shown
    job = run / "jobs" / "1-aer"
    with np.load(job / "samples.npz") as archive:
        assert archive["x"].shape == (2000, 3)
    assert "OPENQASM 3.0;" in (job / "circuit.qasm").read_text()

    (listed,) = json.loads(qglc("jobs", "run", "--format", "json"))
    assert (listed["id"], listed["engine"], listed["shots"], listed["state"]) == ("1-aer", "aer", 2000, "done")
    assert listed["figures"]["width"] == 4
    assert "1-aer" in qglc("jobs", "run")
    assert "no job waits" in qglc("fetch", "run")

    known = json.loads(qglc("evaluate", "run", "--format", "json"))
    (compared,) = known["jobs"]
    tv = next(side for side in compared["metrics"] if side["name"] == "tv(rows)")
    assert abs(tv["machine"]["value"] - tv["sampled"]["value"]) < 5 * (tv["machine"]["error"] + tv["sampled"]["error"])
    assert next(side for side in compared["metrics"] if side["name"] == "kl(rows)")["machine"] is None
    assert abs(compared["deployment_gap"][0]["beyond"]["value"]) < 0.05
    assert compared["words"][0]["word"] == "Z[v[0]]*Z[v[1]]"
    assert (job / "machine.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setenv("COLUMNS", "40")
    table = qglc("evaluate", "run", "--no-pictures")
    assert "kl(rows) (nats)" in table and "moments(model), largest" in table  # no name is broken
    assert "deployment gap: from the model to the machine" in table and "1-aer: aer, 2000 strings" in table


def test_the_same_again_is_shown_and_not_run(run: Path) -> None:
    asked = ["run", "run", "--on", "statevector", "--shots", "50"]
    qglc(*asked)
    before = content(run)
    shown = qglc(*asked)
    assert "asked already, as job 1-statevector" in shown and "job 1-statevector: done" in shown
    assert content(run) == before
    assert "job 2-statevector: done" in qglc(*asked, "--repeat")
    assert "job 3-statevector: done" in qglc(*asked, "--seed", "1")


def test_a_dry_run_shows_all_and_writes_nothing(run: Path) -> None:
    before = content(run)
    shown = qglc("run", "run", "--on", "aer", "--dry-run")
    assert "OPENQASM 3.0;" in shown and "nothing was sent or written" in shown and "depth" in shown
    facts = json.loads(qglc("run", "run", "--on", "aer", "--dry-run", "--format", "json"))
    assert facts["items"][0]["text"] in shown and facts["figures"]["width"] == 4
    assert content(run) == before
    qglc("run", "run", "--on", "aer")
    assert (run / "jobs" / "1-aer" / "circuit.qasm").read_text() == facts["items"][0]["text"]


def test_a_listing_says_how_far_jobs_are_however_narrow_the_terminal(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qglc("run", "run", "--on", "statevector", "--shots", "100000")
    record = run / "jobs" / "1-statevector" / "job.json"
    facts = json.loads(record.read_text())
    figures = {"width": 127, "depth": 1234, "two_qubit_gates": 345, "duration": 3.2e-4, "fidelity": 0.0123}
    request = {**facts["request"], "engine": "braket:arn:aws:braket:us-east-1::device/qpu/ionq/Aria-1"}
    record.write_text(sealed.document({**facts, "figures": figures, "request": request}))
    record.parent.rename(record.parent.with_name("1-braket-arn-aws-braket-us-east-1-device-qpu-ionq-Aria-1"))
    for columns in (20, 60, 80, 99, 100, 160):
        monkeypatch.setenv("COLUMNS", str(columns))
        shown = qglc("jobs", "run")
        for text in ("1-braket-arn-aws", "100000", facts["times"]["planned"][:10], "done", "1234", "0.0123", "qubits"):
            assert text in shown, columns


def test_wrong_use_is_answered(run: Path, tmp_path: Path) -> None:
    assert "no engine" in qglc("run", "run", "--on", "abacus", status=1)
    assert "--zne" in qglc("run", "run", "--on", "aer", "--zne", status=2)
    assert "--condition" in qglc("run", "run", "--on", "aer", "--condition", "1", status=2)
    assert "region" in qglc("run", "run", "--on", "aer", "--observable", "v[0..1]", status=2)
    assert "QGL1130" in qglc("fetch", "run", "9", status=1)
    assert "no jobs yet" in qglc("jobs", "run") and "no jobs yet" in qglc("fetch", "run")
    (tmp_path / "empty").mkdir()
    for verb in (["run", "empty", "--on", "aer"], ["jobs", "empty"], ["fetch", "empty"]):
        assert "QGL0901" in qglc(*verb, status=1)
    assert not list((tmp_path / "empty").iterdir())
    assert not (run / "jobs").exists()


def test_a_damaged_job_is_told_and_the_others_go_on(run: Path) -> None:
    for seed in ("0", "1"):
        qglc("run", "run", "--on", "statevector", "--shots", "50", "--seed", seed)
    (run / "jobs" / "1-statevector" / "job.json").write_text("{")
    shown = qglc("jobs", "run", status=1)
    assert "QGL1131" in shown and "2-statevector" in shown
    assert "QGL1131" in qglc("fetch", "run", status=1)
    shown = qglc("evaluate", "run", "--no-pictures", status=1)
    assert "tv(rows)" in shown and "QGL1131" in shown and "2-statevector: statevector, 50 strings" in shown


def test_a_conditional_model_runs_under_a_condition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("0,0,0,1\n0,0,1,1\n1,1,0,0\n")
    program = CONDITIONAL.replace('strings(["000", "011", "110"])', 'csv("rows.csv", columns = 1..3, condition = 0..0)')
    qgl.loads(program.replace("mmd(rows, hamming(sigma = 1))", "nll(rows)")).train(
        out="run", display="quiet", pictures=False
    )
    assert "--condition" in qglc("run", "run", "--on", "statevector", status=2)
    qglc("run", "run", "--on", "statevector", "--condition", "1", "--shots", "500")
    (compared,) = json.loads(qglc("evaluate", "run", "--format", "json", "--no-pictures"))["jobs"]
    assert {side["name"] for side in compared["metrics"]} >= {"tv(rows)"}
    assert abs(compared["deployment_gap"][0]["beyond"]["value"]) < 0.15


@pytest.mark.slow
def test_the_verb_is_killed_and_fetched(run: Path) -> None:
    command = [sys.executable, "-c", "from qgl.cli.main import run; run()"]
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": str(ROOT)}
    asked = ["run", "run", "--on", "statevector", "--shots", "20000"]
    with subprocess.Popen([*command, *asked], env=environment) as child:
        job = run / "jobs" / "1-statevector"
        while not list(job.glob("part-*.npz")) and child.poll() is None:
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
    assert "go on with" in qglc("jobs", "run") or (job / "samples.npz").exists()
    assert "done" in qglc("fetch", "run", "1")
    first = dict(np.load(job / "samples.npz"))
    qglc("run", "run", "--on", "statevector", "--shots", "20000", "--repeat")
    assert first["x"].shape == (20000, 3)


def test_the_cost_is_told_first_and_more_than_the_budget_is_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("run", "run", "--on", "statevector", "--shots", "10")
    assert "takes about" not in qglc(*asked, "--dry-run", "--budget", "1")  # nothing of anybody's machine
    assert "--budget" in qglc(*asked, "--budget", "five", status=2)
    monkeypatch.setattr("qgl.hardware.engines.cost.cost_of", lambda engine, payload: Cost(10.0, 16.0, "so it is"))
    shown = qglc(*asked, "--budget", "15.99", status=1)
    assert "takes about 10.0 s of machine time, 16.00 USD (so it is)" in shown and "QGL1136" in shown
    assert not (run / "jobs").exists()
    told = json.loads(qglc(*asked, "--dry-run", "--format", "json"))
    assert told["cost"] == {"seconds": 10.0, "dollars": 16.0, "basis": "so it is"}
    assert "done" in qglc(*asked, "--budget", "10s")
