"""The engine `aer`: Qiskit Aer, without noise or as one of IBM's fake machines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.hardware import EngineFailed, EngineNotInstalled, TooWideForEngine
from qgl.diagnostics.model import QglError
from qgl.diagnostics.qasm import FunctionOfOpenInput
from qgl.hardware.engine import Strings, Task
from qgl.hardware.qiskit_counts import places_of, strings_of
from qgl.ir.circuit import Circuit
from qgl.plan.memory import available
from qgl.qasm import Emission, emission

_CIRCUITS = 8  # kept loaded
_AMPLITUDE = 16  # bytes
_SMALL = 14  # qubits of a state on which several threads only wait for each other
_CLIFFORD = {
    "id",
    "x",
    "y",
    "z",
    "h",
    "s",
    "sdg",
    "sx",
    "sxdg",
    "cx",
    "cy",
    "cz",
    "swap",
    "measure",
    "reset",
    "barrier",
}


@dataclass(frozen=True)
class Loaded:
    """A text that Qiskit has read: `circuit` has the text's inputs as parameters, `places` are those of the output."""

    emission: Emission
    circuit: Any
    places: tuple[int, ...]


class Aer:
    """Runs the profile `qiskit`. All rows of a task are one text with open inputs, read once."""

    def __init__(self, machine: str | None = None) -> None:
        """machine: the name of one of IBM's fake machines; None: no noise.

        Raises:
            QglError: QGL1102, Qiskit Aer is not installed.
        """
        self.name = "aer" if machine is None else f"aer:{machine}"
        try:
            import qiskit_aer
            import qiskit_qasm3_import  # noqa: F401
        except ImportError as missing:
            raise QglError([EngineNotInstalled(None, self.name, str(missing.name), "aer")]) from None
        self._simulator = qiskit_aer.AerSimulator()
        self._open = lru_cache(_CIRCUITS)(self._opened)

    def samples(self, task: Task) -> list[Strings]:
        """Strings of each row; see `Engine.samples`.

        Raises:
            QglError: QGL1104, the state does not fit into memory; QGL1103, with what Aer says; QGL10xx, the circuit
                cannot be written down.
        """
        loaded = self._open(task.circuit) if len(task.shots) > 1 else None
        found: dict[int, Strings] = {}
        rng = np.random.default_rng(task.seed)
        for shots in dict.fromkeys(task.shots):
            rows = [row for row, wanted in enumerate(task.shots) if wanted == shots]
            if loaded is not None:
                found |= zip(rows, self._together(loaded, task.inputs[rows], shots, rng), strict=True)
            else:
                found |= {row: self._alone(task.circuit, task.inputs[row], shots, rng) for row in rows}
        return [found[row] for row in range(len(task.shots))]

    def _opened(self, circuit: Circuit) -> Loaded | None:
        """The text with all inputs open; None where only numbers can be written."""
        try:
            return self._load(emission(circuit, None, "qiskit", optimise=True))
        except QglError as refusal:
            if all(isinstance(found, FunctionOfOpenInput) for found in refusal.diagnostics):
                return None
            raise

    def _load(self, text: Emission) -> Loaded:
        import qiskit_qasm3_import
        from qiskit import transpile

        circuit = qiskit_qasm3_import.parse(text.text)
        places = places_of(circuit.clbits, next(register for register in circuit.cregs if register.name == "c"))
        ready = transpile(circuit, self._simulator, optimization_level=0)
        self._fits(ready)
        return Loaded(text, ready, places)

    def _fits(self, circuit: Any) -> None:
        needed, limit = _AMPLITUDE << circuit.num_qubits, available()
        if needed > limit and not set(circuit.count_ops()) <= _CLIFFORD:
            raise QglError([TooWideForEngine(None, self.name, circuit.num_qubits, needed, limit)])

    def _together(
        self, loaded: Loaded, inputs: NDArray[np.float64], shots: int, rng: np.random.Generator
    ) -> list[Strings]:
        values = [loaded.emission.bindings(row) for row in inputs]
        binds = {parameter: [row[parameter.name] for row in values] for parameter in loaded.circuit.parameters}
        if binds:
            return self._run([loaded.circuit], shots, rng, loaded.places, parameter_binds=[binds])
        return self._run([loaded.circuit] * len(values), shots, rng, loaded.places)

    def _alone(self, circuit: Circuit, inputs: NDArray[np.float64], shots: int, rng: np.random.Generator) -> Strings:
        loaded = self._load(emission(circuit, inputs, "qiskit", optimise=True))
        (strings,) = self._run([loaded.circuit], shots, rng, loaded.places)
        return strings

    def _run(
        self, circuits: list[Any], shots: int, rng: np.random.Generator, places: tuple[int, ...], **options: Any
    ) -> list[Strings]:
        if circuits[0].num_qubits <= _SMALL:
            options["max_parallel_threads"] = 1
        seed = int(rng.integers(2**31))
        try:
            result = self._simulator.run(circuits, shots=shots, seed_simulator=seed, **options).result()
        except Exception as error:
            raise QglError([EngineFailed(None, self.name, str(error))]) from error
        if not result.success:
            raise QglError([EngineFailed(None, self.name, str(result.status))])
        return [strings_of(one.data.counts, places, rng) for one in result.results]
