"""Text that is not made of words of the language: characters, comments, strings, numbers (among QGL01xx)."""

from __future__ import annotations

import unicodedata

from qgl.diagnostics.model import Diagnostic, Mend, says
from qgl.source import Span


class UnclosedString(Diagnostic):
    """A string starts with `"` and must end with `"` on the same line."""

    code = "QGL0106"
    wrong = 'visible v[2] = "01;\nmodel { h v; }\n'
    right = 'visible v[2] = "01";\nmodel { h v; }\n'

    message = "this string has no closing quotation mark"

    @property
    def mends(self) -> tuple[Mend, ...]:
        return (Mend(Span(self.span.source, self.span.end, self.span.end), '"'),) if self.span else ()


class UnclosedComment(Diagnostic):
    """A comment that starts with `/*` runs to the next `*/`; there is none, so the rest of the file is comment."""

    code = "QGL0107"
    wrong = "visible v[2];\nmodel { h v; }\n/* to be continued\n"
    right = "visible v[2];\nmodel { h v; }\n/* to be continued */\n"

    message = "this comment is never closed"
    help = "end it with `*/`"

    @property
    def mends(self) -> tuple[Mend, ...]:
        return (Mend(Span(self.span.source, self.span.end, self.span.end), "*/"),) if self.span else ()


_INSTEAD = {
    "#": "comments start with `//`",
    "'": 'strings stand in double quotes: "..."',
    "&": "conditions are joined by `and`",
    "|": "conditions are joined by `or`",
    "!": "negation is written `not`",
    "^": "powers are written `**`",
    "@": "there is no operator `@`; a gate is inverted by `inverse` and controlled by `ctrl`",
    "\u2212": "write the minus sign as `-`",
    "\u2013": "write the minus sign as `-`",
    "\u2014": "write the minus sign as `-`",
    "\u00d7": "write `*`",
    "\u00b7": "write `*`",
    "\u2264": "write `<=`",
    "\u2265": "write `>=`",
    "\u2260": "write `!=`",
    "\u2026": "write a range as `a..b`",
    "\u2192": "write the arrow as `->`",
    "\u201c": 'use straight quotation marks: "..."',
    "\u201d": 'use straight quotation marks: "..."',
    "\u221a": "write `sqrt(x)`",
    "\u00a0": "it looks like a space but is none; type it again",
}


_REPLACED = {  # by what alone, of those
    "#": "//",
    "'": '"',
    "&": "and",
    "|": "or",
    "!": "not ",
    "^": "**",
    **dict.fromkeys("\u2212\u2013\u2014", "-"),
    **dict.fromkeys("\u00d7\u00b7", "*"),
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2260": "!=",
    "\u2026": "..",
    "\u2192": "->",
    **dict.fromkeys("\u201c\u201d", '"'),
    "\u00a0": " ",
}


class UnknownCharacter(Diagnostic):
    """A character that no word or mark of the language contains. Text copied from a page or a paper often brings
    look-alikes of quotation marks, minus signs and spaces."""

    character: str

    code = "QGL0108"
    wrong = "# two flips\nvisible v[2];\nmodel { h v; }\n"
    right = "// two flips\nvisible v[2];\nmodel { h v; }\n"

    @property
    def message(self) -> str:
        name = unicodedata.name(self.character[0], "").lower()
        if self.character.isprintable() and self.character.isascii():
            return f"`{self.character}` means nothing here"
        shown = f"`{self.character}` (" if self.character.isprintable() and not self.character.isspace() else "("
        return f"unknown character {shown}U+{ord(self.character[0]):04X}{' ' + name if name else ''})"

    @property
    def help(self) -> str:
        return _INSTEAD.get(self.character[0], "")

    @property
    def mends(self) -> tuple[Mend, ...]:
        text = _REPLACED.get(self.character[0])
        if text is None or self.span is None:
            return ()
        source, end = self.span.source, self.span.start + 1
        while self.character[0] in "&|" and source.text[end : end + 1] == self.character[0]:
            end += 1
        return (Mend(Span(source, self.span.start, end), text),)


class ForeignPhrase(Diagnostic):
    """This is how it is written in Qiskit, Python, OpenQASM or a paper. The help says what it is called here; the rest
    of the program is checked as if it stood there already."""

    phrase: str
    hint: str
    replacement: str | None = None

    code = "QGL0122"
    wrong = "visible v[2];\nmodel { v.h(); rx(np.pi) v; }\n"
    right = "visible v[2];\nmodel { h v; rx(pi) v; }\n"

    message = says("`{phrase}` is written otherwise here")
    help = says("{hint}")

    @property
    def mends(self) -> tuple[Mend, ...]:
        return () if self.replacement is None or self.span is None else (Mend(self.span, self.replacement),)


class MalformedNumber(Diagnostic):
    """Numbers are written `12`, `1_000`, `0.5`, `2.5e-3`: digits on both sides of the point, no letters but
    an exponent. An integer has at most 18 digits, a decimal number fits in a double."""

    text: str

    code = "QGL0112"
    wrong = "visible v[2];\nmodel { rx(.5) v; }\n"
    right = "visible v[2];\nmodel { rx(0.5) v; }\n"

    @property
    def message(self) -> str:
        shown = self.text if len(self.text) <= 40 else self.text[:37] + "..."
        return f"`{shown}` is not a number"

    @property
    def help(self) -> str:
        text = self.text
        digits = text.replace("_", "")
        if text.startswith(".") and text[1:].isdigit():
            return f"write `0{text}`"
        if text.endswith(".") and text[:-1].isdigit():
            return f"write `{text}0`, or `{text[:-1]}` for the integer"
        if digits.isdigit() and len(digits) > 18:
            return "an integer has at most 18 digits"
        letters = text.lstrip("0123456789_.")
        if letters and letters[0] not in "eE" and letters.isidentifier():
            return f"write the product as `{text[: -len(letters)]} * {letters}`; names do not start with a digit"
        return "numbers are written as `12`, `1_000`, `0.5` or `2.5e-3`"

    @property
    def mends(self) -> tuple[Mend, ...]:
        text = self.text
        if text.startswith(".") and text[1:].isdigit():
            text = f"0{text}"
        elif text.endswith(".") and text[:-1].isdigit():
            text = f"{text}0"
        return (Mend(self.span, text),) if text != self.text and self.span else ()


class UnknownEscape(Diagnostic):
    r"""In a string, a backslash stands only before `"` or another backslash."""

    text: str

    code = "QGL0113"
    wrong = 'const path = "a\\b.csv";\nvisible v[2];\nmodel { h v; }\n'
    right = 'const path = "a/b.csv";\nvisible v[2];\nmodel { h v; }\n'

    message = says("`{text}` means nothing in a string")
    help = "separate the folders of a path by `/`"


class ProgramTooLong(Diagnostic):
    """A program has a limited length. Numbers by the thousand belong into a data file, repeated parts into a loop."""

    found: str
    limit: int

    code = "QGL0116"
    message = says("the file has {found}; the limit is {limit:,}")
    help = "put data into a CSV or NPZ file, and parts that are used twice into layers"
