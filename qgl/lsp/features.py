"""The answers to requests about one place or one file. Each is asked of a document that was checked."""

from __future__ import annotations

import asyncio
from pathlib import Path

from lsprotocol import types

from qgl.diagnostics.model import QglError
from qgl.editor import actions, completion, hints, references, semantic, signature, structure
from qgl.editor.analysis import Analysis, Location
from qgl.editor.context import context_at
from qgl.editor.describe import Described
from qgl.editor.hover import Hover
from qgl.editor.hover import hover as hover_at
from qgl.lsp import convert
from qgl.lsp.documents import Document, Documents, uri_of
from qgl.source import Source, Span
from qgl.syntax import tree
from qgl.syntax.formatter import format_file
from qgl.syntax.parser import parse

HOVERED = 2.0  # seconds that one waits for the planner
MOST_SYMBOLS = 500


class Features:
    """`snippets`: whether the editor has none of its own."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.snippets = True

    # ------------------------------------------------------------ a place

    def hover(self, document: Document, offset: int) -> tuple[Hover, types.Hover] | None:
        answer = hover_at(_known(document), offset)
        if answer is None:
            return None
        encoding = self.documents.encoding
        return answer, types.Hover(convert.markdown(answer.described), encoding.range(answer.about))

    async def with_plan(self, document: Document, found: Hover) -> types.Hover:
        """The same with what the planner makes of the objective, if it is quick; else that it is at work."""
        analysis = _known(document)
        text = ""
        if analysis.inspected.program is not None:
            if document.plan is None or document.plan[0] is not analysis:
                document.plan = analysis, asyncio.ensure_future(self._plan(analysis))
            try:
                text = await asyncio.wait_for(asyncio.shield(document.plan[1]), HOVERED)
            except TimeoutError:
                text = "*the planner is at work; look again in a moment*"
        described = Described(found.described.code, f"{found.described.text}\n\n{text}".rstrip())
        return types.Hover(convert.markdown(described), self.documents.encoding.range(found.about))

    async def _plan(self, analysis: Analysis) -> str:
        def work() -> str:
            from qgl.editor.planning import objective_text

            program = analysis.inspected.program
            return objective_text(program) if program is not None else ""

        return await self.documents.plan(work)

    def complete(self, document: Document, offset: int) -> types.CompletionList:
        source, analysis = document.source, _known(document)
        typed = context_at(source, offset).typed
        where = self.documents.encoding.range(Span(source, offset - len(typed.rpartition("/")[2]), offset))
        items = completion.complete(source, offset, analysis, self.snippets)
        return types.CompletionList(False, [convert.completion(item, where) for item in items])

    def signature(self, document: Document, offset: int) -> types.SignatureHelp | None:
        shown = signature.signature(document.source, offset, _known(document))
        return None if shown is None else convert.signature(shown)

    # ------------------------------------------------------------ names

    def definition(self, document: Document, offset: int) -> types.Location | None:
        analysis = _known(document)
        span = references.definition(analysis, offset)
        return None if span is None else convert.location_of(span, analysis, self.documents.encoding)

    def highlights(self, document: Document, offset: int) -> list[types.DocumentHighlight]:
        analysis = _known(document)
        declared = _declared(analysis, offset)
        places = references.uses(analysis, declared) if declared else []
        here = [each for each in places if each.path == document.path.resolve()]
        return [types.DocumentHighlight(self._range(document.source, each)) for each in here]

    def references(self, document: Document, offset: int, declaration: bool) -> list[types.Location]:
        """All uses in all programs; may take a while."""
        declared = _declared(_known(document), offset)
        if declared is None:
            return []
        places = references.in_all(self._all(document, declared), declared)
        wanted = [each for each in places if declaration or each != declared]
        return [types.Location(uri_of(each.path), where) for each, where in self._ranges(wanted)]

    def renameable(self, document: Document, offset: int) -> types.Range | None:
        named = _known(document).name_at(offset)
        return None if named is None else self.documents.encoding.range(named[0])

    def rename(self, document: Document, offset: int, name: str) -> types.WorkspaceEdit | None:
        """The changes in all programs; may take a while. None where nothing can be renamed, or what is known is not of
        the present text.

        Raises:
            CannotRenameError: the new name will not do.
        """
        if not document.is_current:
            return None
        declared = _declared(_known(document), offset)
        if declared is None:
            return None
        changes: dict[str, list[types.TextEdit]] = {}
        for place, where in self._ranges(references.renamed(self._all(document, declared), declared, name)):
            changes.setdefault(self._uri(place.path), []).append(types.TextEdit(where, name))
        return types.WorkspaceEdit(changes=changes)

    def _all(self, document: Document, declared: Location) -> list[Analysis]:
        """What is known of the file, of that which declares a name, and of all that import it."""
        project, analyses = self.documents.project, [_known(document)]
        if declared.path != document.path.resolve():
            text = project.text(declared.path)
            analyses += [project.analyse(declared.path, text)] if text is not None else []
        known = {analysis.path.resolve() for analysis in analyses}
        return [*analyses, *(each for each in project.importers(declared.path) if each.path.resolve() not in known)]

    def _uri(self, path: Path) -> str:
        """The address of a file as the editor calls it, if it is open."""
        return next((uri for uri, each in self.documents.open.items() if each.path.resolve() == path), uri_of(path))

    def _ranges(self, places: list[Location]) -> list[tuple[Location, types.Range]]:
        sources: dict[Path, Source] = {}
        for each in places:
            if each.path not in sources:
                sources[each.path] = Source(str(each.path), self.documents.project.text(each.path) or "")
        return [(each, self._range(sources[each.path], each)) for each in places]

    def _range(self, source: Source, place: Location) -> types.Range:
        return self.documents.encoding.range(Span(source, place.start, place.end))

    # ------------------------------------------------------------ a file

    def symbols(self, document: Document) -> list[types.DocumentSymbol]:
        return [convert.symbol(each, self.documents.encoding) for each in structure.outline(_known(document).file)]

    def workspace_symbols(self, query: str) -> list[types.WorkspaceSymbol]:
        """Declarations of all programs whose names have the letters of the query, in order."""
        symbols: list[types.WorkspaceSymbol] = []
        for path in self.documents.project.programs():
            text = self.documents.project.text(path)
            if text is None or len(symbols) >= MOST_SYMBOLS:
                continue
            for entry in structure.outline(parse(Source(str(path), text)).file):
                if entry.kind not in ("block", "broken") and _has_letters(entry.name, query):
                    where = types.Location(self._uri(path), self.documents.encoding.range(entry.place))
                    symbols.append(types.WorkspaceSymbol(where, entry.name, convert.symbol_kind(entry.kind)))
        return symbols

    def folds(self, document: Document) -> list[types.FoldingRange]:
        return [
            types.FoldingRange(each.first, each.last, kind=types.FoldingRangeKind(each.kind))
            for each in structure.folds(_known(document))
        ]

    def semantic_tokens(self, document: Document) -> types.SemanticTokens:
        return types.SemanticTokens(convert.semantic(semantic.coloured(_known(document)), self.documents.encoding))

    def hints(self, document: Document, where: types.Range) -> list[types.InlayHint]:
        encoding, shown = self.documents.encoding, []
        for each in hints.hints(_known(document)):
            at = encoding.position(each.place.source, each.place.end)
            if where.start.line <= at.line <= where.end.line:
                shown.append(types.InlayHint(at, each.text, types.InlayHintKind.Type, tooltip=each.tooltip or None))
        return shown

    def lenses(self, document: Document) -> list[types.CodeLens]:
        shown = []
        for each in hints.lenses(_known(document)):
            command = types.Command(each.title, each.command, arguments=[document.uri])
            shown.append(types.CodeLens(self.documents.encoding.range(each.place), command))
        return shown

    def actions(self, document: Document, where: types.Range) -> list[types.CodeAction]:
        analysis, encoding = _known(document), self.documents.encoding
        if not document.is_current:
            return []
        start, end = encoding.offset(document.source, where.start), encoding.offset(document.source, where.end)
        offered = []
        for fault, mend in actions.mends(analysis, start, end):
            about = convert.diagnostics_of([fault], analysis, encoding)
            edit = types.WorkspaceEdit(changes={document.uri: [convert.edit(mend, encoding)]})
            first = mend == fault.mends[0]
            offered.append(
                types.CodeAction(mend.title, types.CodeActionKind.QuickFix, about, is_preferred=first, edit=edit)
            )
        every = actions.all_mends(analysis)
        if every:
            edit = types.WorkspaceEdit(changes={document.uri: [convert.edit(mend, encoding) for mend in every]})
            offered.append(types.CodeAction("put right what can be", types.CodeActionKind.SourceFixAll, edit=edit))
        return offered

    def formatted(self, document: Document, where: types.Range | None = None) -> list[types.TextEdit]:
        """What makes a file canonical, or the declarations that some lines touch; nothing, of a file with faults."""
        parsed = parse(document.source)
        if parsed.diagnostics:
            return []
        try:
            text = format_file(parsed.file)
        except QglError:
            return []
        lines = None if where is None else _whole(parsed.file, where)
        return convert.line_edits(document.source, text, self.documents.encoding, lines)


def _whole(file: tree.File, where: types.Range) -> range:
    """The lines of a range and of all declarations that it touches."""
    first, last = where.start.line, where.end.line - (where.end.character == 0 and where.end > where.start)
    for each in file.declarations:
        begin, end = file.source.line_of(each.span.start), file.source.line_of(each.span.end)
        if begin <= last and first <= end:
            first, last = min(first, begin), max(last, end)
    return range(first, last + 1)


def _known(document: Document) -> Analysis:
    assert document.analysis is not None
    return document.analysis


def _declared(analysis: Analysis, offset: int) -> Location | None:
    named = analysis.name_at(offset)
    return None if named is None else analysis.location(named[1])


def _has_letters(name: str, query: str) -> bool:
    letters = iter(name.lower())
    return all(letter in letters for letter in query.lower())
