"""Wires come late and go early, so that their places can be used again.

Valid in: any circuit. Valid out: the same state of the visible register; `fresh` stands right before the first use of
a wire, and every wire that is not visible is discarded right after its last use. Wires without a use are gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from qgl.ir.circuit import Circuit
from qgl.ir.lanes import rolled_up
from qgl.program.operations import LIFETIME, Discard, Fresh, Operation
from qgl.program.rolled import Lane


def tighten(circuit: Circuit) -> Circuit:
    """`circuit` with the shortest lives of wires that its order of operations allows."""
    if circuit.lanes is not None:
        lives = any(isinstance(lane.pattern, LIFETIME) for lane in circuit.lanes)
        if not lives and len(circuit.live_wires) == len(circuit.visible):
            return circuit  # gates on visible wires alone
        return circuit.with_operations(rolled_up(_tight(circuit, circuit.lanes)))
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


def _tight(circuit: Circuit, lanes: Sequence[Lane]) -> Iterator[Lane]:
    """The same of lanes: wires come right before the lane of their first use and go right after that of their last."""
    inner = [lane for lane in lanes if not isinstance(lane.pattern, LIFETIME)]
    first, last = np.full((2, len(circuit.wires)), -1)
    for number, lane in reversed(list(enumerate(inner))):
        first[lane.wires] = number
    for number, lane in enumerate(inner):
        last[lane.wires] = number
    last[list(circuit.visible)] = -1
    begins: dict[int, list[Lane]] = {}
    for lane in lanes:
        if isinstance(lane.pattern, Fresh):
            for number in np.unique(first[lane.wires]).tolist():
                begins.setdefault(number, []).append(lane.part(np.flatnonzero(first[lane.wires[:, 0]] == number)))
    for number, lane in enumerate(inner):
        yield from begins.get(number, ())
        yield lane
        ends = lane.wires[last[lane.wires] == number]
        if len(ends):
            yield Lane(Discard((0,), lane.pattern.span), ends[:, None], np.zeros((len(ends), 0), np.int64), lane.apart)
    read = np.isin(np.arange(len(first)), circuit.visible)
    for lane in begins.get(-1, ()):
        yield lane.part(np.flatnonzero(read[lane.wires[:, 0]]))
