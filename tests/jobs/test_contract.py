"""Engines that break their contract: the answer is refused in words, and the job does not look as if it went on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import qgl
from qgl.diagnostics.model import QglError
from qgl.hardware import run as run_on
from qgl.hardware.engines.engine import Payload, Task
from qgl.jobs import dispatch, draft, store
from qgl.jobs.dispatch import begin, carry_on
from qgl.jobs.record import Request
from qgl.model import Model
from qgl.runs.reload import model_of
from qgl.runs.run import Run
from tests.jobs.engines import Lost, Service, Texts, UniformBits

PROGRAM = """
data rows = strings(["00", "11"]);
visible v[2];
model { ry(?) v; cx v[0], v[1]; }
objective nll(rows);
train { optimizer adam(rate = 0.1); steps 1; }
"""
Answer = Callable[[list[Any]], Any]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("home") / "run"
    qgl.loads(PROGRAM).train(out=path, display="quiet", pictures=False)
    return path


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "run"))


@pytest.fixture(scope="module")
def model(trained: Path) -> Model:
    return model_of(trained)


def begun(run: Path, model: Model, engine: Any, shots: int = 100) -> store.JobFolder:
    return begin(run, draft.draft(Run.load(run), model, Request(engine.name, shots), engine))


def refused(code: str, what: Callable[[], Any]) -> str:
    with pytest.raises(QglError) as error:
        what()
    assert [fault.code for fault in error.value.diagnostics] == [code]
    return str(error.value)


WRONG: dict[str, tuple[Answer, str]] = {
    "nothing": (lambda rows: None, "QGL1108"),
    "a generator": (lambda rows: (row for row in rows), "QGL1108"),
    "a mapping": (lambda rows: dict(enumerate(rows)), "QGL1108"),
    "no rows": (lambda rows: [], "QGL1108"),
    "too many rows": (lambda rows: [*rows, rows[0]], "QGL1108"),
    "a string": (lambda rows: "0", "QGL1108"),
    "lists": (lambda rows: [row.tolist() for row in rows], "QGL1106"),
    "a row of nothing": (lambda rows: [None], "QGL1106"),
    "a number": (lambda rows: [np.uint8(1)], "QGL1106"),
    "no axes": (lambda rows: [np.array(1, np.uint8)], "QGL1106"),
    "too wide": (lambda rows: [np.repeat(row, 2, axis=1) for row in rows], "QGL1106"),
    "booleans": (lambda rows: [row.astype(bool) for row in rows], "QGL1106"),
}


@pytest.mark.parametrize(("answer", "code"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_answer_is_refused_wherever_engines_are_asked(
    run: Path, model: Model, tmp_path: Path, answer: Answer, code: str
) -> None:
    class Wrong(UniformBits):
        def samples(self, task: Task) -> Any:
            return answer(super().samples(task))

    class WrongTexts(Texts):
        def run(self, payload: Any, seed: int) -> Any:
            return answer(super().run(payload, seed))

    class WrongService(Service):
        def collect(self, job: str, payload: Any) -> Any:
            return answer(list(super().collect(job, payload)))

    params = model.init(jax.random.key(0))
    for engine in (Wrong(), WrongService(tmp_path / "waited")):
        refused(code, partial(run_on, model, params, engine, 10))
    asked: list[tuple[Any, str]] = [(Wrong(), "failed"), (WrongTexts(), "failed")]
    for engine, state in [*asked, (WrongService(tmp_path / "far"), "sent")]:
        folder = begun(run, model, engine)
        refused(code, partial(carry_on, folder, engine))
        assert store.find(run, folder.job.id).job.state == state


def test_whatever_an_engine_raises_fails_the_job(run: Path, model: Model) -> None:
    class Raises(UniformBits):
        def samples(self, task: Task) -> Any:
            raise ZeroDivisionError("by zero")

    folder = begun(run, model, Raises())
    assert "ZeroDivisionError: by zero" in refused("QGL1103", lambda: carry_on(folder, Raises()))
    assert store.find(run, "1").job.state == "failed"


@pytest.mark.parametrize("name", [None, "", 7], ids=str)
def test_a_job_without_a_name_is_asked_for_by_its_tag(run: Path, model: Model, tmp_path: Path, name: Any) -> None:
    class Nameless(Service):
        def send(self, payload: Any, tag: str) -> Any:
            super().send(payload, tag)
            return name

    service = Nameless(tmp_path / "service")
    folder = begun(run, model, service)
    refused("QGL1108", lambda: carry_on(folder, service))
    assert store.find(run, "1").job.state == "sending"
    carry_on(store.find(run, "1"), service)  # it did arrive
    assert store.find(run, "1").job.state == "done" and len(service.sent) == 1


@pytest.mark.parametrize("answer", [None, "done", ("finished", "words"), ("done", None), ("done",)], ids=str)
def test_a_status_that_is_none_is_refused(run: Path, model: Model, tmp_path: Path, answer: Any) -> None:
    class Vague(Service):
        def status(self, job: str) -> Any:
            return answer

    service = Vague(tmp_path / "service")
    folder = begun(run, model, service)
    refused("QGL1108", lambda: carry_on(folder, service))
    assert store.find(run, "1").job.state == "sent"


def test_what_is_no_payload_is_refused_before_anything_is_written(run: Path, model: Model, tmp_path: Path) -> None:
    changed: Any = replace  # to what types forbid
    wrong: list[Callable[[Payload], Any]] = [
        lambda payload: None,
        lambda payload: payload.texts,
        lambda payload: changed(payload, texts=()),
        lambda payload: changed(payload, texts=(b"OPENQASM 3.0;",)),
        lambda payload: changed(payload, outputs=None),
        lambda payload: changed(payload, settings={"place": tmp_path}),
        lambda payload: changed(payload, figures=None),
    ]

    class Wrong(Texts):
        def __init__(self, answer: Callable[[Payload], Any]) -> None:
            super().__init__()
            self.answer = answer

        def payload(self, task: Task) -> Any:
            return self.answer(super().payload(task))

    for answer in wrong:
        refused("QGL1108", partial(begun, run, model, Wrong(answer)))
    assert not store.folders(run)


# ------------------------------------------------------------ sent once


class Slow(Service):
    """A service that lists what it has received only some time after; sending a payload takes long."""

    def __init__(self, place: Path, seconds: float) -> None:
        super().__init__(place, dies="after")
        self.seconds, self.listed = seconds, False

    def send(self, payload: Any, tag: str) -> str:
        time.sleep(self.seconds)
        return super().send(payload, tag)

    def find(self, tag: str) -> str | None:
        return super().find(tag) if self.listed else None


def test_the_minute_of_grace_runs_from_the_end_of_a_long_sending(
    run: Path, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "BEAT", 0.05)
    written: list[str] = []
    began = datetime.now(UTC) - timedelta(seconds=dispatch.SETTLED)

    def now() -> str:  # a minute passes with every look at the clock
        written.append((began + len(written) * timedelta(seconds=dispatch.SETTLED)).isoformat())
        return written[-1]

    monkeypatch.setattr("qgl.runs.manifest.now", now)
    service = Slow(tmp_path / "service", 0.5)
    folder = begun(run, model, service)
    first = len(written)
    with pytest.raises(Lost):
        carry_on(folder, service)
    assert len(written) - first > 3  # signs of life on the way, and one at its end
    assert store.find(run, "1").job.times["sending"] == written[-1]

    monkeypatch.undo()
    found = store.find(run, "1")
    times = {**found.job.times, "sending": datetime.now(UTC).isoformat()}
    found.save(replace(found.job, times=times))
    refused("QGL1133", lambda: carry_on(found, service))
    assert len(service.sent) == 1
    service.listed = True
    carry_on(store.find(run, "1"), service)
    assert store.find(run, "1").job.state == "done" and len(service.sent) == 1
