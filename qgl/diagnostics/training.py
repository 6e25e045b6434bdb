"""What can be wrong with named calls, objectives, `train` and `report` (QGL07xx)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic, Note
from qgl.source import Span

_GOOD = """\
data target = parity(3);
visible v[3];
model { ry(?) v; for (a, b) in chain(v) { cx a, b; } }
objective nll(target);
train { optimizer adam(rate = 0.05); steps 100; }
report kl(target);
"""


def article(words: str) -> str:
    """`words` with "a" or "an" before it."""
    return f"{'an' if words[:1] in 'aeio' else 'a'} {words}"


@dataclass(frozen=True)
class UnknownCallable(Diagnostic):
    """A data source, objective, kernel, optimiser, schedule, stopping rule or report is not one that qgl has."""

    kind: str
    written: str
    known: tuple[str, ...]
    nearest: str | None
    hint: str = ""

    code: ClassVar[str] = "QGL0701"
    wrong: ClassVar[str] = _GOOD.replace("nll(target)", "nnl(target)")
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return f"there is no {self.kind} named `{self.written}`"

    @property
    def label(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else f"not {article(self.kind)}"

    @property
    def help(self) -> str:
        return self.hint or f"there are: {', '.join(self.known)}"


@dataclass(frozen=True)
class BadArguments(Diagnostic):
    """A call lacks an argument, or has one too many, one twice, an unknown one, or two that exclude each other."""

    function: str
    fault: str
    usage: str
    nearest: str | None = None

    code: ClassVar[str] = "QGL0702"
    wrong: ClassVar[str] = _GOOD.replace("rate = 0.05", "speed = 0.05")
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return f"`{self.function}` {self.fault}"

    @property
    def label(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else ""

    @property
    def help(self) -> str:
        return f"it is called as `{self.usage}`"


@dataclass(frozen=True)
class BadArgument(Diagnostic):
    """An argument or a setting has a value of the wrong kind, or one outside of its range."""

    owner: str
    argument: str
    wanted: str
    found: str

    code: ClassVar[str] = "QGL0703"
    wrong: ClassVar[str] = _GOOD.replace("rate = 0.05", "rate = -0.05")
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return f"`{self.argument}` of `{self.owner}` must be {self.wanted}, not {self.found}"


@dataclass(frozen=True)
class NotAnObjective(Diagnostic):
    """An objective is a sum of named objectives with constant weights, such as `nll(d) + 0.1 * kl(d)`."""

    fault: str

    code: ClassVar[str] = "QGL0704"
    wrong: ClassVar[str] = _GOOD.replace("nll(target)", "nll(target) * kl(target)")
    right: ClassVar[str] = _GOOD.replace("nll(target)", "nll(target) + 0.5 * kl(target)")

    @property
    def message(self) -> str:
        return f"an objective is a weighted sum of named objectives; {self.fault}"

    @property
    def help(self) -> str:
        return "write for instance `nll(data) + 0.1 * kl(data)`"


@dataclass(frozen=True)
class UnknownSetting(Diagnostic):
    """`train` has a setting that there is none of."""

    written: str
    known: tuple[str, ...]
    nearest: str | None

    code: ClassVar[str] = "QGL0705"
    wrong: ClassVar[str] = _GOOD.replace("steps 100", "step 100")
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return f"`train` has no setting named `{self.written}`"

    @property
    def label(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else ""

    @property
    def help(self) -> str:
        return f"there are: {', '.join(self.known)}"


@dataclass(frozen=True)
class RepeatedSetting(Diagnostic):
    """A setting of `train` is given twice, so that it is not clear which one holds."""

    setting: str
    first: Span

    code: ClassVar[str] = "QGL0706"
    wrong: ClassVar[str] = _GOOD.replace("steps 100;", "steps 100; steps 200;")
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return f"the setting `{self.setting}` is given twice"

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note("it is first given here", self.first),)


@dataclass(frozen=True)
class NotAvailableYet(Diagnostic):
    """The language has a place for this, but this version of the compiler cannot do it."""

    what: str
    way_out: str

    code: ClassVar[str] = "QGL0707"
    wrong: ClassVar[str] = _GOOD.replace("steps 100;", "steps 100; strategy adversarial;")
    right: ClassVar[str] = _GOOD.replace("steps 100;", "steps 100; strategy gradient;")

    @property
    def message(self) -> str:
        return f"{self.what} is not available yet"

    @property
    def help(self) -> str:
        return self.way_out


@dataclass(frozen=True)
class ReportNeedsData(Diagnostic):
    """A report compares the model with a data set. Without an argument it takes the objective's, and there is none."""

    report: str
    missing: str

    code: ClassVar[str] = "QGL0708"
    wrong: ClassVar[str] = "visible v[2];\nmodel { ry(?) v; }\nreport kl;\n"
    right: ClassVar[str] = "data target = parity(2);\nvisible v[2];\nmodel { ry(?) v; }\nreport kl(target);\n"

    @property
    def message(self) -> str:
        return f"the report `{self.report}` needs {article(self.missing)}"

    @property
    def help(self) -> str:
        return f"give one in brackets, or an objective that has {article(self.missing)}"


