"""Negative log-likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct
from qgl.objectives.batch import RowsDrawn, outcomes
from qgl.objectives.model import Deterministic, Objective, Setting
from qgl.program.calls.objectives import NLL
from qgl.query import LogProb, Query, log_floor

Array = jax.Array


def floored(log_prob: Array, width: int) -> Array:
    """log p of strings of `width` bits, not below `log_floor`.

    A string that the model cannot give has an infinite loss; held finite here, it costs 87.3 nats (more beyond 24 bits)
    and has no gradient.
    """
    return jnp.maximum(log_prob, log_floor(width))


@dataclass(frozen=True, eq=False)
class NegativeLogLikelihood(Deterministic):
    """-sum_x w(x) log p(x) in nats over the distinct rows x of the data, w being their weights.

    With conditions c, -sum_(c, x) w(c, x) log p(x | c); `weights` has shape (conditions, rows), or (rows,) without.
    """

    query: LogProb = field(repr=False)
    weights: NDArray[np.float64] = field(repr=False)
    conditions: NDArray[np.float64] | None = field(repr=False)

    name = "nll"

    @property
    def queries(self) -> tuple[Query, ...]:
        return (self.query,)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        log_prob = floored(answers[self.query], self.query.width)
        return -jnp.sum(jnp.asarray(self.weights, dtype=log_prob.dtype) * log_prob)


def nll(call: NLL, setting: Setting) -> Objective:
    """The objective `nll(data)`."""
    given = setting.data[call.data]
    batch = setting.batch if setting.batch is not None and setting.batch < len(given.rows) else None
    if given.bases is not None and batch is None:
        shots, counts = np.unique(outcomes(given.rows, given.bases), axis=0, return_counts=True)
        return RowsDrawn("nll", shots[..., 1], counts / len(given.rows), None, bases=shots[..., 0])
    if batch is not None:
        return RowsDrawn("nll", given.rows, given.weights, batch, bases=given.bases)
    rows, weights, place = distinct(given.rows, given.weights)
    if given.conditions is None:
        return NegativeLogLikelihood(LogProb.of(rows), weights, None)
    conditions, which = np.unique(given.conditions, axis=0, return_inverse=True)
    joint = np.zeros((len(conditions), len(rows)))
    np.add.at(joint, (which.reshape(-1), place), given.weights)
    return NegativeLogLikelihood(LogProb.of(rows), joint, conditions)
