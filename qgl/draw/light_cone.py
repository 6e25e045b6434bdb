"""The light cone of a region, as a part of a circuit that is to be drawn."""

from __future__ import annotations

from collections.abc import Sequence

from qgl.draw.layout import Highlight
from qgl.ir.circuit import Circuit
from qgl.passes.light_cone import light_cone

BESIDE = 2  # wires that are shown on either side of the cone


def highlight(circuit: Circuit, positions: Sequence[int]) -> Highlight:
    """The cone of visible `positions`, and the declared wires that lie in it or next to it."""
    asked = frozenset(circuit.visible[position] for position in positions)
    kept = {id(operation) for operation in light_cone(circuit, positions).operations}  # the very ones of `circuit`
    reached = {
        k
        for k, operation in enumerate(circuit.operations)
        if id(operation) in kept and operation.gate not in ("fresh", "discard")
    }
    wires = asked.union(*(circuit.operations[k].wires for k in reached))
    ends = {
        k
        for k, operation in enumerate(circuit.operations)
        if operation.gate in ("fresh", "discard") and operation.wires[0] in wires
    }
    declared = [wire for wire, record in enumerate(circuit.wires) if record.kind != "fresh"]
    near = [k for k, wire in enumerate(declared) if wire in wires]
    beside = {k + step for k in near for step in range(-BESIDE, BESIDE + 1)}
    shown = tuple(wire for k, wire in enumerate(declared) if k in beside)
    return Highlight(shown, frozenset(reached | ends), wires, asked)
