"""Lowered programs that are kept for later processes: a second start of a program traces nothing.

A file's name is a hash of everything that such a program is made of: the checked program with its data, the settings,
the code of this package, versions, JAX's settings, the device. A file says what memory it wants, and is sealed by that
name. It is taken if all that fits, and made anew otherwise. It holds StableHLO (`qgl.kernels.devices.lowered`): nothing
that is unpickled, and no Python.
"""

from __future__ import annotations

import functools
import hashlib
import io
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import jax

from qgl.diagnostics.model import QglError
from qgl.gates import CHANNELS, GATES
from qgl.gates.model import Channel, Gate
from qgl.kernels.devices import large_tables, lowered
from qgl.plan.memory import available
from qgl.runs.files import plain
from qgl.runs.manifest import versions

MOST = 64 << 20  # bytes of one
FILES = 256  # at most: the oldest leave
SUFFIXES = (".py", ".lark", ".qgl", ".npz")  # of files of this package that programs may be made of
_PACKAGE = Path(__file__).resolve().parents[2]
_NUMBER = 8  # bytes
_folder: Path | None = None


def switch_on(folder: Path) -> None:
    """Keeps programs in a folder from here on. For a process whose code is that of this package and of no test."""
    global _folder
    _folder = folder


def identity(parts: Any) -> bytes | None:
    """What programs are kept by that are made of these parts alone; None where none are kept.

    Pickles are only hashed, never read: what differs has others.
    """
    if _folder is None:
        return None
    device = jax.devices()[0]
    config = sorted((name, repr(value)) for name, value in jax.config.values.items() if "cache" not in name)
    double = bool(jax.config.jax_enable_x64)  # type: ignore[attr-defined]
    around = versions(), sys.version, _code(), config, double, device.platform, device.device_kind
    written = io.BytesIO()
    try:
        _Data(written, 5).dump((around, parts))
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError):  # it holds more than data
        return None
    return hashlib.sha256(written.getbuffer()).digest()


def holds(identity: bytes | None, name: str) -> bool:
    """Whether a program is kept that this process has memory for."""
    path = _path(identity, name)
    return path is not None and _read(path) is not None


def compiled(
    identity: bytes | None,
    name: str,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    result: Callable[[], Any],
    memory: Callable[[], int],
) -> Callable[..., Any]:
    """`function`, compiled for arguments like these: as it was kept, else as it is, and then it is kept.

    identity: of all that the function and the shapes of its arguments are made of; None: it is not kept.
    name: of the function among those of one identity.
    result: the shapes and types of what it returns.
    memory: bytes that its process takes.
    """
    path = _path(identity, name)
    jitted = jax.jit(function, keep_unused=path is not None)
    if path is None:
        return large_tables.of_jitted(jitted, arguments)
    with suppress(Exception):  # whatever is wrong with it, it can be made anew
        if (program := _read(path)) is not None:
            return lowered.compiled(program, arguments, result())
    program = lowered.lowered(jitted, arguments)
    if program is None or len(program) > MOST:
        return large_tables.of_jitted(jitted, arguments)
    made = lowered.compiled(program, arguments, result())  # by the way that it goes later: XLA's cache knows it then
    _write(path, memory(), program)
    return made


def _path(identity: bytes | None, name: str) -> Path | None:
    if _folder is None or identity is None:
        return None
    return _folder / hashlib.sha256(identity + name.encode()).hexdigest()


def _read(path: Path) -> bytes | None:
    """The program of a file that is ours, whole, and of what this process has memory for."""
    try:
        if hasattr(os, "geteuid") and (path.stat().st_uid != os.geteuid() or path.stat().st_mode & 0o022):
            return None  # others can write it
        content = plain.read(path, MOST + 1024)
    except (OSError, QglError):
        return None
    seal, memory, program = content[:32], content[32 : 32 + _NUMBER], content[32 + _NUMBER :]
    if seal != _seal(path.name, memory, program) or int.from_bytes(memory) > available():
        return None
    return program


def _write(path: Path, memory: int, program: bytes) -> None:
    number = memory.to_bytes(_NUMBER)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".kept-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_seal(path.name, number, program) + number + program)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink()
            raise
        _leave(path.parent.iterdir())


def _leave(files: Iterable[Path]) -> None:
    """Removes the oldest where there are many."""
    aged = sorted((file.stat().st_mtime, file) for file in files)
    for _, file in aged[:-FILES]:
        file.unlink(missing_ok=True)


def _seal(name: str, memory: bytes, program: bytes) -> bytes:
    return hashlib.sha256(name.encode() + memory + program).digest()


class _Data(pickle.Pickler):
    """Takes gates and channels, which hold functions, by their names."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, Gate | Channel):
            table = GATES if isinstance(value, Gate) else CHANNELS
            if table.get(value.name) is value:
                return str, (f"{type(value).__name__} {value.name}",)
        return NotImplemented


@functools.cache
def _code() -> tuple[tuple[str, int, int], ...]:
    """The files of this package, their sizes and times, by which Python tells as well whether it compiled them."""
    return tuple(sorted(_files(str(_PACKAGE))))


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            elif entry.name.endswith(SUFFIXES):
                yield entry.path, entry.stat().st_size, entry.stat().st_mtime_ns
