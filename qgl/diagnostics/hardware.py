"""What goes wrong on the way to simulators and machines (QGL11xx): engines are QGL1101 to QGL1119."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.size import amount


@dataclass(frozen=True)
class UnknownEngine(Diagnostic):
    """An engine is whoever takes circuits and gives bit strings back. The name is not one of those that qgl knows.

    Some names have a part after a colon: a fake machine of IBM (`aer:fake_torino`), a machine of IBM's service
    (`ibm:ibm_torino`), or the ARN of a device of Amazon Braket.
    """

    written: str
    known: tuple[str, ...]

    code: ClassVar[str] = "QGL1101"

    @property
    def message(self) -> str:
        return f"there is no engine named `{self.written}`"

    @property
    def help(self) -> str:
        return f"the engines are: {', '.join(self.known)}"


@dataclass(frozen=True)
class EngineNotInstalled(Diagnostic):
    """An engine runs circuits by a library that is not part of qgl, and that library is not installed.

    Such libraries come with an extra of the package: `aer`, `ibm`, `braket`, or `hardware` for all of them.
    """

    engine: str
    package: str
    extra: str

    code: ClassVar[str] = "QGL1102"

    @property
    def message(self) -> str:
        return f"the engine `{self.engine}` needs the package `{self.package}`, which is not installed"

    @property
    def help(self) -> str:
        return f"install it: pip install 'qgl[{self.extra}]'"


@dataclass(frozen=True)
class EngineFailed(Diagnostic):
    """An engine or the service behind it took the circuits and gave an error back. Its own words are shown."""

    engine: str
    words: str

    code: ClassVar[str] = "QGL1103"

    @property
    def message(self) -> str:
        return f"the engine `{self.engine}` failed: {self.words}"

    @property
    def help(self) -> str:
        return "the words are the engine's own; its documentation says what they mean"


@dataclass(frozen=True)
class TooWideForEngine(Diagnostic):
    """A simulator holds the state of all qubits of the emitted circuit, and that does not fit into memory.

    A circuit that is emitted has a qubit for each one of the program that lives at the same time, channels' own
    included. With `max_qubits`, qubits are measured and reset as soon as they are done, and serve again.
    """

    engine: str
    qubits: int
    needed: int  # bytes
    limit: int  # bytes

    code: ClassVar[str] = "QGL1104"

    @property
    def message(self) -> str:
        return (
            f"the circuit has {self.qubits} qubits on the engine `{self.engine}`, which takes {amount(self.needed)} of "
            f"memory; there are {amount(self.limit)}"
        )

    @property
    def help(self) -> str:
        return "try the engine `statevector`, which goes by the structure of the program, or a machine"


@dataclass(frozen=True)
class NoAccess(Diagnostic):
    """A service could not be reached, or knows no account here.

    qgl reads, stores and prints no credentials: they are those that the service's own library finds on this computer.
    """

    engine: str
    words: str
    way: str

    code: ClassVar[str] = "QGL1105"

    @property
    def message(self) -> str:
        return f"no access to `{self.engine}`: {self.words}"

    @property
    def help(self) -> str:
        return self.way


@dataclass(frozen=True)
class WrongStrings(Diagnostic):
    """An engine answers a task with an array of bits, of type uint8, for each row.

    It has as many strings as shots are wanted, and as many bits as there are visible qubits. This engine answered
    something else.
    """

    engine: str
    row: int
    wanted: tuple[int, int]
    found: str

    code: ClassVar[str] = "QGL1106"

    @property
    def message(self) -> str:
        return f"the engine `{self.engine}` answered row {self.row} with {self.found}, not bits of shape {self.wanted}"

    @property
    def help(self) -> str:
        return "see the contract of `qgl.hardware.Engine.samples`"


@dataclass(frozen=True)
class WrongAnswer(Diagnostic):
    """Engines may be written by anyone, against the contracts of `qgl.hardware.engines.engine`.

    This one answered with something of another kind: nothing at all, a generator where a list is wanted, another number
    of arrays, a job without a name. Nothing of the answer is kept.
    """

    engine: str
    asked: str
    found: str
    wanted: str

    code: ClassVar[str] = "QGL1108"

    @property
    def message(self) -> str:
        return f"the engine `{self.engine}` was asked for {self.asked} and answered with {self.found}"

    @property
    def help(self) -> str:
        return f"the answer is {self.wanted}; see the contracts in `qgl.hardware.engines.engine`"


@dataclass(frozen=True)
class UnknownJob(Diagnostic):
    """A service does not know a job under this name: it is another account's, it is too old, or the name is not whole.

    The jobs of a simulator that stands in for a machine end with the process that sent them.
    """

    engine: str
    job: str

    code: ClassVar[str] = "QGL1107"

    @property
    def message(self) -> str:
        return f"`{self.engine}` knows no job `{self.job}`"

    @property
    def help(self) -> str:
        return "check with the service's own pages whether it still has the job"