@dataclass(frozen=True)
class TooWideForExact(Diagnostic):
    """The quantity needs the probability of every bit string, and there are too many of them."""

    what: str
    width: int
    limit: int
    way_out: str

    code: ClassVar[str] = "QGL0709"
    wrong: ClassVar[str] = (
        'data target = strings(["0000000000000000000000000000"]);\nvisible v[28];\n'
        "model { ry(?) v; }\nobjective mmd(target, hamming(sigma = 1));\n"
    )
    right: ClassVar[str] = (
        'data target = strings(["0000000000000000000000000000"]);\nvisible v[28];\n'
        "model { ry(?) v; }\nobjective nll(target);\n"
    )

    @property
    def message(self) -> str:
        return (
            f"{self.what} needs the probabilities of all 2^{self.width} strings of {self.width} visible bits; "
            f"it goes up to {self.limit} bits"
        )

    @property
    def help(self) -> str:
        return self.way_out


@dataclass(frozen=True)
class ConditionalModel(Diagnostic):
    """A program with `condition` inputs is a family of laws p(x | c), and this quantity is of one law."""

    what: str

    code: ClassVar[str] = "QGL0710"
    wrong: ClassVar[str] = "visible v[2];\ncondition c;\nmodel { ry(c) v; }\nreport entropy();\n"
    right: ClassVar[str] = "visible v[2];\nparam c;\nmodel { ry(c) v; }\nreport entropy();\n"

    @property
    def message(self) -> str:
        return f"`{self.what}` is of one law, but the program has condition inputs: a law for each of their values"

    @property
    def help(self) -> str:
        return "use `nll`, which takes conditions"


@dataclass(frozen=True)
class OverlappingRegions(Diagnostic):
    """The regions of a conditional mutual information have no qubit in common, and a region has no qubit twice."""

    position: int
    report: str

    code: ClassVar[str] = "QGL0711"
    wrong: ClassVar[str] = "visible v[3];\nmodel { ry(?) v; }\nreport cmi(v[0..1], v[1], v[2]);\n"
    right: ClassVar[str] = "visible v[3];\nmodel { ry(?) v; }\nreport cmi(v[0], v[1], v[2]);\n"

    @property
    def message(self) -> str:
        return f"visible qubit {self.position} stands twice in the regions of `{self.report}`"


@dataclass(frozen=True)
class NotACall(Diagnostic):
    """A data source, objective, kernel, optimiser, stopping rule or report is called by its name, with arguments."""

    kind: str
    written: str
    example: str

    code: ClassVar[str] = "QGL0712"
    wrong: ClassVar[str] = _GOOD.replace("optimizer adam(rate = 0.05)", "optimizer 0.05")
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return f"`{self.written}` is not {article(self.kind)}"

    @property
    def help(self) -> str:
        return f"write for instance `{self.example}`"


@dataclass(frozen=True)
class UnfitRegions(Diagnostic):
    """The visible register has no connected region of that many qubits, or more of them than can be compared.

    Regions are connected on the lattice of the visible register; without a lattice, they are windows of neighbours in
    order of declaration. On a grid their number grows quickly with their size.
    """

    size: int
    too_many: bool
    limit: int

    code: ClassVar[str] = "QGL0714"
    wrong: ClassVar[str] = _GOOD.replace("nll(target)", "marginals(target, size = 4)")
    right: ClassVar[str] = _GOOD.replace("nll(target)", "marginals(target, size = 2)")

    @property
    def message(self) -> str:
        if self.too_many:
            return f"there are more than {self.limit:,} connected regions of {self.size} visible qubits"
        return f"there is no connected region of {self.size} visible qubits"

    @property
    def help(self) -> str:
        return "choose a smaller `size`"


@dataclass(frozen=True)
class UnfitForBatch(Diagnostic):
    """`batch` draws rows of data at each step, and the objective cannot be estimated from a part of the rows.

    `nll` and `kl` are means over rows, so that some rows give an unbiased estimate. Other objectives compare the model
    with frequencies in all rows, which are counted once and cost nothing at a step. With conditions, the circuit runs
    once for each condition, whatever rows are drawn.
    """

    fault: str

    code: ClassVar[str] = "QGL0713"
    wrong: ClassVar[str] = _GOOD.replace("nll(target)", "mmd(target, hamming(sigma = 1))").replace(
        "steps 100;", "steps 100; batch 2;"
    )
    right: ClassVar[str] = _GOOD.replace("steps 100;", "steps 100; batch 2;")

    @property
    def message(self) -> str:
        return f"`batch` cannot draw rows for this objective: {self.fault}"

    @property
    def help(self) -> str:
        return "leave out `batch`"
