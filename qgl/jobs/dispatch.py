"""Jobs from begin to end: written down, sent once, fetched; by whichever process comes next.

A local engine runs a job in parts of its shots, each with a seed of its own, so that the strings do not depend on how
often the work was broken off. A remote job is written down as being sent before it is sent. If the client is lost
then, the next one asks the service for the job's tag before anything is sent again, and gives the service a minute to
list it. The minute begins with the last sign of life of whoever sent: texts are many, and sending may last longer.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from qgl.diagnostics.hardware import failed
from qgl.diagnostics.jobs import JobFailed, JobInDoubt, OtherEngine
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.contract import checked, listed, named, stood
from qgl.hardware.engines.engine import Engine, RemoteEngine, Strings, Task, TextEngine
from qgl.jobs import store
from qgl.jobs.draft import AnyEngine, Draft, task_for
from qgl.jobs.pauli_words import turned
from qgl.jobs.record import Job, Request
from qgl.jobs.store import JobFolder
from qgl.runs import manifest as manifests
from qgl.runs.reload import model_of

SETTLED = 62  # seconds from the last sign of life: a service lists within a minute, and a sign is two seconds old
BEAT = 2.0  # seconds between two signs of life while something is sent
Told = Callable[[int, int], None]  # strings that are there, and all


def next_repeat(run: Path, request: Request) -> int:
    """The first number of `repeat` with which a run has no job yet."""
    taken = {
        folder.job.request.repeat
        for folder in store.records_of(run)
        if replace(folder.job.request, repeat=0) == replace(request, repeat=0)
    }
    return next(number for number in itertools.count() if number not in taken)


def begin(run: Path, made: Draft) -> JobFolder:
    """Writes a job down. Nothing is sent. It is another one, with its own tag, if the same was asked meanwhile.

    Raises:
        QglError: it cannot be written.
    """
    return store.create(run, made.job, made.texts, made.params)


def carry_on(folder: JobFolder, engine: AnyEngine, told: Told = lambda done, all_: None) -> Job:
    """Takes a job as far as it goes now: to its end with a local engine; with a remote one, sent, and fetched if done.

    Raises:
        QglError: another process has the job (QGL1132), it is damaged (QGL1131), was begun with another engine
            (QGL1135), may be on its way (QGL1133) or has failed (QGL1134), or the engine refuses (QGL11xx).
    """
    with folder.working():
        if folder.job.request.engine != engine.name:
            raise QglError([OtherEngine(None, folder.job.id, folder.job.request.engine, engine.name)])
        if folder.job.state == "done":
            return folder.job
        if isinstance(engine, RemoteEngine):
            _deliver(folder, engine)
            _collect(folder, engine)
        else:
            _work(folder, engine, told)
        return folder.job


# ------------------------------------------------------------ local engines


def _work(folder: JobFolder, engine: Engine, told: Told) -> None:
    """Runs the parts that are not there, puts all together, and lets go of the parts."""
    job = folder.job
    if not folder.has_samples():
        if job.state != "running":
            folder.save(job.at("running", manifests.now(), said=""))
        ask = _asker(folder, engine)
        for part in range(job.parts):
            if folder.part(part) is None:
                folder.keep_part(part, _run_part(folder, ask, part))
            told(sum(_share(item.shots, job.parts, k) for item in job.items for k in range(part + 1)), job.shots)
        parts = [folder.part(part) or [] for part in range(job.parts)]
        folder.keep_samples([np.concatenate(pieces) for pieces in zip(*parts, strict=True)])
    folder.drop_parts()  # first: nothing comes back to a job that is done
    folder.save(folder.job.at("done", manifests.now()))


Ask = Callable[[int], list[Strings]]  # number of a part -> strings of all items


def _run_part(folder: JobFolder, ask: Ask, part: int) -> list[Strings]:
    try:
        return _strings_of(folder.job.request.engine, ask, part)
    except QglError as error:
        said = "; ".join(fault.message for fault in error.diagnostics)
        folder.save(folder.job.at("failed", manifests.now(), said=said))
        raise


def _strings_of(engine: str, ask: Ask, part: int) -> list[Strings]:
    """An engine may be anyone's, and raise anything; a job that it failed must not look as if it went on."""
    try:
        return ask(part)
    except QglError:
        raise
    except Exception as error:
        raise QglError([failed(engine, error)]) from error


