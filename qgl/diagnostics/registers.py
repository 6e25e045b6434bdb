"""What can be wrong with registers, qubits, bits and what happens to them (QGL04xx)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, Severity, noted, says
from qgl.source import Span

_MODEL = "model { h v; }\n"
_GOOD = f"visible v[2];\n{_MODEL}"


def listed(names: tuple[str, ...], limit: int = 8) -> str:
    """`a, b and 3 more`."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


class NoVisible(Diagnostic):
    """A program has no visible register, so that nothing would be generated."""

    code = "QGL0401"
    wrong = "hidden v[2];\nmodel { h v; }\n"
    right = _GOOD

    message = "the program has no visible register"
    help = "declare one, such as `visible v[4];`"


class NoModel(Diagnostic):
    """A program has no `model { ... }`."""

    code = "QGL0402"
    wrong = "visible v[2];\n"
    right = _GOOD

    message = "the program has no model"
    help = "write `model { ... }` with the gates in it"


class RepeatedBlock(Diagnostic):
    """A program has one `model`, at most one `objective`, one `train` block and one `report`."""

    keyword: str
    first: Span

    code = "QGL0403"
    wrong = f"{_GOOD}model {{ x v; }}\n"
    right = "visible v[2];\nmodel { h v; x v; }\n"

    message = says("a second `{keyword}`")
    notes = noted("the first one is here", "first")

    help = "join the two"


class QubitTwice(Diagnostic):
    """One gate, layer or channel is given the same qubit more than once. Its operands must be different qubits."""

    gate: str
    qubit: str

    code = "QGL0404"
    wrong = "visible v[2];\nmodel { h v; cx v[0], v[0]; }\n"
    right = "visible v[2];\nmodel { h v; cx v[0], v[1]; }\n"

    message = says("`{gate}` is given the qubit {qubit} twice")
    label = says("{qubit} again")


class HiddenReadOut(Diagnostic):
    """A hidden qubit is never read: it belongs neither to the data nor to a report of bits.

    `entropy(..., kind = quantum)` and `hamming_distance` look at the state, and may name hidden qubits.
    """

    qubit: str
    declared: Span | None

    code = "QGL0405"
    wrong = "visible v[3];\nhidden m;\nmodel { h v; h m; }\nreport cmi(v[0], m, v[1]);\n"
    right = "visible v[3];\nhidden m;\nmodel { h v; h m; }\nreport cmi(v[0], v[2], v[1]);\n"

    message = says("{qubit} is not visible and cannot be read out")
    notes = noted("declared here", "declared")

    help = "declare its register `visible`, or read another one"


class VisibleUntouched(Diagnostic):
    """No gate ever touches a visible qubit, so that its bit keeps the distribution of the initial state."""

    qubits: tuple[str, ...]
    kind: str = "visible"

    code = "QGL0406"
    severity = Severity.WARNING
    wrong = "visible v[2];\nmodel { h v[0]; }\n"
    right = _GOOD

    @property
    def message(self) -> str:
        return f"no gate touches the visible {'qubit' if len(self.qubits) == 1 else 'qubits'} {listed(self.qubits)}"


class NotUnitary(Diagnostic):
    """A `layer` is unitary; so is whatever `inverse` or `ctrl` stands before.

    Measurements, `fresh` qubits, resets, conditions on bits and channels belong into a `channel` or the model.
    """

    what: str
    where: str

    code = "QGL0407"
    wrong = "visible v;\nlayer f(q: qubit) { measure q; }\nmodel { f v; }\n"
    right = "visible v;\nchannel f(q: qubit) { measure q; }\nmodel { f v; }\n"

    message = says("{what} is not unitary and cannot stand {where}")

    @property
    def help(self) -> str:
        return "declare a `channel` instead of a `layer`" if "layer" in self.where else ""


