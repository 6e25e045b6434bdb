"""Trainings of the playground: from the first step to samples, stopped, and never left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

import qgl
from qgl.play import child
from qgl.play.training import Training
from qgl.runs.run import Run
from tests.command import qglc
from tests.play.asking import PATIENCE, PROGRAM, Asker, serving

LONG = PROGRAM.replace("steps 40", "steps 10000000")


def test_a_training_from_the_first_step_to_samples(tmp_path: Path) -> None:
    (tmp_path / "a.qgl").write_text(PROGRAM)
    with serving(tmp_path) as server:
        asker = Asker(server.address)
        run = asker.ask("train", name="a.qgl")["run"]
        assert asker.status("train", {"name": "a.qgl"})[1]["codes"] == ["QGL0955"]
        heard = {each["event"]: each for each in asker.until("end")}
        last = asker.ask("training", since=len(asker.ask("training", since=0)["events"]))
        assert last["events"] == [] and last["run"] == run
        assert asker.send("GET", f"/{asker.token}/run/{run}/samples.png")[0] == 200
    assert (heard["end"]["status"], heard["end"]["steps"]) == ("finished", 40)
    assert heard["update"]["step"] == heard["update"]["goal"] == 40
    trained = qgl.open_run(tmp_path / "runs" / run)
    assert heard["history"]["best"] == pytest.approx(trained.history.loss[:, 0].tolist())
    assert heard["report"]["rows"][0]["name"] == "kl(rows)"
    (samples,) = heard["samples"]["groups"]
    assert sum(count for _, count in samples["strings"]) == samples["drawn"]
    assert {len(string) for string, _ in samples["strings"]} == {3}
    assert "samples.png" in heard["end"]["pictures"]


NO_RUN = cast(Run, SimpleNamespace(params={}))


@pytest.mark.parametrize(("declared", "groups"), [("label : category(2)", ["label = 0", "label = 1"]), ("x[2]", None)])
def test_samples_are_drawn_for_each_category(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, declared: str, groups: list[str] | None
) -> None:
    name, width = declared.partition(":")[0].partition("[")[0].strip(), 2 if "[" in declared else 1
    (tmp_path / "t.csv").write_text("0,1,1,0\n1,0,0,1\n")
    (tmp_path / "a.qgl").write_text(
        f'visible v[2]; condition {declared}; data d = csv("t.csv", columns = 0..1, condition = 2..{1 + width});'
        f"model {{ rx({name if width == 1 else 'x[0] + x[1]'}) v; }} objective nll(d);"
    )
    monkeypatch.setattr(
        "qgl.evaluate.in_chunks.sample", lambda *given: np.full((child.DRAWN, 2), int(given[-1][0]), np.uint8)
    )
    answer = child.samples(qgl.load(tmp_path / "a.qgl"), NO_RUN)
    if groups is None:
        assert "--condition" in answer["none"]
        return
    assert [each["of"] for each in answer["groups"]] == groups
    assert [each["strings"] for each in answer["groups"]] == [[["00", child.DRAWN]], [["11", child.DRAWN]]]


def test_columns_of_real_numbers_are_sampled_in_their_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_text("height,depth\n" + "".join(f"{k / 10},{-k}\n" for k in range(40)))
    text = 'visible v[4]; data d = csv("t.csv", bits = 2); model { ry(?) v; } objective nll(d);'
    (tmp_path / "a.qgl").write_text(text)
    rows = np.array([[0, 0, 1, 1]] * child.DRAWN, np.uint8)
    monkeypatch.setattr("qgl.evaluate.in_chunks.sample", lambda *_: rows)
    model = qgl.load(tmp_path / "a.qgl")
    (answer,) = child.samples(model, NO_RUN)["groups"]
    assert answer["columns"] == ["height", "depth"] and len(answer["rows"]) == child.SHOWN
    assert all(0 <= float(height) < 1 and -10 < float(depth) <= 0 for height, depth in answer["rows"])


@pytest.mark.parametrize("text", ["visible q[2]", "layer a(q: qubit) { h q; }"])
def test_a_program_with_faults_is_not_begun(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.qgl").write_text(text)
    with serving(tmp_path) as server:
        asker = Asker(server.address)
        status, answer = asker.status("train", {"name": "a.qgl"})
        assert status == 422 and answer["codes"]
        assert asker.ask("stop") == {}
        assert asker.ask("training", since=0) == {"run": None, "runs": False, "events": [], "next": 0}
    assert not (tmp_path / "runs").exists()


def begun(script: str) -> Training:
    """A training by a process of another kind."""
    return Training(Path("a.qgl"), Path("runs/a"), (sys.executable, "-c", f"import sys, time\n{script}"))


def ended(training: Training) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE
    while training.runs:
        assert time.monotonic() < end
        time.sleep(0.01)
    return training.events[-1]


def test_a_process_that_dies_is_heard_of() -> None:
    last = ended(begun("sys.stderr.write('no more <b>memory</b>'); sys.exit(9)"))
    assert last["event"] == "fault" and "status 9" in last["text"] and "no more <b>memory</b>" in last["text"]
    last = ended(begun("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    assert "SIGKILL" in last["text"]


def test_what_is_no_number_is_none_for_a_browser() -> None:
    training = begun('print(\'{"event": "update", "best": NaN, "left": Infinity}\')')
    ended(training)
    assert training.events[0] == {"event": "update", "best": None, "left": None}


def test_a_process_ends_when_its_input_does() -> None:
    training = begun("sys.stdin.read()")
    training.stop()
    assert ended(training)["event"] == "end"
    stubborn = begun("time.sleep(1000)")
    stubborn.end(patience=0.1)
    assert not stubborn.runs


@contextmanager
def playground(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Asker]]:
    """`qglc play` in a process of its own."""
    command = [sys.executable, "-P", "-c", "from qgl.cli.main import run; run()", "play", "a.qgl"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = ""
        while not (address := re.search(r"http://\S+/", said)):
            line = process.stdout.readline()
            assert line, said
            said += line
        yield process, Asker(address[0])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def read(path: Path) -> str:
    """Of /proc; empty where the thread or process has ended meanwhile."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(each) for task in tasks for each in read(task / "children").split()]


