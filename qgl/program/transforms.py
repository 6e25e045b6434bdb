"""What rows of real numbers are made by, and how it is undone; NumPy only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Projection:
    """Coordinates along orthonormal `axes`, shape (coordinates, columns), about a `mean`, shape (columns,)."""

    mean: Numbers
    axes: Numbers

    @property
    def widths(self) -> tuple[int, int]:
        """Numbers of a row before and after."""
        return self.axes.shape[1], self.axes.shape[0]

    def apply(self, rows: Numbers) -> Numbers:
        made: Numbers = (rows - self.mean) @ self.axes.T
        return made

    def undo(self, rows: Numbers) -> Numbers:
        made: Numbers = rows @ self.axes + self.mean
        return made


@dataclass(frozen=True, eq=False)
class Stretch:
    """factor * x + offset, numbers for all columns or one for each, and then columns in another `order`."""

    factor: Numbers
    offset: Numbers
    order: NDArray[np.int64]

    @property
    def widths(self) -> tuple[int, int]:
        """Numbers of a row before and after."""
        return len(self.order), len(self.order)

    def apply(self, rows: Numbers) -> Numbers:
        made: Numbers = (rows * self.factor + self.offset)[:, self.order]
        return made

    def undo(self, rows: Numbers) -> Numbers:
        made: Numbers = (rows[:, np.argsort(self.order)] - self.offset) / self.factor
        return made


@dataclass(frozen=True, eq=False)
class Binning:
    """Each number as the bin that it lies in, of 2^bits[k] bins of column k.

    bits     shape (columns,)
    edges    ascending, 2^bits[k] + 1 of column k, those of all columns end to end; what lies beyond the outer ones is
             in the outer bins
    centres  of the bins, end to end too: the mean of the numbers that they were fitted to, the middle of an empty bin
    """

    bits: NDArray[np.int64]
    edges: Numbers
    centres: Numbers

    @classmethod
    def fitted(cls, rows: Numbers, bits: Sequence[int], top: float | None = None) -> Binning:
        """Bins with equally many of the `rows` in each, shape (count, columns); with `top`, bins of equal width, from
        the least number to this quantile, beyond which is the last bin too.
        """
        columns = [_bins(rows[:, k], 1 << width, top) for k, width in enumerate(bits)]
        edges, centres = (np.concatenate(parts) for parts in zip(*columns, strict=True))
        return cls(np.array(bits, np.int64), edges, centres)

    @property
    def widths(self) -> tuple[int, int]:
        """Numbers of a row before and after."""
        return len(self.bits), len(self.bits)

    def apply(self, rows: Numbers) -> Numbers:
        """The numbers of the bins, from 0."""
        starts = self._starts + np.arange(len(self.bits))
        inner = [self.edges[start + 1 : start + (1 << width)] for start, width in zip(starts, self.bits, strict=True)]
        codes = [np.searchsorted(each, rows[:, k], side="right") for k, each in enumerate(inner)]
        return np.column_stack(codes).astype(np.float64)

    def undo(self, rows: Numbers) -> Numbers:
        """The centres of bins."""
        made: Numbers = self.centres[self._starts + rows.astype(np.int64)]
        return made

    def drawn(self, rows: Numbers, random: np.random.Generator) -> Numbers:
        """Numbers inside of bins: of the density of largest entropy whose mean is the centre, which is exponential."""
        codes = rows.astype(np.int64)
        low = self.edges[codes + self._starts + np.arange(len(self.bits))]
        width = self.edges[codes + self._starts + np.arange(len(self.bits)) + 1] - low
        share = (self.centres[self._starts + codes] - low) / np.where(width > 0, width, 1)
        rate, part = _rates(share), random.random(codes.shape)
        even = np.abs(rate) < 1e-6
        safe = np.where(even, 1.0, rate)
        made: Numbers = low + width * np.where(even, part, np.log1p(part * np.expm1(safe)) / safe)
        return made

    @property
    def _starts(self) -> NDArray[np.int64]:
        """Where the bins of each column begin."""
        return np.concatenate([[0], np.cumsum(1 << self.bits)[:-1]])


def _bins(column: Numbers, count: int, top: float | None) -> tuple[Numbers, Numbers]:
    """Edges and centres of the bins of one column."""
    least, shares = column.min(), np.arange(1, count) / count
    last = None if top is None else np.quantile(column, top)
    inner = np.quantile(column, shares) if last is None else least + shares * (last - least)
    edges = np.concatenate([[least], inner, [column.max()]])
    codes = np.searchsorted(inner, column, side="right")
    counts, sums = np.bincount(codes, minlength=count), np.bincount(codes, weights=column, minlength=count)
    middles = edges[:-1] / 2 + edges[1:] / 2
    centres = np.where(counts > 0, sums / np.maximum(counts, 1), middles)
    return edges, np.clip(centres, edges[:-1], edges[1:])


def _rates(means: Numbers) -> Numbers:
    """The rates r of densities proportional to exp(r x) on [0, 1] by their means 1 / (1 - exp(-r)) - 1 / r."""
    low, high = np.full(means.shape, -500.0), np.full(means.shape, 500.0)
    for _ in range(50):
        middle = (low + high) / 2
        safe = np.where(np.abs(middle) < 1e-4, 1.0, middle)
        mean = np.where(np.abs(middle) < 1e-4, 0.5 + middle / 12, -1 / np.expm1(-safe) - 1 / safe)
        low, high = np.where(mean < means, middle, low), np.where(mean < means, high, middle)
    return np.asarray((low + high) / 2)


Transform = Projection | Stretch | Binning


def undone(rows: Numbers, steps: Iterable[Transform], random: np.random.Generator | None = None) -> Numbers:
    """Rows as they were before all `steps`: of bins their centres, or with `random` numbers drawn inside of them."""
    for step in reversed(tuple(steps)):
        rows = step.undo(rows) if random is None or not isinstance(step, Binning) else step.drawn(rows, random)
    return rows


def width_before(columns: int, steps: Iterable[Transform]) -> int | None:
    """How many numbers a row of so many had before all `steps`; None where these give rows of another width."""
    for step in reversed(tuple(steps)):
        before, after = step.widths
        if after != columns:
            return None
        columns = before
    return columns


def to_arrays(step: Transform) -> dict[str, NDArray[Any]]:
    """The arrays that a step is made of, by name."""
    return dict(vars(step))


def of_arrays(arrays: Mapping[str, NDArray[Any]]) -> Transform:
    """A step of the arrays that `to_arrays` gives.

    Raises:
        TypeError: they make none.
    """
    kind: type[Transform] = Projection if "axes" in arrays else Binning if "edges" in arrays else Stretch
    return kind(**arrays)
