"""The fidelity of two mixed states, (Tr sqrt(sqrt(sigma) rho sqrt(sigma)))^2: <t|rho|t> where sigma is |t><t|.

With sigma = S S* it is the square of the sum of the roots of the eigenvalues of S* rho S, a matrix as large as the rank
of sigma. Source: A. Uhlmann, Reports on Mathematical Physics 9, 273, 1976; R. Jozsa, J. Mod. Opt. 41, 2315, 1994.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.kernels.hermitian import eigh

Array = jax.Array


def factors(states: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """S with sigma = S S* for density matrices sigma: shape (states, d, d) to (states, d, largest rank)."""
    values, vectors = np.linalg.eigh(states)
    least = values.shape[-1] * np.finfo(np.float64).eps * values[:, -1:]
    values = np.where(values > least, values, 0)
    rank = int((values > 0).sum(axis=1).max(initial=1))
    made: NDArray[np.complex128] = (vectors * np.sqrt(values)[:, None])[..., -rank:]
    return made


def fidelities(states: Array, factors: Any) -> Array:
    """Those of density matrices rho, shape (..., d, d), with sigma = S S*, S of shape (..., d, rank).

    Eigenvalues that are nothing but rounding count as 0, with a derivative of 0: exact where the rank of rho stays.
    """
    inside = jnp.einsum("...xk,...xy,...yl->...kl", factors.conj(), states, factors)
    values, _ = eigh(inside)
    some = values > _least(values, float(np.finfo(values.dtype).eps))
    return jnp.sum(jnp.where(some, jnp.sqrt(jnp.where(some, values, 1)), 0), axis=-1) ** 2


def fidelities_of(elements: NDArray[np.complex128], factor: NDArray[np.complex128], eps: float) -> NDArray[np.float64]:
    """Those of vectors, shape (elements, d), or of density matrices, shape (elements, d, d), with one state S S*; `eps`
    is the precision that the elements were computed in.
    """
    inside = np.einsum("xk,lx...->lk...", factor.conj(), elements)
    if elements.ndim == 2:
        squared: NDArray[np.float64] = np.sum(np.abs(inside) ** 2, axis=1)
        return squared
    values = np.linalg.eigvalsh(inside @ factor)
    return np.asarray(np.sum(np.sqrt(np.where(values > _least(values, eps), values, 0)), axis=1) ** 2)


def _least(values: Any, eps: float) -> Any:
    """What an eigenvalue, of shape (..., rank), is beyond rounding."""
    return values.shape[-1] * eps * values.sum(axis=-1, keepdims=True)
