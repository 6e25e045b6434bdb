"""Pauli words on bits of an index, and the Walsh-Hadamard transform."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np


def index(size: int) -> jax.Array:
    """0 ... size - 1."""
    return jnp.arange(size, dtype=jnp.int32)


def sign(bits: jax.Array, mask: jax.Array) -> jax.Array:
    """+1 or -1: the parity of the ones of `bits` under `mask`, as int32."""
    return 1 - 2 * (jax.lax.population_count(bits & mask) & 1)


@jax.custom_vjp
def flip(state: jax.Array, x: jax.Array) -> jax.Array:
    """state[y ^ x] for all y: the bits of the mask flipped. Its own transpose."""
    return state.at[index(state.shape[0]) ^ x].get(mode="promise_in_bounds", unique_indices=True)


flip.defvjp(lambda state, x: (flip(state, x), x), lambda x, gradient: (flip(gradient, x), None))


def apply_word(state: jax.Array, x: jax.Array, z: jax.Array, ys: jax.Array) -> jax.Array:
    """P |state> for the word with masks `x`, `z` and `ys` letters Y, state of shape (2^n,)."""
    phase = jnp.asarray(np.array([1, 1j, -1, -1j]), state.dtype)[ys & 3]
    return phase * (sign(index(state.shape[0]) ^ x, z) * flip(state, x))


def walsh(vector: jax.Array) -> jax.Array:
    """sum over x of (-1)^(x.z) vector[x] for all z, shape (2^n,); real or complex."""
    count = vector.shape[0].bit_length() - 1
    done = 0
    while done < count:
        width = min(5, count - done)
        square = jnp.asarray(_hadamard(width), vector.dtype)
        vector = jnp.einsum("ar,ab->rb", vector.reshape(2**width, -1), square).reshape(-1)
        done += width
    return vector


def _hadamard(width: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    bits = np.arange(2**width)
    return 1.0 - 2.0 * (np.bitwise_count(bits[:, None] & bits[None, :]) & 1)
