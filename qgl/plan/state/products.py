"""Blocks of small matrices as tables: which matrices make a unit, which units make a block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import indices, strings
from qgl.passes.fusion import Item, fuse, merge_single
from qgl.plan.matrix_pool import PoolBuilder
from qgl.plan.state.elements import Small
from qgl.plan.state.layout import pad_window
from qgl.plan.state.tables import Indices, Products

LONGEST_UNIT, LONGEST_BLOCK = 8, 32


@dataclass(frozen=True, eq=False, slots=True)
class Member:
    """A matrix of the pool and where in its window it acts, first axis most significant."""

    handle: int
    axes: tuple[int, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Unit:
    """Matrices on the `positions` of a window, exactly `arity` of them."""

    positions: tuple[int, ...]
    members: tuple[Member, ...]


class ProductBuilder:
    """Collects blocks. A block of many units is cut into several, which `add` numbers one after the other."""

    def __init__(self, arity: int, width: int, pool: PoolBuilder) -> None:
        self._arity, self._width, self._pool = arity, width, pool
        self._units: list[Unit] = []
        self._blocks: list[list[int]] = []

    def add(self, window: Sequence[int], smalls: Sequence[Small]) -> list[int]:
        """Rows of the blocks that `smalls` make; the axes of `window` are in order of significance."""
        position = {axis: k for k, axis in enumerate(window)}
        items = [Item(tuple(position[p] for p in small.axes), small.bases, (k,)) for k, small in enumerate(smalls)]
        numbers = []
        for block in fuse(merge_single(items), self._width, self._arity):
            positions = pad_window(block.wires, self._width, self._arity)
            members = [smalls[k] for item in block.items for k in item.members]
            for cut in range(0, len(members), LONGEST_UNIT):
                self._units.append(self._unit(positions, members[cut : cut + LONGEST_UNIT], position))
                numbers.append(len(self._units))
        rows = []
        for cut in range(0, len(numbers), LONGEST_BLOCK):
            rows.append(len(self._blocks))
            self._blocks.append(numbers[cut : cut + LONGEST_BLOCK])
        return rows

    def _unit(self, positions: tuple[int, ...], smalls: Sequence[Small], position: dict[int, int]) -> Unit:
        inside = {a: k for k, a in enumerate(positions)}
        members = tuple(
            Member(self._pool.add(small.recipe), tuple(inside[position[axis]] for axis in small.axes))
            for small in smalls
        )
        return Unit(positions, members)

    def finish(self) -> Products:
        """The tables; after `PoolBuilder.build`."""
        depth = max((len(unit.members) for unit in self._units), default=0)
        size = 2**self._arity
        identity = np.eye(size, dtype=np.int32)  # entries 0 and 1 of the pool are zero and one
        units = np.broadcast_to(identity, (depth, len(self._units) + 1, size, size)).copy()
        for number, unit in enumerate(self._units, 1):
            for order, member in enumerate(unit.members):
                units[order, number] = _entries(self._pool.offset(member.handle), member.axes, self._arity)
        return Products(self._arity, self._width, units, *self._moves())

    def _moves(self) -> tuple[Indices, ...]:
        depth = max((len(block) for block in self._blocks), default=0)
        count, rows = len(self._blocks), 2**self._width
        members = np.zeros((depth, count), dtype=np.int32)
        moves = np.broadcast_to(np.arange(rows, dtype=np.int32), (depth, count, rows)).copy()
        finish = np.empty((count, rows), dtype=np.int32)
        for number, block in enumerate(self._blocks):
            layout = tuple(range(self._width))
            for order, unit_number in enumerate(block):
                positions = self._units[unit_number - 1].positions
                target = (*positions, *(position for position in layout if position not in positions))
                members[order, number] = unit_number
                moves[order, number] = rows_after(layout, target)
                layout = target
            finish[number] = rows_after(layout, tuple(range(self._width)))
        return members, moves, np.argsort(moves, axis=-1).astype(np.int32), finish, np.argsort(finish).astype(np.int32)


def _entries(offset: int, axes: tuple[int, ...], arity: int) -> NDArray[np.int64]:
    """Pool entries of the matrix at `offset` on `axes`, as a matrix on `arity` axes."""
    index = np.arange(2**arity)
    inner = indices(strings(index, arity)[:, axes])
    others = sum(1 << (arity - 1 - axis) for axis in range(arity) if axis not in axes)
    entries = offset + (inner[:, None] << len(axes)) + inner[None, :]
    return np.where((index[:, None] ^ index[None, :]) & others, 0, entries)


def rows_after(layout: Sequence[int], target: Sequence[int]) -> NDArray[np.int32]:
    """For a state in `layout`: the index of each amplitude, shape (2^axes,), of the same state in layout `target`."""
    count = len(layout)
    positions = [layout.index(position) for position in target]
    return np.arange(2**count, dtype=np.int32).reshape((2,) * count).transpose(positions).ravel()
