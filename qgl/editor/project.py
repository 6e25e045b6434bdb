"""The files that are edited together: those that are open, and the other programs of their folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from qgl.data.files import Limits, decode, read_bytes
from qgl.diagnostics.model import QglError
from qgl.editor.analysis import Analysis, analyse
from qgl.editor.world import Kept
from qgl.source import Source
from qgl.syntax import tree
from qgl.syntax.parser import parse

MOST_FILES = 500  # programs of a folder that are looked at
MOST_FOLDERS = 5_000
SKIPPED = {"node_modules", "__pycache__"}


class Project:
    """`texts` are what is open, by real paths; `roots` are folders that are searched for other programs."""

    def __init__(self) -> None:
        self.texts: dict[Path, str] = {}
        self.roots: list[Path] = []
        self._kept = Kept()

    def set_roots(self, folders: Iterable[str]) -> None:
        self.roots = [Path(folder) for folder in folders]

    def analyse(self, path: Path, text: str, stale: Callable[[], bool] | None = None) -> Analysis:
        """What is known of a text at a path.

        Raises:
            StaleError, AssertionError: as `qgl.editor.analysis.analyse`.
        """
        return analyse(path, text, dict(self.texts), self._kept, stale)

    def text(self, path: Path) -> str | None:
        """What is open or saved at a path; None where it cannot be read."""
        real = path.resolve()
        if real in self.texts:
            return self.texts[real]
        try:
            return decode(read_bytes(real, str(path), Limits().text_bytes, None), str(path), None)
        except QglError:
            return None

    def programs(self) -> Iterator[Path]:
        """All programs that are open or in the folders, by real paths, each once."""
        seen = set(self.texts)
        yield from sorted(seen)
        folders = 0
        for root in self.roots:
            for folder, inner, names in os.walk(root):
                inner[:] = sorted(name for name in inner if not name.startswith(".") and name not in SKIPPED)
                folders += 1
                for name in sorted(names):
                    real = (Path(folder) / name).resolve()
                    if name.endswith(".qgl") and real not in seen:
                        seen.add(real)
                        yield real
                if folders > MOST_FOLDERS or len(seen) > MOST_FILES:
                    return

    def importers(self, path: Path) -> Iterator[Analysis]:
        """What is known of the other programs that import a file, by whatever way."""
        real = path.resolve()
        for other in self.programs():
            text = self.text(other)
            if other == real or text is None or "import" not in text:
                continue
            file = parse(Source(str(other), text)).file
            if any(isinstance(each, tree.Import) for each in file.declarations):
                analysis = self.analyse(other, text)
                known = analysis.inspected.known
                sources = () if known is None else (module.file.source for module in known.modules)
                if any(analysis.folder.path_of(source) == real for source in sources):
                    yield analysis
