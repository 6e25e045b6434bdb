"""Locks of folders that qgl writes: the system drops one with its process, and its file says which process that is."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import RunLocked
from qgl.runs.files.atomic import explained, lock_file
from qgl.runs.files.plain import TEXT_BYTES, reader

LOCK = ".lock"


class HeldError(Exception):
    """Another process has the lock: its words are which one."""


def take(folder: Path, tries: int = 1) -> IO[str]:
    """The lock of a folder, held until the file is closed.

    tries: how often it is asked for, as who looks at a folder holds it for an instant.

    Raises:
        HeldError: another process has it.
        QglError: the file is a link or no plain file (QGL0911), or cannot be written (QGL0906).
    """
    file = lock_file(folder / LOCK)
    try:
        with explained(folder / LOCK):
            if not _taken(file, tries):
                raise HeldError(_holder(file))
            file.truncate(0)
            file.write(f"process {os.getpid()}")
            file.flush()
    except BaseException:
        file.close()
        raise
    return file


def _lock(file: IO[Any], *, shared: bool = False, waits: bool = False) -> None:
    """Locks a file as the system at hand does it.

    Raises:
        BlockingIOError: another process has the lock, and this one does not wait.
        OSError: the system refuses.
    """
    if sys.platform == "win32":
        import portalocker  # on Unix not even imported: it looks for a folder to write to, which a full disk has not

        mode = portalocker.LOCK_SH if shared else portalocker.LOCK_EX
        try:
            portalocker.lock(file, mode if waits else mode | portalocker.LOCK_NB)
        except portalocker.AlreadyLocked as error:
            raise BlockingIOError(*error.args) from error
        except portalocker.LockException as error:
            raise OSError(error.strerror or str(error)) from error
    else:
        import fcntl

        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if waits else fcntl.LOCK_NB))


def _holder(file: IO[str]) -> str:
    """What the file says of who has the lock; Windows lets nobody else read it."""
    file.seek(0)
    with suppress(PermissionError):
        return file.read().strip() or "unknown"
    return "unknown"


def _taken(file: IO[str], tries: int) -> bool:
    for left in reversed(range(tries)):
        try:
            _lock(file)
        except BlockingIOError:
            time.sleep(0.05 * bool(left))
        else:
            return True
    return False


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Waits for its turn in a folder; what is done within takes no time."""
    with lock_file(folder / LOCK) as file:
        _lock(file, waits=True)
        yield


def is_held(folder: Path) -> bool:
    """Whether some process has the lock now."""
    try:
        with reader(folder / LOCK, TEXT_BYTES) as file:
            _lock(file, shared=True)
    except BlockingIOError:
        return True
    except (OSError, QglError):
        return False
    return False


class Writer:
    """The writer of a run's or a sweep's folder, which holds its lock; close it, or use `with`.

    Raises:
        QglError: another process writes to the folder (QGL0903).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._held = take(path)
        except HeldError as error:
            raise QglError([RunLocked(None, str(path), str(error))]) from error

    def close(self) -> None:
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
