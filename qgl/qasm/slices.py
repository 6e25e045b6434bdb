"""What has to be run to measure some visible qubits only: their light cone."""

from __future__ import annotations

from collections.abc import Sequence

from qgl.ir.circuit import Circuit
from qgl.passes.light_cone import light_cone
from qgl.program.operations import gate

_TO_Z = {"X": ("h",), "Y": ("sdg", "h"), "Z": ()}  # gates that rotate a letter into Z


def sliced(circuit: Circuit, positions: Sequence[int], letters: str | None = None) -> Circuit:
    """The light cone of visible positions, which are the output of the new circuit, in their order.

    letters: a Pauli letter of "XYZ" for each position. Each qubit is rotated so that its bit shows the letter: the mean
    of (-1)^(sum of the bits) over the strings is the expectation of the Pauli word. None: the bits of the region
    themselves.
    """
    cone = light_cone(circuit, positions)
    operations = list(cone.operations)
    for wire, letter in zip(cone.visible, letters or "Z" * len(cone.visible), strict=True):
        touched = cone.on_wire[wire]
        span = cone.operations[touched[-1]].span if touched else cone.wires[wire].span
        operations += [gate(name, (wire,), span) for name in _TO_Z[letter]]
    return cone.with_operations(operations)
