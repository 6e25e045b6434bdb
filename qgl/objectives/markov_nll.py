"""Negative log-likelihood from the distributions of windows.

Every distribution factorises as p(x) = prod_i p(x_i | x_0 ... x_(i-1)). Where a bit depends on the r bits before it
only, that is prod_i p(x_i | x_(i-r) ... x_(i-1)), which takes the distributions of windows of r + 1 bits. The bits of a
window are read in its light cone, however long the string. In general the logarithm of the product differs from log
p(x), on average over the model's strings by sum_i I(x_i : x_0 ... x_(i-r-1) | x_(i-r) ... x_(i-1)); the report
`markov_gap` measures the part of it that the nearest bit outside of the window has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.objectives.model import Deterministic, Setting
from qgl.objectives.regions import data_distributions, log_or_floor, stacked
from qgl.program.calls.objectives import MarkovNLL
from qgl.query import Marginals, Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class MarkovLikelihood(Deterministic):
    """-sum_x w(x) sum_i log p(x_i | x_(i-r) ... x_(i-1)) in nats over the rows x of the data, w being their weights.

    distributions  of the data's bits in each of `windows`, shape (windows, 2^(r + 1))
    """

    windows: tuple[tuple[int, ...], ...] = field(repr=False)
    distributions: NDArray[np.float64] = field(repr=False)

    name = "markov_nll"

    @property
    def width(self) -> int:
        """Bits of a string."""
        return self.windows[-1][-1] + 1

    @cached_property
    def queries(self) -> tuple[Query, ...]:
        return (Marginals(self.windows, bits=True),)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        p = stacked(answers[self.queries[0]])
        q = jnp.asarray(self.distributions, p.dtype)
        # the first window gives its bits; each further one its last bit, given those before it
        before_p, before_q = (
            distribution[1:].reshape(len(distribution) - 1, distribution.shape[1] // 2, 2).sum(axis=2)
            for distribution in (p, q)
        )
        logs, before = log_or_floor(p, self.width), log_or_floor(before_p, self.width)
        return jnp.sum(before_q * before) - jnp.sum(q * logs)


def windows(width: int, size: int) -> tuple[tuple[int, ...], ...]:
    """All windows of `size` neighbouring positions in order of declaration; one of all, if there are fewer."""
    size = min(size, width)
    return tuple(tuple(range(first, first + size)) for first in range(width - size + 1))


def markov_nll(call: MarkovNLL, setting: Setting) -> MarkovLikelihood:
    """The objective `markov_nll(data, radius)`."""
    given = setting.data[call.data]
    neighbourhoods = windows(setting.width, call.radius + 1)
    return MarkovLikelihood(neighbourhoods, data_distributions(given.rows, given.weights, neighbourhoods))
