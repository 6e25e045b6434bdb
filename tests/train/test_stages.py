"""Programs with stages: what each trains and what it leaves alone, and runs of them in one folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

import qgl
from qgl.cli.main import app
from qgl.compiler import analyse
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.model import QglError
from qgl.model import Model
from qgl.objectives.ensembles import transport
from qgl.report.display import Progress, Silent
from qgl.runs.opened import trained
from qgl.runs.run import Run
from qgl.source import Source
from qgl.sweeps.grid import Point
from qgl.sweeps.survey import Options, survey
from qgl.train.loop import train

HERE = Path(__file__).parent
PROGRAM = """\
const layers = 2;
data target = strings(["00", "11"], weights = [1, 3]);
visible v[2];
param theta[2, 2] ~ normal(0.3, 0.1);
param phase[2];
model {
    repeat layers as l { for k in 0..1 { ry(theta[l, k] + phase[k]) v[k]; } cx v[0], v[1]; }
}
objective nll(target);
train { optimizer adam(rate = 0.05); steps 9; seeds 2; checkpoint 3; watch kl(target); }
stage l in 2..1 {
    set layers = l;
    move theta[l - 1], phase[0];
    train { steps 7; }
    report kl(target);
}
stage all { objective kl(target); }
report kl(target);
"""


def run_of(text: str = PROGRAM, **options: object) -> Run:
    return train(qgl.loads(text), display="quiet", pictures=False, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of the program, in a folder."""
    return run_of(out=tmp_path_factory.mktemp("stages") / "whole")


def test_what_a_stage_does_not_move_keeps_its_bits(whole: Run) -> None:
    before = _start(PROGRAM)
    moved = [{"theta": {(1, 0), (1, 1)}, "phase": {(0,)}}, {"theta": {(0, 0), (0, 1)}, "phase": {(0,)}}]
    for run, elements in zip(whole.stages, moved, strict=False):
        for name, value in run.all_params.items():
            same = (value == before[name]).all(axis=0)
            assert {tuple(map(int, place)) for place in np.argwhere(~same)} == elements[name]
        before = run.all_params
    assert all((whole.all_params[name] != before[name]).any(axis=0).all() for name in before)


def test_in_double_precision_all_bits_are_kept() -> None:
    text = PROGRAM.replace("adam(rate = 0.05); steps 9;", "lbfgs(); precision double;").replace("steps 7", "steps 2")
    run = run_of(text.replace("stage all { objective kl(target); }\n", ""), steps=2)
    first, second = (each.all_params for each in run.stages)
    assert (second["theta"][:, 1] == first["theta"][:, 1]).all() and (
        second["phase"][:, 1] == first["phase"][:, 1]
    ).all()
    assert (first["theta"].astype(np.float32) != first["theta"]).all()


def _keys(count: int) -> list[jax.Array]:
    from qgl.train.strategies.strategy import run_key

    return [run_key(0, seed, 0) for seed in range(count)]


def _start(text: str) -> dict[str, NDArray[np.float32]]:
    """What two seeds begin with, as training draws it."""
    drawn = jax.jit(jax.vmap(qgl.loads(text).init))(jax.numpy.stack(_keys(2)))
    return {name: np.asarray(value) for name, value in drawn.items()}


@pytest.mark.parametrize("stage", [0, 1])
def test_a_stage_is_the_program_with_other_constants(whole: Run, stage: int) -> None:
    """The same circuit, written out with fewer parameters, comes to the same from the same start."""
    alone = qgl.loads(PROGRAM.partition("stage l")[0].replace("layers = 2", f"layers = {2 - stage}"))
    one = qgl.loads(PROGRAM).stages[stage]
    params = {name: value[1] for name, value in whole.stages[stage].all_params.items()}
    assert one.program.constants == {"layers": 2 - stage} and not one.program.stages
    for ours, theirs in zip(one.value_and_grad(params), alone.value_and_grad(params), strict=True):
        assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), ours, theirs))


def test_steps_of_a_stage_are_those_of_adam(whole: Run) -> None:
    """The first stage by hand, with the gradient of the moved elements alone."""
    import optax

    model, key = qgl.loads(PROGRAM), _keys(1)[0]
    params, optimiser = model.init(key), optax.adam(0.05)
    masks = model.stages[0].program.moved
    assert masks is not None
    state, losses = optimiser.init(params), []
    for _ in range(7):
        loss, gradient = model.stages[0].value_and_grad(params)
        losses.append(float(loss))
        gradient = {name: jax.numpy.where(masks[name], value, 0.0) for name, value in gradient.items()}
        update, state = optimiser.update(gradient, state)
        params = optax.apply_updates(params, update)
    np.testing.assert_allclose(whole.stages[0].history.loss[:, 0], losses, rtol=2e-6)


