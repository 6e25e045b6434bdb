"""Columns that are one product with one tensor, and the loops that take a boundary across them.

Such a column is a matrix for each value of its leg: from the boundary before it to the one after it, whatever labels
these consist of. So columns of several classes share a body where their matrices have one size, and the first and the
last columns of a chain, whose matrices are smaller, go with those between them, padded with zeros. All that is
compiled for a chain is then one body. Both directions use the same tensors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qgl.plan.boundary.padded import BODY_FLOPS, BODY_SHARE, MOST_ENTRIES, Shape, groups, shape_of
from qgl.plan.boundary.paths import Path
from qgl.plan.network.columns import Columns

Size = tuple[int, int, int]  # of the boundary before a column, of its leg, of the boundary after it
Pattern = tuple[int, list[Size], int]  # of a loop: its first column, the sizes of a round's columns, and the rounds


@dataclass(frozen=True, eq=False)
class Piece:
    """Consecutive columns of a place in a loop's body that are of one class.

    axes    of the tensor that is held: those of the boundary before, of the leg and of the boundary after
    size    of its matrices
    places  of the columns within their class, shape (columns,)
    """

    kind: int
    axes: tuple[int, ...]
    size: Size
    places: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Loop:
    """Columns that one body takes boundaries across, `len(places)` of them in each of `repeats` rounds.

    places  for each column of a round its pieces, over all rounds
    sizes   for each column of the body the matrices that its own are padded to; only one where all columns of a round
            have the same, and then the body takes one column at a time
    ends    sizes of the boundaries before the first and behind the last column
    """

    start: int
    repeats: int
    places: tuple[tuple[Piece, ...], ...]
    sizes: tuple[Size, ...]
    ends: tuple[int, int]


def loops_of(columns: Columns, paths: Sequence[Path]) -> tuple[Loop, ...] | None:
    """The loops across all columns, in order; None where a column is more than one such product."""
    shapes = [shape_of(column, path) for column, path in zip(columns.classes, paths, strict=True)]
    whole = [shape for shape in shapes if shape is not None and not shape.kept and max(shape.goes_on, default=-1) < 0]
    if len(whole) < len(shapes):
        return None
    sizes = [_size(shape) for shape in whole]
    of_column = [sizes[kind] for kind in columns.kinds.tolist()]
    within = np.empty(len(columns.kinds), np.int32)
    for column in columns.classes:
        within[column.columns] = np.arange(column.count)
    loops = []
    work = [path.flops for path in paths]
    for start, pattern, repeats in _shared(
        _patterns(columns, of_column), [work[kind] for kind in columns.kinds.tolist()]
    ):
        length = len(pattern)
        stop = start + length * repeats
        places = tuple(
            tuple(_pieces(columns, whole, sizes, within, np.arange(start + place, stop, length)))
            for place in range(length)
        )
        body = pattern[:1] if len(set(pattern)) == 1 else pattern
        loops.append(Loop(start, repeats, places, tuple(body), (of_column[start][0], of_column[stop - 1][2])))
    return tuple(loops)


def _size(shape: Shape) -> Size:
    return math.prod(shape.source), shape.leg, math.prod(shape.target)


def _patterns(columns: Columns, sizes: Sequence[Size]) -> list[Pattern]:
    """Segments that repeat take in what is beside them and fits into the columns that they would go on with."""
    patterns: list[Pattern] = []
    free = 0  # the first column that no loop has yet
    for number, segment in enumerate(columns.segments):
        if segment.start < free:
            continue
        length, count = len(segment.pattern), len(segment.pattern) * segment.repeats
        pattern = list(sizes[segment.start : segment.start + length])
        start, stop = segment.start, segment.start + count
        if segment.repeats > 1:
            while (
                patterns
                and _is_single(patterns[-1])
                and _fits(sizes[start - 1], pattern[(start - 1 - segment.start) % length])
            ):
                patterns.pop()
                start -= 1
            for other in columns.segments[number + 1 :]:
                inside = pattern[(stop - segment.start) % length]
                if other.repeats * len(other.pattern) > 1 or not _fits(sizes[stop], inside):
                    break
                stop += 1
            extra = (stop - start) % length
            while extra and stop > segment.start + count:
                stop, extra = stop - 1, extra - 1
            for column in range(start, start + extra):  # as many as the rounds do not take go back
                patterns.append((column, [sizes[column]], 1))
            start += extra
        first = (start - segment.start) % length
        patterns.append((start, pattern[first:] + pattern[:first], (stop - start) // length))
        free = stop
    return patterns


def _shared(patterns: Sequence[Pattern], work: Sequence[float]) -> Iterator[Pattern]:
    """Columns that come once each share a loop, too, where padding adds little; `work` is that of every column."""
    at = 0
    while at < len(patterns):
        stop = at
        while stop < len(patterns) and _is_single(patterns[stop]):
            stop += 1
        alone = patterns[at:stop]
        for first, last in groups(len(alone), BODY_SHARE * sum(work) + BODY_FLOPS, partial(_more, alone, work)):
            start = alone[first][0]
            size = _common([pattern[0] for _, pattern, _ in alone[first:last]])
            yield (start, [size], last - first) if last - first > 1 else alone[first]
        if stop < len(patterns):
            yield patterns[stop]
        at = stop + 1


def _more(alone: Sequence[Pattern], work: Sequence[float], first: int, last: int) -> float:
    """The work that padding adds to some columns that come once each."""
    sizes = [pattern[0] for _, pattern, _ in alone[first:last]]
    count, padded = last - first, math.prod(_common(sizes))
    if count * padded > MOST_ENTRIES or len({size[1] for size in sizes}) > 1:
        return math.inf
    start = alone[first][0]
    own = work[start : start + count]
    rows = max(flops / math.prod(size) for flops, size in zip(own, sizes, strict=True))
    return count * rows * padded - sum(own)


def _common(sizes: Sequence[Size]) -> Size:
    """What columns of one body are padded to: what is after each is before the next."""
    bond = max(max(size[0], size[2]) for size in sizes)
    return bond, max(size[1] for size in sizes), bond


def _is_single(pattern: Pattern) -> bool:
    return len(pattern[1]) * pattern[2] == 1


def _fits(size: Size, other: Size) -> bool:
    return size[0] <= other[0] and size[1] == other[1] and size[2] <= other[2]


def _pieces(
    columns: Columns, shapes: Sequence[Shape], sizes: Sequence[Size], within: NDArray[np.int32], at: NDArray[np.int64]
) -> list[Piece]:
    kinds = columns.kinds[at]
    cuts = np.flatnonzero(np.diff(kinds)) + 1
    return [
        Piece(int(kinds[part[0]]), shapes[kinds[part[0]]].axes, sizes[kinds[part[0]]], within[at[part]])
        for part in np.split(np.arange(len(at)), cuts)
    ]
