"""Latents that are drawn anew at each step of training (`draws N anew`), and once where nothing is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import qgl
from qgl.source import Source
from qgl.syntax.formatter import format_file
from qgl.syntax.parser import parse
from qgl.train.loop import train
from qgl.train.strategies.strategy import run_key, step_key
from tests.check.checking import pointed

TEXT = """
data target = strings(["01", "10"]);
latent z[2] ~ uniform(-1, 1) draws 3 anew;
latent w ~ normal(0, 1) draws 3;
visible v[2];
param a[2] : angle ~ normal(0, 0.3);
model {{ ry(a[0] + z[0]) v[0]; ry(a[1] * w + z[1]) v[1]; cx v[0], v[1]; }}
objective nll(target);
train {{ optimizer sgd(rate = 0.1); steps {steps}; seeds 2; checkpoint 2; {more} }}
"""


def model_of(steps: int = 5, more: str = "") -> qgl.Model:
    return qgl.loads(TEXT.format(steps=steps, more=more), precision="double")


def test_a_loss_with_a_key_draws_them_by_it() -> None:
    model = model_of()
    with jax.enable_x64(True):
        params = model.init(jax.random.key(0))
        fixed = float(model.loss(params))
        keys = [jax.random.key(k) for k in range(3)]
        losses = [float(model.loss(params, key)) for key in keys]
        assert float(model.loss(params)) == fixed and float(model.loss(params, keys[0])) == losses[0]
        assert len({fixed, *losses}) == 4
        drawn = model.parameters.renewed(params, keys[0])
        np.testing.assert_array_equal(drawn["w"], params["w"])
        assert drawn["z"].shape == (3, 2) and not np.any(drawn["z"] == params["z"])
        assert float(model.loss(drawn)) == pytest.approx(losses[0], abs=1e-14)
        _, gradient = model.value_and_grad(params, keys[0])
        direction, step = np.array([0.3, -0.8]), 1e-5
        ahead, behind = (
            float(model.loss({**params, "a": params["a"] + s * step * direction}, keys[0])) for s in (1, -1)
        )
        assert float(gradient["a"] @ direction) == pytest.approx((ahead - behind) / (2 * step), rel=1e-6)
        assert not np.any(gradient["z"])


def test_training_draws_at_each_step_and_is_resumed_bit_for_bit(tmp_path: Path) -> None:
    """Steps of gradient descent by hand, with the keys of the steps; a run in two parts."""
    model = model_of()
    run: Any = model.train(display="quiet")
    train(model, out=tmp_path / "parts", steps=2, display="quiet", pictures=False)
    again = train(model, resume=tmp_path / "parts", steps=5, display="quiet", pictures=False)
    np.testing.assert_array_equal(again.history.loss, run.history.loss)
    np.testing.assert_array_equal(again.params["a"], run.params["a"])
    np.testing.assert_array_equal(again.params["z"], run.params["z"])
    with jax.enable_x64(True):
        for seed in range(2):
            params = model.init(run_key(0, seed, 0))
            losses = []
            for step in range(5):
                loss, gradient = model.value_and_grad(params, step_key(0, seed, step))
                losses.append(float(loss))
                params = {**params, "a": params["a"] - 0.1 * gradient["a"]}
            np.testing.assert_allclose(run.history.loss[:5, seed], losses, atol=1e-12)
            assert len(set(losses)) == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("optimizer lbfgs();", ("QGL0908", "lbfgs()")),
        ("gradient spsa(shots = 100);", ("QGL1161", "z")),
    ],
)
def test_refused_settings(text: str, expected: tuple[str, str]) -> None:
    program = TEXT.format(steps=5, more=text).replace("nll(target)", "mmd(target, hamming(sigma = 1))")
    if "lbfgs" in text:
        program = program.replace("optimizer sgd(rate = 0.1); ", "")
    assert expected in pointed(program)


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("latent z ~ uniform(-1, 1) draws 3 renewed;", ("QGL0123", "renewed")),
        ("param z ~ uniform(-1, 1) draws 3 anew;", ("QGL0318", "3")),
        ("latent z ~ bernoulli(0.5) draws 3 anew;", ("QGL0318", "3")),
    ],
)
def test_refused_declarations(declaration: str, expected: tuple[str, str]) -> None:
    assert pointed(f"{declaration}\nvisible v;\nmodel {{ rx(z) v; }}\n") == [expected]


def test_what_only_data_are_drawn_with_is_drawn_once() -> None:
    text = 'latent z ~ uniform(-1, 1) draws 3 anew;\nlayer kick(q: qubit) { rx(z) q; }\ndata up = strings(["0"]);\n'
    text += "data d = through(up, kick, count = 5);\nvisible v;\nmodel { ry(?) v; }\nobjective mmd(d, fidelity);\n"
    assert pointed(text) == [("QGL0318", "z")]


def test_layout() -> None:
    text = "latent z ~ uniform(-1, 1) draws  3   anew ;\n"
    assert format_file(parse(Source("p.qgl", text)).file) == "latent z ~ uniform(-1, 1) draws 3 anew;\n"
