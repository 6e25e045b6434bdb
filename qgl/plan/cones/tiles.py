"""Many classes of small cones as tables that are run together.

A tile is a number of members of one class, side by side in memory: the state of a tile is an array (2^bits, lanes).
In every step all tiles do the same to different places: their bits are put in an order that has the bits of a block
first, and the block's matrix, one for each member, acts on these. What the places and the matrices are is in tables,
so that the computation depends on neither the number of classes nor on what they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import indices, strings
from qgl.gates.algebra import pauli_matrix
from qgl.plan.cones.blocks import BlockBuilder
from qgl.plan.cones.schedule import Schedule
from qgl.plan.cones.survey import Reading
from qgl.query import LETTERS

Indices = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class TileBatch:
    """Tiles of equal width.

    block        (steps, tiles, lanes) blocks
    move         (steps, tiles) rows of `moves` that come before a block
    final        (tiles,) rows of `moves` that bring the bits in the order in which they are read
    moves        (moves, 2^bits) places in the old state of the amplitudes of the new one
    inverse      (moves, 2^bits) the inverse of `moves`
    density      whether the states are density matrices, all kets first, then all bras
    read         qubits that are read, the first ones; `bits_only`: only in the computational basis
    pauli_words  (pauli_words, 2^read or 4^read) Pauli words as functions of a distribution or state of these
    regions      for each its distribution or state, (2^k or 4^k, 2^read or 4^read), as functions of the same
    chunk        tiles that are run at the same time
    """

    bits: int
    block: Indices
    move: Indices
    final: Indices
    moves: Indices
    inverse: Indices
    density: bool
    read: int
    bits_only: bool
    pauli_words: NDArray[np.complex128]
    regions: tuple[NDArray[np.float64], ...]
    chunk: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Classes whose tiles have the same number of bits, and the Pauli words and regions that are read of all of
    them.
    """

    schedules: list[Schedule]
    bits: int
    steps: int

    @property
    def work(self) -> float:
        """Amplitudes that are multiplied."""
        return float(sum(one.one.count for one in self.schedules)) * self.steps * 2.0**self.bits

    def with_one(self, schedule: Schedule) -> Bucket:
        """The bucket with one more class."""
        steps = max(self.steps, len(schedule.gathered))
        return Bucket([*self.schedules, schedule], max(self.bits, schedule.bits), steps)


LITTLE = 3e5  # amplitudes to multiply that are not worth a computation of their own
WASTE = 1.25  # what may be added to the work of classes so that they have one computation


def buckets(schedules: Sequence[Schedule], arity: int) -> list[Bucket]:
    """Classes put together, the widest first, where little is lost by it; states have `arity` bits at least."""
    buckets: dict[tuple[bool, bool], list[Bucket]] = {}
    for one in sorted(schedules, key=lambda one: (-one.bits, -len(one.gathered))):
        same = buckets.setdefault((one.density, one.one.bits_only), [])
        least = arity + arity % 2 if one.density else arity
        alone = Bucket([one], max(one.bits, least), len(one.gathered))
        for k, bucket in enumerate(same):
            joined = bucket.with_one(one)
            if joined.work <= WASTE * (bucket.work + alone.work) + LITTLE:
                same[k] = joined
                break
        else:
            same.append(alone)
    return [bucket for same in buckets.values() for bucket in same]


class _Moves:
    """Distinct orders of the bits of a state."""

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._found: dict[tuple[int, ...], int] = {tuple(range(bits)): 0}

    def add(self, old: Sequence[int], new: Sequence[int]) -> int:
        """The move from one order of places to another."""
        at = {place: k for k, place in enumerate(old)}
        return self._found.setdefault(tuple([at[place] for place in new]), len(self._found))

    def tables(self) -> tuple[Indices, Indices]:
        natural = np.arange(2**self._bits, dtype=np.int32).reshape((2,) * self._bits)
        moves = np.stack([natural.transpose(axes).ravel() for axes in self._found])
        return moves, np.argsort(moves, axis=1).astype(np.int32)


