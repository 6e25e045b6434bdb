"""QGL01xx: text that is not a program."""

from __future__ import annotations

import re

from qgl.diagnostics.habits import INSTEAD, hint
from qgl.diagnostics.model import Diagnostic, Mend, Note, noted, says
from qgl.source import Span

_END = "the end of the file"


class UnexpectedToken(Diagnostic):
    """The text departs from the grammar here, and no single missing or wrong mark would explain it.

    The message says what was found and, where few things could stand in its place, what was expected.
    """

    found: str
    expected: tuple[str, ...] = ()

    code = "QGL0101"
    wrong = "visible v[2];\nmodel { for q of v { h q; } }\n"
    right = "visible v[2];\nmodel { for q in v { h q; } }\n"

    @property
    def message(self) -> str:
        return f"{self.found} cannot stand here" if self.found != _END else "the file ends before this is complete"

    @property
    def label(self) -> str:
        return f"expected {_either(self.expected)}" if self.expected else ""

    @property
    def help(self) -> str:
        before = self.span.source.text[: self.span.start] if self.found == "`=`" and self.span else ""
        if re.search(r"\bparam\s[^;{}]*\Z", before):
            return "a `param` is trained and has no value: where it starts is `~ normal(0, 0.1)`; a value is a `const`"
        return hint(self.found.strip("`"))

    @property
    def mends(self) -> tuple[Mend, ...]:
        word = INSTEAD.get(self.found.strip("`"))
        return (Mend(self.span, word),) if word and self.span else ()


class MissingToken(Diagnostic):
    """A mark is missing. Statements and declarations end with `;`, unless they end with a block in braces;
    arguments and items of lists are separated by `,`."""

    token: str
    found: str

    code = "QGL0102"
    wrong = "visible v[2]\nmodel { h v; }\n"
    right = "visible v[2];\nmodel { h v; }\n"

    message = says("expected `{token}` before {found}")
    label = says("add `{token}` here")

    @property
    def mends(self) -> tuple[Mend, ...]:
        return (Mend(self.span, self.token),) if self.span else ()


class UnclosedBracket(Diagnostic):
    """A bracket is opened and never closed. Where brackets are nested, the innermost unclosed one is shown."""

    bracket: str
    note: Note | None = None

    code = "QGL0103"
    wrong = "visible v[2];\nmodel { for q in v { h q; }\nreport entropy();\n"
    right = "visible v[2];\nmodel { for q in v { h q; } }\nreport entropy();\n"

    message = says("this `{bracket}` is never closed")

    @property
    def help(self) -> str:
        rest = self.span.source.text[self.span.end :] if self.span else ""
        commented = re.match(r"[^\r\n\"]*?//\s*[\w.]+\s*[)\]]", rest)
        return "`//` starts a comment; the quotient of whole numbers is `div(a, b)`" if commented else ""

    @property
    def notes(self) -> tuple[Note, ...]:
        return () if self.note is None else (self.note,)


class UnopenedBracket(Diagnostic):
    """A closing bracket has no opening one. Often a bracket too many was typed, or the opening one was deleted."""

    bracket: str

    code = "QGL0104"
    wrong = "visible v[2];\nmodel { h v; } }\n"
    right = "visible v[2];\nmodel { h v; }\n"

    message = says("this `{bracket}` closes nothing")

    @property
    def mends(self) -> tuple[Mend, ...]:
        return (Mend(self.span, ""),) if self.span else ()


class MismatchedBracket(Diagnostic):
    """A bracket is closed by one of another kind: `(` needs `)`, `[` needs `]`, `{` needs `}`."""

    bracket: str
    opener: Span

    code = "QGL0105"
    wrong = "visible v[2];\nmodel { h v[0); }\n"
    right = "visible v[2];\nmodel { h v[0]; }\n"

    @property
    def message(self) -> str:
        return f"`{self.bracket}` does not close `{self.opener.text}`"

    notes = noted("opened here", "opener")

    @property
    def mends(self) -> tuple[Mend, ...]:
        closer = {"(": ")", "[": "]", "{": "}"}.get(self.opener.text)
        return (Mend(self.span, closer),) if closer and self.span else ()


class WrongOperator(Diagnostic):
    """`=` gives a value to a name or an argument, `==` compares. One stands where the other is meant."""

    written: str
    meant: str

    code = "QGL0109"
    wrong = "const n = 2;\nvisible v[n];\nmodel { if n = 2 { h v; } }\n"
    right = "const n = 2;\nvisible v[n];\nmodel { if n == 2 { h v; } }\n"

    message = says("`{written}` does not belong here; use `{meant}`")

    @property
    def mends(self) -> tuple[Mend, ...]:
        return (Mend(self.span, self.meant),) if self.span else ()

    label = says("write `{meant}`")


class KeywordAsName(Diagnostic):
    """A word of the language cannot be the name of something in a program."""

    identifier: str

    code = "QGL0110"
    wrong = "visible data[2];\nmodel { }\n"
    right = "visible v[2];\nmodel { h v; }\n"

    message = says("`{identifier}` is a word of the language and cannot be a name")
    help = says("choose another name, such as `{identifier}_` or `my_{identifier}`")


