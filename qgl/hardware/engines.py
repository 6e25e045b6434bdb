"""Engines by name."""

from __future__ import annotations

from qgl.diagnostics.hardware import UnknownEngine
from qgl.diagnostics.model import QglError
from qgl.hardware.engine import Engine, RemoteEngine

ENGINES: dict[str, str] = {
    "statevector": "qgl's own simulator, by whatever method fits the program",
    "aer": "Qiskit Aer without noise",
    "aer:MACHINE": "Qiskit Aer with the gates, wires and noise of a machine, such as `aer:fake_torino`",
}


def open_engine(name: str) -> Engine | RemoteEngine:
    """The engine of a name, one of `ENGINES` with its part in capitals filled in.

    Raises:
        QglError: QGL1101, no engine has this name; QGL1102, its library is not installed; QGL112x, there is no
            such machine.
    """
    if name == "statevector":
        from qgl.hardware.statevector import StateVector

        return StateVector()
    kind, colon, machine = name.partition(":")
    if kind == "aer" and (machine or not colon):
        from qgl.hardware.aer import Aer

        return Aer(machine or None)
    raise QglError([UnknownEngine(None, name, tuple(ENGINES))])
