"""What goes wrong when a circuit is fitted to a machine (QGL1120 to QGL1129)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, says


class UnknownTarget(Diagnostic):
    """A target is the machine that a circuit is fitted to: its gates, its wires and how good they are.

    It is a fake machine of `qiskit_ibm_runtime` (`fake_torino`, or `torino`), a file that says what a machine has
    (`machine.json`), or a machine of IBM's service (`ibm_torino`, or `ibm:NAME` where a name does not start so).
    """

    written: str
    nearest: str | None
    known: tuple[str, ...]

    code = "QGL1120"
    message = says("there is no target named `{written}`")

    @property
    def help(self) -> str:
        start = f"did you mean `{self.nearest}`? " if self.nearest else ""
        return (
            f"{start}A target is a file FILE.json, a machine `ibm:NAME` of IBM's service, or one of\n"
            f"{', '.join(self.known)}"
        )


class TargetNeedsPackage(Diagnostic):
    """Circuits are fitted to machines by Qiskit's transpiler, and fake machines come with `qiskit_ibm_runtime`.

    Neither is part of qgl; extras of the package install them.
    """

    target: str
    package: str
    extra: str

    code = "QGL1121"
    message = says("to fit a circuit to `{target}`, the package `{package}` is needed")
    help = says("install it: pip install 'qglc[{extra}]'")


class NoServiceAccount(Diagnostic):
    """Machines of IBM's service are known to the service only, and it answers those who have an account.

    The account is that of the library `qiskit_ibm_runtime`, which saves it itself
    (`QiskitRuntimeService.save_account`). qgl reads, stores and prints no credentials.
    """

    target: str
    reason: str

    code = "QGL1122"
    message = says("`{target}` is a machine of IBM's service, and there is no account for it here: {reason}")
    help = (
        "save an account once by `QiskitRuntimeService.save_account(...)` in Python,\n"
        "or take a fake machine, such as --target fake_torino"
    )


class ServiceHasNoTarget(Diagnostic):
    """IBM's service was asked for a machine and did not give it: it has none of that name, or it was not reached."""

    target: str
    reason: str

    code = "QGL1123"
    message = says("IBM's service does not give the machine `{target}`: {reason}")
    help = "`QiskitRuntimeService().backends()` in Python lists the machines of your account"


class TargetFileWrong(Diagnostic):
    """A file of `--target` is JSON that says how many qubits a machine has, its gates and its pairs of qubits:

        {"qubits": 3, "basis": ["rz", "sx", "x", "cz", "measure", "reset", "if_else"], "coupling": [[0, 1], [1, 2]]}

    It may also say `name`, `directed`, `durations` and `errors` (by gate), `t1` and `t2`. The document on hardware
    tells what each of them holds.
    """

    path: str
    reason: str
    way_out: str = ""

    code = "QGL1124"
    message = says("{path} does not describe a machine: {reason}")
    label = "here"
    help = says("{way_out}")


class TooWideForTarget(Diagnostic):
    """A circuit needs a qubit for each qubit of the program that lives at the same time, channels' own included.

    Qubits that have been measured or discarded can be reset and serve again, where the machine resets; that is done
    unless `--no-reuse` forbids it. The order of operations is then chosen for few qubits.
    """

    target: str
    needed: int
    found: int
    used_again: bool

    code = "QGL1125"
    message = says("the circuit needs {needed} qubits at once, and {found} are to be had on `{target}`")

    @property
    def help(self) -> str:
        if not self.used_again:
            return "leave --no-reuse out, or take a larger machine or one that resets qubits"
        return "allow more qubits, take a larger machine, or emit a part of the circuit by --observable"


class TargetLacks(Diagnostic):
    """A machine does only what its target lists. To reset a qubit, to measure in the middle, to branch on an outcome:
    not every machine does each of them.
    """

    target: str
    lacks: str
    way_out: str

    code = "QGL1126"
    message = says("`{target}` has no {lacks}, which the circuit needs")
    help = says("{way_out}")


class TargetNotForProfile(Diagnostic):
    """After fitting, a circuit is made of the machine's own gates. Not every profile has those on two qubits.

    The profile `ibm` is made for it. The others can write what their readers know: gates on qubits that are
    neighbours on the machine, with all measurements at the end.
    """

    profile: str
    target: str
    reason: str

    code = "QGL1127"
    message = says("a circuit fitted to `{target}` cannot be written in the profile `{profile}`: {reason}")
    help = "take --profile ibm, or leave --target out: services place circuits on their machines themselves"


class FittingFailed(Diagnostic):
    """Qiskit's transpiler gave up: the machine may have parts that do not touch, or gates that cannot make all others.

    Its own words are shown.
    """

    target: str
    wording: str

    code = "QGL1128"
    message = says("Qiskit cannot fit the circuit to `{target}`: {wording}")
    help = "see that the basis makes every gate and that the coupling joins enough qubits, or take another machine"
