"""Large tables are arguments of what is compiled: the same answers and gradients, each table once."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from qgl.kernels.devices import large_tables
from qgl.kernels.sectors import steps

TABLE = np.arange(1000, dtype=np.int32)
SECTOR = (
    "const n = 6; lattice sites = line(n); visible v on sites = neel; data d = cardinality(n, 3); "
    "param field[sites] : real; hamiltonian quench = sum((a, b) in edges(sites): X[a] * X[b] + Y[a] * Y[b]) + "
    "sum(a in sites: field[a] * Z[a]); model { evolve quench for 0.3; } objective nll(d);"
)


def function(x: jax.Array, others: dict[str, jax.Array | None]) -> dict[str, Any]:
    """Uses a table inside of a loop, of an inner compiled function and by itself."""

    def body(k: jax.Array, total: jax.Array) -> jax.Array:
        return total + x * jnp.asarray(TABLE)[k]

    inner = jax.jit(lambda y: y + jnp.asarray(TABLE)[7])
    return {"sum": jax.lax.fori_loop(0, 5, body, inner(x)), "rows": (others["y"], jnp.asarray(TABLE)[:2])}


@pytest.fixture(params=[1, 1 << 20])
def least(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Bytes from which a table is large."""
    monkeypatch.setattr(large_tables, "LEAST", request.param)
    return int(request.param)


def test_values_are_those_of_jit(least: int) -> None:
    arguments = jnp.float32(2.0), {"y": jnp.ones(3), "none": None}
    plain = jax.jit(function)(*arguments)
    for made in (large_tables.compiled(function, *arguments), large_tables.jit(function)):
        found = made(*arguments)
        jax.tree.map(np.testing.assert_array_equal, found, plain)


def test_other_shapes_and_types_are_compiled_anew(least: int) -> None:
    doubled = large_tables.jit(lambda x: x * jnp.asarray(TABLE)[2])
    assert doubled(jnp.ones(2)).shape == (2,)
    assert doubled(jnp.ones((3, 2))).shape == (3, 2)
    with jax.enable_x64(True):
        assert doubled(jnp.ones(2, jnp.float64)).dtype == np.float64


def test_it_can_be_traced(least: int) -> None:
    squared = large_tables.jit(lambda x: x**2 * jnp.asarray(TABLE)[3])
    assert jax.grad(squared)(1.0) == 6
    np.testing.assert_array_equal(jax.vmap(squared)(jnp.arange(3.0)), [0, 3, 12])


def test_a_table_is_an_argument_once(monkeypatch: pytest.MonkeyPatch) -> None:
    other = TABLE + 1
    traced = jax.jit(lambda x: x[jnp.asarray(TABLE)] + x[jnp.asarray(TABLE)] + x[jnp.asarray(other)]).trace(jnp.ones(9))
    constants = [*traced.jaxpr.consts, *traced.jaxpr.consts, np.float32(1)]
    monkeypatch.setattr(large_tables, "LEAST", TABLE.nbytes)
    tables, places = large_tables._large(constants)
    assert [table.tolist() for table in tables] == [TABLE.tolist(), other.tolist()]
    assert [number for number, _ in places][-1] == -1
    assert places[-1][1] is constants[-1]


def test_models_answer_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a sector's signs are converted row by row."""
    with jax.enable_x64(True):
        params = {"field": jnp.linspace(-1, 1, 6)}
    plain = qgl.loads(SECTOR, precision="double").value_and_grad(params)
    monkeypatch.setattr(large_tables, "LEAST", 1)
    monkeypatch.setattr(steps, "AT_ONCE", 1)
    hoisted = qgl.loads(SECTOR, precision="double").value_and_grad(params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12), hoisted, plain)
    assert np.abs(hoisted[1]["field"]).max() > 0.005
