"""Laying out text: what fits on a line stays on it, what does not is broken at the outermost places.

After P. Wadler, "A prettier printer" (2003), in the strict form of C. Lindig, "Strictly pretty" (2000).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

WIDTH = 100
STEP = 4


@dataclass(frozen=True)
class Line:
    """A line end; in a group that fits on the line, `flat` instead. A `hard` one is always a line end."""

    flat: str = " "
    hard: bool = False
    blank: bool = False  # an empty line before the next one


@dataclass(frozen=True)
class Group:
    """Parts whose lines are broken all or none, and indented by a step if `indented`.

    A line end in it that must be breaks them all.
    """

    parts: tuple[Document, ...]
    indented: bool = False
    sealed: bool = True  # decides on its own; an open one does as the group around it
    forced: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "forced", any(is_forced(part) for part in self.parts))


Document = str | Line | Group

LINE, SOFT, HARD, BLANK = Line(), Line(""), Line(hard=True), Line(hard=True, blank=True)


def group(*parts: Document) -> Group:
    return Group(parts)


def indent(*parts: Document) -> Group:
    return Group(parts, indented=True, sealed=False)


def is_forced(document: Document) -> bool:
    if isinstance(document, str):
        return "\n" in document or _ends_its_line(document)
    return document.hard if isinstance(document, Line) else document.forced


def _ends_its_line(text: str) -> bool:
    """A comment to the end of the line: nothing may stand behind it, wherever it was put."""
    return text.startswith("//")


def join(separator: Sequence[Document], items: Iterable[Document]) -> tuple[Document, ...]:
    parts: list[Document] = []
    for item in items:
        if parts:
            parts += separator
        parts.append(item)
    return tuple(parts)


def lay_out(document: Document, width: int = WIDTH) -> str:
    """The text of a document. No line of it ends with a space, and what follows a `//` comment is on the next one.

    Only what asks for a blank line gets one: of several line ends in a row the last one counts.
    """
    out: list[str] = []
    column, ended, begun = 0, False, False  # whether a comment ended the line, whether it has more than its margin
    todo: list[tuple[int, bool, Document]] = [(0, False, document)]
    while todo:
        margin, flat, part = todo.pop()
        if isinstance(part, Group):
            inner = margin + STEP if part.indented else margin
            if part.sealed and not flat:
                flat = not part.forced and _fits(part, todo, width - column)
            todo += [(inner, flat, piece) for piece in reversed(part.parts)]
            continue
        text = part if isinstance(part, str) else part.flat
        broken = ended if isinstance(part, str) else ended or part.hard or not flat
        if broken:
            blank = isinstance(part, Line) and part.blank
            out.append("\n" * (begun + blank))
            column, ended, begun = margin, False, False
        if isinstance(part, Line) and broken:
            continue
        text = text if begun else text.lstrip()
        if text:
            out += ["" if begun else " " * column, text]
            column = column + len(text) if "\n" not in text else len(text) - text.rindex("\n") - 1
            ended, begun = _ends_its_line(text), True
    return "\n".join(line.rstrip() for line in "".join(out).split("\n"))


def _fits(part: Document, after: list[tuple[int, bool, Document]], room: int) -> bool:
    """Whether a part, laid flat, and what follows it up to the next line end take at most `room` columns."""
    todo: list[tuple[bool, Document]] = [(True, part)]
    rest = len(after)
    while room >= 0:
        if not todo:
            if rest == 0:
                return True
            rest -= 1
            _, flat, following = after[rest]
            todo.append((flat, following))
        flat, piece = todo.pop()
        if isinstance(piece, str):
            if is_forced(piece):
                return len(piece.split("\n", 1)[0]) <= room
            room -= len(piece)
        elif isinstance(piece, Group):
            todo += [(flat, inner) for inner in reversed(piece.parts)]
        elif flat and not piece.hard:
            room -= len(piece.flat)
        else:
            return True
    return False
