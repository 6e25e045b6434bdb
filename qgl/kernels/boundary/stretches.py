"""The stretches of a line of columns: those that one loop takes boundaries across, whichever way it does so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from qgl.kernels.boundary.columns import ClassKernel, ColumnContraction, prepared
from qgl.kernels.boundary.crossing import (
    Body,
    Boundary,
    Caps,
    Cross,
    Data,
    Passed,
    across,
    dense,
    dense_backward,
)
from qgl.kernels.boundary.padded import across_padded, matrices_of, narrowed, widened
from qgl.plan.boundary.loops import Loop, loops_of
from qgl.plan.boundary.padded import PaddedRun, parts_of
from qgl.plan.boundary.paths import Path, path_of
from qgl.plan.network.columns import Columns

Values = Callable[[jax.Array], jax.Array]


@dataclass(frozen=True, eq=False)
class Stretch:
    """Columns from `start` on, `len(crosses)` in each round.

    crosses, held, fixed  for each column of a round; see `qgl.kernels.boundary.crossing`
    enter, leave          from the boundary outside of the stretch, shape (rows, bond), to that of its body, and back
    """

    start: int
    rounds: int
    crosses: tuple[Cross, ...]
    held: list[Any]
    fixed: tuple[Any, ...]
    enter: Values
    leave: Values

    def rows(self, array: jax.Array) -> jax.Array:
        """Of an array (columns, ...) its part, shape (rounds, columns of a round, ...)."""
        count = self.rounds * len(self.crosses)
        return array[self.start : self.start + count].reshape(self.rounds, -1, *array.shape[1:])


@dataclass(frozen=True, eq=False)
class Crossed:
    """What a contraction over all columns gives.

    end     the boundary behind the last column
    before  for each stretch and each column of its body the boundaries before it, (rounds, rows, bond), if kept
    after   for each stretch the boundary behind it, in the shape of its body
    """

    end: Passed
    before: list[list[Boundary]]
    after: list[Boundary]


def crossed(
    stretches: Sequence[Stretch],
    start: Boundary,
    caps: Caps,
    of_caps: Any = None,
    begins: jax.Array | None = None,
    keep: bool = False,
    backward: bool = False,
) -> Crossed:
    """Takes a boundary across all columns.

    caps: from what `of_caps`, a tree of arrays (columns, ...), holds for a column.
    begins: (columns, rows), the rows that go on from the boundary of the first one at a column.
    """
    passed = Passed(start, jnp.zeros_like(start.exponents))
    before: list[Any] = [None] * len(stretches)
    after: list[Any] = [None] * len(stretches)
    numbers = range(len(stretches))
    for number in reversed(numbers) if backward else numbers:
        stretch = stretches[number]
        data = Data(
            stretch.fixed,
            jax.tree.map(stretch.rows, of_caps),
            None if begins is None else stretch.rows(begins),
        )
        body = Body(stretch.rounds, stretch.crosses, caps, backward)
        (boundary, least), before[number] = across(
            body, keep, stretch.held, data, passed._replace(boundary=_with(passed.boundary, stretch.enter))
        )
        after[number] = boundary
        passed = Passed(_with(boundary, stretch.leave), least)
    return Crossed(passed, before, after)


def _with(boundary: Boundary, change: Values) -> Boundary:
    return boundary._replace(values=change(boundary.values))


def forward(columns: Columns, tables: Sequence[jax.Array], paths: Sequence[Path]) -> list[Stretch]:
    """From left to right; columns that come once each share a body, where that is little more work.

    tables: those of `tensor_tables`, shapes (rows, ...).
    """
    loops = loops_of(columns, paths)
    if loops is None:
        return _of_segments(columns, tables, paths, padded=True)
    return _of_loops(columns, tables, paths, loops)


def both_ways(
    columns: Columns, tables: Sequence[jax.Array], rows: int, narrow: bool
) -> tuple[list[Stretch], list[Stretch]]:
    """From left to right for boundaries of so many rows, and from right to left for one; in the same stretches.

    tables: those of `tensor_tables`, shapes (rows, ...).
    """
    paths = [path_of(column, rows, narrow) for column in columns.classes]
    loops = loops_of(columns, paths)
    if loops is None:
        back = [path_of(column, 1, narrow, backward=True) for column in columns.classes]
        return _of_segments(columns, tables, paths), _of_segments(columns, tables, back)
    stretches = _of_loops(columns, tables, paths, loops)
    return stretches, [_reversed(stretch, loop) for stretch, loop in zip(stretches, loops, strict=True)]


def _of_loops(
    columns: Columns, tables: Sequence[jax.Array], paths: Sequence[Path], loops: Sequence[Loop]
) -> list[Stretch]:
    kernels = [ClassKernel(column, path) for column, path in zip(columns.classes, paths, strict=True)]
    wanted = [(kernels[piece.kind], piece.places) for loop in loops for pieces in loop.places for piece in pieces]
    made = iter(prepared(wanted, tables))
    stretches = []
    for loop in loops:
        tensors = []
        for place, pieces in enumerate(loop.places):
            size = loop.sizes[place % len(loop.sizes)]
            parts = []
            for piece in pieces:
                (tensor,) = next(made)
                tensor = tensor.transpose(0, *(axis + 1 for axis in piece.axes)).reshape(-1, *piece.size)
                parts.append(_padded(tensor, (len(tensor), *size)))
            tensors.append(jnp.concatenate(parts) if len(parts) > 1 else parts[0])
        if len(tensors) > len(loop.sizes):
            tensors = [jnp.stack(tensors, axis=1).reshape(-1, *loop.sizes[0])]
        stretches.append(
            Stretch(
                loop.start,
                len(tensors[0]),
                (dense,) * len(tensors),
                tensors,
                (None,) * len(tensors),
                partial(_bond, loop.sizes[0][0]),
                partial(_bond, loop.ends[1]),
            )
        )
    return stretches


def _reversed(stretch: Stretch, loop: Loop) -> Stretch:
    return Stretch(
        stretch.start,
        stretch.rounds,
        (dense_backward,) * len(stretch.crosses),
        stretch.held,
        stretch.fixed,
        partial(_bond, loop.sizes[-1][2]),
        partial(_bond, loop.ends[0]),
    )


def _padded(tensor: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """With zeros behind its own entries."""
    if tensor.shape == shape:
        return tensor
    return jnp.pad(tensor, [(0, wide - own) for wide, own in zip(shape, tensor.shape, strict=True)])


def _bond(count: int, values: jax.Array) -> jax.Array:
    """Values (rows, bond) with another bond: zeros are added, or cut off."""
    if count <= values.shape[1]:
        return values if count == values.shape[1] else values[:, :count]
    return _padded(values, (len(values), count))


def _of_segments(
    columns: Columns, tables: Sequence[jax.Array], paths: Sequence[Path], padded: bool = False
) -> list[Stretch]:
    contraction = ColumnContraction(columns, paths, tables)
    stretches = []
    for part in parts_of(columns, paths) if padded else range(len(columns.segments)):
        if isinstance(part, PaddedRun):
            stretches.append(_of_run(columns, part, [contraction.held[number][0][0] for number in part.segments]))
            continue
        segment = columns.segments[part]
        crosses = tuple(partial(_of_class, contraction.kernels[kind]) for kind in segment.pattern)
        fixed = (None,) * len(crosses)
        stretches.append(Stretch(segment.start, segment.repeats, crosses, contraction.held[part], fixed, _same, _same))
    return stretches


def _of_class(kernel: ClassKernel, held: Any, _: None, values: jax.Array, cap: jax.Array | None) -> jax.Array:
    if cap is None:
        cap = jnp.broadcast_to(jnp.eye(1, kernel.leg, dtype=values.dtype), (len(values), kernel.leg))
    return kernel.step(held, values, cap)


def _of_run(columns: Columns, run: PaddedRun, held: list[jax.Array]) -> Stretch:
    return Stretch(
        columns.segments[run.segments[0]].start,
        len(run.segments),
        (partial(across_padded, run),),
        [matrices_of(run, held)],
        ((jnp.asarray(run.order), jnp.asarray(run.inverse)),),
        partial(widened, count=run.inverse.shape[1]),
        partial(narrowed, run=run),
    )


def _same(values: jax.Array) -> jax.Array:
    return values
