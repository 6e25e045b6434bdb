"""Samples by boundary contraction: column after column, its bits drawn from their distribution given the ones before,
for all shots at once.

What lies to the right of a column is traced out beforehand, in one boundary contraction from the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.bits.distribution import strings
from qgl.kernels.arrays import squared
from qgl.kernels.boundary.columns import Across, ColumnContraction, PerColumn, normalised, stacked
from qgl.kernels.boundary.crossing import Boundary, exponent_of, two_to
from qgl.kernels.pauli_words import hadamard
from qgl.plan.boundary.paths import path_of
from qgl.plan.network.columns import Columns


def samples(columns: Columns, tables: Sequence[jax.Array], key: jax.Array, shots: int) -> jax.Array:
    """Strings drawn from p, shape (shots, n), uint8."""
    pauli_transfer = columns.network.algebra == "pauli_transfer"
    rights = (_right_environments if pauli_transfer else _right_matrices)(columns, tables)
    contraction = ColumnContraction(
        columns, [path_of(c, shots, narrow=pauli_transfer, is_open=True) for c in columns.classes], tables
    )
    number = tables[0].real.dtype
    widths = columns.widths

    def step(across: Across, left: Boundary, key: jax.Array, right: Any) -> tuple[Boundary, jax.Array]:
        values = across(left.values).reshape(shots, 2**across.legs, -1)
        if pauli_transfer:
            each = jnp.asarray(hadamard(across.legs), number)
            values = jnp.einsum("xl,blk->bxk", each, values, precision="highest")
            weights = jnp.einsum("bxk,k->bx", values, right.values[0], precision="highest")
        else:
            moved = jnp.einsum("blk,jk->blj", values, right, precision="highest")
            weights = jnp.sum(moved * values.conj(), axis=2).real
        through = jnp.cumsum(jnp.maximum(weights, 0), axis=1)
        below = (1 - jax.random.uniform(key, (shots,), number)) * through[:, -1]
        drawn = jnp.sum(through[:, :-1] < below[:, None], axis=1)
        after = jnp.take_along_axis(values, drawn[:, None, None], axis=1)[:, 0]
        places = jnp.maximum(across.legs - 1 - np.arange(max(widths)), 0)
        return normalised(Boundary(after, left.exponents)), (drawn[:, None] >> places & 1).astype(jnp.uint8)

    keys = jax.random.split(key, len(columns.starts))
    codes = stacked(contraction.scan(step, contraction.start(shots, tables[0].dtype), keys, rights)[1])
    columns_of_bits = np.repeat(np.arange(len(widths)), widths)
    bits = codes[columns_of_bits, :, np.arange(len(columns.order)) - columns.starts[columns_of_bits]]
    return jnp.asarray(bits[np.argsort(columns.order)].T)


def _right_environments(columns: Columns, tables: Sequence[jax.Array]) -> PerColumn:
    """For every column the boundary after it with all that lies to the right traced out: values (1, bond), exponents
    (1,).
    """
    paths = [path_of(column, 1, narrow=True, backward=True) for column in columns.classes]
    contraction = ColumnContraction(columns, paths, tables)
    trace = jnp.asarray(np.eye(1, 2), tables[0].dtype)

    def step(across: Across, right: Boundary, _x: Any, _other: Any) -> tuple[Boundary, Boundary]:
        return normalised(Boundary(across(right.values, trace), right.exponents)), right

    return contraction.scan(step, contraction.start(1, tables[0].dtype), None, backward=True)[1]


def _right_matrices(columns: Columns, tables: Sequence[jax.Array]) -> PerColumn:
    """For every column the matrix M of the legs after it, up to a factor: sum of A[j]^* A[k] over what lies beyond."""
    rows = int(2 ** (max(columns.widths) + columns.bits.max()))
    contraction = ColumnContraction(
        columns, [path_of(c, rows, narrow=False, backward=True) for c in columns.classes], tables
    )
    dtype = tables[0].dtype

    def every(across: Across, vectors: jax.Array) -> jax.Array:
        """The column with all values of its bits put in front of rows of vectors, shapes (values, rows, bond)."""
        caps = jnp.asarray(np.eye(2)[strings(np.arange(2**across.legs), across.legs)], dtype)
        caps = jnp.repeat(caps, vectors.shape[1], axis=0)
        return across(vectors.reshape(-1, vectors.shape[2]), caps).reshape(len(vectors), vectors.shape[1], -1)

    def step(across: Across, right: jax.Array, _x: Any, _other: Any) -> tuple[jax.Array, jax.Array]:
        copies = jnp.broadcast_to(right, (2**across.legs, *right.shape))
        kets = every(across, copies)  # (bits, bra leg after, ket leg before)
        bras = every(across, kets.conj().mT).conj()  # (bits, ket leg before, bra leg before)
        left = jnp.sum(bras, axis=0).T
        size = jnp.sqrt(jnp.max(squared(left)))
        return left * two_to(-exponent_of(size), size.dtype).astype(dtype), right

    return contraction.scan(step, jnp.ones((1, 1), dtype), None, backward=True)[1]
