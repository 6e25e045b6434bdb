"""Reports that are watched: what is written down, what survives a kill, and what stops early."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import qgl
from qgl.model import Model
from qgl.program.calls.reports import ReportCall
from qgl.report.display import Plain, Progress, Silent
from qgl.report.report import measure
from qgl.runs.run import Run
from qgl.runs.seed_status import EARLY, NAMES
from qgl.runs.watched import Watched, parse
from qgl.train.loop import train
from tests.train.softmax_model import SoftmaxModel
from tests.train.watch_child import PROGRAM

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FILES = ("metrics.jsonl", "watch.jsonl", "weights.safetensors", "checkpoint.safetensors")


class Notes(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.seen: list[Progress] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def update(self, progress: Progress) -> None:
        self.seen.append(progress)


@pytest.fixture(scope="module")
def model() -> Model:
    return qgl.loads(PROGRAM)


@pytest.fixture(scope="module")
def run(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(model, out=tmp_path_factory.mktemp("runs") / "whole", display="quiet")


def test_every_measurement_is_of_the_parameters_that_a_seed_had(run: Run) -> None:
    """The loss of a step is that of the parameters before it: the same that were measured after so many steps."""
    steps = run.watched.steps
    assert steps[:4].tolist() == [0, 3, 6, 9] and (steps % 3 == 0).all()
    assert list(run.watched.values) == ["nll(unseen)", "coverage(seen, valid, queries = 20)", "nll(seen)"]
    going = run.history.status[steps[:-1]] != EARLY
    np.testing.assert_allclose(
        run.watched.values["nll(seen)"][:-1][going], run.history.loss[steps[:-1]][going], rtol=1e-5
    )


def run_call(model: Model) -> ReportCall:
    assert model.program.train.early is not None
    return model.program.train.early.report


def test_a_seed_stops_early_and_hands_out_its_best(model: Model, run: Run) -> None:
    values, steps = run.watched.values["nll(unseen)"], run.watched.steps
    assert run.best_steps is not None
    for seed in range(3):
        best = int(np.argmin(values[:, seed]))
        assert run.best_steps[seed] == steps[best]
        own = {name: value[seed] for name, value in run.all_params.items()}
        (row,) = measure(model, own, [run_call(model)], bare=True)
        assert row.value == pytest.approx(values[best, seed], rel=1e-6)
        assert run.losses[seed] == pytest.approx(float(model.loss(own)), rel=1e-6)
        stopped = np.flatnonzero(run.history.status[:, seed] == EARLY)
        if len(stopped):  # five measurements of three steps after the best one
            assert stopped[0] == steps[best] + 15
            assert (values[steps > steps[best] + 15, seed] == values[best + 5, seed]).all()
        else:
            assert run.steps < steps[best] + 15 or run.steps == 40
    assert run.best_seed == int(np.argmin(values.min(axis=0)))
    assert NAMES[EARLY] == "early" and run.report["best_by"] == "nll(unseen)"
    assert run.path is not None
    again = Run.load(run.path)
    assert again.best_seed == run.best_seed
    np.testing.assert_array_equal(again.best_steps, run.best_steps)
    np.testing.assert_array_equal(again.watched.values["nll(unseen)"], values)
    assert (run.path / "watch.png").stat().st_size > 10_000


def test_without_early_the_loss_ranks_and_the_best_loss_is_handed_out(model: Model) -> None:
    shown = Notes()
    settings = replace(model.program.train, stop=(), steps=9)
    run = train(model, settings, display=shown)
    assert run.best_steps is None and run.best_seed == int(np.argmin(run.losses))
    assert list(run.watched.values) == [
        "coverage(seen, valid, queries = 20)",
        "nll(seen)",
    ] and run.watched.steps.tolist() == [
        0,
        3,
        6,
        9,
    ]
    assert (
        shown.notes[0]
        == "watched every 3 steps of 3 seeds, 4 times in all: coverage(seen, valid, queries = 20), nll(seen)"
    )
    assert set(shown.seen[-1].watched) == {"coverage(seen, valid, queries = 20)", "nll(seen)"}
    free = train(model, replace(settings, watch=()), display="quiet")
    np.testing.assert_array_equal(free.history.loss, run.history.loss)


def test_more_is_better_of_a_coverage(model: Model) -> None:
    early = model.program.train.early
    assert early is not None
    coverage, _ = model.program.train.watch
    settings = replace(model.program.train, watch=(), stop=(replace(early, report=coverage),))
    run = train(model, settings, display="quiet")
    values = run.watched.values["coverage(seen, valid, queries = 20)"]
    assert run.best_steps is not None
    assert [int(run.watched.steps[k]) for k in np.argmax(values, axis=0)] == run.best_steps.tolist()


def test_interrupted_and_gone_on_is_the_same(model: Model, run: Run, tmp_path: Path) -> None:
    class Breaks(Silent):
        def update(self, progress: Progress) -> None:
            if progress.step >= 11:
                os.kill(os.getpid(), signal.SIGINT)

    first = train(model, out=tmp_path / "r", display=Breaks(), pictures=False)
    assert first.status == "interrupted" and first.best_steps is not None
    np.testing.assert_array_equal(Run.load(tmp_path / "r").best_steps, first.best_steps)
    train(model, resume=tmp_path / "r", display="quiet", pictures=False)
    assert run.path is not None
    for name in FILES:
        assert (tmp_path / "r" / name).read_bytes() == (run.path / name).read_bytes(), name


@pytest.mark.slow
def test_killed_at_any_moment(run: Run, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    how = "new"
    for wait in (0.3, 0.7, 0.5):
        command = [sys.executable, str(HERE / "watch_child.py"), how, str(tmp_path / "r"), "0.12"]
        with subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
        how = "resume"
    finish = [sys.executable, str(HERE / "watch_child.py"), "resume", str(tmp_path / "r"), "0"]
    assert subprocess.run(finish, env=environment, cwd=ROOT, check=False).returncode == 0
    assert run.path is not None
    for name in FILES:
        assert (tmp_path / "r" / name).read_bytes() == (run.path / name).read_bytes(), name


def test_a_longer_run_measures_on(model: Model, tmp_path: Path) -> None:
    settings = replace(model.program.train, stop=(), steps=12)
    whole = train(model, settings, display="quiet")
    train(model, replace(settings, steps=6), out=tmp_path / "r", display="quiet", pictures=False)
    longer = train(model, resume=tmp_path / "r", steps=12, display="quiet", pictures=False)
    assert longer.watched.steps.tolist() == whole.watched.steps.tolist() == [0, 3, 6, 9, 12]
    np.testing.assert_array_equal(
        longer.watched.values["coverage(seen, valid, queries = 20)"],
        whole.watched.values["coverage(seen, valid, queries = 20)"],
    )


def test_lines_are_read_back_and_a_torn_one_is_left_out(tmp_path: Path) -> None:
    record = Watched().then(0, {"a": np.array([1.0, np.nan])}).then(5, {"a": np.array([0.1, 2.0])})
    file = tmp_path / "watch.jsonl"
    file.write_bytes(record.lines() + b'{"step": 10, "val')
    found = parse(file)
    np.testing.assert_array_equal(found.values["a"], record.values["a"])
    assert found.steps.tolist() == [0, 5] and found.until(4).steps.tolist() == [0]
    assert found.until(-1).values == {}
    first = json.loads(file.read_text().splitlines()[0])
    assert len(first.pop("check")) == 16 and first == {"step": 0, "values": {"a": [1.0, None]}}


def test_only_a_model_has_reports(model: Model) -> None:
    with pytest.raises(ValueError, match="only a qgl"):
        train(SoftmaxModel(), model.program.train, display="quiet")


def test_the_plain_display_says_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    one = np.ones(2)
    progress = Progress(1, 1, one, {}, one, np.zeros(2, np.int32), 1.0, (), {"nll(unseen)": np.array([2.5, 3.0])})
    display = Plain(Console())
    display.update(progress)
    assert "nll(unseen) 2.5" in capsys.readouterr().out
