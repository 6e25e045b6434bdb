"""Exponentials of Hermitian matrices, differentiated without dividing by differences of eigenvalues."""

from __future__ import annotations

import jax
import jax.numpy as jnp


@jax.custom_jvp
def exponential(hermitian: jax.Array) -> jax.Array:
    """exp(-i H), shape (..., n, n); unitary to rounding for any H, and its derivative is finite for any H.

    With H = V diag(w) V*, the derivative along E is V ((V* E V) o F) V*, F_jk being the difference quotient of
    exp(-i w) at w_j, w_k: -i exp(-i (w_j + w_k) / 2) sin(d) / d with d = (w_j - w_k) / 2.

    Source: Y. Daleckii, S. Krein, 1965; N. Higham, Functions of Matrices, 2008, theorem 3.11.
    """
    return _composed(*_eigen(hermitian))


@exponential.defjvp
def _exponential_jvp(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    values, vectors = _eigen(primals[0])
    adjoint = jnp.swapaxes(vectors, -1, -2).conj()
    mean = 0.5 * (values[..., :, None] + values[..., None, :])
    half = 0.5 * (values[..., :, None] - values[..., None, :])
    quotient = -1j * jnp.exp(-1j * mean) * jnp.sinc(half / jnp.pi)
    inner = (adjoint @ tangents[0] @ vectors) * quotient
    return _composed(values, vectors), vectors @ inner @ adjoint


def _eigen(hermitian: jax.Array) -> tuple[jax.Array, jax.Array]:
    values, vectors = jnp.linalg.eigh(hermitian, symmetrize_input=False)
    return values, vectors


def _composed(values: jax.Array, vectors: jax.Array) -> jax.Array:
    return (vectors * jnp.exp(-1j * values)[..., None, :]) @ jnp.swapaxes(vectors, -1, -2).conj()
