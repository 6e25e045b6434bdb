"""Controls as a count beside a gate, or inside a gate of its own name: `x` with one control is `cx`."""

from __future__ import annotations

from dataclasses import replace

from qgl.gates import GATES
from qgl.program.program import Operation

_NAMES = {(gate.target, gate.controls): gate.name for gate in GATES.values() if gate.target is not None}


def unfold(operation: Operation) -> Operation:
    """The same unitary with every control counted in `controls`: `cx` is `x` with one."""
    gate = GATES.get(operation.gate)
    if gate is None or gate.target is None:
        return operation
    return replace(operation, gate=gate.target, controls=operation.controls + gate.controls)


def fold(operation: Operation) -> Operation:
    """The same unitary under the name that has most of the controls in it."""
    plain = unfold(operation)
    name = _NAMES.get((plain.gate, plain.controls))
    return plain if name is None else replace(plain, gate=name, controls=0)
