"""The engine `braket-local`: Amazon Braket's simulator on this computer."""

from __future__ import annotations

import re

import numpy as np

from qgl.bits.distribution import strings
from qgl.diagnostics.hardware import EngineFailed, TooWideForEngine
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.braket_texts import imported, payload_of
from qgl.hardware.engines.engine import Payload, Strings, Task
from qgl.plan.memory import available

_AMPLITUDE = 48  # bytes: the state, the one after it, and the probabilities with their sums
_MEASURED = re.compile(r"^c = measure q;$", re.MULTILINE)


class BraketLocal:
    """Runs the profile `braket` on the state vector of all wires, which is right for every text of that profile.

    The simulator takes no seed. So it is asked for the probabilities of the output, and strings are drawn from these
    here. `Task.max_qubits` cannot be less than the wires are.
    """

    name = "braket-local"

    def __init__(self) -> None:
        """Raises:
        QglError: QGL1102, Amazon Braket's SDK is not installed.
        """
        self._device = imported("braket.devices", self.name).LocalSimulator("braket_sv")
        self._program = imported("braket.ir.openqasm", self.name).Program

    def samples(self, task: Task) -> list[Strings]:
        """Strings of each row; see `Engine.samples`.

        Raises:
            QglError: QGL1104, the state does not fit into memory; QGL1103, with what the simulator says; QGL10xx, the
                circuit cannot be written.
        """
        return self.run(self.payload(task), task.seed)

    def payload(self, task: Task) -> Payload:
        """The texts of the rows; see `TextEngine`."""
        payload = payload_of(task, {"engine": self.name, "simulator": "braket_sv"})
        qubits = int(payload.figures["width"] or 0)
        needed, limit = _AMPLITUDE << qubits, available()
        if needed > limit:
            raise QglError([TooWideForEngine(None, self.name, qubits, needed, limit)])
        return payload

    def run(self, payload: Payload, seed: int) -> list[Strings]:
        """The strings of each text; see `TextEngine`.

        Raises:
            QglError: QGL1103, with what the simulator says.
        """
        rng = np.random.default_rng(seed)
        rows = zip(payload.texts, payload.shots, payload.outputs, strict=True)
        return [self._drawn(text, shots, len(output), rng) for text, shots, output in rows]

    def _drawn(self, text: str, shots: int, width: int, rng: np.random.Generator) -> Strings:
        source = _MEASURED.sub("#pragma braket result probability q", text)
        try:
            distribution = np.asarray(self._device.run(self._program(source=source), shots=0).result().values[0])
        except Exception as error:  # whatever the library says, in its own words
            raise QglError([EngineFailed(None, self.name, str(error))]) from error
        index = np.searchsorted(np.cumsum(distribution)[:-1], rng.random(shots) * np.sum(distribution), side="right")
        return strings(index, width)
