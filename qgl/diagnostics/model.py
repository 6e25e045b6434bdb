"""What a diagnostic is. Each kind of fault is one small frozen class with typed fields.

A class carries a stable code and a name, the sentence that says what is wrong (`message`), the words under the
carets (`label`), further places (`notes`), and a way out (`help`). Its docstring is the explanation that
`qglc code` prints, beside `wrong` and `right`: a program that fails with this code and the same program mended. Where
the way out is one change of the text, `mends` has it, for editors to make.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, ClassVar

from qgl.record import Record, record
from qgl.source import Span

REGISTRY: dict[str, type[Diagnostic]] = {}


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@record
class Note:
    """A further place that explains a diagnostic, such as the declaration that it speaks of."""

    text: str
    span: Span | None = None


@record
class Mend:
    """A change that puts a fault right: `text` in the place of what stands at `span`, which may be empty."""

    span: Span
    text: str

    @property
    def title(self) -> str:
        """What an editor calls it."""
        if not self.text:
            return f"delete `{self.span.text}`"
        return f"write `{self.text}`" if self.span.text else f"add `{self.text}`"


class Template:
    """A text about a fault, `{name}` standing for its field `name`, with a format if need be: `{rows:,}`."""

    def __init__(self, template: str) -> None:
        self.template = template

    def __get__(self, fault: Diagnostic | None, kind: type[Diagnostic]) -> str:
        return self.template if fault is None else self.template.format_map(vars(fault))


def plural(count: int, thing: str) -> str:
    """`1 bit`, `2 bits`."""
    return f"{count} {thing}{'s' * (count != 1)}"


def says(template: str) -> Any:
    """What a kind of fault says, from the values of its fields; a test holds the names in it to them."""
    return Template(template)


class PlaceOf:
    """The note of a fault at the place that its field `place` has; none where it has no place."""

    def __init__(self, template: str, place: str) -> None:
        self.template, self.place = template, place

    def __get__(self, fault: Diagnostic | None, kind: type[Diagnostic]) -> tuple[Note, ...]:
        span = None if fault is None else getattr(fault, self.place)
        return () if span is None else (Note(self.template.format_map(vars(fault)), span),)


def noted(template: str, place: str) -> Any:
    """What a kind of fault notes of a further place, which is one of its fields; see `says`."""
    return PlaceOf(template, place)


class Diagnostic(Record):
    """Base of all faults and warnings. `span` is None only where no program text is at fault (a full disk)."""

    span: Span | None

    code: ClassVar[str] = ""
    severity: ClassVar[Severity] = Severity.ERROR
    wrong: ClassVar[str] = ""
    right: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not cls.code:
            return
        if cls.code in REGISTRY:
            raise TypeError(f"{cls.code} is taken by {REGISTRY[cls.code].__name__}")
        REGISTRY[cls.code] = cls

    @property
    def name(self) -> str:
        """The name of the kind of fault, in words joined by hyphens: `unknown-name`."""
        return kind_name(type(self))

    @property
    def message(self) -> str:
        raise NotImplementedError(type(self).__name__)

    @property
    def label(self) -> str:
        return ""

    @property
    def notes(self) -> tuple[Note, ...]:
        return ()

    @property
    def help(self) -> str:
        return ""

    @property
    def mends(self) -> tuple[Mend, ...]:
        """Changes that put it right, the likeliest first: by itself the `nearest` name, where that is what is asked."""
        near = getattr(self, "nearest", None)
        if near is None or self.span is None or not self.span.text.isidentifier():
            return ()
        return (Mend(self.span, near),)


def kind_name(kind: type[Diagnostic]) -> str:
    """The name of a class of diagnostics in words joined by hyphens."""
    wording = "".join(f"-{c.lower()}" if c.isupper() else c for c in kind.__name__)
    return wording.removeprefix("-")


class QglError(Exception):
    """Raised when a stage cannot go on; holds every diagnostic found so far, in source order."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"[{d.code}] {d.message}" for d in self.diagnostics))
