"""Distances of reduced states of small regions from those of a target state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.objectives.regions import stacked
from qgl.query import Marginals, Query

Array = jax.Array
State = NDArray[np.complex128]


def reduced_states(state: State, regions: tuple[tuple[int, ...], ...]) -> State:
    """Reduced states of regions of k positions, shape (regions, 2^k, 2^k), of a vector or a density matrix."""
    width = len(state).bit_length() - 1
    found = []
    for region in regions:
        order = [*region, *(place for place in range(width) if place not in region)]
        kept, rest = 2 ** len(region), 2 ** (width - len(region))
        sides = state.reshape((2,) * (width * state.ndim))
        axes = [side * width + place for side in range(state.ndim) for place in order]
        ordered = sides.transpose(axes).reshape((kept, rest) * state.ndim)
        found.append(ordered @ ordered.conj().T if state.ndim == 1 else np.einsum("arbr->ab", ordered))
    return np.stack(found)


def _trace_distance(rho: Array, sigma: Array) -> Array:
    return jnp.sum(jnp.abs(jnp.linalg.eigvalsh(rho - sigma)), axis=1) / 2


def _relative_entropy(rho: Array, sigma: Array) -> Array:
    """Tr sigma (log sigma - log rho)."""
    values = jnp.linalg.eigvalsh(sigma)
    own = jnp.sum(jnp.where(values > 0, values * jnp.log(jnp.maximum(values, _least(values))), 0.0), axis=1)
    return own - _mean_log(sigma)(rho)


def _hilbert_schmidt(rho: Array, sigma: Array) -> Array:
    difference = rho - sigma
    return jnp.sum(difference.real**2 + difference.imag**2, axis=(1, 2))


DISTANCES: Mapping[str, Callable[[Array, Array], Array]] = {
    "tv": _trace_distance,
    "kl": _relative_entropy,
    "hilbert_schmidt": _hilbert_schmidt,
}


def _least(values: Array) -> float:
    """Eigenvalues below this are rounding."""
    return float(np.finfo(values.dtype).eps)


def _mean_log(sigma: Array) -> Callable[[Array], Array]:
    """The function Tr sigma log rho of rho, shape (regions, d, d) -> (regions,).

    Its derivative is by divided differences of the logarithm (Daleckii and Krein 1951), so that it is finite where
    eigenvalues of rho coincide.
    """

    def parts(rho: Array) -> tuple[Array, Array, Array]:
        values, vectors = jnp.linalg.eigh(rho)
        return jnp.maximum(values, _least(values)), vectors, jnp.swapaxes(vectors.conj(), 1, 2) @ sigma @ vectors

    @jax.custom_jvp
    def mean_log(rho: Array) -> Array:
        values, _, inside = parts(rho)
        return jnp.sum(jnp.diagonal(inside, axis1=1, axis2=2).real * jnp.log(values), axis=1)

    @mean_log.defjvp
    def _(primals: tuple[Any], tangents: tuple[Any]) -> tuple[Array, Array]:
        values, vectors, inside = parts(primals[0])
        moved = jnp.swapaxes(vectors.conj(), 1, 2) @ tangents[0] @ vectors
        one, other = values[:, :, None], values[:, None, :]
        x = (one - other) / (one + other)  # log one - log other = 2 artanh x, a series where the two are close
        close = jnp.abs(x) <= 0.05
        slopes = (jnp.log(one) - jnp.log(other)) / jnp.where(close, 1.0, one - other)
        slopes = jnp.where(close, 2 / (one + other) * (1 + x**2 / 3 + x**4 / 5 + x**6 / 7), slopes)
        change = jnp.sum(slopes * (jnp.swapaxes(inside, 1, 2) * moved).real, axis=(1, 2))
        return mean_log(primals[0]), change

    return mean_log


@dataclass(frozen=True, eq=False)
class StateDistance:
    """The mean over regions of a distance of rho, a region's state in the model, from sigma, that in the target.

    tv               half the trace norm of rho - sigma
    kl               Tr sigma (log sigma - log rho), in nats
    hilbert_schmidt  Tr (rho - sigma)^2

    states  sigma, shape (regions, 2^k, 2^k)
    """

    regions: tuple[tuple[int, ...], ...] = field(repr=False)
    states: State = field(repr=False)
    distance: str

    name = "marginals"
    stochastic = False
    conditions = None

    @cached_property
    def queries(self) -> tuple[Query, ...]:
        return (Marginals(self.regions),)

    def given(self, key: Array | None) -> Mapping[Query, Array]:
        return {}

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        rho = stacked(answers[self.queries[0]])
        return jnp.mean(DISTANCES[self.distance](rho, jnp.asarray(self.states, rho.dtype)))
