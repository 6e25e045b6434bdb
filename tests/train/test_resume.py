"""A run that is killed and resumed comes to the same numbers as an unbroken one, bit for bit."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from softmax_model import SoftmaxModel, call, settings

from qgl.diagnostics.model import QglError
from qgl.train.loop import train
from qgl.train.run import Run

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def child(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(HERE), str(ROOT)))}
    command = [sys.executable, str(HERE / "train_child.py"), *arguments]
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, cwd=ROOT)


def finish(*arguments: str) -> None:
    with child(*arguments) as process:
        assert process.wait() == 0


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
def test_killed_at_random_moments(tmp_path: Path, optimiser: str) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    finish("new", str(whole), "60", "0", optimiser)
    dice, how = random.Random(optimiser), "new"
    for _ in range(3):
        process = child(how, str(broken), "60", "0.1", optimiser)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(dice.uniform(0.0, 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        how = "resume"
    assert json.loads((broken / "manifest.json").read_text())["status"] == "running"
    finish("resume", str(broken), "60", "0", optimiser)
    for name in ("metrics.jsonl", "weights.safetensors", "checkpoint.safetensors"):
        assert (whole / name).read_bytes() == (broken / name).read_bytes(), name
    assert Run.load(broken).steps == 60
