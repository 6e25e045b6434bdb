"""Distances of reduced states of small regions from those of a target state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.kernels.hermitian import eigh
from qgl.objectives.model import Deterministic
from qgl.objectives.regions import stacked
from qgl.query import Marginals, Query

Array = jax.Array
State = NDArray[np.complex128]


def reduced_states(state: State, regions: tuple[tuple[int, ...], ...]) -> State:
    """Reduced states of regions of k positions, shape (regions, 2^k, 2^k), of a vector or a density matrix."""
    width = len(state).bit_length() - 1
    states = []
    for region in regions:
        order = [*region, *(place for place in range(width) if place not in region)]
        kept, rest = 2 ** len(region), 2 ** (width - len(region))
        sides = state.reshape((2,) * (width * state.ndim))
        axes = [side * width + place for side in range(state.ndim) for place in order]
        ordered = sides.transpose(axes).reshape((kept, rest) * state.ndim)
        states.append(ordered @ ordered.conj().T if state.ndim == 1 else np.einsum("arbr->ab", ordered))
    return np.stack(states)


def _trace_distance(rho: Array, sigma: Array) -> Array:
    return jnp.sum(jnp.abs(eigh(rho - sigma)[0]), axis=1) / 2


def _relative_entropy(rho: Array, sigma: Array) -> Array:
    """Tr sigma (log sigma - log rho)."""
    values = eigh(sigma)[0]
    own = jnp.sum(jnp.where(values > 0, values * _level_log(values), 0.0), axis=1)
    return own - _mean_log(rho, sigma)


def _hilbert_schmidt(rho: Array, sigma: Array) -> Array:
    difference = rho - sigma
    return jnp.sum(difference.real**2 + difference.imag**2, axis=(1, 2))


DISTANCES: Mapping[str, Callable[[Array, Array], Array]] = {
    "tv": _trace_distance,
    "kl": _relative_entropy,
    "hilbert_schmidt": _hilbert_schmidt,
}


def _least(values: Array) -> float:
    """Eigenvalues below this are rounding, and count as this many."""
    return 8 * float(np.finfo(values.dtype).eps)


@jax.custom_jvp
def _mean_log(rho: Array, sigma: Array) -> Array:
    """Tr sigma log rho, shapes (regions, d, d) -> (regions,).

    Its derivative is by divided differences (Daleckii and Krein 1951) of the logarithm that is level below rounding:
    finite where eigenvalues of rho coincide, and without noise where some of them vanish.
    """
    values, _, inside = _in_eigenvectors(rho, sigma)
    return jnp.sum(jnp.diagonal(inside, axis1=1, axis2=2).real * _level_log(values), axis=1)


def _level_log(values: Array) -> Array:
    return jnp.log(jnp.maximum(values, _least(values)))


def _in_eigenvectors(rho: Array, sigma: Array) -> tuple[Array, Array, Array]:
    """Eigenvalues of rho, its eigenvectors, and sigma in these."""
    values, vectors = eigh(rho)
    return values, vectors, _conjugated(vectors, sigma)


def _conjugated(vectors: Array, matrix: Array) -> Array:
    """V* matrix V."""
    return jnp.swapaxes(vectors.conj(), 1, 2) @ matrix @ vectors


def _quotients(values: Array) -> Array:
    """Divided differences of `_level_log` at all pairs of eigenvalues, shape (regions, d) -> (regions, d, d)."""
    least = _least(values)
    low = values < least
    raised = jnp.maximum(values, least)
    one, other = raised[:, :, None], raised[:, None, :]
    x = (one - other) / (one + other)  # log one - log other = 2 artanh x, a series where the two are close
    close = jnp.abs(x) <= 0.05
    exact = (jnp.log(one) - jnp.log(other)) / jnp.where(close, 1.0, one - other)
    exact = jnp.where(close, 2 / (one + other) * (1 + x**2 / 3 + x**4 / 5 + x**6 / 7), exact)
    either, both = low[:, :, None] | low[:, None, :], low[:, :, None] & low[:, None, :]
    apart = jnp.where(either & ~both, values[:, :, None] - values[:, None, :], 1.0)
    return exact * jnp.where(both, 0.0, jnp.where(either, (one - other) / apart, 1.0))


@_mean_log.defjvp
def _mean_log_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    values, vectors, inside = _in_eigenvectors(*primals)
    of_rho, of_sigma = (_conjugated(vectors, tangent) for tangent in tangents)
    mean = jnp.sum(jnp.diagonal(inside, axis1=1, axis2=2).real * _level_log(values), axis=1)
    change = jnp.sum(_quotients(values) * (jnp.swapaxes(inside, 1, 2) * of_rho).real, axis=(1, 2))
    return mean, change + jnp.sum(jnp.diagonal(of_sigma, axis1=1, axis2=2).real * _level_log(values), axis=1)


@jax.custom_jvp
def entropies(rho: Array) -> Array:
    """-Tr rho log rho in nats, shape (states, d, d) -> (states,).

    Its derivative, -Tr (d rho) (1 + log rho), needs none of eigenvectors, so that it is finite where eigenvalues
    coincide. Where they vanish it is infinite in truth: the logarithm is then that of rounding, as in `_mean_log`.
    """
    return _entropies(eigh(rho)[0])


def _entropies(values: Array) -> Array:
    positive = values > 0
    return -jnp.sum(jnp.where(positive, values * jnp.log(jnp.where(positive, values, 1.0)), 0.0), axis=1)


@entropies.defjvp
def _entropies_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    values, _, inside = _in_eigenvectors(primals[0], tangents[0])  # value and derivative take one decomposition
    own = jnp.diagonal(inside, axis1=1, axis2=2).real
    return _entropies(values), -jnp.sum(own * (1 + _level_log(values)), axis=1)


@dataclass(frozen=True, eq=False)
class StateDistance(Deterministic):
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

    @cached_property
    def queries(self) -> tuple[Query, ...]:
        return (Marginals(self.regions),)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        rho = stacked(answers[self.queries[0]])
        return jnp.mean(DISTANCES[self.distance](rho, jnp.asarray(self.states, rho.dtype)))
