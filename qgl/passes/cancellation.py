"""A gate right after its inverse does nothing.

Valid in: any circuit. Valid out: the same state of the visible register; no gate without a condition follows its own
inverse on the same wires with nothing between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qgl.expression import Input, with_inputs
from qgl.ir.circuit import Circuit
from qgl.ir.lanes import groups
from qgl.program.operations import Evolution, GateApplication, MatrixUnitary, Operation, PauliRotation
from qgl.program.rolled import Lane


def cancel_pairs(circuit: Circuit) -> Circuit:
    """`circuit` without pairs of a gate and its inverse, nested pairs included."""
    if circuit.lanes is not None and not _may_cancel(circuit.lanes, len(circuit.wires)):
        return circuit
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


def _may_cancel(lanes: Sequence[Lane], wires: int) -> bool:
    """Whether there are lanes with gates right behind their inverses, whatever the elements of their inputs are."""
    starts = np.cumsum([0, *(len(lane.wires) for lane in lanes)])
    last = np.full(wires, -1)  # of each wire the number of the gate that was the last one on it
    for number, lane in enumerate(lanes):
        before = last[lane.wires]
        last[lane.wires] = (starts[number] + np.arange(len(lane.wires)))[:, None]
        rows = np.flatnonzero((before[:, 0] >= 0) & (before == before[:, :1]).all(axis=1))
        owners = np.searchsorted(starts, before[rows, 0], side="right") - 1
        for owner in np.unique(owners).tolist():
            other, own = lanes[owner], rows[owners == owner]
            there = other.wires[before[own, 0] - starts[owner]]
            if there.shape[1] == lane.wires.shape[1]:
                places = (there[:, :, None] == lane.wires[own][:, None, :]).argmax(axis=2)
                if any(_undoes(_plain(lane), replace(_plain(other), wires=wires)) for wires, _ in groups(places)):
                    return True
    return False


def _plain(lane: Lane) -> Operation:
    """The operation of a lane on wires 0, 1, ..., all elements of inputs being 0."""
    numbered = lane.numbered
    return numbered.with_numbers([with_inputs(each, lambda i: Input(i.parameter, 0)) for each in numbered.numbers])


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
