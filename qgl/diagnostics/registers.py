"""What can be wrong with registers, qubits, bits and what happens to them (QGL04xx)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic, Note, Severity
from qgl.source import Span

_MODEL = "model { h v; }\n"
_GOOD = f"visible v[2];\n{_MODEL}"


def listed(names: tuple[str, ...], limit: int = 8) -> str:
    """`a, b and 3 more`."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


@dataclass(frozen=True)
class NoVisible(Diagnostic):
    """A program has no visible register, so that nothing would be generated."""

    code: ClassVar[str] = "QGL0401"
    wrong: ClassVar[str] = "hidden v[2];\nmodel { h v; }\n"
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return "the program has no visible register"

    @property
    def help(self) -> str:
        return "declare one, such as `visible v[4];`"


@dataclass(frozen=True)
class NoModel(Diagnostic):
    """A program has no `model { ... }`."""

    code: ClassVar[str] = "QGL0402"
    wrong: ClassVar[str] = "visible v[2];\n"
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return "the program has no model"

    @property
    def help(self) -> str:
        return "write `model { ... }` with the gates in it"


@dataclass(frozen=True)
class RepeatedBlock(Diagnostic):
    """A program has one `model`, at most one `objective`, one `train` block and one `report`."""

    keyword: str
    first: Span

    code: ClassVar[str] = "QGL0403"
    wrong: ClassVar[str] = f"{_GOOD}model {{ x v; }}\n"
    right: ClassVar[str] = "visible v[2];\nmodel { h v; x v; }\n"

    @property
    def message(self) -> str:
        return f"a second `{self.keyword}`"

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note("the first one is here", self.first),)

    @property
    def help(self) -> str:
        return "join the two"


@dataclass(frozen=True)
class QubitTwice(Diagnostic):
    """One gate, layer or channel is given the same qubit more than once. Its operands must be different qubits."""

    gate: str
    qubit: str

    code: ClassVar[str] = "QGL0404"
    wrong: ClassVar[str] = "visible v[2];\nmodel { h v; cx v[0], v[0]; }\n"
    right: ClassVar[str] = "visible v[2];\nmodel { h v; cx v[0], v[1]; }\n"

    @property
    def message(self) -> str:
        return f"`{self.gate}` is given the qubit {self.qubit} twice"

    @property
    def label(self) -> str:
        return f"{self.qubit} again"


@dataclass(frozen=True)
class HiddenReadOut(Diagnostic):
    """A hidden qubit is never read: it belongs neither to the data nor to a report of bits.

    `entropy(..., kind = quantum)` and `hamming_distance` look at the state, and may name hidden qubits.
    """

    qubit: str
    declared: Span | None

    code: ClassVar[str] = "QGL0405"
    wrong: ClassVar[str] = "visible v[3];\nhidden m;\nmodel { h v; h m; }\nreport cmi(v[0], m, v[1]);\n"
    right: ClassVar[str] = "visible v[3];\nhidden m;\nmodel { h v; h m; }\nreport cmi(v[0], v[2], v[1]);\n"

    @property
    def message(self) -> str:
        return f"{self.qubit} is not visible and cannot be read out"

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note("declared here", self.declared),) if self.declared else ()

    @property
    def help(self) -> str:
        return "declare its register `visible`, or read another one"


@dataclass(frozen=True)
class VisibleUntouched(Diagnostic):
    """No gate ever touches a visible qubit, so that its bit keeps the law of the initial state."""

    qubits: tuple[str, ...]
    kind: str = "visible"

    code: ClassVar[str] = "QGL0406"
    severity: ClassVar[Severity] = Severity.WARNING
    wrong: ClassVar[str] = "visible v[2];\nmodel { h v[0]; }\n"
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return f"no gate touches the visible {'qubit' if len(self.qubits) == 1 else 'qubits'} {listed(self.qubits)}"


@dataclass(frozen=True)
class NotUnitary(Diagnostic):
    """A `layer` is unitary; so is whatever `inverse` or `ctrl` stands before.

    Measurements, `fresh` qubits, resets, conditions on bits and channels belong into a `channel` or the model.
    """

    what: str
    where: str

    code: ClassVar[str] = "QGL0407"
    wrong: ClassVar[str] = "visible v;\nlayer f(q: qubit) { measure q; }\nmodel { f v; }\n"
    right: ClassVar[str] = "visible v;\nchannel f(q: qubit) { measure q; }\nmodel { f v; }\n"

    @property
    def message(self) -> str:
        return f"{self.what} is not unitary and cannot stand {self.where}"

    @property
    def help(self) -> str:
        return "declare a `channel` instead of a `layer`" if "layer" in self.where else ""


