"""Hermitian matrices: their eigenvalues, for all kernels and objectives, and their exponentials; nearest isometries.

On a processor matrices of a batch are taken one by one. jaxlib (0.8 to 0.11) hands a batch to the threads that run the
program and lets the thread that asked wait for them: as soon as as many batches are asked for at once as there are
threads, all wait for ever. It was met at light cones of six classes with generators, on two threads.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.custom_batching import sequential_vmap


@jax.custom_jvp
def eigh(matrices: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Eigenvalues, ascending, and eigenvectors as columns: shapes (..., d, d) to (..., d) and (..., d, d).

    Derivatives are those of first-order perturbation theory, so that the vectors have none where eigenvalues coincide;
    those of the values alone are finite everywhere.
    """
    if jax.default_backend() != "cpu":
        return _batched(matrices)
    size = matrices.shape[-1]
    values, vectors = jax.vmap(_single)(matrices.reshape(-1, size, size))
    return values.reshape(matrices.shape[:-1]), vectors.reshape(matrices.shape)


def _batched(matrices: jax.Array) -> tuple[jax.Array, jax.Array]:
    values, vectors = jnp.linalg.eigh(matrices)
    return values, vectors


_single: Callable[[jax.Array], tuple[jax.Array, jax.Array]] = sequential_vmap(_batched)  # type: ignore[no-untyped-call]


@eigh.defjvp
def _eigh_jvp(
    primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]:
    values, vectors = eigh(*primals)
    adjoint = jnp.swapaxes(vectors, -1, -2).conj()
    change = (tangents[0] + jnp.swapaxes(tangents[0], -1, -2).conj()) / 2
    inside = adjoint @ change @ vectors
    own = jnp.eye(values.shape[-1], dtype=bool)
    gaps = jnp.where(own, 1.0, values[..., None, :] - values[..., :, None])
    rotation = jnp.where(own, 0.0, inside / gaps)
    return (values, vectors), (jnp.diagonal(inside, axis1=-2, axis2=-1).real, vectors @ rotation)


@jax.custom_jvp
def exponential(hermitian: jax.Array) -> jax.Array:
    """exp(-i H), shape (..., n, n); unitary to rounding for any H, and its derivative is finite for any H.

    With H = V diag(w) V*, the derivative along E is V ((V* E V) o F) V*, F_jk being the difference quotient of
    exp(-i w) at w_j, w_k: -i exp(-i (w_j + w_k) / 2) sin(d) / d with d = (w_j - w_k) / 2.

    Source: Y. Daleckii, S. Krein, 1965; N. Higham, Functions of Matrices, 2008, theorem 3.11.
    """
    return _composed(*eigh(hermitian))


@exponential.defjvp
def _exponential_jvp(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    values, vectors = eigh(primals[0])
    adjoint = jnp.swapaxes(vectors, -1, -2).conj()
    mean = 0.5 * (values[..., :, None] + values[..., None, :])
    half = 0.5 * (values[..., :, None] - values[..., None, :])
    quotient = -1j * jnp.exp(-1j * mean) * jnp.sinc(half / jnp.pi)
    inner = (adjoint @ tangents[0] @ vectors) * quotient
    return _composed(values, vectors), vectors @ inner @ adjoint


def _composed(values: jax.Array, vectors: jax.Array) -> jax.Array:
    return (vectors * jnp.exp(-1j * values)[..., None, :]) @ jnp.swapaxes(vectors, -1, -2).conj()


@jax.custom_vjp
def nearest_isometry(matrices: jax.Array) -> jax.Array:
    """A (A* A)^(-1/2), shape (..., m, n) with m >= n, of matrices A of full rank; orthonormal columns to rounding.

    With A = U diag(s) W the isometry is V = U W, and its derivative along E is U ((U* E W* - W E* U) / (s_j + s_k)) W,
    and (1 - U U*) E W* diag(1/s) W besides: nothing is divided by a difference.

    Source: N. Higham, Functions of Matrices, 2008, chapter 8.
    """
    left, _, right = _singular(matrices)
    return left @ right


def _singular(matrices: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    if jax.default_backend() != "cpu":
        return _all_singular(matrices)
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    parts = jax.vmap(_one_singular)(flat)
    left, values, right = (part.reshape(*matrices.shape[:-2], *part.shape[1:]) for part in parts)
    return left, values, right


def _all_singular(matrices: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    left, values, right = jnp.linalg.svd(matrices, full_matrices=False)
    return left, values, right


_one_singular: Callable[[jax.Array], tuple[jax.Array, jax.Array, jax.Array]]
_one_singular = sequential_vmap(_all_singular)  # type: ignore[no-untyped-call]

_Singular = tuple[jax.Array, jax.Array, jax.Array]


def _isometry_forward(matrices: jax.Array) -> tuple[jax.Array, _Singular]:
    parts = _singular(matrices)
    return parts[0] @ parts[2], parts


def _isometry_back(parts: _Singular, gradient: jax.Array) -> tuple[jax.Array]:
    left, values, right = parts
    turned = gradient.conj() @ jnp.swapaxes(right, -1, -2).conj()  # JAX keeps conjugates of gradients
    inside = jnp.swapaxes(left, -1, -2).conj() @ turned
    skew = (inside - jnp.swapaxes(inside, -1, -2).conj()) / (values[..., :, None] + values[..., None, :])
    outside = (turned - left @ inside) / values[..., None, :]
    return (((left @ skew + outside) @ right).conj(),)


nearest_isometry.defvjp(_isometry_forward, _isometry_back)
