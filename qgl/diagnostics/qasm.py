"""What cannot be written as OpenQASM 3 (QGL10xx). Programs with these faults are right; a profile cannot say them."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, says


def _one_of(profiles: tuple[str, ...]) -> str:
    """`the profile portable`, or `one of the profiles portable, qiskit`."""
    return f"{'the profile' if len(profiles) == 1 else 'one of the profiles'} {', '.join(profiles)}"


class UnknownProfile(Diagnostic):
    """A profile is a dialect of OpenQASM 3 for one reader or a group of them. The name is not one of the profiles."""

    written: str
    known: tuple[str, ...]

    code = "QGL1001"
    message = says("there is no OpenQASM profile named `{written}`")

    @property
    def help(self) -> str:
        return f"the profiles are: {', '.join(self.known)}"


class FunctionOfOpenInput(Diagnostic):
    """With free parameters, the text keeps inputs as `input float[64]`, and angles become arithmetic on them.

    Every profile that has inputs takes sums, products and quotients of them. Functions such as `sin(a)` and powers are
    read by few. An angle that needs one can otherwise only be written once the input has a value. The angle
    2 asin(sqrt(p)) of a channel's strength is the exception: it becomes an input of its own, `flip_0`, whose meaning
    the text tells.
    """

    profile: str
    formula: str
    others: tuple[str, ...]  # profiles that can

    code = "QGL1002"
    message = says("the profile `{profile}` has no way to write {formula} of an input that is left open")
    label = "this angle is a function of an input"

    @property
    def help(self) -> str:
        able = f", or take {_one_of(self.others)}" if self.others else ""
        values = "emit a run, or use --seed instead of --free; conditions have theirs by --condition"
        return f"give the inputs values ({values}){able}"


class OpenGenerator(Diagnostic):
    """The gates of `generator(v)`, the exponential of a sum of Pauli words, and of `isometry(v)` are found from its
    matrix. As long as numbers of it are open, there is no matrix: with `--free` the angles of its gates would be
    functions that no text can say.

    `unitary(v)` reaches the same unitaries by angles that stand in gates as they are.
    """

    qubits: int
    what: str = "generator"

    code = "QGL1009"

    @property
    def message(self) -> str:
        article = "an" if self.what == "isometry" else "a"
        return f"{article} {self.what} of {self.qubits} qubit{'s' * (self.qubits > 1)} with open numbers has no gates"

    label = "numbers of this are left open"
    help = "give the inputs values (emit a run, or use --seed instead of --free), or use `unitary(...)`"


class EvolveWithoutTrotter(Diagnostic):
    """The simulator evolves under a Hamiltonian exactly. Gates can only do so Pauli word by Pauli word, and the product
    of the Pauli words' evolutions is exact only if all Pauli words commute.

    For hardware, the program chooses the product formula: `evolve h for t by trotter(order = 2, steps = 10);`.
    """

    pauli_words: int

    code = "QGL1003"
    message = says("an `evolve` of {pauli_words} Pauli words that do not commute has no exact circuit")
    label = "exact in simulation only"
    help = "say how hardware does it: `evolve ... for ... by trotter(order = 2, steps = 10);`"


class SynthesisNeedsQiskit(Diagnostic):
    """A matrix on two or more qubits (a Kraus channel's dilation, a `generator`, an `isometry`) is turned into gates by
    Qiskit.
    """

    qubits: int

    code = "QGL1004"
    message = says("to write a unitary matrix of {qubits} qubits as gates, the package `qiskit` is needed")
    label = says("a matrix on {qubits} qubits")
    help = "install it: pip install 'qglc[qiskit]'"


class AngleIsNotFinite(Diagnostic):
    """With the given values, an angle is infinite or not a number; such a text would not load anywhere."""

    formula: str

    code = "QGL1005"
    message = says("the angle {formula} is not a finite number")
    label = "not finite with these values"
    help = "check the values of the parameters that it depends on"


class NoInputs(Diagnostic):
    """The readers of this profile take angles as numbers only, so that no parameter can stay open in the text.

    `--free` keeps all parameters open, and `latent` inputs always stay open in the command line, since one text is one
    circuit, as do `condition` inputs without `--condition` and the bits of rows that a register starts from without
    `--row`. In Python, `qgl.qasm.emit` takes the values of all inputs.
    """

    profile: str
    formula: str
    others: tuple[str, ...]  # profiles that can

    code = "QGL1006"
    message = says("the profile `{profile}` takes no open inputs, and {formula} has no value")
    label = "this angle depends on an open input"

    @property
    def help(self) -> str:
        able = f", or take {_one_of(self.others)}" if self.others else ""
        return f"give the input a value{able}"


class NeedsTarget(Diagnostic):
    """A text of this profile is made for one machine: its qubits, its gates, its wires. None was named.

    `--target` names one: a fake machine (`fake_torino`), a JSON file, or a machine of IBM's service. In Python,
    `qgl.hardware.machines.machine.fit` does it.
    """

    profile: str

    code = "QGL1007"
    message = says("the profile `{profile}` is for a machine, and none is named")
    help = "name one, such as `--target fake_torino`, or take the profile qiskit"


class TooFewQubits(Diagnostic):
    """`--max-qubits` allows fewer qubits than the circuit needs at once in the narrowest order that was found.

    A qubit is in use from its first gate to its last, or to its measurement. Qubits that have been measured or
    discarded are reset and used again, and gates are put into an order in which few are in use at once, as far as what
    depends on what allows. A profile that cannot measure before the end keeps all qubits that are read out; one that
    cannot reset gives each qubit of the program its own. The line is the one that brings the last qubit of the widest
    place into use.
    """

    allowed: int
    width: int
    profile: str
    least: bool  # no order is narrower
    others: tuple[str, ...]  # profiles that may do with fewer
    apart: bool = False  # --no-reuse asks for a qubit for each wire

    code = "QGL1008"

    @property
    def message(self) -> str:
        known = "needs" if self.least else "needs, in the narrowest order found,"
        form = ", with a qubit for each wire," if self.apart else ""
        return (
            f"the circuit{form} {known} {self.width} qubits in the profile `{self.profile}`, "
            f"and {self.allowed} are allowed"
        )

    label = says("here {width} qubits are in use at once")

    @property
    def help(self) -> str:
        way = f"allow {self.width}: --max-qubits {self.width}"
        if self.apart:
            return f"{way}; or let qubits be used again: --reuse"
        return f"{way}; {_one_of(self.others)} may do with fewer" if self.others else way


class NoOpenqasmParser(Diagnostic):
    """`qglc import` reads OpenQASM by its authors' own parser, the package `openqasm3`, which is an extra."""

    code = "QGL1010"
    message = "to read OpenQASM, the package `openqasm3` with its parser is needed"
    help = "install it: pip install 'qglc[openqasm]'"


class NotOpenqasm(Diagnostic):
    """The text that `qglc import` was given is no OpenQASM 3: the reference parser stops at this place.

    OpenQASM 2 is taken, too, as far as OpenQASM 3 has kept its words.
    """

    reason: str

    code = "QGL1011"
    message = says("this is no OpenQASM: {reason}")
    label = "the parser stops here"


class CannotImport(Diagnostic):
    """`qglc import` takes what a program of qgl can say: gates of the standard library and definitions of others,
    constant loops, measurements, `if` on what was measured, `reset`, inputs of type `float` or `angle`.

    Variables that change, subroutines, `while` and timing are refused, and so is what readers of OpenQASM do not agree
    on: the global phase of `U` under a control, and quotients of integers that OpenQASM cuts off.
    """

    what: str
    advice: str

    code = "QGL1012"
    message = says("{what} cannot be said in a program of qgl")
    label = "in this statement"
    help = says("{advice}")


class NoSuchBits(Diagnostic):
    """`qglc import --bits` names the registers of bits that make up a string. The circuit declares no such one."""

    register: str
    declared: tuple[str, ...]

    code = "QGL1013"
    message = says("the circuit has no register of bits named `{register}`")

    @property
    def help(self) -> str:
        return f"it declares {', '.join(self.declared)}" if self.declared else "it declares no bits"
