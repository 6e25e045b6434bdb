"""The world that a program in a folder may ask of: files of that folder and the built-in data sets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from qgl.check.environment import NONE
from qgl.check.values.lattices import SiteGraph
from qgl.data.files import Limits, decode, read_bytes, resolve
from qgl.data.sources import Files, load
from qgl.diagnostics.model import QglError
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.tables import MissingFile, UnreadableFile
from qgl.program.calls.data_sources import DataCall
from qgl.program.program import DataSet
from qgl.source import Source, Span

LIBRARY = Path(__file__).resolve().parent / "library"
SHIPPED = "qgl:"  # before the name of a file that comes with qgl


def copy_of(name: str) -> str:
    """Where a copy of such a file lies in the folder of a program."""
    return f".qgl/{name}.qgl"


class FolderEnvironment:
    """Imports, graphs and data for a program in `folder`; nothing outside of it is read but what comes with qgl.

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
        """Every file that says what the program is, by its path in the folder: itself, its imports and graphs.

        A file that comes with qgl has the path at which a copy of it would stand in for it.
        """
        inside = {place: source for place, source in self._sources.items() if place.is_relative_to(self.folder)}
        texts = {place.relative_to(self.folder).as_posix(): source.text for place, source in inside.items()}
        for place, source in self._sources.items():
            if place.parent == LIBRARY and place not in inside:
                texts[copy_of(place.stem)] = source.text
        return texts | {name: self._graphs[place][0] for name, place in self._names.items()}

    def open_import(self, path: str, importer: Source, span: Span) -> Source:
        """The source at `path`, relative to the folder of `importer`; the same file gives the same object.

        Raises:
            QglError: QGL0601 to QGL0604.
        """
        real = self._place_of(path, importer, span)
        if real not in self._sources:
            text = decode(read_bytes(real, path, self.limits.text_bytes, span), path, span)
            self.adopt(Source(self._name_of(real), text), real)
        return self._sources[real]

    def _place_of(self, path: str, importer: Source, span: Span) -> Path:
        """The real place of an import: in the folder of the program, or `qgl:NAME`, a file that comes with qgl.

        Of the latter a copy in the folder of the program goes first, as that of a run has the one it began with.
        """
        if not path.startswith(SHIPPED):
            return resolve(self.folder, self._folder_of(importer), path, span)
        name = path.removeprefix(SHIPPED)
        known = {place.stem: place for place in LIBRARY.glob("*.qgl")}
        if name not in known:
            near = nearest(name, known)
            raise QglError([MissingFile(span, path, near and SHIPPED + near)])
        if os.path.lexists(self.folder / copy_of(name)):
            return resolve(self.folder, self.folder, copy_of(name), span)
        return known[name]

    def _name_of(self, real: Path) -> str:
        """What messages call the file at a real place."""
        return SHIPPED + real.stem if real.parent == LIBRARY else str(real.relative_to(self.folder))

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