def _asker(folder: JobFolder, engine: Engine) -> Ask:
    """Strings of parts, from the texts, or from circuits for an engine that takes no texts."""
    job, width = folder.job, folder.job.model["width"]
    if isinstance(engine, TextEngine):
        payload = folder.payload()

        def by_text(part: int) -> list[Strings]:
            shots = [_share(item.shots, job.parts, part) for item in job.items]
            places = [place for place, count in enumerate(shots) if count]
            some = replace(
                payload,
                texts=tuple(payload.texts[place] for place in places),
                shots=tuple(shots[place] for place in places),
                outputs=tuple(payload.outputs[place] for place in places),
            )
            came = iter(checked(engine.name, engine.run(some, _seed(job, part)), some.shots, width))
            return [next(came) if count else np.zeros((0, width), np.uint8) for count in shots]

        return by_text
    task = task_for(model_of(folder.path.parent.parent), folder.params(), job.request)

    circuits = {item.basis: turned(task.circuit, item.basis) for item in job.items}  # engines keep what they compiled

    def by_circuit(part: int) -> list[Strings]:
        samples = []
        for place, item in enumerate(job.items):
            shots = _share(item.shots, job.parts, part)
            if shots == 0:
                samples.append(np.zeros((0, width), np.uint8))
                continue
            inputs = task.inputs[item.row : item.row + 1]
            one = Task(circuits[item.basis], inputs, (shots,), _seed(job, part, place), task.max_qubits)
            samples += checked(engine.name, engine.samples(one), (shots,), width)
        return samples

    return by_circuit


def _share(shots: int, parts: int, part: int) -> int:
    return shots // parts + (part < shots % parts)


def _seed(job: Job, *place: int) -> int:
    """A seed of 31 bits for a part: apart from all others, and the same whenever it is run."""
    entropy = [job.request.seed, job.request.repeat, *place]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0] >> 1)


# ------------------------------------------------------------ remote engines


def _deliver(folder: JobFolder, engine: RemoteEngine) -> None:
    """Sends the job, unless it is at the service already."""
    job = folder.job
    if job.state == "failed":
        raise QglError([JobFailed(None, job.id, job.said)])
    if job.state == "sending":
        service = engine.find(job.tag)
        if service is not None:
            folder.save(job.at("sent", manifests.now(), service=named(engine.name, service)))
            return
        left = SETTLED - _age(job.times["sending"])
        if left > 0:
            raise QglError([JobInDoubt(None, job.id, job.tag, math.ceil(left))])
    if job.state in ("planned", "sending"):
        payload = folder.payload()
        with _beating(folder):
            service = named(engine.name, engine.send(payload, job.tag))
        folder.save(folder.job.at("sent", manifests.now(), service=service))


@contextmanager
def _beating(folder: JobFolder) -> Iterator[None]:
    """Writes down again and again that the job is being sent, so that whoever comes next knows when that ended.

    What arrived last may not be listed yet, however long ago the sending began; an engine tells nothing in between.
    """
    over = threading.Event()

    def beat() -> None:
        with suppress(QglError):  # a full disk is told when the job is saved as sent
            while not over.wait(BEAT):
                folder.save(folder.job.at("sending", manifests.now()))

    folder.save(folder.job.at("sending", manifests.now()))
    beating = threading.Thread(target=beat, daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()
        with suppress(QglError):
            folder.save(folder.job.at("sending", manifests.now()))


def _collect(folder: JobFolder, engine: RemoteEngine) -> None:
    """Takes the strings, if the service has them."""
    job = folder.job
    if not folder.has_samples():
        status, said = stood(engine.name, engine.status(job.service))
        if status == "failed":
            folder.save(job.at("failed", manifests.now(), said=said))
            raise QglError([JobFailed(None, job.id, said)])
        if status != "done":
            folder.save(replace(job, said=said or status))
            return
        strings = listed(engine.name, engine.collect(job.service, folder.payload()), len(job.items))
        came = [len(array) for array in strings if isinstance(array, np.ndarray) and array.ndim]
        if not all(came) or len(came) != len(job.items):
            came = [item.shots for item in job.items]  # what was asked for, for the message
        folder.keep_samples(checked(engine.name, strings, came, job.model["width"]))
    there = sum(map(len, folder.all_strings()))
    said = "" if there == job.shots else f"{there} of {job.shots} strings came back"
    folder.save(folder.job.at("done", manifests.now(), said=said))


def _age(when: str) -> float:
    """Seconds since a moment that `manifests.now` wrote down; endless for what is no time."""
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(when)).total_seconds()
    except (ValueError, TypeError):
        return math.inf
