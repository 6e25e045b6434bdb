"""A gate right after its inverse does nothing.

Valid in: any circuit. Valid out: the same state of the visible register; no gate without a condition follows its own
inverse on the same wires with nothing between them.
"""

from __future__ import annotations

import numpy as np

from qgl.gates import GATES
from qgl.ir.circuit import Circuit
from qgl.ir.facts import is_unitary
from qgl.program.program import Operation


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
    same = operation.gate == other.gate and operation.controls == other.controls
    if operation.condition or other.condition or operation.controls != other.controls or not is_unitary(operation):
        return False
    gate = GATES.get(other.gate)
    if operation.wires != other.wires and not (same and gate and gate.symmetric and not operation.controls):
        return False
    if gate is not None:
        steps = gate.inverse(*other.args)
        return len(steps) == 1 and steps[0][0] == operation.gate and steps[0][2] == operation.args
    if not same:
        return False
    if operation.matrices is not None and other.matrices is not None:
        product = operation.matrices[0] @ other.matrices[0]
        return bool(np.abs(product - np.eye(len(product))).max() < 1e-14)
    negated = tuple(-arg for arg in other.args)
    return (operation.args, operation.word, operation.terms) == (negated, other.word, other.terms)
