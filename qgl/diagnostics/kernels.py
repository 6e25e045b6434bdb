"""What can be wrong with kernels and with distributions of whole numbers (QGL0620 to QGL0629)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, noted, says
from qgl.source import Span

_MIXED = "data peaks = mixture(bits = 3, means = [2, 5], deviations = [1, 1]);\nvisible v[3];\nmodel { ry(?) v; }\n"
_KERNEL = "gaussian(variance = 4, of = integer)"


class PauliWordsOfIntegers(Diagnostic):
    """A kernel of whole numbers is asked for a discrepancy by Z words.

    A kernel of bits is a sum over Pauli words with weights that are not negative, so that Pauli words can be drawn from
    it. A function of the difference of two whole numbers is no such sum: its discrepancy is taken exactly, or from
    `samples`.
    """

    argument: str

    code = "QGL0620"
    wrong = f"{_MIXED}objective mmd(peaks, {_KERNEL}, pauli_words = 100);\n"
    right = f"{_MIXED}objective mmd(peaks, {_KERNEL});\n"

    message = says("`{argument}` is for kernels of bits, and this kernel is one of whole numbers")
    help = says("leave `{argument}` out: the discrepancy is then exact, up to 24 bits")


class NoVariables(Diagnostic):
    """A kernel of variables is a function of the numbers of the variables, and a report of columns is of each of them;
    here there are bits alone: neither registers of categories nor data whose columns are categories or bins of at most
    ten bits.
    """

    what: str

    code = "QGL0629"
    wrong = f"{_MIXED}objective mmd(peaks, gaussian(variance = 4, of = variable));\n"
    right = f"{_MIXED}objective mmd(peaks, {_KERNEL});\n"

    message = says("{what} of variables, and the bits here belong to none")
    help = "declare `visible v : category(4)`, or read data with `categories = ...` or `bits = ...`"


class NoEnsemble(Diagnostic):
    """The states of two ensembles are compared, and this data set has strings only, or one state.

    The kernels and costs `fidelity` and `superfidelity` are of states, those named otherwise of strings.
    Ensembles are `states_near(...)` and `ensemble("file.npz")`.
    """

    data: str
    declared: Span | None = None

    code = "QGL0622"
    wrong = "data d = parity(2);\nvisible v[2];\nmodel { ry(?) v; }\nobjective mmd(d, fidelity(power = 2));\n"
    right = (
        'data d = states_near("00", width = 0.1);\nvisible v[2];\nmodel { ry(?) v; }\n'
        "objective mmd(d, fidelity(power = 2));\n"
    )

    message = says("`{data}` is no ensemble of states")
    help = 'take `states_near("00", width = 0.1)` or `ensemble("file.npz")`, or a kernel of strings such as `hamming`'

    notes = noted("declared here", "declared")


class NoTargetStates(Diagnostic):
    """`infidelity` is 1 - the mean fidelity with the states of a data set, and this one has strings or numbers."""

    data: str
    declared: Span | None = None

    code = "QGL0624"
    wrong = "data d = parity(2);\nvisible v[2];\nmodel { ry(?) v; }\nobjective infidelity(d);\n"
    right = 'data d = states_near("00", width = 0.1);\nvisible v[2];\nmodel { ry(?) v; }\nobjective infidelity(d);\n'

    message = says("`{data}` has no states")
    help = 'take `states_near("00", width = 0.1)`, `state("file.npz")` or `through(...)`'

    notes = noted("declared here", "declared")


class UnevenMixture(Diagnostic):
    """A mixture of normal distributions has as many deviations and weights as means, or one deviation for all."""

    argument: str
    count: int
    means: int

    code = "QGL0621"
    wrong = (
        "data peaks = mixture(bits = 3, means = [2, 5], deviations = [1, 1, 2]);\n"
        "visible v[3];\nmodel { ry(?) v; }\nobjective nll(peaks);\n"
    )
    right = f"{_MIXED}objective nll(peaks);\n"

    message = says("{count} `{argument}` for {means} `means`")

    @property
    def help(self) -> str:
        return f"give as many `{self.argument}` as means" + (", or one" * (self.argument == "deviations"))


class TransportNotInstalled(Diagnostic):
    """Optimal transport is solved by POT, which is not part of qgl and is not installed. `qglc check` needs it not."""

    code = "QGL0627"
    message = "`wasserstein` needs the package `POT`, which is not installed"
    help = "install it: pip install 'qglc[transport]'"


class TooManyPairs(Diagnostic):
    """Optimal transport looks at every pair of an element of the model and one of the data, and these are too many.

    The elements of a model are all values of its `latent` inputs with all outcomes that it keeps.
    """

    model: int
    data: int
    limit: int

    code = "QGL0628"
    message = says("{model:,} elements of the model and {data:,} of the data are more than {limit:,} pairs")
    help = "take fewer states, draw fewer values of `latent` inputs, or keep fewer outcomes"
