"""Training by stages, on a bowl whose parameters have layers; and how programs say what a layer is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import qgl
from qgl.check.settings.stages import Stages, stages_of
from qgl.diagnostics.model import QglError
from qgl.program.calls.call import Call
from qgl.program.calls.optimizers import OptimizerCall
from qgl.report.display import Progress, Silent
from qgl.runs.history import History
from qgl.runs.seed_status import PLATEAU
from qgl.train.loop import train
from qgl.train.strategies.gradient import Gradient
from tests.train.bowl_model import LAYERS, Bowl
from tests.train.softmax_model import call, settings
from tests.train.test_loop import ADAM, LBFGS, codes, same


def stagewise(total: int, optimizer: Any = ADAM, stop: Any = (), seeds: int = 2, **given: Any) -> Any:
    """Settings of a training of `total` steps."""
    chosen = call("stagewise", layers=LAYERS, **given)
    return settings(optimizer, strategy=chosen, steps=total, seeds=seeds, stop=stop)


def followed(chosen: Any) -> tuple[list[dict[str, Any]], History]:
    """Parameters before each step and after the last, and the history."""
    strategy = Gradient(Bowl(), chosen)
    state = strategy.compile(strategy.initial())
    seen, rows = [jax.tree.map(np.asarray, state.trained)], []
    for step in range(chosen.steps):
        state, row = strategy.advance(state, step, 1)
        seen.append(jax.tree.map(np.asarray, state.trained))
        rows.append(row)
    history = rows[0]
    for row in rows[1:]:
        history = history.then(row)
    return seen, history


def moved(before: dict[str, Any], after: dict[str, Any]) -> str:
    """The layers that have changed at all, in all seeds."""
    changed = [bool((before["theta"][:, k] != after["theta"][:, k]).any()) for k in range(LAYERS)]
    assert changed == [bool((before["gamma"][:, k] != after["gamma"][:, k]).any()) for k in range(LAYERS)]
    return "".join(str(k) for k in range(LAYERS) if changed[k])


ADAMW = call("adamw", weight_decay=0.1)


@pytest.mark.parametrize(
    ("optimizer", "given", "stages"),
    [
        (ADAMW, {}, ["0", "01", "012", "012"]),
        (ADAMW, {"add": 2}, ["01", "012", "012"]),
        (ADAMW, {"window": 1, "blocks": 2}, ["0", "1", "2", "0", "12", "0", "12"]),
        (LBFGS, {"window": 1}, ["0", "1", "2", "012"]),
    ],
    ids=lambda each: "" if isinstance(each, Call) else str(each),
)
def test_layers_out_of_turn_do_not_move_at_all(
    optimizer: OptimizerCall, given: dict[str, Any], stages: list[str]
) -> None:
    seen, _ = followed(stagewise(4 * len(stages), optimizer, **given, steps=4))
    for number, stage in enumerate(stages):
        for step in range(4 * number + 1, 4 * number + 4):  # the first look of L-BFGS in a stage does not move
            assert moved(seen[step], seen[step + 1]) == stage, step


def test_stages_are_trainings_one_after_another() -> None:
    """Against a plain loop: in each stage a fresh optimiser, and gradients of the stage's layers only."""
    rate = call("cosine", rate=0.1)
    chosen = stagewise(22, call("adam", rate=rate), seeds=1, steps=5, window=2, hold="zero")
    seen, history = followed(chosen)
    model, losses = Bowl(), []
    value_and_grad = jax.jit(jax.value_and_grad(lambda p: model.terms(p)[0]))
    params = jax.tree.map(
        lambda array: array[0], {**seen[0], "field": Gradient(model, chosen).initial().fixed["field"]}
    )
    drawn, layer = dict(params), np.arange(LAYERS)
    moving = ("theta", "gamma", "shift")
    for low, high, length in ((0, 1, 5), (0, 2, 5), (1, 3, 5), (0, 3, 7)):
        optimiser = optax.adam(optax.cosine_decay_schedule(0.1, length))
        for name in ("theta", "gamma"):
            reached, new = (layer < high).reshape(-1, *[1] * (params[name].ndim - 1)), high - 1
            held = jnp.where(reached, params[name], 0.0)
            begins = (low + high > 1 and (low, high) != (0, 3)) or (low, high) == (0, 1)
            params[name] = held.at[new].set(drawn[name][new]) if begins else params[name]
        memory = optimiser.init({name: params[name] for name in moving})
        for _ in range(length):
            loss, gradient = value_and_grad(params)
            losses.append(float(loss))
            own = (layer >= low) & (layer < high)
            masked = {name: gradient[name] * own.reshape(-1, *[1] * (gradient[name].ndim - 1)) for name in moving[:2]}
            update, memory = optimiser.update({**masked, "shift": gradient["shift"]}, memory)
            params |= optax.apply_updates({name: params[name] for name in moving}, update)
    np.testing.assert_allclose(history.loss[:, 0], losses, rtol=1e-4)
    np.testing.assert_allclose(seen[-1]["theta"][0], params["theta"], rtol=1e-3, atol=1e-5)


