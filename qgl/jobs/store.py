"""Jobs on the disk: a folder for each in `RUN/jobs`, one process at a time in it.

job.json               what was asked, and how far it came
circuit.qasm           what is sent, exactly; further texts are circuit-2.qasm and so on
weights.safetensors    the parameters of the circuit: a run may train on
part-0.npz, ...        strings of a local engine, until all are there
samples.npz            the strings: `x` of the model's distribution, `item_3` of the third item of `job.json`, ...
machine.png            data, model and machine, drawn by `qglc evaluate`

A folder comes into being whole, by a rename, before anything is sent; every file is written whole or not at all.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.jobs import DamagedJob, JobLocked, NoSuchJob
from qgl.diagnostics.model import Diagnostic, QglError
from qgl.diagnostics.runs import DamagedRun
from qgl.hardware.engines.engine import Payload, Strings
from qgl.jobs.record import Job, from_json, sha256, to_json
from qgl.runs.files import checkpoint, locks
from qgl.runs.files.atomic import clear_strays, explained, put, sync_folder, write_bytes, write_text
from qgl.runs.files.plain import own_folder, read
from qgl.runs.files.sealed import CHANGED

_JOB, _WEIGHTS, _SAMPLES = "job.json", "weights.safetensors", "samples.npz"
_TRIES = 5  # to take a lock
_MOST = 4 << 30  # bytes of strings
_FORMAT: Any = np.lib.format  # which some versions of NumPy leave without types


def folder_of(run: Path) -> Path:
    return run / "jobs"


def folders(run: Path) -> list[Path]:
    """The folders of the jobs of a run, oldest first."""
    root = folder_of(run)
    paths = [path for path in root.iterdir() if re.match(r"[0-9]{1,9}-", path.name)] if root.is_dir() else []
    return sorted(paths, key=lambda path: (_number(path), path.name))


def jobs_of(run: Path) -> tuple[list[JobFolder], list[Diagnostic]]:
    """The jobs of a run, oldest first, and what is wrong with those that cannot be read."""
    sound: list[JobFolder] = []
    faults: list[Diagnostic] = []
    for path in folders(run):
        try:
            sound.append(JobFolder.open(path))
        except QglError as error:
            faults += error.diagnostics
    return sound, faults


def find(run: Path, written: str) -> JobFolder:
    """A job by its name or its number.

    Raises:
        QglError: there is none (QGL1130), or it is damaged (QGL1131).
    """
    for path in folders(run):
        if written in (path.name, str(_number(path))):
            return JobFolder.open(path)
    raise QglError([NoSuchJob(None, str(run), written, tuple(path.name for path in folders(run)))])


def same_request(run: Path, key: str) -> JobFolder | None:
    """The latest job of a run with this key that has not failed."""
    same = [folder for folder in jobs_of(run)[0] if folder.job.key == key and folder.job.state != "failed"]
    return same[-1] if same else None


def create(run: Path, job: Job, texts: Sequence[str], params: Mapping[str, Any]) -> JobFolder:
    """The folder of a new job, with the next free number; it is there as a whole or not at all.

    Where the same was asked meanwhile, by another process, it is that job's folder: its tag is another one.

    Raises:
        QglError: it cannot be written.
    """
    root = folder_of(run)
    with explained(root):
        own_folder(run, "jobs")
        root.mkdir(exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=root))
    try:
        for name, text in zip((item.file for item in job.items if item.file), texts, strict=True):
            write_text(new / name, text)
        leaves = {name: np.asarray(value) for name, value in params.items()}
        write_bytes(new / _WEIGHTS, checkpoint.encode(leaves, {}))
        with explained(new):
            new.chmod(0o755)
        return _put(root, new, job)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _put(root: Path, new: Path, job: Job) -> JobFolder:
    """Gives a new folder its name: the next number and the engine's. Of two that ask the same, the first has it."""
    slug = re.sub(r"[^\w.-]+", "-", job.request.engine).strip("-.")[:60]
    with explained(root), locks.turn(root):
        there = same_request(root.parent, job.key)
        if there is not None:
            shutil.rmtree(new, ignore_errors=True)
            return there
        number = 1 + max(map(_number, folders(root.parent)), default=0)
        named = replace(job, id=f"{number}-{slug}")
        write_text(new / _JOB, to_json(named))
        new.rename(root / named.id)
        sync_folder(root)
    return JobFolder(root / named.id, named)


