"""Inverses of operations, controls before them, and the gates that `unitary` of many qubits is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qgl.check.values.types import unitary_angles
from qgl.expression import Real
from qgl.gates import GATES
from qgl.program.program import Operation

Piece = tuple[str, tuple[int, ...], tuple[Real, ...], str]  # gate, wires, angles, word of a `pauli`


def is_unitary(operation: Operation) -> bool:
    return operation.gate in GATES or operation.gate in ("pauli", "evolve")


def inverse(operations: Sequence[Operation]) -> list[Operation]:
    """Unitary operations that undo `operations`."""
    found: list[Operation] = []
    for operation in reversed(operations):
        if operation.gate in ("pauli", "evolve"):
            found.append(replace(operation, args=(-operation.args[0],)))
            continue
        controls, targets = operation.wires[: operation.controls], operation.wires[operation.controls :]
        for gate, qubits, angles in GATES[operation.gate].inverse(*operation.args):
            wires = (*controls, *(targets[qubit] for qubit in qubits))
            further = len(qubits) - GATES[gate].qubits
            found.append(replace(operation, gate=gate, wires=wires, args=angles, controls=operation.controls + further))
    return found


def controlled(operations: Sequence[Operation], wires: tuple[int, ...]) -> list[Operation]:
    """`operations`, each if all of `wires` are one."""
    return [
        replace(operation, wires=(*wires, *operation.wires), controls=len(wires) + operation.controls)
        for operation in operations
    ]


def unitary(wires: tuple[int, ...], angles: Sequence[Real]) -> Iterator[Piece]:
    """The quantum Shannon form of any unitary on `wires` up to a global phase; see `unitary_angles`.

    With the first wire on top: a unitary of the rest, a uniformly controlled rz of the top, a unitary of the rest, a
    uniformly controlled ry, a unitary of the rest, a uniformly controlled rz, a unitary of the rest. A uniformly
    controlled rotation is the product of exp(-i a_S P Z_S / 2) over all subsets S of the rest, which commute.

    Source: V. Shende, S. Bullock, I. Markov, Synthesis of quantum logic circuits, 2006.
    """
    if len(wires) == 1:
        yield "su2", wires, tuple(angles), ""
    elif len(wires) == 2:
        yield "su4", wires, tuple(angles), ""
    else:
        top, rest = wires[0], wires[1:]
        size, subsets, at = unitary_angles(len(rest)), 2 ** len(rest), 0
        for letter in ("Z", "Y", "Z", ""):
            yield from unitary(rest, angles[at : at + size])
            at += size
            if letter:
                for subset in range(subsets):
                    members = tuple(wire for k, wire in enumerate(rest) if subset >> k & 1)
                    word = letter + "Z" * len(members)
                    yield "pauli", (top, *members), (-0.5 * angles[at + subset],), word
                at += subsets
