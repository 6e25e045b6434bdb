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
from qgl.query import GivenStrings, LogProb, Query, log_floor

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

    With conditions c, -sum_(c, x) w(c, x) log p(x | c), each condition being asked for the strings that it has alone.

    weights     shape (rows,), or (conditions, strings); a condition with fewer strings than another has weights of 0
    strings     with conditions, the strings of each, shape (conditions, strings, n)
    """

    query: LogProb | GivenStrings = field(repr=False)
    weights: NDArray[np.float64] = field(repr=False)
    width: int
    conditions: NDArray[np.float64] | None = field(default=None, repr=False)
    strings: NDArray[np.uint8] | None = field(default=None, repr=False)

    name = "nll"

    @property
    def queries(self) -> tuple[Query, ...]:
        return (self.query,)

    def given(self, key: Array | None) -> Mapping[Query, Array]:
        """The strings of each condition."""
        return {} if self.strings is None else {self.query: jnp.asarray(self.strings)}

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        log_prob = floored(answers[self.query], self.width)
        return -jnp.sum(jnp.asarray(self.weights, dtype=log_prob.dtype) * log_prob)


def nll(call: NLL, setting: Setting) -> Objective:
    """The objective `nll(data)`."""
    given = setting.data[call.data]
    batch = setting.batch if setting.batch is not None and setting.batch < len(given.rows) else None
    if given.bases is not None and batch is None:
        shots, counts = np.unique(outcomes(given.rows, given.bases), axis=0, return_counts=True)
        return RowsDrawn("nll", shots[..., 1], counts / len(given.rows), None, bases=shots[..., 0])
    if batch is not None:
        return RowsDrawn("nll", given.rows, given.weights, batch, bases=given.bases, conditions=given.conditions)
    if given.conditions is None:
        rows, weights, _ = distinct(given.rows, given.weights)
        return NegativeLogLikelihood(LogProb.of(rows), weights, given.width)
    return _conditional(given.rows, given.weights, given.conditions)


def _conditional(
    rows: NDArray[np.uint8], weights: NDArray[np.float64], conditions: NDArray[np.float64]
) -> NegativeLogLikelihood:
    """Of rows with conditions, each condition once, with its own strings once each."""
    each, which = np.unique(conditions, axis=0, return_inverse=True)
    parts = [distinct(rows[which.reshape(-1) == k], weights[which.reshape(-1) == k])[:2] for k in range(len(each))]
    most = max(len(shares) for _, shares in parts)
    strings = np.stack([np.resize(own, (most, rows.shape[1])) for own, _ in parts])  # repeated to fill up, for nothing
    padded = np.stack([np.pad(shares, (0, most - len(shares))) for _, shares in parts])
    return NegativeLogLikelihood(GivenStrings(most), padded, rows.shape[1], each, strings)
