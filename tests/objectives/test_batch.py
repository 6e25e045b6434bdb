"""Rows drawn at each step: how often each comes, that the loss is unbiased, and runs that draw them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from qgl.data.environment import FolderEnvironment
from qgl.objectives import Objective, Setting, build
from qgl.objectives.batch import RowsDrawn, draw_rows
from qgl.program.calls.objectives import KL, NLL
from qgl.program.calls.optimizers import LBFGS
from qgl.program.program import DataSet
from qgl.query import GivenStrings
from qgl.runs.run import Run
from qgl.source import Source, Span
from qgl.train.loop import train

SPAN = Span(Source("test", "nll"), 0, 3)
RNG = np.random.default_rng(3)
ROWS = RNG.integers(0, 2, (24, 3)).astype(np.uint8)
WEIGHTS = {"equal": np.full(24, 1 / 24), "distribution": RNG.dirichlet(np.ones(24))}

PROGRAM = """
data seen = strings(["000", "000", "000", "011", "101", "111"]);
visible v[3];
model { ry(?) v; cx v[0], v[1]; ry(?) v; }
objective nll(seen);
train { steps 12; seeds 2; checkpoint 4; batch 2; }
"""


@pytest.mark.parametrize("kind", WEIGHTS)
def test_rows_come_as_often_as_their_weights_say(kind: str) -> None:
    weights, batch = WEIGHTS[kind], 7
    drawn = jax.jit(jax.vmap(lambda key: draw_rows(key, weights, batch)))
    draws = np.asarray(drawn(jax.random.split(jax.random.key(0), 4000)))
    counts = np.stack([np.bincount(row, minlength=24) for row in draws])
    expected = batch * weights
    np.testing.assert_allclose(counts.mean(axis=0), expected, atol=5 * np.sqrt(expected.max() / 4000))
    assert (counts >= np.floor(expected - 1e-6)).all() and (counts <= np.ceil(expected + 1e-6)).all()


@pytest.mark.parametrize("name", ["nll", "kl"])
@pytest.mark.parametrize("kind", WEIGHTS)
def test_the_loss_is_unbiased_for_that_of_all_rows(kind: str, name: str) -> None:
    data = DataSet("d", ROWS, WEIGHTS[kind], None, False, "", "")
    call = {"nll": NLL, "kl": KL}[name]("d", span=SPAN)
    exact, drawn = (build(call, Setting.in_a_row({"d": data}, 3, batch)) for batch in (None, 5))
    assert isinstance(drawn, RowsDrawn) and drawn.stochastic and not exact.stochastic
    log_p = jnp.log(jnp.asarray(RNG.dirichlet(np.ones(8))))
    place = jnp.asarray([4, 2, 1])
    (query,) = exact.queries
    whole = float(exact.loss({query: log_p[query.rows @ np.array([4, 2, 1])]}, None))  # type: ignore[union-attr]

    def estimate(key: jax.Array) -> jax.Array:
        rows = drawn.given(key)[GivenStrings(5)]
        return drawn.loss({GivenStrings(5): log_p[rows.astype(jnp.int32) @ place]}, key)

    values = np.asarray(jax.jit(jax.vmap(estimate))(jax.random.split(jax.random.key(1), 4000)))
    assert abs(values.mean() - whole) < 5 * values.std() / np.sqrt(4000)
    assert drawn.whole(lambda rows, _: np.asarray(log_p)[rows @ np.array([4, 2, 1])]) == pytest.approx(whole, rel=1e-5)


def test_a_batch_of_all_rows_is_the_exact_objective() -> None:
    data = {"d": DataSet("d", ROWS, WEIGHTS["distribution"], None, False, "", "")}
    for name in ("nll", "kl"):
        assert not build({"nll": NLL, "kl": KL}[name]("d", span=SPAN), Setting.in_a_row(data, 3, 24)).stochastic


def test_a_run_of_batches_ends_with_the_losses_over_all_rows_and_resumes_to_the_same(tmp_path: Path) -> None:
    model = qgl.loads(PROGRAM)
    assert model.stochastic and model.program.train.batch == 2
    run = train(model, out=tmp_path / "whole", display="quiet", pictures=False)
    exact = qgl.loads(PROGRAM.replace("batch 2;", ""))
    for seed in range(2):
        params = {name: value[seed] for name, value in run.all_params.items()}
        assert run.losses[seed] == pytest.approx(float(exact.loss(params)), rel=1e-5)
    assert run.best_seed == int(np.argmin(run.losses))
    assert len({float(loss) for loss in run.history.loss[:, 0]}) > 6
    train(model, out=tmp_path / "part", steps=5, display="quiet", pictures=False)
    train(qgl.loads(PROGRAM), resume=tmp_path / "part", steps=12, display="quiet", pictures=False)
    for name in ("metrics.jsonl", "weights.safetensors", "checkpoint.safetensors"):
        assert (tmp_path / "part" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert json.loads((tmp_path / "part/manifest.json").read_text())["settings"]["batch"] == 2
    np.testing.assert_array_equal(Run.load(tmp_path / "part").losses, run.losses)


def test_rows_are_drawn_with_their_conditions() -> None:
    conditions = np.asarray(np.arange(24)[:, None] % 3, np.float64)
    data = {"d": DataSet("d", ROWS, WEIGHTS["distribution"], conditions, False, "", "")}
    exact, drawn = (build(NLL("d", span=SPAN), Setting.in_a_row(data, 3, batch)) for batch in (None, 5))
    log_p = jnp.log(jnp.asarray(RNG.dirichlet(np.ones(8), 3)))  # of each condition

    def loss(objective: Objective, key: jax.Array | None) -> jax.Array:
        given, place = objective.conditions_at(key), jnp.asarray([4, 2, 1])
        ((query, rows),) = objective.given(key).items()
        strings = rows.astype(jnp.int32) @ place
        return objective.loss({query: log_p[jnp.asarray(given)[:, 0].astype(int)[:, None], strings]}, key)

    each = np.asarray(log_p)[conditions[:, 0].astype(int), ROWS @ np.array([4, 2, 1])]
    whole = -float(WEIGHTS["distribution"] @ each)
    assert float(loss(exact, None)) == pytest.approx(whole, rel=1e-5)
    values = np.asarray(jax.jit(jax.vmap(lambda key: loss(drawn, key)))(jax.random.split(jax.random.key(1), 4000)))
    assert abs(values.mean() - whole) < 5 * values.std() / np.sqrt(4000)


def test_a_run_of_batches_with_conditions_ends_with_the_loss_over_all_rows(tmp_path: Path) -> None:
    rows = np.array([[0, 0, 0], [0, 1, 0], [1, 1, 0], [0, 1, 1], [1, 1, 1]], np.uint8)
    np.savez(tmp_path / "rows.npz", rows=rows)
    text = (
        'data seen = npz("rows.npz", columns = 0..1, condition = [2]);\ncondition c[1];\nvisible v[2];\n'
        "model { ry(?) v; ry(c[0]) v[0]; cx v[0], v[1]; }\nobjective nll(seen);\n"
        "train { steps 6; seeds 2; checkpoint 3; batch 2; }\n"
    )
    environment = FolderEnvironment(tmp_path)
    run = train(qgl.loads(text, environment), out=tmp_path / "whole", display="quiet", pictures=False)
    exact = qgl.loads(text.replace("batch 2;", ""), environment)
    for seed in range(2):
        params = {name: value[seed] for name, value in run.all_params.items()}
        each = [float(exact.log_prob(params, row[None, :2], row[2:])[0]) for row in rows]
        assert run.losses[seed] == pytest.approx(-np.mean(each), rel=1e-5)
        assert float(exact.loss(params)) == pytest.approx(-np.mean(each), rel=1e-5)
    train(qgl.loads(text, environment), out=tmp_path / "part", steps=2, display="quiet", pictures=False)
    train(qgl.loads(text, environment), resume=tmp_path / "part", steps=6, display="quiet", pictures=False)
    for name in ("metrics.jsonl", "weights.safetensors"):
        assert (tmp_path / "part" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_lbfgs_and_another_batch_than_the_programs_are_refused() -> None:
    searching = PROGRAM.replace("steps 12;", "optimizer lbfgs(); steps 12;")
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads(searching)
    assert [d.code for d in caught.value.diagnostics] == ["QGL0908"]
    assert not qgl.loads(searching.replace("batch 2;", "batch 6;")).stochastic
    model, line = qgl.loads(PROGRAM), LBFGS(span=SPAN)
    with pytest.raises(qgl.QglError) as caught:
        train(model, replace(model.program.train, optimizer=line), display="quiet")
    assert [d.code for d in caught.value.diagnostics] == ["QGL0908"]
    with pytest.raises(ValueError, match="belongs to the objective"):
        train(model, replace(model.program.train, batch=3), display="quiet")
