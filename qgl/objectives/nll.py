"""Negative log-likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.check.law import distinct
from qgl.check.program import CallSpec, DataSet
from qgl.query import LogProb, Query

Array = jax.Array

LOG_FLOOR = float(np.log(np.finfo(np.float32).tiny))  # about -87.3


def floored(log_prob: Array) -> Array:
    """log p, not below the logarithm of the smallest normal float32.

    A string that the model cannot give has an infinite loss; held finite here, it costs 87.3 nats and has no gradient.
    """
    return jnp.maximum(log_prob, LOG_FLOOR)


@dataclass(frozen=True, eq=False)
class NegativeLogLikelihood:
    """-sum_x w(x) log p(x) in nats over the distinct rows x of the data, w being their weights.

    With conditions c, -sum_(c, x) w(c, x) log p(x | c); `weights` has shape (conditions, rows), or (rows,) without.
    """

    query: LogProb = field(repr=False)
    weights: NDArray[np.float64] = field(repr=False)
    conditions: NDArray[np.float64] | None = field(repr=False)

    name = "nll"
    stochastic = False

    @property
    def queries(self) -> tuple[Query, ...]:
        return (self.query,)

    def given(self, key: Array | None) -> Mapping[Query, Array]:
        return {}

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        log_prob = floored(answers[self.query])
        return -jnp.sum(jnp.asarray(self.weights, dtype=log_prob.dtype) * log_prob)


def nll(call: CallSpec, data: Mapping[str, DataSet], width: int) -> NegativeLogLikelihood:
    """The objective `nll(data)`."""
    given = data[call.arguments["data"]]
    rows, weights, place = distinct(given.rows, given.weights)
    if given.conditions is None:
        return NegativeLogLikelihood(LogProb.of(rows), weights, None)
    conditions, which = np.unique(given.conditions, axis=0, return_inverse=True)
    joint = np.zeros((len(conditions), len(rows)))
    np.add.at(joint, (which.reshape(-1), place), given.weights)
    return NegativeLogLikelihood(LogProb.of(rows), joint, conditions)
