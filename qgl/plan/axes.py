"""Which axis of a state each wire takes, and from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qgl.ir.circuit import Circuit
from qgl.program.operations import LIFETIME, Operation


@dataclass(frozen=True, slots=True)
class Lives:
    """Wires that are touched or visible, with the positions of their first and last operations.

    A visible wire's last position is the number of operations.
    """

    first: dict[int, int]
    last: dict[int, int]


def lives(circuit: Circuit) -> Lives:
    """`fresh` and `discard` are not counted as operations."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for position, operation in enumerate(circuit.operations):
        if isinstance(operation, LIFETIME):
            continue
        for wire in operation.wires:
            first.setdefault(wire, position)
            last[wire] = position
    for wire in circuit.visible:
        first.setdefault(wire, len(circuit.operations))
        last[wire] = len(circuit.operations)
    return Lives(first, last)


def state_axes(circuit: Circuit) -> dict[int, int]:
    """The axis of each wire in a state vector: visible wires in their order, then the rest by first use.

    A wire that nothing happens to has no axis. A discarded wire keeps its axis to the end: it may be entangled.
    """
    used = lives(circuit).first
    rest = sorted((wire for wire in used if wire not in set(circuit.visible)), key=lambda wire: (used[wire], wire))
    return {wire: axis for axis, wire in enumerate((*circuit.visible, *rest))}


@dataclass(frozen=True, slots=True)
class Allocation:
    """Axes of wires in a density matrix, re-used after a wire's last operation.

    ends[k] are the wires whose axis is put back to |0> and freed right after operation k.
    """

    axis_of: dict[int, int]
    ends: dict[int, tuple[int, ...]]
    axes: int


def density_axes(circuit: Circuit) -> Allocation:
    """Visible wires live to the end; every other one is traced out after its last operation."""
    alive = lives(circuit)
    free: list[int] = []
    axes = 0
    axis_of: dict[int, int] = {}
    ends: dict[int, tuple[int, ...]] = {}
    starts: dict[int, list[int]] = {}
    for wire, position in sorted(alive.first.items(), key=lambda pair: (pair[1], pair[0])):
        starts.setdefault(position, []).append(wire)
    for position in range(len(circuit.operations) + 1):
        for wire in starts.get(position, ()):
            if free:
                axis_of[wire] = free.pop()
            else:
                axis_of[wire], axes = axes, axes + 1
        touched = _touched(circuit.operations, position)
        over = tuple(wire for wire in touched if alive.last[wire] == position)
        if over:
            ends[position] = over
            free.extend(axis_of[wire] for wire in over)
    return Allocation(axis_of, ends, axes)


def _touched(operations: Sequence[Operation], position: int) -> tuple[int, ...]:
    if position >= len(operations) or isinstance(operations[position], LIFETIME):
        return ()
    return operations[position].wires
