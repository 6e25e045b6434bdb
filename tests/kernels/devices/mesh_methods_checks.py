"""Every method that shares its work gives the values and gradients of one device on several."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.ir.circuit import Circuit
from qgl.kernels.devices.mesh import grid, spread
from qgl.kernels.simulator import Simulator
from qgl.loading import loads
from qgl.plan.boundary.method import BoundaryContraction
from qgl.plan.cones.method import LightCones
from qgl.plan.contraction.method import Contraction
from qgl.plan.iqp.method import Iqp
from qgl.plan.model import Method
from qgl.plan.planner import Planner
from qgl.plan.state.methods import StateVector
from qgl.plan.trajectories.method import Trajectories
from qgl.query import Expectation, GivenPauliWords, GivenStrings, Query

CHAIN = """\
visible v[9];
model { for t in 1..2 { for q in v { ry(?) q; rz(?) q; } for (a, b) in chain(v) { cz a, b; } } }
"""
NOISY = """\
visible v[5];
model { for q in v { ry(?) q; } for (a, b) in chain(v) { cx a, b; } for q in v { amplitude_damping(0.1) q; ry(?) q; } }
"""
PHASES = """\
visible v[8];
model { for q in v { h q; } for (a, b) in chain(v) { rzz(?) a, b; } for q in v { rz(?) q; h q; } }
"""
RANDOM = np.random.default_rng(2)
STRINGS = RANDOM.integers(0, 2, (7, 9)).astype(np.uint8)
PAIRS = np.array([[a, b] for a in range(9) for b in range(a + 1, min(9, a + 3))], np.int32)


@pytest.mark.parametrize(
    ("method", "program", "query", "given"),
    [
        (BoundaryContraction(), CHAIN, GivenStrings(7), STRINGS),
        (BoundaryContraction(), CHAIN, GivenPauliWords(7), STRINGS),
        (Contraction(least=0), CHAIN, GivenStrings(7), STRINGS),
        (LightCones(), CHAIN, Expectation.sparse(PAIRS), None),
        (Iqp(), PHASES, GivenPauliWords(7, 64), STRINGS[:, :8]),
        (Trajectories(), NOISY, GivenPauliWords(7, 24), STRINGS[:, :5]),
        (StateVector(), CHAIN, GivenStrings(7), STRINGS),
    ],
    ids=lambda item: "" if isinstance(item, str | np.ndarray | None) else type(item).__name__,
)
def test_devices_share_the_work(method: Method, program: str, query: Query, given: np.ndarray[Any, Any] | None) -> None:
    model = loads(program)
    run = Simulator(Planner(Circuit.of(model.program), "single", methods=(method,)).plan((query,)))
    inputs = RANDOM.uniform(-1, 1, run.plan.inputs).astype(np.float32)
    key = jax.random.key(1, impl="threefry2x32")

    def loss(inputs: jax.Array) -> Any:
        arrays = {} if given is None else {query: jnp.asarray(given)}
        answer = run.answers(inputs, (query,), key, arrays)[query]
        return jnp.sum(answer * jnp.cos(jnp.arange(answer.size)).reshape(answer.shape)), answer

    evaluate = jax.value_and_grad(loss, has_aux=True)
    (_, alone), derivative = jax.jit(evaluate)(inputs)
    (_, answer), gradient = jax.jit(spread(evaluate, grid(jax.devices())))(inputs)
    np.testing.assert_allclose(answer, alone, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradient, derivative, rtol=1e-3, atol=1e-4)