def gone(process: int) -> None:
    """Waits for the end of a process that is not ours."""
    end = time.monotonic() + PATIENCE
    while (state := read(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()) and state[0] != "Z":
        assert time.monotonic() < end, f"{process} is still there"
        time.sleep(0.1)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked at in /proc")
def test_a_server_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    """Its training is saved. No module is taken from the folder that the server was started in: its files are not to
    be trusted."""
    (tmp_path / "a.qgl").write_text(LONG)
    for name in ("jax", "json", "numpy"):
        (tmp_path / f"{name}.py").write_text(f"open('taken-{name}', 'w')")
    with playground(tmp_path) as (server, asker):
        run = asker.ask("train", name="a.qgl")["run"]
        asker.until("update")
        (child,) = children(server.pid)
        os.kill(server.pid, signal.SIGKILL)
        gone(child)
    assert qgl.open_run(tmp_path / "runs" / run).status == "interrupted"
    assert not list(tmp_path.glob("taken-*"))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked at in /proc")
@pytest.mark.parametrize(("end", "training"), [(signal.SIGINT, False), (signal.SIGTERM, True)])
def test_the_server_ends_when_it_is_told_to(tmp_path: Path, end: signal.Signals, training: bool) -> None:
    (tmp_path / "a.qgl").write_text(LONG)
    with playground(tmp_path) as (server, asker):
        if training:
            asker.ask("train", name="a.qgl")
        running = children(server.pid)
        assert len(running) == training
        server.send_signal(end)
        assert server.wait(PATIENCE) == 0
        for child in running:
            gone(child)


def test_the_command_says_what_it_cannot_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, _, told = qglc("play", "absent.qgl")
    assert (status == 1 and "QGL0602" in told) or "absent.qgl" in told
    (tmp_path / "notes.txt").write_text("")
    assert qglc("play", "notes.txt")[0] == 1
    with serving(tmp_path) as server:
        status, _, told = qglc("play", "--port", str(server.server_address[1]))
    assert status == 2 and "in use" in told