def test_the_run_of_all_stages(whole: Run) -> None:
    assert whole.path is not None
    assert [run.steps for run in whole.stages] == [7, 7, 9] and whole.steps == 23
    assert whole.history.loss.shape == (23, 2) and set(whole.history.terms) == {"nll", "kl"}
    assert np.isnan(whole.history.terms["kl"][:14]).all() and np.isfinite(whole.history.terms["kl"][14:]).all()
    assert whole.losses.tolist() == whole.stages[-1].losses.tolist()
    assert [entry["stage"] for entry in whole.report["stages"]] == ["l = 2", "l = 1", "all"]
    assert [metric["name"] for metric in whole.report["stages"][0]["metrics"]] == ["kl(target)"]
    assert "| l = 1 | 7 |" in (whole.path / "report.md").read_text()
    assert "kl(target)" in whole.stages[1].watched.values
    again = Run.load(whole.path)
    assert again.report == whole.report and again.best_seed == whole.best_seed
    assert _same(again, whole) and all(map(_same, again.stages, whole.stages))
    assert _same(run_of(), whole)


def _same(one: Run, other: Run) -> bool:
    params = (np.array_equal(one.all_params[name], value) for name, value in other.all_params.items())
    return all(params) and np.array_equal(one.history.loss, other.history.loss)


def test_a_trained_folder_and_a_stage_in_it_are_asked_as_any_run(whole: Run) -> None:
    assert whole.path is not None
    run, model = trained(whole.path)
    assert len(model.sample(run.params, jax.random.key(0), 5)) == 5 and model.program.constants == {"layers": 2}
    run, model = trained(whole.path / "stages/002")
    assert model.program.constants == {"layers": 1} and _same(run, whole.stages[1])
    answer = CliRunner().invoke(app, ["train", "--resume", str(whole.path / "stages/002")])
    assert answer.exit_code == 1 and "QGL0936" in answer.output


