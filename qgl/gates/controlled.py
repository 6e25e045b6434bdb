"""Controlled gates: made from the record of what they control."""

from __future__ import annotations

from typing import Any

from qgl.gates.algebra import controlled
from qgl.gates.model import Gate, Step
from qgl.gates.several import SEVERAL
from qgl.gates.single import SINGLE

_TARGETS = {gate.name: gate for gate in (*SINGLE, *SEVERAL)}


def _controlled(name: str, target_name: str, controls: int = 1, symmetric: bool = False) -> Gate:
    target = _TARGETS[target_name]
    qubits = target.qubits + controls

    def undo(*angles: Any) -> tuple[Step, ...]:
        return ((name, tuple(range(qubits)), tuple(-angle for angle in angles)),)

    return Gate(
        name,
        qubits,
        target.parameters,
        controlled(target.matrix, target.qubits, controls),
        undo,
        f"{target_name} on the last {'qubit' if target.qubits == 1 else 'qubits'} if "
        f"{'the first is' if controls == 1 else 'the others are'} one",
        symmetric=symmetric,
        controls=controls,
        target=target_name,
    )


CONTROLLED: tuple[Gate, ...] = (
    _controlled("cx", "x"),
    _controlled("cy", "y"),
    _controlled("cz", "z", symmetric=True),
    _controlled("ch", "h"),
    _controlled("cp", "p", symmetric=True),
    _controlled("crx", "rx"),
    _controlled("cry", "ry"),
    _controlled("crz", "rz"),
    _controlled("ccx", "x", controls=2),
    _controlled("ccz", "z", controls=2, symmetric=True),
    _controlled("cswap", "swap"),
)
