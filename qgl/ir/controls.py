"""Controls as a count beside a gate, or inside a gate of its own name: `x` with one control is `cx`."""

from __future__ import annotations

from dataclasses import replace

from qgl.gates import GATES
from qgl.program.operations import GateApplication, Operation

_FOLDED = {(gate.target, gate.controls): gate for gate in GATES.values() if gate.target is not None}


def unfold(operation: Operation) -> Operation:
    """The same operation with every control counted in `controls`: `cx` is `x` with one."""
    if not isinstance(operation, GateApplication) or operation.gate.target is None:
        return operation
    gate = operation.gate
    return replace(operation, gate=GATES[operation.gate.target], controls=operation.controls + gate.controls)


def fold(operation: Operation) -> Operation:
    """The same operation by the gate that has most of the controls in it."""
    plain = unfold(operation)
    if not isinstance(plain, GateApplication):
        return plain
    gate = _FOLDED.get((plain.gate.name, plain.controls))
    return plain if gate is None else replace(plain, gate=gate, controls=0)
