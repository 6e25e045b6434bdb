"""Kullback-Leibler divergence of the data's distribution from the model's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, entropy
from qgl.objectives.batch import RowsDrawn
from qgl.objectives.model import Deterministic, Objective, Setting
from qgl.objectives.nll import floored
from qgl.program.calls.objectives import KL
from qgl.query import LogProb, Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class KullbackLeibler(Deterministic):
    """sum_x q(x) log(q(x) / p(x)) in nats over the support of the data's distribution q; strings outside of it do not
    matter.
    """

    query: LogProb = field(repr=False)
    distribution: NDArray[np.float64] = field(repr=False)

    name = "kl"

    @property
    def queries(self) -> tuple[Query, ...]:
        return (self.query,)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        log_prob = floored(answers[self.query], self.query.width)
        distribution = jnp.asarray(self.distribution, dtype=log_prob.dtype)
        # one logarithm from the other before the sum: near the optimum both sums are large and nearly equal
        return jnp.sum(distribution * (jnp.asarray(np.log(self.distribution), dtype=log_prob.dtype) - log_prob))


def kl(call: KL, setting: Setting) -> Objective:
    """The objective `kl(data)`."""
    given = setting.data[call.data]
    rows, distribution, _ = distinct(given.rows, given.weights)
    if setting.batch is not None and setting.batch < len(given.rows):
        return RowsDrawn("kl", given.rows, given.weights, setting.batch, constant=-entropy(distribution))
    return KullbackLeibler(LogProb.of(rows), distribution)
