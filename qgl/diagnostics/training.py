"""What can be wrong with named calls, objectives, `train` and `report` (QGL07xx)."""

from __future__ import annotations

from qgl.diagnostics.habits import hint
from qgl.diagnostics.model import Diagnostic, Mend, Severity, noted, says
from qgl.source import Span

_GOOD = """\
data target = parity(3);
visible v[3];
model { ry(?) v; for (a, b) in chain(v) { cx a, b; } }
objective nll(target);
train { optimizer adam(rate = 0.05); steps 100; }
report kl(target);
"""


def article(wording: str) -> str:
    """`wording` with "a" or "an" before it."""
    return f"{'an' if wording[:1] in 'aeio' else 'a'} {wording}"


class UnknownCallable(Diagnostic):
    """A data source, objective, kernel, optimiser, schedule, stopping rule or report is not one that qgl has."""

    kind: str
    written: str
    known: tuple[str, ...]
    nearest: str | None
    hint: str = ""

    code = "QGL0701"
    wrong = _GOOD.replace("nll(target)", "nnl(target)")
    right = _GOOD

    message = says("there is no {kind} named `{written}`")

    @property
    def label(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else f"not {article(self.kind)}"

    @property
    def help(self) -> str:
        return self.hint or f"there are: {', '.join(self.known)}"


class BadArguments(Diagnostic):
    """A call lacks an argument, or has one too many, one twice, an unknown one, or two that exclude each other."""

    function: str
    fault: str
    usage: str
    nearest: str | None = None

    code = "QGL0702"
    wrong = _GOOD.replace("rate = 0.05", "speed = 0.05")
    right = _GOOD

    message = says("`{function}` {fault}")

    @property
    def label(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else ""

    help = says("it is called as `{usage}`")


class FormerName(Diagnostic):
    """An argument is called as in an earlier version. It is understood, so that old programs and runs still open."""

    function: str
    former: str
    name_now: str

    code = "QGL0715"
    severity = Severity.WARNING
    wrong = _GOOD.replace("nll(target)", "mmd(target, hamming(sigma = 1), words = 10)")
    right = _GOOD.replace("nll(target)", "mmd(target, hamming(sigma = 1), pauli_words = 10)")

    message = says("the argument `{former}` of `{function}` is called `{name_now}` now")
    help = says("write `{name_now} = ...`")

    @property
    def mends(self) -> tuple[Mend, ...]:
        return (Mend(self.span, self.name_now),) if self.span else ()


class BadArgument(Diagnostic):
    """An argument or a setting has a value of the wrong kind, or one outside of its range."""

    owner: str
    argument: str
    wanted: str
    found: str

    code = "QGL0703"
    wrong = _GOOD.replace("rate = 0.05", "rate = -0.05")
    right = _GOOD

    message = says("`{argument}` of `{owner}` must be {wanted}, not {found}")


class NotAnObjective(Diagnostic):
    """An objective is a sum of named objectives with constant weights, such as `nll(d) + 0.1 * kl(d)`."""

    fault: str

    code = "QGL0704"
    wrong = _GOOD.replace("nll(target)", "nll(target) * kl(target)")
    right = _GOOD.replace("nll(target)", "nll(target) + 0.5 * kl(target)")

    message = says("an objective is a weighted sum of named objectives; {fault}")
    help = "write for instance `nll(data) + 0.1 * kl(data)`"


class UnknownSetting(Diagnostic):
    """`train` has a setting that there is none of."""

    written: str
    known: tuple[str, ...]
    nearest: str | None

    code = "QGL0705"
    wrong = _GOOD.replace("steps 100", "step 100")
    right = _GOOD

    message = says("`train` has no setting named `{written}`")

    @property
    def label(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else ""

    @property
    def help(self) -> str:
        return hint(self.written) or f"there are: {', '.join(self.known)}"


class RepeatedSetting(Diagnostic):
    """A setting of `train` is given twice, so that it is not clear which one holds."""

    setting: str
    first: Span

    code = "QGL0706"
    wrong = _GOOD.replace("steps 100;", "steps 100; steps 200;")
    right = _GOOD

    message = says("the setting `{setting}` is given twice")
    notes = noted("it is first given here", "first")


class ReportNeedsData(Diagnostic):
    """A report compares the model with a data set. Without an argument it takes the objective's, and there is none."""

    report: str
    missing: str

    code = "QGL0708"
    wrong = "visible v[2];\nmodel { ry(?) v; }\nreport kl;\n"
    right = "data target = parity(2);\nvisible v[2];\nmodel { ry(?) v; }\nreport kl(target);\n"

    @property
    def message(self) -> str:
        return f"the report `{self.report}` needs {article(self.missing)}"

    @property
    def help(self) -> str:
        return f"give one in brackets, or an objective that has {article(self.missing)}"


class TooWideForExact(Diagnostic):
    """The quantity needs the probability of every bit string, and there are too many of them."""

    what: str
    width: int
    limit: int
    way_out: str

    code = "QGL0709"
    wrong = (
        'data target = strings(["0000000000000000000000000000"]);\nvisible v[28];\n'
        "model { ry(?) v; }\nobjective mmd(target, hamming(sigma = 1));\n"
    )
    right = (
        'data target = strings(["0000000000000000000000000000"]);\nvisible v[28];\n'
        "model { ry(?) v; }\nobjective nll(target);\n"
    )

    message = says(
        "{what} needs the probabilities of all 2^{width} strings of {width} visible bits; it goes up to {limit} bits"
    )

    help = says("{way_out}")


class ConditionalModel(Diagnostic):
    """A program with `condition` inputs is a family of distributions p(x | c), and this quantity is of one
    distribution.
    """

    what: str

    code = "QGL0710"
    wrong = "visible v[2];\ncondition c;\nmodel { ry(c) v; }\nreport entropy();\n"
    right = "visible v[2];\nparam c;\nmodel { ry(c) v; }\nreport entropy();\n"

    message = says(
        "`{what}` is of one distribution, but the program has condition inputs: a distribution for each of their values"
    )
    help = "use `nll`, which takes conditions"


class OverlappingRegions(Diagnostic):
    """The regions of a conditional mutual information have no qubit in common, and a region has no qubit twice."""

    position: int
    report: str

    code = "QGL0711"
    wrong = "visible v[3];\nmodel { ry(?) v; }\nreport cmi(v[0..1], v[1], v[2]);\n"
    right = "visible v[3];\nmodel { ry(?) v; }\nreport cmi(v[0], v[1], v[2]);\n"

    message = says("visible qubit {position} stands twice in the regions of `{report}`")


class NotACall(Diagnostic):
    """A data source, objective, kernel, optimiser, stopping rule or report is called by its name, with arguments."""

    kind: str
    written: str
    example: str

    code = "QGL0712"
    wrong = _GOOD.replace("optimizer adam(rate = 0.05)", "optimizer 0.05")
    right = _GOOD

    @property
    def message(self) -> str:
        return f"`{self.written}` is not {article(self.kind)}"

    help = says("write for instance `{example}`")


class UnfitRegions(Diagnostic):
    """The visible register has no connected region of that many qubits, or more of them than can be compared.

    Regions are connected on the lattice of the visible register; without a lattice, they are windows of neighbours in
    order of declaration. On a grid their number grows quickly with their size.
    """

    size: int
    too_many: bool
    limit: int

    code = "QGL0714"
    wrong = _GOOD.replace("nll(target)", "marginals(target, size = 4)")
    right = _GOOD.replace("nll(target)", "marginals(target, size = 2)")

    @property
    def message(self) -> str:
        if self.too_many:
            return f"there are more than {self.limit:,} connected regions of {self.size} visible qubits"
        return f"there is no connected region of {self.size} visible qubits"

    help = "choose a smaller `size`"


class UnfitForRefresh(Diagnostic):
    """`refresh` keeps the Pauli words of truncated answers for some steps of the same circuits, trained along the
    gradient: those of each value of `latent` and `condition` inputs.

    Latents that are drawn anew make other circuits at each step, and other strategies look at many circuits in a step:
    words are found anew for each of these.
    """

    why: str

    code = "QGL0733"
    wrong = _GOOD.replace("optimizer adam(rate = 0.05);", "strategy cma(); approximate propagation(refresh = 10);")
    right = _GOOD.replace("steps 100;", "steps 100; approximate propagation(refresh = 10);")

    message = says("`refresh` cannot keep the words of truncated answers: {why}")
    help = "leave out `refresh`: words are found anew for each circuit then"


class UnfitForBatch(Diagnostic):
    """`batch` draws rows of data at each step, and the objective cannot be estimated from a part of the rows.

    `nll` and `kl` are means over rows, so that some rows give an unbiased estimate. Other objectives compare the model
    with frequencies in all rows, which are counted once and cost nothing at a step.
    """

    fault: str

    code = "QGL0713"
    wrong = _GOOD.replace("nll(target)", "mmd(target, hamming(sigma = 1))").replace("steps 100;", "steps 100; batch 2;")
    right = _GOOD.replace("steps 100;", "steps 100; batch 2;")

    message = says("`batch` cannot draw rows for this objective: {fault}")
    help = "leave out `batch`"
