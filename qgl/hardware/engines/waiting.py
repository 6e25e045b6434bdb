"""A machine that answers later, as an engine that answers while it is called."""

from __future__ import annotations

import time
import uuid

from qgl.diagnostics.hardware import EngineFailed
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.contract import listed, named, packed, stood
from qgl.hardware.engines.engine import Engine, RemoteEngine, Strings, Task

_SLEEP = (0.2, 20.0)  # seconds between two questions whether a job is done, at first and at most


class Patient:
    """Sends every task as a job of its own, and waits for it."""

    def __init__(self, remote: RemoteEngine) -> None:
        self._remote, self.name = remote, remote.name

    def samples(self, task: Task) -> list[Strings]:
        """See `Engine.samples`.

        Raises:
            QglError: the job failed (QGL1103), an answer is of the wrong kind (QGL1108), or what the engine raises.
        """
        payload = packed(self.name, self._remote.payload(task), len(task.shots))
        job = named(self.name, self._remote.send(payload, f"qgl-{uuid.uuid4().hex}"))
        sleep, longest = _SLEEP
        while True:
            status, wording = stood(self.name, self._remote.status(job))
            if status == "done":
                return listed(self.name, self._remote.collect(job, payload), len(task.shots))
            if status == "failed":
                raise QglError([EngineFailed(None, self.name, wording)])
            time.sleep(sleep)
            sleep = min(longest, 1.5 * sleep)


def patient(engine: Engine | RemoteEngine) -> Engine:
    """`engine`, made to wait if it answers later."""
    return Patient(engine) if isinstance(engine, RemoteEngine) else engine
