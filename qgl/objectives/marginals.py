"""Distances of the distributions of small regions from those of the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits.regions import regions_of
from qgl.bits.shadows import Shadows, outcome_shares
from qgl.diagnostics.model import QglError
from qgl.diagnostics.training import UnfitRegions
from qgl.objectives.model import Deterministic, Objective, Setting
from qgl.objectives.regions import data_distributions, log_or_floor, stacked
from qgl.objectives.states import DISTANCES as STATE_DISTANCES
from qgl.objectives.states import StateDistance, reduced_states
from qgl.program.calls import objectives
from qgl.program.program import DataSet
from qgl.query import Marginals, Query

Array = jax.Array


def _tv(p: Array, q: Array) -> Array:
    return jnp.sum(jnp.abs(p - q), axis=1) / 2


def _kl(p: Array, q: Array) -> Array:
    seen, width = q > 0, p.shape[1].bit_length() - 1
    return jnp.sum(jnp.where(seen, q * (jnp.log(jnp.where(seen, q, 1.0)) - log_or_floor(p, width)), 0.0), axis=1)


def _hilbert_schmidt(p: Array, q: Array) -> Array:
    return jnp.sum((p - q) ** 2, axis=1)


DISTANCES: Mapping[str, Callable[[Array, Array], Array]] = {"tv": _tv, "kl": _kl, "hilbert_schmidt": _hilbert_schmidt}


@dataclass(frozen=True, eq=False)
class RegionDistance(Deterministic):
    """The mean over regions of a distance of p, the distribution of a region's bits in the model, from q, that in the
    data.

    tv               half the sum of |p - q|
    kl               sum q log(q / p), in nats
    hilbert_schmidt  sum (p - q)^2

    distributions  q, shape (regions, 2^k)
    """

    regions: tuple[tuple[int, ...], ...] = field(repr=False)
    distributions: NDArray[np.float64] = field(repr=False)
    distance: str

    name = "marginals"

    @cached_property
    def queries(self) -> tuple[Query, ...]:
        return (Marginals(self.regions, bits=True),)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        p = stacked(answers[self.queries[0]])
        return jnp.mean(DISTANCES[self.distance](p, jnp.asarray(self.distributions, p.dtype)))


@dataclass(frozen=True, eq=False)
class ShadowDistance(StateDistance):
    """The mean over regions of Tr (rho - sigma)^2, sigma being a region's state of which shots tell, without bias.

    states  unbiased estimates of sigma; `noise` is what their errors add to the mean, on average
    """

    noise: float = 0.0

    @classmethod
    def of(cls, regions: tuple[tuple[int, ...], ...], shadows: Shadows) -> ShadowDistance:
        return cls(regions, shadows.states, "hilbert_schmidt", float(shadows.noise.mean()))

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        return super().loss(answers, key) - self.noise


_BASES = np.array([[[1, 1], [1, 1]], [[1, -1j], [1j, 1]], [[2, 0], [0, 0]]]) / 2  # onto +1 of X, Y and Z
_OUTCOMES = np.stack([_BASES, np.eye(2) - _BASES], 1).reshape(6, 4)


@dataclass(frozen=True, eq=False)
class OutcomeDistance(Deterministic):
    """The mean over regions of the KL divergence, in nats, of outcomes in given Pauli bases, of shots from the model's.

    Up to a constant it is the mean negative log-likelihood of the bits of a region in their bases, a composite
    likelihood (Lindsay, Contemporary Mathematics 80, 221 (1988)).

    shares  of the outcomes of each region, shape (regions, 6^k)
    """

    regions: tuple[tuple[int, ...], ...] = field(repr=False)
    shares: NDArray[np.float64] = field(repr=False)

    name = "marginals"

    @cached_property
    def queries(self) -> tuple[Query, ...]:
        return (Marginals(self.regions),)

    @cached_property
    def entropies(self) -> NDArray[np.float64]:
        """Sum of q log q over the outcomes of a region, q being their shares under their bases, shape (regions,)."""
        size = len(self.regions[0])
        each = self.shares.reshape(-1, *[3, 2] * size)
        of_bases = each.sum(axis=tuple(range(2, 2 * size + 1, 2)), keepdims=True)
        share = np.divide(each, of_bases, out=np.ones_like(each), where=each > 0)
        total: NDArray[np.float64] = np.sum(each * np.log(share), axis=tuple(range(1, 2 * size + 1)))
        return total

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        return jnp.mean(self.of_regions(stacked(answers[self.queries[0]])))

    def of_regions(self, states: Array) -> Array:
        """The divergence of each region, of the model's reduced states, shape (regions, 2^k, 2^k) -> (regions,)."""
        p = outcome_chances(states)
        shares = jnp.asarray(self.shares, p.dtype)
        logs = jnp.where(shares > 0, log_or_floor(p, len(self.regions[0])), 0.0)
        return jnp.asarray(self.entropies, p.dtype) - jnp.sum(shares * logs, axis=1)


def outcome_chances(states: Array) -> Array:
    """Probabilities of outcomes under their bases, shape (regions, 2^k, 2^k) -> (regions, 6^k)."""
    size = states.shape[1].bit_length() - 1
    axes = [1 + side * size + place for place in range(size) for side in (0, 1)]
    chances = states.reshape(-1, *[2] * 2 * size).transpose(0, *axes).reshape(-1, *[4] * size)
    projectors = jnp.asarray(_OUTCOMES.conj(), chances.dtype)
    for _ in range(size):  # rows and columns of a qubit become its outcomes, behind those of the qubits before
        chances = jnp.tensordot(chances, projectors, axes=([1], [1]))
    return chances.real.reshape(len(states), -1)


def divergences(given: DataSet, regions: tuple[tuple[int, ...], ...], answer: Array) -> Array:
    """The KL divergence of each region of data from the model's in nats, of the answer to `Marginals` of all.

    It is of reduced states, of outcomes in the bases of shots, or of bits.
    """
    if given.bases is not None:
        return OutcomeDistance(regions, outcome_shares(given.rows, given.bases, regions)).of_regions(answer)
    if given.state is not None:
        return STATE_DISTANCES["kl"](answer, jnp.asarray(reduced_states(given.state, regions), answer.dtype))
    return _kl(answer, jnp.asarray(data_distributions(given.rows, given.weights, regions), answer.dtype))


def marginals(call: objectives.Marginals, setting: Setting) -> Objective:
    """The objective `marginals(data, size, distance)`; where the data are a quantum state, of reduced states.

    Raises:
        QglError: QGL0714, there are no connected regions of that size, or too many.
    """
    given, regions = setting.data[call.data], regions_of(call, setting.neighbourhood)
    if isinstance(regions, UnfitRegions):
        raise QglError([regions])
    if given.bases is not None and call.distance == "kl":
        return OutcomeDistance(regions, outcome_shares(given.rows, given.bases, regions))
    if given.bases is not None:
        return ShadowDistance.of(regions, Shadows.of(given.rows, given.bases, regions))
    if given.state is not None:
        return StateDistance(regions, reduced_states(given.state, regions), call.distance)
    return RegionDistance(regions, data_distributions(given.rows, given.weights, regions), call.distance)
