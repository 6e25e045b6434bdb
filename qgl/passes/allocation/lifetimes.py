"""Wires come late and go early, so that their places can be used again.

Valid in: any circuit. Valid out: the same state of the visible register; `fresh` stands right before the first use of
a wire, and every wire that is not visible is discarded right after its last use. Wires without a use are gone.
"""

from __future__ import annotations

from qgl.ir.circuit import Circuit
from qgl.program.operations import LIFETIME, Discard, Fresh, Operation


def tighten(circuit: Circuit) -> Circuit:
    """`circuit` with the shortest lives of wires that its order of operations allows."""
    if circuit.lanes is not None and len(circuit.live_wires) == len(circuit.visible):
        return circuit  # gates on visible wires alone
    inner = [operation for operation in circuit.operations if not isinstance(operation, LIFETIME)]
    allocated = {operation.wires[0]: operation for operation in circuit.operations if isinstance(operation, Fresh)}
    last = {wire: k for k, operation in enumerate(inner) for wire in operation.wires}
    visible = set(circuit.visible)
    operations: list[Operation] = []
    for k, operation in enumerate(inner):
        operations.extend(allocated.pop(wire) for wire in operation.wires if wire in allocated)
        operations.append(operation)
        ends = (wire for wire in operation.wires if last[wire] == k and wire not in visible)
        operations.extend(Discard((wire,), operation.span) for wire in ends)
    operations.extend(operation for wire, operation in allocated.items() if wire in visible)
    return circuit.with_operations(operations)