def _number(path: Path) -> int:
    return int(path.name.partition("-")[0])


class JobFolder:
    """The folder of a job, and the job as it was read or saved last."""

    def __init__(self, path: Path, job: Job) -> None:
        self.path, self.job = path, job

    @classmethod
    def open(cls, path: Path) -> JobFolder:
        """The job in a folder.

        Raises:
            QglError: it is damaged (QGL1131).
        """
        file = path / _JOB
        try:
            return cls(path, replace(from_json(_text(file)), id=path.name))
        except FileNotFoundError as error:
            raise _damaged(file, "it is not there") from error
        except (OSError, ValueError) as error:
            raise _damaged(file, str(error)) from error

    def save(self, job: Job) -> None:
        """Writes the job down; on the disk when this returns."""
        self._put(_JOB, to_json(job).encode())
        self.job = job

    def _put(self, name: str, content: bytes) -> None:
        put(self.own / name, content)

    @property
    def own(self) -> Path:
        """The folder, to write to.

        Raises:
            QglError: it is a link, or lies behind one (QGL0911).
        """
        return own_folder(self.path.parent.parent, self.path.parent.name, self.path.name)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Holds the job for this process, and reads it anew.

        Raises:
            QglError: another process has it (QGL1132).
        """
        try:
            held = locks.take(self.own, _TRIES)
        except locks.HeldError as error:
            raise QglError([JobLocked(None, str(self.path), str(error))]) from error
        with held:
            self.job = JobFolder.open(self.path).job
            clear_strays(self.path)
            yield

    @property
    def is_held(self) -> bool:
        """Whether some process works on the job now."""
        return locks.is_held(self.path)

    def payload(self) -> Payload:
        """What is sent, read back.

        Raises:
            QglError: a text is gone, or is not the one that was written (QGL1131).
        """
        texts = []
        for item in self.job.items:
            file = self.path / item.file
            try:
                text = _text(file)
            except (OSError, ValueError) as error:
                raise _damaged(file, str(error)) from error
            if sha256(text) != item.sha256:
                raise _damaged(file, "it is not the text that the job began with")
            texts.append(text)
        shots = tuple(item.shots for item in self.job.items)
        return Payload(tuple(texts), shots, self.job.outputs, self.job.settings, self.job.figures)

    def params(self) -> dict[str, NDArray[Any]]:
        """The parameters of the circuit.

        Raises:
            QglError: they are gone or damaged (QGL1131).
        """
        file = self.path / _WEIGHTS
        try:
            leaves = checkpoint.read(file)[0]
            if checkpoint.hash_of(leaves) != self.job.model["weights"]:
                raise _damaged(file, "they are not the parameters that the job began with")
            return leaves
        except QglError as error:
            reasons = [fault.reason for fault in error.diagnostics if isinstance(fault, DamagedRun)]
            raise _damaged(file, "; ".join(reasons) or "it cannot be read") from error
        except OSError as error:
            raise _damaged(file, str(error)) from error

    # ------------------------------------------------------------ strings

    def part(self, number: int) -> list[Strings] | None:
        """The strings of all items in a part; None where it is still to be run."""
        file = self.path / f"part-{number}.npz"
        if not file.exists():
            return None
        return self._read(file, [f"item_{k}" for k in range(1, len(self.job.items) + 1)])

    def keep_part(self, number: int, strings: Sequence[Strings]) -> None:
        named = {f"item_{k}": array for k, array in enumerate(strings, start=1)}
        self._put(f"part-{number}.npz", _npz(named, self.job.tag))

    @property
    def parts_kept(self) -> int:
        return sum((self.path / f"part-{number}.npz").exists() for number in range(self.job.parts))

    def keep_samples(self, strings: Sequence[Strings]) -> None:
        """The strings of all items; those of the model's distribution together, as `x`."""
        distribution = [array for item, array in zip(self.job.items, strings, strict=True) if item.role == "samples"]
        x = np.concatenate(distribution)
        if len(distribution) > 1:  # elements of a mixture come in no order
            x = x[np.random.default_rng(self.job.request.seed).permutation(len(x))]
        others = {
            f"item_{k}": array
            for k, (item, array) in enumerate(zip(self.job.items, strings, strict=True), start=1)
            if item.role != "samples"
        }
        self._put(_SAMPLES, _npz({"x": x, **others}, self.job.tag))

    def drop_parts(self) -> None:
        with explained(self.path):
            for part in self.path.glob("part-*.npz"):
                part.unlink(missing_ok=True)

    def has_samples(self) -> bool:
        return (self.path / _SAMPLES).exists()

    def samples(self) -> Strings:
        """Strings of the model's distribution, shape (shots, width), bits in the program's order.

        Raises:
            QglError: the file is gone or damaged (QGL1131).
        """
        return self._read(self.path / _SAMPLES, ["x"])[0]

    def others(self) -> dict[int, Strings]:
        """The strings of the items that calibrate readout or measure Pauli words, by the item's place in the job."""
        places = [k for k, item in enumerate(self.job.items) if item.role != "samples"]
        samples = self._read(self.path / _SAMPLES, [f"item_{k + 1}" for k in places])
        return dict(zip(places, samples, strict=True))

    def all_strings(self) -> list[Strings]:
        """Those of the distribution, then the others."""
        return [self.samples(), *self.others().values()]

    def _read(self, file: Path, names: Sequence[str]) -> list[Strings]:
        width = self.job.model["width"]
        try:
            every = _arrays(read(file, _MOST), self.job.tag)
            samples = [every[name] for name in names]
        except KeyError as error:
            raise _damaged(file, f"it lacks an array ({error.args[0]})") from error
        except Exception as error:  # of zip files, of compression, of NumPy's format: each has kinds of its own
            raise _damaged(file, str(error) or type(error).__name__) from error
        for name, array in zip(names, samples, strict=True):
            if array.dtype != np.uint8 or array.ndim != 2 or array.shape[1] != width or array.max(initial=0) > 1:
                raise _damaged(file, f"`{name}` is no array of strings of {width} bits")
        return samples


