"""The engine `braket:ARN`: devices of Amazon Braket, by its SDK. `braket:local` is its simulator, behind the same
interface.

Each text of a payload is a task of the service, with the tags `qgl` (ours) and `qgl-text` (such as `0 of 3`). What a
tag is on is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from qgl.diagnostics.hardware import EngineFailed, UnknownJob
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.braket_texts import imported, payload_of
from qgl.hardware.engines.cost import BRAKET_TASK, Cost
from qgl.hardware.engines.engine import Payload, Status, Strings, Task
from qgl.hardware.engines.services import Service, wrapped

LOCAL = "local"
_TAG, _TEXT = "qgl", "qgl-text"
_WAY = "set up the AWS account and region as Braket's own documents say (`aws configure`), then try again"
_STATUSES: dict[str, Status] = {
    "CREATED": "waiting",
    "QUEUED": "waiting",
    "RUNNING": "running",
    "COMPLETED": "done",
    "FAILED": "failed",
    "CANCELLING": "failed",
    "CANCELLED": "failed",
}
_here: dict[str, tuple[Any, dict[str, str]]] = {}  # tasks of `braket:local` and their tags, while this process runs


class BraketRemote(Service[tuple[str, int]]):
    """Sends the profile `braket` to one device. Credentials are those that the SDK finds."""

    way = _WAY
    statuses = _STATUSES

    def __init__(self, device: str) -> None:
        """device: an ARN, or "local".

        Raises:
            QglError: QGL1102, Amazon Braket's SDK is not installed.
        """
        self.name = f"braket:{device}"
        self._arn = device
        self._library = imported("braket.devices" if device == LOCAL else "braket.aws", self.name)
        self._program = imported("braket.ir.openqasm", self.name).Program

    def payload(self, task: Task) -> Payload:
        """What would be sent; see `RemoteEngine`. It does not ask the service.

        Raises:
            QglError: QGL10xx, the circuit cannot be written.
        """
        return payload_of(task, {"engine": self.name, "device": self._arn})

    def collect(self, job: str, payload: Payload) -> Sequence[Strings]:
        """The strings of each text; see `RemoteEngine`.

        Raises:
            QglError: QGL1107, a task is not known; QGL1105, no access; QGL1103, a task has no result.
        """
        with wrapped(self.name, _WAY):
            names = zip(job.split(), payload.outputs, strict=True)
            return [self._strings(name, output) for name, output in names]

    def _strings(self, name: str, output: Sequence[int]) -> Strings:
        task = self._task(name)
        result = task.result()
        if result is None:
            raise QglError([EngineFailed(None, self.name, f"the task {name} has no result ({task.state()})")])
        columns = [list(result.measured_qubits).index(qubit) for qubit in output]
        return np.ascontiguousarray(np.asarray(result.measurements)[:, columns], dtype=np.uint8)

    def cost(self, payload: Payload) -> Cost | None:
        """By the price that the service tells of the device, and that of a task; None of the local simulator.

        Raises:
            QglError: QGL1105, no access; QGL1103, with what the service says.
        """
        if self._arn == LOCAL:
            return None
        with wrapped(self.name, _WAY):
            told = self._device.properties.service.deviceCost
        tasks, shots = len(payload.texts), sum(payload.shots)
        if told is None:
            return Cost(None, None, "the service tells no price of this device")
        if told.unit == "shot":
            basis = f"{tasks} tasks at {BRAKET_TASK:.2f} USD, {shots} shots at {told.price:g} USD, as the service tells"
            return Cost(None, BRAKET_TASK * tasks + told.price * shots, basis)
        if told.unit == "task":
            basis = f"{tasks} tasks at {told.price:g} USD, as the service tells"
            return Cost(None, told.price * tasks, basis)
        return Cost(
            None, None, f"{told.price:g} USD a {told.unit}, as the service tells; how long it takes it does not"
        )

    # ------------------------------------------------------------ the service

    @cached_property
    def _device(self) -> Any:
        return self._library.LocalSimulator("braket_sv") if self._arn == LOCAL else self._library.AwsDevice(self._arn)

    def parts_of(self, payload: Payload) -> list[tuple[str, int]]:
        """Each text with its shots."""
        return list(zip(payload.texts, payload.shots, strict=True))

    def send_part(self, part: tuple[str, int], tag: str, place: int, count: int) -> str:
        text, shots = part
        program, tags = self._program(source=text), {_TAG: tag, _TEXT: f"{place} of {count}"}
        if self._arn != LOCAL:
            return str(self._device.run(program, shots=shots, tags=tags).id)
        task = self._device.run(program, shots=shots)
        _here[str(task.id)] = (task, tags)
        return str(task.id)

    def said(self, name: str) -> tuple[str, Callable[[], str | None]]:
        task = self._task(name)
        return str(task.state()), lambda: task.metadata().get("failureReason")

    def _task(self, name: str) -> Any:
        if self._arn != LOCAL:
            return self._library.AwsQuantumTask(arn=name, aws_session=self._device.aws_session)
        if name not in _here:
            raise QglError([UnknownJob(None, self.name, name)])
        return _here[name][0]

    def tagged(self, tag: str) -> Iterator[tuple[str, int, int]]:
        for name, tags in self._listed():
            if tags.get(_TAG) == tag:
                place, _, count = tags[_TEXT].partition(" of ")
                yield name, int(place), int(count)

    def _listed(self) -> list[tuple[str, dict[str, str]]]:
        """Names and tags of the account's tasks on this device."""
        if self._arn == LOCAL:
            return [(name, tags) for name, (_, tags) in _here.items()]
        client = self._device.aws_session.braket_client
        pages = client.get_paginator("search_quantum_tasks").paginate(
            filters=[{"name": "deviceArn", "operator": "EQUAL", "values": [self._arn]}]
        )
        return [
            (summary["quantumTaskArn"], summary.get("tags", {})) for page in pages for summary in page["quantumTasks"]
        ]
