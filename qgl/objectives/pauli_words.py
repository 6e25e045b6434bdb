"""Squared maximum mean discrepancy by expectations of Pauli words, at any width.

In the Walsh basis MMD^2 = sum_w m(w) (<Z_w>_model - <Z_w>_data)^2, m being the spectrum of `qgl.objectives.kernel`.
Either the Pauli words are a fixed set, those of few bits near each other, or they are drawn anew from m at each
evaluation. All rows of the data are taken as the distribution itself, so its means are exact and cost little: parities
of columns of bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from qgl.bits.pauli_words import data_means, near_pauli_words
from qgl.kernels.arrays import take
from qgl.kernels.packed_bits import by_ones, packed, packed_columns, unpacked, walk
from qgl.objectives.kernel import Kernel
from qgl.objectives.model import Deterministic, OfAllConditions, Setting
from qgl.query import Expectation, GivenPauliWords, Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class FixedPauliWords(Deterministic):
    """sum over the Pauli words w of a fixed set of weights[w] (<Z_w>_model - means[w])^2; the weights add up to k(x,
    x).
    """

    query: Expectation = field(repr=False)
    weights: NDArray[np.float64] = field(repr=False)
    means: NDArray[np.float64] = field(repr=False)

    name = "mmd"

    @property
    def queries(self) -> tuple[Query, ...]:
        return (self.query,)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        values = answers[self.query]
        weights, means = (jnp.asarray(table, values.dtype) for table in (self.weights, self.means))
        return jnp.sum(weights * (values - means) ** 2)


@dataclass(frozen=True, eq=False)
class DrawnPauliWords(OfAllConditions):
    """MMD^2 estimated by `pauli_words` Pauli words, drawn from the spectrum as a distribution at each evaluation.

    With q = <Z_w> of the model and p of the data, the loss is k(x, x) times the mean over the Pauli words of (q - p)^2.
    samples: None has q exact. A number allows q from that many independent draws, of mean q' and mean square s; then
    (q - p)^2 is estimated by (q' - p)^2 - (s - q'^2) / (samples - 1). Value and gradient are unbiased in both cases
    (arXiv 2503.02934, where the data are sampled too).
    """

    kernel: Kernel
    query: GivenPauliWords
    columns: NDArray[np.uint32] = field(repr=False)  # bits of the data, shape (width + 1, rows / 32); the last is 0
    distribution: NDArray[np.float64] = field(repr=False)  # probabilities of the rows
    equal: bool  # whether these are all the same

    name = "mmd"
    stochastic = True

    @property
    def queries(self) -> tuple[Query, ...]:
        return (self.query,)

    def given(self, key: Array | None) -> Mapping[Query, Array]:
        return {self.query: self._pauli_words(key)}

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        return self.loss_of(answers, self._pauli_words(key))

    def loss_of(self, answers: Mapping[Query, Array], pauli_words: Array) -> Array:
        """The loss where the Pauli words that were drawn are at hand, rows of 0 and 1, shape (pauli_words, width)."""
        means, squares = answers[self.query]
        error = means - self._data_means(pauli_words, means.dtype)
        samples = self.query.samples
        variance = 0.0 if samples is None else (squares - means**2) / (samples - 1)
        return self.kernel.total * jnp.mean(error**2 - variance)

    def _pauli_words(self, key: Array | None) -> Array:
        """Rows of 0 and 1, shape (pauli_words, width), those of most ones first, which is the least work."""
        if key is None:
            raise ValueError("a sampled mmd needs a key")
        return by_ones(self.kernel.draw_rows(key, self.query.count, len(self.columns) - 1))

    def _data_means(self, pauli_words: Array, dtype: jnp.dtype[Any]) -> Array:
        """<Z_w> of the data for rows of 0 and 1, shape (pauli_words,)."""
        columns = jnp.asarray(self.columns)

        def visit(parity: Array, at: Array) -> Array:
            return lax.bitwise_xor(parity, take(columns, at))

        start = lax.full((len(pauli_words), columns.shape[1]), 0, columns.dtype)
        parity = walk(packed(pauli_words), len(columns) - 1, start, visit)
        if self.equal:
            return 1 - jnp.sum(lax.population_count(parity), axis=1).astype(dtype) * (2 / len(self.distribution))
        distribution = np.pad(self.distribution, (0, 32 * columns.shape[1] - len(self.distribution)))
        signs = unpacked(parity, dtype).reshape(len(pauli_words), -1)
        return jnp.sum(signs * jnp.asarray(distribution, dtype), axis=1)


def fixed_pauli_words(data: str, kernel: Kernel, weight: int, reach: int | None, setting: Setting) -> FixedPauliWords:
    """All Pauli words of 1 to `weight` bits at distance `reach` or less from each other, weighted by the spectrum.

    Raises:
        ValueError: there are too many; the checker lets none of these pass.
    """
    positions = near_pauli_words(setting.neighbourhood, weight, reach)
    if positions is None:
        raise ValueError("there are too many Pauli words")
    given = setting.data[data]
    weights = kernel.over((positions >= 0).sum(axis=1), setting.width)
    return FixedPauliWords(Expectation.sparse(positions), weights, data_means(given.rows, given.weights, positions))


def drawn_pauli_words(
    data: str, kernel: Kernel, pauli_words: int, samples: int | None, setting: Setting
) -> DrawnPauliWords:
    """`pauli_words` Pauli words at each evaluation."""
    rows, weights = setting.data[data].rows, setting.data[data].weights
    columns = np.pad(packed_columns(rows), ((0, 1), (0, 0)))
    equal = bool(np.ptp(weights) <= 1e-12 * weights.max())
    return DrawnPauliWords(
        kernel, GivenPauliWords(pauli_words, samples, kernel.mean_ones(rows.shape[1])), columns, weights, equal
    )
