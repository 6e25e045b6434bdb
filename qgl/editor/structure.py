"""The outline of a file and what of it can be folded."""

from __future__ import annotations

from collections.abc import Iterator

from qgl.editor.analysis import Analysis
from qgl.record import record
from qgl.source import Source, Span
from qgl.syntax import tree
from qgl.syntax.walk import declared_by


@record
class Outline:
    """A declaration: `name` is at `place`, all of it at `extent`."""

    name: str
    kind: str  # that of a symbol, or "block"
    detail: str
    place: Span
    extent: Span
    inner: tuple[Outline, ...] = ()


@record
class Fold:
    """Lines from `first` to `last`, counted from 0."""

    first: int
    last: int
    kind: str  # "region", "comment" or "imports"


def outline(file: tree.File) -> list[Outline]:
    """The declarations of a file in order."""
    return [entry for each in file.declarations for entry in _entries(each)]


def _entries(node: tree.Declaration) -> Iterator[Outline]:
    match node:
        case tree.Const(span, bindings):
            for name, value in bindings:
                yield Outline(name.name, "constant", value.span.text[:60], name.span, name.span.to(value.span))
        case tree.Routine(span, kind, name, arguments, body):
            inner = tuple(Outline(a.name.name, "argument", "", a.name.span, a.span) for a in arguments)
            yield Outline(name.name, kind, f"{len(body)} statements", name.span, span, inner)
        case tree.Lattice(span, name) | tree.Data(span, name) | tree.Hamiltonian(span, name) | tree.Output(span, name):
            yield Outline(name.name, type(node).__name__.lower(), node.value.span.text[:60], name.span, span)
        case tree.Register(span, kind, name) | tree.Parameter(span, kind, name):
            yield Outline(name.name, kind, _behind(span, name), name.span, span)
        case tree.Train(span, settings):
            inner = tuple(
                Outline(s.name.name, "setting", s.span.text[len(s.name.name) : 60].strip(), s.name.span, s.span)
                for s in settings
            )
            yield Outline("train", "block", "", _head(span, "train"), span, inner)
        case tree.Stage(span, name):
            yield Outline(f"stage {name.name}", "block", "", name.span, span)
        case tree.Model(span) | tree.Objective(span) | tree.Report(span) | tree.Baseline(span) | tree.Again(span):
            keyword = type(node).__name__.lower()
            text = "" if isinstance(node, tree.Model | tree.Again) else span.text[len(keyword) : 60].strip(" ;")
            yield Outline(keyword, "block", text, _head(span, keyword), span)
        case tree.Broken(span):
            for name_text in declared_by(node) or node.names:
                yield Outline(name_text, "broken", "", Span(span.source, span.start, span.start), span)


def _behind(span: Span, name: tree.Name) -> str:
    return span.source.text[name.span.end : span.end].strip(" ;")[:60]


def _head(span: Span, keyword: str) -> Span:
    return Span(span.source, span.start, min(span.end, span.start + len(keyword)))


def folds(analysis: Analysis) -> list[Fold]:
    """Blocks in braces, long calls, comments of several lines, imports in a row."""
    source = analysis.source
    ranges = {(fold.first, fold.last): fold for fold in _of_nodes(source, analysis.file.declarations)}
    for fold in _of_comments(source, analysis.file.comments):
        ranges.setdefault((fold.first, fold.last), fold)
    imports = [each for each in analysis.file.declarations if isinstance(each, tree.Import)]
    if len(imports) > 1:
        first, last = source.line_of(imports[0].span.start), source.line_of(imports[-1].span.end)
        ranges.setdefault((first, last), Fold(first, last, "imports"))
    return sorted(ranges.values(), key=lambda fold: (fold.first, -fold.last))


def _of_nodes(source: Source, nodes: tuple[tree.Node, ...]) -> Iterator[Fold]:
    waiting: list[object] = list(nodes)
    while waiting:
        match waiting.pop():
            case tuple() as several:
                waiting += several
            case tree.Broken():
                continue
            case tree.Node() as node:
                first, last = source.line_of(node.span.start), source.line_of(node.span.end)
                if last > first and not isinstance(node, tree.Binary):
                    yield Fold(first, last, "region")
                    waiting += [getattr(node, f) for f in node.__dataclass_fields__ if f != "span"]


def _of_comments(source: Source, comments: tuple[tree.Comment, ...]) -> Iterator[Fold]:
    """Block comments, and comments on lines of their own that follow each other."""
    first = last = -2
    for comment in comments:
        begin, end = source.line_of(comment.span.start), source.line_of(comment.span.end)
        alone = not source.text[source.line_starts[begin] : comment.span.start].strip()
        if alone and begin == last + 1:
            last = end
            continue
        if last > first:
            yield Fold(first, last, "comment")
        first, last = (begin, end) if alone else (-2, -2)
    if last > first:
        yield Fold(first, last, "comment")
