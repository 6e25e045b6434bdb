"""What can go wrong with runs and their folders (QGL0900 to QGL0949). No program text is at fault in most of these."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, Severity, says


class FolderTaken(Diagnostic):
    """The folder for a new run holds a run, or other files, already. A run never overwrites anything."""

    path: str
    is_run: bool

    code = "QGL0900"

    @property
    def message(self) -> str:
        return f"the folder {self.path} {'holds a run' if self.is_run else 'is not empty'}"

    @property
    def help(self) -> str:
        if self.is_run:
            return f"go on with it by `qglc train --resume {self.path}`, or choose another folder with `--out`"
        return "choose another folder with `--out`"


class NotARun(Diagnostic):
    """A folder that should be a run is none: it does not exist, or has no readable `manifest.json`."""

    path: str
    reason: str

    code = "QGL0901"
    message = says("{path} is not a run: {reason}")
    help = "a run is a folder that `qglc train` has made, such as runs/bars-2026-01-31-1"


class RunChanged(Diagnostic):
    """A run cannot go on because the program, its constants, its data or its settings are not those it began with.

    Numbers from before and after would not belong together. Start a new run, or put the old file back.
    """

    what: str
    before: str
    now: str

    code = "QGL0902"
    message = says("{what} changed since the run began: {before} then, {now} now")
    help = "start a new run, or put back what the run began with; the run folder holds the program's text"


class RunLocked(Diagnostic):
    """Another process is writing to this run folder. The lock goes with the process, however it ends."""

    path: str
    owner: str

    code = "QGL0903"
    message = says("another process ({owner}) is training in {path}")
    help = "wait until it is done, or stop it with Ctrl-C and resume"


class DamagedRun(Diagnostic):
    """A file of a run folder does not hold what it should, although qgl writes it whole or not at all.

    Every file that numbers come from carries a checksum, which is compared whenever it is opened: a flipped bit, an
    edited entry or a file of another run is told, and nothing is computed from it.
    """

    path: str
    reason: str

    code = "QGL0904"
    message = says("{path} is damaged: {reason}")
    help = "put the file back from a copy; without it, start a new run"


class NoSpace(Diagnostic):
    """The disk, or what you may use of it, is full. Files are written whole or not at all, so nothing is lost."""

    path: str

    code = "QGL0905"
    message = says("no space is left to write {path}")
    help = "make room and run the command again; a training run goes on from its last checkpoint with `--resume`"


class CannotWrite(Diagnostic):
    """The system does not let qgl write a file or make a folder."""

    path: str
    reason: str

    code = "QGL0906"
    message = says("cannot write {path}: {reason}")
    help = "choose a folder that you may write to, with `--out` or `-o`"


class NothingSucceeds(Diagnostic):
    """Outcomes that a program requires (`postselect`) come so rarely that their probability is not told from 0.

    In single precision that is below 3e-5, in double precision below 6e-14. Nothing is drawn then, and no number told.
    """

    code = "QGL0923"
    message = "the outcomes that `postselect` requires come with a probability that rounding does not tell from 0"
    help = "look at `report success`; take `precision double;`, or require fewer outcomes"


class NonFiniteLoss(Diagnostic):
    """The loss or its gradient became infinite or not a number, for every seed that was still running.

    A seed that meets this stops and keeps its last good parameters, while the others go on; when none is left, the
    run ends. Usual causes: too large a rate, a likelihood of 0 for a row of the data, a parameter at the edge of a
    function's domain, single precision.
    """

    step: int
    seeds: tuple[int, ...]
    where: str
    causes: tuple[str, ...]

    code = "QGL0907"

    @property
    def message(self) -> str:
        seeds = ", ".join(str(seed) for seed in self.seeds)
        return f"the {self.where} is not a finite number at step {self.step}, seed{'s' * (len(self.seeds) > 1)} {seeds}"

    @property
    def help(self) -> str:
        return f"likely: {'; '.join(self.causes)}. The last good parameters are kept"


class TruncatedTooFar(Diagnostic):
    """The program allows truncated answers within a tolerance, and where training begins they are not within it.

    Of Pauli words the largest difference of a mean from that of a finer truncation is looked at: a quarter of
    `smallest`, two letters more than `weight`, and four times the `terms`. It is an estimate, and no bound. Of a sweep
    it is the bound of the distance of its distribution of strings from the true one.
    """

    error: float
    tolerance: float
    bond: int | None  # of a sweep

    code = "QGL0916"

    @property
    def message(self) -> str:
        if self.bond is None:
            told = f"the error of a mean is estimated at {self.error:.2g}"
        else:
            told = f"the distance of the distribution of bond {self.bond} is bounded by {self.error:.2g}"
        return f"{told}, above the tolerance of {self.tolerance:g}"

    @property
    def help(self) -> str:
        more = "lower `smallest`, raise `weight` and `terms`" if self.bond is None else "raise the `bond`"
        return f"{more}, or raise the `tolerance`"


class PatternTooLarge(Diagnostic):
    """With `refresh`, what is made of which words is kept as a table, and the table would be too large.

    It grows with the words and with the gates that each of them meets.
    """

    most: int

    code = "QGL0918"
    message = says("more than {most:,} coefficients would have to be kept for the steps of `refresh`")
    help = "raise `smallest`, lower `weight` or `terms`, or leave out `refresh`"


class LogNotInstalled(Diagnostic):
    """The metrics of a run are to be written for another program too, by a library that is not installed.

    A run that began with such a log goes on with it, on whatever machine.
    """

    log: str

    code = "QGL0917"
    message = says("the log `{log}` needs a library that is not installed")
    help = says("install it: pip install 'qglc[{log}]'")


class UnfitForLineSearch(Diagnostic):
    """L-BFGS chooses its steps by looking at the loss, which must be exact and have its true gradient.

    An objective with `samples` or `pauli_words`, or with `batch` rows of the data, is another function at each step,
    and a clipped gradient is not the gradient of the loss.
    """

    what: str
    way_out: str

    code = "QGL0908"
    wrong = (
        "data target = parity(3);\nvisible v[3];\nmodel { ry(?) v; }\nobjective nll(target);\n"
        "train { optimizer lbfgs(); batch 2; }\n"
    )
    right = wrong.replace(" batch 2;", "")

    message = says("lbfgs cannot train {what}")
    help = says("{way_out}")


class NothingToTrain(Diagnostic):
    """Training needs an objective and at least one trained parameter (`param`, or `?` in place)."""

    missing: str

    code = "QGL0909"
    message = says("there is nothing to train: the program has no {missing}")

    @property
    def help(self) -> str:
        if self.missing == "objective":
            return "add one, such as `objective nll(samples);`"
        return "write `?` for an angle, or declare a `param`"


class NoWeights(Diagnostic):
    """A run has no weights yet: it was stopped before its first checkpoint."""

    path: str

    code = "QGL0910"
    message = says("the run {path} has no weights yet")
    help = says("train on with `qglc train --resume {path}`")


class NotOurs(Diagnostic):
    """A run, sweep or job writes to plain files and folders of its own: not through links, pipes and devices.

    A folder that came from somebody else could otherwise have a file of yours overwritten. What is only read may be a
    link to a plain file. A file that lines are added to must not have a second name (a hard link): both would change.
    """

    path: str
    kind: str

    code = "QGL0911"
    message = says("{path} is not written to: {kind}")
    help = "put a copy in its place (`cp -rL` makes one of a whole folder), or delete it"


class OldRun(Diagnostic):
    """A run, a sweep or a job was made by an earlier version of qgl, whose files have no checksums.

    Whether such a folder is intact cannot be told, so nothing is computed from it. The version that made it opens it.
    """

    path: str
    version: str

    code = "QGL0912"
    message = says("{path} was made by qgl {version}, whose folders have no checksums")
    help = "open it with that version, or make it anew: the folder of a run holds the program and its data"


class PictureFailed(Diagnostic):
    """A picture could not be drawn or written. Nothing else depends on it: all numbers are there."""

    path: str
    reason: str

    code = "QGL0913"
    severity = Severity.WARNING
    message = says("{path} could not be drawn: {reason}")
    help = "the numbers that it shows are in the folder; `--no-pictures` draws none"


class NoFiniteWeights(Diagnostic):
    """A run has no parameters whose loss is a finite number: training met infinity or NaN from its first step on.

    Strings, reports or circuits of such parameters would mean nothing.
    """

    path: str

    code = "QGL0914"
    message = says("the run {path} has no parameters with a finite loss")
    help = "mend what makes the loss infinite (`train` names likely causes), and train anew"


class LastGoodWeights(Diagnostic):
    """A run ended because its loss was no finite number, and its parameters are the last ones before that.

    They are sound, and have not been trained to the end.
    """

    path: str
    steps: int

    code = "QGL0915"
    severity = Severity.WARNING
    message = says("the run {path} failed after {steps} steps; these are its last good parameters")
    help = "`train` names likely causes; a smaller rate or `clip` often keeps a loss finite"
