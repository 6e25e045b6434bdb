"""A run that is killed and resumed comes to the same numbers as an unbroken one, bit for bit."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qgl.diagnostics.model import QglError
from qgl.program.program import DataSet
from qgl.runs import manifest as manifests
from qgl.runs.folder import RunFolder
from qgl.runs.run import Run
from qgl.train.loop import train
from tests.train.softmax_model import Notes, SoftmaxModel, call, settings

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def child(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(HERE / "train_child.py"), *arguments]
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, cwd=ROOT)


def finish(*arguments: str) -> None:
    with child(*arguments) as process:
        assert process.wait() == 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was not broken off."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    finish("new", str(folder), "60", "0", "adam")
    return folder


@pytest.mark.parametrize(
    ("optimiser", "times"),
    [("adam", 2), *(pytest.param(name, 4, marks=pytest.mark.slow) for name in ("adam", "lbfgs"))],
)
def test_killed_at_random_moments(tmp_path: Path, whole: Path, optimiser: str, times: int) -> None:
    broken = tmp_path / "broken"
    if optimiser != "adam":
        whole = tmp_path / "whole"
        finish("new", str(whole), "60", "0", optimiser)
    dice, how = random.Random(optimiser), "new"
    for _ in range(times):
        process = child(how, str(broken), "60", "0.5", optimiser)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(dice.uniform(0.0, 0.9))  # at most two of the nine checkpoints, so that no life ends the run
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        how = "resume"
    assert json.loads((broken / "manifest.json").read_text())["status"] == "running"
    finish("resume", str(broken), "60", "0", optimiser)
    equal_runs(whole, broken)
    assert Run.load(broken).steps == 60


ADAM = call("adam", rate=0.05, b1=0.9, b2=0.999, eps=1e-8)


def codes(error: pytest.ExceptionInfo[QglError]) -> list[str]:
    return [diagnostic.code for diagnostic in error.value.diagnostics]


def equal_runs(a: Path, b: Path) -> None:
    for name in ("metrics.jsonl", "weights.safetensors", "checkpoint.safetensors"):
        assert (a / name).read_bytes() == (b / name).read_bytes(), name


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_saves_and_the_run_goes_on(tmp_path: Path, whole: Path, number: signal.Signals) -> None:
    broken = tmp_path / "broken"
    with child("new", str(broken), "60", "0.1", "adam") as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.35)
        process.send_signal(number)
        assert process.wait() == 130
    manifest = json.loads((broken / "manifest.json").read_text())
    assert manifest["status"] == "interrupted" and 0 < manifest["step"] < 60
    assert Run.load(broken).steps == manifest["step"]
    finish("resume", str(broken), "60", "0", "adam")
    equal_runs(whole, broken)
    assert len(json.loads((broken / "manifest.json").read_text())["sessions"]) == 2


def test_more_steps_extend_a_finished_run(tmp_path: Path) -> None:
    model = SoftmaxModel(0.1)
    train(model, settings(ADAM), out=tmp_path / "whole", display="quiet")
    train(model, settings(ADAM, steps=17), out=tmp_path / "parts", display="quiet")
    run = train(model, resume=tmp_path / "parts", steps=40, display="quiet")
    assert run.steps == 40
    equal_runs(tmp_path / "whole", tmp_path / "parts")


def test_resuming_a_finished_run_says_so(tmp_path: Path) -> None:
    first = train(SoftmaxModel(), settings(ADAM), out=tmp_path / "run", display="quiet")
    shown = Notes()
    again = train(SoftmaxModel(), resume=tmp_path / "run", display=shown)
    (note,) = shown.notes
    assert "finished" in note and "40 steps" in note
    assert again.loss == first.loss and again.steps == 40


def test_a_changed_program_is_refused_with_both_hashes(tmp_path: Path) -> None:
    train(SoftmaxModel(), settings(ADAM, steps=5), out=tmp_path / "run", display="quiet")
    before = (tmp_path / "run/manifest.json").read_bytes()
    changed = SoftmaxModel(text="visible v[3];\nmodel { x v; }\n")
    with pytest.raises(QglError) as error:
        train(changed, resume=tmp_path / "run", steps=9, display="quiet")
    assert codes(error) == ["QGL0902"]
    message = error.value.diagnostics[0].message
    for model in (SoftmaxModel(), changed):
        assert manifests.digest(model.files)[:16] in message
    assert (tmp_path / "run/manifest.json").read_bytes() == before


def test_changed_data_constants_and_settings_are_refused(tmp_path: Path) -> None:
    data = DataSet("d", np.eye(3, dtype=np.uint8), np.full(3, 1 / 3), None, False, "a" * 64, "3 rows")
    model = SoftmaxModel()
    model.program = replace(model.program, data={"d": data})
    train(model, settings(ADAM, steps=5), out=tmp_path / "run", display="quiet")
    model.program = replace(model.program, data={"d": replace(data, sha256="b" * 64)}, constants={"n": 4})
    with pytest.raises(QglError) as error:
        train(model, settings(ADAM, seed=1), resume=tmp_path / "run", display="quiet")
    assert codes(error) == ["QGL0902"] * 3
    text = " ".join(diagnostic.message for diagnostic in error.value.diagnostics)
    assert "data set `d`" in text and "a" * 16 in text and "b" * 16 in text
    assert "constant `n`" in text and "setting `seed`" in text


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    train(SoftmaxModel(), settings(ADAM, steps=5), out=tmp_path / "run", display="quiet")
    with RunFolder.open(tmp_path / "run"):
        with pytest.raises(QglError) as error:
            train(SoftmaxModel(), resume=tmp_path / "run", steps=9, display="quiet")
        assert codes(error) == ["QGL0903"]
        assert str(os.getpid()) in error.value.diagnostics[0].message
    assert train(SoftmaxModel(), resume=tmp_path / "run", steps=9, display="quiet").steps == 9


def test_folders_in_use_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/precious.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    for name, code in (("full", "QGL0900"), ("file", "QGL0906"), ("file/below", "QGL0906")):
        with pytest.raises(QglError) as error:
            train(SoftmaxModel(), settings(ADAM), out=tmp_path / name, display="quiet")
        assert codes(error) == [code]
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["precious.txt"]


@pytest.mark.parametrize("content", [None, "", "[]", "{", '{"format": 99, "versions": {"qgl": "9"}}'])
def test_what_is_no_run_is_refused(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "run"
    if content is not None:
        folder.mkdir()
        (folder / "manifest.json").write_text(content)
    for use in (Run.load, RunFolder.open, lambda path: train(SoftmaxModel(), resume=path, display="quiet")):
        with pytest.raises(QglError) as error:
            use(folder)
        assert codes(error) == ["QGL0901"]


def test_a_file_where_a_run_is_expected_is_called_what_it_is(tmp_path: Path) -> None:
    for name, what in (("bars.qgl", "it is a program"), ("notes.txt", "it is a file")):
        (tmp_path / name).write_text("visible v;\n")
        with pytest.raises(QglError) as error:
            Run.load(tmp_path / name)
        assert codes(error) == ["QGL0901"] and what in error.value.diagnostics[0].message


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    train(SoftmaxModel(), settings(ADAM, steps=20), out=folder, display="quiet")
    good = (folder / "checkpoint.safetensors").read_bytes()
    for bad in (b"", good[:100], good[:-7], good.replace(b"plateau_best", b"plateau_bust")):
        (folder / "checkpoint.safetensors").write_bytes(bad)
        with pytest.raises(QglError) as error:
            train(SoftmaxModel(), resume=folder, steps=30, display="quiet")
        assert codes(error) == ["QGL0904"]
    (folder / "checkpoint.safetensors").write_bytes(good)
    (folder / "metrics.jsonl").write_bytes(b"")
    with pytest.raises(QglError) as error:
        train(SoftmaxModel(), resume=folder, steps=30, display="quiet")
    assert codes(error) == ["QGL0904"]


def test_a_run_without_a_checkpoint_has_no_weights_yet(tmp_path: Path) -> None:
    model = SoftmaxModel()
    manifest = manifests.describe(model.program, model.files, settings(ADAM), "single", ())
    RunFolder.create(tmp_path / "run", manifest, {}).close()
    with pytest.raises(QglError) as error:
        Run.load(tmp_path / "run")
    assert codes(error) == ["QGL0910"]
    assert train(model, resume=tmp_path / "run", display="quiet").steps == 40
