"""Rows of any lengths as one table. NumPy only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ragged:
    """Rows of whole numbers of any lengths, one after another: row k is `flat[starts[k] : starts[k + 1]]`."""

    flat: Ints
    starts: Ints

    @classmethod
    def of(cls, rows: Collection[Sequence[int]]) -> Ragged:
        """Rows as they are written."""
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        flat = np.fromiter(chain.from_iterable(rows), np.int64, int(lengths.sum()))
        return cls(flat, starts_of(lengths))

    @classmethod
    def joined(cls, tables: Sequence[Ints]) -> Ragged:
        """The rows of tables, of which each has rows of one length."""
        lengths = [np.full(len(each), each.shape[1], np.int64) for each in tables]
        flat = [each.ravel() for each in tables]
        return cls(np.concatenate([*flat, _NONE]), starts_of(np.concatenate([*lengths, _NONE])))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> Ints:
        return self.flat[self.starts[row] : self.starts[row + 1]]

    @property
    def lengths(self) -> Ints:
        """Of each row, shape (rows,)."""
        return np.diff(self.starts)

    @property
    def owners(self) -> Ints:
        """The row of each number, shape (numbers,)."""
        return np.repeat(np.arange(len(self)), self.lengths)


_NONE = np.zeros(0, np.int64)


def starts_of(lengths: Ints) -> Ints:
    """Where rows of such lengths begin, and where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def table(
    rows: Collection[Sequence[Any] | NDArray[Any]], filler: Any, dtype: Any = np.int32, least: int = 0
) -> NDArray[Any]:
    """Rows filled up with `filler` to the length of the longest, `least` at the least: shape (rows, longest, ...)."""
    longest = max([least, *map(len, rows)])
    padded = np.full((len(rows), longest, *np.shape(filler)), filler, dtype)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded
