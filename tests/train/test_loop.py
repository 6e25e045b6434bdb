"""The training loop in memory and in a folder, on a small stand-in for a model."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import numpy as np
import pytest
from softmax_model import SoftmaxModel, call, settings

from qgl.diagnostics.model import QglError
from qgl.train.loop import train
from qgl.train.run import Run

OPTIMISERS = [
    call("adam", rate=0.05, b1=0.9, b2=0.999, eps=1e-8),
    call("lbfgs", memory=10),
]


@pytest.mark.parametrize("optimizer", OPTIMISERS, ids=lambda spec: spec.name)
def test_loss_falls_and_fixed_arrays_stay(optimizer, tmp_path: Path) -> None:
    model = SoftmaxModel()
    run = train(model, settings(optimizer), out=tmp_path / "run", display="quiet")
    assert run.status == "finished" and run.steps == 40
    assert (run.losses < run.history.loss[0] * 0.3).all()
    loaded = Run.load(tmp_path / "run")
    assert all(np.array_equal(run.params[name], loaded.params[name]) for name in run.params)
    print(json.loads((tmp_path / "run/manifest.json").read_text()))
