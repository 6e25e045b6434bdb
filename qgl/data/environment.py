"""The world that a program in a folder may ask of: files of that folder and the built-in data sets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from qgl.check.environment import NONE
from qgl.check.values.lattices import SiteGraph
from qgl.data.files import Limits, decode, read_bytes, resolve
from qgl.data.sources import Files, load
from qgl.diagnostics.data import MissingFile, UnreadableFile
from qgl.diagnostics.model import QglError
from qgl.program.calls.data_sources import DataCall
from qgl.program.program import DataSet
from qgl.source import Source, Span


class FolderEnvironment:
    """Imports, graphs and data for a program in `folder`; nothing outside of it is read.

    A path is relative to the folder of the file that names it.
    """

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self.folder = folder.resolve()
        self.limits = limits or Limits()
        self._sources: dict[Path, Source] = {}
        self._folders: dict[Source, Path] = {}
        self._graphs: dict[Path, tuple[str, SiteGraph]] = {}
        self._names: dict[str, Path] = {}  # of graph files, as programs call them: a link is no file of a run folder

    def adopt(self, source: Source, place: Path) -> None:
        """Makes known that `source` is the file at `place`, so that importing it gives the same object."""
        self._sources[place.resolve()] = source
        self._folders[source] = place.parent.resolve()

    @property
    def texts(self) -> dict[str, str]:
        """Every file that says what the program is, by its path in the folder: itself, its imports and graphs."""
        inside = {place: source for place, source in self._sources.items() if place.is_relative_to(self.folder)}
        texts = {place.relative_to(self.folder).as_posix(): source.text for place, source in inside.items()}
        return texts | {name: self._graphs[place][0] for name, place in self._names.items()}

    def open_import(self, path: str, importer: Source, span: Span) -> Source:
        """The source at `path`, relative to the folder of `importer`; the same file gives the same object.

        Raises:
            QglError: QGL0601 to QGL0604.
        """
        real = resolve(self.folder, self._folder_of(importer), path, span)
        if real not in self._sources:
            text = decode(read_bytes(real, path, self.limits.text_bytes, span), path, span)
            self.adopt(Source(str(real.relative_to(self.folder)), text), real)
        return self._sources[real]

    def load_graph(self, path: str, importer: Source, span: Span) -> SiteGraph:
        """The graph in the file at `path`, relative to the folder of `importer`; a file is read once.

        Raises:
            QglError: QGL0601 to QGL0604, QGL0614.
        """
        from qgl.data.graph_files import form_of, read_graph  # NetworkX is for programs that use it

        form_of(path, span)
        base = self._folder_of(importer)
        real = resolve(self.folder, base, path, span)
        if real not in self._graphs:
            text = decode(read_bytes(real, path, self.limits.graph_bytes, span), path, span)
            self._graphs[real] = text, read_graph(text, path, span)
        name = Path(os.path.normpath(base / path)).relative_to(self.folder).as_posix()
        self._names[name] = real
        return self._graphs[real][1]

    def load_data(self, name: str, call: DataCall, declared: Mapping[str, DataSet] = NONE) -> DataSet:
        """The data set that `data name = call(...)` declares.

        Raises:
            QglError: QGL06xx.
        """
        return load(name, call, Files(self.folder, self._folder_of(call.span.source), self.limits), declared)

    def _folder_of(self, source: Source) -> Path:
        return self._folders.get(source, self.folder)


def open_program(path: Path, limits: Limits | None = None) -> tuple[Source, FolderEnvironment]:
    """The program at `path`, named as given, and the environment of its folder.

    Raises:
        QglError: it is not there, cannot be read, is too large, or is not UTF-8 text; without a span.
    """
    environment = FolderEnvironment(path.parent, limits)
    name = str(path)
    try:
        real = path.resolve(strict=True)
    except FileNotFoundError:
        raise QglError([MissingFile(None, name)]) from None
    except (OSError, RuntimeError, ValueError):
        raise QglError([UnreadableFile(None, name, "it is no path of a file")]) from None
    source = Source(name, decode(read_bytes(real, name, environment.limits.text_bytes, None), name, None))
    environment.adopt(source, path)
    return source, environment
