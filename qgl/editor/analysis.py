"""A text that was checked, and what stands at a place of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qgl.check.names.index import Index, LocalName
from qgl.check.names.modules import EXPORTED, Module, Symbol
from qgl.compiler import Inspected, inspect
from qgl.diagnostics.model import Diagnostic
from qgl.editor.world import EditedFolder, Kept
from qgl.program.program import Parameter
from qgl.record import record
from qgl.source import Source, Span
from qgl.syntax import tree

Place = tuple[int, int, int]  # the identity of a source, start and end


@dataclass(frozen=True)
class Analysis:
    """`source` as `inspected` found it; `path` is where it is saved, or would be."""

    source: Source
    inspected: Inspected
    path: Path
    folder: EditedFolder

    @property
    def file(self) -> tree.File:
        return self.inspected.file

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return self.inspected.diagnostics

    @property
    def module(self) -> Module | None:
        """The names of the file; None where it is too deep to be looked at."""
        return self.inspected.known.modules[0] if self.inspected.known else None

    @property
    def index(self) -> Index:
        return self.inspected.known.index if self.inspected.known else Index()

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return self.inspected.known.parameters if self.inspected.known else ()

    @cached_property
    def symbols(self) -> dict[Place, Symbol]:
        """Declared names of all files, by the place of their declaration."""
        known = self.inspected.known
        return {place_of(symbol.span): symbol for module in (known.modules if known else ()) for symbol in module.own}

    @cached_property
    def locals(self) -> dict[Place, LocalName]:
        return {place_of(local.span): local for local in self.index.locals}

    @cached_property
    def _uses(self) -> list[tuple[int, int, Span]]:
        """Places of names in this file, declarations included, in order: start, end, the declaration."""
        here = {(use.start, use.end): declared for use, declared in self.index.uses if use.source is self.source}
        for span in (*(s.span for s in self.symbols.values()), *(local.span for local in self.locals.values())):
            if span.source is self.source:
                here.setdefault((span.start, span.end), span)
        return sorted((start, end, declared) for (start, end), declared in here.items() if end > start)

    def name_at(self, offset: int) -> tuple[Span, Span] | None:
        """The name at a place, or that ends there, and where it is declared; None where there is none."""
        k = bisect_right(self._starts, offset) - 1
        for start, end, declared in self._uses[max(0, k - 1) : k + 1][::-1]:
            if start <= offset <= end:
                return Span(self.source, start, end), declared
        return None

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _, _ in self._uses]

    def names(self) -> Iterator[tuple[Span, Span]]:
        """Every name of this file that stands for something, in order, with the place of its declaration."""
        return ((Span(self.source, start, end), declared) for start, end, declared in self._uses)

    def location(self, span: Span) -> Location | None:
        """A place of the file, or of one that it imports, as other analyses know it."""
        path = self.path.resolve() if span.source is self.source else self.folder.path_of(span.source)
        return None if path is None else Location(path, span.start, span.end)

    def declared(self, span: Span) -> Symbol | LocalName | None:
        """What is declared at a place that `name_at` gave."""
        return self.locals.get(place_of(span)) or self.symbols.get(place_of(span))

    def seen_at(self, offset: int) -> Iterator[Symbol | LocalName]:
        """The names that can be used at a place: innermost blocks first, then the file's own and imported ones."""
        around = [
            local
            for local in self.index.locals
            if local.span.source is self.source
            and local.block.start <= offset <= local.block.end
            and local.span.end <= offset
        ]
        yield from sorted(around, key=lambda local: -local.span.start)
        if self.module is not None:
            for symbol in self.module.names.values():
                if symbol.kind != "broken" and (symbol.module is self.module or symbol.kind in EXPORTED):
                    yield symbol


def analyse(
    path: Path,
    text: str,
    texts: Mapping[Path, str] | None = None,
    kept: Kept | None = None,
    stale: Callable[[], bool] | None = None,
) -> Analysis:
    """What is known of `text`, saved at `path` or to be; `texts` are those that are open, by their real paths.

    Raises:
        StaleError: `stale` said that nobody waits for the answer.
        AssertionError: the checker is at fault.
    """
    environment = EditedFolder(path.parent, texts or {}, kept or Kept())
    source = Source(str(path), text)
    environment.adopt(source, path)
    return Analysis(source, inspect(source, environment, stale=stale), path, environment)


@record
class Location:
    """A stretch of a saved file, the same for all who read it."""

    path: Path
    start: int
    end: int


def place_of(span: Span) -> Place:
    return id(span.source), span.start, span.end
