"""The interface of whoever runs circuits and gives bit strings back: simulators, machines, and engines of a user's own.

    class UniformBits:                               # an engine in one small class
        name = "uniform"

        def samples(self, task):
            rng = np.random.default_rng(task.seed)
            return [rng.integers(0, 2, (shots, task.width), dtype=np.uint8) for shots in task.shots]

A local engine answers while it is called; one that runs OpenQASM text is a `TextEngine`. A remote one takes a payload,
and the answer is fetched later, perhaps by another process: see `RemoteEngine`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from qgl.ir.circuit import Circuit

Strings = NDArray[np.uint8]  # (shots, visible qubits), the first declared visible qubit first


@dataclass(frozen=True, eq=False)
class Task:
    """Strings that are wanted of one circuit, at one or more values of its inputs.

    circuit     as the program has it: channels, measurements and branches included
    inputs      values of all inputs, none open, shape (rows, inputs)
    shots       how many strings of each row, each at least 1; length rows
    seed        where randomness starts, for engines that have such a thing
    max_qubits  the most qubits to use, where the engine resets qubits and uses them again; None: as suits the engine
    """

    circuit: Circuit
    inputs: NDArray[np.float64]
    shots: tuple[int, ...]
    seed: int = 0
    max_qubits: int | None = None

    @property
    def width(self) -> int:
        """Bits of a string."""
        return len(self.circuit.visible)


@runtime_checkable
class Engine(Protocol):
    """Whoever answers `Samples` while it is called."""

    @property
    def name(self) -> str:
        """What a report calls it, such as "aer:fake_torino"."""
        ...

    def samples(self, task: Task) -> list[Strings]:
        """Strings of each row of the task, of shape (task.shots[row], task.width).

        Raises:
            QglError: the engine cannot run the circuit (QGL11xx), with the line of the program where there is one.
        """
        ...


@dataclass(frozen=True)
class Payload:
    """Exactly what is sent to a service. It holds no credentials, and can be kept as JSON.

    texts     OpenQASM 3, one for each row of the task
    shots     of each text
    outputs   for each text, where in the service's answer bit k of a string is found, in words of the engine's own
    settings  what goes with it: the machine's name, options
    figures   what it will take: width, depth, two_qubit_gates, duration (seconds), fidelity (an estimate)
    """

    texts: tuple[str, ...]
    shots: tuple[int, ...]
    outputs: tuple[Any, ...]
    settings: Mapping[str, Any]
    figures: Mapping[str, float | int | None]


@runtime_checkable
class TextEngine(Engine, Protocol):
    """A local engine that runs texts, so that what is shown and kept beforehand is what runs.

    `samples(task)` is `run(payload(task), task.seed)`. A payload can be run in parts of its shots, by another process,
    and with texts changed on purpose: those that calibrate readout, and those whose gates are folded.
    """

    def payload(self, task: Task) -> Payload:
        """What would be run. Runs nothing."""
        ...

    def run(self, payload: Payload, seed: int) -> list[Strings]:
        """The strings of each text, run as it stands: nothing is optimised or laid out again."""
        ...


Status = Literal["waiting", "running", "done", "failed", "unknown"]


@runtime_checkable
class RemoteEngine(Protocol):
    """Whoever takes a payload now and has the strings later. Credentials are those of the service's own library."""

    @property
    def name(self) -> str: ...

    def payload(self, task: Task) -> Payload:
        """What would be sent. Sends nothing."""
        ...

    def send(self, payload: Payload, tag: str) -> str:
        """Sends it under a tag of ours, and gives the service's name of the job back."""
        ...

    def find(self, tag: str) -> str | None:
        """The service's name of the job that was sent under this tag; None if it never arrived."""
        ...

    def status(self, job: str) -> tuple[Status, str]:
        """How far a job is, and the service's own words for it."""
        ...

    def collect(self, job: str, payload: Payload) -> Sequence[Strings]:
        """The strings of each text, of a job that is done."""
        ...
