"""Uniformly controlled gates by every method, against the reference."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.check.program import Program
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.planner import METHODS, Planner
from qgl.query import LogProb
from tests.check.checking import program as program_from
from tests.reference.density import probabilities

PURE = """
visible x[2] : category(3);
visible y : category(2);
param root : table(3);
param move : table(3, 2, 3);
model {
    prepare([0.3, 0.7]) y;
    prepare(root) x[0];
    prepare(move, ?) x[0], y, x[1];
    levels(?) x;
    ctrl uniform_rz(?) x[0][0], x[1], y;
    inverse prepare(?) y, x[0];
}
"""
PURIFIED = """
visible x[2] : category(3);
hidden m[2];
param cell[2] : table(4, 3);
channel emit(a: table(4, 3), q: category(3)) {
    fresh e;
    prepare(a, ?) m, q;
    prepare(?) q, m[0], e;
    uniform_ry(?) e, q, m[1];
    levels(?) q;
}
model { ry(?) m; for k in 0..1 { emit(cell[k]) x[k]; } }
"""
WIDE = """
visible v[7];
model { ry(?) v; uniform_ry(?) v[1..6], v[0]; uniform_rz(?) v[0..4], v[6]; uniform_phase(?) v[1..6]; rx(?) v; }
"""


@pytest.mark.parametrize("text", [PURE, PURIFIED, WIDE], ids=["pure", "purified", "wide"])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_likelihood_and_slope(text: str, method: object) -> None:
    program: Program = program_from(text)
    size = sum(parameter.size for parameter in program.parameters)
    inputs = np.random.default_rng(3).uniform(-2, 2, size)
    expected = probabilities(program, inputs)
    n = len(program.visible)
    strings = (np.arange(2**n)[:, None] >> np.arange(n - 1, -1, -1) & 1).astype(np.uint8)
    strings = strings[expected > 1e-6][:40]
    query = LogProb.of(strings)
    planner = Planner(Circuit.of(program), "double", methods=(method,))
    try:
        run = Simulator(planner.plan((query,)))
    except Exception as error:
        pytest.skip(str(error)[:100])
    index = strings.astype(int) @ 2 ** np.arange(n - 1, -1, -1)
    with jax.enable_x64(True):
        answer = jax.jit(lambda values: run.answer(values, query))(jnp.asarray(inputs))
    np.testing.assert_allclose(answer, np.log(expected[index]), atol=1e-7)
