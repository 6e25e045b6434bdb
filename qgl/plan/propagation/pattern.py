"""The pattern of a propagation: which coefficients are made of which, found once, as tables to be run for many numbers.

Coefficients are the nodes of a graph. A rotation makes two of two, an addition one of two, and a transfer matrix on w
wires 4^w of 4^w: such a group is a lane of a table. Every node goes into one lane at most, or into a mean; so the way
back is a gather like the way forwards. Lanes whose nodes reach no mean are left out: whatever the numbers, they have no
part in value and gradient. What depends on nothing that is still to be made goes into one step: there are as many steps
as lanes that follow each other, however many gates there are.

A pattern says what is evaluated: the sum over the paths of words that were kept where it was found, at any numbers.
Where nothing is dropped by its coefficient, the paths are the same for all numbers, and one pattern is exact for good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.plan.propagation.local_steps import Batch
from qgl.plan.propagation.pauli_sum import Reals, Slots
from qgl.plan.propagation.steps import Transfer
from qgl.plan.propagation.witness import Kept, Signs

ZERO, ONE = 0, 1  # nodes that hold 0 and 1; sums begin with the latter
ADD, SUBTRACT = 0, 1  # the first of the rotations: (a, b) -> (a + b, ...) and (a - b, ...)
FIRST_ANGLE = 2
PAIR = 2  # nodes of a rotation; 4^w of a transfer matrix
FIRST = 2  # node that is made of others
STEP_NODES = 1000  # a step takes as long as so many nodes, beside its own

Index = NDArray[np.int32]


class PatternTooLargeError(Exception):
    """A pattern has more than `most` nodes."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} nodes")
        self.most = most


@dataclass(frozen=True, eq=False)
class Lanes:
    """Groups of nodes: rows `sources` become rows `results` by a rotation or a transfer matrix.

    sources, results  (nodes, lanes)
    signs             (nodes, lanes) of the sources; of rotations all 1
    matrix            (lanes,) number of a rotation, or of a matrix of this size
    level             (lanes,) ascending; a lane stands behind all lanes that it depends on
    """

    sources: Index
    results: Index
    signs: NDArray[np.int8]
    matrix: Index
    level: Index


@dataclass(frozen=True, eq=False)
class Pattern:
    """What was kept, and which nodes the means are sums of.

    lanes  by nodes of a group
    nodes  how many there are
    ends   (3, ends) nodes, the numbers of their means, and signs
    """

    lanes: Mapping[int, Lanes]
    nodes: int
    ends: Index

    @property
    def work(self) -> int:
        """Nodes that are made of others."""
        return sum(lanes.sources.size for lanes in self.lanes.values())


@dataclass(frozen=True, eq=False, slots=True)
class _Event:
    """Lanes that one step made: their results are numbered from `first` on, row by row."""

    sources: Index
    signs: NDArray[np.int8] | None
    matrix: Index | int
    level: Index
    first: int

    def of(self, kept: Kept) -> Lanes:
        """Some of its lanes; `kept` has the shape (lanes,)."""
        sources = self.sources[:, kept]
        results = self.first + np.arange(self.sources.size, dtype=np.int32).reshape(self.sources.shape)[:, kept]
        signs = np.ones(sources.shape, np.int8) if self.signs is None else self.signs[:, kept]
        matrix = np.broadcast_to(np.asarray(self.matrix, np.int32), self.level.shape)[kept]
        return Lanes(sources, results, signs, matrix, self.level[kept])


