"""Answers of an ensemble of which only some runs are kept, from those of all runs.

Outcomes that a program requires (`postselect`) are read out as well, as qubits after the others. What is asked of the
runs that have them is asked of the joint distribution of these and the rest, and divided by the probability of success.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.query import (
    Elements,
    Expectation,
    GivenPauliWords,
    GivenStrings,
    LogProb,
    Marginals,
    Probabilities,
    Query,
    Samples,
    State,
    Success,
    impossible,
    log_floor,
)
from qgl.record import record

LEAST = 256.0  # units in the last place: a probability of success below them is what rounding makes of 0


def least_success(dtype: Any) -> float:
    """The probability of success below which numbers of `dtype` do not tell it from 0."""
    return LEAST * float(np.finfo(dtype).eps)


@record
class Required:
    """The outcomes that make the ensemble, and where they are read out: at positions `first`, `first + 1`, ...

    `width` is the number of visible qubits; outcomes that are kept, if they are read out, stand between.
    """

    values: tuple[bool, ...]
    width: int
    first: int

    @property
    def positions(self) -> tuple[int, ...]:
        return tuple(range(self.first, self.first + len(self.values)))

    @property
    def code(self) -> int:
        """The outcomes as a number, the first most significant."""
        return sum(1 << k for k, value in enumerate(reversed(self.values)) if value)

    @property
    def success(self) -> Marginals:
        """The query whose answer holds the probability of success."""
        return Marginals((self.positions,), bits=True)

    def joint(self, query: Query) -> Query:
        """What is asked of all runs for the sake of `query`.

        Raises:
            ValueError: `query` cannot be answered under post-selection.
        """
        k = len(self.values)
        match query:
            case LogProb():
                required = np.tile(np.array(self.values, np.uint8), (len(query.rows), 1))
                return LogProb.of(np.concatenate([query.rows, required], axis=1))
            case GivenPauliWords(count, None):
                return GivenPauliWords(count << k)
            case GivenPauliWords():
                raise ValueError(
                    "Pauli words from draws of their own (`samples = ...`) are not answered under `postselect`"
                )
            case Expectation():
                return times_outcomes(query, self.width, self.positions, len(self.values))
            case Marginals(regions, bits):
                shifted = (tuple(self._shifted(place) for place in region) for region in regions)
                return Marginals(tuple((*region, *self.positions) for region in shifted), bits)
            case Samples():
                return Probabilities()
            case Elements(labels):
                return Elements(labels + k)
            case Success():
                return self.success
            case _:
                return query

    def _shifted(self, place: int) -> int:
        """Where a qubit of a hidden register stands, which is read out after the outcomes."""
        return place if place < self.width else place + len(self.values)

    def given(self, query: Query, array: jax.Array) -> jax.Array:
        """The strings or words that come with `joint(query)`, from those that come with `query`."""
        k = len(self.values)
        if isinstance(query, GivenStrings):
            required = jnp.broadcast_to(jnp.asarray(self.values, array.dtype), (len(array), k))
            return jnp.concatenate([array, required], axis=1)
        further = jnp.tile(jnp.asarray(subsets(k), array.dtype), (len(array), 1))
        return jnp.concatenate([jnp.repeat(array, 2**k, axis=0), further], axis=1)

    def answers(
        self, joint: Mapping[Query, Query], found: Mapping[Query, Any], key: jax.Array | None
    ) -> dict[Query, Any]:
        """The answers to the queries in `joint`, from `found` to the joint ones and to `success`.

        Where the probability of success is 0, but for rounding, every answer is NaN.
        """
        success = found[self.success][0][self.code]
        chance = jnp.where(success > least_success(success.dtype), success, jnp.nan)
        return {
            query: success if isinstance(query, Success) else self._answer(query, found[own], chance, key)
            for query, own in joint.items()
        }

    def _answer(self, query: Query, found: Any, chance: jax.Array, key: jax.Array | None) -> Any:
        k = len(self.values)
        match query:
            case LogProb() | GivenStrings():
                width = self.width
                least = log_floor(width + k)
                return jnp.where(found <= least, impossible(width), jnp.maximum(found, least) - jnp.log(chance))
            case Probabilities():
                return found.reshape(-1, 2**k)[:, self.code] / chance
            case Samples(shots):
                assert key is not None
                from qgl.kernels.final_state import sample

                return sample(found.reshape(-1, 2**k)[:, self.code], key, shots)
            case Expectation():
                return self._projected(found) / chance
            case GivenPauliWords():
                mean = self._projected(found[0]) / chance
                return jnp.stack([mean, mean**2])
            case Marginals():
                return tuple(self._block(one, query.bits) / chance for one in found)
            case State():
                return self._block(found, False) / chance
            case Elements():
                rows = found.reshape(-1, 2**k, *found.shape[1:])[:, self.code]
                return rows / (jnp.sqrt(chance) if found.ndim == 2 else chance)
            case _:
                raise TypeError(f"{query} is answered by no rule of post-selection")

    def _projected(self, means: jax.Array) -> jax.Array:
        """Means times the projector, shape (words,), of words times every Z word, shape (words * 2^k,)."""
        k = len(self.values)
        signs = (-1.0) ** (subsets(k) @ np.array(self.values, np.int64))
        result: jax.Array = means.reshape(-1, 2**k) @ jnp.asarray(signs / 2**k, means.dtype)
        return result

    def _block(self, answer: jax.Array, bits: bool) -> jax.Array:
        """The part of a distribution, or of a density matrix, whose last bits are those required."""
        size = 2 ** len(self.values)
        if bits:
            return answer.reshape(-1, size)[:, self.code]
        rest = answer.shape[0] // size
        return answer.reshape(rest, size, rest, size)[:, self.code, :, self.code]


def times_outcomes(query: Expectation, width: int, outcomes: Sequence[int], count: int) -> Expectation:
    """Each Pauli word times every Z word on the qubits `outcomes`, of `count` that are read after the visible ones."""
    k, positions = len(outcomes), query.positions
    positions = np.where(positions >= width, positions + count, positions)
    own = np.where(subsets(k), np.array(outcomes, np.int64), -1)
    letters = np.where(own >= 0, 3, 0).astype(np.uint8)
    tables = [
        np.concatenate([np.repeat(table, 2**k, axis=0), np.tile(further, (len(positions), 1))], axis=1)
        for table, further in ((positions, own), (query.letters, letters))
    ]
    return Expectation.sparse(*_ascending(*tables))


def subsets(k: int) -> NDArray[np.int64]:
    """All rows of k zeros and ones, shape (2^k, k), in the order of their values."""
    table: NDArray[np.int64] = np.arange(2**k)[:, None] >> np.arange(k - 1, -1, -1) & 1
    return table


def _ascending(positions: Any, letters: Any) -> tuple[Any, Any]:
    """The same words with their positions ascending and the padding, -1, last; both of shape (words, weight)."""
    order = np.argsort(np.where(positions < 0, np.iinfo(np.int32).max, positions), axis=1, kind="stable")
    return np.take_along_axis(positions, order, axis=1).astype(np.int32), np.take_along_axis(letters, order, axis=1)
