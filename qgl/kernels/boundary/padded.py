"""Takes boundaries across columns that come once each, by one compiled body; see `qgl.plan.boundary.padded`."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from qgl.kernels.arrays import take
from qgl.plan.boundary.padded import PaddedRun


def matrices_of(run: PaddedRun, held: Sequence[jax.Array]) -> jax.Array:
    """The matrices of every column, shape (columns, S, L, T), from the tensors that the columns hold."""
    flat = jnp.concatenate([*(tensor.reshape(-1) for tensor in held), jnp.zeros(1, held[0].dtype)])
    return take(flat, run.matrices)


def across_padded(
    run: PaddedRun, matrix: jax.Array, moves: tuple[jax.Array, jax.Array], values: jax.Array, cap: jax.Array | None
) -> jax.Array:
    """Boundary values across one column of a run: shapes (batch, C) before and after, cap (batch, 1, leg)."""
    assert cap is not None
    kept, acted, new = run.shape
    rows = _moved(values, *moves).reshape(-1, acted)
    product = jnp.matmul(rows, matrix.reshape(acted, -1), precision="highest")
    legs = product.reshape(len(values), kept, -1, new)
    return widened(jnp.sum(legs * cap[:, :1, :, None], axis=2).reshape(len(values), -1), values.shape[1])


def widened(values: jax.Array, count: int) -> jax.Array:
    """Boundary values (batch, bond) with zeros after them, shape (batch, count)."""
    return jnp.pad(values, ((0, 0), (0, count - values.shape[1])))


def narrowed(values: jax.Array, run: PaddedRun) -> jax.Array:
    """The boundary (batch, bond) after a run, from (batch, C)."""
    return values.at[:, run.end].get(mode="promise_in_bounds", wrap_negative_indices=False)


@jax.custom_vjp
def _moved(values: jax.Array, order: jax.Array, inverse: jax.Array) -> jax.Array:
    """values[:, order], whose gradient is a gather, too: nothing comes back from what is padding."""
    return values.at[:, order].get(mode="promise_in_bounds", wrap_negative_indices=False)


def _forward(values: jax.Array, order: jax.Array, inverse: jax.Array) -> tuple[jax.Array, jax.Array]:
    return _moved(values, order, inverse), inverse


def _backward(inverse: jax.Array, gradient: jax.Array) -> tuple[jax.Array, None, None]:
    back = gradient.at[:, jnp.maximum(inverse, 0)].get(mode="promise_in_bounds", wrap_negative_indices=False)
    return jnp.where(inverse >= 0, back, 0), None, None


_moved.defvjp(_forward, _backward)
