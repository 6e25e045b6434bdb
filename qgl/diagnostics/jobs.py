"""What can go wrong with jobs and their folders (QGL1130 to QGL1149), and with mitigation (QGL1150 to QGL1159)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, says


class NoSuchJob(Diagnostic):
    """A job goes by its name or by its number, as `qglc jobs RUN` lists them. This run has no such job."""

    run: str
    written: str
    known: tuple[str, ...]

    code = "QGL1130"
    message = says("the run {run} has no job `{written}`")

    @property
    def help(self) -> str:
        if not self.known:
            return f"it has no jobs yet; `qglc run {self.run} --on aer` makes one"
        return f"its jobs are: {', '.join(self.known)}"


class DamagedJob(Diagnostic):
    """A file of a job does not hold what it should, although qgl writes it whole or not at all.

    The other jobs of the run are not touched by that. Nothing is sent for a job that cannot be read: what was paid for
    may be at the service still, under the tag in `job.json`.
    """

    path: str
    reason: str

    code = "QGL1131"
    message = says("{path} is damaged: {reason}")
    help = "put the file back from a copy; to forget the job, delete its folder"


class JobLocked(Diagnostic):
    """Another process works on this job. The lock goes with the process, however it ends."""

    path: str
    owner: str

    code = "QGL1132"
    message = says("another process ({owner}) works on {path}")
    help = "wait until it is done, or stop it with Ctrl-C and go on with `qglc fetch`"


class JobInDoubt(Diagnostic):
    """The client was lost while a job was being sent, a moment ago, and the service does not list the job.

    A service may take a while to list what it has received. Nothing is sent a second time before that is over.
    """

    job: str
    tag: str
    seconds: int

    code = "QGL1133"
    message = says("job {job} was being sent when its client was lost, and may be on its way (tag {tag})")
    help = says("ask again in {seconds} seconds with `qglc fetch`; if it is not there then, it is sent again")


class JobFailed(Diagnostic):
    """The engine took a job and did not bring it to its end. What it said is kept in `job.json`."""

    job: str
    said: str

    code = "QGL1134"
    message = says("job {job} failed: {said}")
    help = "mend what the engine complains of, and run the request again; a failed job does not stand in its way"


class OtherEngine(Diagnostic):
    """A job goes on with the engine that it began with: its texts were made for that one."""

    job: str
    begun: str
    given: str

    code = "QGL1135"
    message = says("job {job} began with the engine {begun}, not {given}")
    help = "give `fetch` the engine that the job began with, or run a new job"


class OverBudget(Diagnostic):
    """A job would take more of a machine than `--budget` allows, or nobody can say how much. Nothing was sent."""

    engine: str
    takes: str
    budget: str
    basis: str

    code = "QGL1136"
    message = says("{engine} would take {takes}, and the budget is {budget}: {basis}")
    help = "ask for fewer shots, circuits or Pauli words, or raise the budget"


class MitigationMissing(Diagnostic):
    """Mitigation is computed by mthree (readout) and mitiq (zero noise), which are installed on demand."""

    package: str
    purpose: str

    code = "QGL1150"
    message = says("{purpose} needs the package `{package}`")
    help = "install it: pip install 'qglc[mitigation]'"


class CannotMitigate(Diagnostic):
    """Readout is calibrated by circuits on the very qubits that are measured, and noise is amplified by folding the
    very gates that run. Both need an engine that runs OpenQASM texts as they stand.
    """

    engine: str
    purpose: str
    reason: str

    code = "QGL1151"
    message = says("{purpose} is not to be had on {engine}: {reason}")
    help = "run without it, or on an engine that runs texts, such as `aer` or `aer:fake_torino`"


class CannotFold(Diagnostic):
    """Noise is amplified by folding: gates G are replaced by G G^-1 G. Gates inside of a branch are not folded, and so
    a circuit that branches on what it measured has no fold of a known scale.
    """

    reason: str

    code = "QGL1152"
    message = says("the circuit cannot be folded: {reason}")
    help = "run without --zne; the expectations as measured come with --observable alone"
