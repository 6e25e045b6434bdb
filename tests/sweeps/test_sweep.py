"""A sweep from end to end: trained by processes, broken off, resumed, and the same as single runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import qgl
from qgl.diagnostics.model import QglError
from qgl.runs.files import sealed
from qgl.runs.run import Run
from qgl.sweeps.folder import FILE
from qgl.sweeps.sweep import Sweep, sweep
from qgl.train.loop import train
from tests.command import qglc

PROGRAM = """const n = 2, depth = 1;
visible v[n];
data d = cardinality(n, 1);
model { repeat depth { ry(?) v; for (a, b) in chain(v) { cx a, b; } } }
objective mmd(d, hamming(sigma = 1));
train { optimizer adam(rate = 0.1); steps 6; seeds 2; }
report kl;
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sweep") / "p.qgl"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def done(program: Path) -> Sweep:
    """Depth 0 has nothing to train."""
    return sweep(program, {"depth": range(3)}, out=program.parent / "sweep", pictures=False, display="quiet")


def test_points_are_the_runs_that_train_makes(program: Path, done: Sweep) -> None:
    assert [result.status for result in done.results] == ["failed", "finished", "finished"]
    assert "no trained parameter" in done.results[0].message
    assert not done.finished and not done.interrupted
    alone = train(qgl.load(program, depth=2), display="quiet")
    np.testing.assert_array_equal(done.run(depth=2).losses, alone.losses)
    figures = done.results[2].figures
    assert figures["loss"].median == pytest.approx(np.median(alone.losses))
    assert figures["loss"].high == pytest.approx(alone.losses.max())
    kl = next(metric for metric in alone.report["metrics"] if metric["name"] == "kl(d)")
    assert figures["kl(d)"].low == pytest.approx(min(kl["seeds"]))
    with pytest.raises(KeyError):
        done.run(depth=7)


def test_the_folder_says_it_all(done: Sweep) -> None:
    found = Sweep.load(done.path)
    assert found.results == done.results and found.swept == ("depth",)
    assert (done.path / "sweep.png").read_bytes().startswith(b"\x89PNG")
    assert "| 2 | 6 |" in (done.path / "sweep.md").read_text(encoding="utf-8")
    assert len((done.path / "sweep.csv").read_text(encoding="utf-8").splitlines()) == 4


def test_evaluate_measures_every_point_and_marks_the_best(done: Sweep) -> None:
    status, shown, errors = qglc("evaluate", done.path)
    assert status == 0, errors
    best = done.best
    assert best is not None and done.results[0].status == "failed"
    lines = {line.split()[0]: line for line in shown.splitlines() if line.strip()}
    assert "failed" in lines["0"] and [" *" in lines[depth] for depth in "12"].count(True) == 1
    assert " *" in lines[str(best.point.constants["depth"])]
    assert best.point.folder in lines and "floor" in shown  # the best one once more, in full
    told = json.loads(qglc("evaluate", done.path, "--format", "json")[1])
    assert told["best"] == best.point.folder
    assert [point["constants"]["depth"] for point in told["points"]] == [0, 1, 2]
    assert told["points"][0]["status"] == "failed"
    alone = json.loads(qglc("evaluate", done.path / "depth=2", "--format", "json")[1])
    assert told["points"][2] == {"constants": {"depth": 2}, **alone}
    status, _, errors = qglc("show", done.path)
    assert status == 1 and "it is a sweep" in errors


def test_a_point_that_cannot_be_measured_stops_no_other(done: Sweep, tmp_path: Path) -> None:
    copied = tmp_path / "copy"
    shutil.copytree(done.path, copied)
    (copied / "depth=1" / "weights.safetensors").write_bytes(b"x")
    status, shown, errors = qglc("evaluate", copied)
    assert status == 1 and "QGL0904" in errors and "depth=2" in shown
    content = json.loads((copied / FILE).read_text(encoding="utf-8"))
    (copied / FILE).write_text(sealed.document({**content, "outcome": {}}), encoding="utf-8")
    status, _, errors = qglc("evaluate", copied)
    assert status == 1 and "QGL0944" in errors


def test_resuming_trains_what_is_left_and_nothing_else(program: Path, done: Sweep) -> None:
    """As after a kill: a run that had just begun, and an outcome that was not written down."""
    times = (done.path / "depth=2" / "manifest.json").stat().st_mtime_ns
    manifest = done.path / "depth=1" / "manifest.json"
    before = done.run(depth=1).losses
    manifest.unlink()
    for entry in (done.path / "depth=1").iterdir():
        if entry.is_file() and entry.name not in ("data.safetensors", ".lock"):
            entry.unlink()
    content = json.loads((done.path / FILE).read_text(encoding="utf-8"))
    (done.path / FILE).write_text(sealed.document({**content, "outcome": {}}), encoding="utf-8")
    assert [result.status for result in Sweep.load(done.path).results] == ["failed", "waiting", "waiting"]
    status, output, errors = qglc("sweep", "--resume", done.path, "--quiet", "--no-pictures")
    assert (status, output) == (1, ""), errors
    assert "depth=0 failed" in errors
    assert (done.path / "depth=2" / "manifest.json").stat().st_mtime_ns == times
    np.testing.assert_array_equal(Run.load(done.path / "depth=1").losses, before)


def test_all_points_at_fault_are_refused(program: Path, tmp_path: Path) -> None:
    for constants in ({"deepness": range(3)}, {"n": [-1, -2]}):
        with pytest.raises(QglError):
            sweep(program, constants, out=tmp_path / "out", display="quiet")
    assert not (tmp_path / "out").exists()


def test_a_folder_is_taken_once(program: Path, done: Sweep, tmp_path: Path) -> None:
    def code(*arguments: str | Path) -> str:
        status, _, errors = qglc("sweep", *arguments)
        assert status == 1
        return errors

    assert "QGL0943" in code(program, "--set", "depth=1,2", "--out", done.path)
    assert "QGL0940" in code("--resume", tmp_path)
    assert "QGL0940" in code("--resume", tmp_path / "nowhere")
    for content in ("{", "[]", '{"format": 1}', '{"format": 99, "points": []}'):
        (tmp_path / FILE).write_text(content, encoding="utf-8")
        assert "QGL0940" in code("--resume", tmp_path)


def test_dry_run_says_what_it_would_cost(program: Path) -> None:
    status, _, errors = qglc("sweep", program, "--set", "depth=1..2", "--set", "n=2", "--dry-run", "--seeds", "3")
    assert status == 0
    assert "2 points" in errors and "state vector" in errors and "about" in errors


@pytest.mark.slow
def test_a_program_that_changed_is_refused(program: Path, tmp_path: Path) -> None:
    own = tmp_path / "p.qgl"
    own.write_text(PROGRAM, encoding="utf-8")
    done = sweep(own, {"depth": [1, 2]}, out=tmp_path / "out", pictures=False, display="quiet")
    own.write_text(PROGRAM.replace("sigma = 1", "sigma = 2"), encoding="utf-8")
    assert sweep(resume=done.path, display="quiet").finished
    shutil.rmtree(done.path / "depth=1")
    again = sweep(resume=done.path, display="quiet")
    assert [result.status for result in again.results] == ["failed", "finished"]
    assert "QGL0941" in again.results[0].message
