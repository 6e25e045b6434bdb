"""What was measured while a model trained, of every seed, as JSON lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import DamagedRun
from qgl.runs.files import sealed
from qgl.runs.seed_results import SeedResults

FILE = "watch.jsonl"
PREFIX = "watch/"  # of arrays in a checkpoint


@dataclass(frozen=True, slots=True)
class Watched:
    """Measurements after `steps` steps each, shape (count,): the steps that were done, 0 for the start.

    values      by the name of a report's row, shape (count, seeds); NaN where there is none. They are of the parameters
            that a seed had then. A finished seed repeats its last.
    impossible  of likelihoods, by name: how many rows of the data a seed could not give, shape (count, seeds)
    """

    steps: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    values: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    impossible: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def then(
        self,
        step: int,
        found: dict[str, NDArray[np.float64]],
        impossible: Mapping[str, NDArray[np.float64]] | None = None,
    ) -> Watched:
        """With one measurement more, each of shape (seeds,), as its line gives it back: what is not finite is NaN."""
        found = {name: np.where(np.isfinite(values), values, np.nan) for name, values in found.items()}
        after = (_longer(self.values, found), _longer(self.impossible, impossible or {}))
        return Watched(np.append(self.steps, step), *after)

    def until(self, step: int) -> Watched:
        """The measurements of at most so many steps."""
        kept = self.steps <= step
        if not kept.any():
            return Watched()  # as before the first measurement: a run was killed before its first checkpoint
        return Watched(self.steps[kept], *({name: each[kept] for name, each in d.items()} for d in self._figures))

    @property
    def _figures(self) -> tuple[dict[str, NDArray[np.float64]], ...]:
        return self.values, self.impossible

    def lines(self, run: str = "") -> bytes:
        """A line for each measurement, sealed for the identity of its `run`; what is not finite is null."""
        rows = []
        for place, step in enumerate(self.steps.tolist()):
            values, impossible = (
                {name: [_plain(value) for value in each[place].tolist()] for name, each in figures.items()}
                for figures in self._figures
            )
            counts = {"impossible": impossible} if impossible else {}
            rows.append(sealed.line({"step": step, "values": values, **counts}, run))
        return b"".join(rows)


def parse(path: Path, run: str = "") -> Watched:
    """The measurements in a file of such lines; a last line that is cut short is left out.

    Raises:
        QglError: it is not what was written (QGL0904).
    """
    try:
        rows = sealed.read_lines(path, run)
    except FileNotFoundError:
        rows = []
    try:
        watched = _of(rows) if rows else Watched()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise QglError([DamagedRun(None, str(path), f"a line is no measurement ({error})")]) from error
    if (np.diff(watched.steps) <= 0).any():
        raise QglError([DamagedRun(None, str(path), "its measurements do not follow each other")])
    return watched


def _of(rows: Sequence[Mapping[str, Any]]) -> Watched:
    steps = np.array([row["step"] for row in rows], np.int64)
    return Watched(steps, *(_columns([row.get(key, {}) for row in rows]) for key in ("values", "impossible")))


def _columns(rows: Sequence[Mapping[str, Sequence[float | None]]]) -> dict[str, NDArray[np.float64]]:
    """Figures by name, shape (rows, seeds); NaN where there is none."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return {
        name: np.array([[math.nan if value is None else value for value in row] for row in column], np.float64)
        for name, column in columns.items()
    }


def _longer(
    before: Mapping[str, NDArray[np.float64]], found: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """Figures with one row more."""
    return {
        name: np.concatenate([before.get(name, np.zeros((0, values.size))), values[None]])
        for name, values in found.items()
    }


def best_measured(results: SeedResults, leaves: Mapping[str, NDArray[Any]]) -> SeedResults:
    """`results` with the parameters of each seed's best measurement, if the arrays of a checkpoint have any."""
    score = leaves.get(f"{PREFIX}score")
    kept = {name: value for name, value in leaves.items() if name.startswith(f"{PREFIX}kept/")}
    if score is None or not kept or not np.isfinite(score).any():
        return results
    chosen = np.isfinite(score)

    def mixed(name: str, value: Any) -> NDArray[Any]:
        ours, theirs = leaves[PREFIX + name], np.asarray(value)
        return np.where(chosen.reshape((-1,) + (1,) * (theirs.ndim - 1)), ours, theirs)

    return results._replace(
        params={name: mixed(f"kept/{name}", value) for name, value in results.params.items()},
        loss=mixed("loss", results.loss),
        terms={name: mixed(f"terms/{name}", value) for name, value in results.terms.items()},
        score=score,
        at=leaves[f"{PREFIX}at"],
    )


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
