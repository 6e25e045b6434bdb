"""`qglc train` on several devices and in several processes, as processes on this machine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qgl
from qgl.runs.run import Run
from qgl.train.devices import cores

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """\
data target = bars_and_stripes(2, 2);
visible v[4];
model {
    for q in v { ry(?) q; rz(?) q; }
    for (a, b) in chain(v) { cx a, b; }
    for q in v { ry(?) q; }
}
objective nll(target);
train { optimizer adam(rate = 0.1); steps 30; seeds 3; checkpoint 10; }
report kl;
"""
PATIENCE = 60.0  # seconds, on a machine that does much else


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "small.qgl").write_text(PROGRAM)
    return tmp_path


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "110"}
    command = [sys.executable, "-c", "from qgl.cli.main import run; run()", "train", *arguments, "--no-pictures"]
    return subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def qglc(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit status, and what was said on standard error."""
    with start(folder, *arguments) as process:
        _, said = process.communicate(timeout=5 * PATIENCE)
        return process.returncode, said


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pair(folder: Path, *arguments: str, other: tuple[str, ...] | None = None) -> list[subprocess.Popen[str]]:
    """Two processes that train one run; `other` are the arguments of the second, where they differ."""
    meet = ("--coordinator", f"127.0.0.1:{free_port()}", "--processes", "2")
    return [
        start(folder, *meet, "--process", str(number), *given)
        for number, given in enumerate((arguments, other or arguments))
    ]


def ends(processes: list[subprocess.Popen[str]]) -> list[tuple[int, str, str]]:
    """Exit status, output and errors of each."""
    found = []
    for process in processes:
        with process:
            out, err = process.communicate(timeout=PATIENCE)
            found.append((process.returncode, out, err))
    return found


def until_steps(folder: Path, process: subprocess.Popen[str], lines: int = 3) -> None:
    """Waits until a run has written down some steps."""
    metrics, deadline = folder / "run/metrics.jsonl", time.monotonic() + PATIENCE
    while not metrics.exists() or metrics.read_bytes().count(b"\n") < lines:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "no steps"
        time.sleep(0.05)


def manifest(folder: Path) -> Any:
    return json.loads((folder / "run/manifest.json").read_text())


def test_more_host_devices_than_cores_are_refused_with_figures(home: Path) -> None:
    status, said = qglc(home, "small.qgl", "--devices", "999", "--out", "run")
    assert status == 1 and "QGL0930" in said and "999 devices were asked for" in said
    assert f"may use {cores()} core" in said and "JAX_NUM_CPU_DEVICES=999" in said
    assert not (home / "run").exists()


def test_two_devices_give_the_numbers_of_one(home: Path) -> None:
    status, said = qglc(home, "small.qgl", "--devices", "2", "--out", "run")
    assert status == 0 and "on 2 devices" in said, said
    one, two = qgl.load(home / "small.qgl").train(display="quiet"), Run.load(home / "run")
    np.testing.assert_allclose(two.history.loss, one.history.loss, rtol=1e-4)
    assert two.report["metrics"][0]["value"] == pytest.approx(one.report["metrics"][0]["value"], rel=1e-3)
    session = manifest(home)["sessions"][0]
    assert (session["devices"], session["processes"]) == (2, 1)


@pytest.mark.parametrize(
    ("arguments", "wording"),
    [
        (["--devices", "0"], "--devices"),
        (["--devices", "99999"], "--devices"),
        (["--process", "0"], "also need --coordinator, --processes"),
        (["--coordinator", "here", "--process", "0", "--processes", "2"], "is not HOST:PORT"),
        (["--coordinator", "here:0", "--process", "0", "--processes", "2"], "is not HOST:PORT"),
        (["--coordinator", "here:1", "--process", "2", "--processes", "2"], "the last is 1"),
    ],
)
def test_options_that_do_not_fit(home: Path, arguments: list[str], wording: str) -> None:
    status, said = qglc(home, "small.qgl", *arguments)
    assert status == 2 and wording in " ".join(said.replace("│", " ").split())
    assert not (home / "runs").exists()


