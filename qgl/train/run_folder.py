"""A run on the disk: one folder, one writer at a time.

manifest.json             what was run, and how far it came
metrics.jsonl             one line a step
checkpoint.safetensors    the whole state of training at a step
weights.safetensors       the parameters to use: `best/theta`, and those of all seeds, `seeds/theta`
data.safetensors          the data sets as bits
program/                  the program and its imports
report.json, report.md    numbers at the end
*.png                     pictures
jobs/                     what was run on engines (`qgl.jobs.store`), without this lock: a job keeps weights of its own
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from numpy.typing import NDArray

from qgl.check.program import DataSet
from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import DamagedRun, FolderTaken, RunLocked
from qgl.train import checkpoint, history, run_data
from qgl.train import manifest as manifests
from qgl.train.atomic import append, explained, truncate, write_bytes, write_text
from qgl.train.history import History

_LOCK = ".lock"


def next_folder(program: str, parent: Path = Path("runs")) -> Path:
    """`runs/<program>-<date>-<n>` with the first n that is free."""
    name = re.sub(r"[^\w.-]+", "", Path(program).stem) or "run"
    stem = f"{name}-{date.today().isoformat()}"
    n = 1
    while (parent / f"{stem}-{n}").exists():
        n += 1
    return parent / f"{stem}-{n}"


class RunFolder:
    """The writer of a run folder. It holds a lock that the system drops with the process; close it, or use `with`."""

    def __init__(self, path: Path, lock: IO[str], manifest: manifests.Manifest) -> None:
        self.path, self.manifest, self._lock = path, manifest, lock

    @classmethod
    def create(cls, path: Path, manifest: manifests.Manifest, data: Mapping[str, DataSet]) -> RunFolder:
        """A folder for a new run.

        Raises:
            QglError: the folder is in use, or cannot be made.
        """
        with explained(path):
            path.mkdir(parents=True, exist_ok=True)
            others = [entry.name for entry in path.iterdir() if not entry.name.startswith(".")]
        if others:
            raise QglError([FolderTaken(None, str(path), "manifest.json" in others)])
        folder = cls(path, lock(path), manifest)
        try:
            for name, file in manifest["program"]["files"].items():
                folder.write_text(f"program/{name}", file["text"])
            write_bytes(path / run_data.FILE, run_data.encode(data))
            folder.save_manifest()
        except BaseException:
            folder.close()
            raise
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """The folder of a run that is to go on.

        Raises:
            QglError: the folder is not a run, or another process writes to it.
        """
        manifests.load(path)  # before the lock: a folder that is not a run gets no file
        folder = cls(path, lock(path), manifests.load(path))
        for stray in path.glob(".*.tmp"):
            stray.unlink(missing_ok=True)
        return folder

    def save_manifest(self, **changes: Any) -> None:
        self.manifest.update(changes)
        self.write_text("manifest.json", json.dumps(self.manifest, indent=2, ensure_ascii=False) + "\n")

    def append(self, records: History, first: int) -> None:
        append(self.path / "metrics.jsonl", records.lines(first))

    def save_checkpoint(self, leaves: Mapping[str, NDArray[Any]], step: int) -> None:
        text = {"step": str(step), "qgl": self.manifest["versions"]["qgl"]}
        write_bytes(self.path / "checkpoint.safetensors", checkpoint.encode(leaves, text))

    def save_weights(self, leaves: Mapping[str, NDArray[Any]], text: Mapping[str, str]) -> None:
        write_bytes(self.path / "weights.safetensors", checkpoint.encode(leaves, text))

    def load_checkpoint(self) -> tuple[checkpoint.Leaves, int] | None:
        """The last state and its step, None before the first checkpoint; later lines of the metrics are cut off."""
        path, metrics = self.path / "checkpoint.safetensors", self.path / "metrics.jsonl"
        leaves: checkpoint.Leaves = {}
        step = 0
        if path.exists():
            leaves, text = checkpoint.read(path)
            step = int(text["step"])
        if metrics.exists() or step:
            size = history.size_of(metrics, step) if metrics.exists() else None
            if size is None:
                reason = f"it has fewer lines than the checkpoint's {step} steps"
                raise QglError([DamagedRun(None, str(metrics), reason)])
            truncate(metrics, size)
        return (leaves, step) if step else None

    def write_text(self, name: str, text: str) -> None:
        path = self.path / name
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)

    def close(self) -> None:
        self._lock.close()

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def lock(path: Path) -> IO[str]:
    with explained(path / _LOCK):
        file = (path / _LOCK).open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            file.close()
            raise QglError([RunLocked(None, str(path), owner)]) from error
        except OSError:
            file.close()
            raise
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
    return file