class SiteWithoutQubit(Diagnostic):
    """A site stands for the qubit on it, so there must be exactly one."""

    site: str
    found: tuple[str, ...]

    code = "QGL0408"
    wrong = "lattice c = line(3);\nvisible v on c[0..1];\nmodel { h v; for a in c { h a; } }\n"
    right = "lattice c = line(3);\nvisible v on c;\nmodel { h v; for a in c { h a; } }\n"

    @property
    def message(self) -> str:
        if not self.found:
            return f"there is no qubit on {self.site}"
        return f"there are {len(self.found)} qubits on {self.site}: {listed(self.found)}"

    @property
    def help(self) -> str:
        return "" if not self.found else "name the register, such as `v[a]`"


class RepeatedSite(Diagnostic):
    """A register names the same site twice."""

    site: str

    code = "QGL0409"
    wrong = "lattice c = line(3);\nvisible v on c[0, 1, 1];\nmodel { h v; }\n"
    right = "lattice c = line(3);\nvisible v on c[0, 1, 2];\nmodel { h v; }\n"

    message = says("the register is put on {site} twice")


class UnequalRegisters(Diagnostic):
    """A gate of several qubits runs along registers of equal size, element by element; anything else is a loop."""

    gate: str
    sizes: tuple[int, ...]

    code = "QGL0410"
    wrong = "visible v[3];\nmodel { h v; cx v[0], v[1..2]; }\n"
    right = "visible v[3];\nmodel { h v; for q in v[1..2] { cx v[0], q; } }\n"

    @property
    def message(self) -> str:
        return f"the operands of `{self.gate}` have different sizes: {', '.join(map(str, self.sizes))}"

    help = "give registers of the same size, single qubits only, or write a loop"


class WrongRegisterSize(Diagnostic):
    """A register or a list of qubits needs a size of one or more; an argument `q: qubit[3]` takes exactly three."""

    text: str

    code = "QGL0411"
    wrong = "const n = 0;\nvisible v[n];\nmodel { h v; }\n"
    right = "const n = 1;\nvisible v[n];\nmodel { h v; }\n"

    message = says("{text}")


class UsedQubitOfIsometry(Diagnostic):
    """An isometry takes some qubits to more of them. Those that it brings in stand last, and are in zero: `fresh` ones,
    qubits of a register that no gate has touched, or qubits after a `reset`. Of others its matrix says nothing.
    """

    qubit: str
    count: int

    code = "QGL0426"
    wrong = "visible v[2];\nparam a : isometry(1, 2);\nmodel { h v; isometry(a) v[0], v[1]; }\n"
    right = "visible v[2];\nparam a : isometry(1, 2);\nmodel { h v[0]; isometry(a) v[0], v[1]; }\n"

    @property
    def message(self) -> str:
        last = "the last qubit" if self.count == 1 else f"the last {self.count} qubits"
        return f"{last} of this isometry must be in zero, but `{self.qubit}` was used before"

    help = "give it a `fresh` qubit, or `reset` this one first; a unitary of used qubits is `unitary` or `generator`"


class WrongInitial(Diagnostic):
    """An initial state is `zero`, `one`, `plus`, `minus`, `neel`, a string of bits, or `angles([...])`."""

    text: str
    nearest: str | None = None
    is_data: bool = False

    code = "QGL0412"
    wrong = 'visible v[3] = "01";\nmodel { h v; }\n'
    right = 'visible v[3] = "010";\nmodel { h v; }\n'

    message = says("{text}")

    @property
    def help(self) -> str:
        if self.is_data:
            return "that is a source of data, a target: train a circuit towards it, by `free_energy` or `marginals` say"
        if self.nearest:
            return f"did you mean `{self.nearest}`?"
        return 'initial states are `zero`, `one`, `plus`, `minus`, `neel`, a string such as "0101", and `angles([...])`'


class NotAQubit(Diagnostic):
    """The operands of a gate are qubits: an element of a register, a whole register, a list of qubits, a site."""

    found: str
    hint: str = ""

    code = "QGL0413"
    wrong = "const k = 0;\nvisible v[2];\nmodel { h v; h k; }\n"
    right = "const k = 0;\nvisible v[2];\nmodel { h v; h v[k]; }\n"

    message = says("a qubit belongs here, not {found}")
    help = says("{hint}")


