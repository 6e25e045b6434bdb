"""Small helpers on arrays."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

MOST_USES = 8


def complex_like(dtype: Any) -> Any:
    """The complex type of the same precision as a real type."""
    return jnp.complex128 if dtype == jnp.float64 else jnp.complex64


def product(left: jax.Array, right: jax.Array, axes: tuple[int, int]) -> jax.Array:
    """left and right summed over one axis each, in full precision also where the hardware offers less."""
    contracted = (((axes[0],), (axes[1],)), ((), ()))
    return lax.dot_general(left, right, contracted, precision=lax.Precision.HIGHEST)


def squared(amplitudes: jax.Array) -> jax.Array:
    """Absolute squares."""
    return jnp.square(amplitudes.real) + jnp.square(amplitudes.imag)


def take(values: jax.Array, index: NDArray[np.int32], fixed: int = 0) -> jax.Array:
    """values[index], shape (*index.shape, *values.shape[1:]), for a static index.

    In reverse mode it is a gather too: scattering is slow on CPUs. Values that are used often are copied first, once
    for every few uses. The first `fixed` values do not depend on anything, and get no gradient.
    """
    copies = _copies(index.ravel(), len(values), fixed)
    if copies is not None:
        owners, which = copies
        return take(take(values, owners, fixed), which.reshape(index.shape), fixed)
    uses = _uses(index.ravel(), len(values), fixed)

    @jax.custom_vjp
    def gather(values: jax.Array) -> jax.Array:
        return values.at[index].get(mode="promise_in_bounds")

    def backward(_: None, gradient: jax.Array) -> tuple[jax.Array]:
        flat = gradient.reshape(index.size, *gradient.shape[index.ndim :])
        return (flat.at[uses].get(mode="fill", fill_value=0).sum(axis=1),)

    gather.defvjp(lambda values: (gather(values), None), backward)
    return gather(values)


def _copies(index: NDArray[np.int32], size: int, fixed: int) -> tuple[NDArray[np.int32], NDArray[np.int32]] | None:
    """Owners of copies of the values, and the copy that each place of `index` is to use: few use the same.

    The fixed values come first and are not copied. None if nothing is used often.
    """
    counts = np.bincount(index, minlength=size)
    counts[:fixed] = 1
    if counts.max(initial=0) <= MOST_USES:
        return None
    copies = -(-np.maximum(counts, 1) // MOST_USES)
    owners = np.repeat(np.arange(size, dtype=np.int32), copies)
    first = np.cumsum(copies) - copies
    which = first[index] + np.where(index < fixed, 0, _ranks(index, counts) // MOST_USES)
    return owners, which.astype(np.int32)


def _ranks(index: NDArray[np.int32], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many places before each one have the same index."""
    order = np.argsort(index, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(index, minlength=len(counts)))])[:-1]
    ranks = np.empty(len(index), np.int64)
    ranks[order] = np.arange(len(index)) - starts[index[order]]
    return ranks


def _uses(index: NDArray[np.int32], size: int, fixed: int) -> NDArray[np.int32]:
    """Positions in `index` of each value, shape (size, most uses), padded with len(index)."""
    counts = np.bincount(index, minlength=size)
    counts[:fixed] = 0
    uses = np.full((size, int(counts.max(initial=0))), len(index), dtype=np.int32)
    places = np.flatnonzero(index >= fixed)
    uses[index[places], _ranks(index, counts)[places]] = places
    return uses


@jax.custom_vjp
def chain(factors: jax.Array, moves: jax.Array, back: jax.Array) -> jax.Array:
    """A batch of products of small matrices on parts of larger ones.

    Start from the identity of K rows; for each factor put the rows in the order `moves`, then multiply every stretch
    of A row groups by it. Shapes: factors (depth, batch, A, A), moves and its inverse `back` (depth, batch, K); the
    result (batch, K, K).
    """
    return _chain(factors, moves)[0]


def _chain(factors: jax.Array, moves: jax.Array) -> tuple[jax.Array, jax.Array]:
    batch, rows = moves.shape[1:]
    start = jnp.broadcast_to(jnp.eye(rows, dtype=factors.dtype), (batch, rows, rows))

    def step(product: jax.Array, xs: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        moved = permute_rows(product, xs[1])
        return _multiply(xs[0], moved), moved

    return lax.scan(step, start, (factors, moves))


def _chain_backward(kept: tuple[jax.Array, ...], gradient: jax.Array) -> tuple[jax.Array, None, None]:
    factors, back, before = kept

    def step(gradient: jax.Array, xs: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
        factor, order, moved = xs
        shape = (*factor.shape[:2], -1)
        slope = jnp.einsum("bim,bjm->bij", gradient.reshape(shape), moved.reshape(shape), precision="highest")
        return permute_rows(_multiply(factor.mT, gradient), order), slope

    _, slopes = lax.scan(step, gradient, (factors, back, before), reverse=True)
    return slopes, None, None


def _chain_forward(factors: jax.Array, moves: jax.Array, back: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    product, before = _chain(factors, moves)
    return product, (factors, back, before)


chain.defvjp(_chain_forward, _chain_backward)


def permute_rows(batch: jax.Array, order: jax.Array) -> jax.Array:
    """batch[b, order[b]], shapes (b, rows, columns) and (b, rows)."""
    return jnp.take_along_axis(batch, order[:, :, None], axis=1, mode="promise_in_bounds")


def _multiply(small: jax.Array, batch: jax.Array) -> jax.Array:
    """small @ each stretch of row groups, shapes (b, A, A) and (b, K, K), as sums that vectorise along rows."""
    size = small.shape[-1]
    grouped = batch.reshape(len(batch), size, -1)
    total = small[:, :, 0, None] * grouped[:, None, 0, :]
    for j in range(1, size):
        total += small[:, :, j, None] * grouped[:, None, j, :]
    return total.reshape(batch.shape)
