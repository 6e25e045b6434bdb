"""What some visible qubits depend on.

Valid in: any circuit. Valid out: a circuit with the same wire numbers whose visible register is the region, and whose
state is the reduced state of the region. Operations outside of the backward light cone are gone: whatever happens
there keeps the trace, and cannot be seen. A certain reset and the allocation of a fresh wire end the cone on their
wire.
"""

from __future__ import annotations

from collections.abc import Iterable

from qgl.ir.circuit import Circuit
from qgl.ir.facts import is_reset
from qgl.passes.allocation.lifetimes import tighten
from qgl.program.operations import Fresh


def light_cone(circuit: Circuit, positions: Iterable[int]) -> Circuit:
    """The circuit of a region, given by visible positions; the new visible register is in their order.

    The cost grows with the cone, once it is known what comes before each operation of the circuit.
    """
    visible = tuple(circuit.visible[position] for position in positions)
    kept = sorted(_reached(circuit, visible))
    return tighten(circuit.with_operations((circuit.operations[k] for k in kept), visible=visible))


def cone_wires(circuit: Circuit, positions: Iterable[int]) -> frozenset[int]:
    """The wires that take part in the light cone of a region, its own included."""
    visible = tuple(circuit.visible[position] for position in positions)
    return frozenset(visible).union(*(circuit.operations[k].wires for k in _reached(circuit, visible)))


def _reached(circuit: Circuit, wires: Iterable[int]) -> set[int]:
    """Positions of all operations from which a path in the graph leads to the end of one of the wires."""
    before = circuit.before
    pending = [circuit.on_wire[wire][-1] for wire in wires if circuit.on_wire[wire]]
    reached: set[int] = set()
    while pending:
        k = pending.pop()
        if k in reached:
            continue
        reached.add(k)
        operation = circuit.operations[k]
        if operation.condition or not is_reset(operation):
            pending.extend(before[k])
        else:
            allocation = circuit.on_wire[operation.wires[0]][0]
            reached.update((allocation,) if isinstance(circuit.operations[allocation], Fresh) else ())
    return reached