class Finder:
    """A witness that writes the pattern of one batch after another down.

    places  of each transfer matrix its number among those of its size
    most    nodes that are allowed

    All that a witness hears can raise PatternTooLargeError.
    """

    def __init__(self, places: Mapping[Transfer, int], most: int) -> None:
        self._places, self._most, self._count = places, most, FIRST
        self._events: list[_Event] = []
        self._ends: list[NDArray[np.int32]] = []
        self._level: Index = np.zeros(1 << 12, np.int32)  # of each node
        self._node: Index = np.zeros(1, np.int32)  # of each slot
        self._owners: Slots = np.zeros(0, np.int64)

    def begin(self, batch: Batch) -> None:
        """What follows is of this batch."""
        self._owners = batch.numbers
        self._node = np.full(len(batch.numbers) + 1, ONE, np.int32)
        self._node[0] = ZERO

    def rotated(
        self, angle: tuple[int, float], slots: tuple[Slots, Slots], turn: Signs, before: tuple[Reals, Reals], kept: Kept
    ) -> None:
        """See `Witness`. A pair that turns the other way is taken in the other order."""
        one, other = (np.where(turn > 0, *pair) for pair in (slots, slots[::-1]))
        node = self._room(slots)
        sources = np.stack([node[one], node[other]])
        node[one], node[other] = self._made(sources, None, FIRST_ANGLE + angle[0])
        node[0] = ZERO

    def merged(self, members: Slots, first: Slots, turn: Signs, kept: Kept) -> None:
        """See `Witness`. Neighbours of a class are added until there is one."""
        node = self._room((members,))
        nodes, signs = node[members], turn
        number = np.repeat(np.arange(1, len(first) + 1), np.diff(np.append(first, len(members))))
        while len(nodes) > len(first):
            begins = np.flatnonzero(np.diff(number, prepend=0))
            place = np.arange(len(number)) - begins[number - 1]
            left = np.flatnonzero((place % 2 == 0)[:-1] & (number[:-1] == number[1:]))
            matrix = np.where(signs[left] == signs[left + 1], ADD, SUBTRACT).astype(np.int32)
            nodes[left] = self._made(np.stack([nodes[left], nodes[left + 1]]), None, matrix)[0]
            rest = np.delete(np.arange(len(nodes)), left + 1)
            nodes, signs, number = nodes[rest], signs[rest], number[rest]
        node[members[first]] = nodes

    def transferred(self, step: Transfer, matrix: Reals, slots: Slots, signs: Signs, values: Reals, kept: Kept) -> None:
        """See `Witness`."""
        node = self._room((slots,))
        node[slots] = self._made(node[slots].T, signs.T.astype(np.int8), self._places[step]).T
        node[0] = ZERO

    def forgotten(self, slots: Slots) -> None:
        """See `Witness`. What is dropped is used no more."""

    def moved_together(self, kept: Slots, size: int) -> None:
        """See `Witness`."""
        self._node = self._room((kept,))[kept]

    def ended(self, slots: Slots, owners: Slots, signs: Signs, size: int) -> None:
        """See `Witness`."""
        nodes = self._room((slots,))[slots]
        self._ends.append(np.stack([nodes, self._owners[owners], signs]).astype(np.int32))

    def _room(self, slots: Sequence[Slots]) -> Index:
        """The nodes of slots, with room for these."""
        most = max((int(each.max(initial=0)) for each in slots), default=0)
        if most >= len(self._node):
            self._node = np.pad(self._node, (0, max(most + 1 - len(self._node), len(self._node))))
        return self._node

    def _made(self, sources: Index, signs: NDArray[np.int8] | None, matrix: Index | int) -> Index:
        """New nodes, of the shape of `sources`."""
        first, self._count = self._count, self._count + sources.size
        if self._count > self._most:
            raise PatternTooLargeError(self._most)
        if self._count > len(self._level):
            self._level = np.pad(self._level, (0, max(self._count - len(self._level), len(self._level))))
        level = 1 + self._level[sources].max(axis=0, initial=0)
        results = np.arange(first, self._count, dtype=np.int32).reshape(sources.shape)
        self._level[results] = level
        self._events.append(_Event(sources, signs, matrix, level, first))
        return results

    def pattern(self) -> Pattern:
        """What reaches the means, of all that was heard."""
        ends = np.concatenate([np.zeros((3, 0), np.int32), *self._ends], axis=1)
        needed = np.zeros(self._count, bool)
        needed[ends[0]] = True
        parts: dict[int, list[Lanes]] = {}
        for event in reversed(self._events):
            results = needed[event.first : event.first + event.sources.size].reshape(event.sources.shape)
            used: Kept = np.any(results, axis=0)
            if used.any():
                lanes = event.of(used)
                needed[lanes.sources] = True
                parts.setdefault(len(event.sources), []).append(lanes)
        return Pattern({size: _joined(parts[size][::-1]) for size in sorted(parts)}, self._count, ends)


def _joined(parts: Sequence[Lanes]) -> Lanes:
    """All lanes, sorted by level."""
    names = ("sources", "results", "signs", "matrix", "level")
    arrays = [np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in names]
    order = np.argsort(arrays[-1], kind="stable")
    return Lanes(*(array[..., order] for array in arrays))


# ------------------------------------------------------------ tables


