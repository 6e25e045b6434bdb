"""The distribution of a chain with a classical memory: hidden Markov models and Markov chains, exact at any width."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qgl.baselines.columns import Columns, Real, Values
from qgl.bits.distribution import entropy, indices, strings
from qgl.check.settings.fit import EXACT_WIDTH
from qgl.query import log_floor

_AT_ONCE = 8192  # Z words or strings that are carried along the chain at once


@dataclass(frozen=True, eq=False)
class ChainDistribution:
    """p(x) = sum over memories of start[m_0] * product over t of steps[t][x_t, m_t, m_(t+1)].

    start  (M_0,), a distribution
    steps  for each column (values, M_t, M_(t+1)): for each m_t a distribution of the value and the next memory
    """

    columns: Columns
    start: Real = field(repr=False)
    steps: tuple[Real, ...] = field(repr=False)

    @property
    def width(self) -> int:
        return self.columns.width

    def log_prob(self, rows: NDArray[np.uint8]) -> Real:
        values = self.columns.values(rows)
        return np.maximum(self.log_prob_of(values), log_floor(self.width))

    def log_prob_of(self, values: Values) -> Real:
        """log p of values, shape (count, columns), minus infinity where it is 0."""
        memory, logs = np.tile(self.start, (len(values), 1)), np.zeros(len(values))
        for step, column in zip(self.steps, values.T, strict=True):
            after = np.zeros((len(values), step.shape[2]))
            for value in np.unique(column[column >= 0]):
                chosen = column == value
                after[chosen] = memory[chosen] @ step[value]
            total = after.sum(axis=1)
            with np.errstate(divide="ignore"):
                logs += np.log(total)
            memory = after / np.where(total > 0, total, 1.0)[:, None]
        return logs

    def moments(self, positions: NDArray[np.int32]) -> Real:
        blocks = (positions[start : start + _AT_ONCE] for start in range(0, len(positions), _AT_ONCE))
        return np.concatenate([np.zeros(0), *map(self._moments, blocks)])

    def _moments(self, positions: NDArray[np.int32]) -> Real:
        memory = np.tile(self.start, (len(positions), 1))
        for step, start, width in zip(self.steps, self.columns.starts, self.columns.widths, strict=True):
            here = (positions >= start) & (positions < start + width)
            patterns = np.where(here, 1 << (start + width - 1 - np.where(here, positions, start)), 0).sum(axis=1)
            after = np.zeros((len(positions), step.shape[2]))
            for pattern in np.unique(patterns):
                signs = 1.0 - 2.0 * (_ones(np.arange(len(step)) & pattern) % 2)
                chosen = patterns == pattern
                after[chosen] = memory[chosen] @ np.tensordot(signs, step, 1)
            memory = after
        total: Real = memory.sum(axis=1)
        return total

    def entropy(self) -> float | None:
        dense = self.dense()
        return None if dense is None else entropy(dense)

    def dense(self) -> Real | None:
        if self.width > EXACT_WIDTH:
            return None
        middle = int(np.searchsorted(np.cumsum(self.columns.widths), self.width / 2)) + 1
        left = self.start[None]
        for step, width in zip(self.steps[:middle], self.columns.widths[:middle], strict=True):
            left = np.einsum("km,cmn->kcn", left, _padded(step, width)).reshape(-1, step.shape[2])
        right = np.ones((self.steps[-1].shape[2], 1))
        for step, width in zip(self.steps[: middle - 1 : -1], self.columns.widths[: middle - 1 : -1], strict=True):
            right = np.einsum("cmn,nk->mck", _padded(step, width), right).reshape(step.shape[1], -1)
        return (left @ right).reshape(-1)

    def regions(self, regions: tuple[tuple[int, ...], ...]) -> list[Real]:
        return [self._region(positions) for positions in regions]

    @cached_property
    def _before(self) -> tuple[Real, ...]:
        """The distribution of the memory before each column."""
        vectors = [self.start]
        for step in self.steps[:-1]:
            vectors.append(vectors[-1] @ step.sum(axis=0))
        return tuple(vectors)

    def _region(self, positions: tuple[int, ...]) -> Real:
        """What stands before the first column is known, and what comes after the last one sums to 1."""
        touched = self._columns_of(positions)
        distribution = self._before[min(touched)][None]
        for column in range(min(touched), max(touched) + 1):
            step, width, start = self.steps[column], self.columns.widths[column], self.columns.starts[column]
            own = [position - start for position in sorted(touched.get(column, ()))]
            seen = indices(strings(np.arange(len(step)), width)[:, own])
            moves = np.stack([step[seen == value].sum(axis=0) for value in range(2 ** len(own))])
            distribution = np.einsum("km,vmn->kvn", distribution, moves).reshape(-1, step.shape[2])
        ascending = distribution.sum(axis=1).reshape((2,) * len(positions))
        return np.transpose(ascending, np.argsort(np.argsort(positions)))

    def _columns_of(self, positions: tuple[int, ...]) -> dict[int, list[int]]:
        """The columns that some positions lie in, and which lie there."""
        columns: dict[int, list[int]] = {}
        for position in positions:
            column = int(np.searchsorted(self.columns.starts, position, side="right")) - 1
            columns.setdefault(column, []).append(position)
        return columns

    def sample(self, count: int, random: np.random.Generator) -> NDArray[np.uint8]:
        parts = (min(_AT_ONCE, count - start) for start in range(0, count, _AT_ONCE))
        return np.concatenate([self._drawn(part, random) for part in parts])

    def _drawn(self, count: int, random: np.random.Generator) -> NDArray[np.uint8]:
        memory, values = random.choice(len(self.start), count, p=self.start / self.start.sum()), []
        for step in self.steps:
            sums = np.cumsum(step.transpose(1, 0, 2).reshape(step.shape[1], -1), axis=1)[memory]
            place = (random.random((count, 1)) * sums[:, -1:] >= sums).sum(axis=1)
            value, memory = np.divmod(place, step.shape[2])
            values.append(value)
        return self.columns.rows(np.stack(values, axis=1))


def _ones(codes: Values) -> Values:
    """The number of ones in the binary form of each."""
    return np.array([int(code).bit_count() for code in codes], dtype=np.int64)


def _padded(step: Real, width: int) -> Real:
    """A step with an entry for each code of `width` bits."""
    return np.pad(step, ((0, 2**width - len(step)), (0, 0), (0, 0)))
