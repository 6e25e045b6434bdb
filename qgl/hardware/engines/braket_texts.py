"""Tasks in the profile `braket`, which holds no `ctrl @` and no `reset`: Braket's simulators get both wrong."""

from __future__ import annotations

import importlib
from typing import Any

from qgl.diagnostics.hardware import EngineNotInstalled
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.engine import Payload, Task
from qgl.qasm import emission


def payload_of(task: Task, settings: dict[str, Any]) -> Payload:
    """The texts of a task. Bit k of a string is the measurement of qubit `outputs[row][k]`, counted as declared.

    Raises:
        QglError: QGL10xx, the circuit cannot be written, or not on `task.max_qubits`.
    """
    emitted = [
        emission(task.circuit, inputs, "braket", optimise=True, max_qubits=task.max_qubits) for inputs in task.inputs
    ]
    widest = max(emitted, key=lambda one: one.width)
    figures = {
        "width": widest.width,
        "depth": widest.depth,
        "two_qubit_gates": widest.two_qubit_gates,
        "duration": None,
        "fidelity": None,
    }
    outputs = tuple(list(range(task.width)) for _ in task.shots)
    return Payload(tuple(one.text for one in emitted), task.shots, outputs, settings, figures)


def imported(module: str, engine: str) -> Any:
    """A module of Braket's libraries.

    Raises:
        QglError: QGL1102, it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as missing:
        raise QglError([EngineNotInstalled(None, engine, str(missing.name or module), "braket")]) from None
