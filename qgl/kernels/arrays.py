"""Small helpers on arrays."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


def complex_like(dtype: Any) -> Any:
    """The complex type of the same precision as a real type."""
    return jnp.complex128 if dtype == jnp.float64 else jnp.complex64


@jax.custom_vjp
def permute_rows(batch: jax.Array, order: jax.Array, back: jax.Array) -> jax.Array:
    """batch[b, order[b]], shapes (b, rows, columns) and (b, rows); `back` is the inverse of `order`."""
    return jnp.take_along_axis(batch, order[:, :, None], axis=1, mode="promise_in_bounds")


def _forward(batch: jax.Array, order: jax.Array, back: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    return permute_rows(batch, order, back), (order, back)


def _backward(kept: tuple[jax.Array, ...], gradient: jax.Array) -> tuple[jax.Array, None, None]:
    order, back = kept
    return permute_rows(gradient, back, order), None, None


permute_rows.defvjp(_forward, _backward)
