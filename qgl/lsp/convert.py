"""What `qgl.editor` says, in the words of the protocol."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from itertools import pairwise

from lsprotocol import types

from qgl.diagnostics.model import Diagnostic, Mend, Severity
from qgl.editor.analysis import Analysis
from qgl.editor.completion import Item
from qgl.editor.describe import Described
from qgl.editor.semantic import MODIFIERS, TYPES, Coloured
from qgl.editor.signature import Signature
from qgl.editor.structure import Outline
from qgl.lsp.documents import uri_of
from qgl.lsp.positions import Encoding
from qgl.source import Source, Span

_ITEMS = {
    "gate": types.CompletionItemKind.Function,
    "function": types.CompletionItemKind.Function,
    "layer": types.CompletionItemKind.Method,
    "channel": types.CompletionItemKind.Method,
    "Hamiltonian": types.CompletionItemKind.Method,
    "value": types.CompletionItemKind.Variable,
    "constant": types.CompletionItemKind.Constant,
    "lattice": types.CompletionItemKind.Struct,
    "data set": types.CompletionItemKind.Struct,
    "type": types.CompletionItemKind.Class,
    "keyword": types.CompletionItemKind.Keyword,
    "snippet": types.CompletionItemKind.Snippet,
    "argument": types.CompletionItemKind.Field,
    "setting": types.CompletionItemKind.Property,
    "choice": types.CompletionItemKind.EnumMember,
    "file": types.CompletionItemKind.File,
    "folder": types.CompletionItemKind.Folder,
}
_SYMBOLS = {
    "constant": types.SymbolKind.Constant,
    "layer": types.SymbolKind.Function,
    "channel": types.SymbolKind.Function,
    "hamiltonian": types.SymbolKind.Operator,
    "lattice": types.SymbolKind.Struct,
    "data": types.SymbolKind.Array,
    "output": types.SymbolKind.Property,
    "argument": types.SymbolKind.TypeParameter,
    "setting": types.SymbolKind.Property,
    "block": types.SymbolKind.Namespace,
}


def markdown(described: Described) -> types.MarkupContent:
    return types.MarkupContent(types.MarkupKind.Markdown, f"```qgl\n{described.code}\n```\n\n{described.text}".rstrip())


def diagnostics(analysis: Analysis, encoding: Encoding) -> list[types.Diagnostic]:
    """All faults and warnings. Those of imported files stand at the import, and say where they are."""
    return diagnostics_of(analysis.diagnostics, analysis, encoding)


def diagnostics_of(found: Sequence[Diagnostic], analysis: Analysis, encoding: Encoding) -> list[types.Diagnostic]:
    return [_diagnostic(each, analysis, encoding) for each in found]


def _diagnostic(each: Diagnostic, analysis: Analysis, encoding: Encoding) -> types.Diagnostic:
    span = each.span or Span(analysis.source, 0, 0)
    parts = [each.message, each.label, each.help and f"help: {each.help}"]
    related = list(_related(each, analysis, encoding))
    if span.source is not analysis.source:
        parts.insert(0, f"in {span}:")
        span = _import_of(span, analysis)
    severe = each.severity is Severity.ERROR
    return types.Diagnostic(
        range=encoding.range(span),
        message="\n".join(part for part in parts if part),
        severity=types.DiagnosticSeverity.Error if severe else types.DiagnosticSeverity.Warning,
        code=each.code,
        source="qgl",
        tags=[types.DiagnosticTag.Unnecessary] if each.name == "unused-name" else None,
        related_information=related or None,
    )


def _related(each: Diagnostic, analysis: Analysis, encoding: Encoding) -> Iterator[types.DiagnosticRelatedInformation]:
    places = [(note.text, note.span) for note in each.notes]
    if each.span is not None and each.span.source is not analysis.source:
        places.insert(0, (each.message, each.span))
    for text, span in places:
        location = location_of(span, analysis, encoding) if span is not None else None
        if location is not None:
            yield types.DiagnosticRelatedInformation(location, text)


def _import_of(span: Span, analysis: Analysis) -> Span:
    """Where a file is imported that a place is in, or that imports it in turn."""
    known = analysis.inspected.known
    modules = {id(module.file.source): module for module in known.modules} if known else {}
    for path, source in analysis.module.imports if analysis.module else ():
        waiting, seen = [source], set()
        while waiting:
            each = waiting.pop()
            if each is span.source:
                return path
            if id(each) in modules and id(each) not in seen:
                seen.add(id(each))
                waiting += [inner for _, inner in modules[id(each)].imports]
    return Span(analysis.source, 0, 0)


def location_of(span: Span, analysis: Analysis, encoding: Encoding) -> types.Location | None:
    place = analysis.location(span)
    return None if place is None else types.Location(uri_of(place.path), encoding.range(span))


def completion(item: Item, position: types.Range) -> types.CompletionItem:
    """An item that takes the place of what was typed of its word."""
    snippet = types.InsertTextFormat.Snippet if item.snippet else types.InsertTextFormat.PlainText
    return types.CompletionItem(
        label=item.label,
        kind=_ITEMS.get(item.kind, types.CompletionItemKind.Variable),
        detail=item.detail[:120] or None,
        documentation=markdown(item.described) if item.described else None,
        sort_text=f"{item.rank}{item.label}",
        filter_text=item.label,
        insert_text_format=snippet,
        text_edit=types.TextEdit(position, item.insert),
    )


def signature(found: Signature) -> types.SignatureHelp:
    arguments = [types.ParameterInformation(label=name, documentation=doc or None) for name, doc in found.arguments]
    about = types.SignatureInformation(found.text, documentation=found.doc, parameters=arguments)
    return types.SignatureHelp([about], 0, found.active if found.active is not None else len(arguments))


def symbol(entry: Outline, encoding: Encoding) -> types.DocumentSymbol:
    extent = encoding.range(entry.place.to(entry.extent) if entry.place.start < entry.extent.start else entry.extent)
    return types.DocumentSymbol(
        name=entry.name,
        kind=symbol_kind(entry.kind),
        range=extent,
        selection_range=encoding.range(entry.place),
        detail=entry.detail or None,
        children=[symbol(each, encoding) for each in entry.inner] or None,
    )


def symbol_kind(kind: str) -> types.SymbolKind:
    return _SYMBOLS.get(kind, types.SymbolKind.Variable)


def semantic(found: Sequence[Coloured], encoding: Encoding) -> list[int]:
    """Five numbers for each word: lines and columns since the one before, length, type, modifiers."""
    numbers: list[int] = []
    line = column = 0
    for each in found:
        at = encoding.position(each.span.source, each.span.start)
        start = at.character - column if at.line == line else at.character
        modifiers = sum(1 << MODIFIERS.index(name) for name in each.modifiers)
        numbers += [at.line - line, start, encoding.units(each.span.text), TYPES.index(each.type), modifiers]
        line, column = at.line, at.character
    return numbers


def edit(mend: Mend, encoding: Encoding) -> types.TextEdit:
    return types.TextEdit(encoding.range(mend.span), mend.text)


def line_edits(source: Source, new: str, encoding: Encoding, lines: range | None = None) -> list[types.TextEdit]:
    """The lines that differ from those of another text, as edits; of changes that lie within some lines, if given."""
    before, after = _lines(source), _lines(Source("", new))
    starts = [*source.line_starts, len(source.text)]
    edits = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal" and (lines is None or (lines.start <= i and j <= lines.stop)):
            place = Span(source, starts[i], starts[j])
            edits.append(types.TextEdit(encoding.range(place), "".join(after[k:m])))
    return edits


def _lines(source: Source) -> list[str]:
    return [source.text[a:b] for a, b in pairwise((*source.line_starts, len(source.text)))]
