"""What an isometry brings in is in zero: the last of its qubits are new, or were reset."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from qgl.diagnostics.registers import UsedQubitOfIsometry
from qgl.gates.isometries import incoming_qubits, isometry_shape
from qgl.program.operations import Discard, Fresh, GateApplication, Measurement, Operation, Reset
from qgl.program.program import Wire
from qgl.program.rolled import patterns


def used_qubits(
    operations: Sequence[Operation], wires: Sequence[Wire], used: Collection[int] = ()
) -> Iterator[UsedQubitOfIsometry]:
    """A fault for every isometry with a qubit that is not known to be in zero; those that are `used` never were."""
    touched = set(used)
    if not any(map(_is_isometry, patterns(operations))):
        return
    for operation in operations:
        if isinstance(operation, GateApplication) and (shape := isometry_shape(operation.gate.name)):
            before = incoming_qubits(shape)
            wrong = [wire for wire in operation.targets[before:] if wire in touched]
            if wrong:
                yield UsedQubitOfIsometry(operation.span, str(wires[wrong[0]]), len(operation.targets) - before)
        if isinstance(operation, Fresh | Discard) or (isinstance(operation, Reset) and not operation.condition):
            touched.difference_update(operation.wires)
        elif not isinstance(operation, Measurement):
            touched.update(operation.wires)


def _is_isometry(operation: Operation) -> bool:
    return isinstance(operation, GateApplication) and isometry_shape(operation.gate.name) is not None
