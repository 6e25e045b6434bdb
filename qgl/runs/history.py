"""What happened at each step: loss, terms and gradient norm of every seed, as JSON lines."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import DamagedRun
from qgl.runs.files import plain, sealed
from qgl.runs.seed_status import NAMES


@dataclass(frozen=True, slots=True)
class History:
    """Arrays of shape (steps, seeds); `loss[k]` is the loss before update k. A finished seed repeats its last."""

    loss: NDArray[np.float64]
    terms: dict[str, NDArray[np.float64]]
    gradient_norm: NDArray[np.float64]
    status: NDArray[np.int32]

    @property
    def steps(self) -> int:
        return int(self.loss.shape[0])

    def then(self, later: History) -> History:
        """Both, one after the other."""
        return joined((self, later))

    def as_written(self) -> History:
        """Numbers as their lines give them back: a run that was never broken off shows what a resumed one shows."""
        terms = {name: _written(values) for name, values in self.terms.items()}
        return History(_written(self.loss), terms, _written(self.gradient_norm), self.status.astype(np.int32))

    def lines(self, first: int, run: str = "") -> bytes:
        """JSON lines, the first of them for step `first`. Numbers that are not finite are written as null.

        Each has a checksum of itself and of the identity of its `run`.
        """
        rows = []
        for k in range(self.steps):
            row = {
                "step": first + k,
                "loss": _plain(self.loss[k]),
                "terms": {name: _plain(values[k]) for name, values in self.terms.items()},
                "gradient_norm": _plain(self.gradient_norm[k]),
                "status": [NAMES[status] for status in self.status[k]],
            }
            rows.append(sealed.line(row, run))
        return b"".join(rows)


def joined(parts: Sequence[History]) -> History:
    """Histories one after the other, whose terms may differ: where a part has no such term, it is NaN."""
    names = dict.fromkeys(name for part in parts for name in part.terms)
    terms = {
        name: np.concatenate([part.terms.get(name, np.full_like(part.loss, np.nan)) for part in parts])
        for name in names
    }
    return History(
        np.concatenate([part.loss for part in parts]),
        terms,
        np.concatenate([part.gradient_norm for part in parts]),
        np.concatenate([part.status for part in parts]),
    )


def empty(terms: list[str], seeds: int) -> History:
    """The history of no steps."""
    none = np.zeros((0, seeds))
    return History(none, dict.fromkeys(terms, none), none, np.zeros((0, seeds), dtype=np.int32))


def parse(path: Path, run: str = "", most: int | None = None) -> History:
    """The history in a file of JSON lines, at `most` so many; a last line that is cut short is left out.

    Raises:
        QglError: it is not what was written (QGL0904).
    """
    try:
        rows = sealed.read_lines(path, run, most)
    except FileNotFoundError:
        rows = []
    try:
        if [row["step"] for row in rows] == list(range(len(rows))):
            return _of(rows) if rows else empty([], 0)
        reason = "steps are missing"
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        reason = f"a line is no record of a step ({error})"
    raise QglError([DamagedRun(None, str(path), reason)])


def _of(rows: Sequence[Mapping[str, Any]]) -> History:
    return History(
        _column([row["loss"] for row in rows]),
        {name: _column([row["terms"][name] for row in rows]) for name in rows[0]["terms"]},
        _column([row["gradient_norm"] for row in rows]),
        np.asarray([[NAMES.index(status) for status in row["status"]] for row in rows], dtype=np.int32),
    )


def size_of(path: Path, steps: int) -> int | None:
    """Bytes that the first `steps` lines of a file take; None if it has fewer, or is not there."""
    if not os.path.lexists(path):
        return None
    if steps == 0:
        return 0
    size = 0
    for number, line in enumerate(plain.lines(path), start=1):
        size += len(line)
        if number == steps:
            return size
    return None


def _written(values: NDArray[Any]) -> NDArray[np.float64]:
    wide = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(wide), wide, np.nan)


def _plain(values: NDArray[Any]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.astype(float).tolist()]


def _column(rows: list[list[float | None]]) -> NDArray[np.float64]:
    return np.asarray([[math.nan if value is None else value for value in row] for row in rows], dtype=np.float64)
