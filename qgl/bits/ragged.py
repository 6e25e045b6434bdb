"""Rows of any lengths as one table. NumPy only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def table(
    rows: Collection[Sequence[Any] | NDArray[Any]], filler: Any, dtype: Any = np.int32, least: int = 0
) -> NDArray[Any]:
    """Rows filled up with `filler` to the length of the longest, `least` at the least: shape (rows, longest, ...)."""
    longest = max([least, *map(len, rows)])
    padded = np.full((len(rows), longest, *np.shape(filler)), filler, dtype)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded
