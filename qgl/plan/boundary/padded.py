"""Columns that come once each, padded to one shape, so that one compiled body takes a boundary across all of them.

Along a grid the bond grows over the first columns and shrinks over the last ones, so that each of these has a form of
its own. What such a column does is one matrix for each bit that is read: it acts on some labels of the boundary and
leaves the others. The labels are put in the order of (those that are left, those that it acts on), and both sizes and
the matrices are padded to the largest of a run of columns. It costs work, so that runs are chosen to add little.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.plan.boundary.paths import BATCH, Path
from qgl.plan.network.columns import ColumnClass, Columns

Indices = NDArray[np.int32]

BODY_SHARE = 0.015  # of the operations of a sweep: what a body less to compile may cost more
BODY_FLOPS = 3e5  # that many it may cost in any case: 20 us
RUN_BODIES = 3  # a loop takes as long to compile as so many columns
MOST_ENTRIES = 1 << 20  # of the tables of a run


@dataclass(frozen=True, eq=False)
class Shape:
    """What one column does to a boundary: entry (labels left alone, labels acted on) to (left alone, new).

    source, target  sizes of the labels of the boundary before and after, and which of `target` each goes on as, or -1
    kept            places in `source` of the labels that are left alone
    acted           places in `source` of the others
    new             places in `target` of the labels that begin here
    strides         of the tensor that is held, for `acted`, the leg and `new`
    size            entries of that tensor
    leg             entries of the leg
    axes            of that tensor: those of `acted`, of the leg and of `new`
    """

    source: tuple[int, ...]
    target: tuple[int, ...]
    goes_on: tuple[int, ...]
    kept: tuple[int, ...]
    acted: tuple[int, ...]
    new: tuple[int, ...]
    strides: tuple[int, ...]
    size: int
    leg: int
    axes: tuple[int, ...]

    def sizes(self, most: int = 1) -> tuple[int, int, int]:
        """Entries left alone, acted on and new, where labels that are left alone count as acted on up to `most`."""
        acted = math.prod(self.source[place] for place in self.acted)
        taken = math.prod(self.source[place] for place in self.taken(most))
        kept = math.prod(self.source[place] for place in self.kept) // taken
        return kept, acted * taken, math.prod(self.target[place] for place in self.new) * taken

    def taken(self, most: int) -> tuple[int, ...]:
        """Labels left alone that count as acted on, by the identity, so that these have up to `most` entries."""
        acted, taken = math.prod(self.source[place] for place in self.acted), []
        for place in reversed(self.kept):
            if acted * self.source[place] <= most:
                acted *= self.source[place]
                taken.append(place)
        return tuple(taken)


@dataclass(frozen=True, eq=False)
class PaddedRun:
    """Consecutive columns that come once each, and what a boundary goes through; R, S, T are entries left alone, acted
    on and new, C = max(R * T, entries before) those of the boundary in between, L those of the leg.

    segments  numbers of the segments
    order     (columns, R * S) where each entry comes from in the boundary before
    inverse   (columns, C) where each entry of that goes to; -1 for what is padding
    matrices  (columns, S, L, T) which entry of the tensors that are held, one after the other; their number for a zero
    end       (bond,) where the entries of the last boundary are
    """

    segments: tuple[int, ...]
    shape: tuple[int, int, int]
    order: Indices
    inverse: Indices
    matrices: Indices
    end: Indices


def parts_of(columns: Columns, paths: Sequence[Path]) -> list[int | PaddedRun]:
    """The segments in order, as numbers, and runs of some of them."""
    shapes = [
        shape_of(columns.classes[kind], paths[kind]) if segment.repeats == len(segment.pattern) == 1 else None
        for segment in columns.segments
        for kind in segment.pattern[:1]
    ]
    work = sum(column.count * path.flops for column, path in zip(columns.classes, paths, strict=True))
    flops = [paths[segment.pattern[0]].flops for segment in columns.segments]
    parts: list[int | PaddedRun] = []
    at = 0
    while at < len(shapes):
        stop = next((k for k in range(at, len(shapes)) if shapes[k] is None), len(shapes))
        alone = [shape for shape in shapes[at:stop] if shape is not None]
        rows = flops[at:stop]

        def more(first: int, last: int, alone: Sequence[Shape] = alone, rows: Sequence[float] = rows) -> float:
            return _more(alone[first:last], rows[first:last])

        for first, last in groups(len(alone), BODY_SHARE * work + BODY_FLOPS, more):
            parts.append(_padded(at + first, alone[first:last]) if last - first > 1 else at + first)
        if stop < len(shapes):
            parts.append(stop)
        at = stop + 1
    return parts


def bodies_of(columns: Columns, paths: Sequence[Path]) -> int:
    """How many columns are written out, a loop over padded ones counted as it compiles."""
    parts = parts_of(columns, paths)
    return sum(RUN_BODIES if isinstance(part, PaddedRun) else len(columns.segments[part].pattern) for part in parts)


def shape_of(column: ColumnClass, path: Path) -> Shape | None:
    """What a class does on a path; None where what happens is more than one product with one tensor that is held."""
    if len(path.held) != 1 or not path.cap or len(column.legs) != 1:
        return None
    late = [step for step in path.steps if not step.early]
    labels = next(
        (
            step.left_labels if step.left in path.held else step.right_labels
            for step in late
            if not {step.left, step.right}.isdisjoint(path.held)
        ),
        (),
    )
    leg = len(column.sizes) if path.apart else column.legs[0]
    sizes = dict(enumerate(column.sizes)) | {leg: 2 if path.narrow else column.sizes[column.legs[0]]}
    acted = [label for label in path.source if label in labels]
    new = [label for label in path.target if label not in path.source]
    if BATCH in labels or sorted((*acted, leg, *new)) != sorted(labels):
        return None
    strides = dict(zip(labels, _strides([sizes[label] for label in labels]), strict=True))
    return Shape(
        source=tuple(sizes[label] for label in path.source),
        target=tuple(sizes[label] for label in path.target),
        goes_on=tuple(path.target.index(label) if label in path.target else -1 for label in path.source),
        kept=tuple(k for k, label in enumerate(path.source) if label not in labels),
        acted=tuple(k for k, label in enumerate(path.source) if label in labels),
        new=tuple(k for k, label in enumerate(path.target) if label not in path.source),
        strides=tuple(strides[label] for label in (*acted, leg, *new)),
        size=math.prod(sizes[label] for label in labels),
        leg=sizes[leg],
        axes=tuple(labels.index(label) for label in (*acted, leg, *new)),
    )


def groups(count: int, body: float, more: Callable[[int, int], float]) -> Iterator[tuple[int, int]]:
    """Runs [first, last) of so many columns with the least work in all, where each run counts as `body` more.

    more: the work that sharing a body adds to the columns [first, last).
    """
    best: list[tuple[float, int]] = [(0.0, 0)]
    for last in range(1, count + 1):
        options = []
        for first in range(last):
            alone = last - first == 1
            options.append((best[first][0] + (body if alone else RUN_BODIES * body + more(first, last)), first))
        best.append(min(options))
    ends = [count]
    while ends[-1]:
        ends.append(best[ends[-1]][1])
    return zip(ends[:0:-1], ends[-2::-1], strict=True)


def _more(shapes: Sequence[Shape], flops: Sequence[float]) -> float:
    """The work that padding adds to some columns."""
    kept, acted, new = _common(shapes)
    if len(shapes) * max(2 * acted * new, kept * max(acted, new)) > MOST_ENTRIES:
        return math.inf
    rows = [each / math.prod(shape.sizes()) for each, shape in zip(flops, shapes, strict=True)]
    return max(0.0, len(shapes) * max(rows) * kept * acted * new - sum(flops))


def _common(shapes: Sequence[Shape]) -> tuple[int, int, int]:
    most = max(shape.sizes()[1] for shape in shapes)
    kept, acted, new = zip(*(shape.sizes(most) for shape in shapes), strict=True)
    return max(kept), max(acted), max(new)


def _padded(first: int, shapes: Sequence[Shape]) -> PaddedRun:
    kept, acted, new = _common(shapes)
    entries = max(kept * new, math.prod(shapes[0].source))
    total = sum(shape.size for shape in shapes)
    leg = 2
    order = np.zeros((len(shapes), kept * acted), np.int32)
    inverse = np.full((len(shapes), entries), -1, np.int32)
    matrices = np.full((len(shapes), acted, leg, new), total, np.int32)
    strides = _strides(shapes[0].source)  # of the labels in the boundary as it comes
    offset = 0
    for k, shape in enumerate(shapes):
        taken = shape.taken(acted)
        left = [place for place in shape.kept if place not in taken]
        inside = [*taken, *shape.acted]

        def places(which: Sequence[int], shape: Shape = shape, strides: Sequence[int] = strides) -> Indices:
            return _offsets([shape.source[place] for place in which], [strides[place] for place in which])

        rows, columns = places(left), places(inside)
        true = rows[:, None] + columns
        padded = np.resize(rows, kept)[:, None] + np.resize(columns, acted)
        order[k] = padded.reshape(-1)
        inverse[k, true] = np.arange(len(rows))[:, None] * acted + np.arange(len(columns))
        matrices[k, : len(columns)] = _matrix(shape, taken, len(columns), new, total, offset)
        offset += shape.size
        strides = _strides_after(shape, left, taken, new)
    end = _offsets(shapes[-1].target, strides)
    numbers = tuple(range(first, first + len(shapes)))
    return PaddedRun(numbers, (kept, acted, new), order, inverse, matrices, end)


def _matrix(shape: Shape, taken: Sequence[int], acted: int, new: int, none: int, offset: int) -> Indices:
    """Which entries of the tensors that are held make the matrix of a column: the identity on the labels `taken`."""
    count = len(shape.acted)
    own = [shape.source[place] for place in shape.acted], [shape.target[place] for place in shape.new]
    before = _offsets(own[0], shape.strides[:count])
    after = _offsets(own[1], shape.strides[count + 1 :])
    core = offset + before[:, None, None] + np.arange(2)[:, None] * shape.strides[count] + after
    alike = math.prod(shape.source[place] for place in taken)
    matrix = np.full((acted, 2, new), none, np.int32)
    for k in range(alike):
        matrix[k * len(before) : (k + 1) * len(before), :, k * len(after) : (k + 1) * len(after)] = core
    return matrix


def _strides_after(shape: Shape, left: Sequence[int], taken: Sequence[int], new: int) -> list[int]:
    """Of each label of the boundary after a column, in the padded order of (left alone, taken and new)."""
    strides = [0] * len(shape.target)
    sizes = [shape.source[place] for place in left]
    for place, stride in zip(left, _strides(sizes), strict=True):
        strides[shape.goes_on[place]] = stride * new
    inside = [*(shape.goes_on[place] for place in taken), *shape.new]
    for place, stride in zip(inside, _strides([shape.target[place] for place in inside]), strict=True):
        strides[place] = stride
    return strides


def _strides(sizes: Sequence[int]) -> list[int]:
    """Of an array in row-major order."""
    return [math.prod(sizes[k + 1 :]) for k in range(len(sizes))]


def _offsets(sizes: Sequence[int], strides: Sequence[int]) -> Indices:
    """Where all entries of the labels are, in row-major order."""
    total = np.zeros(1, np.int32)
    for size, stride in zip(sizes, strides, strict=True):
        total = (total[:, None] + np.arange(size, dtype=np.int32) * stride).reshape(-1)
    return total.astype(np.int32)
