"""What strings tell of an objective that is a quadratic form of the distribution: its value and its gradient, unbiased.

The answers to the queries of such an objective are means over strings, a = mean of phi(x), and its loss is a quadratic
Q(a). So the gradient of Q at the answers of some strings is unbiased, and so is the mean of <gradient, phi> over other
strings: for `mmd` these are the four terms of equation 2 of Liu and Wang (arXiv 1804.04168), with all pairs of the
strings that there are. The value takes pairs from different groups of the strings only: a string paired with itself
would count for too much.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import indices
from qgl.bits.pauli_words import data_means
from qgl.hardware.engines.engine import Strings
from qgl.objectives.regions import data_distributions
from qgl.objectives.terms import WeightedObjective, groups
from qgl.query import Expectation, GivenPauliWords, Marginals, Probabilities, Query

Array = jax.Array
Numbers = NDArray[np.float64]
Means = tuple[Numbers, ...]  # an answer for each of `queries`
PauliWords = tuple[
    NDArray[np.int32] | None, ...
]  # positions of the Pauli words that come with a query, for each of `queries`


class Estimator:
    """The terms of an objective from strings. They have no conditions, and their losses are quadratic in the answers.

    queries  what is asked, each with the number of the group of terms that asks
    """

    def __init__(self, terms: Sequence[WeightedObjective], real: Any) -> None:
        self._terms, self._real = tuple(terms), real
        numbered = enumerate(groups(self._terms, jax.random.key(0)))
        self.queries: tuple[tuple[int, Query], ...] = tuple(
            (number, query)
            for number, group in numbered
            for query in dict.fromkeys(query for term, _ in group.terms for query in term.objective.queries)
        )
        self._draw = jax.jit(self._drawn)
        self._judge = jax.jit(self._judged)

    def pauli_words(self, key: Array) -> PauliWords:
        """What the queries ask of at this key."""
        return tuple(None if rows is None else _positions(np.asarray(rows)) for rows in self._draw(key))

    def means(self, strings: Strings, pauli_words: PauliWords) -> Means:
        """The answers if the strings, shape (shots, n), were the distribution."""
        return tuple(_mean(query, strings, own) for (_, query), own in zip(self.queries, pauli_words, strict=True))

    def judged(self, parts: Sequence[Means], key: Array) -> tuple[Numbers, Means]:
        """Unbiased estimates of all terms, shape (terms,), and their gradients, each of shape (terms, *answer).

        Args:
            parts: answers of groups of strings, of one size or nearly, which do not depend on each other; two or more.
            key: as for `pauli_words`.
        """
        stacked = tuple(np.stack(answers) for answers in zip(*parts, strict=True))
        values, gradients = self._judge(stacked, key)
        return np.asarray(values, np.float64), tuple(np.asarray(gradient, np.float64) for gradient in gradients)

    def along(self, gradients: Means, strings: Strings, pauli_words: PauliWords) -> Numbers:
        """The mean over the strings of <gradient, phi> for every term, shape (terms,)."""
        total = np.zeros(len(self._terms))
        for (_, query), own, gradient in zip(self.queries, pauli_words, gradients, strict=True):
            if isinstance(query, Probabilities):
                total += gradient[:, indices(strings)].mean(axis=1)
            else:
                total += gradient.reshape(len(total), -1) @ _mean(query, strings, own).reshape(-1)
        return total

    def _drawn(self, key: Array) -> tuple[Array | None, ...]:
        drawn = groups(self._terms, key)
        return tuple(drawn[number].given.get(query) for number, query in self.queries)

    def _judged(self, parts: tuple[Array, ...], key: Array) -> tuple[Array, tuple[Array, ...]]:
        def values(answers: tuple[Array, ...]) -> Array:
            drawn: dict[str, Array] = {}
            for number, group in enumerate(groups(self._terms, key)):
                replies = zip(self.queries, answers, strict=True)
                own = {query: answer for (asker, query), answer in replies if asker == number}
                drawn |= {term.label: term.objective.loss(own, subkey) for term, subkey in group.terms}
            return jnp.stack([drawn[term.label] for term in self._terms])

        parts = tuple(jnp.asarray(answers, self._real) for answers in parts)
        whole, count = tuple(jnp.mean(answers, axis=0) for answers in parts), len(parts[0])
        within = jnp.mean(jax.lax.map(values, parts), axis=0)
        return (count * values(whole) - within) / (count - 1), jax.jacrev(values)(whole)


def _mean(query: Query, strings: Strings, pauli_words: NDArray[np.int32] | None) -> Numbers:
    weights = np.full(len(strings), 1 / len(strings))
    match query:
        case Probabilities():
            return np.bincount(indices(strings), weights, 2 ** strings.shape[1]).astype(np.float64)
        case Expectation():
            return data_means(strings, weights, query.positions)
        case GivenPauliWords():
            assert pauli_words is not None
            return np.stack([data_means(strings, weights, pauli_words), np.zeros(len(pauli_words))])
        case Marginals():
            return data_distributions(strings, weights, query.regions)
    raise ValueError(f"strings alone do not answer {type(query).__name__}")


def _positions(rows: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Rows of 0 and 1 as the positions of the ones, shape (rows, most ones), padded with -1."""
    counts = rows.sum(axis=1, dtype=np.int64)
    positions = np.full((len(rows), max(1, int(counts.max(initial=0)))), -1, np.int32)
    row, column = np.nonzero(rows)
    positions[row, np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)] = column
    return positions
