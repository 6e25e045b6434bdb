"""Opening files that a program names: only plain files, inside of the program's folder, of bounded size."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PureWindowsPath

from qgl.check.limits import MAX_CELLS
from qgl.diagnostics.model import QglError
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.tables import FileTooLarge, MissingFile, OutsidePath, UnreadableFile
from qgl.record import record
from qgl.source import Span

_READ = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in ("O_NONBLOCK", "O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"))


@record
class Limits:
    """Bounds on what is read: bytes of program texts, graphs and data, columns and cells (rows x columns) of data."""

    text_bytes: int = 1 << 20
    graph_bytes: int = 4 << 20
    data_bytes: int = 512 << 20
    columns: int = 1 << 18
    cells: int = MAX_CELLS


def resolve(root: Path, base: Path, path: str, span: Span | None) -> Path:
    """The real place of `path`, relative to the folder `base`, which is `root` or inside of it.

    Raises:
        QglError: the path is empty or absolute, leaves `root` by `..` or by a link, or nothing is there.
    """
    if not path or "\0" in path:
        raise QglError([OutsidePath(span, path, "is no path")])
    if path.startswith("/") or PureWindowsPath(path).anchor:
        raise QglError([OutsidePath(span, path, "is absolute")])
    real_root = root.resolve()
    lexical = Path(os.path.normpath(base.resolve() / path))
    if not lexical.is_relative_to(real_root):
        raise QglError([OutsidePath(span, path, "leaves the folder of the program")])
    try:
        real = lexical.resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError):
        raise QglError([MissingFile(span, path, _near(base, path))]) from None
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise QglError([UnreadableFile(span, path, _wording(error))]) from None
    if not real.is_relative_to(real_root):
        raise QglError([OutsidePath(span, path, "is a link that leaves the folder of the program")])
    return real


def read_bytes(real: Path, path: str, limit: int, span: Span | None) -> bytes:
    """The content of the plain file at `real`, which messages call `path`.

    It is opened without waiting and without following a last link, so that neither a FIFO nor a file that was
    exchanged after `resolve` does harm.

    Raises:
        QglError: it is not a plain file, may not be read, or has more than `limit` bytes.
    """
    try:
        descriptor = os.open(real, _READ)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or pipe"
                raise QglError([UnreadableFile(span, path, f"it is {kind}, not a file")])
            if status.st_size > limit:
                raise QglError([FileTooLarge(span, path, status.st_size, limit)])
            content = file.read(limit + 1)
    except OSError as error:
        raise QglError([UnreadableFile(span, path, _wording(error))]) from None
    if len(content) > limit:
        raise QglError([FileTooLarge(span, path, len(content), limit)])
    return content


def decode(content: bytes, path: str, span: Span | None) -> str:
    """UTF-8 text, a byte order mark at its head left out.

    Raises:
        QglError: it is not UTF-8, or has a zero byte.
    """
    if b"\0" in content:
        raise QglError([UnreadableFile(span, path, f"it is not text: byte {content.index(0)} is zero")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise QglError([UnreadableFile(span, path, f"it is not UTF-8 text, from byte {error.start}")]) from None


def _near(base: Path, path: str) -> str | None:
    """A file of the same folder with a similar name."""
    wanted = Path(path)
    try:
        names = [entry.name for entry in os.scandir(base / wanted.parent)]
    except OSError:
        return None
    close = nearest(wanted.name, names)
    return None if close is None else str(wanted.parent / close)


def _wording(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "permission denied"
    if isinstance(error, IsADirectoryError):
        return "it is a folder, not a file"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return "its links go in a circle"
