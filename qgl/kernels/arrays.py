"""Small helpers on arrays that several methods of simulation use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

barrier: Callable[[Any], Any] = lax.optimization_barrier  # what lies before is not folded into what comes after


def complex_like(dtype: Any) -> Any:
    """The complex type of the same precision as a real type."""
    return jnp.complex128 if dtype == jnp.float64 else jnp.complex64


def product(left: jax.Array, right: jax.Array, axes: tuple[int, int]) -> jax.Array:
    """`left` and `right` summed over one axis each, in full precision also where the hardware offers less.

    Shape: that of `left` without axis axes[0], then that of `right` without axis axes[1].
    """
    contracted = (((axes[0],), (axes[1],)), ((), ()))
    return lax.dot_general(left, right, contracted, precision=lax.Precision.HIGHEST)


def squared(amplitudes: jax.Array) -> jax.Array:
    """Absolute squares of complex amplitudes, real, of the same shape."""
    return jnp.square(amplitudes.real) + jnp.square(amplitudes.imag)


def take(values: jax.Array, index: Any) -> jax.Array:
    """values[index], shape (*index.shape, *values.shape[1:]), for an index or one for each axis, in range, from 0 on.

    To look for indices that are counted from the end would be half of what a gather is traced and lowered to.
    """
    return values.at[index].get(mode="promise_in_bounds", wrap_negative_indices=False)


def reordered(values: jax.Array, index: Any) -> jax.Array:
    """The same where `index`, as long as `values` or in another shape, has every place once."""
    return values.at[index].get(mode="promise_in_bounds", wrap_negative_indices=False, unique_indices=True)


def row_of(table: jax.Array, number: jax.Array | int) -> jax.Array:
    """table[number], shape table.shape[1:], for a number from 0 on and in range."""
    row: jax.Array = lax.dynamic_index_in_dim(table, number, keepdims=False, allow_negative_indices=False)
    return row


def in_places(parts: Sequence[tuple[jax.Array, NDArray[np.int32]]]) -> jax.Array:
    """Values of several parts in one array, shape (values,), each at its place; those at place -1 are left out.

    parts: values and the places that they go to, of the same shape.
    """
    values = lax.concatenate([part.reshape(-1) for part, _ in parts], 0)
    places = np.concatenate([where.reshape(-1) for _, where in parts])
    kept = np.flatnonzero(places >= 0)
    order = kept[np.argsort(places[kept])].astype(np.int32)
    return values if np.array_equal(order, np.arange(len(values))) else reordered(values, order)


def with_inverse(gather: Callable[[jax.Array, jax.Array], jax.Array]) -> Callable[..., jax.Array]:
    """`gather(values, order)` as a function of (values, order, inverse), whose gradient is the gather by `inverse`.

    All of the shapes that `gather` takes, and `inverse` of that of `order`.
    """

    def forward(values: jax.Array, order: jax.Array, inverse: jax.Array) -> tuple[jax.Array, jax.Array]:
        return gather(values, order), inverse

    permuted = jax.custom_vjp(lambda values, order, inverse: gather(values, order))
    permuted.defvjp(forward, lambda inverse, gradient: (gather(gradient, inverse), None, None))
    return permuted


@jax.custom_vjp
def chain(factors: jax.Array, moves: jax.Array, inverse: jax.Array) -> jax.Array:
    """A batch of products of small matrices on parts of larger ones.

    Start from the identity of K rows; for each factor put the rows in the order `moves`, then multiply every stretch
    of A row groups by it. Shapes: factors (depth, batch, A, A), moves and its inverse `inverse` (depth, batch, K); the
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
    factors, inverse, before = kept

    def step(gradient: jax.Array, xs: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
        factor, order, moved = xs
        shape = (*factor.shape[:2], -1)
        cotangent = jnp.einsum("bim,bjm->bij", gradient.reshape(shape), moved.reshape(shape), precision="highest")
        return permute_rows(_multiply(factor.mT, gradient), order), cotangent

    _, cotangents = lax.scan(step, gradient, (factors, inverse, before), reverse=True)
    return cotangents, None, None


def _chain_forward(factors: jax.Array, moves: jax.Array, inverse: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    product, before = _chain(factors, moves)
    return product, (factors, inverse, before)


chain.defvjp(_chain_forward, _chain_backward)


def permute_rows(batch: jax.Array, order: jax.Array) -> jax.Array:
    """batch[b, order[b]], shapes (b, rows, columns) and (b, rows)."""
    return take(batch, (jnp.arange(len(batch))[:, None], order))


def _multiply(small: jax.Array, batch: jax.Array) -> jax.Array:
    """small @ each stretch of row groups, shapes (b, A, A) and (b, K, K), as sums that vectorise along rows."""
    size = small.shape[-1]
    grouped = batch.reshape(len(batch), size, -1)
    total = small[:, :, 0, None] * grouped[:, None, 0, :]
    for j in range(1, size):
        total += small[:, :, j, None] * grouped[:, None, j, :]
    return total.reshape(batch.shape)
