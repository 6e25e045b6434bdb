"""Checks of training on four devices; `test_devices.py` runs them in a process that has as many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.diagnostics.model import QglError
from qgl.kernels.devices.mesh import mapped, sharers
from qgl.program.calls.optimizers import OptimizerCall
from qgl.program.calls.strategies import StrategyCall
from qgl.runs.history import History
from qgl.runs.manifest import load
from qgl.train.loop import train
from qgl.train.strategies.strategy import State
from qgl.train.strategies.table import STRATEGIES
from tests.train.bowl_model import Bowl
from tests.train.softmax_model import TARGET, SoftmaxModel, call, settings

ADAM = call("adam", rate=0.05, b1=0.9, b2=0.999, eps=1e-8)
CMA = call("cma", population=6, sigma=0.5)
STAGEWISE = call("stagewise", layers=3, steps=3, add=1, window=1, hold="zero", blocks=1, of=())
LBFGS = call("lbfgs", memory=4)


class Shared(SoftmaxModel):
    """The same loss as a sum over strings, which devices share."""

    shares: set[int]

    def terms(
        self, params: dict[str, jax.Array], key: jax.Array | None = None
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        self.shares = {*getattr(self, "shares", ()), sharers()}
        logits = params["scale"] * params["logits"] + params["field"]
        rows = (jnp.arange(8), jnp.asarray(TARGET, jnp.float32))
        terms = mapped(lambda x, p: p * (jnp.log(p) - jax.nn.log_softmax(logits)[x]), *rows)
        size = jnp.sum(params["logits"] ** 2)
        return jnp.sum(terms) + 0.01 * size, {"kl": jnp.sum(terms), "size": size}


def trained(model: SoftmaxModel, chosen: Any, devices: int, chunks: tuple[int, ...]) -> Any:
    """State, history and results after some chunks."""
    strategy = STRATEGIES[chosen.strategy_name](model, chosen, jax.devices()[:devices])
    state: State = strategy.compile(strategy.initial())
    step, rows = 0, []
    for count in chunks:
        state, record = strategy.advance(state, step, count)
        step += record.steps
        rows.append(record)
    history: History = rows[0]
    for record in rows[1:]:
        history = history.then(record)
    return state, history, strategy.results(state, step)


def equal(found: Any, expected: Any, rtol: float) -> None:
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=rtol, atol=rtol)


STEPS = (4, 6)  # rounding grows from step to step, fastest under L-BFGS


@pytest.mark.parametrize(
    ("optimizer", "devices", "seeds"), [(ADAM, 4, 3), pytest.param(LBFGS, 2, 4, marks=pytest.mark.slow)]
)
def test_seeds_are_split(optimizer: OptimizerCall, devices: int, seeds: int) -> None:
    model = SoftmaxModel(0.0 if optimizer is LBFGS else 0.1)
    chosen = settings(optimizer, seeds=seeds)
    alone, several = trained(model, chosen, 1, STEPS), trained(model, chosen, devices, STEPS)
    equal(several[0].trained, alone[0].trained, 1e-4)
    equal(several[1].loss, alone[1].loss, 1e-4)
    np.testing.assert_array_equal(several[0].status, alone[0].status)
    equal(several[2].params, alone[2].params, 1e-4)
    again = trained(model, chosen, devices, (10,))
    equal(again[0], several[0], 0.0)


@pytest.mark.parametrize(
    ("optimizer", "devices", "seeds", "sharing"),
    [pytest.param(ADAM, 4, 1, 4, marks=pytest.mark.slow), (LBFGS, 4, 2, 2)],
)
def test_the_work_of_a_seed_is_shared(optimizer: OptimizerCall, devices: int, seeds: int, sharing: int) -> None:
    model, chosen = Shared(), settings(optimizer, seeds=seeds)
    alone, several = trained(Shared(), chosen, 1, STEPS), trained(model, chosen, devices, STEPS)
    assert max(model.shares) == sharing
    equal(several[1].loss, alone[1].loss, 1e-4)
    equal(several[1].gradient_norm, alone[1].gradient_norm, 1e-3)
    equal(several[2].loss, alone[2].loss, 1e-4)


@pytest.mark.parametrize(("strategy", "seeds"), [(CMA, 1), (STAGEWISE, 3)])
def test_other_strategies_are_shared_too(strategy: StrategyCall, seeds: int) -> None:
    chosen = settings(ADAM, strategy=strategy, seeds=seeds, steps=10)
    alone, several = trained(Bowl(0.1), chosen, 1, STEPS), trained(Bowl(0.1), chosen, 4, STEPS)
    equal(several[1].loss, alone[1].loss, 1e-4)
    equal(several[2].params, alone[2].params, 1e-3)
    equal(trained(Bowl(0.1), chosen, 4, (10,))[0], several[0], 0.0)


def test_seeds_that_finish_early_repeat_their_last_row() -> None:
    chosen = settings(ADAM, seeds=5, stop=(call("target", value=0.35),), steps=80)
    one, many = (trained(SoftmaxModel(), chosen, devices, (50, 30)) for devices in (1, 4))
    assert len(set((one[1].status == 0).sum(axis=0).tolist())) > 1, "seeds should finish at different steps"
    np.testing.assert_array_equal(many[1].status, one[1].status)
    equal(many[1].loss, one[1].loss, 1e-5)
    broken = settings(ADAM, seeds=3)
    one, many = (trained(SoftmaxModel(breaks=0.3), broken, devices, (7, 20)) for devices in (1, 2))
    np.testing.assert_array_equal(many[1].status, one[1].status)
    equal(many[2].params, one[2].params, 1e-5)


def test_a_run_goes_on_with_other_devices(tmp_path: Path) -> None:
    whole = train(SoftmaxModel(0.1), settings(ADAM), out=tmp_path / "whole", display="quiet")
    parts = tmp_path / "parts"
    train(SoftmaxModel(0.1), settings(ADAM, steps=13), out=parts, devices=4, display="quiet")
    train(SoftmaxModel(0.1), resume=parts, steps=25, display="quiet")
    run = train(SoftmaxModel(0.1), resume=parts, steps=40, devices=2, display="quiet")
    assert run.steps == 40
    np.testing.assert_allclose(run.losses, whole.losses, rtol=1e-4)
    np.testing.assert_allclose(run.history.loss, whole.history.loss, rtol=1e-4)
    assert [session["devices"] for session in load(parts)["sessions"]] == [4, 1, 2]


def test_more_devices_than_there_are() -> None:
    with pytest.raises(QglError) as error:
        train(SoftmaxModel(), settings(ADAM), devices=5, display="quiet")
    (fault,) = error.value.diagnostics
    assert fault.code == "QGL0930" and "5" in fault.message and "JAX_NUM_CPU_DEVICES=5" in fault.help