@dataclass(frozen=True)
class SiteWithoutQubit(Diagnostic):
    """A site stands for the qubit on it, so there must be exactly one."""

    site: str
    found: tuple[str, ...]

    code: ClassVar[str] = "QGL0408"
    wrong: ClassVar[str] = "lattice c = line(3);\nvisible v on c[0..1];\nmodel { h v; for a in c { h a; } }\n"
    right: ClassVar[str] = "lattice c = line(3);\nvisible v on c;\nmodel { h v; for a in c { h a; } }\n"

    @property
    def message(self) -> str:
        if not self.found:
            return f"there is no qubit on {self.site}"
        return f"there are {len(self.found)} qubits on {self.site}: {listed(self.found)}"

    @property
    def help(self) -> str:
        return "" if not self.found else "name the register, such as `v[a]`"


@dataclass(frozen=True)
class RepeatedSite(Diagnostic):
    """A register names the same site twice."""

    site: str

    code: ClassVar[str] = "QGL0409"
    wrong: ClassVar[str] = "lattice c = line(3);\nvisible v on c[0, 1, 1];\nmodel { h v; }\n"
    right: ClassVar[str] = "lattice c = line(3);\nvisible v on c[0, 1, 2];\nmodel { h v; }\n"

    @property
    def message(self) -> str:
        return f"the register is put on {self.site} twice"


@dataclass(frozen=True)
class UnequalRegisters(Diagnostic):
    """A gate of several qubits runs along registers of equal size, element by element; anything else is a loop."""

    gate: str
    sizes: tuple[int, ...]

    code: ClassVar[str] = "QGL0410"
    wrong: ClassVar[str] = "visible v[3];\nmodel { h v; cx v[0], v[1..2]; }\n"
    right: ClassVar[str] = "visible v[3];\nmodel { h v; for q in v[1..2] { cx v[0], q; } }\n"

    @property
    def message(self) -> str:
        return f"the operands of `{self.gate}` have different sizes: {', '.join(map(str, self.sizes))}"

    @property
    def help(self) -> str:
        return "give registers of the same size, single qubits only, or write a loop"


@dataclass(frozen=True)
class WrongRegisterSize(Diagnostic):
    """A register or a list of qubits needs a size of one or more; an argument `q: qubit[3]` takes exactly three."""

    text: str

    code: ClassVar[str] = "QGL0411"
    wrong: ClassVar[str] = "const n = 0;\nvisible v[n];\nmodel { h v; }\n"
    right: ClassVar[str] = "const n = 1;\nvisible v[n];\nmodel { h v; }\n"

    @property
    def message(self) -> str:
        return self.text


@dataclass(frozen=True)
class WrongInitial(Diagnostic):
    """An initial state is `zero`, `one`, `plus`, `minus`, `neel`, a string of bits, or `angles([...])`."""

    text: str
    nearest: str | None = None

    code: ClassVar[str] = "QGL0412"
    wrong: ClassVar[str] = 'visible v[3] = "01";\nmodel { h v; }\n'
    right: ClassVar[str] = 'visible v[3] = "010";\nmodel { h v; }\n'

    @property
    def message(self) -> str:
        return self.text

    @property
    def help(self) -> str:
        if self.nearest:
            return f"did you mean `{self.nearest}`?"
        return 'initial states are `zero`, `one`, `plus`, `minus`, `neel`, a string such as "0101", and `angles([...])`'


@dataclass(frozen=True)
class NotAQubit(Diagnostic):
    """The operands of a gate are qubits: an element of a register, a whole register, a list of qubits, a site."""

    found: str
    hint: str = ""

    code: ClassVar[str] = "QGL0413"
    wrong: ClassVar[str] = "const k = 0;\nvisible v[2];\nmodel { h v; h k; }\n"
    right: ClassVar[str] = "const k = 0;\nvisible v[2];\nmodel { h v; h v[k]; }\n"

    @property
    def message(self) -> str:
        return f"a qubit belongs here, not {self.found}"

    @property
    def help(self) -> str:
        return self.hint


@dataclass(frozen=True)
class NotACondition(Diagnostic):
    """`if` asks for measured bits, joined by `and`, `or`, `not` and `==`, or for something known before the run."""

    found: str

    code: ClassVar[str] = "QGL0414"
    wrong: ClassVar[str] = "visible v;\nparam a : angle;\nmodel { rx(a) v; if a > 0 { x v; } }\n"
    right: ClassVar[str] = "visible v;\nparam a : angle;\nmodel { rx(a) v; measure v -> m; if m { x v; } }\n"

    @property
    def message(self) -> str:
        return f"a condition is made of measured bits or constants, not of {self.found}"
