"""A gate right after its inverse does nothing.

Valid in: any circuit. Valid out: the same state of the visible register; no gate without a condition follows its own
inverse on the same wires with nothing between them.
"""

from __future__ import annotations

import numpy as np

from qgl.ir.circuit import Circuit
from qgl.program.operations import Evolution, GateApplication, MatrixUnitary, Operation, PauliRotation


def cancel_pairs(circuit: Circuit) -> Circuit:
    """`circuit` without pairs of a gate and its inverse, nested pairs included."""
    kept: dict[int, Operation] = {}
    history: list[list[int]] = [[] for _ in circuit.wires]  # positions of the kept operations on every wire
    for k, operation in enumerate(circuit.operations):
        before = history[operation.wires[0]][-1:]
        if before and len(kept[before[0]].wires) == len(operation.wires):
            last = before[0]
            if all(history[wire][-1:] == before for wire in operation.wires) and _undoes(operation, kept[last]):
                del kept[last]
                for wire in operation.wires:
                    history[wire].pop()
                continue
        kept[k] = operation
        for wire in operation.wires:
            history[wire].append(k)
    return circuit.with_operations(kept.values())


def _undoes(operation: Operation, other: Operation) -> bool:
    """Whether `operation` is the inverse of `other`, which acts on the same set of wires."""
    if operation.condition or other.condition or operation.control_wires != other.control_wires:
        return False
    match operation, other:
        case GateApplication(), GateApplication():
            symmetric = operation.gate is other.gate and other.gate.symmetric and not other.controls
            if operation.wires != other.wires and not symmetric:
                return False
            steps = other.gate.inverse(*other.angles)
            return len(steps) == 1 and steps[0][0] == operation.gate.name and steps[0][2] == operation.angles
        case MatrixUnitary(), MatrixUnitary() if operation.wires == other.wires:
            product = operation.matrix @ other.matrix
            return bool(np.abs(product - np.eye(len(product))).max() < 1e-14)
        case PauliRotation(), PauliRotation() if operation.wires == other.wires:
            return (operation.angle, operation.pauli_word) == (-other.angle, other.pauli_word)
        case Evolution(), Evolution() if operation.wires == other.wires:
            return (operation.time, operation.terms) == (-other.time, other.terms)
        case _:
            return False
