"""The light cone of a region, as a part of a circuit that is to be drawn."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from qgl.draw.layout import Highlight
from qgl.ir.circuit import Circuit
from qgl.plan.cones.kinds import kinds_of
from qgl.plan.cones.wire_segments import ALL, BITS, segments_of
from qgl.program.operations import LIFETIME

BESIDE = 2  # wires that are shown on either side of the cone


def highlight(circuit: Circuit, positions: Sequence[int], states: Collection[int] = ()) -> Highlight:
    """The cone of visible `positions` as the planner finds it, and the declared wires that lie in it or next to it.

    states: positions whose quantum state is looked at; of the others only the bits are read, so that what keeps their
    basis states is not in the cone.
    """
    read = frozenset(circuit.visible[position] for position in positions)
    segments = segments_of(circuit, kinds_of(circuit).diagonal)
    cones = [segments.cone(position, ALL if position in states else BITS) for position in positions]
    reached = frozenset().union(*(cone.operations for cone in cones))
    wires = read.union(*(circuit.operations[k].wires for k in reached))
    ends = {
        k
        for k, operation in enumerate(circuit.operations)
        if isinstance(operation, LIFETIME) and operation.wires[0] in wires
    }
    declared = [wire for wire, record in enumerate(circuit.wires) if record.kind != "fresh"]
    near = [k for k, wire in enumerate(declared) if wire in wires]
    beside = {k + step for k in near for step in range(-BESIDE, BESIDE + 1)}
    shown = tuple(wire for k, wire in enumerate(declared) if k in beside)
    return Highlight(shown, reached | ends, wires, read)