@pytest.mark.slow
def test_two_processes_give_the_numbers_of_one(home: Path) -> None:
    assert qglc(home, "small.qgl", "--out", "alone")[0] == 0
    leader, other = ends(pair(home, "small.qgl", "--out", "run"))
    assert (leader[0], other[0]) == (0, 0), leader[2] + other[2]
    assert "kl(target)" in leader[1] and "Gloo" not in leader[1] + leader[2] and other[1:] == ("", "")
    alone, run = Run.load(home / "alone"), Run.load(home / "run")
    np.testing.assert_allclose(run.history.loss, alone.history.loss, rtol=1e-4)
    assert run.report["loss"] == pytest.approx(alone.report["loss"], rel=1e-4)
    session = manifest(home)["sessions"][0]
    assert (session["devices"], session["processes"]) == (2, 2)


@pytest.mark.slow
@pytest.mark.parametrize(("lost", "devices"), [(0, "1"), (1, "1"), (1, "2")])
def test_a_lost_process_ends_the_run_and_it_goes_on(home: Path, lost: int, devices: str) -> None:
    """A collective of several devices of one process does not fail at once; there, JAX misses the heartbeat."""
    processes = pair(home, "small.qgl", "--out", "run", "--steps", "100000", "--devices", devices, "--seeds", "1")
    until_steps(home, processes[0], 25)
    processes[lost].send_signal(signal.SIGKILL)
    killed = time.monotonic()
    found = ends(processes)
    assert time.monotonic() - killed < 50
    status, _, said = found[1 - lost]
    assert status == 1 and "QGL0933" in said and "Traceback" not in said and "Check failure" not in said
    facts = manifest(home)
    assert facts["status"] in ("running", "interrupted")
    if lost == 1 and devices == "1":
        assert (facts["status"], facts["reason"]) == ("interrupted", "lost process")
    resumed = Run.load(home / "run").steps
    assert resumed >= 20
    status, said = qglc(home, "--resume", "run", "--steps", str(resumed + 10), "--devices", "2")
    assert status == 0 and Run.load(home / "run").steps == resumed + 10, said


@pytest.mark.slow
def test_an_interrupted_pair_stops_at_one_step_and_goes_on_as_a_pair(home: Path) -> None:
    processes = pair(home, "small.qgl", "--out", "run", "--steps", "100000")
    until_steps(home, processes[0])
    processes[1].send_signal(signal.SIGINT)
    found = ends(processes)
    assert [status for status, _, _ in found] == [130, 130], found
    facts = manifest(home)
    assert (facts["status"], facts["reason"]) == ("interrupted", "signal")
    assert f"stopped at step {facts['step']}" in found[0][2] and found[1][2] == ""
    goal = str(facts["step"] + 10)
    leader, other = ends(pair(home, "--resume", "run", "--steps", goal))
    assert (leader[0], other[0]) == (0, 0), leader[2] + other[2]
    assert Run.load(home / "run").steps == int(goal)
    assert [session["processes"] for session in manifest(home)["sessions"]] == [2, 2]


@pytest.mark.slow
def test_processes_that_differ_are_refused(home: Path) -> None:
    found = ends(pair(home, "small.qgl", "--out", "run", other=("small.qgl", "--seed", "1")))
    for status, _, said in found:
        assert status == 1 and "QGL0932" in said and "the settings" in said
    (home / "run2").mkdir()
    (home / "run2/precious.txt").write_text("x")
    leader, other = ends(pair(home, "small.qgl", "--out", "run2"))
    assert leader[0] == 1 and "QGL0900" in leader[2]
    assert other[0] == 1 and "QGL0933" in other[2] and "process 0 could not begin" in other[2]
