"""A machine that answers later, made to answer at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from qgl.diagnostics.model import QglError
from qgl.hardware.engines.engine import Engine, Payload, RemoteEngine, Status, Strings, Task
from qgl.hardware.engines.statevector import StateVector
from qgl.hardware.engines.waiting import patient
from qgl.ir.circuit import Circuit
from tests.reference.programs import op, program_of


class Later:
    """Done when it has been asked as often as its answers last."""

    name = "later"

    def __init__(self, *answers: tuple[Status, str]) -> None:
        self.answers, self.tags = list(answers), list[str]()

    def payload(self, task: Task) -> Payload:
        return Payload(("text",) * len(task.shots), task.shots, (None,) * len(task.shots), {}, {})

    def send(self, payload: Payload, tag: str) -> str:
        self.tags.append(tag)
        return f"job {len(self.tags)}"

    def find(self, tag: str) -> str | None:
        return None

    def status(self, job: str) -> tuple[Status, str]:
        assert job == f"job {len(self.tags)}"
        return self.answers.pop(0)

    def collect(self, job: str, payload: Payload) -> Sequence[Strings]:
        return tuple(np.ones((shots, 2), np.uint8) for shots in payload.shots)


def task() -> Task:
    return Task(Circuit.of(program_of(2, 0, op("h", 0), op("h", 1))), np.zeros((2, 0)), (3, 4))


def test_waits_until_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    remote = Later(("waiting", "in the queue"), ("unknown", ""), ("running", ""), ("done", ""), ("done", ""))
    known: RemoteEngine = remote
    engine = patient(known)
    assert isinstance(engine, Engine) and engine.name == "later"
    assert [strings.shape for strings in engine.samples(task())] == [(3, 2), (4, 2)]
    assert len(slept) == 3 and slept == sorted(slept)
    engine.samples(task())
    assert len(set(remote.tags)) == 2


def test_a_job_that_failed_says_why() -> None:
    engine = patient(Later(("failed", "out of helium")))
    with pytest.raises(QglError, match=r"QGL1103.*later.*out of helium"):
        engine.samples(task())


def test_a_local_engine_stays_as_it_is() -> None:
    engine = StateVector()
    assert patient(engine) is engine
