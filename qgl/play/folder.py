"""The opened folder: programs in it are read and saved; nothing outside of it is, whatever the names and links."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from qgl.data.files import Limits, decode, read_bytes, resolve
from qgl.diagnostics.files import FileExists, NoProgramName, ProgramChanged
from qgl.diagnostics.model import QglError
from qgl.diagnostics.tables import FileTooLarge, MissingFile, UnreadableFile
from qgl.runs.files.atomic import put
from qgl.runs.files.plain import own_folder, picture

MOST_PROGRAMS = 200
MOST_ENTRIES = 20_000
SKIPPED = {"node_modules", "__pycache__", "runs"}
PICTURES = ("samples.png", "classes.png", "pictures.png", "watch.png", "moments.png")  # of a run, that are shown
_ENDING = ".qgl"


class OpenedFolder:
    """Names are relative to `root`, with `/` between their parts."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve(strict=True)

    def programs(self) -> list[str]:
        """The programs of the folder and of those in it, up to a number; links to folders are not followed."""
        names: list[str] = []
        entries = 0
        for folder, inner, files in os.walk(self.root):
            inner[:] = sorted(name for name in inner if not name.startswith(".") and name not in SKIPPED)
            within = Path(folder).relative_to(self.root)
            names += ((within / name).as_posix() for name in sorted(files) if _is_program(name))
            entries += len(inner) + len(files)
            if len(names) >= MOST_PROGRAMS or entries > MOST_ENTRIES:
                break
        return names[:MOST_PROGRAMS]

    def path(self, name: str) -> Path:
        """Where a program is, or would be saved.

        Raises:
            QglError: its name is no program's, or leads out of the folder; a part of it is a link.
        """
        parts = Path(name).parts
        if not _is_program(name) or any(part.startswith(".") for part in parts) or "\0" in name or "\\" in name:
            raise QglError([NoProgramName(None, name)])
        if Path(name).is_absolute():
            raise QglError([NoProgramName(None, name)])
        return own_folder(self.root, *parts[:-1]) / parts[-1]

    def read(self, name: str) -> tuple[str, str]:
        """The text of a program, and what tells it from others.

        Raises:
            QglError: it is not there, is no text or too large, or lies outside of the folder.
        """
        self.path(name)
        real = resolve(self.root, self.root, name, None)
        content = read_bytes(real, name, Limits().text_bytes, None)
        return decode(content, name, None), _digest(content)

    def save(self, name: str, text: str, before: str | None) -> str:
        """Writes a program whole, its lines ended as they were, and gives what tells its text from others.

        Args:
            before: what told the text that was opened or saved last; None: there was none.

        Raises:
            QglError: as `path`; there is a file already, or it has become another since, or cannot be written.
        """
        place = self.path(name)
        if place.is_symlink():
            raise QglError([UnreadableFile(None, name, "it is a link")])
        if not place.parent.is_dir():
            raise QglError([MissingFile(None, name, None)])
        limit = Limits().text_bytes
        there = read_bytes(place, name, limit, None) if os.path.lexists(place) else None
        if there is not None and before is None:
            raise QglError([FileExists(None, name, "choose another name")])
        if (None if there is None else _digest(there)) != before:
            raise QglError([ProgramChanged(None, name)])
        content = (text.replace("\n", "\r\n") if there and b"\r\n" in there else text).encode()
        if len(content) > limit:
            raise QglError([FileTooLarge(None, name, len(content), limit)])
        put(place, content)
        return _digest(content)

    def runs(self) -> Path:
        """Where trainings leave their runs.

        Raises:
            QglError: it is a link, or no folder.
        """
        return own_folder(self.root, "runs")

    def picture(self, run: str, name: str) -> bytes:
        """A picture of a run's folder; nothing where there is none, or what is none.

        Raises:
            QglError: a link is on the way.
        """
        if name not in PICTURES or run.startswith(".") or Path(run).name != run:
            return b""
        return picture(own_folder(self.root, "runs", run) / name)


def _is_program(name: str) -> bool:
    return name.endswith(_ENDING) and not Path(name).name.startswith(".")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
