"""Pauli words on the bits of an index, and the Walsh-Hadamard transform.

A Pauli word has three numbers: the mask `x` of the bits with X or Y, the mask `z` of those with Z or Y, and `ys`, how
many Y it has.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from qgl.kernels.arrays import barrier, product, reordered

CHUNK = 4  # bits that one matrix product transforms


def index(size: int) -> jax.Array:
    """The indices 0 ... size - 1, shape (size,), int32."""
    return jnp.arange(size, dtype=jnp.int32)


def sign(bits: jax.Array, mask: jax.Array) -> jax.Array:
    """+1 or -1, int32: the parity of the ones of `bits` under `mask`, whose shapes are broadcast."""
    return 1 - 2 * (jax.lax.population_count(bits & mask) & 1)


@jax.custom_vjp
def flip(state: jax.Array, x: jax.Array) -> jax.Array:
    """state[y ^ x] for all y, shape (2^n,): the bits of the mask x flipped. Its own transpose."""
    return reordered(state, index(state.shape[0]) ^ x)


flip.defvjp(lambda state, x: (flip(state, x), x), lambda x, gradient: (flip(gradient, x), None))


def apply_pauli_word(state: jax.Array, x: jax.Array, z: jax.Array, ys: jax.Array) -> jax.Array:
    """P |state> for the Pauli word with masks `x`, `z` and `ys` letters Y, state of shape (2^n,)."""
    phase = jnp.asarray(np.array([1, 1j, -1, -1j]), state.dtype)[ys & 3]
    return phase * (sign(index(state.shape[0]) ^ x, z) * flip(state, x))


def walsh(vector: jax.Array) -> jax.Array:
    """sum over x of (-1)^(x.z) vector[x] for all z, shape (2^n,); its own transpose, and its own inverse up to 2^n.

    vector: real or complex.
    """
    # of a constant, be it the gradient on the way back, XLA would find the products while it compiles, in seconds
    vector = barrier(vector)
    for width in chunks(vector.shape[0].bit_length() - 1):
        signs = jnp.asarray(hadamard(width), vector.dtype)
        # the leading bits go to the end; once all have, they are in order again
        vector = product(vector.reshape(len(signs), -1), signs, (0, 0)).reshape(-1)
    transformed: jax.Array = barrier(vector)
    return transformed


def chunks(bits: int) -> list[int]:
    """So many bits as stretches, each of which one matrix product transforms.

    A matrix product is a call of a library, for which nothing is compiled. Sums of halves, bit by bit, would be a
    kernel each.
    """
    count = -(-bits // CHUNK)
    return [bits // count + (k < bits % count) for k in range(count)]


def walsh_product(factors: jax.Array) -> jax.Array:
    """The product of factors[x] over all x with an odd number of ones under z, for all z, shape (2^n,).

    A transform like `walsh`, with products in place of sums: those over an even number of ones go along. Nothing is
    divided by, so that factors and gradients may be 0.
    """
    even, odd = factors, jnp.ones_like(factors)
    size = factors.shape[0]
    while size > 1:
        # the leading bit is transformed and goes to the end; once all have, they are in order again
        size //= 2
        (e0, e1), (o0, o1) = even.reshape(2, -1), odd.reshape(2, -1)
        even = jnp.stack([e0 * e1, e0 * o1], axis=1).reshape(-1)
        odd = jnp.stack([o0 * o1, o0 * e1], axis=1).reshape(-1)
    return odd


def hadamard(bits: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
    """(-1)^(ones of x & z), shape (2^bits, 2^bits), unscaled: it takes means of Z words to probabilities and back."""
    place = np.arange(2**bits)
    return (1 - 2 * (np.bitwise_count(place[:, None] & place) % 2)).astype(np.int8)
