"""The texts of a task's rows for one machine: fitted once with open inputs, where that can be written."""

from __future__ import annotations

from qgl.diagnostics.model import QglError
from qgl.diagnostics.qasm import FunctionOfOpenInput
from qgl.hardware.engines.engine import Task
from qgl.hardware.machines.figures import Figures
from qgl.hardware.machines.machine import Fitted, fit
from qgl.hardware.machines.target import Machine
from qgl.ir.circuit import Circuit


def fit_open(circuit: Circuit, machine: Machine, max_qubits: int | None) -> Fitted | None:
    """The circuit on the machine with all inputs open; None where some angle can only be written as a number.

    Raises:
        QglError: as `qgl.hardware.machines.machine.fit`.
    """
    try:
        return fit(circuit, None, machine, max_qubits=max_qubits)
    except QglError as refusal:
        if all(isinstance(fault, FunctionOfOpenInput) for fault in refusal.diagnostics):
            return None
        raise


def texts_of(task: Task, machine: Machine) -> tuple[tuple[str, ...], Figures]:
    """The texts of the rows, in the profile `ibm`, and the figures of the first.

    Raises:
        QglError: as `qgl.hardware.machines.machine.fit`.
    """
    several = fit_open(task.circuit, machine, task.max_qubits) if len(task.inputs) > 1 else None
    if several is not None:
        return tuple(several.text(row) for row in task.inputs), several.figures
    fitted = [fit(task.circuit, row, machine, max_qubits=task.max_qubits) for row in task.inputs]
    return tuple(one.text() for one in fitted), fitted[0].figures
