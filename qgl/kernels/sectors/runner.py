"""Runs a circuit within a sector and reads what was asked of its bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import indices
from qgl.kernels.arrays import squared
from qgl.kernels.final_state import Final, draw, read
from qgl.kernels.rounding import LogLikelihood
from qgl.kernels.runner import GivenArrays
from qgl.kernels.sectors.steps import Steps
from qgl.plan.sectors.tables import SectorProgram
from qgl.query import Query


class SectorRunner:
    """One run of the circuit answers everything about its bits."""

    def __init__(self, program: SectorProgram) -> None:
        self.program = program
        self.steps = Steps(program.tables)

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        state = self.steps.run(self.steps.parameters(inputs), self.steps.start(inputs))
        return self.read(state, queries, key)

    def read(self, state: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        """Answers from a state of the sector, shape (D,)."""
        program = self.program
        distribution = jax.ops.segment_sum(squared(state), program.string, num_segments=len(program.strings))
        final = StringDistribution(program.strings, distribution)
        return {query: read(final, query, array, key) for query, array in queries.items()}


class StringDistribution(Final):
    """Probabilities of some strings, shape (S,), the others having none; `strings` are ascending, shape (S, n)."""

    of_amplitudes = True

    def __init__(self, strings: NDArray[np.uint8], distribution: jax.Array) -> None:
        self.strings, self.distribution = strings, distribution
        self.visible = int(strings.shape[1])

    def probabilities(self) -> jax.Array:
        p = jnp.zeros(2**self.visible, self.distribution.dtype)
        return p.at[indices(self.strings)].set(self.distribution, unique_indices=True)

    def log_prob(self, rows: NDArray[np.uint8] | jax.Array) -> LogLikelihood:
        if not isinstance(rows, np.ndarray):
            return super().log_prob(rows)
        codes, queries = indices(self.strings), indices(rows)
        at = np.minimum(np.searchsorted(codes, queries), len(codes) - 1)
        p = jnp.where(codes[at] == queries, self.distribution[at], 0)
        return LogLikelihood.of(p, self.visible, of_amplitudes=True)

    def distributions(self, regions: Sequence[Sequence[int]]) -> tuple[jax.Array, ...]:
        return tuple(
            jax.ops.segment_sum(
                self.distribution, indices(self.strings[:, list(region)]).astype(np.int32), 2 ** len(region)
            )
            for region in regions
        )

    def sample(self, key: jax.Array, shots: int) -> jax.Array:
        return jnp.asarray(self.strings)[draw(self.distribution, key, shots)]
