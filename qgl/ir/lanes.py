"""A circuit as lanes: the same gate on many sets of wires at once, as arrays, where a program is loops.

In a lane every wire has one gate, so that its gates can be taken in any order, or all at once. A local step of a pass,
which looks at a gate and at what is known of its wires, is taken once for each state of these that a lane meets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distinct import distinct_rows
from qgl.expression import Input, Real
from qgl.program.operations import GateApplication, Operation
from qgl.program.rolled import Block, Ints, Lane, Operations, Piece

FEWEST = 32  # gates of a lane, on the average, from which on lanes are worth their while
LEVELS = 64  # lanes of one block before they too must be worth their while

States = tuple[int, ...]  # what is known of the wires of a gate, in their order
Step = Callable[[GateApplication, States], tuple[Operation | None, States]]


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
    """A piece as lanes; None if they are more than `most`, or if it is no gate with plain angles."""
    if isinstance(piece, Block):
        return _levels(piece, most)
    if most < 1 or not isinstance(piece, GateApplication) or piece.condition:
        return None
    atoms = [atom for angle in piece.angles for _, atom in angle.terms]
    elements = [atom.element for atom in atoms if isinstance(atom, Input)]
    if len(elements) < len(atoms):
        return None
    return [Lane(piece, np.array([piece.wires], dtype=np.int64), np.array([elements], dtype=np.int64))]


def _levels(block: Block, most: int) -> list[Lane] | None:
    """A block cut so that the gates of a lane share no wire: again and again, what has nothing left before it."""
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
                lanes.append(lane.part(rows))
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


def numbered(lane: Lane) -> GateApplication:
    """The gate of a lane on wires 0, 1, ..., of inputs whose elements are the columns of the lane's."""
    columns = iter(range(lane.elements.shape[1]))

    def own(angle: Real) -> Real:
        terms = [(factor, Input(_input(atom).parameter, next(columns))) for factor, atom in angle.terms]
        return Real(angle.constant, tuple(terms))

    pattern, wires = lane.pattern, tuple(range(lane.wires.shape[1]))
    return replace(pattern, wires=wires, angles=tuple(map(own, pattern.angles)))


def put(lane: Lane, left: GateApplication, rows: Ints) -> Lane:
    """What is left of some rows of a lane, `left` being what is left of its numbered gate."""
    columns = [_input(atom).element for angle in left.angles for _, atom in angle.terms]
    return Lane(left, lane.wires[rows][:, list(left.wires)], lane.elements[rows][:, columns])


def stepped(lanes: Sequence[Lane], states: Ints, step: Step, backward: bool = False) -> tuple[Lane, ...]:
    """What a local step leaves of each gate, in the order of the lanes, or from the last one on.

    states  of every wire what is known, small whole numbers, shape (wires,); changed in place
    step    from a numbered gate and the states of its wires to what is left of it and the states after; what is left is
            nothing or a gate on some of the wires
    """
    kept: list[list[Lane]] = []
    for lane in reversed(lanes) if backward else lanes:
        pattern, parts = numbered(lane), list[Lane]()
        for before, rows in groups(states[lane.wires]):
            left, after = step(pattern, before)
            states[lane.wires[rows]] = after
            if left is pattern and len(rows) == len(lane.wires):
                parts.append(lane)
            elif left is not None:
                assert isinstance(left, GateApplication)
                parts.append(put(lane, left, rows))
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


def _input(atom: object) -> Input:
    assert isinstance(atom, Input)
    return atom
