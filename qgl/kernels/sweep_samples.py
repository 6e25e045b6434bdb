"""Samples by sweeps: bit after bit, each drawn from its law given the ones before, for all shots at once.

What lies to the right of a column is traced out beforehand, in one sweep from the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.kernels.arrays import squared
from qgl.kernels.sweep_columns import Across, Boundary, PerColumn, Sweeper, normalised, power_of_two, stacked
from qgl.kernels.sweep_words import right_environments
from qgl.plan.columns import Columns
from qgl.plan.sweep_paths import path_of


def samples(columns: Columns, tables: Sequence[jax.Array], key: jax.Array, shots: int) -> jax.Array:
    """Strings drawn from p, shape (shots, n), uint8."""
    doubled = columns.network.algebra == "doubled"
    rights = right_environments(columns, tables, narrow=True) if doubled else _right_matrices(columns, tables)
    sweeper = Sweeper(columns, [path_of(c, shots, narrow=doubled, is_open=True) for c in columns.classes], tables)
    number = tables[0].real.dtype

    def turn(across: Across, left: Boundary, key: jax.Array, right: Any) -> tuple[Boundary, jax.Array]:
        either = across(left.values).reshape(shots, 2, -1)
        if doubled:
            both = jnp.einsum("blk,k->bl", either, right.values[0], precision="highest")
            weights = jnp.stack([both[:, 0] + both[:, 1], both[:, 0] - both[:, 1]], axis=1)
        else:
            moved = jnp.einsum("blk,jk->blj", either, right, precision="highest")
            weights = jnp.sum(moved * either.conj(), axis=2).real
        weights = jnp.maximum(weights, 0)
        ones = jax.random.uniform(key, (shots,), number) * (weights[:, 0] + weights[:, 1]) < weights[:, 1]
        if doubled:
            after = either[:, 0] + jnp.where(ones, -1, 1).astype(number)[:, None] * either[:, 1]
        else:
            after = jnp.where(ones[:, None], either[:, 1], either[:, 0])
        return normalised(Boundary(after, left.exponents)), ones.astype(jnp.uint8)

    keys = jax.random.split(key, len(columns.order))
    bits = stacked(sweeper.scan(turn, sweeper.start(shots, tables[0].dtype), keys, rights)[1])
    return jnp.asarray(bits[np.argsort(columns.order)].T)


def _right_matrices(columns: Columns, tables: Sequence[jax.Array]) -> PerColumn:
    """For every column the matrix M of the legs after it, up to a factor: sum of A[j]^* A[k] over what lies beyond."""
    rows = 2 * int(2 ** columns.bits.max())
    sweeper = Sweeper(columns, [path_of(c, rows, narrow=False, backward=True) for c in columns.classes], tables)
    dtype = tables[0].dtype
    each = jnp.eye(2, dtype=dtype)

    def both(across: Across, vectors: jax.Array) -> jax.Array:
        """The column with either bit put in front of rows of vectors, shapes (2, rows, bond)."""
        caps = jnp.repeat(each, vectors.shape[1], axis=0)
        return across(vectors.reshape(-1, vectors.shape[2]), caps).reshape(2, vectors.shape[1], -1)

    def turn(across: Across, right: jax.Array, _x: Any, _other: Any) -> tuple[jax.Array, jax.Array]:
        kets = both(across, jnp.broadcast_to(right, (2, *right.shape)))  # (bit, bra leg after, ket leg before)
        bras = both(across, kets.conj().mT).conj()  # (bit, ket leg before, bra leg before)
        left = jnp.sum(bras, axis=0).T
        return left / power_of_two(jnp.sqrt(jnp.max(squared(left))))[0].astype(dtype), right

    return sweeper.scan(turn, jnp.ones((1, 1), dtype), None, backward=True)[1]
