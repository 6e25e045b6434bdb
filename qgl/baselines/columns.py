"""Rows of bits as values of columns: of categories where the data have them, else each bit by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, indices, strings
from qgl.program.program import DataSet

Real = NDArray[np.float64]
Values = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a data set: `sizes` are their numbers of values, `widths` the bits that each takes in binary code."""

    sizes: tuple[int, ...]
    widths: tuple[int, ...]

    @classmethod
    def of(cls, data: DataSet) -> Columns:
        variables = data.categories or ((2, 1),) * data.width
        return cls(tuple(size for size, _ in variables), tuple(width for _, width in variables))

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def width(self) -> int:
        """Bits of a row."""
        return sum(self.widths)

    @property
    def starts(self) -> tuple[int, ...]:
        """The position of the first bit of each column."""
        return tuple(int(start) for start in np.cumsum([0, *self.widths[:-1]]))

    def values(self, rows: NDArray[np.uint8]) -> Values:
        """(count, bits) -> (count, columns); a code that stands for no value gives -1."""
        codes = []
        for size, width, start in zip(self.sizes, self.widths, self.starts, strict=True):
            code = indices(rows[:, start : start + width])
            codes.append(np.where(code < size, code, -1))
        return np.stack(codes, axis=1)

    def rows(self, values: Values) -> NDArray[np.uint8]:
        """The inverse of `values`."""
        return np.concatenate([strings(values[:, k], width) for k, width in enumerate(self.widths)], axis=1)


@dataclass(frozen=True, eq=False)
class Table:
    """What a baseline is fitted to: distinct rows with their weights, which sum to 1.

    values  shape (D, columns)
    count   how many samples they are; 0 for a distribution
    """

    columns: Columns
    values: Values
    weights: Real
    count: int

    @classmethod
    def of(cls, data: DataSet) -> Table:
        rows, weights, _ = distinct(data.rows, data.weights)
        columns = Columns.of(data)
        return cls(columns, columns.values(rows), weights / weights.sum(), 0 if data.exact else len(data.rows))

    def repeated(self, most: int = 4096) -> Values:
        """Rows for libraries that take no weights, each as often as its weight says; `most` of them for a
        distribution.
        """
        if self.count:
            counts = np.rint(self.weights * self.count).astype(np.int64)
        else:
            counts = np.rint(self.weights / self.weights.min()).astype(np.int64)
        if counts.sum() > max(most, self.count):
            counts = np.maximum(np.rint(self.weights * most).astype(np.int64), 1)
        return np.repeat(self.values, counts, axis=0)
