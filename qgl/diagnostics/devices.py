"""What can go wrong with several devices and processes (QGL0930 to QGL0949). No program text is at fault."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, says

_AGAIN = "start all processes again; a run that has saved a step goes on with `--resume DIR` in each of them"


class TooFewDevices(Diagnostic):
    """More devices were asked for than JAX has in this process.

    On a processor, `qglc train --devices N` makes host devices, up to the number of cores that the process may use:
    more of them share the cores, and only take memory. The environment variable JAX_NUM_CPU_DEVICES, set before Python
    starts, gives any number, and is also the way in Python, where JAX may have started before the training.
    """

    wanted: int
    found: int
    kind: str
    cores: int

    code = "QGL0930"

    @property
    def message(self) -> str:
        return f"{self.wanted} devices were asked for, and there {'is' if self.found == 1 else 'are'} {self.found} here"

    @property
    def help(self) -> str:
        if self.kind == "cpu":
            asked = f"set JAX_NUM_CPU_DEVICES={self.wanted} before Python starts"
            if self.wanted > self.cores:
                plural = "s" if self.cores > 1 else ""
                return f"this process may use {self.cores} core{plural}, which host devices share; to try it, {asked}"
            return f"JAX has started already: {asked}"
        return f"ask for at most {self.found}, or add processes on other machines with `--coordinator`"


class NotTogether(Diagnostic):
    """The processes of a run did not find each other.

    All of them are started with the same `--coordinator HOST:PORT` and the same `--processes N`, each with its own
    `--process`, from 0 to N - 1. HOST is the machine of process 0, and PORT a free port there that others can reach.
    """

    coordinator: str
    processes: int
    reason: str

    code = "QGL0931"
    message = says("the {processes} processes did not find each other at {coordinator}: {reason}")
    help = "start process 0 on that host and all others within some minutes, with the same coordinator and number"


class ProcessesDiffer(Diagnostic):
    """The processes of a run must run one and the same thing: the same program, data, settings and versions."""

    what: str
    process: int

    code = "QGL0932"
    message = says("process {process} and process 0 differ in {what}")
    help = "give all processes the same program, data, options and versions"


class ProcessLost(Diagnostic):
    """A process of the run has ended, or can no longer be reached. The others cannot go on without it and end too.

    Where process 0 notices at once, it saves the last step that all had finished; else what is left is the last
    checkpoint. `--resume` goes on from there, with as many processes and devices as you like.
    """

    reason: str

    code = "QGL0933"
    message = says("another process of this run was lost: {reason}")

    @property
    def help(self) -> str:
        return _AGAIN


class ProcessDied(Diagnostic):
    """The system or a library ended this process of the run, by a signal. Often memory was short."""

    signal: str
    log: str

    code = "QGL0934"
    message = says("this process of the run was ended by {signal}; what its libraries said is in {log}")

    @property
    def help(self) -> str:
        return _AGAIN
