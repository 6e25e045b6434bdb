"""Engines by name."""

from __future__ import annotations

from qgl.diagnostics.hardware import UnknownEngine
from qgl.diagnostics.model import QglError
from qgl.hardware.engine import Engine, RemoteEngine

ENGINES: dict[str, str] = {
    "statevector": "qgl's own simulator, by whatever method fits the program",
    "aer": "Qiskit Aer without noise",
}


def open_engine(name: str) -> Engine | RemoteEngine:
    """The engine of a name, one of `ENGINES`.

    Raises:
        QglError: QGL1101, no engine has this name; QGL1102, its library is not installed.
    """
    if name == "statevector":
        from qgl.hardware.statevector import StateVector

        return StateVector()
    if name == "aer":
        from qgl.hardware.aer import Aer

        return Aer()
    raise QglError([UnknownEngine(None, name, tuple(ENGINES))])
