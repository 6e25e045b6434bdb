"""The ones of rows of bits, found by counting: their work goes with how many there are, not with the bits."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Array = jax.Array


class SetBits:
    """The ones of rows of bits, shape (pauli_words, positions), numbered from 0 in order of rows, then of positions.

    counts, starts  (pauli_words,) how many each row has, and the number of its first
    total           () how many there are
    """

    def __init__(self, pauli_words: Array) -> None:
        rows, width = pauli_words.shape
        self._row = -(-width // 32)  # numbers of 32 bits that a Pauli word takes
        spread = jnp.pad(pauli_words, ((0, 0), (0, 32 * self._row - width))).reshape(rows, self._row, 32)
        shifts = jnp.arange(32, dtype=jnp.uint32)
        self._packed = jnp.sum(spread.astype(jnp.uint32) << shifts, axis=2, dtype=jnp.uint32).reshape(-1)
        self._held = lax.population_count(self._packed).astype(jnp.int32)
        self._through = jnp.cumsum(self._held)
        self.counts = jnp.sum(self._held.reshape(rows, -1), axis=1)
        self.starts = jnp.cumsum(self.counts) - self.counts
        self.total = self._through[-1]

    def find(self, numbers: Array) -> tuple[Array, Array]:
        """Row and position, shapes (count,), of the ones of these numbers, shape (count,); past the end, of no meaning,
        but in range.
        """
        at = jnp.minimum(jnp.searchsorted(self._through, numbers, side="right"), len(self._packed) - 1)
        bits, left = self._packed[at], numbers - (self._through[at] - self._held[at])
        place = jnp.zeros(numbers.shape, jnp.uint32)
        for step in (16, 8, 4, 2, 1):  # the lower half of what is left has it, or else the upper one
            below = lax.population_count((bits >> place) & jnp.uint32((1 << step) - 1)).astype(jnp.int32)
            above = left >= below
            left, place = jnp.where(above, left - below, left), jnp.where(above, place + step, place)
        return at // self._row, at % self._row * 32 + place.astype(jnp.int32)


def unpacked(packed: Array, dtype: jnp.dtype[Any]) -> Array:
    """Bits, 32 to a number, as signs 1 and -1, shape (..., numbers) to (..., 32 numbers), lowest bit first."""
    bits = (packed[..., None] >> jnp.arange(32, dtype=jnp.uint32)) & 1
    return (1 - 2 * bits.astype(dtype)).reshape(*packed.shape[:-1], -1)
