"""Diagnostics as people and editors read them: text with the place underlined, and JSON.

Columns on the screen are not characters: tabs run to the next multiple of four, wide characters take two cells,
combining ones none. Characters that steer a terminal are shown, never sent (`qgl.diagnostics.terminal`).
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from typing import Any, TextIO

from qgl.diagnostics.model import Diagnostic, Severity
from qgl.diagnostics.terminal import console, json_text, one_line, visible
from qgl.source import Source, Span

Line = list[tuple[str, str]]  # pieces of text with the name of a style

MOST = 50
TAB = 4
WINDOW = 140  # cells of a line of the program that are shown
FAR = 4 * WINDOW  # characters before and after a place that are looked at
_STYLES = {
    "error": "bold red",
    "warning": "bold yellow",
    "note": "bold cyan",
    "frame": "blue",
    "strong": "bold",
    "": "",
}


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By file in order of appearance, then by place; those without a place come last."""
    ordered = list(diagnostics)
    files: dict[Source, int] = {}
    for diagnostic in ordered:
        if diagnostic.span is not None:
            files.setdefault(diagnostic.span.source, len(files))
    return sorted(ordered, key=lambda d: (len(files), 0) if d.span is None else (files[d.span.source], d.span.start))


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`, or an empty text."""
    every = list(diagnostics)
    counts = [(sum(d.severity is severity for d in every), severity.value) for severity in Severity]
    return ", ".join(f"{count} {noun}{'s' * (count > 1)}" for count, noun in counts if count)


def to_text(diagnostics: Iterable[Diagnostic], most: int = MOST) -> str:
    """All diagnostics as plain text, ending with a line that counts them; empty if there are none."""
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in _lines(diagnostics, most))


def show(diagnostics: Iterable[Diagnostic], stream: TextIO | None = None, most: int = MOST) -> None:
    """Write diagnostics to a stream (standard error if None), in colour if it is a terminal that wants colour."""
    stream = stream or sys.stderr
    every = list(diagnostics)
    if not every:
        return
    if not stream.isatty():
        stream.write(to_text(every, most))
        return
    from rich.text import Text

    shown = console(file=stream, highlight=False, soft_wrap=True)
    for line in _lines(every, most):
        shown.print(Text.assemble(*((text, _STYLES[style]) for text, style in line)))


def to_json(diagnostics: Iterable[Diagnostic]) -> str:
    """A list of objects. Lines and columns count from 1, offsets from 0, all in characters; `end` is exclusive."""
    objects = [
        {
            "code": diagnostic.code,
            "name": diagnostic.name,
            "severity": diagnostic.severity.value,
            "message": diagnostic.message,
            "label": diagnostic.label,
            "help": diagnostic.help,
            **_place(diagnostic.span),
            "notes": [{"message": note.text, **_place(note.span)} for note in diagnostic.notes],
            "mends": [{"title": mend.title, "text": mend.text, **_place(mend.span)} for mend in diagnostic.mends],
        }
        for diagnostic in in_order(diagnostics)
    ]
    return json_text(objects)


def _place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {"file": None, "range": None}
    ends = {}
    for key, offset in (("start", span.start), ("end", span.end)):
        line = span.source.line_of(offset)
        ends[key] = {"line": line + 1, "column": offset - span.source.line_starts[line] + 1, "offset": offset}
    return {"file": span.source.name, "range": ends}


# ---------------------------------------------------------------- text


def _lines(diagnostics: Iterable[Diagnostic], most: int) -> list[Line]:
    ordered = in_order(diagnostics)
    if not ordered:
        return []
    lines: list[Line] = []
    for diagnostic in ordered[:most]:
        lines += [*_one(diagnostic), []]
    if len(ordered) > most:
        lines.append([(f"and {len(ordered) - most} more", "strong")])
    codes = sorted({d.code for d in ordered})
    explain = f"`qglc code {codes[0]}` explains" if len(codes) == 1 else "`qglc code CODE` explains"
    lines.append([(f"{summary(ordered)}; {explain}", "strong")])
    return lines


def _one(diagnostic: Diagnostic) -> list[Line]:
    style = diagnostic.severity.value
    head, *more = visible(diagnostic.message).split("\n")
    lines: list[Line] = [[(f"{style}[{diagnostic.code}]", style), (f": {head}", "strong")], *([(m, "")] for m in more)]
    spans = [s for s in (diagnostic.span, *(note.span for note in diagnostic.notes)) if s is not None]
    margin = max((len(str(span.source.line_of(span.end) + 1)) for span in spans), default=1)
    if diagnostic.span is not None:
        lines += _excerpt(diagnostic.span, visible(diagnostic.label), style, "^", margin)
    for note in diagnostic.notes:
        lines.append([(" " * margin, ""), (" = ", "frame"), ("note", "note"), (f": {visible(note.text)}", "")])
        if note.span is not None:
            lines += _excerpt(note.span, "", "note", "-", margin)
    if diagnostic.help:
        first, *rest = visible(diagnostic.help).split("\n")
        lines.append([(" " * margin, ""), (" = ", "frame"), ("help", "note"), (f": {first}", "")])
        lines += [[(" " * (margin + 9) + line, "")] for line in rest]
    return lines


def _excerpt(span: Span, label: str, style: str, mark: str, margin: int) -> list[Line]:
    """The lines of a span with the characters of it underlined; the middle of a long span is left out."""
    source = span.source
    first, last = source.line_of(span.start), source.line_of(max(span.start, span.end - 1))
    lines: list[Line] = [
        [(" " * margin + "--> ", "frame"), (one_line(str(span)), "")],
        [(" " * margin + " |", "frame")],
    ]
    for number in (first,) if first == last else (first, last):
        text = source.line_text(number)
        start = span.start - source.line_starts[number] if number == first else len(text) - len(text.lstrip())
        end = span.end - source.line_starts[number] if number == last else len(text)
        shown, left, right = _underlined(text, start, max(end, start))
        lines.append([(f"{number + 1:>{margin}} | ", "frame"), (shown, "")])
        wording = f" {label}" if label and number == last else ""
        lines.append([(" " * margin + " | ", "frame"), (" " * left + mark * (right - left) + wording, style)])
        if number == first != last and last - first > 1:
            lines.append([("." * margin + " |", "frame")])
    return lines


def _underlined(text: str, start: int, end: int) -> tuple[str, int, int]:
    """A line as shown, and the cells from and up to which it is underlined; a long line is cut to what is near."""
    near, far = max(0, start - FAR), start + FAR  # characters that are looked at: no others can be shown
    left_out, right_out = near > 0, far < len(text)
    text, start, end = text[near:far], start - near, end - near
    cells, shown = [0], []
    for character in text:
        piece = " " * (TAB - cells[-1] % TAB) if character == "\t" else visible(character)
        shown.append(piece)
        cells.append(cells[-1] + sum(_width(c) for c in piece))
    left = cells[min(start, len(text))] + max(0, start - len(text))
    right = max(cells[min(end, len(text))], left + 1)
    if cells[-1] <= WINDOW and not left_out and not right_out:
        return "".join(shown), left, right
    begin = next(k for k in range(len(cells)) if cells[k] >= max(0, left - WINDOW // 3))
    stop = next((k for k in range(begin, len(cells)) if cells[k] - cells[begin] > WINDOW), len(text))
    before = "… " if begin or left_out else ""
    after = " …" if stop < len(text) or right_out else ""
    shift = len(before) - cells[begin]
    line = before + "".join(shown[begin:stop]) + after
    return line, left + shift, min(right, max(cells[stop], left + 1)) + shift


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
