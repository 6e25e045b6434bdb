"""Uniformly controlled gates by every method, against the reference."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.boundary.method import BoundaryContraction
from qgl.plan.planner import METHODS, Planner
from qgl.program.program import Program
from qgl.query import LogProb, Samples
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


CASES = [
    *((PURE, name) for name in ("state vector", "density matrix", "boundary")),
    *((PURIFIED, name) for name in ("state vector", "density matrix", "boundary")),
    *((WIDE, name) for name in ("state vector", "density matrix", "boundary")),
]


@pytest.mark.parametrize("text, name", CASES, ids=[f"{'abc'[k // 3]}-{name}" for k, (_, name) in enumerate(CASES)])
def test_likelihood(text: str, name: str) -> None:
    program: Program = program_from(text)
    size = sum(parameter.size for parameter in program.parameters)
    inputs = np.random.default_rng(3).uniform(-2, 2, size)
    expected = probabilities(program, inputs)
    n = len(program.visible)
    strings = (np.arange(2**n)[:, None] >> np.arange(n - 1, -1, -1) & 1).astype(np.uint8)
    strings = strings[expected > 1e-6][:40]
    query = LogProb.of(strings)
    methods = tuple(method for method in METHODS if method.name == name)
    run = Simulator(Planner(Circuit.of(program), "double", methods=methods).plan((query,)))
    index = strings.astype(int) @ 2 ** np.arange(n - 1, -1, -1)
    with jax.enable_x64(True):
        answer = jax.jit(lambda values: run.answer(values, query))(jnp.asarray(inputs))
    np.testing.assert_allclose(answer, np.log(expected[index]), atol=1e-7)


@pytest.mark.parametrize("text", [PURE, PURIFIED], ids=["pure", "purified"])
def test_samples_of_variables_by_sweeps(text: str) -> None:
    program: Program = program_from(text)
    size = sum(parameter.size for parameter in program.parameters)
    inputs = np.random.default_rng(3).uniform(-2, 2, size)
    expected = probabilities(program, inputs)
    query = Samples(20_000)
    run = Simulator(Planner(Circuit.of(program), "single", methods=(BoundaryContraction(),)).plan((query,)))
    values = jnp.asarray(inputs, jnp.float32)
    rows = np.asarray(jax.jit(lambda key: run.answer(values, query, key))(jax.random.key(0)))
    codes = rows.astype(int) @ (1 << np.arange(rows.shape[1] - 1, -1, -1))
    found = np.bincount(codes, minlength=len(expected)) / len(rows)
    assert found[expected < 1e-12].max() == 0
    assert np.abs(found - expected).max() < 5 * np.sqrt(expected.max() / 20_000)


def test_a_long_chain_of_variables_is_swept_column_by_column() -> None:
    """Eight categories and a purified memory: a bond of 4, one column for each variable, few classes to compile."""
    text = """
visible x[16] : category(8);
hidden memory;
channel cell(q: category(8)) {
    fresh e;
    prepare(?, ?) memory, q;
    prepare(?, ?) q, e;
    cx e, memory;
    uniform_ry(?) q, memory;
}
model { for q in x { cell q; } }
"""
    program: Program = program_from(text)
    rows = np.random.default_rng(0).integers(0, 2, (500, 48)).astype(np.uint8)
    plan = Planner(Circuit.of(program), "single").plan((LogProb.of(rows),))
    (row,) = plan.rows
    facts = dict(next(each for each in row.candidates if each.method == "boundary").cost.facts)
    assert row.chosen == "boundary"
    assert (facts["columns"], facts["bond"]) == (16, 4)
    assert int(facts["classes"]) <= 4
