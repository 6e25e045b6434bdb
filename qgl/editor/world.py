"""The world that an edited program asks of: its folder, with what is open in the editor in the place of what is saved.

Between two keys little changes: a data set is made once and used again, until its call or a file of it is another.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

from qgl.check.environment import NONE
from qgl.check.values.lattices import SiteGraph
from qgl.data.environment import FolderEnvironment
from qgl.data.files import resolve
from qgl.diagnostics.model import QglError
from qgl.program.calls.data_sources import DataCall, GroundStates, Through
from qgl.program.program import DataSet
from qgl.source import Source, Span

MOST_KEPT = 64  # data sets and graphs that are kept, those that were asked for last


class Kept:
    """What was made of files and calls, by all that it depends on."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}

    def get(self, key: Hashable) -> Any:
        """What was made for a key, or None; it is now the last that was asked for."""
        made = self._made.pop(key, None)
        if made is not None:
            self._made[key] = made
        return made

    def put(self, key: Hashable, made: Any) -> None:
        self._made[key] = made
        while len(self._made) > MOST_KEPT:
            del self._made[next(iter(self._made))]


class EditedFolder(FolderEnvironment):
    """`folder` with `texts` in the place of what is saved, by their real paths."""

    def __init__(self, folder: Path, texts: Mapping[Path, str], kept: Kept) -> None:
        super().__init__(folder)
        self._texts = texts
        self._kept = kept

    def open_import(self, path: str, importer: Source, span: Span) -> Source:
        real = self._place_of(path, importer, span)
        if real in self._texts and real not in self._sources:
            self.adopt(Source(self._name_of(real), self._texts[real]), real)
        return super().open_import(path, importer, span)

    @property
    def texts_read(self) -> dict[Path, str]:
        """The texts that were read, by real paths."""
        return {place: source.text for place, source in self._sources.items()}

    def path_of(self, source: Source) -> Path | None:
        """Where a source is saved, of those that were opened here."""
        return next((place for place, each in self._sources.items() if each is source), None)

    def load_graph(self, path: str, importer: Source, span: Span) -> SiteGraph:
        key = ("graph", self._stamp(self._folder_of(importer), path, span))
        graph: SiteGraph | None = self._kept.get(key)
        if graph is None:
            graph = super().load_graph(path, importer, span)
            self._kept.put(key, graph)
        return graph

    def load_data(self, name: str, call: DataCall, declared: Mapping[str, DataSet] = NONE) -> DataSet:
        base = self._folder_of(call.span.source)
        path = getattr(call, "path", None)
        stamp = None if path is None else self._stamp(base, path, call.span)
        key = (name, call, base, stamp, _drawn(call), *map(id, declared.values()))
        kept: tuple[DataSet, object] | None = self._kept.get(key)
        if kept is None:  # what it may be made of is kept with it, so that nothing else gets the same identity
            kept = super().load_data(name, call, declared), tuple(declared.values())
            self._kept.put(key, kept)
        return kept[0]

    def _stamp(self, base: Path, path: str, span: Span) -> tuple[Path, int, int] | None:
        """Which file it is, and when it was written; None if it is none, which whoever reads it will say."""
        try:
            real = resolve(self.folder, base, path, span)
            status = real.stat()
        except (QglError, OSError):
            return None
        return real, status.st_mtime_ns, status.st_size


def _drawn(call: DataCall) -> Hashable:
    """What a call draws by, beyond its arguments."""
    match call:
        case Through(process=process):
            return process and process.digest
        case GroundStates(latents=latents):
            return tuple((k, p.name, p.shape, p.constraint, p.distribution, p.draws) for k, p in latents)
        case _:
            return None
