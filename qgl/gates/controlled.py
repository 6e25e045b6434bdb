"""Controlled gates: made from the record of what they control."""

from __future__ import annotations

from typing import Any

from qgl.gates.algebra import controlled
from qgl.gates.model import Gate, Step
from qgl.gates.several import SEVERAL
from qgl.gates.single import SINGLE

_TARGETS = {gate.name: gate for gate in (*SINGLE, *SEVERAL)}


def _controlled(name: str, target_name: str, body: str, controls: int = 1, **facts: Any) -> Gate:
    target = _TARGETS[target_name]
    qubits = target.qubits + controls

    def undo(*angles: Any) -> tuple[Step, ...]:
        return ((name, tuple(range(qubits)), tuple(-angle for angle in angles)),)

    facts.setdefault("qasm_name", name)
    return Gate(
        name,
        qubits,
        target.parameters,
        controlled(target.matrix, target.qubits, controls),
        undo,
        f"{target_name} on the last {'qubit' if target.qubits == 1 else 'qubits'} if "
        f"{'the first is' if controls == 1 else 'the others are'} one",
        diagonal=target.diagonal,
        permutation=target.permutation,
        self_inverse=target.self_inverse,
        controls=controls,
        target=target_name,
        qasm_body=body,
        **facts,
    )


CONTROLLED: tuple[Gate, ...] = (
    _controlled("cx", "x", "ctrl @ x q0, q1;", clifford=True),
    _controlled("cy", "y", "ctrl @ y q0, q1;", clifford=True),
    _controlled("cz", "z", "ctrl @ z q0, q1;", clifford=True, symmetric=True),
    _controlled("ch", "h", "ctrl @ h q0, q1;"),
    _controlled("cp", "p", "ctrl @ p(a) q0, q1;", symmetric=True),
    _controlled("crx", "rx", "ctrl @ rx(a) q0, q1;"),
    _controlled("cry", "ry", "ctrl @ ry(a) q0, q1;"),
    _controlled("crz", "rz", "ctrl @ rz(a) q0, q1;"),
    _controlled("ccx", "x", "ctrl @ cx q0, q1, q2;", controls=2),
    _controlled("ccz", "z", "h q2; ccx q0, q1, q2; h q2;", controls=2, symmetric=True, qasm_name=None),
    _controlled("cswap", "swap", "cx q2, q1; ccx q0, q1, q2; cx q2, q1;"),
)
