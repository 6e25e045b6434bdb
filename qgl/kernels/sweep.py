"""Answers by sweeps over the columns of a circuit network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.kernels.network import tensor_tables
from qgl.kernels.runner import given
from qgl.kernels.sweep_columns import Boundary, Sweeper
from qgl.plan.columns import Columns
from qgl.plan.sweep import SweepProgram
from qgl.plan.sweep_paths import path_of
from qgl.query import LogProb, Query


class SweepRunner:
    """Tensors are computed once for all queries of a call, then each query is a sweep or two."""

    def __init__(self, program: SweepProgram) -> None:
        self.program = program

    def answers(
        self, inputs: jax.Array, asked: Mapping[Query, jax.Array | None], key: jax.Array | None
    ) -> dict[Query, Any]:
        columns = self.program.amplitude or self.program.doubled
        assert columns is not None
        tables = tensor_tables(columns.network, inputs)
        found: dict[Query, Any] = {}
        for query, array in asked.items():
            rows = jnp.asarray(query.rows) if isinstance(query, LogProb) else given(array, query)
            found[query] = log_prob(columns, tables, rows, inputs.dtype)
        return found


def log_prob(columns: Columns, tables: list[jax.Array], rows: jax.Array, dtype: Any) -> jax.Array:
    """log p of strings of 0 and 1, shape (batch, n); what rounds to nothing at the end is the least positive number."""
    real = columns.network.algebra == "doubled"
    sweeper = Sweeper(columns, [path_of(column, len(rows), narrow=real) for column in columns.classes])
    held = sweeper.prepare(tables)
    bits = rows.T[columns.order].astype(dtype)
    caps = jnp.stack([jnp.full_like(bits, 0.5), 0.5 - bits] if real else [1 - bits, bits], axis=-1)
    kind = tables[0].dtype
    start = Boundary(jnp.ones((len(rows), 1), kind), jnp.zeros(len(rows), jnp.int32))
    end = sweeper.sweep(held, start, caps.astype(kind))
    value = end.values[:, 0]
    least = float(np.finfo(np.dtype(dtype)).tiny)
    p = value.real if real else jnp.square(value.real) + jnp.square(value.imag)
    powers = end.exponents * (1 if real else 2)
    return jnp.log(jnp.maximum(p, least)) + powers.astype(dtype) * math.log(2)
