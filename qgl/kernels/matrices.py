"""The pool of small matrices, and the products of them that make blocks."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.gates import CHANNELS, GATES
from qgl.kernels.arrays import complex_like, permute_rows
from qgl.plan.pool import MatrixGroup, Pool
from qgl.plan.tables import Products


def pool_entries(pool: Pool, numbers: jax.Array) -> jax.Array:
    """All matrices flat, shape (pool.size,) or twice that with conjugates; `numbers` are the expression outputs."""
    dtype = complex_like(numbers.dtype)
    parts = [jnp.asarray(pool.constants, dtype)]
    parts += [_group(group, numbers).astype(dtype).reshape(-1) for group in pool.groups]
    entries = jnp.concatenate(parts)
    return jnp.concatenate([entries, entries.conj()]) if pool.conjugates else entries


def _group(group: MatrixGroup, numbers: jax.Array) -> jax.Array:
    """Shape (count, size, size)."""
    angles = [numbers[column] for column in group.angles.T]
    if group.kind == "channel":
        kraus = jnp.asarray(CHANNELS[group.name].kraus(jnp, *angles))
        return jnp.broadcast_to(superoperator(kraus), (group.count, group.size, group.size))
    if group.kind == "pauli":
        assert group.words is not None
        angle = angles[0][:, None, None]
        matrix = jnp.cos(angle) * np.eye(group.words.shape[-1]) + 1j * jnp.sin(angle) * group.words
    else:
        matrix = jnp.asarray(GATES[group.name].matrix(jnp, *angles))
    inner = matrix.shape[-1]
    matrix = jnp.broadcast_to(matrix, (group.count, inner, inner))
    if not group.controls:
        return matrix
    rest = group.size - inner
    corner = jnp.pad(matrix, ((0, 0), (rest, 0), (rest, 0)))
    return corner + np.diag([1.0] * rest + [0.0] * inner)


def superoperator(kraus: jax.Array) -> jax.Array:
    """sum K x K*, shape (..., 4^k, 4^k), of Kraus operators of shape (..., count, 2^k, 2^k)."""
    product = jnp.einsum("...aij,...akl->...ikjl", kraus, kraus.conj())
    size = kraus.shape[-1] ** 2
    return product.reshape(*product.shape[:-4], size, size)


def block_matrices(products: Products, entries: jax.Array) -> jax.Array:
    """The matrices of all blocks, shape (blocks, K, K)."""
    blocks, rows = products.finish.shape
    if not blocks:
        return jnp.zeros((0, rows, rows), entries.dtype)
    units = _units(products, entries)
    start = jnp.broadcast_to(jnp.eye(rows, dtype=entries.dtype), (blocks, rows, rows))

    def step(block: jax.Array, xs: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
        members, moves, back = xs
        size = units.shape[-1]
        moved = permute_rows(block, moves, back).reshape(blocks, size, -1)
        return _apply(units[members], moved).reshape(block.shape), None

    block, _ = lax.scan(step, start, (products.members, products.moves, products.back))
    return permute_rows(block, products.finish, products.unfinish)


def _units(products: Products, entries: jax.Array) -> jax.Array:
    """The product of the matrices of each unit, shape (units, A, A)."""
    size = 2**products.arity
    count = products.units.shape[1]
    start = jnp.broadcast_to(jnp.eye(size, dtype=entries.dtype), (count, size, size))
    product, _ = lax.scan(lambda unit, entry: (_apply(entries[entry], unit), None), start, products.units)
    return product


def _apply(small: jax.Array, batch: jax.Array) -> jax.Array:
    """small @ batch, shapes (b, A, A) and (b, A, m), as sums that vectorise over m."""
    terms = (small[:, :, j, None] * batch[:, None, j, :] for j in range(small.shape[-1]))
    return sum(terms, start=jnp.zeros((), batch.dtype))
