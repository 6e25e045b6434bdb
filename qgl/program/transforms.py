"""What rows of real numbers are made by, and how it is undone; NumPy only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


Transform = Projection | Stretch


def undone(rows: Numbers, steps: Iterable[Transform]) -> Numbers:
    """Rows as they were before all `steps`."""
    for step in reversed(tuple(steps)):
        rows = step.undo(rows)
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
    return Projection(**arrays) if "axes" in arrays else Stretch(**arrays)
