"""Likelihoods of a part of the rows, drawn anew for each evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.query import GivenOutcomes, GivenStrings, Query, log_floor

Array = jax.Array
LogProbOf = Callable[[NDArray[np.uint8], NDArray[np.uint8] | None], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class RowsDrawn:
    """-mean log p(x) over `batch` rows x of the data, or over all, plus `constant`, in nats; unbiased for the latter.

    rows        shape (rows, n), as the data have them: a string that comes twice is two rows
    weights     their probabilities, shape (rows,)
    bases       of Pauli shots, the basis of each bit, shape (rows, n)
    conditions  what the model is given with each row, shape (rows, condition width); None for an unconditional model
    """

    name: str
    rows: NDArray[np.uint8] = field(repr=False)
    weights: NDArray[np.float64] = field(repr=False)
    batch: int | None
    constant: float = 0.0
    bases: NDArray[np.uint8] | None = field(default=None, repr=False)
    conditions: NDArray[np.float64] | None = field(default=None, repr=False)

    @property
    def stochastic(self) -> bool:
        return self.batch is not None

    @property
    def query(self) -> Query:
        count = len(self.rows) if self.batch is None else self.batch
        if self.conditions is not None:
            return GivenStrings(1)
        return GivenStrings(count) if self.bases is None else GivenOutcomes(count)

    @property
    def queries(self) -> tuple[Query, ...]:
        return (self.query,)

    def given(self, key: Array | None) -> Mapping[Query, Array]:
        rows = self._drawn(self.rows if self.bases is None else outcomes(self.rows, self.bases), key)
        return {self.query: rows if self.conditions is None else rows[:, None]}

    def conditions_at(self, key: Array | None) -> Array | None:
        """As `Objective.conditions_at`: those of the rows that an evaluation takes."""
        return None if self.conditions is None else self._drawn(self.conditions, key)

    def _drawn(self, rows: NDArray[Any], key: Array | None) -> Array:
        if self.batch is None:
            return jnp.asarray(rows)
        if key is None:
            raise ValueError("rows of data that are drawn need a key")
        return jnp.asarray(rows)[draw_rows(key, self.weights, self.batch)]

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        log_prob = jnp.maximum(answers[self.query].reshape(-1), log_floor(self.rows.shape[1]))
        if self.batch is None:
            return self.constant - jnp.dot(jnp.asarray(self.weights, log_prob.dtype), log_prob)
        return self.constant - jnp.mean(log_prob)

    def whole(self, log_prob: LogProbOf) -> float:
        """The loss over all rows; `log_prob` is that of given strings in given bases, if any, shape (batch,)."""
        values = np.maximum(log_prob(self.rows, self.bases), log_floor(self.rows.shape[1]))
        return self.constant - float(self.weights @ values)


def outcomes(rows: NDArray[np.uint8], bases: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bits and their bases as they come with `GivenOutcomes`, shape (rows, n, 2)."""
    return np.stack([bases, rows], axis=-1)


class PairedRows:
    """An objective of rows of the data, `batch` of them drawn anew at each evaluation, or all.

    targets     what is compared with what comes of a row, shape (rows, ...)
    conditions  what the model is given with each row, shape (rows, condition width); None for an unconditional model
    """

    targets: NDArray[Any]
    conditions: NDArray[np.float64] | None
    batch: int | None

    @property
    def stochastic(self) -> bool:
        return self.batch is not None

    def given(self, key: Array | None) -> Mapping[Query, Array]:
        return {}

    def conditions_at(self, key: Array | None) -> NDArray[np.float64] | Array | None:
        return None if self.conditions is None else self.drawn(self.conditions, key)

    def drawn(self, rows: NDArray[Any], key: Array | None) -> NDArray[Any] | Array:
        """The rows that an evaluation takes, of as many as there are targets."""
        if self.batch is None:
            return rows
        if key is None:
            raise ValueError("rows of data that are drawn need a key")
        return jnp.asarray(rows)[draw_rows(key, np.full(len(rows), 1 / len(rows)), self.batch)]


def draw_rows(key: Array, weights: NDArray[np.float64], count: int) -> Array:
    """Numbers of `count` rows, fewer than there are, each expected count * weight times. Shape (count,).

    Rows of equal weight are drawn without replacement. Else the rows, in random order, stand along a line with their
    weights as lengths, and are read at `count` places at equal distances (systematic sampling, Madow 1949): a row comes
    the number of times that is expected, rounded up or down.
    """
    order, start = jax.random.split(key)
    permutation = jax.random.permutation(order, len(weights))
    if np.ptp(weights) <= 1e-9 * weights.max():
        return permutation[:count]
    ends = jnp.cumsum(jnp.asarray(weights / weights.sum())[permutation])
    at = (jnp.arange(count) + jax.random.uniform(start)) * (ends[-1] / count)
    return permutation[jnp.minimum(jnp.searchsorted(ends, at, side="right"), len(weights) - 1)]
