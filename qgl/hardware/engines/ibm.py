"""The engine `ibm:NAME`: machines of IBM's service, by SamplerV2. `ibm:fake_torino` is one on this computer.

A fake machine runs in the local mode of the same library, with its noise, while the payload is sent; what came is
there as long as this process. A payload is a job of the service for each number of shots, with two tags: ours, and ours
with `-0-of-2` appended. What a tag is on is not sent again.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from qgl.diagnostics.hardware import EngineNotInstalled, UnknownJob
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.cost import IBM_DELAY, IBM_JOB, IBM_SECOND, Cost
from qgl.hardware.engines.engine import Payload, Status, Strings, Task
from qgl.hardware.engines.qiskit_counts import OUTPUT, strings_of_bytes
from qgl.hardware.engines.services import Service, wrapped
from qgl.hardware.machines.figures import measure
from qgl.hardware.machines.isa import load_isa
from qgl.hardware.machines.machine_rows import texts_of
from qgl.hardware.machines.target import Machine, resolve

_WAY = "save the account as IBM's own documents say (`QiskitRuntimeService.save_account`), then try again"
_STATUSES: dict[str, Status] = {
    "INITIALIZING": "waiting",
    "QUEUED": "waiting",
    "VALIDATING": "waiting",
    "RUNNING": "running",
    "DONE": "done",
    "ERROR": "failed",
    "CANCELLED": "failed",
}
_here: dict[str, tuple[Any, list[str]]] = {}  # jobs of fake machines with their tags, while this process runs


class Ibm(Service[tuple[int, list[str]]]):
    """Sends the profile `ibm`, fitted to one machine. Credentials are those that the service's library has saved."""

    way = _WAY
    statuses = _STATUSES

    def __init__(self, machine: str) -> None:
        """machine: its name at the service, or that of a fake machine.

        Raises:
            QglError: QGL1102, `qiskit_ibm_runtime` is not installed.
        """
        self.name = f"ibm:{machine}"
        self._written = machine
        try:
            self._library = importlib.import_module("qiskit_ibm_runtime")
            importlib.import_module("qiskit_qasm3_import")
        except ImportError as missing:
            raise QglError([EngineNotInstalled(None, self.name, str(missing.name), "ibm")]) from None

    def payload(self, task: Task) -> Payload:
        """What would be sent; see `RemoteEngine`. The service is asked for the machine.

        Raises:
            QglError: QGL112x, there is no such machine, no account, or the circuit does not fit; QGL10xx, it cannot be
                written.
        """
        texts, figures = texts_of(task, self.machine)
        settings = {"engine": self.name, "machine": self.machine.name, "options": {}}
        return Payload(texts, task.shots, (OUTPUT,) * len(texts), settings, figures.mapping())

    def collect(self, job: str, payload: Payload) -> Sequence[Strings]:
        """The strings of each text; see `RemoteEngine`.

        Raises:
            QglError: QGL1107, a job is not known; QGL1105, no access; QGL1103, with what the service says.
        """
        samples: dict[int, Strings] = {}
        with wrapped(self.name, _WAY):
            for name, rows in zip(job.split(), _groups(payload.shots).values(), strict=True):
                for row, result in zip(rows, self._job(name).result(), strict=True):
                    bits = result.data[payload.outputs[row]]
                    samples[row] = strings_of_bytes(bits.array, bits.num_bits)
        return [samples[row] for row in range(len(payload.texts))]

    def cost(self, payload: Payload) -> Cost | None:
        """Seconds by IBM's formula: 2 for each job, and for each shot the delay before it and the circuit's length. The
        price is that of the plan Pay-As-You-Go. None of a fake machine.
        """
        if self._is_fake:
            return None
        delay = getattr(self.machine.backend, "default_rep_delay", None) or IBM_DELAY
        lengths = [measure(load_isa(text), self.machine.target).duration for text in payload.texts]
        if None in lengths:
            return Cost(None, None, f"{self.machine.name} tells no durations of its gates")
        shots = zip(lengths, payload.shots, strict=True)
        seconds = IBM_JOB * len(_groups(payload.shots)) + sum(
            (delay + (length or 0)) * count for length, count in shots
        )
        rate = f"{IBM_SECOND:.2f} USD a second on the plan Pay-As-You-Go"
        basis = f"{rate}; other plans charge otherwise, the Open Plan nothing"
        return Cost(seconds, IBM_SECOND * seconds, basis)

    # ------------------------------------------------------------ the service

    @property
    def _is_fake(self) -> bool:
        return self._written.startswith("fake_")

    @cached_property
    def machine(self) -> Machine:
        """The machine; its service is asked for it once."""
        return resolve(self._written if self._is_fake else f"ibm:{self._written}")

    @cached_property
    def _service(self) -> Any:
        return self.machine.backend.service

    def parts_of(self, payload: Payload) -> list[tuple[int, list[str]]]:
        """The texts of each number of shots."""
        return [(shots, [payload.texts[row] for row in rows]) for shots, rows in _groups(payload.shots).items()]

    def send_part(self, part: tuple[int, list[str]], tag: str, place: int, count: int) -> str:
        shots, texts = part
        circuits, tags = [load_isa(text) for text in texts], [tag, f"{tag}-{place}-of-{count}"]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The SamplerV2 class is deprecated", DeprecationWarning)
            sampler = self._library.SamplerV2(mode=self.machine.backend)
        if not self._is_fake:
            sampler.options.environment.job_tags = tags
        job = sampler.run([(circuit, None, shots) for circuit in circuits])
        if self._is_fake:
            job.result()  # it would be lost with this process
            _here[job.job_id()] = (job, tags)
        return str(job.job_id())

    def _job(self, name: str) -> Any:
        if not self._is_fake:
            return self._service.job(name)
        if name not in _here:
            raise QglError([UnknownJob(None, self.name, name)])
        return _here[name][0]

    def said(self, name: str) -> tuple[str, Callable[[], str | None]]:
        job = self._job(name)
        reported = job.status()
        return str(getattr(reported, "name", reported)), lambda: None if self._is_fake else job.error_message()

    def tagged(self, tag: str) -> Iterator[tuple[str, int, int]]:
        if self._is_fake:
            listed = [(name, tags) for name, (_, tags) in _here.items() if tag in tags]
        else:
            jobs = self._service.jobs(job_tags=[tag], limit=None)
            listed = [(job.job_id(), list(job.tags)) for job in jobs]
        for name, tags in listed:
            own = next(own for own in tags if own.startswith(f"{tag}-"))
            place, _, count = own.removeprefix(f"{tag}-").partition("-of-")
            yield name, int(place), int(count)


def _groups(shots: Sequence[int]) -> dict[int, list[int]]:
    """The rows of each number of shots: the service takes one for a job."""
    return {size: [row for row, own in enumerate(shots) if own == size] for size in dict.fromkeys(shots)}