class NotACondition(Diagnostic):
    """`if` asks for measured bits, joined by `and`, `or`, `not` and `==`, or for something known before the run."""

    found: str

    code = "QGL0414"
    wrong = "visible v;\nparam a : angle;\nmodel { rx(a) v; if a > 0 { x v; } }\n"
    right = "visible v;\nparam a : angle;\nmodel { rx(a) v; measure v -> m; if m { x v; } }\n"

    message = says("a condition is made of measured bits or constants, not of {found}")


_BRANCHES = "visible v[2];\nmodel {{ h v; measure v -> m; choose m {{ x v[0]; }} or {{ x v; }}{0} }}\n"


class WrongBranches(Diagnostic):
    """`choose` has a branch for each value of the outcome that it asks for, from 0 on: two for a measured bit, 2^n for
    the outcomes of n qubits, d for a variable of the type `category(d)`. A branch may be empty. A whole number that is
    known at compile time is one of 0 to n - 1 for n branches.
    """

    text: str

    code = "QGL0419"
    wrong = _BRANCHES.format("")
    right = _BRANCHES.format(" or { } or { z v; }")

    message = says("{text}")
    help = "write a branch for each value, `{ }` where nothing is to happen"


class OutcomeUnderCondition(Diagnostic):
    """An outcome that is kept or required belongs to every run: it labels all elements of the ensemble, or decides of
    all runs which are thrown away. Under an `if` that depends on measured bits some runs would not have it.
    """

    what: str

    code = "QGL0415"
    wrong = "visible v[2];\nmodel { h v; measure v[0] -> m; if m { measure v[1] keep; } }\n"
    right = "visible v[2];\nmodel { h v; measure v[0] -> m; if m { x v[1]; } measure v[1] keep; }\n"

    message = says("an outcome under a condition cannot be {what}")
    help = "measure it behind the `if`"


_DRAWN = """\
latent start : state(1) ~ haar() draws 20;
visible v = start;
model { fresh e; cx v, e; measure e keep drawn; ry(?) v; }
"""


class PostselectionUnsupported(Diagnostic):
    """`postselect` throws runs away, and what is done here would not know which.

    It is answered by every exact question, by `sample`, and in OpenQASM, where the outcomes are bits of the output.
    """

    what: str

    code = "QGL0416"
    wrong = (
        "data d = parity(2);\nvisible v[2];\nmodel { ry(?) v; fresh e; cx v[0], e; postselect(0) e; }\n"
        "objective mmd(d, hamming(sigma = 1));\ntrain { gradient parameter_shift(shots = 100); }\n"
    )
    right = (
        "data d = parity(2);\nvisible v[2];\nmodel { ry(?) v; fresh e; cx v[0], e; postselect(0) e; }\n"
        "objective nll(d);\ntrain { steps 100; }\n"
    )

    message = says("post-selection is not supported {what}")
    help = "leave `postselect` out here, or keep the outcome (`measure q keep;`)"


class NothingRequired(Diagnostic):
    """The report `success` is the probability of the outcomes that `postselect` requires; here nothing is required."""

    code = "QGL0417"
    wrong = "visible v[2];\nmodel { h v; }\nreport success;\n"
    right = "visible v[2];\nmodel { h v; fresh e; cx v[0], e; postselect(0) e; }\nreport success;\n"

    message = "nothing is post-selected, so that there is no success to report"
    help = "leave it out, or require an outcome by `postselect(0) q;`"


class DrawnUnsupported(Diagnostic):
    """Outcomes that may be drawn (`measure q keep drawn;`) belong to ensembles of states, which are compared as such
    and trained by the exact gradient. Nothing is drawn for post-selection, for outputs, or by other ways of training.
    """

    what: str

    code = "QGL0418"
    wrong = _DRAWN.replace("model {", "model { fresh p; cx v, p; postselect(0) p;")
    right = _DRAWN

    message = says("outcomes cannot be drawn {what}")
    help = "leave out `drawn`: every value of a kept outcome then labels an element"
