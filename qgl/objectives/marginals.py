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
from qgl.bits.shadows import Shadows
from qgl.diagnostics.model import QglError
from qgl.diagnostics.training import UnfitRegions
from qgl.objectives.model import Deterministic, Objective, Setting
from qgl.objectives.regions import data_distributions, log_or_floor, stacked
from qgl.objectives.states import StateDistance, reduced_states
from qgl.program.calls import objectives
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


def marginals(call: objectives.Marginals, setting: Setting) -> Objective:
    """The objective `marginals(data, size, distance)`; where the data are a quantum state, of reduced states.

    Raises:
        QglError: QGL0714, there are no connected regions of that size, or too many.
    """
    given, regions = setting.data[call.data], regions_of(call, setting.neighbourhood)
    if isinstance(regions, UnfitRegions):
        raise QglError([regions])
    if given.bases is not None:
        return ShadowDistance.of(regions, Shadows.of(given.rows, given.bases, regions))
    if given.state is not None:
        return StateDistance(regions, reduced_states(given.state, regions), call.distance)
    return RegionDistance(regions, data_distributions(given.rows, given.weights, regions), call.distance)
