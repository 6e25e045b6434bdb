"""Many classes of small cones as tables that are run together.

A tile is a number of members of one class, side by side in memory: the state of a tile is an array (2^bits, lanes).
In every step all tiles do the same to different places: their bits are put in an order that has the bits of a block
first, and the block's matrix, one for each member, acts on these. What the places and the matrices are is in tables,
so that the computation depends on neither the number of classes nor on what they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Real
from qgl.gates.algebra import pauli_word
from qgl.plan.cone_schedule import Block, Schedule, kind_of, substituted
from qgl.plan.cone_survey import Reading
from qgl.plan.expressions import ExpressionBuilder
from qgl.plan.pool import Pool, PoolBuilder, Recipe
from qgl.query import LETTERS

Indices = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class TileBlocks:
    """The distinct blocks of all tiles: products of embedded small matrices. Block 0 is the identity.

    arity    bits of a block, K = 2^arity
    entries  (longest block, K, K, blocks) entries of the pool
    """

    arity: int
    pool: Pool
    entries: Indices


@dataclass(frozen=True, eq=False)
class TileBatch:
    """Tiles of equal width.

    block   (steps, tiles, lanes) blocks
    move    (steps, tiles) rows of `moves` that come before a block
    final   (tiles,) rows of `moves` that bring the bits in the order in which they are read
    moves   (moves, 2^bits) places in the old state of the amplitudes of the new one
    back    the inverse of `moves`
    density whether the states are density matrices, all kets first, then all bras
    read    qubits that are read, the first ones; `bits_only`: only in the computational basis
    words   (words, 2^read or 4^read) words as functions of a law or state of these
    regions for each region its law or state, (2^size or 4^size, 2^read or 4^read), as functions of the same
    chunk   tiles that are run at the same time
    """

    bits: int
    block: Indices
    move: Indices
    final: Indices
    moves: Indices
    back: Indices
    density: bool
    read: int
    bits_only: bool
    words: NDArray[np.complex128]
    regions: tuple[NDArray[np.float64], ...]
    chunk: int


class BlockBuilder:
    """Collects the distinct blocks of classes; `numbers` are what the atoms of members stand for."""

    def __init__(self, numbers: Sequence[Real], expressions: ExpressionBuilder) -> None:
        self._numbers = numbers
        self._pool = PoolBuilder(expressions)
        self._found: dict[Hashable, int] = {}
        self._rows: list[list[tuple[int, int]]] = [[]]  # of each block the handles and shapes of its matrices
        self._shapes: dict[tuple[int, ...], int] = {}
        self._handles: dict[Hashable, int] = {}

    def add(self, block: Block, members: Sequence[tuple[int, ...]]) -> list[int]:
        """The numbers of a class's block for `members`, rows of atoms."""
        if not block.slots:
            return [self._one(block, ())] * len(members)
        get = itemgetter(*block.slots)
        atoms = map(get, members) if len(block.slots) > 1 else ((get(row),) for row in members)
        return [self._one(block, row) for row in atoms]

    def _one(self, block: Block, atoms: tuple[int, ...]) -> int:
        key = block.key, atoms
        number = self._found.get(key)
        if number is None:
            number = self._found[key] = len(self._rows)
            self._rows.append([self._matrix(recipe, places, atoms) for recipe, places in block.matrices])
        return number

    def _matrix(self, recipe: Recipe, places: tuple[int, ...], atoms: tuple[int, ...]) -> tuple[int, int]:
        args = tuple(substituted(arg, lambda slot: self._numbers[atoms[slot]]) for arg in recipe.args)
        key = kind_of(recipe), args, None if recipe.constant is None else recipe.constant.tobytes()
        if key not in self._handles:
            self._handles[key] = self._pool.add(replace(recipe, args=args))
        return self._handles[key], self._shapes.setdefault(places, len(self._shapes))

    def build(self, arity: int) -> TileBlocks:
        pool = self._pool.build()
        depth = max(map(len, self._rows), default=0)
        shapes = np.stack([_identity(arity), *(_embedding(places, arity) for places in self._shapes)])
        base = np.zeros((depth, len(self._rows)), np.int64)
        shape = np.zeros_like(base)
        for number, row in enumerate(self._rows):
            for k, (handle, one) in enumerate(row):
                base[k, number], shape[k, number] = self._pool.offset(handle), 1 + one
        offsets = shapes[shape]
        entries = np.where(offsets >= 0, offsets + base[:, :, None, None], -1 - offsets)
        return TileBlocks(arity, pool, np.ascontiguousarray(np.moveaxis(entries, 1, 3), np.int32))


def _identity(arity: int) -> NDArray[np.int64]:
    return -1 - np.eye(2**arity, dtype=np.int64)


