"""Answers about a text that is being written, as plain data for a page: faults, colours, words that fit, what one is.

Places are offsets of the text in UTF-16 units. One check runs at a time; one that the same page has overtaken is given
up. What is known of a text serves until the text is another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from qgl.check.limits import StaleError
from qgl.diagnostics.model import Diagnostic, Mend, QglError, Severity
from qgl.editor import completion, hints, references, semantic
from qgl.editor.analysis import Analysis, Location
from qgl.editor.context import context_at
from qgl.editor.describe import Described
from qgl.editor.hover import hover
from qgl.editor.project import Project
from qgl.editor.signature import signature
from qgl.play.folder import OpenedFolder
from qgl.play.positions import Units
from qgl.source import Source, Span
from qgl.syntax.formatter import format_file
from qgl.syntax.parser import parse

MOST_KNOWN = 16  # texts of which something is kept
MOST_ITEMS = 300
Answer = dict[str, Any]


class Desk:
    """What is known of the programs of a folder."""

    def __init__(self, folder: OpenedFolder) -> None:
        self._folder = folder
        self._project = Project()
        self._known: dict[str, Analysis] = {}
        self._checks: dict[str, int] = {}  # of each page, the last one that was asked for
        self._lock = threading.Lock()

    # ------------------------------------------------------------ what is known of a text

    def analysis(self, name: str, text: str, stale: Callable[[], bool] | None = None) -> Analysis:
        """What is known of a text that is saved under a name, or will be.

        Raises:
            QglError: the name leads out of the folder.
            StaleError: `stale` said that nobody waits for the answer.
        """
        path = self._folder.path(name)
        with self._lock:
            known = self._known.get(name)
            if known is not None and known.source.text == text:
                return known
            if stale is not None and stale():
                raise StaleError
            known = self._project.analyse(path, text, stale)
            self._known.pop(name, None)
            self._known[name] = known
            while len(self._known) > MOST_KNOWN:
                del self._known[next(iter(self._known))]
            return known

    def waits(self, page: str) -> Callable[[], bool]:
        """Counts a check of a page; the function says whether the page has asked for another since."""
        number = self._checks[page] = self._checks.pop(page, 0) + 1
        while len(self._checks) > MOST_KNOWN:
            del self._checks[next(iter(self._checks))]
        return lambda: self._checks.get(page) != number

    # ------------------------------------------------------------ the whole of a text

    def check(self, name: str, text: str, page: str) -> Answer:
        """Its faults, the colours of its words, and hints."""
        known = self.analysis(name, text, self.waits(page))
        units = Units(known.source.text)
        program = known.inspected.program
        return {
            "faults": [_fault(each, known, units) for each in known.diagnostics],
            "tokens": [
                [units.units(each.span.start), units.units(each.span.end), each.type, *each.modifiers]
                for each in semantic.coloured(known)
            ],
            "hints": [
                {"at": units.units(each.place.end), "text": each.text, "about": each.tooltip}
                for each in hints.hints(known)
            ],
            "program": program is not None,
            "trains": program is not None and bool(program.objective),
        }

    def format(self, text: str) -> Answer:
        """The canonical form of a text; None of one that cannot be read."""
        parsed = parse(Source("", text))
        if parsed.diagnostics:
            return {"text": None}
        try:
            return {"text": format_file(parsed.file)}
        except QglError:
            return {"text": None}

    # ------------------------------------------------------------ a place of a text

    def complete(self, name: str, text: str, at: int) -> Answer:
        """What fits at a place, and where the word begins that it takes the place of."""
        units, source = Units(text), Source(name, text)
        offset = min(units.offset(at), len(text))
        known = self._known.get(name) or self.analysis(name, text)
        typed = context_at(source, offset).typed
        items = completion.complete(source, offset, known)
        return {
            "from": units.units(offset - len(typed.rpartition("/")[2])),
            "items": [
                {
                    "label": item.label,
                    "kind": item.kind,
                    "insert": item.insert,
                    "snippet": item.snippet,
                    "rank": item.rank,
                    "detail": item.detail[:120],
                    "about": _described(item.described),
                }
                for item in items[:MOST_ITEMS]
            ],
        }

    def hover(self, name: str, text: str, at: int) -> Answer:
        """What the word at a place is, and where it is declared."""
        known, units = self.analysis(name, text), Units(text)
        offset = min(units.offset(at), len(text))
        answer = hover(known, offset)
        if answer is None:
            return {}
        place = references.definition(known, offset)
        here = place is not None and place.source is known.source
        return {
            "from": units.units(answer.about.start),
            "to": units.units(answer.about.end),
            "about": _described(answer.described),
            "declared": units.units(place.start) if here and place is not None else None,
        }

    def rename(self, name: str, text: str, at: int, to: str | None) -> Answer:
        """Where the name at a place stands, for its being another; `to` None: which name that is, if any.

        The page changes the text that it shows and no other file: a name that other programs have part in is refused.
        """
        known, units = self.analysis(name, text), Units(text)
        named = known.name_at(min(units.offset(at), len(text)))
        declared = None if named is None else known.location(named[1])
        if named is None or declared is None:
            return {}
        if to is None:
            return {"name": named[0].text}
        if declared.path != known.path.resolve():
            return {"refused": f"it is declared in {declared.path.name}: open that file"}
        try:
            places = references.renamed([known], declared, to)
        except references.CannotRenameError as refused:
            return {"refused": str(refused)}
        elsewhere = self._users(declared)
        if elsewhere:
            return {"refused": f"{', '.join(elsewhere)} uses it too, and would not be changed"}
        return {
            "changes": [{"from": units.units(each.start), "to": units.units(each.end), "insert": to} for each in places]
        }

    def _users(self, declared: Location) -> list[str]:
        """Other programs of the folder that use what a file declares."""
        with self._lock:
            self._project.set_roots([str(self._folder.root)])
            importers = list(self._project.importers(declared.path))
        return [
            each.path.name
            for each in importers
            if any(place.path == each.path.resolve() for place in references.uses(each, declared))
        ]

    def signature(self, name: str, text: str, at: int) -> Answer:
        """How the call around a place is written."""
        units = Units(text)
        known = self._known.get(name) or self.analysis(name, text)
        shown = signature(Source(name, text), min(units.offset(at), len(text)), known)
        if shown is None:
            return {}
        arguments = [{"text": piece, "about": about} for piece, about in shown.arguments]
        return {"text": shown.text, "about": shown.doc, "arguments": arguments, "active": shown.active}


def _described(described: Described | None) -> Answer | None:
    return None if described is None else {"code": described.code, "text": described.text}


def _fault(each: Diagnostic, known: Analysis, units: Units) -> Answer:
    span = each.span
    here = span is not None and span.source is known.source
    start, end = (span.start, span.end) if here and span is not None else (0, 0)
    line = known.source.line_of(start)
    return {
        "from": units.units(start),
        "to": units.units(end),
        "line": line + 1 if here else None,
        "where": None if here or span is None else str(span),
        "severity": "error" if each.severity is Severity.ERROR else "warning",
        "code": each.code,
        "message": each.message,
        "label": each.label,
        "help": each.help,
        "notes": [note.text for note in each.notes],
        "mends": [_mend(mend, units) for mend in _mends(each, known.source)],
    }


def _mends(each: Diagnostic, source: Source) -> Iterator[Mend]:
    return (mend for mend in each.mends if mend.span.source is source)


def _mend(mend: Mend, units: Units) -> Answer:
    span: Span = mend.span
    return {"title": mend.title, "from": units.units(span.start), "to": units.units(span.end), "insert": mend.text}
