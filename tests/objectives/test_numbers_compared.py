"""Objectives of outputs, `mse` and `mmd` of real numbers, against NumPy, values and gradients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl

RNG = np.random.default_rng(3)
GIVEN, WANTED = RNG.normal(size=(5, 3)), RNG.uniform(size=(5, 4))
DENOISER = """
data given = npz("given.npz", numbers = true);
data wanted = npz("wanted.npz", numbers = true);
data both = pairs(input = given, target = wanted);
condition x[3];
param a[2] : angle;
param s : real;
visible p[2] = amplitudes(x, pad = 0.1);
model {{ ry(a[0]) p[0]; {middle} cx p[0], p[1]; ry(a[1]) p[1]; }}
output picture[2, 2] = s * prob(p) + 0.1 * x[0];
output other = expect(Z[p[0]]);
objective mse(both, of = [picture]);
train {{ precision double; {batch} }}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.savez("given.npz", GIVEN)
    np.savez("wanted.npz", WANTED)
    return tmp_path


def made(text: str) -> tuple[qgl.Model, dict[str, Any]]:
    model = qgl.loads(text, precision="double")
    with jax.enable_x64(True):
        return model, model.init(jax.random.key(1))


def rotation(a: float) -> NDArray[np.float64]:
    return np.array([[np.cos(a / 2), -np.sin(a / 2)], [np.sin(a / 2), np.cos(a / 2)]])


def picture(x: NDArray[np.float64], params: dict[str, Any]) -> NDArray[np.float64]:
    state = np.append(x, 0.1)
    a = np.asarray(params["a"])
    state = np.kron(rotation(a[0]), np.eye(2)) @ (state / np.linalg.norm(state))
    state = np.kron(np.eye(2), rotation(a[1])) @ state[[0, 1, 3, 2]]
    made: NDArray[np.float64] = float(params["s"]) * state**2 + 0.1 * x[0]
    return made


def derivative(model: qgl.Model, params: dict[str, Any], key: Any = None) -> None:
    """The gradient along a direction against a difference."""
    with jax.enable_x64(True):
        _, gradient = model.value_and_grad(params, key)
        moves = {name: array for name, array in params.items() if model.trainable[name]}
        direction = {name: np.random.default_rng(5).normal(size=array.shape) for name, array in moves.items()}
        step = 1e-6

        def at(sign: int) -> float:
            moved = {name: array + sign * step * direction[name] for name, array in moves.items()}
            return float(model.loss({**params, **moved}, key))

        along = sum(float(jnp.sum(gradient[name] * direction[name])) for name in moves)
        assert along == pytest.approx((at(1) - at(-1)) / (2 * step), rel=1e-6, abs=1e-9)


def test_mean_squared_error_of_pairs(folder: Path) -> None:
    model, params = made(DENOISER.format(middle="", batch=""))
    shown = np.array([picture(x, params) for x in GIVEN])
    assert float(model.loss(params)) == pytest.approx(np.mean((shown - WANTED) ** 2), rel=1e-12)
    derivative(model, params)


def test_labels_are_weighed(folder: Path) -> None:
    middle = "fresh e; ry(0.8) e; cx e, p[1]; cx p[0], e; measure e keep;"
    model, params = made(DENOISER.format(middle=middle, batch=""))
    total = 0.0
    for x, wanted in zip(GIVEN, WANTED, strict=True):
        weights, found = model.weights(params, x), np.asarray(model.outputs(params, x)["picture"]).reshape(2, 4)
        total += float(np.asarray(weights) @ np.mean((found - wanted) ** 2, axis=1)) / len(GIVEN)
    assert float(model.loss(params)) == pytest.approx(total, rel=1e-12)
    derivative(model, params)


def test_a_batch_is_unbiased(folder: Path) -> None:
    model, params = made(DENOISER.format(middle="", batch="batch 2;"))
    assert model.stochastic
    rows = np.array([np.mean((picture(x, params) - wanted) ** 2) for x, wanted in zip(GIVEN, WANTED, strict=True)])
    means = {round(float(rows[i] + rows[k]) / 2, 9) for i in range(5) for k in range(i)}
    found = [float(model.loss(params, jax.random.key(k))) for k in range(40)]
    assert {round(each, 9) for each in found} <= means
    assert len(set(np.round(found, 9))) > 5
    derivative(model, params, jax.random.key(7))


GENERATOR = """
data rows_of = npz("wanted.npz", numbers = true);
latent z ~ normal(0, 1) draws 3;
param a[4] : angle;
visible q[2];
model {{
    ry(a[0] + z) q[0]; cx q[0], q[1]; ry(a[1] * z) q[1]; rx(a[2]) q[0];
    fresh e; ry(a[3]) e; cx e, q[0]; measure e keep;
}}
output feature = [expect(X[q[0]]), expect(Z[q[0]]), expect(X[q[1]]), expect(Z[q[0]] * Z[q[1]])];
objective mmd(rows_of, {kernel});
"""


@pytest.mark.parametrize("kernel", ["gaussian(sigma = 0.7)", "gaussian(variance = [0.2, 2], combine = sum)"])
def test_discrepancy_of_numbers(folder: Path, kernel: str) -> None:
    model, params = made(GENERATOR.format(kernel=kernel))
    weights, found = np.asarray(model.weights(params)), np.asarray(model.outputs(params)["feature"])
    assert found.shape == (6, 4)

    def k(x: Any, y: Any) -> float:
        apart = float(np.sum((x - y) ** 2))
        return sum(float(np.exp(-apart / (2 * v))) for v in ((0.2, 2) if "sum" in kernel else (0.49,)))

    even = np.full(5, 0.2)
    wanted = sum(
        sign * p * q * k(x, y)
        for sign, (left, ps), (right, qs) in (
            (1, (found, weights), (found, weights)),
            (-2, (found, weights), (WANTED, even)),
            (1, (WANTED, even), (WANTED, even)),
        )
        for x, p in zip(left, ps, strict=True)
        for y, q in zip(right, qs, strict=True)
    )
    assert float(model.loss(params)) == pytest.approx(wanted, rel=1e-10)
    derivative(model, params)


def test_training_makes_pairs_better(folder: Path) -> None:
    model, _ = made(DENOISER.format(middle="", batch="batch 3; steps 40; optimizer adam(rate = 0.1);"))
    run = model.train(out=folder / "run", display="quiet", pictures=False)
    assert run.history.loss[-5:].mean() < 0.8 * run.history.loss[0].mean()
    opened = qgl.open_run(folder / "run")
    assert opened.model.program.data["both"].numbers is not None
