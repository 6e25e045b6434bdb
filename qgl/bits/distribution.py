"""A data set as a distribution over bit strings: indices, distinct strings, the dense vector. NumPy only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.program.program import DataSet

DENSE_WIDTH = 26  # bits up to which a dense vector is made: half a gigabyte


def indices(rows: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """State index of each row, first column most significant: (..., n) -> (...,).

    Raises:
        ValueError: more than 62 columns.
    """
    width = rows.shape[-1]
    if width > 62:
        raise ValueError(f"{width} bits do not fit an index")
    codes: NDArray[np.int64] = rows.astype(np.int64) @ (np.int64(1) << np.arange(width - 1, -1, -1, dtype=np.int64))
    return codes


def strings(index: NDArray[np.integer[Any]], width: int) -> NDArray[np.uint8]:
    """The inverse of `indices`: (...,) -> (..., width)."""
    bits: NDArray[np.uint8] = (np.asarray(index)[..., None] >> np.arange(width - 1, -1, -1) & 1).astype(np.uint8)
    return bits


def distinct(
    rows: NDArray[np.uint8], weights: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.int64]]:
    """Distinct rows in lexicographic order, their summed weights, and for each row the number of its distinct one."""
    keys = indices(rows) if rows.shape[1] <= 62 else np.packbits(rows, axis=1)
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    place = inverse.reshape(-1).astype(np.int64)
    return rows[first], _sums(place, weights, len(first)), place


def distribution(data: DataSet) -> NDArray[np.float64]:
    """Probabilities of all strings under the data, shape (2^n,).

    Raises:
        ValueError: more than 26 bits.
    """
    if data.width > DENSE_WIDTH:
        raise ValueError(f"a distribution over {data.width} bits is not held as a vector; at most {DENSE_WIDTH} are")
    return _sums(indices(data.rows), data.weights, 2**data.width)


def _sums(place: NDArray[np.int64], weights: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    return np.bincount(place, weights=weights, minlength=size).astype(np.float64)


def entropy(weights: NDArray[np.float64]) -> float:
    """Shannon entropy in nats of probabilities of any shape."""
    positive = weights[weights > 0]
    return float(-np.sum(positive * np.log(positive)))
