"""Inverses of operations, controls before them, and the gates that `unitary` of many qubits is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qgl.check.values.types import unitary_angles
from qgl.expression import Real
from qgl.gates import GATES
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
    """The quantum Shannon form of any unitary on `wires` up to a global phase; see `unitary_angles`.

    With the first wire on top: a unitary of the rest, a uniformly controlled rz of the top, a unitary of the rest, a
    uniformly controlled ry, a unitary of the rest, a uniformly controlled rz, a unitary of the rest. A uniformly
    controlled rotation is the product of exp(-i a_S P Z_S / 2) over all subsets S of the rest, which commute.

    Source: V. Shende, S. Bullock, I. Markov, Synthesis of quantum logic circuits, 2006.
    """
    if len(wires) == 1:
        yield gate("su2", wires, span, angles)
    elif len(wires) == 2:
        yield gate("su4", wires, span, angles)
    else:
        top, rest = wires[0], wires[1:]
        size, subsets, at = unitary_angles(len(rest)), 2 ** len(rest), 0
        for letter in ("Z", "Y", "Z", ""):
            yield from unitary(rest, angles[at : at + size], span)
            at += size
            if letter:
                for subset in range(subsets):
                    members = tuple(wire for k, wire in enumerate(rest) if subset >> k & 1)
                    pauli_word = letter + "Z" * len(members)
                    yield PauliRotation((top, *members), span, -0.5 * angles[at + subset], pauli_word)
                at += subsets
