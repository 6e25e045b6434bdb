"""The grid of 6 x 20 spins: which methods train it and draw its strings, and a small one against its state."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from qgl.ir.circuit import Circuit
from qgl.plan.gate_by_gate.method import GateByGate
from qgl.query import Samples
from tests.reference.density import probabilities

WIDE = Path(__file__).parents[2] / "examples" / "wide.qgl"


def test_light_cones_train_it_and_strings_are_drawn_gate_by_gate() -> None:
    model = qgl.load(WIDE)
    assert model.plan(Samples(100)).rows[0].chosen == "gate by gate"
    (query,) = model.objectives[0].objective.queries
    assert model.plan(query).rows[0].chosen == "cones"


def test_strings_of_a_small_grid_are_those_of_its_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qgl.plan.planner.METHODS", (GateByGate(),))
    model = qgl.load(WIDE, rows=2, cols=3)
    params = {name: jnp.array([-0.5, -0.3]) for name in ("bond", "turn")}
    drawn = np.asarray(model.sample(params, jax.random.key(0), 2000))
    p = probabilities(Circuit.of(model.program), np.concatenate([params["bond"], params["turn"]]).astype(np.float64))
    share = np.bincount(drawn @ (1 << np.arange(5, -1, -1)), minlength=64) / len(drawn)
    assert np.abs(share - p).sum() / 2 < 1.5 * np.sqrt(64 / len(drawn)) / 2