class UnfitForModifier(Diagnostic):
    """`ctrl` and `inverse` stand before gates and layers; evolutions, measurements and other statements take neither.

    The inverse of an evolution is the evolution for the negative time. An evolution under H that is controlled by the
    qubit c is one under (1 - Z[c]) / 2 times H.
    """

    modifier: str
    identifier: str

    code = "QGL0125"
    wrong = "visible v[3];\nhamiltonian xx = X[v[1]] * X[v[2]];\nmodel { h v; ctrl evolve xx for 0.3; }\n"
    right = (
        "visible v[3];\nhamiltonian xx = X[v[1]] * X[v[2]] - Z[v[0]] * X[v[1]] * X[v[2]];\n"
        "model { h v; evolve xx for 0.15; }\n"
    )

    message = says("`{modifier}` stands before gates and layers, not before `{identifier}`")

    @property
    def help(self) -> str:
        if self.identifier != "evolve":
            return f"leave `{self.modifier}` out; `if m {{ ... }}` does something where the measured bit `m` is 1"
        if self.modifier == "inverse":
            return "the inverse of `evolve h for t` is `evolve h for -t`"
        return "an evolution controlled by `c` is one under `(1 - Z[c]) / 2` times its Hamiltonian"


class BracketsTooDeep(Diagnostic):
    """Brackets may be nested to a fixed depth, so that no file can exhaust the memory of the compiler."""

    limit: int

    code = "QGL0114"
    wrong = f"const n = {'(' * 65}1{')' * 65};\nvisible v[1];\nmodel {{ h v; }}\n"
    right = "const n = (1);\nvisible v[1];\nmodel { h v; }\n"

    message = says("brackets are nested more than {limit} deep")
    help = "give inner parts a name with `let`, `const` or `layer`"


class ExpressionTooDeep(Diagnostic):
    """An expression or a chain of `else if` has more levels than the compiler follows. Each operator of a sum that is
    written out counts as one level."""

    limit: int

    code = "QGL0115"
    wrong = f"const n = {'1 + ' * 201}1;\nvisible v[1];\nmodel {{ h v; }}\n"
    right = "const n = 202;\nvisible v[1];\nmodel { h v; }\n"

    message = says("this is more than {limit} levels deep")
    help = "use `sum(...)`, or give parts of it names"


class PositionalAfterKeyword(Diagnostic):
    """Arguments by position come first, those by name after them."""

    code = "QGL0117"
    wrong = "visible v[2];\nmodel { h v; }\ntrain { optimizer adam(b1 = 0.9, 0.1); }\n"
    right = "visible v[2];\nmodel { h v; }\n"

    message = "an argument by position follows one by name"
    help = "move it to the front, or give it its name"


class KeywordOfGate(Diagnostic):
    """Gates, layers and channels take their angles by position, in the order of their declaration."""

    gate: str

    code = "QGL0118"
    wrong = "visible v[1];\nmodel { rx(angle = 0.5) v; }\n"
    right = "visible v[1];\nmodel { rx(0.5) v; }\n"

    message = says("`{gate}` takes its arguments by position, not by name")

    @property
    def mends(self) -> tuple[Mend, ...]:
        if self.span is None:
            return ()
        source, start = self.span.source, self.span.start
        named = re.compile(r"\w+\s*=\s*").match(source.text, start)
        return (Mend(Span(source, start, named.end()), ""),) if named else ()


class UnknownBound(Diagnostic):
    """A `local` declaration bounds `within`, `depth`, `cone(k)` or `channel`."""

    bound: str

    code = "QGL0119"
    wrong = "visible v[4];\nlocal v width <= 1;\nmodel { h v; }\n"
    right = "visible v[4];\nlocal v depth <= 1;\nmodel { h v; }\n"

    message = says("there is no bound `{bound}`")
    help = "write `within d`, `depth <= d`, `cone(k) <= w` or `channel <= s`"


class UnknownEnding(Diagnostic):
    """A measurement ends with the name of its bit, or with `keep`, or with both: `measure q -> m keep;`.

    With `keep` the outcome labels the state that comes with it, as one element of an ensemble; with `keep drawn` one
    outcome is drawn, where nothing that is trained stands before it, in place of both. The declaration of a
    `latent` input may end with `anew`: `draws 64 anew` are drawn anew at each step of training.
    """

    word: str
    of: str  # "measure" | "draws"

    code = "QGL0123"
    wrong = "visible v[2];\nmodel { h v; measure v[0] -> m kept; }\n"
    right = "visible v[2];\nmodel { h v; measure v[0] -> m keep; }\n"

    message = says("`{word}` does not end what begins with `{of}`")

    @property
    def help(self) -> str:
        if self.of == "draws":
            return "write `draws 64;` or `draws 64 anew;`"
        return "write `measure q -> m;`, `measure q keep;`, `measure q -> m keep;` or `measure q keep drawn;`"


class BoundArgument(Diagnostic):
    """`cone(k)` bounds the light cone of regions of k sites and needs k; the other bounds take no argument."""

    bound: str

    code = "QGL0120"
    wrong = "visible v[4];\nlocal v cone <= 2;\nmodel { h v; }\n"
    right = "visible v[4];\nlocal v cone(1) <= 2;\nmodel { h v; }\n"

    @property
    def message(self) -> str:
        if self.bound == "cone":
            return "`cone` needs the number of sites of a region"
        return f"`{self.bound}` takes no argument"

    @property
    def help(self) -> str:
        return "write `cone(2) <= w`" if self.bound == "cone" else f"write `{self.bound} <= d`"


class CannotFormat(Diagnostic):
    """The canonical form of a file is read again before it is written. If it does not mean the same, with the same
    comments, the file stays as it is. This is a fault of `qglc fmt`, not of the program; please report it."""

    code = "QGL0121"
    message = "this cannot be put into the canonical form without changing it; the file stays as it is"
    help = "this is a fault of qglc: please report it; a comment on a line of its own is always kept"


def _either(wording: tuple[str, ...]) -> str:
    return wording[0] if len(wording) == 1 else f"{', '.join(wording[:-1])} or {wording[-1]}"
