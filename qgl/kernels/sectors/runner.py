"""Runs a circuit within a sector and reads what was asked of its bits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.kernels import final_state as queries
from qgl.kernels.arrays import squared
from qgl.kernels.rounding import LogLikelihood
from qgl.kernels.runner import given, needed
from qgl.kernels.sectors.steps import Steps
from qgl.plan.sectors.tables import SectorProgram
from qgl.query import (
    Expectation,
    GivenStrings,
    GivenWords,
    LogProb,
    Marginals,
    Probabilities,
    Query,
    Samples,
)


class SectorRunner:
    """One run of the circuit answers everything about its bits."""

    def __init__(self, program: SectorProgram) -> None:
        self.program = program
        self.steps = Steps(program.tables)

    def answers(
        self, inputs: jax.Array, asked: Mapping[Query, jax.Array | None], key: jax.Array | None
    ) -> dict[Query, Any]:
        state = self.steps.run(self.steps.parameters(inputs), self.steps.start(inputs))
        return self.read(state, asked, key)

    def read(
        self, state: jax.Array, asked: Mapping[Query, jax.Array | None], key: jax.Array | None
    ) -> dict[Query, Any]:
        """Answers from a state of the sector, shape (D,)."""
        program = self.program
        distribution = jax.ops.segment_sum(squared(state), program.string, num_segments=len(program.strings))
        final = StringDistribution(program.strings, distribution)
        return {query: _answer(final, query, array, key) for query, array in asked.items()}


class StringDistribution:
    """Probabilities of some strings, shape (S,), the others having none; `strings` are ascending, shape (S, n).

    It is read as a final state (`qgl.kernels.final_state.Final`) of which only the bits are asked.
    """

    of_amplitudes = True

    def __init__(self, strings: NDArray[np.uint8], distribution: jax.Array) -> None:
        self.strings, self.distribution = strings, distribution
        self.visible = int(strings.shape[1])

    def probabilities(self) -> jax.Array:
        """Of all strings, shape (2^n,)."""
        return (
            jnp.zeros(2**self.visible, self.distribution.dtype)
            .at[_codes(self.strings)]
            .set(self.distribution, unique_indices=True)
        )

    def log_prob(self, rows: NDArray[np.uint8]) -> LogLikelihood:
        """log p of known strings, shape (batch,)."""
        codes, asked = _codes(self.strings), _codes(rows)
        at = np.minimum(np.searchsorted(codes, asked), len(codes) - 1)
        p = jnp.where(codes[at] == asked, self.distribution[at], 0)
        return LogLikelihood.of(p, self.visible, of_amplitudes=True)

    def region(self, places: tuple[int, ...]) -> jax.Array:
        """The joint distribution of the bits at some places, shape (2^k,)."""
        values = _codes(self.strings[:, list(places)]).astype(np.int32)
        return jax.ops.segment_sum(self.distribution, values, num_segments=2 ** len(places))

    def expectation(self, words: Any) -> jax.Array:
        """Of words other than Z words.

        Raises:
            ValueError: always, as bits alone are known.
        """
        raise ValueError("a sector answers questions of bits only")

    def density(self) -> jax.Array:
        """As `expectation`."""
        raise ValueError("a sector answers questions of bits only")


def _codes(strings: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Strings as numbers, the first bit most significant."""
    weights = np.int64(1) << np.arange(strings.shape[1] - 1, -1, -1, dtype=np.int64)
    codes: NDArray[np.int64] = strings.astype(np.int64) @ weights
    return codes


def _answer(final: StringDistribution, query: Query, array: jax.Array | None, key: jax.Array | None) -> Any:
    match query:
        case Probabilities():
            return final.probabilities()
        case LogProb():
            return final.log_prob(query.rows)
        case GivenStrings():
            return queries.log_of(final.probabilities(), given(array, query), final.of_amplitudes)
        case Expectation():
            return queries.expectation(final, query)
        case GivenWords():
            values = queries.z_expectation(final, given(array, query))
            return jnp.stack([values, values**2])
        case Marginals(regions, True):
            return tuple(final.region(region) for region in regions)
        case Samples(shots):
            at = queries.draw(final.distribution, needed(key, "samples"), shots)
            return jnp.asarray(final.strings)[at]
        case _:
            raise ValueError(f"{type(query).__name__} is not about bits")
