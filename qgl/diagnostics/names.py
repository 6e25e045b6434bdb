"""What can be wrong with names, imports and constants given from outside (QGL02xx)."""

from __future__ import annotations

from qgl.diagnostics.habits import INSTEAD, hint
from qgl.diagnostics.model import Diagnostic, Mend, Severity, noted, says
from qgl.source import Span

_MODEL = "model { h v; }\n"
_GOOD = f"visible v[2];\n{_MODEL}"

_WIDTH = """\
const n = 2;
visible v[n];
layer turn(q: qubit[n]) { rx(?) q; }
model { turn v; }
"""


def a(wording: str) -> str:
    """`wording` with its article."""
    return f"{'an' if wording[:1] in 'aeio' else 'a'} {wording}"


class UnknownName(Diagnostic):
    """A name is used that nothing declares. Names are seen in the whole file, names of a block in that block only."""

    identifier: str
    wanted: str
    nearest: str | None = None
    declared: Span | None = None
    hint: str = ""

    code = "QGL0201"
    wrong = "visible pixel[2];\nmodel { h pixle; }\n"
    right = "visible pixel[2];\nmodel { h pixel; }\n"

    message = says("there is no {wanted} named `{identifier}`")

    @property
    def label(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else "not declared"

    notes = noted("`{nearest}` is declared here", "declared")

    @property
    def help(self) -> str:
        return self.hint or hint(self.identifier)

    @property
    def mends(self) -> tuple[Mend, ...]:
        if self.identifier in INSTEAD and self.span is not None:
            return (Mend(self.span, INSTEAD[self.identifier]),)
        return super().mends


class UnknownGate(UnknownName):
    """What stands first in a statement is a gate, a layer or a channel; this name is none of them."""

    code = "QGL0202"
    wrong = "visible v[2];\nmodel { hadamard v; }\n"
    right = _GOOD


class UnknownFunction(UnknownName):
    """A function is called that the language does not have."""

    code = "QGL0203"
    wrong = "visible v[2];\nmodel { rx(sine(0.5)) v; }\n"
    right = "visible v[2];\nmodel { rx(sin(0.5)) v; }\n"


class DuplicateName(Diagnostic):
    """One name is declared twice in the same file or block, or twice among the arguments of a layer."""

    identifier: str
    first: Span | None
    wording: str = ""

    code = "QGL0204"
    wrong = f"const v = 1;\n{_GOOD}"
    right = f"const n = 1;\nvisible v[n];\n{_MODEL}"

    @property
    def message(self) -> str:
        return f"`{self.identifier}` is {self.wording or 'declared already'}"

    label = "declared again"
    notes = noted("first declared here", "first")

    help = "choose another name"


class ReservedName(Diagnostic):
    """A few names have a fixed meaning.

    `i` is the imaginary unit, `X`, `Y` and `Z` are Pauli matrices, `pi` is the number.
    """

    identifier: str
    meaning: str

    code = "QGL0205"
    wrong = "visible v[2];\nmodel { for i in 0..1 { h v[i]; } }\n"
    right = "visible v[2];\nmodel { for k in 0..1 { h v[k]; } }\n"

    message = says("`{identifier}` is {meaning} and cannot be declared")

    @property
    def help(self) -> str:
        return "choose another name, such as `k`" if self.identifier == "i" else "choose another name"


class UsedAfterBlock(Diagnostic):
    """A name of a block ends with the block.

    A `fresh` qubit is discarded at the closing brace. A measured bit is known to the end of its block only: after it,
    the measurement may not have happened.
    """

    identifier: str
    kind: str
    declared: Span

    code = "QGL0206"
    wrong = "visible v;\nmodel { repeat 2 { fresh e; cx v, e; } h e; }\n"
    right = "visible v;\nmodel { repeat 2 { fresh e; cx v, e; h e; } }\n"

    @property
    def message(self) -> str:
        why = {
            "qubit": "was discarded where its block ended",
            "bit": "may be unset here: its block has ended",
        }.get(self.kind, "is known only inside its block")
        return f"`{self.identifier}` {why}"

    label = "used after its block"
    notes = noted("it belongs to the block of this line", "declared")

    help = "move the use into the block, or the declaration out of it"


class WrongKind(Diagnostic):
    """A name is declared, but as something that does not fit where it is used."""

    identifier: str
    found: str
    wanted: str
    declared: Span | None = None
    nearest: str | None = None

    code = "QGL0207"
    wrong = "visible v[2];\nconst n = 3;\nmodel { n v; }\n"
    right = "visible v[2];\nlayer n(q: qubit) { h q; }\nmodel { n v; }\n"

    @property
    def message(self) -> str:
        return f"`{self.identifier}` is {a(self.found)}, not {a(self.wanted)}"

    @property
    def label(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else f"{a(self.wanted)} belongs here"

    notes = noted("`{identifier}` is declared here", "declared")

    @property
    def help(self) -> str:
        if self.wanted == "function" and self.found.endswith("register"):
            return f"an element of a register stands in square brackets: `{self.identifier}[0]`"
        return ""


class DefinitionCycle(Diagnostic):
    """A value is defined through itself."""

    names: tuple[str, ...]

    code = "QGL0208"
    wrong = f"const n = m + 1, m = n - 1;\n{_GOOD}"
    right = "const n = m + 1, m = 1;\nvisible v[n];\nmodel { h v; }\n"

    @property
    def message(self) -> str:
        return f"`{self.names[0]}` is defined through itself: {' -> '.join(self.names)}"


class RecursiveRoutine(Diagnostic):
    """A layer or channel uses itself, directly or through others. A circuit is finite, so it must not."""

    names: tuple[str, ...]

    code = "QGL0209"
    wrong = "visible v;\nlayer f(q: qubit) { h q; f q; }\nmodel { f v; }\n"
    right = "visible v;\nlayer f(q: qubit) { h q; }\nmodel { repeat 2 { f v; } }\n"

    @property
    def message(self) -> str:
        return f"`{self.names[0]}` calls itself: {' -> '.join(self.names)}"

    help = "repeat a layer with `repeat n { ... }`"


class ImportCycle(Diagnostic):
    """A file imports itself, directly or through others."""

    files: tuple[str, ...]

    code = "QGL0210"

    @property
    def message(self) -> str:
        return f"this import comes back to its own file: {' -> '.join(self.files)}"

    help = "move what both files need into a third one"


class UnusedName(Diagnostic):
    """Something is declared and never used. Often it was meant to be, and another name stands in its place."""

    identifier: str
    kind: str

    code = "QGL0211"
    severity = Severity.WARNING
    wrong = f"const depth = 3;\n{_GOOD}"
    right = "const depth = 3;\nvisible v[2];\nmodel { repeat depth { h v; } }\n"

    message = says("the {kind} `{identifier}` is never used")
    help = "use it or remove it"


class MistypedWidth(Diagnostic):
    """A new name in `qubit[k]` is a width that each call says. This one stands nowhere else and is nearly the name of a
    constant: where the constant was meant, registers of any width would be taken without a word.
    """

    identifier: str
    constant: str

    code = "QGL0215"
    severity = Severity.WARNING
    wrong = _WIDTH.replace("qubit[n]", "qubit[nn]")
    right = _WIDTH

    message = says("`{identifier}` is a width that each call says")
    label = says("did you mean the constant `{constant}`?")
    help = says("write `{constant}`, or a name less like it if any width will do")


class UnknownOverride(Diagnostic):
    """A constant is set from outside (`--set depth=8`) that the program does not declare."""

    identifier: str
    nearest: str | None
    known: tuple[str, ...]

    code = "QGL0212"
    message = says("there is no constant `{identifier}` to set")

    @property
    def help(self) -> str:
        if self.nearest:
            return f"did you mean `{self.nearest}`?"
        return f"the constants are {', '.join(self.known)}" if self.known else "the program declares no constants"


class WrongOverride(Diagnostic):
    """A constant is set from outside to a value of another type than the declared one."""

    identifier: str
    wanted: str
    found: str

    code = "QGL0213"
    message = says("the constant `{identifier}` is {wanted} and cannot be set to {found}")


class DeepImports(Diagnostic):
    """Files import files that import files, further than anybody means."""

    limit: int

    code = "QGL0214"
    message = says("imports are nested more than {limit} deep")
