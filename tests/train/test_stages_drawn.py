"""Stages of a program whose kept outcomes are drawn in steps that are frozen: one compiled function serves them all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from typer.testing import CliRunner

import qgl
from qgl.cli.main import app
from qgl.drawn import STATES
from qgl.program.program import Program
from qgl.runs.run import Run
from qgl.train.loop import train
from qgl.train.strategies.gradient import Gradient

HERE = Path(__file__).parent
PROGRAM = """\
const steps = 3, last = 1;
data states = states_near("0", width = 0.1, count = 6);
latent start : state(1) ~ haar() draws 4;
latent f[1..steps] ~ uniform(-1, 1);
visible v = start;
param a[1..steps, 3] ~ normal(0, 1);
channel scramble(t: int, q: qubit) { for s in 1..t { ry(f[s]) q; } }
data noised(t) = through(states, scramble(t));
channel denoise(t: int, q: qubit) {
    fresh e; rx(a[t, 0]) e; ry(a[t, 1]) q; cz e, q; ry(a[t, 2]) e; measure e keep drawn;
}
model { for k in 0..steps - last { denoise(steps - k) v; } }
train { optimizer adam(rate = 0.05); steps 8; seeds 2; checkpoint 3; }
stage t in steps..1 { set last = t; move a[t]; objective mmd(noised(t - 1), fidelity(power = 2)); }
report mmd(states, fidelity(power = 2)), mean_fidelity("0");
"""


def run_of(text: str = PROGRAM, **options: object) -> Run:
    return train(qgl.loads(text), display="quiet", pictures=False, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_of(out=tmp_path_factory.mktemp("stages") / "whole")


def _same(one: Run, other: Run) -> bool:
    params = (np.array_equal(one.all_params[name], value) for name, value in other.all_params.items())
    return all(params) and np.array_equal(one.history.loss, other.history.loss)


def test_the_first_stage_is_that_of_summed_outcomes(whole: Run) -> None:
    """Nothing is drawn before it; the others go on from states that were drawn, and move their own elements only."""
    summed = run_of(PROGRAM.replace(" drawn", ""), steps=8)
    np.testing.assert_allclose(whole.stages[0].history.loss, summed.stages[0].history.loss, atol=2e-6)
    assert not np.allclose(whole.stages[1].history.loss, summed.stages[1].history.loss, atol=1e-3)
    before = whole.stages[0].all_params["a"]
    for k, run in enumerate(whole.stages[1:], start=1):
        changed = (run.all_params["a"] != before).all(axis=0)
        assert changed[2 - k].all() and changed.sum() == 3
        before = run.all_params["a"]


def test_the_loss_of_a_stage_is_that_of_its_model(whole: Run) -> None:
    """Each stage begins with the loss of its own circuit and data, whatever was compiled for another."""
    model = qgl.loads(PROGRAM)
    for k in (1, 2):
        stage = model.stages[k]
        one = qgl.Model(_as_run(model, k), precision="single")
        for seed in range(2):
            params = {name: value[seed] for name, value in whole.stages[k - 1].all_params.items()}
            assert float(one.loss(params)) == pytest.approx(float(whole.stages[k].history.loss[0, seed]), rel=2e-6)
            assert stage.held(params)[STATES].shape == (4, 2, 2)


def _as_run(model: qgl.Model, stage: int) -> Program:
    from qgl.train.sequence import changed

    return changed(model.program, model.program.train).stages[stage]


def test_stages_of_one_form_are_one_program() -> None:
    """What is compiled for one is, to the letter, what would be compiled for another."""
    texts, model = [], qgl.loads(PROGRAM)
    start = {name: value[None] for name, value in model.init(jax.random.key(0)).items()}
    for stage in model.stages:
        stage.start = dict(start)
        strategy = Gradient(stage, stage.program.train)
        strategy._seeds = np.arange(1, dtype=np.int32)
        state = strategy.initial()
        strategy._beside = strategy._held(state)
        zero = np.zeros((), np.int32)
        texts.append(jax.jit(strategy._chunk).lower(strategy._holding(state), strategy._seeds, zero, zero).as_text())
    assert model.stages[0].form == model.stages[1].form == model.stages[2].form is not None
    assert texts[0] == texts[1] == texts[2]
    other = qgl.loads(PROGRAM.replace("cz e, q;", "if t > 1 { cz e, q; } else { cx e, q; }"))
    assert other.stages[1].form != other.stages[2].form
    assert qgl.loads(PROGRAM.replace(" drawn", "")).stages[0].form is None


def test_killed_within_a_stage_and_between_two(whole: Run, tmp_path: Path) -> None:
    (tmp_path / "program.qgl").write_text(PROGRAM)
    folder = tmp_path / "run"
    command = [sys.executable, str(HERE / "stages_child.py"), str(tmp_path / "program.qgl"), str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    for moment in (["2", "5"], ["3", "0"]):
        assert subprocess.run([*command, *moment], env=environment, check=False).returncode == -signal.SIGKILL
    assert _same(train(qgl.load(tmp_path / "program.qgl"), resume=folder, display="quiet", pictures=False), whole)


def test_what_is_drawn_is_told(tmp_path: Path) -> None:
    path = tmp_path / "program.qgl"
    path.write_text(PROGRAM)
    text = CliRunner().invoke(app, ["explain", str(path)]).output
    assert "kept outcomes: 3 of 3 are drawn, 0 summed over: an ensemble of 4 x 1 elements" in text
    assert "kept outcomes: 1 of 2 are drawn, 1 summed over: an ensemble of 4 x 2 elements" in text
