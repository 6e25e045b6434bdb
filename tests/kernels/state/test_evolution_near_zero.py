"""Evolutions under coefficients and times at and near zero, and beyond all digits, by every method that has them.

The derivative by a coefficient of size c was once a rounding error divided by c: 1e12 at zero, wrong by 0.3 at 1e-6.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.kernels.simulator import Simulator
from qgl.plan.model import Method
from qgl.plan.planner import Planner
from qgl.plan.sectors.method import Sectors
from qgl.plan.state.methods import DensityMatrix, StateVector
from qgl.program.program import Program
from qgl.query import Probabilities
from tests.reference.density import gradient, probabilities

# At c = 0 the gradient of every bit is far from zero, by interference of what comes before and after.
CONSERVING = """
visible v[4] = "0110";
param c[4] : real;
param t : real;
hamiltonian fixed = sum((a, b) in chain(v): X[a] * X[b] + Y[a] * Y[b]) + 0.7 * Z[v[0]] + 0.3 * Z[v[1]] * Z[v[3]];
hamiltonian free = c[0] * (X[v[0]] * X[v[1]] + Y[v[0]] * Y[v[1]]) + c[1] * (X[v[2]] * Y[v[1]] - Y[v[2]] * X[v[1]])
    + c[2] * Z[v[0]] + c[3] * Z[v[1]] * Z[v[2]];
model { evolve fixed for 0.4; evolve free for t; evolve fixed for 0.3; }
"""
FREE = """
visible v[2];
param c[4] : real;
param t : real;
hamiltonian free = c[0] * X[v[0]] + c[1] * X[v[0]] * Y[v[1]] + c[2] * Z[v[0]] * Z[v[1]] + c[3] * Z[v[1]];
model { ry(0.7) v[0]; ry(1.1) v[1]; rx(0.2) v; evolve free for t; NOISE rx(0.5) v; }
"""
PROGRAMS: dict[str, tuple[Method, str]] = {
    "state vector": (StateVector(), FREE.replace("NOISE", "")),
    "density matrix": (DensityMatrix(), FREE.replace("NOISE", "depolarizing(0.1) v[0];")),
    "sectors": (Sectors(), CONSERVING),
}
SHAPE = np.array([0.9, -1.3, 0.4, 1.0])


def value_and_gradient(
    method: Method, text: str, precision: str, points: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """p and the gradient of weights . p at rows of inputs."""
    model = qgl.loads(text, precision=precision)
    with jax.enable_x64(precision == "double"):
        run = Simulator(Planner(model.circuit, precision, None, (method,)).plan((Probabilities(),)))

        def loss(inputs: jax.Array) -> tuple[jax.Array, jax.Array]:
            p = run.probabilities(inputs)
            return p @ jnp.asarray(weights, p.dtype), p

        compiled = jax.jit(jax.grad(loss, has_aux=True))
        found = [compiled(jnp.asarray(row, "float64" if precision == "double" else "float32")) for row in points]
        return np.array([p for _, p in found], float), np.array([derivative for derivative, _ in found], float)


def mean(program: Program, weights: NDArray[np.float64], units: NDArray[np.float64], x: NDArray[np.float64]) -> float:
    """weights . p at inputs x in some units."""
    return float(weights @ probabilities(program, x * units))


def inputs(scale: float, time: float) -> NDArray[np.float64]:
    return np.append(scale * SHAPE, time)


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_gradients(name: str, precision: str) -> None:
    """What has no digits, as cos(1e20), is no number: it was the identity once, or turned for ever."""
    method, text = PROGRAMS[name]
    program = qgl.loads(text).program
    points = [inputs(scale, time) for scale in (0.0, 1e-15, 1e-6, 1e-4, 1e-2, 0.5) for time in (1.0, -1.4)]
    points += [inputs(scale, time) for scale, time in ((1.0, 0.0), (1.0, 1e-7), (0.0, 0.0), (1e6, 1e-6), (1e-9, 1e8))]
    points.append(np.append(1e-6 * np.array([1.0, 0, 0, 1e6]), 1.0))  # one of them is large
    without = [inputs(scale, 1.0) for scale in (np.nan, np.inf, 1e20)]
    weights = np.random.default_rng(0).normal(size=2 ** len(program.visible))
    p, derivatives = value_and_gradient(method, text, precision, np.array(points + without), weights)
    assert np.isnan(p[-3:]).any(axis=1).all()
    assert np.isnan(derivatives[-3:]).any(axis=1).all()
    for row, value, derivative in zip(points, p, derivatives, strict=False):
        assert value == pytest.approx(probabilities(program, row), abs=1e-12 if precision == "double" else 2e-6)
        # what is differentiated is a function of coefficients times time, so that steps are in units of either
        units = np.append(np.full(4, 1 / max(1.0, abs(row[4]))), 1 / max(1.0, np.abs(row[:4]).max()))
        wanted = gradient(partial(mean, program, weights, units), row / units, 1e-5)
        assert derivative * units == pytest.approx(wanted, abs=1e-8 if precision == "double" else 2e-5)