def _npz(arrays: Mapping[str, NDArray[np.uint8]], tag: str) -> bytes:
    """An archive of strings of the job with this tag; its comment is a hash of both."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = _comment(arrays, tag)
    return buffer.getvalue()


def _arrays(content: bytes, tag: str) -> dict[str, NDArray[Any]]:
    """The arrays of such an archive. No more is unpacked than its limits allow.

    Raises:
        ValueError, and others of zip files and of NumPy: it is damaged, or of another job.
    """
    arrays: dict[str, NDArray[Any]] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            with archive.open(member) as file:
                data = file.read(_MOST + 1)  # to its end, where its checksum is compared
            if len(data) > _MOST:
                raise ValueError(f"{member} has more than {_MOST:,} bytes")
            arrays[member.removesuffix(".npy")] = _FORMAT.read_array(io.BytesIO(data), allow_pickle=False)
        if archive.comment != _comment(arrays, tag):
            raise ValueError(CHANGED)
    return arrays


def _comment(arrays: Mapping[str, NDArray[Any]], tag: str) -> bytes:
    return hashlib.sha256(f"{tag} {checkpoint.hash_of(arrays)}".encode()).hexdigest().encode()


def _text(file: Path) -> str:
    """The text of a file of the job.

    Raises:
        OSError, ValueError: it cannot be read, or is no text.
    """
    try:
        return read(file).decode()
    except QglError as error:
        reasons = [fault.reason for fault in error.diagnostics if isinstance(fault, DamagedRun)]
        raise ValueError("; ".join(reasons)) from error


def _damaged(path: Path, reason: str) -> QglError:
    return QglError([DamagedJob(None, str(path), reason)])