def _embedding(places: tuple[int, ...], arity: int) -> NDArray[np.int64]:
    """Where the entries of a matrix on some bits of a block are in the matrix, shape (K, K); -1 where it is zero."""
    index = np.arange(2**arity)
    bits = index[:, None] >> (arity - 1 - np.array(places)) & 1
    own = bits @ (1 << np.arange(len(places))[::-1])
    others = index & ~sum(1 << (arity - 1 - place) for place in places)
    offsets = own[:, None] * 2 ** len(places) + own[None, :]
    return np.where(others[:, None] == others[None, :], offsets, -1)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Classes whose tiles have the same number of bits, and the words and regions that are read of all of them."""

    schedules: list[Schedule]
    bits: int
    steps: int

    @property
    def work(self) -> float:
        """Amplitudes that are multiplied."""
        return float(sum(len(one.one.rows) for one in self.schedules)) * self.steps * 2.0**self.bits

    def with_one(self, schedule: Schedule) -> Bucket:
        steps = max(self.steps, len(schedule.blocks))
        return Bucket([*self.schedules, schedule], max(self.bits, schedule.bits), steps)


LITTLE = 3e5  # amplitudes to multiply that are not worth a computation of their own
WASTE = 1.25  # what may be added to the work of classes so that they have one computation


def buckets(schedules: Sequence[Schedule], arity: int) -> list[Bucket]:
    """Classes put together, the widest first, where little is lost by it; states have `arity` bits at least."""
    found: dict[tuple[bool, bool], list[Bucket]] = {}
    for one in sorted(schedules, key=lambda one: (-one.bits, -len(one.blocks))):
        same = found.setdefault((one.density, one.one.bits_only), [])
        least = arity + arity % 2 if one.density else arity
        alone = Bucket([one], max(one.bits, least), len(one.blocks))
        for k, bucket in enumerate(same):
            joined = bucket.with_one(one)
            if joined.work <= WASTE * (bucket.work + alone.work) + LITTLE:
                same[k] = joined
                break
        else:
            same.append(alone)
    return [bucket for same in found.values() for bucket in same]


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
    tiles = [-(-len(schedule.one.rows) // lanes) for schedule in bucket.schedules]
    block = np.zeros((bucket.steps, sum(tiles), lanes), np.int32)
    move = np.zeros((bucket.steps, sum(tiles)), np.int32)
    final = np.zeros(sum(tiles), np.int32)
    moves = _Moves(bucket.bits)
    first = 0
    for schedule, count in zip(bucket.schedules, tiles, strict=True):
        own = slice(first, first + count)
        rows = list(schedule.one.rows)
        layout: list[int] = list(range(bucket.bits))
        for step, one in enumerate(schedule.blocks):
            window = _window(one.window, layout, arity)
            order = [*window, *(place for place in layout if place not in window)]
            move[step, own] = moves.add(layout, order)
            layout = order
            padded = [*builder.add(one, rows), *[0] * (count * lanes - len(rows))]
            block[step, own] = np.array(padded, np.int32).reshape(count, lanes)
        final[own] = moves.add(layout, schedule.order(bucket.bits))
        first += count
    density, bits_only = bucket.schedules[0].density, bucket.schedules[0].one.bits_only
    read = max(len(schedule.visible) for schedule in bucket.schedules)
    forward, back = moves.tables()
    words = _word_rows(list(reading.words), read, bits_only)
    regions = tuple(_region_rows(region, read, bits_only) for region in reading.regions)
    tables = (block, move, final, forward, back)
    return TileBatch(bucket.bits, *tables, density, read, bits_only, words, regions, chunk)


def _window(window: tuple[int, ...], layout: Sequence[int], arity: int) -> list[int]:
    """A window and, if it has fewer than `arity` places, the first others."""
    others = (place for place in layout if place not in window)
    return [*window, *itertools.islice(others, arity - len(window))]


def lanes_of(members: Sequence[int]) -> int:
    """Members of a tile: many, as they are worked on at once, unless too many stayed empty."""
    for lanes in (32, 16):
        if sum(-(-count // lanes) * lanes for count in members) <= 1.2 * sum(members) + 64:
            return lanes
    return 8


def tile_bytes(bucket: Bucket, lanes: int) -> int:
    """Bytes of one tile, value and gradient: the states of all steps are kept."""
    return 8 * lanes * 2**bucket.bits * (2 * bucket.steps + 8)


def _word_rows(words: Sequence[tuple[int, ...]], read: int, bits_only: bool) -> NDArray[np.complex128]:
    rows = []
    for letters in words:
        spelled = "".join(LETTERS[letter] for letter in letters) + "I" * (read - len(letters))
        matrix = pauli_word(spelled)
        rows.append(matrix.diagonal() if bits_only else matrix.T.ravel())
    return np.array(rows, np.complex128).reshape(len(words), (2 if bits_only else 4) ** read)


def _region_rows(region: tuple[int, ...], read: int, bits_only: bool) -> NDArray[np.float64]:
    index = np.arange(2**read)
    own = (index[:, None] >> (read - 1 - np.array(region)) & 1) @ (1 << np.arange(len(region))[::-1])
    law = (np.arange(2 ** len(region))[:, None] == own).astype(np.float64)
    if bits_only:
        return law
    others = index & ~sum(1 << (read - 1 - place) for place in region)
    same = (others[:, None] == others[None, :]).astype(np.float64)
    return np.asarray(np.einsum("ax,by,xy->abxy", law, law, same).reshape(4 ** len(region), -1))
