"""What can go wrong with jobs and their folders (QGL1130 to QGL1149), and with mitigation (QGL1150 to QGL1159)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic


@dataclass(frozen=True)
class NoSuchJob(Diagnostic):
    """A job goes by its name or by its number, as `qglc jobs RUN` lists them. This run has no such job."""

    run: str
    written: str
    known: tuple[str, ...]

    code: ClassVar[str] = "QGL1130"

    @property
    def message(self) -> str:
        return f"the run {self.run} has no job `{self.written}`"

    @property
    def help(self) -> str:
        if not self.known:
            return f"it has no jobs yet; `qglc run {self.run} --on aer` makes one"
        return f"its jobs are: {', '.join(self.known)}"


@dataclass(frozen=True)
class DamagedJob(Diagnostic):
    """A file of a job does not hold what it should, although qgl writes it whole or not at all.

    The other jobs of the run are not touched by that. Nothing is sent for a job that cannot be read: what was paid for
    may be at the service still, under the tag in `job.json`.
    """

    path: str
    reason: str

    code: ClassVar[str] = "QGL1131"

    @property
    def message(self) -> str:
        return f"{self.path} is damaged: {self.reason}"

    @property
    def help(self) -> str:
        return "put the file back from a copy; to forget the job, delete its folder"


@dataclass(frozen=True)
class JobLocked(Diagnostic):
    """Another process works on this job. The lock goes with the process, however it ends."""

    path: str
    owner: str

    code: ClassVar[str] = "QGL1132"

    @property
    def message(self) -> str:
        return f"another process ({self.owner}) works on {self.path}"

    @property
    def help(self) -> str:
        return "wait until it is done, or stop it with Ctrl-C and go on with `qglc fetch`"


@dataclass(frozen=True)
class JobInDoubt(Diagnostic):
    """The client was lost while a job was being sent, a moment ago, and the service does not list the job.

    A service may take a while to list what it has received. Nothing is sent a second time before that is over.
    """

    job: str
    tag: str
    seconds: int

    code: ClassVar[str] = "QGL1133"

    @property
    def message(self) -> str:
        return f"job {self.job} was being sent when its client was lost, and may be on its way (tag {self.tag})"

    @property
    def help(self) -> str:
        return f"ask again in {self.seconds} seconds with `qglc fetch`; if it is not there then, it is sent again"


@dataclass(frozen=True)
class JobFailed(Diagnostic):
    """The engine took a job and did not bring it to its end. What it said is kept in `job.json`."""

    job: str
    said: str

    code: ClassVar[str] = "QGL1134"

    @property
    def message(self) -> str:
        return f"job {self.job} failed: {self.said}"

    @property
    def help(self) -> str:
        return "mend what the engine complains of, and run the request again; a failed job does not stand in its way"


@dataclass(frozen=True)
class OtherEngine(Diagnostic):
    """A job goes on with the engine that it began with: its texts were made for that one."""

    job: str
    begun: str
    given: str

    code: ClassVar[str] = "QGL1135"

    @property
    def message(self) -> str:
        return f"job {self.job} began with the engine {self.begun}, not {self.given}"

    @property
    def help(self) -> str:
        return "give `fetch` the engine that the job began with, or run a new job"


@dataclass(frozen=True)
class MitigationMissing(Diagnostic):
    """Mitigation is computed by mthree (readout) and mitiq (zero noise), which are installed on demand."""

    package: str
    purpose: str

    code: ClassVar[str] = "QGL1150"

    @property
    def message(self) -> str:
        return f"{self.purpose} needs the package `{self.package}`"

    @property
    def help(self) -> str:
        return "install it: pip install 'qgl[mitigation]'"


@dataclass(frozen=True)
class CannotMitigate(Diagnostic):
    """Readout is calibrated by circuits on the very qubits that are measured, and noise is amplified by folding the
    very gates that run. Both need an engine that runs OpenQASM texts as they stand.
    """

    engine: str
    purpose: str
    reason: str

    code: ClassVar[str] = "QGL1151"

    @property
    def message(self) -> str:
        return f"{self.purpose} is not to be had on {self.engine}: {self.reason}"

    @property
    def help(self) -> str:
        return "run without it, or on an engine that runs texts, such as `aer` or `aer:fake_torino`"


@dataclass(frozen=True)
class CannotFold(Diagnostic):
    """Noise is amplified by folding: gates G are replaced by G G^-1 G. Gates inside of a branch are not folded, and so
    a circuit that branches on what it measured has no fold of a known scale.
    """

    reason: str

    code: ClassVar[str] = "QGL1152"

    @property
    def message(self) -> str:
        return f"the circuit cannot be folded: {self.reason}"

    @property
    def help(self) -> str:
        return "run without --zne; the expectations as measured come with --observable alone"