def test_killed_within_and_between_stages(whole: Run, tmp_path: Path) -> None:
    (tmp_path / "program.qgl").write_text(PROGRAM)
    folder = tmp_path / "run"
    command = [sys.executable, str(HERE / "stages_child.py"), str(tmp_path / "program.qgl"), str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    for moment in (["2", "5"], ["3", "0"]):
        assert subprocess.run([*command, *moment], env=environment, check=False).returncode == -signal.SIGKILL
        assert json.loads((folder / "manifest.json").read_text())["status"] == "running"
    broken = Run.load(folder)
    assert len(broken.stages) == 2 and broken.status == "running"
    run = train(qgl.load(tmp_path / "program.qgl"), resume=folder, display="quiet", pictures=False)
    assert _same(run, whole)
    for number in (1, 2, 3):
        name = f"stages/{number:03d}/metrics.jsonl"
        rows, others = ((path / name).read_text().splitlines() for path in (folder, whole.path or folder))
        assert [_row(row) for row in rows] == [_row(row) for row in others]


def _row(line: str) -> dict[str, object]:
    row: dict[str, object] = json.loads(line)
    return {name: value for name, value in row.items() if name != "check"}  # of another name


class _Signal(Silent):
    """Interrupts in the second stage."""

    def __init__(self) -> None:
        self.stages = 0

    def start(self, title: str) -> None:
        self.stages += 1

    def update(self, progress: Progress) -> None:
        if self.stages == 2:
            os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupted_run_says_how_far_it_came_and_goes_on(whole: Run, tmp_path: Path) -> None:
    model = qgl.loads(PROGRAM)
    run = train(model, out=tmp_path / "run", display=_Signal(), pictures=False)
    assert run.status == "interrupted" and len(run.stages) == 2 and 7 < run.steps < 14
    assert json.loads((tmp_path / "run/manifest.json").read_text())["step"] == run.steps
    assert Run.load(tmp_path / "run").steps == run.steps
    with pytest.raises(QglError) as error:
        train(model, resume=tmp_path / "run", steps=20, display="quiet")
    assert [each.code for each in error.value.diagnostics] == ["QGL0902"]
    assert _same(train(model, resume=tmp_path / "run", display="quiet", pictures=False), whole)
    again = train(model, resume=tmp_path / "run", display="quiet")
    assert again.status == "finished" and _same(again, whole)


def test_steps_and_settings_change_all_stages(tmp_path: Path) -> None:
    run = run_of(steps=2)
    assert [each.steps for each in run.stages] == [2, 2, 2]
    path = tmp_path / "program.qgl"
    path.write_text(PROGRAM)
    (looked,) = survey(path, [Point("as it is", {})], Options(steps=3, seeds=1))
    assert looked.steps == 9 and looked.seeds == 1 and not looked.faults and looked.seconds is not None


def test_constants_from_outside_hold_in_all_stages_but_where_they_are_set() -> None:
    text = PROGRAM.replace("const layers = 2;", "const layers = 2, power = 1;").replace("ry(theta", "ry(power * theta")
    program = analyse(Source("x", text), FolderEnvironment(HERE), {"power": 2, "layers": 2}).program
    assert [stage.constants for stage in program.stages] == [
        {"layers": 2, "power": 2},
        {"layers": 1, "power": 2},
        {"layers": 2, "power": 2},
    ]
    assert [str(stage.stage) for stage in program.stages][1:] == ["stage 2 of 3, l = 1", "stage 3 of 3, all"]
    assert program.data["target"] is program.stages[0].data["target"], "data are read once"


def test_slices_and_lists_of_elements_are_moved() -> None:
    text = (HERE.parents[1] / "tests/good/stages.qgl").read_text()
    program = analyse(Source("x", text), FolderEnvironment(HERE)).program
    masks = program.stages[5].moved
    assert masks is not None and masks["b"].all() and not masks["c"].any()
    places = {tuple(map(int, place)) for place in np.argwhere(masks["a"])}
    slices = {(k, q, 1) for k in (2, 3) for q in (0, 1)}
    assert places == slices | {(3, q, z) for q in range(3) for z in range(2)}
    assert program.stages[6].moved is None


def test_an_anonymous_parameter_is_moved_with_all_and_held_with_move() -> None:
    text = PROGRAM.replace("cx v[0], v[1]; }\n", "cx v[0], v[1]; }\n    rx(?) v;\n").replace("seeds 2; ", "steps 3;")
    text = text.replace("steps 9; ", "").replace("train { steps 7; }", "")
    run = run_of(text)
    first, last = run.stages[0].params["rx_1"], run.params["rx_1"]
    assert (first == qgl.loads(text).init(_keys(1)[0])["rx_1"]).all() and (first != last).all()
    inside = PROGRAM.replace("cx v[0], v[1]; }", "rx(?) v; }")
    with pytest.raises(QglError) as error:
        qgl.loads(inside)
    (fault,) = error.value.diagnostics
    assert fault.code == "QGL0762" and "4" in fault.message and "2" in fault.message


def test_cma_moves_whole_parameters_of_a_stage() -> None:
    text = PROGRAM.replace("optimizer adam(rate = 0.05);", "strategy cma;").replace(
        "move theta[l - 1], phase[0]", "move phase"
    )
    run = run_of(text, steps=2)
    start = _start(text)
    assert (run.stages[1].all_params["theta"] == start["theta"]).all()
    assert (run.stages[1].all_params["phase"] != start["phase"]).any()
    assert (run.all_params["theta"] != start["theta"]).any()


def test_the_command_line_explains_and_shows_stages(tmp_path: Path) -> None:
    path = tmp_path / "program.qgl"
    path.write_text(PROGRAM)
    text = CliRunner().invoke(app, ["explain", str(path)]).output
    assert "stage 2 of 3, l = 1" in text and "moves 2 of `theta`, 1 of `phase`, of 6 trained in all" in text
    told = json.loads(CliRunner().invoke(app, ["explain", str(path), "--format", "json"]).output)
    assert [each["stage"] for each in told["stages"]] == [
        f"stage {k} of 3, {x}" for k, x in ((1, "l = 2"), (2, "l = 1"), (3, "all"))
    ]
    shown = json.loads(CliRunner().invoke(app, ["compile", str(path), "--stage", "2", "--format", "json"]).output)
    assert shown["constants"] == {"layers": 1} and shown["stages"] == []
    assert CliRunner().invoke(app, ["compile", str(path), "--stage", "4"]).exit_code == 2


def test_what_is_broken_in_a_stage_is_said_once() -> None:
    text = PROGRAM.replace("set layers = l;", "set layers = q;")
    with pytest.raises(QglError) as error:
        qgl.loads(text)
    assert [each.code for each in error.value.diagnostics] == ["QGL0201"]
    assert isinstance(qgl.loads(PROGRAM), Model)


def test_what_only_the_end_could_not_do_is_told_at_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MOST_PAIRS", 4)
    text = PROGRAM + 'data near = states_near("00", width = 0.1, count = 5);\nreport wasserstein(near);\n'
    with pytest.raises(QglError, match="QGL0628"):
        run_of(text, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_data_of_a_stage_are_made_once_and_known_to_the_run() -> None:
    text = """
const steps = 2, last = 1;
data states = states_near("0", width = 0.1, count = 4);
latent start : state(1) ~ haar() draws 3;
latent f[steps] ~ uniform(-1, 1);
visible v = start;
param a[steps];
channel scramble(t: int, q: qubit) { for s in 1..t { ry(f[s - 1]) q; } }
data noised(t) = through(states, scramble(t));
model { for k in 0..steps - last { rx(a[steps - 1 - k]) v; } }
stage t in steps..1 {
    set last = t;
    move a[t - 1];
    objective mmd(noised(t - 1), fidelity(power = 2));
}
"""
    program = analyse(Source("x", text), FolderEnvironment(HERE)).program
    assert [sorted(stage.data) for stage in program.stages] == [["noised(1)", "states"], ["noised(0)", "states"]]
    assert sorted(program.data) == ["noised(0)", "noised(1)", "states"]
    assert all(stage.data["states"] is program.data["states"] for stage in program.stages)
    for one in (program, *program.stages):
        assert [each.name for each in one.parameters] == ["start", "a"], "`f` is drawn with data alone"
