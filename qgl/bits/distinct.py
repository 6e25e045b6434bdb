"""Distinct rows of whole numbers, by one sort of a number for each row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def distinct_rows(rows: Ints) -> tuple[Ints, Ints]:
    """Where each distinct row first stands, ascending, and which of these each row is; shapes (distinct,), (rows,)."""
    if not rows.shape[1]:
        return np.zeros(min(1, len(rows)), np.int64), np.zeros(len(rows), np.int64)
    code = _mixed(rows) if rows.shape[1] > 1 else rows[:, 0]
    _, first, number = np.unique(code, return_index=True, return_inverse=True)
    if rows.shape[1] > 1 and (rows[first][number] != rows).any():  # two rows had one code
        _, first, number = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(first), np.int64)
    rank[order] = np.arange(len(first))
    return first[order], rank[number.reshape(-1)]


def _mixed(rows: Ints) -> Ints:
    """A number for each row in which all of its numbers have a part; in the order of the first ones, as rows mostly are
    in order, and are sorted sooner then.
    """
    factors = np.random.default_rng(0).integers(1, 1 << 62, size=rows.shape[1] - 1, dtype=np.int64) | 1
    with np.errstate(over="ignore"):
        rest = (rows[:, 1:] * factors).sum(axis=1)
        mixed: Ints = (rows[:, 0] << 32) + (rest >> 31 & 0xFFFFFFFF)
        return mixed


class Known:
    """Rows that were seen, each with a number in order of appearance."""

    def __init__(self, columns: int) -> None:
        self._rows: Ints = np.zeros((0, columns), np.int64)

    def numbers(self, rows: Ints) -> tuple[Ints, Ints]:
        """The number of each row, shape (rows,), and the rows that are new, in the order of their numbers."""
        before = len(self._rows)
        together = np.concatenate([self._rows, rows])
        first, number = distinct_rows(together)
        new = together[first[before:]]
        self._rows = together[first]
        return number[before:], new
