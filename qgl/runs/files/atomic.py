"""Writing files so that a kill, a crash or a full disk leaves the old content or the new one, never a part."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import IO

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import CannotWrite, NoSpace
from qgl.runs.files.plain import in_place

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns the system's refusal to write to `path` into a diagnostic."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        fault = NoSpace(None, str(path)) if error.errno in _FULL else CannotWrite(None, str(path), reason)
        raise QglError([fault]) from error


def write_bytes(path: Path, data: bytes) -> None:
    """Puts `data` into the file at `path`, on the disk when this returns. The rights of an old file stay as they were.

    A link stays a link to the file. A device or a pipe, such as /dev/stdout, is written to and never replaced.

    Raises:
        QglError: no space is left (QGL0905), or the system refuses (QGL0906); the old file is untouched.
    """
    with explained(path):
        if path.exists() and not path.is_file():
            with path.open("wb", buffering=0) as device:
                _write_all(device, data)
            return
        path = path.resolve()
    put(path, data)


def put(path: Path, data: bytes) -> None:
    """`write_bytes` into a folder of a run, sweep or job: it replaces whatever stands at `path`, a link too.

    Raises:
        QglError: as `write_bytes`.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with explained(path):
        temporary.unlink(missing_ok=True)
        try:
            with temporary.open("xb") as file:  # follows no link
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileNotFoundError):
                mode = path.lstat().st_mode
                if stat.S_ISREG(mode):
                    temporary.chmod(mode & 0o7777)
            os.replace(temporary, path)  # noqa: PTH105 -- the call that is atomic
            sync_folder(path.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_text(path: Path, text: str) -> None:
    """`write_bytes` of UTF-8 text."""
    write_bytes(path, text.encode())


def sync_folder(folder: Path) -> None:
    """Makes renames in `folder` last; Windows opens no folder, and keeps them by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def append(path: Path, data: bytes) -> None:
    """Adds `data` to the end of a file, or nothing of it.

    Raises:
        QglError: as `write_bytes`; what was written of `data` is cut off again.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    with explained(path), os.fdopen(in_place(path, flags), "ab", buffering=0) as file:
        start = file.seek(0, os.SEEK_END)
        try:
            _write_all(file, data)
            os.fsync(file.fileno())
        except OSError:
            os.ftruncate(file.fileno(), start)
            raise


def lock_file(path: Path) -> IO[str]:
    """A file to lock, made if it is not there, for reading and writing.

    Raises:
        QglError: it is a link or no plain file (QGL0911), or cannot be opened (QGL0906).
    """
    with explained(path):
        return os.fdopen(in_place(path, os.O_RDWR | os.O_APPEND | os.O_CREAT), "a+", encoding="utf-8")


def clear_strays(path: Path) -> None:
    """Removes what was being written when a process was killed."""
    for stray in path.glob(".*.tmp"):
        with suppress(OSError):
            stray.unlink()


def _write_all(file: FileIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def truncate(path: Path, size: int) -> None:
    """Cuts a file down to `size` bytes."""
    with explained(path):
        descriptor = in_place(path, os.O_WRONLY)
        try:
            os.ftruncate(descriptor, size)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
