"""What can go wrong with sweeps of constants and their folders (QGL0940 to QGL0949). No program text is at fault."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, says


class NotASweep(Diagnostic):
    """A folder that should be a sweep is none: it does not exist, or has no readable `sweep.json`."""

    path: str
    reason: str

    code = "QGL0940"
    message = says("{path} is not a sweep: {reason}")
    help = "a sweep is a folder that `qglc sweep FILE --set depth=1..10 --out DIR` has made"


class SweepChanged(Diagnostic):
    """A sweep cannot go on because its program or data are not those that it began with.

    Its points would not belong together. Start a new sweep, or put the old file back.
    """

    what: str
    before: str
    now: str

    code = "QGL0941"
    message = says("{what} changed since the sweep began (was {before}, is {now})")
    help = "start a new sweep in another folder, or put the old file back"


class TooManyPoints(Diagnostic):
    """A grid of constants has more points than a sweep takes: each is a run folder, trained by a process."""

    points: int
    limit: int

    code = "QGL0942"
    message = says("the grid has {points:,} points, and a sweep at most {limit:,}")
    help = "give fewer values, or sweep one constant after another"


class SweepTaken(Diagnostic):
    """The folder for a new sweep holds a sweep, or other files, already. A sweep never overwrites anything."""

    path: str
    is_sweep: bool

    code = "QGL0943"

    @property
    def message(self) -> str:
        return f"the folder {self.path} {'holds a sweep' if self.is_sweep else 'is not empty'}"

    @property
    def help(self) -> str:
        if self.is_sweep:
            return f"go on with it by `qglc sweep --resume {self.path}`, or choose another folder with `--out`"
        return "choose another folder with `--out`"


class NothingFinished(Diagnostic):
    """A sweep is to be measured, and none of its points has been trained to its end."""

    path: str
    points: int

    code = "QGL0944"
    message = says("no point of the sweep {path} is finished, of {points}")
    help = says("go on with it by `qglc sweep --resume {path}`")
