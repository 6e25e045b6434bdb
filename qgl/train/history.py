"""What happened at each step: loss, terms and gradient norm of every seed, as JSON lines."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.train.stopping import WORDS


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
        terms = {name: np.concatenate([self.terms[name], later.terms[name]]) for name in self.terms}
        return History(
            np.concatenate([self.loss, later.loss]),
            terms,
            np.concatenate([self.gradient_norm, later.gradient_norm]),
            np.concatenate([self.status, later.status]),
        )

    def lines(self, first: int) -> bytes:
        """JSON lines, the first of them for step `first`. Numbers that are not finite are written as null."""
        rows = []
        for k in range(self.steps):
            row = {
                "step": first + k,
                "loss": _plain(self.loss[k]),
                "terms": {name: _plain(values[k]) for name, values in self.terms.items()},
                "gradient_norm": _plain(self.gradient_norm[k]),
                "status": [WORDS[status] for status in self.status[k]],
            }
            rows.append(json.dumps(row, ensure_ascii=False) + "\n")
        return "".join(rows).encode()


def empty(terms: list[str], seeds: int) -> History:
    """The history of no steps."""
    none = np.zeros((0, seeds))
    return History(none, dict.fromkeys(terms, none), none, np.zeros((0, seeds), dtype=np.int32))


def parse(path: Path) -> History:
    """The history in a file of JSON lines; a last line that is cut short is left out."""
    rows: list[dict[str, Any]] = []
    if path.exists():
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                rows.append(json.loads(line))
    if not rows:
        return empty([], 0)
    return History(
        _column([row["loss"] for row in rows]),
        {name: _column([row["terms"][name] for row in rows]) for name in rows[0]["terms"]},
        _column([row["gradient_norm"] for row in rows]),
        np.asarray([[WORDS.index(status) for status in row["status"]] for row in rows], dtype=np.int32),
    )


def size_of(path: Path, steps: int) -> int | None:
    """Bytes that the first `steps` lines of a file take; None if it has fewer."""
    if steps == 0:
        return 0
    size = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            size += len(line)
            if number == steps and line.endswith(b"\n"):
                return size
    return None


def _plain(values: NDArray[Any]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.astype(float).tolist()]


def _column(rows: list[list[float | None]]) -> NDArray[np.float64]:
    return np.asarray([[math.nan if value is None else value for value in row] for row in rows], dtype=np.float64)
