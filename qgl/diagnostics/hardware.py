"""What goes wrong on the way to simulators and machines (QGL11xx): engines are QGL1101 to QGL1119."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, says
from qgl.diagnostics.shortage import lack_of_memory
from qgl.diagnostics.size import OutOfMemory, amount


class UnknownEngine(Diagnostic):
    """An engine is whoever takes circuits and gives bit strings back. The name is not one of those that qgl knows.

    Some names have a part after a colon: a fake machine of IBM (`aer:fake_torino`), a machine of IBM's service
    (`ibm:ibm_torino`), or the ARN of a device of Amazon Braket.
    """

    written: str
    known: tuple[str, ...]

    code = "QGL1101"
    message = says("there is no engine named `{written}`")

    @property
    def help(self) -> str:
        return f"the engines are: {', '.join(self.known)}"


class EngineNotInstalled(Diagnostic):
    """An engine runs circuits by a library that is not part of qgl, and that library is not installed.

    Such libraries come with an extra of the package: `aer`, `ibm`, `braket`, or `hardware` for all of them.
    """

    engine: str
    package: str
    extra: str

    code = "QGL1102"
    message = says("the engine `{engine}` needs the package `{package}`, which is not installed")
    help = says("install it: pip install 'qglc[{extra}]'")


class EngineFailed(Diagnostic):
    """An engine or the service behind it took the circuits and gave an error back. Its own words are shown."""

    engine: str
    wording: str

    code = "QGL1103"
    message = says("the engine `{engine}` failed: {wording}")
    help = "the words are the engine's own; its documentation says what they mean"


def failed(engine: str, error: Exception) -> Diagnostic:
    """What an exception of an engine, which may be anyone's, says."""
    if wanted := lack_of_memory(error):
        return OutOfMemory(None, f"the engine `{engine}`: {wanted}")
    return EngineFailed(None, engine, f"{type(error).__name__}: {error}")


class TooWideForEngine(Diagnostic):
    """A simulator holds the state of all qubits of the emitted circuit, and that does not fit into memory.

    A circuit that is emitted has a qubit for each one of the program that lives at the same time, channels' own
    included. With `max_qubits`, qubits are measured and reset as soon as they are done, and serve again.
    """

    engine: str
    qubits: int
    needed: int  # bytes
    limit: int  # bytes

    code = "QGL1104"

    @property
    def message(self) -> str:
        return (
            f"the circuit has {self.qubits} qubits on the engine `{self.engine}`, which takes {amount(self.needed)} of "
            f"memory; there are {amount(self.limit)}"
        )

    help = "try the engine `statevector`, which goes by the structure of the program, or a machine"


class NoAccess(Diagnostic):
    """A service could not be reached, or knows no account here.

    qgl reads, stores and prints no credentials: they are those that the service's own library finds on this computer.
    """

    engine: str
    wording: str
    way: str

    code = "QGL1105"
    message = says("no access to `{engine}`: {wording}")
    help = says("{way}")


class WrongStrings(Diagnostic):
    """An engine answers a task with an array of bits, of type uint8, for each row.

    It has as many strings as shots are wanted, and as many bits as there are visible qubits. This engine answered
    something else.
    """

    engine: str
    row: int
    wanted: tuple[int, int]
    found: str

    code = "QGL1106"
    message = says("the engine `{engine}` answered row {row} with {found}, not bits of shape {wanted}")
    help = "see the contract of `qgl.hardware.Engine.samples`"


class WrongAnswer(Diagnostic):
    """Engines may be written by anyone, against the contracts of `qgl.hardware.engines.engine`.

    This one answered with something of another kind: nothing at all, a generator where a list is wanted, another number
    of arrays, a job without a name. Nothing of the answer is kept.
    """

    engine: str
    asked: str
    found: str
    wanted: str

    code = "QGL1108"
    message = says("the engine `{engine}` was asked for {asked} and answered with {found}")
    help = says("the answer is {wanted}; see the contracts in `qgl.hardware.engines.engine`")


class UnknownJob(Diagnostic):
    """A service does not know a job under this name: it is another account's, it is too old, or the name is not whole.

    The jobs of a simulator that stands in for a machine end with the process that sent them.
    """

    engine: str
    job: str

    code = "QGL1107"
    message = says("`{engine}` knows no job `{job}`")
    help = "check with the service's own pages whether it still has the job"
