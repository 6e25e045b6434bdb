"""Runs of diagonal operations.

Diagonal operations that follow each other, or can be moved next to each other, are one multiplication of the state by
phases, however many they are and however wide. The phases of a run are a sum of Z words, found at once for all basis
states by a Walsh-Hadamard transform. That pays when the run would need many blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, pi

from qgl.expression import Real, real
from qgl.gates import GATES
from qgl.passes.fusion import Frontier, Item
from qgl.program.operations import GateApplication, Operation, PauliRotation

MAX_CONTROLS = 6  # a projector on c controls is a sum of 2^c Z words


@dataclass(frozen=True, slots=True)
class DiagonalTerm:
    """The phase `angle` times the Z word on `wires`."""

    wires: tuple[int, ...]
    angle: Real


_PHASES = {
    GATES[name]: angle
    for name, angle in {
        "z": pi,
        "s": pi / 2,
        "sdg": -pi / 2,
        "t": pi / 4,
        "tdg": -pi / 4,
        "cz": pi,
        "ccz": pi,
    }.items()
}
_PHASES_OF_ANGLES = (GATES["p"], GATES["cp"])
_ROTATIONS = {GATES["rz"]: 0, GATES["rzz"]: 0, GATES["crz"]: 1}  # gate: controls it has by itself


def terms(operation: Operation, wires: tuple[int, ...]) -> tuple[DiagonalTerm, ...] | None:
    """The phase of a diagonal operation on `wires` as Z words, or None if it is not of that kind."""
    match operation:
        case PauliRotation() if set(operation.pauli_word) <= {"Z"}:
            angle, controls = operation.angle, operation.controls
        case GateApplication() if operation.gate in _ROTATIONS:
            angle, controls = operation.angles[0] * -0.5, operation.controls + _ROTATIONS[operation.gate]
        case GateApplication() if operation.gate in _PHASES:
            angle, controls = real(_PHASES[operation.gate]), len(wires)
        case GateApplication() if operation.gate in _PHASES_OF_ANGLES:
            angle, controls = operation.angles[0], len(wires)
        case _:
            return None
    if controls > MAX_CONTROLS:
        return None
    target = wires[controls:]
    share = angle * 0.5**controls
    return tuple(
        DiagonalTerm((*chosen, *target), share * (-1) ** size)
        for size in range(controls + 1)
        for chosen in combinations(wires[:controls], size)
    )


def find_runs(items: Sequence[Item], diagonal: Sequence[bool], wires: int, width: int) -> list[tuple[bool, list[Item]]]:
    """`items` in an order that gathers diagonal ones, as (is a run worth one multiplication, items) pairs.

    `diagonal[k]` says whether item k is diagonal. Runs that blocks of `width` wires hold well are left as they are.
    """
    frontier = Frontier(items, wires)
    everything, all_wires = (2 << wires) - 1, list(range(wires))
    parts: list[tuple[bool, list[Item]]] = []
    wanted = {want: [flag == want for flag in diagonal].__getitem__ for want in (False, True)}
    want = False
    while frontier.next() is not None:
        taken = [items[k] for k in frontier.absorb(everything, all_wires, wanted[want])]
        if taken:
            parts.append((want and _pays(taken, width), taken))
        want = not want
    return parts


def _pays(run: Sequence[Item], width: int) -> bool:
    wide = sum(len(item.wires) > width for item in run)
    pairs = {pair for item in run if len(item.wires) <= width for pair in combinations(sorted(item.wires), 2)}
    return wide > 1 or len(pairs) > 4 * comb(width, 2)
