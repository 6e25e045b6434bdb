"""Distributions of independent columns: bits, or categorical variables, whose unused codes have no share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import entropy, indices, strings
from qgl.check.declarations.categories import Columns
from qgl.check.settings.fit import EXACT_WIDTH
from qgl.evaluate.distributions import Positions, ProductDistribution, Real, log_of, ordered
from qgl.program.program import DataSet
from qgl.query import log_floor


@dataclass(frozen=True, eq=False)
class IndependentColumns:
    """Columns of some bits each, independent of each other.

    tables  the distribution over the codes of each column, shape (2^bits,), most significant bit first
    """

    tables: tuple[Real, ...] = field(repr=False)

    @property
    def widths(self) -> tuple[int, ...]:
        """The bits of each column."""
        return tuple(table.size.bit_length() - 1 for table in self.tables)

    @property
    def width(self) -> int:
        return sum(self.widths)

    @property
    def _starts(self) -> tuple[int, ...]:
        return tuple(int(start) for start in np.cumsum([0, *self.widths[:-1]]))

    def log_prob(self, rows: NDArray[np.uint8]) -> Real:
        total = np.zeros(len(rows))
        for table, start, width in zip(self.tables, self._starts, self.widths, strict=True):
            total += log_of(table)[indices(rows[:, start : start + width])]
        return np.maximum(total, log_floor(self.width))

    def moments(self, positions: Positions) -> Real:
        total = np.ones(len(positions))
        for table, start, width in zip(self.tables, self._starts, self.widths, strict=True):
            here = (positions >= start) & (positions < start + width)
            pauli_words = np.where(here, 1 << (start + width - 1 - np.where(here, positions, start)), 0).sum(axis=1)
            total *= _walsh(table)[pauli_words]
        return total

    def sample(self, count: int, random: np.random.Generator) -> NDArray[np.uint8]:
        drawn = (random.choice(table.size, count, p=table / table.sum()) for table in self.tables)
        return np.concatenate([strings(codes, width) for codes, width in zip(drawn, self.widths, strict=True)], axis=1)

    def entropy(self) -> float | None:
        return sum(entropy(table) for table in self.tables)

    def dense(self) -> Real | None:
        if self.width > EXACT_WIDTH:
            return None
        p: Real = np.ones(1)
        for table in self.tables:
            p = np.multiply.outer(p, table).reshape(-1)
        return p

    def regions(self, regions: tuple[tuple[int, ...], ...]) -> list[Real]:
        return [ordered(self._ascending(positions), positions) for positions in regions]

    def _ascending(self, positions: tuple[int, ...]) -> Real:
        """The joint distribution of some bits, an axis a bit, in the order of the register."""
        p: Real = np.ones(())
        for table, start, width in zip(self.tables, self._starts, self.widths, strict=True):
            others = tuple(bit for bit in range(width) if start + bit not in positions)
            if len(others) < width:
                p = np.multiply.outer(p, table.reshape((2,) * width).sum(axis=others))
        return p


def _walsh(table: Real) -> Real:
    """<Z_w> of each Pauli word w of the bits of one column, w as a number."""
    for bit in range(table.size.bit_length() - 1):
        halves = table.reshape(-1, 2, 2**bit)
        table = np.stack([halves.sum(axis=1), halves[:, 0] - halves[:, 1]], axis=1).reshape(-1)
    return table


def independent(data: DataSet, columns: Columns) -> ProductDistribution | IndependentColumns:
    """Independent columns with the frequencies that the data have in each."""
    if not _categorical(columns):
        return ProductDistribution(np.clip(data.weights @ data.rows, 0.0, 1.0))
    tables, start = [], 0
    for _, width in columns:
        codes = indices(data.rows[:, start : start + width])
        tables.append(np.bincount(codes, weights=data.weights, minlength=2**width) / data.weights.sum())
        start += width
    return IndependentColumns(tuple(tables))


def uniform(columns: Columns) -> ProductDistribution | IndependentColumns:
    """The uniform distribution over the values of all columns."""
    if not _categorical(columns):
        return ProductDistribution(np.full(len(columns), 0.5))
    return IndependentColumns(tuple((np.arange(2**width) < size) / size for size, width in columns))


def uniform_text(columns: Columns) -> str:
    """What the uniform distribution is, for the legend of a table."""
    if not _categorical(columns):
        return f"uniform: the uniform distribution, all strings of {len(columns)} bits equally likely"
    total = prod(size for size, _ in columns)
    spare = any(size < 2**width for size, width in columns)
    unused = "; codes that stand for no value are not among them" if spare else ""
    return (
        f"uniform: the uniform distribution, all {total:,} combinations of the values of {len(columns)} columns "
        f"equally likely{unused}"
    )


def numbers(columns: Columns) -> int:
    """How many numbers independent columns have."""
    return sum(size - 1 for size, _ in columns)


def _categorical(columns: Sequence[tuple[int, int]]) -> bool:
    return any(column != (2, 1) for column in columns)
