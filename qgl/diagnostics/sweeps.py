"""What can go wrong with sweeps of constants and their folders (QGL0940 to QGL0949). No program text is at fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic


@dataclass(frozen=True)
class NotASweep(Diagnostic):
    """A folder that should be a sweep is none: it does not exist, or has no readable `sweep.json`."""

    path: str
    reason: str

    code: ClassVar[str] = "QGL0940"

    @property
    def message(self) -> str:
        return f"{self.path} is not a sweep: {self.reason}"

    @property
    def help(self) -> str:
        return "a sweep is a folder that `qglc sweep FILE --set depth=1..10 --out DIR` has made"


@dataclass(frozen=True)
class SweepChanged(Diagnostic):
    """A sweep cannot go on because its program or data are not those that it began with.

    Its points would not belong together. Start a new sweep, or put the old file back.
    """

    what: str
    before: str
    now: str

    code: ClassVar[str] = "QGL0941"

    @property
    def message(self) -> str:
        return f"{self.what} changed since the sweep began (was {self.before}, is {self.now})"

    @property
    def help(self) -> str:
        return "start a new sweep in another folder, or put the old file back"


@dataclass(frozen=True)
class TooManyPoints(Diagnostic):
    """A grid of constants has more points than a sweep takes: each is a run folder, trained by a process."""

    points: int
    limit: int

    code: ClassVar[str] = "QGL0942"

    @property
    def message(self) -> str:
        return f"the grid has {self.points:,} points, and a sweep at most {self.limit:,}"

    @property
    def help(self) -> str:
        return "give fewer values, or sweep one constant after another"


@dataclass(frozen=True)
class SweepTaken(Diagnostic):
    """The folder for a new sweep holds a sweep, or other files, already. A sweep never overwrites anything."""

    path: str
    is_sweep: bool

    code: ClassVar[str] = "QGL0943"

    @property
    def message(self) -> str:
        return f"the folder {self.path} {'holds a sweep' if self.is_sweep else 'is not empty'}"

    @property
    def help(self) -> str:
        if self.is_sweep:
            return f"go on with it by `qglc sweep --resume {self.path}`, or choose another folder with `--out`"
        return "choose another folder with `--out`"
