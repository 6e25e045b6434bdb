"""What each word of a file is, for highlighting by meaning: names as what they stand for, words as what they are."""

from __future__ import annotations

from qgl.check.names.callees import COUNTS
from qgl.check.names.index import LocalName
from qgl.check.names.modules import Symbol
from qgl.editor.analysis import Analysis
from qgl.editor.vocabulary.table import vocabulary
from qgl.record import record
from qgl.source import Span
from qgl.syntax.grammar import Token, tokens_of
from qgl.syntax.keywords import is_keyword

TYPES = (
    *("namespace", "type", "parameter", "variable", "property", "function", "macro", "keyword", "comment", "string"),
    *("number", "operator", "enumMember"),
)
MODIFIERS = ("declaration", "readonly", "defaultLibrary")
_OF_SYMBOL = {
    "constant": ("variable", ("readonly",)),
    "layer": ("function", ()),
    "channel": ("function", ()),
    "Hamiltonian": ("function", ()),
    "data set": ("variable", ("readonly",)),
    "lattice": ("type", ()),
    "output": ("property", ()),
}
_PLAIN = {"NUMBER": "number", "STRING": "string", "OPEN_STRING": "string"}


@record
class Coloured:
    """A stretch of one line, what it is, and in which way."""

    span: Span
    type: str
    modifiers: tuple[str, ...] = ()


def coloured(analysis: Analysis) -> list[Coloured]:
    """All words, numbers, strings and comments of a file, in order."""
    source = analysis.source
    named = {span.start: (span, place) for span, place in analysis.names()}
    pieces: list[Coloured] = []
    tokens = tokens_of(source.text)
    for k, token in enumerate(tokens):
        span = Span(source, token.start_pos or 0, token.end_pos or 0)
        if token.type.endswith("COMMENT"):
            pieces += [Coloured(line, "comment") for line in _lines(span)]
        elif token.type in _PLAIN:
            pieces.append(Coloured(span, _PLAIN[token.type]))
        elif span.start in named and named[span.start][0].end == span.end:
            pieces.append(_of_name(analysis, *named[span.start]))
        elif token.type == "NAME":
            identifier = _of_identifier(str(token), tokens[k + 1] if k + 1 < len(tokens) else None)
            pieces += [Coloured(span, *identifier)] if identifier else []
        elif is_keyword(token):
            pieces.append(Coloured(span, "keyword"))
    return pieces


def _of_name(analysis: Analysis, span: Span, place: Span) -> Coloured:
    declared = (span.start, span.source) == (place.start, place.source)
    symbol = analysis.declared(place)
    type_ = "variable"
    modifiers: tuple[str, ...] = ()
    if isinstance(symbol, LocalName):
        type_ = "parameter" if symbol.type else "variable"
    elif isinstance(symbol, Symbol):
        type_, modifiers = _OF_SYMBOL.get(symbol.kind, ("variable", ()))
    return Coloured(span, type_, (*(("declaration",) if declared else ()), *modifiers))


def _of_identifier(identifier: str, following: Token | None) -> tuple[str, tuple[str, ...]] | None:
    """A word of the language; None for a name that stands for nothing."""
    known, library = vocabulary(), ("defaultLibrary",)
    if following is not None and following.type == "ASSIGN":
        return "property", ()
    if identifier in known.types:
        return "type", library
    if identifier in known.functions or (identifier in COUNTS and identifier not in known.constants):
        return "function", library
    if identifier in known.settings:
        return "property", library
    return ("enumMember", library) if identifier in known.constants else None


def _lines(span: Span) -> list[Span]:
    """The pieces of a stretch on each of its lines."""
    source, pieces, start = span.source, [], span.start
    for line in range(source.line_of(span.start), source.line_of(span.end) + 1):
        end = min(span.end, source.line_starts[line] + len(source.line_text(line)))
        if end > start:
            pieces.append(Span(source, start, end))
        if line + 1 < len(source.line_starts):
            start = source.line_starts[line + 1]
    return pieces
