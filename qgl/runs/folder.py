"""A run on the disk: one folder, one writer at a time.

manifest.json             what was run, and how far it came
metrics.jsonl             one line a step
checkpoint.safetensors    the whole state of training at a step
weights.safetensors       the parameters to use: `best/theta`, and those of all seeds, `seeds/theta`
data.safetensors          the data sets as bits
start.safetensors         the parameters that training began with, where these were given and not drawn
program/                  the program, its imports and its graphs
report.json, report.md    numbers at the end
*.png                     pictures
stages/001/               of a program with stages, in place of metrics and checkpoint: a run folder for each of them
tensorboard/              the metrics once more, where they were asked for as TensorBoard reads them (`qgl.runs.events`)
jobs/                     what was run on engines (`qgl.jobs.store`), without this lock: a job keeps weights of its own
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import DamagedRun, FolderTaken
from qgl.program.program import DataSet
from qgl.runs import data as run_data
from qgl.runs import events as run_events
from qgl.runs import history
from qgl.runs import manifest as manifests
from qgl.runs.files import checkpoint, sealed
from qgl.runs.files.atomic import append, clear_strays, explained, put, truncate
from qgl.runs.files.locks import LOCK, Writer
from qgl.runs.files.plain import ARRAY_BYTES, own_folder, read
from qgl.runs.history import History
from qgl.runs.watched import FILE as WATCH
from qgl.runs.watched import Watched
from qgl.runs.watched import parse as parse_watched


def next_folder(program: str, parent: Path = Path("runs")) -> Path:
    """`runs/<program>-<date>-<n>` with the first n that is free."""
    name = re.sub(r"[^\w.-]+", "", Path(program).stem) or "run"
    stem = f"{name}-{date.today().isoformat()}"
    n = 1
    while (parent / f"{stem}-{n}").exists():
        n += 1
    return parent / f"{stem}-{n}"


def stage_folder(run: Path, number: int) -> Path:
    """The run folder of a stage within that of its run; `number` from 0.

    Raises:
        QglError: it is a link, or no folder (QGL0911).
    """
    return own_folder(run, "stages", f"{number + 1:03d}")


_START = "start.safetensors"


def start_of(run: Path) -> checkpoint.Leaves | None:
    """The parameters that a run began with, shape (seeds, ...) each; None where they were drawn.

    Raises:
        QglError: it is no run (QGL0901), or the file is damaged (QGL0904).
    """
    manifest = manifests.load(run)
    if "start" not in manifest:
        return None
    try:
        return checkpoint.read(run / _START, manifests.identity(manifest))[0]
    except FileNotFoundError:
        raise QglError(
            [DamagedRun(None, str(run / _START), "the parameters that the run began with are gone")]
        ) from None


class RunFolder(Writer):
    """The writer of a run folder."""

    def __init__(self, path: Path, manifest: manifests.Manifest, made: bool = False) -> None:
        super().__init__(path)
        self.manifest = manifest
        self._made = made  # the folder itself, not only what is in it
        self._events: run_events.Events | None = None
        self._logged = 0  # bytes of the events at the checkpoint

    @classmethod
    def create(
        cls,
        path: Path,
        manifest: manifests.Manifest,
        data: Mapping[str, DataSet],
        start: Mapping[str, Any] | None = None,
    ) -> RunFolder:
        """A folder for a new run; `start`: the parameters that it begins with, if these are given.

        Raises:
            QglError: the folder is in use, or cannot be made.
        """
        with explained(path):
            made = not path.exists()
            path.mkdir(parents=True, exist_ok=True)
        files = {}
        if start is not None and "stage" not in manifest:
            manifest = manifest | {"start": True}
        if "stage" not in manifest:  # the folder around a stage has its program and data
            files = {f"program/{name}": file["text"].encode() for name, file in manifest["program"]["files"].items()}
            files[run_data.FILE] = run_data.encode(data, manifests.identity(manifest))
            if start is not None:
                begun = {name: np.asarray(value) for name, value in start.items()}
                files[_START] = checkpoint.encode(begun, {"run": manifests.identity(manifest)})
        _refuse_taken(path, files)
        folder = cls(path, manifest, made)
        try:
            _refuse_taken(path, files)  # another process may have had the lock
            for name, content in files.items():
                folder._write(name, content)
            folder.save_manifest()
        except BaseException:
            folder.close()
            raise
        return folder

    @property
    def has_begun(self) -> bool:
        """Whether there is anything of a step."""
        begun = ("metrics.jsonl", "checkpoint.safetensors", "watch.jsonl", "stages")
        return any((self.path / name).exists() for name in begun)

    def take_back(self) -> None:
        """Removes what `create` has written, for a run that cannot begin. Nothing else is touched."""
        names = [f"program/{name}" for name in self.manifest["program"]["files"]]
        folders = {folder for name in names for folder in (self.path / name).parents}
        below = [folder for folder in folders if folder.is_relative_to(self.path) and folder != self.path]
        with suppress(OSError):
            for name in ("manifest.json", run_data.FILE, _START, *names, LOCK):
                (self.path / name).unlink(missing_ok=True)
            for folder in sorted(below, key=lambda each: -len(each.parts)) + [self.path] * self._made:
                folder.rmdir()  # where nothing else is in it

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """The folder of a run that is to go on.

        Raises:
            QglError: the folder is not a run, or another process writes to it.
        """
        folder = cls(path, manifests.load(path))  # before the lock: a folder that is not a run gets no file
        folder.manifest = manifests.load(path)
        clear_strays(path)
        return folder

    @property
    def identity(self) -> str:
        """What all files of the run are sealed for."""
        return manifests.identity(self.manifest)

    def save_manifest(self, **changes: Any) -> None:
        self.manifest.update(changes)
        self.write_text("manifest.json", sealed.document(self.manifest))

    def append(self, records: History, first: int) -> None:
        append(self.path / "metrics.jsonl", records.lines(first, self.identity))
        if self._events is not None:
            self._events.steps(records, first)

    def append_watched(self, measurement: Watched) -> None:
        append(self.path / WATCH, measurement.lines(self.identity))
        if self._events is not None:
            self._events.measured(measurement)

    def save_checkpoint(self, leaves: Mapping[str, NDArray[Any]], step: int) -> None:
        text = {"step": str(step), "qgl": self.manifest["versions"]["qgl"], "run": self.identity}
        text |= {} if self._events is None else {"events": str(self._events.size)}
        put(self.path / "checkpoint.safetensors", checkpoint.encode(leaves, text))

    def save_weights(self, leaves: Mapping[str, NDArray[Any]], text: Mapping[str, str]) -> None:
        put(self.path / "weights.safetensors", checkpoint.encode(leaves, {**text, "run": self.identity}))

    def load_checkpoint(self) -> tuple[checkpoint.Leaves, int] | None:
        """The last state and its step, None before the first checkpoint.

        Raises:
            QglError: it is damaged, or the metrics have fewer steps (QGL0904).
        """
        path, metrics = self.path / "checkpoint.safetensors", self.path / "metrics.jsonl"
        leaves: checkpoint.Leaves = {}
        step = 0
        if path.exists():
            leaves, text = checkpoint.read(path, self.identity)
            step = step_of(path, text)
            self._logged = int(text["events"]) if text.get("events", "").isdecimal() else 0
        if step and history.size_of(metrics, step) is None:
            reason = f"it has fewer lines than the checkpoint's {step} steps"
            raise QglError([DamagedRun(None, str(metrics), reason)])
        return (leaves, step) if step else None

    def keep_log(self, log: str | None) -> None:
        """From now on the run keeps such a log; None: it is as the run began."""
        if log is not None:
            self.save_manifest(log=log)

    def go_on(self, step: int, goal: int) -> None:
        """Writes down that training goes on from `step`; lines of the metrics and events beyond it are cut off."""
        self.save_manifest(status="running", reason="", goal=goal)
        metrics = self.path / "metrics.jsonl"
        size = history.size_of(metrics, step)
        if size is not None:
            truncate(metrics, size)
        if "log" in self.manifest:
            self._events = run_events.Events(self.path)
            if step and 0 < self._logged <= self._events.size:
                truncate(self._events.path, self._logged)
            else:
                watched = parse_watched(self.path / WATCH, self.identity).until(step if step else -1)
                self._events.begin(history.parse(metrics, self.identity, step), watched)

    def write_text(self, name: str, text: str) -> None:
        self._write(name, text.encode(errors="backslashreplace"))  # names of files in it may be any bytes

    def _write(self, name: str, content: bytes) -> None:
        parent = own_folder(self.path, *Path(name).parts[:-1])
        with explained(parent):
            parent.mkdir(parents=True, exist_ok=True)
        put(self.path / name, content)


def _refuse_taken(path: Path, files: Mapping[str, bytes]) -> None:
    """Makes sure that a folder has nothing but what a run that was killed while it began may have left: its own files.

    Raises:
        QglError: it has more, or other files (QGL0900).
    """
    own = {path / name: content for name, content in files.items()}
    folders = {folder for each in own for folder in each.parents}

    def is_left_over(entry: Path) -> bool:
        if entry in own:
            return not entry.is_symlink() and _holds(entry, own[entry])
        if entry.name.startswith("."):
            return entry.parent == path or entry.name.endswith(".tmp")
        return entry in folders and not entry.is_symlink() and all(map(is_left_over, entry.iterdir()))

    with explained(path):
        if not all(map(is_left_over, path.iterdir())):
            raise QglError([FolderTaken(None, str(path), (path / "manifest.json").exists())])


def _holds(path: Path, content: bytes) -> bool:
    try:
        return read(path, ARRAY_BYTES) == content
    except (OSError, QglError):
        return False


def step_of(path: Path, text: Mapping[str, str]) -> int:
    """The step that arrays are of.

    Raises:
        QglError: the text beside them does not say (QGL0904).
    """
    try:
        return int(text["step"])
    except (KeyError, ValueError, TypeError) as error:
        raise QglError([DamagedRun(None, str(path), "it does not say of which step it is")]) from error
