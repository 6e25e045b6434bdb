"""Source text and places in it.

Offsets count characters (code points), never bytes, so that a theta in a comment does not shift a caret.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from qgl.record import record

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, eq=False)
class Source:
    """One file of program text. Two sources are equal only if they are the same object."""

    name: str
    text: str

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offsets at which lines start; lines end at LF, CRLF or a lone CR."""
        return (0, *(match.end() for match in _LINE_END.finditer(self.text)))

    def line_of(self, offset: int) -> int:
        """Zero-based line that holds `offset`; an offset past the end is on the last line."""
        return bisect_right(self.line_starts, offset) - 1

    def line_text(self, line: int) -> str:
        """Text of a zero-based line without its line end."""
        start = self.line_starts[line]
        end = self.line_starts[line + 1] if line + 1 < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


@record
class Span:
    """Characters `start` up to, not including, `end` of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        """One-based line of the first character."""
        return self.source.line_of(self.start) + 1

    @property
    def column(self) -> int:
        """One-based column, in characters, of the first character."""
        return self.start - self.source.line_starts[self.line - 1] + 1

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other`."""
        return Span(self.source, self.start, max(self.end, other.end))

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"
