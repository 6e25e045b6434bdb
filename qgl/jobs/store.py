"""Jobs on the disk: a folder for each in `RUN/jobs`, one process at a time in it.

job.json               what was asked, and how far it came
circuit.qasm           what is sent, exactly; further texts are circuit-2.qasm and so on
weights.safetensors    the parameters of the circuit: a run may train on
part-0.npz, ...        strings of a local engine, until all are there
samples.npz            the strings: `x` of the model's distribution, `item_3` of the third item of `job.json`, ...
machine.png            data, model and machine, drawn by `qglc evaluate`

A folder comes into being whole, by a rename, before anything is sent; every file is written whole or not at all.
All but the picture carry a checksum or have one in `job.json`; all are compared whenever the job is opened, so that
nothing is shown, sent or computed from a job that is not what was written.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.jobs import DamagedJob, JobLocked, NoSuchJob
from qgl.diagnostics.model import Diagnostic, QglError
from qgl.diagnostics.runs import DamagedRun
from qgl.hardware.engines.engine import Payload, Strings
from qgl.jobs import strings_archive
from qgl.jobs.record import FORMAT, Item, Job, from_facts, sha256, shape_fault, to_json
from qgl.runs.files import checkpoint, locks, sealed
from qgl.runs.files.atomic import clear_strays, explained, put, sync_folder, write_bytes, write_text
from qgl.runs.files.plain import own_folder, read

_JOB, _WEIGHTS, _SAMPLES = "job.json", "weights.safetensors", "samples.npz"
_TRIES = 5  # to take a lock
_ABSENT = "it is not there"


def folder_of(run: Path) -> Path:
    return run / "jobs"


def folders(run: Path) -> list[Path]:
    """The folders of the jobs of a run, oldest first."""
    root = folder_of(run)
    paths = [path for path in root.iterdir() if re.match(r"[0-9]{1,9}-", path.name)] if root.is_dir() else []
    return sorted(paths, key=lambda path: (_number(path), path.name))


def jobs_of(run: Path) -> tuple[list[JobFolder], list[Diagnostic]]:
    """The jobs of a run, oldest first, and what is wrong with those that are damaged."""
    return _each(run, JobFolder.open)


def records_of(run: Path) -> list[JobFolder]:
    """The jobs of a run whose records can be read; their other files are not looked at."""
    return _each(run, JobFolder.recorded)[0]


def _each(run: Path, opened: Callable[[Path], JobFolder]) -> tuple[list[JobFolder], list[Diagnostic]]:
    sound: list[JobFolder] = []
    faults: list[Diagnostic] = []
    for path in folders(run):
        try:
            sound.append(opened(path))
        except QglError as error:
            faults += error.diagnostics
    return sound, faults


def find(run: Path, written: str) -> JobFolder:
    """A job by its name or its number.

    Raises:
        QglError: there is none (QGL1130), it is damaged (QGL1131), or an earlier version made it (QGL0912).
    """
    for path in folders(run):
        if written in (path.name, str(_number(path))):
            return JobFolder.open(path)
    raise QglError([NoSuchJob(None, str(run), written, tuple(path.name for path in folders(run)))])


def same_request(run: Path, key: str) -> JobFolder | None:
    """The latest job of a run with this key that has not failed.

    Raises:
        QglError: it is damaged (QGL1131): the same is not asked, and paid for, again without a word.
    """
    same = [folder for folder in records_of(run) if folder.job.key == key and folder.job.state != "failed"]
    if not same:
        return None
    same[-1].verify()
    return same[-1]


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
        """The job in a folder, of which every file is what was written.

        Raises:
            QglError: it is damaged (QGL1131), or an earlier version made it (QGL0912).
        """
        folder = cls.recorded(path)
        folder.verify()
        return folder

    @classmethod
    def recorded(cls, path: Path) -> JobFolder:
        """The job in a folder, by its record alone.

        Raises:
            As `open`.
        """
        with _located(path / _JOB):
            facts = sealed.identified(
                path, _JOB, "tag", FORMAT, shape_fault, lambda reason: DamagedJob(None, str(path), reason)
            )
            return cls(path, replace(from_facts(facts), id=path.name))

    def verify(self) -> None:
        """Compares every file with its checksum.

        Raises:
            QglError: with all that are gone or damaged (QGL1131).
        """
        archives = [self.path / _SAMPLES, *map(self._part_file, range(self.job.parts))]
        checks: list[Callable[[], object]] = [partial(self._text, item) for item in self.job.items if item.file]
        checks += [self.params, *(partial(self._stamped, file) for file in archives)]
        faults: list[Diagnostic] = []
        for check in checks:
            try:
                check()
            except QglError as error:
                faults += error.diagnostics
        if self.job.state == "done" and not self.has_samples():
            faults.append(DamagedJob(None, str(self.path / _SAMPLES), _ABSENT))
        if faults:
            raise QglError(faults)

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
        texts = tuple(map(self._text, self.job.items))
        shots = tuple(item.shots for item in self.job.items)
        return Payload(texts, shots, self.job.outputs, self.job.settings, self.job.figures)

    def _text(self, item: Item) -> str:
        with _located(self.path / item.file):
            text = read(self.path / item.file).decode()
            if sha256(text) != item.sha256:
                raise ValueError("it is not the text that the job began with")
        return text

    def params(self) -> dict[str, NDArray[Any]]:
        """The parameters of the circuit.

        Raises:
            QglError: they are gone or damaged (QGL1131).
        """
        with _located(self.path / _WEIGHTS):
            leaves = checkpoint.read(self.path / _WEIGHTS)[0]
            if checkpoint.hash_of(leaves) != self.job.model["weights"]:
                raise ValueError("they are not the parameters that the job began with")
        return leaves

    # ------------------------------------------------------------ strings

    def part(self, number: int) -> list[Strings] | None:
        """The strings of all items in a part; None where it is still to be run."""
        file = self._part_file(number)
        if not file.exists():
            return None
        return self._read(file, [f"item_{k}" for k in range(1, len(self.job.items) + 1)])

    def _part_file(self, number: int) -> Path:
        return self.path / f"part-{number}.npz"

    def keep_part(self, number: int, strings: Sequence[Strings]) -> None:
        named = {f"item_{k}": array for k, array in enumerate(strings, start=1)}
        self._keep(self._part_file(number), named)

    @property
    def parts_kept(self) -> int:
        return sum(self._part_file(number).exists() for number in range(self.job.parts))

    def keep_samples(self, strings: Sequence[Strings]) -> None:
        """The strings of all items; those of the model's distribution together, as `x`."""
        distribution = [array for item, array in zip(self.job.items, strings, strict=True) if item.role == "samples"]
        x = np.concatenate(distribution) if distribution else np.zeros((0, self.job.model["width"]), np.uint8)
        if len(distribution) > 1:  # elements of a mixture come in no order
            x = x[np.random.default_rng(self.job.request.seed).permutation(len(x))]
        others = {
            f"item_{k}": array
            for k, (item, array) in enumerate(zip(self.job.items, strings, strict=True), start=1)
            if item.role != "samples"
        }
        self._keep(self.path / _SAMPLES, {"x": x, **others})

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

    def _keep(self, file: Path, arrays: Mapping[str, Strings]) -> None:
        self._put(file.name, strings_archive.encode(arrays, self._owner(file)))

    def _owner(self, file: Path) -> str:
        """What the strings of a file belong to: another job's do not fit, nor another part's."""
        return f"{self.job.tag} {file.name}"

    def _stamped(self, file: Path) -> bytes | None:
        """The bytes of a file of strings, as they were written; None where it is not there.

        Raises:
            QglError: it is damaged (QGL1131).
        """
        with _located(file):
            try:
                content = read(file, strings_archive.MOST_BYTES)
            except FileNotFoundError:
                return None
            if not sealed.is_stamped(content, self._owner(file)):
                raise ValueError(sealed.CHANGED)
        return content

    def _read(self, file: Path, names: Sequence[str]) -> list[Strings]:
        width = self.job.model["width"]
        content = self._stamped(file)
        with _located(file):
            if content is None:
                raise FileNotFoundError(file)
            every = strings_archive.decode(content)
            lacking = [name for name in names if name not in every]
            if lacking:
                raise ValueError(f"it lacks an array ({lacking[0]})")
            samples = [every[name] for name in names]
            for name, array in zip(names, samples, strict=True):
                if array.dtype != np.uint8 or array.ndim != 2 or array.shape[1] != width or array.max(initial=0) > 1:
                    raise ValueError(f"`{name}` is no array of strings of {width} bits")
        return samples


@contextmanager
def _located(file: Path) -> Iterator[None]:
    """Whatever is wrong with what is read is said of this file of a job (QGL1131).

    Zip files, compression, NumPy's format and safetensors have kinds of errors of their own.
    """
    try:
        yield
    except MemoryError:
        raise
    except QglError as error:
        reasons = [fault.reason for fault in error.diagnostics if isinstance(fault, DamagedRun)]
        if not reasons:
            raise
        raise _damaged(file, "; ".join(reasons)) from error
    except FileNotFoundError as error:
        raise _damaged(file, _ABSENT) from error
    except Exception as error:
        raise _damaged(file, str(error) or type(error).__name__) from error


def _damaged(path: Path, reason: str) -> QglError:
    return QglError([DamagedJob(None, str(path), reason)])
