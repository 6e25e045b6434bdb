"""A sweep on the disk: one folder, with the folder of a run for each point.

sweep.json       what is swept, of which program and data, and how far it came
sweep.md, .csv   the table at the end
sweep.png        the picture
NAME=VALUE,...   a run for each point, as `qglc train` makes it
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import NoneType
from typing import Any

from qgl.diagnostics.model import QglError
from qgl.diagnostics.sweeps import NotASweep, SweepTaken
from qgl.runs import manifest as manifests
from qgl.runs.files import sealed
from qgl.runs.files.atomic import explained, put
from qgl.runs.files.locks import Writer
from qgl.runs.files.plain import own_folder
from qgl.runs.shapes.entries import Bounded, Named, Several, fault
from qgl.sweeps.grid import MOST, Grid, Point
from qgl.sweeps.survey import Identity, Options, Surveyed
from qgl.syntax.literals import Value

FORMAT = 2  # since 0.1.0 had checksums
FILE = "sweep.json"
_VALUE = (str, bool, Bounded(-1e308, 1e308, real=True), list)
_CONSTANTS = Named(_VALUE, str.isidentifier)
_MAYBE = (NoneType, Bounded(high=2**32))
_SHAPE: dict[str, Any] = {
    "program": str,
    "values": Named(Several(_VALUE), str.isidentifier),
    "options": {"steps": _MAYBE, "seed": _MAYBE, "seeds": _MAYBE, "precision": (NoneType, "single", "double")},
    "points": Several(
        {
            "folder": str,
            "constants": _CONSTANTS,
            "identity": (NoneType, {"program": str, "data": Named(str)}),
            "message": str,
        },
        MOST,
    ),
    "outcome": Named({"status": str, "message": str}),
}


@dataclass(frozen=True)
class Planned:
    """A point as the sweep began with it; `identity` is None where it could not be checked without fault."""

    point: Point
    identity: Identity | None
    message: str = ""


@dataclass(frozen=True)
class Sweeping:
    """What a sweep is of.

    program   the file
    values    the grid: constants with their values
    """

    program: Path
    values: dict[str, tuple[Value, ...]]
    options: Options
    points: tuple[Planned, ...]

    @classmethod
    def of(cls, program: Path, grid: Grid, options: Options, surveyed: Sequence[Surveyed]) -> Sweeping:
        planned = (
            Planned(one.point, one.identity if not one.faults else None, "; ".join(f.message for f in one.faults))
            for one in surveyed
        )
        return cls(program.resolve(), grid.values, options, tuple(planned))

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "program": str(self.program),
            "values": self.values,
            "options": asdict(self.options),
            "points": [
                {
                    "folder": planned.point.folder,
                    "constants": planned.point.constants,
                    "identity": asdict(planned.identity) if planned.identity else None,
                    "message": planned.message,
                }
                for planned in self.points
            ],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Sweeping:
        """The sweep in a document of the shape `_SHAPE`. Its points are those of its grid, and no others.

        Raises:
            ValueError: they are not.
        """
        grid = Grid({name: tuple(values) for name, values in content["values"].items()})
        points = tuple(
            Planned(
                Point(point["folder"], point["constants"]),
                Identity(point["identity"]["program"], point["identity"]["data"]) if point["identity"] else None,
                point["message"],
            )
            for point in content["points"]
        )
        if math.prod(len(values) for values in grid.values.values()) != len(points):
            raise ValueError("`points` are not those of the grid")
        if [planned.point for planned in points] != list(grid.points):
            raise ValueError("`points` are not those of the grid")
        options = {name: content["options"][name] for name in _SHAPE["options"]}
        return cls(Path(content["program"]), grid.values, Options(**options), points)


class SweepFolder(Writer):
    """The writer of a sweep's folder."""

    def __init__(self, path: Path, sweeping: Sweeping) -> None:
        super().__init__(path)
        self.sweeping = sweeping

    @classmethod
    def create(cls, path: Path, sweeping: Sweeping) -> SweepFolder:
        """A folder for a new sweep.

        Raises:
            QglError: the folder holds something (QGL0943), is in use, or cannot be made.
        """
        with explained(path):
            path.mkdir(parents=True, exist_ok=True)
            others = [entry.name for entry in path.iterdir() if not entry.name.startswith(".")]
        if others:
            raise QglError([SweepTaken(None, str(path), FILE in others)])
        folder = cls(path, sweeping)
        try:
            folder.save({})
        except BaseException:
            folder.close()
            raise
        return folder

    @classmethod
    def open(cls, path: Path) -> SweepFolder:
        """The folder of a sweep that is to go on.

        Raises:
            QglError: it is none (QGL0940), or another process writes to it.
        """
        folder = cls(path, load(path)[0])  # before the lock: a folder that is no sweep gets no file
        folder.sweeping = load(path)[0]
        return folder

    def save(self, outcome: Mapping[str, Any]) -> None:
        """Writes `sweep.json`, with what has become of the points."""
        content = {**self.sweeping.to_json(), "outcome": outcome}
        self.write_text(FILE, sealed.document(content, indent=1))

    def write_text(self, name: str, text: str) -> None:
        put(self.path / name, text.encode())

    def run(self, point: Point) -> Path:
        """The run folder of a point.

        Raises:
            QglError: it is a link (QGL0911).
        """
        return own_folder(self.path, point.folder)


def is_sweep(path: Path) -> bool:
    """Whether a folder is that of a sweep and of no run; whether it is intact is another question."""
    return (path / FILE).is_file() and not (path / "manifest.json").exists()


def load(path: Path) -> tuple[Sweeping, dict[str, Any]]:
    """What a sweep is of, and what has become of its points when that was last written down.

    Raises:
        QglError: the folder is no sweep (QGL0940), is damaged (QGL0904), or of a version without checksums (QGL0912).
    """
    foreign = partial(NotASweep, None, str(path))
    content = sealed.identified(path, FILE, "points", FORMAT, lambda found: fault(found, _SHAPE), foreign)
    try:
        return Sweeping.from_json(content), dict(content["outcome"])
    except ValueError as error:
        raise QglError([foreign(f"its {FILE} cannot be read ({error})")]) from error


def begun(run: Path) -> manifests.Manifest | None:
    """The manifest of a point's run, None before there is one. What a kill left of its beginning is begun anew.

    Raises:
        QglError: the manifest is damaged.
    """
    return manifests.load(run) if os.path.lexists(run / "manifest.json") else None