def test_layers_to_come_hold_zero_and_begin_as_they_were_drawn() -> None:
    seen, _ = followed(stagewise(16, hold="zero", window=1, steps=4))
    drawn = seen[0]["theta"]
    assert (seen[1]["theta"][:, 1:] == 0).all() and (drawn[:, 1:] != 0).all()
    assert (seen[4]["theta"][:, 2] == 0).all() and (seen[5]["theta"][:, 2] == 0).all()
    np.testing.assert_allclose(seen[5]["theta"][:, 1], drawn[:, 1], atol=0.06)  # one step of Adam later
    held, _ = followed(stagewise(2, steps=1, add=2))
    assert same(held[1]["theta"][:, 2], held[0]["theta"][:, 2])


def test_a_plateau_ends_the_training_only_when_all_layers_are_there() -> None:
    stop = (call("plateau", patience=2, tolerance=1e3),)
    run = train(Bowl(), stagewise(60, stop=stop, steps=10), display="quiet")
    assert run.reason == "stop rule" and run.steps == 32 and (run.history.status[-1] == PLATEAU).all()


def test_stages_go_on_bit_for_bit(tmp_path: Path) -> None:
    chosen = replace(stagewise(32), checkpoint=5)
    train(Bowl(), chosen, out=tmp_path / "whole", display="quiet")
    with pytest.raises(KeyboardInterrupt):
        train(Bowl(), chosen, out=tmp_path / "broken", display=Breaks(13))
    train(Bowl(), resume=tmp_path / "broken", display="quiet")
    for name in ("metrics.jsonl", "weights.safetensors", "checkpoint.safetensors"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "broken" / name).read_bytes(), name


class Breaks(Silent):
    """Breaks a training off as an end of the process would: after a step, with no time to save."""

    def __init__(self, step: int) -> None:
        self.step = step

    def update(self, progress: Progress) -> None:
        if progress.step >= self.step:
            raise KeyboardInterrupt


# ---------------------------------------------------------------- what a layer is

PROGRAM = """
    const layers = 3;
    data target = parity(3);
    visible v[3];
    param theta[layers, 3] : angle;
    param gamma[layers];
    model {{
        {start}
        repeat layers as k {{ {layer} for (a, b) in chain(v) {{ cx a, b; }} }}
        {end}
    }}
    objective nll(target);
    train {{ steps 100; strategy stagewise({how}); }}
"""
NAMED = "for j in 0..2 { ry(theta[k, j]) v[j]; } rz(gamma[k]) v;"


def sizes(layer: str = NAMED, how: str = "layers", start: str = "", end: str = "") -> dict[str, int]:
    """The parameters of a program that have layers, with the elements of each layer."""
    unused = "" if "theta" in layer else "theta"
    text = PROGRAM.format(layer=layer, how=how, start=start, end=end)
    if unused:
        text = text.replace("param theta[layers, 3] : angle;", "").replace("param gamma[layers];", "")
    program = qgl.loads(text).program
    stages = stages_of(program, program.train)
    assert isinstance(stages, Stages) and stages.steps == 25
    return stages.sizes


def test_what_belongs_to_a_layer() -> None:
    both = {"theta": 3, "gamma": 1}
    assert sizes() == both
    assert sizes(how="layers, of = [theta]") == {"theta": 3}
    assert sizes(NAMED + "rx(?) v;") == {**both, "rx_1": 3}
    assert sizes("rx(?) v;", start="ry(?) v;", end="rz(?) v;") == {"rx_1": 3}
    assert sizes("rx(?) v;", end="rx(?) v;", how="layers, of = rx_2") == {"rx_2": 1}


@pytest.mark.parametrize(
    ("how", "layer", "code", "wording"),
    [
        ("4", NAMED, "QGL0721", "4 equal parts"),
        ("layers, of = [tau]", NAMED, "QGL0721", "no trained parameter `tau`"),
        ("2, of = [theta]", NAMED, "QGL0721", "9 elements of `theta` are not 2"),
        ("layers", NAMED.replace("[k", "[layers - 1 - k"), "QGL0721", "used after"),
        ("layers, steps = 34", NAMED, "QGL0722", "3 stages of 34 steps"),
        ("layers, of = [1]", NAMED, "QGL0703", "names of parameters"),
    ],
)
def test_programs_without_such_stages(how: str, layer: str, code: str, wording: str) -> None:
    with pytest.raises(QglError) as error:
        qgl.loads(PROGRAM.format(layer=layer, how=how, start="", end=""))
    (fault,) = error.value.diagnostics
    assert fault.code == code and wording in fault.message and fault.span is not None


def test_too_few_steps_are_told_before_a_folder_is_made(tmp_path: Path) -> None:
    with pytest.raises(QglError) as error:
        train(Bowl(), stagewise(40, steps=20), out=tmp_path / "run", display="quiet")
    assert codes(error) == ["QGL0722"] and not (tmp_path / "run").exists()
