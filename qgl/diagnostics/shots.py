"""What cannot be trained from shots (QGL1160 to QGL1179)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, says

_GOOD = """\
data target = parity(3);
visible v[3];
model { ry(?) v; for (a, b) in chain(v) { cx a, b; } }
objective mmd(target, hamming(sigma = 1));
train { gradient parameter_shift(shots = 1000); engine statevector; }
"""


class UnfitForShots(Diagnostic):
    """An objective cannot be trained from the strings that an engine gives, without a bias that no rule takes away.

    Shots give unbiased estimates of means over strings, and of products of two of them. So an objective must be a
    quadratic form of the distribution: `mmd` with any kernel or any set of Pauli words, and `marginals` with the
    distance `hilbert_schmidt`. A likelihood is the logarithm of a probability: few shots meet the string at all, and
    the logarithm of an estimate is not an estimate of the logarithm. A distance `tv` has a corner where the
    distributions agree.
    """

    what: str
    reason: str
    way_out: str

    code = "QGL1160"
    wrong = _GOOD.replace("mmd(target, hamming(sigma = 1))", "nll(target)")
    right = _GOOD

    message = says("`{what}` cannot be trained from shots: {reason}")
    help = says("{way_out}")


class UnfitShotSettings(Diagnostic):
    """Settings of `train` do not go together with where the gradient comes from.

    An `engine` gives strings, which a gradient from shots is made of: `parameter_shift` or `spsa`. The exact gradient
    has no use for it. L-BFGS chooses its steps by looking at the loss, which must not be an estimate.
    """

    what: str
    way_out: str

    code = "QGL1161"
    wrong = _GOOD.replace("gradient parameter_shift(shots = 1000); ", "")
    right = _GOOD

    message = says("{what}")
    help = says("{way_out}")


class OneProcessOnly(Diagnostic):
    """Training from shots runs in one process with one device: it waits for the engine, not for the device."""

    devices: int

    code = "QGL1162"
    message = says("training from shots has no use for {devices} devices")
    help = "leave out `--devices`, `--coordinator` and their like"


class NoShiftRule(Diagnostic):
    """A parameter-shift rule needs to know by which frequencies an expectation depends on a trained number.

    Those of a rotation are known. Those of exp(-i t H) are all differences of eigenvalues of H, where the Pauli words
    of H do not commute with each other. By a product formula it becomes rotations. SPSA needs to know nothing.
    """

    pauli_words: int

    code = "QGL1163"
    message = says("there is no shift rule for `evolve` under {pauli_words} Pauli words that do not commute")
    help = "add `by trotter(order = 2, steps = 4)` to it, or train with `gradient spsa(shots = 2000);`"


class GeneratorWithoutShifts(Diagnostic):
    """The numbers of `generator(v)` are coefficients of Pauli words that do not commute: an expectation depends on each
    of them by frequencies that change with the others, so that no fixed shifts give its derivative. Nor does it depend
    on the entries of `isometry(v)` by waves.

    `unitary(v)` reaches the same unitaries by angles of rotations, which have shift rules. SPSA needs to know nothing.
    """

    qubits: int
    what: str = "generator"

    code = "QGL1164"

    @property
    def message(self) -> str:
        article = "an" if self.what == "isometry" else "a"
        return f"there is no shift rule for {article} {self.what} of {self.qubits} qubit{'s' * (self.qubits > 1)}"

    help = "use `unitary(...)`, or train with `gradient spsa(shots = 2000);`"


class TooFewShots(Diagnostic):
    """Reduced states are estimated from Pauli shots word by word, and a word by the shots that measure all its letters.

    Of n shots in bases drawn at random about n / 3^k measure a given word on k qubits. Two are the least that tell a
    mean and its error, which is taken off.
    """

    data: str
    pauli_word: str
    found: int

    code = "QGL1165"
    help = "take more shots, in bases drawn at random, or a smaller `size`"

    @property
    def message(self) -> str:
        count = {0: "no shot", 1: "one shot"}[self.found]
        return f"{count} of `{self.data}` measures {self.pauli_word}, and two are needed"
