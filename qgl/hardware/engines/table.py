"""Engines by name."""

from __future__ import annotations

from qgl.diagnostics.hardware import UnknownEngine
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.engine import Engine, RemoteEngine

ENGINES: dict[str, str] = {
    "statevector": "qgl's own simulator, by whatever method fits the program",
    "aer": "Qiskit Aer without noise",
    "aer:MACHINE": "Qiskit Aer with the gates, wires and noise of a machine, such as `aer:fake_torino`",
    "braket-local": "Amazon Braket's simulator on this computer",
    "ibm:MACHINE": "a machine of IBM's service, or a fake one that stands in for it, such as `ibm:fake_torino`",
    "braket:ARN": "a device of Amazon Braket; `braket:local` is its simulator behind the same interface",
}


def open_engine(name: str) -> Engine | RemoteEngine:
    """The engine of a name, one of `ENGINES` with its part in capitals filled in.

    Raises:
        QglError: QGL1101, no engine has this name; QGL1102, its library is not installed; QGL112x, there is no
            such machine.
    """
    kind, colon, detail = name.partition(":")
    if name == "statevector":
        from qgl.hardware.engines.statevector import StateVector

        return StateVector()
    if name == "braket-local":
        from qgl.hardware.engines.braket_local import BraketLocal

        return BraketLocal()
    if kind == "aer" and (detail or not colon):
        from qgl.hardware.engines.aer import Aer

        return Aer(detail or None)
    if kind == "ibm" and detail:
        from qgl.hardware.engines.ibm import Ibm

        return Ibm(detail)
    if kind == "braket" and (detail == "local" or detail.startswith("arn:")):
        from qgl.hardware.engines.braket_remote import BraketRemote

        return BraketRemote(detail)
    raise QglError([UnknownEngine(None, name, tuple(ENGINES))])
