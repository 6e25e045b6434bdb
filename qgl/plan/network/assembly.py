"""The rows of a table: gates of an angle side by side, and short runs of them on one wire as one tensor.

A run of matrices is a product for each of its steps. If the matrices are functions of angles, so is their product,
of several angles at once: then it is made as one tensor, and they are not made at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qgl.plan.network.angles import AngleTensors, composed
from qgl.plan.network.bases import Fixed
from qgl.plan.network.sources import AngleSource, Indices, Shape, Source, Table

Ints = NDArray[np.int64]
Groups = tuple[int, ...]  # numbers of groups: of one, or of those that a stretch of a run is made of

MOST_COLUMNS = 16  # of a source, whose constants are multiplied by as many numbers for each tensor
MOST_PATTERNS = 8  # of runs that are one tensor; each is another program


class Made(NamedTuple):
    """Tensors of gates of at most one angle of one kind: `angles` (rows, 0 or 1) are rows of the expression outputs."""

    axes: tuple[int, int]
    tensors: AngleTensors
    angles: Ints


class Run(NamedTuple):
    """Products of matrices on one wire.

    groups   the number of each matrix' group, the first to act first
    rows     (runs, length) of the matrices in their groups
    length   of the run, and `numbers` (runs,) which of that length they are
    """

    groups: Groups
    rows: Ints
    length: int
    numbers: Ints


class _Part(NamedTuple):
    """Tensors of one stretch, and of shorter ones that are made as if they were such, with how many rows each has."""

    stretch: Groups
    made: Made
    members: tuple[tuple[Groups, int], ...]


class Assembly:
    """Assembles one table.

    places  of each part and group of handles (see `qgl.plan.network.values.Handle`) the rows in the table
    angles  the expression outputs that the table's sources take, in their order
    """

    def __init__(self, fixed: Sequence[Fixed], groups: Sequence[Source | Made], zero: int) -> None:
        """`zero`: the expression output that is 0."""
        self._groups, self._zero = groups, zero
        self._fixed, self._at = fixed, len(fixed)
        self._kept = [np.ones(_count(group), np.bool_) for group in groups]
        self._merged: dict[Groups, list[Ints]] = {}  # of stretches of runs, the angles
        self._begin: dict[Groups, int] = {}  # the first row
        self._sources: list[Source | AngleSource] = []
        self.places: dict[tuple[int, int], Ints] = {(0, 0): np.arange(len(fixed))}
        self.angles: list[Ints] = []

    def table(self, shape: Shape, runs: Sequence[Run]) -> Table:
        """The table of all groups and of the runs."""
        merging = len({run.groups for run in runs}) <= MOST_PATTERNS
        pieces = [self._pieces(run, merging) for run in runs]
        self._add_angles()
        for number, group in enumerate(self._groups):
            if isinstance(group, Source):
                self._begin[number,] = self._at
                self._at += group.rows
                self._sources.append(group)
            if (number,) in self._begin:
                self.places[1, number] = self._begin[number,] + np.cumsum(self._kept[number]) - 1
        products = self._place_runs(runs, pieces)
        fixed = np.stack(self._fixed) if self._fixed else np.zeros((0, *shape))
        return Table(shape, fixed, tuple(self._sources), products)

    def _pieces(self, run: Run, merging: bool) -> list[tuple[Groups, Ints]]:
        """The tensors whose product a run is: the groups that each is made of, and its rows."""
        pieces = []
        columns = [_columns(self._groups[group]) for group in run.groups]
        for first, last in _stretches(columns) if merging else _alone(len(columns)):
            stretch, rows = run.groups[first:last], run.rows[:, first:last]
            if last - first == 1:
                pieces.append((stretch, rows[:, 0]))
                continue
            for group, own in zip(stretch, rows.T, strict=True):
                self._kept[group][own] = False
            merged = self._merged.setdefault(stretch, [])
            before = sum(map(len, merged))
            angles = [self._made(group).angles[own] for group, own in zip(stretch, rows.T, strict=True)]
            merged.append(np.concatenate(angles, axis=1))
            pieces.append((stretch, before + np.arange(len(rows))))
        return pieces

    def _made(self, group: int) -> Made:
        made = self._groups[group]
        assert isinstance(made, Made)
        return made

    def _add_angles(self) -> None:
        """The sources of all that is made of angles: those of several angles, or many columns, have their own."""
        batch: list[_Part] = []
        for part in sorted(self._parts(), key=lambda part: (len(part.made.tensors.functions) > 1, part.made.axes)):
            columns = sum(len(other.made.tensors.constants) for other in batch) + len(part.made.tensors.constants)
            alone = len(part.made.tensors.functions) > 1 or columns > MOST_COLUMNS
            if batch and (alone or batch[0].made.axes != part.made.axes):
                self._add_source(batch)
                batch = []
            batch.append(part)
        if batch:
            self._add_source(batch)

    def _parts(self) -> list[_Part]:
        """Gates that are not part of a longer stretch, and the stretches; what is another one with rotations by 0 is
        made with that.
        """
        every: dict[Groups, Ints] = {}
        for number, group in enumerate(self._groups):
            if isinstance(group, Made) and self._kept[number].any():
                every[number,] = group.angles[self._kept[number]]
        every |= {stretch: np.concatenate(angles) for stretch, angles in self._merged.items()}
        parts: list[_Part] = []
        for groups in sorted(every, key=len, reverse=True):
            angles = every[groups]
            for place, part in enumerate(parts):
                spread = self._spread(groups, angles, part.stretch)
                if spread is not None:
                    own = np.concatenate([part.made.angles, spread])
                    parts[place] = part._replace(
                        made=part.made._replace(angles=own), members=(*part.members, (groups, len(angles)))
                    )
                    break
            else:
                made = [self._made(group) for group in groups]
                tensors = made[0].tensors if len(made) == 1 else composed([each.tensors for each in made])
                parts.append(_Part(groups, Made(made[0].axes, tensors, angles), ((groups, len(angles)),)))
        return parts

    def _spread(self, groups: Groups, angles: Ints, longer: Groups) -> Ints | None:
        """The angles of a stretch as those of a longer one with rotations by 0; None if it is not such a one."""
        if len(longer) == 1:
            return None
        columns, place, at = list[Ints](), 0, 0
        for group in longer:
            made = self._made(group)
            if place < len(groups) and group == groups[place]:
                count = made.angles.shape[1]
                columns.append(angles[:, at : at + count])
                place, at = place + 1, at + count
            elif made.tensors.none_at_zero:
                columns.append(np.full((len(angles), 1), self._zero))
            else:
                return None
        return np.concatenate(columns, axis=1) if place == len(groups) else None

    def _add_source(self, batch: Sequence[_Part]) -> None:
        """One source of what has the same axes and at most one angle, or of one thing."""
        tensors, angles = [part.made.tensors for part in batch], [part.made.angles for part in batch]
        ends = np.cumsum([len(each) for each in angles])
        begin = self._at
        for groups, count in (member for part in batch for member in part.members):
            self._begin[groups] = begin
            begin += count
        functions = tensors[0].functions
        if len(functions) < 2:
            functions = (tuple(f for each in tensors for f in (each.functions or ((0,),))[0]),)
            angles = [each if each.shape[1] else np.full((len(each), 1), self._zero) for each in angles]
        self.angles.append(np.concatenate(angles).T.ravel())
        counts = [len(each.constants) for each in tensors]
        first, last = (np.repeat(edges, counts).astype(np.int32) for edges in ([0, *ends[:-1]], ends))
        constants = np.concatenate([each.constants for each in tensors])
        self._sources.append(AngleSource(*batch[0].made.axes, int(ends[-1]), functions, first, last, constants))
        self._at += int(ends[-1])

    def _place_runs(self, runs: Sequence[Run], pieces: Sequence[Sequence[tuple[Groups, Ints]]]) -> tuple[Indices, ...]:
        """The rows of runs that are several tensors still, by how many; places are those of all runs."""
        products: dict[int, list[tuple[Run, Ints]]] = {}
        for run, made in zip(runs, pieces, strict=True):
            rows = np.stack(
                [
                    self.places[1, groups[0]][own] if len(groups) == 1 else self._begin[groups] + own
                    for groups, own in made
                ],
                axis=1,
            )
            products.setdefault(len(made), []).append((run, rows))
        for length in {run.length for run in runs}:
            count = 1 + max(int(run.numbers.max()) for run in runs if run.length == length)
            self.places[2, length] = np.zeros(count, np.int64)
        tables = []
        for count, members in sorted(products.items()):
            for run, rows in members:
                own = rows[:, 0] if count == 1 else self._at + np.arange(len(rows))
                self.places[2, run.length][run.numbers] = own
                self._at += len(rows) if count > 1 else 0
            if count > 1:
                tables.append(np.concatenate([rows for _, rows in members]).astype(np.int32))
        return tuple(tables)


def _columns(group: Source | Made) -> int | None:
    """How many columns its tensors have; None of those that are no functions of angles."""
    return len(group.tensors.constants) if isinstance(group, Made) else None


def _stretches(columns: Sequence[int | None]) -> list[tuple[int, int]]:
    """Where the stretches of a run begin and end that are made as one tensor each."""
    ends, width = list[int](), 1
    for place, (before, count) in enumerate(pairwise([None, *columns])):
        width = width * count if before is not None and count is not None else MOST_COLUMNS + 1
        if width > MOST_COLUMNS:
            ends.append(place)
            width = count or 1
    return list(pairwise([*ends, len(columns)]))


def _alone(count: int) -> list[tuple[int, int]]:
    """Every matrix by itself."""
    return [(place, place + 1) for place in range(count)]


def _count(group: Source | Made) -> int:
    return group.rows if isinstance(group, Source) else len(group.angles)
