"""Pauli words as windows of columns: a boundary contraction need only cross the columns from a Pauli word's first
letter to its last.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.plan.network.columns import Indices
from qgl.plan.network.pauli_words import pauli_words_of
from qgl.query import Expectation, Query


@dataclass(frozen=True, eq=False)
class Windows:
    """Pauli words as rows of a boundary; those whose windows do not meet share a row.

    starts   (columns, rows) where the window of a Pauli word begins
    letters  (columns, rows) letters 0 to 3 of the Pauli words
    ends     (pauli_words,) the column in which each ends
    rows     (pauli_words,) the row of each
    """

    starts: NDArray[np.bool_]
    letters: NDArray[np.uint8]
    ends: Indices
    rows: Indices

    @property
    def count(self) -> int:
        """Number of rows."""
        return int(self.starts.shape[1])


def windows(pauli_words: Expectation, order: Indices) -> Windows:
    """Windows of Pauli words; column c is of visible qubit order[c], shape (columns,). An empty Pauli word is in the
    first column.
    """
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    touched = pauli_words.positions >= 0
    columns = rank[np.maximum(pauli_words.positions, 0)]
    first = np.where(touched, columns, len(order)).min(axis=1)
    last = np.where(touched, columns, -1).max(axis=1)
    empty = last < 0
    first[empty] = last[empty] = 0
    rows = _rows(first, last)
    starts = np.zeros((len(order), int(rows.max(initial=0)) + 1), np.bool_)
    letters = np.zeros(starts.shape, np.uint8)
    starts[first, rows] = True
    number, place = np.nonzero(touched)
    letters[columns[number, place], rows[number]] = pauli_words.letters[number, place]
    return Windows(starts, letters, last.astype(np.int32), rows)


def _rows(first: Indices, last: Indices) -> Indices:
    """A row for each window, as few as windows overlap at most."""
    rows = np.zeros(len(first), np.int32)
    busy: list[tuple[int, int]] = []  # last column, row
    count = 0
    for pauli_word in np.argsort(first, kind="stable").tolist():
        if busy and busy[0][0] < first[pauli_word]:
            row = heapq.heappop(busy)[1]
        else:
            row, count = count, count + 1
        rows[pauli_word] = row
        heapq.heappush(busy, (int(last[pauli_word]), row))
    return rows


def joined(queries: Sequence[Query]) -> Expectation:
    """The Pauli words of several queries, one after another."""
    tables = [pauli_words_of(query) for query in queries]
    widest = max(table.weight for table in tables)

    def wide(array: NDArray[np.generic], fill: int) -> NDArray[np.generic]:
        return np.pad(array, ((0, 0), (0, widest - array.shape[1])), constant_values=fill)

    positions = np.concatenate([wide(table.positions, -1) for table in tables]).astype(np.int32)
    letters = np.concatenate([wide(table.letters, 0) for table in tables]).astype(np.uint8)
    return Expectation.sparse(positions, letters)