@dataclass(frozen=True)
class Layout:
    """The shapes of tables, which several patterns can share.

    lanes  of each size of a group as many as a step has
    steps  how many there are
    ends   nodes that means are made of
    """

    lanes: tuple[tuple[int, int], ...]
    steps: int
    ends: int

    @property
    def width(self) -> int:
        """Nodes of a step."""
        return sum(size * lanes for size, lanes in self.lanes)

    @property
    def nodes(self) -> int:
        """All nodes: 0 and 1, then those of each step."""
        return FIRST + self.steps * self.width

    @classmethod
    def of(cls, patterns: Sequence[Pattern]) -> Layout:
        """What has room for each of them; of few different shapes, so that little is compiled."""
        sizes = sorted({size for pattern in patterns for size in pattern.lanes})
        counts = [{size: np.bincount(lanes.level) for size, lanes in each.lanes.items()} for each in patterns]
        lanes = {size: _lanes(size, [each[size] for each in counts if size in each]) for size in sizes}
        steps = max((int(_steps(each, lanes).sum()) for each in counts), default=0)
        ends = max((each.ends.shape[1] for each in patterns), default=0)
        return cls(tuple(lanes.items()), rounded(steps), rounded(ends))


def rounded(count: int) -> int:
    """The least number from `count` on of at most three bits and zeros behind them, at least 1."""
    unit = 1 << max(max(count, 1).bit_length() - 3, 0)
    return -(-max(count, 1) // unit) * unit


def _lanes(size: int, counts: Sequence[NDArray[np.int64]]) -> int:
    """Lanes of a step for which steps and lanes together cost least, of as many lanes as levels have."""
    options = [1 << k for k in range(3, 21)]

    def cost(lanes: int) -> int:
        return sum(int((-(-each // lanes)).sum()) * (size * lanes + STEP_NODES) for each in counts)

    return min(options, key=cost)


def _steps(counts: Mapping[int, NDArray[np.int64]], lanes: Mapping[int, int]) -> NDArray[np.int64]:
    """Steps of each level."""
    steps = np.zeros(max((len(count) for count in counts.values()), default=0), np.int64)
    for size, count in counts.items():
        steps[: len(count)] = np.maximum(steps[: len(count)], -(-count // lanes[size]))
    return steps


def tables_of(pattern: Pattern, layout: Layout) -> dict[str, NDArray[Any]]:
    """A pattern as arrays of the shapes of a layout, which has room for it.

    sources n    (steps, n, lanes) where the nodes of groups of n come from
    signs n      the same shape, of groups that are no rotations
    matrix n     (steps, lanes) their rotations, or matrices
    users        (steps, width) where each node is used: a place like those of nodes, or behind them one of `ends`
    ends         (ends,) nodes
    owners       (ends,) the numbers of their means
    end signs    (ends,)
    """
    lanes = dict(layout.lanes)
    counts = {size: np.bincount(own.level) for size, own in pattern.lanes.items()}
    begins = np.concatenate([[0], np.cumsum(_steps(counts, lanes))])
    place = np.zeros(pattern.nodes, np.int32)
    place[ONE] = ONE
    where: dict[int, tuple[Slots, Slots, Index]] = {}
    offset = FIRST
    for size, count in layout.lanes:
        if size in pattern.lanes:
            own = pattern.lanes[size]
            rank = np.arange(len(own.level)) - np.concatenate([[0], np.cumsum(counts[size])])[own.level]
            step, lane = begins[own.level] + rank // count, rank % count
            spots = offset + step * layout.width + lane + count * np.arange(size)[:, None]
            place[own.results] = spots
            where[size] = step, lane, spots.astype(np.int32)
        offset += size * count
    users = np.zeros(layout.nodes, np.int32)
    tables: dict[str, NDArray[Any]] = {}
    for size, count in layout.lanes:
        tables[f"sources {size}"] = sources = np.zeros((layout.steps, size, count), np.int32)
        tables[f"matrix {size}"] = matrix = np.zeros((layout.steps, count), np.int32)
        if size != PAIR:
            tables[f"signs {size}"] = signs = np.ones((layout.steps, size, count), np.int8)
        if size in where:
            own, (step, lane, spots) = pattern.lanes[size], where[size]
            sources[step, :, lane] = place[own.sources].T
            matrix[step, lane] = own.matrix
            users[place[own.sources]] = spots
            if size != PAIR:
                signs[step, :, lane] = own.signs.T
    ends = np.zeros((3, layout.ends), np.int32)
    ends[:, : pattern.ends.shape[1]] = pattern.ends
    ends[0] = place[ends[0]]
    users[ends[0]] = layout.nodes + np.arange(layout.ends)
    users[[ZERO, ONE]] = 0
    tables |= {"ends": ends[0], "owners": ends[1], "end signs": ends[2].astype(np.int8)}
    return {**tables, "users": users[FIRST:].reshape(layout.steps, layout.width)}
