"""Fresh qubits of one place after another on one wire: a channel that comes again on a bond finds its qubit there.

Wires of a program are many, and each channel has its own. On a machine, the fresh qubits of all channels between two
neighbours can be one qubit between the two, which is reset in between: then nothing has to be moved. Taking any
free qubit would need fewer, and swaps.
"""

from __future__ import annotations

from dataclasses import replace

from qgl.ir.circuit import Circuit
from qgl.program.operations import LIFETIME, Measurement, Operation, Reset


def share(circuit: Circuit) -> Circuit:
    """`circuit` with fewer fresh wires: one that starts after another has ended beside the same wires takes its place.

    Valid in: a dilated circuit. Valid out: the same state of the visible register. A fresh wire that takes part in
    branches, and one that is visible, stays as it is.
    """
    fresh = {wire for wire, entry in enumerate(circuit.wires) if entry.kind == "fresh"} - set(circuit.visible)
    beside: dict[int, set[int]] = {wire: set() for wire in fresh}
    for operation in circuit.operations:
        for wire in fresh.intersection(operation.wires):
            beside[wire].update(set(operation.wires) - fresh)
            if operation.condition or isinstance(operation, Measurement | Reset):
                fresh.discard(wire)
    stands: dict[int, int] = {}  # fresh wire -> the wire that stands for it
    free: list[int] = []  # wires that stand for others and whose last one has ended
    around: dict[int, set[int]] = {}
    last = {wire: k for k, operation in enumerate(circuit.operations) for wire in operation.wires}
    operations: list[Operation] = []
    for k, operation in enumerate(circuit.operations):
        for wire in operation.wires:
            if wire in fresh and wire not in stands:
                reused = next((w for w in free if around[w] <= beside[wire] or beside[wire] <= around[w]), wire)
                stands[wire] = reused
                around.setdefault(reused, set()).update(beside[wire])
                if reused != wire:
                    free.remove(reused)
                    operations.append(Reset((reused,), operation.span))
        if not isinstance(operation, LIFETIME) or not fresh.intersection(operation.wires):
            operations.append(replace(operation, wires=tuple(stands.get(wire, wire) for wire in operation.wires)))
        free += [stands[wire] for wire in operation.wires if wire in fresh and last[wire] == k]
    return circuit.with_operations(operations)
