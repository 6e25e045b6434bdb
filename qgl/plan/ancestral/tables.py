"""Turns as arrays: what the kernel scans over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.bits import ragged
from qgl.plan.ancestral.turns import Turn
from qgl.plan.expressions import ExpressionBuilder, Expressions
from qgl.plan.matrix_pool import Pool, PoolBuilder

Indices = NDArray[np.int32]
IDENTITY = (1, 0, 0, 1)  # entries of the pool


@dataclass(frozen=True, eq=False)
class AncestralProgram:
    """Cells, one for each wire, and their turns: the r-th of each cell is in round r, padded with identities.

    Strings have two columns more than there are cells: one of zeros, then one of ones. The last row of the tables of
    cells is one that is never turned, for padding.

    entries  (rounds, cells + 1, choices, 4) of the pool: the matrix for each value of the controls that choose, by rows
    inside   (rounds, cells + 1, k) columns of these controls, the least significant one first; padded with zeros
    outside  (rounds, cells + 1, k) columns that must be one; padded with ones
    levels   (levels, k) cells whose controls are in the levels before; padded with the last row
    visible  (n,) cells of the bits that are read out
    """

    method: str
    expressions: Expressions
    pool: Pool
    entries: Indices
    inside: Indices
    outside: Indices
    levels: Indices
    visible: Indices

    @property
    def cells(self) -> int:
        """Number of wires."""
        return self.entries.shape[1] - 1

    def sizes(self) -> dict[str, int]:
        rounds, _, choices, _ = self.entries.shape
        return {"cells": self.cells, "rounds": rounds, "choices": choices, "levels": len(self.levels)}


def levels_of(turns: Sequence[Turn], wires: Sequence[int]) -> dict[int, int]:
    """The level of each wire: one more than the highest of its controls, 0 without any."""
    level = dict.fromkeys(wires, 0)
    for turn in turns:  # in order, so that controls are through with their own turns, and have their levels
        level[turn.wire] = max([level[turn.wire], *(1 + level[wire] for wire in turn.controls)])
    return level


def wires_of(turns: Sequence[Turn], visible: Sequence[int]) -> list[int]:
    """All wires that bits are drawn for: those that are read out, then the others."""
    touched = {wire for turn in turns for wire in (turn.wire, *turn.controls)}
    return [*visible, *sorted(touched.difference(visible))]


def tables_of(
    method: str, turns: Sequence[Turn], visible: Sequence[int], parameter_sizes: Sequence[int]
) -> AncestralProgram:
    """The arrays of `turns`; `visible` are the wires that are read out."""
    wires = wires_of(turns, visible)
    cell = {wire: number for number, wire in enumerate(wires)}
    own: list[list[Turn]] = [[] for _ in wires]
    for turn in turns:
        own[cell[turn.wire]].append(turn)
    rounds, choices = _shape(turns, max(map(len, own), default=0))
    expressions = ExpressionBuilder(parameter_sizes)
    pool = PoolBuilder(expressions)
    handles = [[pool.add(turn.recipe) for turn in mine] for mine in own]
    made = pool.build()
    entries = np.broadcast_to(np.array(IDENTITY, np.int32), (rounds, len(wires) + 1, choices, 4)).copy()
    for number, mine in enumerate(own):
        for r, turn in enumerate(mine):
            entries[r, number] = _entries(turn, pool.offset(handles[number][r]), choices)
    level = levels_of(turns, wires)
    groups: list[list[int]] = [[] for _ in range(1 + max(level.values(), default=0))]
    for wire in wires:
        groups[level[wire]].append(cell[wire])
    columns = [[[cell[wire] for wire in turn.inside] for turn in mine] for mine in own]
    needed = [[[cell[wire] for wire in turn.outside] for turn in mine] for mine in own]
    return AncestralProgram(
        method,
        expressions.build(),
        made,
        entries,
        _padded(columns, rounds, len(wires)),
        _padded(needed, rounds, len(wires) + 1),
        ragged.table(groups, len(wires)).astype(np.int32),
        np.arange(len(visible), dtype=np.int32),
    )


def _shape(turns: Sequence[Turn], rounds: int) -> tuple[int, int]:
    """Rounds, one at least, and values of the controls that choose."""
    return max(1, rounds), 1 << max((len(turn.inside) for turn in turns), default=0)


def _entries(turn: Turn, offset: int, choices: int) -> Indices:
    """Entries of the pool of a turn's matrices, shape (choices, 4); where it has fewer controls, again the same."""
    size = turn.recipe.size
    qubits = size.bit_length() - 1
    number = np.arange(choices)
    held = sum((number >> k & 1) << (qubits - 1 - place) for k, place in enumerate(turn.places))
    step = 1 << (qubits - 1 - turn.place)
    first = offset + np.asarray(held)[..., None] * (size + 1)
    return np.broadcast_to(first + np.array([0, step, size * step, (size + 1) * step]), (choices, 4)).astype(np.int32)


def _padded(columns: Sequence[Sequence[Sequence[int]]], rounds: int, filler: int) -> Indices:
    """Columns of the controls of each turn of each cell, shape (rounds, cells + 1, most controls)."""
    most = max((len(each) for mine in columns for each in mine), default=0)
    table = np.full((rounds, len(columns) + 1, most), filler, np.int32)
    for cell, mine in enumerate(columns):
        for r, each in enumerate(mine):
            table[r, cell, : len(each)] = each
    return table
