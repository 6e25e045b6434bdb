"""Inverses of operations, controls before them, and the gates that `unitary` is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qgl.expression import Real
from qgl.gates import GATES
from qgl.gates.unitaries import WIDEST_MATRIX, shannon_parts
from qgl.program.operations import Evolution, GateApplication, Operation, PauliRotation, Unitary, gate
from qgl.source import Span


def inverse(operations: Sequence[Operation]) -> list[Operation]:
    """Unitary operations that undo `operations`."""
    undone: list[Operation] = []
    for operation in reversed(operations):
        match operation:
            case PauliRotation():
                undone.append(replace(operation, angle=-operation.angle))
            case Evolution():
                undone.append(replace(operation, time=-operation.time))
            case GateApplication():
                undone += _undone_gate(operation)
            case _:
                raise TypeError(f"no inverse of {operation.name}")
    return undone


def _undone_gate(operation: GateApplication) -> Iterator[GateApplication]:
    controls, targets = operation.control_wires, operation.targets
    for name, qubits, angles in operation.gate.inverse(*operation.angles):
        wires = (*controls, *(targets[qubit] for qubit in qubits))
        further = len(qubits) - GATES[name].qubits
        yield replace(operation, gate=GATES[name], wires=wires, angles=angles, controls=operation.controls + further)


def controlled(operations: Sequence[Unitary], wires: tuple[int, ...]) -> list[Unitary]:
    """`operations`, each if all of `wires` are one."""
    return [
        replace(operation, wires=(*wires, *operation.wires), controls=len(wires) + operation.controls)
        for operation in operations
    ]


def unitary(wires: tuple[int, ...], angles: Sequence[Real], span: Span) -> Iterator[Operation]:
    """Any unitary on `wires` up to a global phase: one gate, or several where it is too wide for one matrix."""
    if len(wires) <= WIDEST_MATRIX:
        yield gate(("su2", "su4")[len(wires) - 1] if len(wires) < 3 else f"unitary{len(wires)}", wires, span, angles)
        return
    for part in shannon_parts(angles):
        on = tuple(wires[qubit] for qubit in part.qubits)
        if part.name in GATES:
            yield gate(part.name, on, span, part.angles)
        else:
            yield from unitary(on, part.angles, span)
