"""Files of a folder that qgl made, which may have come from somebody else since: opened as plain files or not at all.

What is read may be a link, but leads to a plain file: no pipe, device or folder is waited for. What is written to in
its place (locks, lines that are added) is never a link, and goes by no other name; what is written whole replaces
whatever stood there (`qgl.runs.files.atomic`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import DamagedRun, NotOurs

TEXT_BYTES = 256 << 20  # of a manifest, a report, a text
ARRAY_BYTES = 16 << 30  # of a checkpoint
LINE_BYTES = 64 << 20
PICTURE_BYTES = 4 << 20  # a larger one is not ours
_PNG = b"\x89PNG\r\n\x1a\n"
_READ = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"))
_IN_PLACE = sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"))


def reader(path: Path, most: int) -> BinaryIO:
    """The plain file at `path`, of at most so many bytes, for reading.

    Raises:
        FileNotFoundError: nothing is there.
        QglError: it is something else, is larger, or may not be read (QGL0904).
    """
    try:
        file = os.fdopen(os.open(path, _READ), "rb")
        status = os.fstat(file.fileno())
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise QglError([DamagedRun(None, str(path), _wording(error))]) from error
    if not stat.S_ISREG(status.st_mode) or status.st_size > most:
        file.close()
        reason = f"it has {status.st_size:,} bytes, and at most {most:,} are read"
        raise QglError([DamagedRun(None, str(path), _kind(status.st_mode) or reason)])
    return file


def read(path: Path, most: int = TEXT_BYTES) -> bytes:
    """All bytes of a plain file.

    Raises:
        As `reader`.
    """
    with reader(path, most) as file:
        try:
            return file.read(most + 1)
        except OSError as error:
            raise QglError([DamagedRun(None, str(path), _wording(error))]) from error


def lines(path: Path) -> Iterator[bytes]:
    """The whole lines of a plain file; a last one that is cut short is left out.

    Raises:
        As `reader`, or if a line is longer than any that is written.
    """
    with reader(path, 1 << 62) as file:
        while line := file.readline(LINE_BYTES):
            if line.endswith(b"\n"):
                yield line
            elif len(line) == LINE_BYTES:
                raise QglError([DamagedRun(None, str(path), "it is not made of lines")])


def picture(path: Path) -> bytes:
    """A PNG that qgl has drawn; nothing where there is none, or what is none, such as a link to a file of yours."""
    try:
        content = b"" if path.is_symlink() else read(path, PICTURE_BYTES)
    except (FileNotFoundError, QglError):
        return b""
    return content if content.startswith(_PNG) else b""


def in_place(path: Path, flags: int) -> int:
    """A descriptor of a plain file that is written to where it lies: no link, and by no second name (a hard link).

    Raises:
        OSError: the system refuses.
        QglError: it is something else (QGL0911).
    """
    try:
        descriptor = os.open(path, flags | _IN_PLACE, 0o666)
    except OSError as error:
        kind = _kind_at(path)
        if kind:
            raise QglError([NotOurs(None, str(path), kind)]) from error
        raise
    status = os.fstat(descriptor)
    kind = _kind(status.st_mode) or ("it goes by another name, too (a hard link)" if status.st_nlink > 1 else "")
    if kind:
        os.close(descriptor)
        raise QglError([NotOurs(None, str(path), kind)])
    return descriptor


def own_folder(root: Path, *parts: str) -> Path:
    """The folder `parts` within `root`, where it is there: `root` may be a link, what lies within may not.

    Raises:
        QglError: one of them is a link, or no folder (QGL0911).
    """
    path = root
    for part in parts:
        path = path / part
        if path.is_symlink():
            raise QglError([NotOurs(None, str(path), "it is a link")])
        if path.exists() and not path.is_dir():
            raise QglError([NotOurs(None, str(path), "it is no folder")])
    return path


def _kind_at(path: Path) -> str:
    try:
        return _kind(path.lstat().st_mode)
    except (OSError, ValueError):
        return ""


def _kind(mode: int) -> str:
    """What something that should be a plain file is, "" if it is one."""
    kinds = {stat.S_IFREG: "", stat.S_IFLNK: "it is a link", stat.S_IFDIR: "it is a folder"}
    return kinds.get(stat.S_IFMT(mode), "it is a device or pipe")


def _wording(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return f"it cannot be read ({(reason or str(error)).lower()})"
