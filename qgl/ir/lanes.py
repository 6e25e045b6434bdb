"""A circuit as lanes: the same gate on many sets of wires at once, as arrays, where a program is loops.

In a lane every wire has one gate, so that its gates can be taken in any order, or all at once. A local step of a pass,
which looks at a gate and at what is known of its wires, is taken once for each state of these that a lane meets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distinct import distinct_rows
from qgl.expression import Input
from qgl.program.operations import Discard, Fresh, GateApplication, NoisyChannel, Operation, PauliRotation
from qgl.program.rolled import Block, Ints, Lane, Operations, Piece, is_plain

FEWEST = 32  # gates of a lane, on the average, from which on lanes are worth their while
LEVELS = 64  # lanes of one block before they too must be worth their while

States = tuple[int, ...]  # what is known of the wires of a gate, in their order
Step = Callable[[Operation, States], tuple[Operation | None, States]]
LANED = (GateApplication, PauliRotation, NoisyChannel, Fresh, Discard)  # what is in lanes


def lanes_of(operations: Sequence[Operation]) -> tuple[Lane, ...] | None:
    """The operations as lanes, in an order that is theirs on every wire; None where they are not rolled up."""
    if not isinstance(operations, Operations) or not operations.rolled:
        return None
    lanes: list[Lane] = []
    for piece in operations.pieces:
        cut = _lanes(piece, len(operations) // FEWEST - len(lanes))
        if cut is None:
            return None
        lanes += cut
    return tuple(lanes)


def rolled_up(lanes: Iterable[Lane]) -> Operations:
    """Lanes as the operations of a circuit."""
    return Operations(Block((lane,)) for lane in lanes if len(lane.wires))


def _lanes(piece: Piece, most: int) -> list[Lane] | None:
    """A piece as lanes; None if they are more than `most`, or if it is no plain operation of those that lanes have."""
    if isinstance(piece, Block):
        return _levels(piece, most)
    if most < 1 or not isinstance(piece, LANED) or piece.condition or not is_plain(piece):
        return None
    elements = [atom.element for number in piece.numbers for _, atom in number.terms if isinstance(atom, Input)]
    return [Lane(piece, np.array([piece.wires], dtype=np.int64), np.array([elements], dtype=np.int64), True)]


def _levels(block: Block, most: int) -> list[Lane] | None:
    """A block cut so that the gates of a lane share no wire: again and again, what has nothing left before it."""
    if not all(isinstance(lane.pattern, LANED) for lane in block.lanes):
        return None
    if len(block.lanes) == 1 and block.lanes[0].apart:
        return list(block.lanes)
    count, widest = len(block.lanes), max(lane.wires.shape[1] for lane in block.lanes)
    table = np.full((block.rounds, count, widest), -1, dtype=np.int64)
    for number, lane in enumerate(block.lanes):
        table[:, number, : lane.wires.shape[1]] = lane.wires
    wires = table.reshape(-1, widest)
    left: Ints = np.arange(len(wires))  # in the order of writing
    lanes: list[Lane] = []
    while len(left):
        first = _firsts(wires[left])
        ready, left = left[first], left[~first]
        for number, lane in enumerate(block.lanes):
            rows = ready[ready % count == number] // count
            if len(rows):
                lanes.append(Lane(lane.pattern, lane.wires[rows], lane.elements[rows], apart=True))
        if len(lanes) > most or (len(lanes) > LEVELS and len(wires) - len(left) < FEWEST * len(lanes)):
            return None
    return lanes


def _firsts(wires: Ints) -> NDArray[np.bool_]:
    """Which rows of wires, -1 being none, have no wire that a row before them has."""
    flat, rows = wires.ravel(), np.repeat(np.arange(len(wires)), wires.shape[1])
    distinct, first = np.unique(flat, return_index=True)
    owner = rows[first[np.searchsorted(distinct, flat)]]
    return np.asarray(((owner == rows) | (flat < 0)).reshape(wires.shape).all(axis=1))


# ---------------------------------------------------------------- local steps


def stepped(lanes: Sequence[Lane], states: Ints, step: Step, backward: bool = False) -> tuple[Lane, ...]:
    """What a local step leaves of each operation, in the order of the lanes, or from the last one on.

    states  of every wire what is known, small whole numbers, shape (wires,); changed in place
    step    from a numbered operation and the states of its wires to what is left of it and the states after; what is
            left is nothing or an operation on some of the wires
    """
    kept: list[list[Lane]] = []
    for lane in reversed(lanes) if backward else lanes:
        pattern, parts = lane.numbered, list[Lane]()
        for before, rows in groups(states[lane.wires]):
            left, after = step(pattern, before)
            states[lane.wires[rows]] = after
            if left is pattern and len(rows) == len(lane.wires):
                parts.append(lane)
            elif left is not None:
                parts.append(lane.become(left, rows))
        kept.append(parts)
    return tuple(lane for parts in (reversed(kept) if backward else kept) for lane in parts)


def groups(states: Ints) -> Iterator[tuple[States, Ints]]:
    """The different rows, by their first place, each with the places where it stands, ascending."""
    if (states == states[:1]).all():
        yield tuple(states[0].tolist()), np.arange(len(states))
        return
    first, place = distinct_rows(states)
    for number, row in enumerate(first.tolist()):
        yield tuple(states[row].tolist()), np.flatnonzero(place == number)