def tile_batch(
    bucket: Bucket,
    builder: BlockBuilder,
    arity: int,
    lanes: int,
    reading: Reading,
    chunk: int,
) -> TileBatch:
    """Tables of a bucket; members of a class are side by side, and every class begins with a tile of its own."""
    tiles = [-(-schedule.one.count // lanes) for schedule in bucket.schedules]
    block = np.zeros((bucket.steps, sum(tiles), lanes), np.int32)
    move = np.zeros((bucket.steps, sum(tiles)), np.int32)
    final = np.zeros(sum(tiles), np.int32)
    moves = _Moves(bucket.bits)
    first = 0
    for schedule, count in zip(bucket.schedules, tiles, strict=True):
        own = slice(first, first + count)
        layout: list[int] = list(range(bucket.bits))
        for step, one in enumerate(schedule.blocks):
            window = _window(one.window, layout, arity)
            order = [*window, *(place for place in layout if place not in window)]
            move[step, own] = moves.add(layout, order)
            layout = order
            numbers = builder.of_class(one, schedule.one)
            block[step, own] = np.pad(numbers, (0, count * lanes - len(numbers))).reshape(count, lanes)
        final[own] = moves.add(layout, schedule.order(bucket.bits))
        first += count
    density, bits_only = bucket.schedules[0].density, bucket.schedules[0].one.bits_only
    read = max(len(schedule.visible) for schedule in bucket.schedules)
    forward, inverse = moves.tables()
    pauli_words = _pauli_word_rows(list(reading.pauli_words), read, bits_only)
    regions = tuple(_region_rows(region, read, bits_only) for region in reading.regions)
    tables = (block, move, final, forward, inverse)
    return TileBatch(bucket.bits, *tables, density, read, bits_only, pauli_words, regions, chunk)


def _window(window: tuple[int, ...], layout: Sequence[int], arity: int) -> list[int]:
    """A window and, if it has fewer than `arity` places, the first others."""
    others = (place for place in layout if place not in window)
    return [*window, *itertools.islice(others, arity - len(window))]


def lanes_of(members: Sequence[int], bits: int) -> int:
    """Members of a tile: many, as they are worked on at once, unless too many stayed empty or states are large."""
    for lanes in (32, 16) if bits <= 10 else ():
        if sum(-(-count // lanes) * lanes for count in members) <= 1.2 * sum(members) + 64:
            return lanes
    return 8


def tile_bytes(bucket: Bucket, arity: int, lanes: int) -> int:
    """Bytes of one tile, value and gradient, in single precision; the states of all steps are kept if need be."""
    states = 2 * bucket.steps + 8 if bucket.schedules[0].density else 8
    return 8 * lanes * (states * (1 << bucket.bits) + 4 * bucket.steps * (1 << 2 * arity))


def _pauli_word_rows(pauli_words: Sequence[tuple[int, ...]], read: int, bits_only: bool) -> NDArray[np.complex128]:
    rows = []
    for letters in pauli_words:
        spelled = "".join(LETTERS[letter] for letter in letters) + "I" * (read - len(letters))
        matrix = pauli_matrix(spelled)
        rows.append(matrix.diagonal() if bits_only else matrix.T.ravel())
    return np.array(rows, np.complex128).reshape(len(pauli_words), (2 if bits_only else 4) ** read)


def _region_rows(region: tuple[int, ...], read: int, bits_only: bool) -> NDArray[np.float64]:
    index = np.arange(2**read)
    own = indices(strings(index, read)[:, region])
    distribution = np.asarray(np.arange(2 ** len(region))[:, None] == own, np.float64)
    if bits_only:
        return distribution
    others = index & ~sum(1 << (read - 1 - place) for place in region)
    same = (others[:, None] == others[None, :]).astype(np.float64)
    return np.asarray(np.einsum("ax,by,xy->abxy", distribution, distribution, same).reshape(4 ** len(region), -1))
