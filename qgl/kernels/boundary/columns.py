"""Boundaries taken across the columns of a circuit network, one column after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.kernels.boundary.crossing import Boundary, exponent_of, largest, two_to
from qgl.kernels.boundary.forms import Forms, Part, contract
from qgl.plan.boundary.paths import BATCH, BOUNDARY, CAP, TERMS, Path, Step
from qgl.plan.network.columns import ColumnClass, Columns, Indices

Held = tuple[jax.Array, ...]


class Across:
    """Takes boundary values across one column, whose visible qubits are `legs`."""

    def __init__(self, kernel: ClassKernel, held: Held) -> None:
        self._kernel, self._held = kernel, held
        self.legs = len(kernel.column.legs)

    def __call__(self, values: jax.Array, cap: jax.Array | None = None) -> jax.Array:
        return self._kernel.step(self._held, values, cap)


ColumnStep = Callable[[Across, Any, Any, Any], tuple[Any, Any]]
SMALL = 16  # entries of tensors whose products are worth vectorising along columns

PerColumn = list[list[Any]]  # for each segment, for each place of its pattern, a tree of arrays of shape (repeats, ...)


def normalised(boundary: Boundary) -> Boundary:
    """The same boundary, shape (rows, bond), with every row's largest entry between 1 and 2."""
    values, size = boundary.values, largest(boundary.values)
    exponent = exponent_of(size)
    scale = two_to(-exponent, size.dtype)
    return Boundary(values * scale[:, None].astype(values.dtype), boundary.exponents + exponent)


class ClassKernel:
    """One class of columns on one path."""

    def __init__(self, column: ColumnClass, path: Path) -> None:
        self.column, self.path = column, path
        self.leg = 2 if path.narrow else column.sizes[column.legs[0]]
        sizes = dict(enumerate(column.sizes))
        sizes |= {len(sizes) + k: 2 if path.narrow else sizes[leg] for k, leg in enumerate(column.legs)}
        self.source_shape = tuple(sizes[label] for label in path.source)
        self.bond = int(np.prod([sizes[label] for label in path.target], dtype=np.int64))

    def prepare(self, forms: Forms, columns: Indices, last: bool) -> list[Part]:
        """The operands that boundary contractions use, for some columns of the class, by their places in it.

        last: columns are the last axis in between, so that products of small tensors vectorise along them.
        """
        rows = self.column.rows[columns]
        live: dict[int, Part] = {}
        for number, (table, _) in enumerate(self.column.terms):
            live[TERMS + number] = forms.tensors(table, rows[:, number], last)
        for number, leg in enumerate(self._apart):
            whole = np.eye(self.column.sizes[leg])
            select = whole[[0, 3]] if self.path.narrow else whole
            live[TERMS + len(self.column.terms) + number] = forms.fixed(select, len(rows), last)
        for step, number in self._numbered():
            if step.early:
                live[number] = forms.product(live[step.left], live[step.right], step)
        return [live[operand] for operand in self.path.held]

    def step(self, held: Held, values: jax.Array, cap: jax.Array | None = None) -> jax.Array:
        """Boundary values (batch, bond) across one column; `held` are rows of what `prepare` made.

        cap has shape (batch, leg), the same for all of the column's legs, or (batch, legs or more, leg).

        Shape (batch, bond), or (batch, legs * bond) where the legs are open.
        """
        live = dict(zip(self.path.held, held, strict=True))
        live[BOUNDARY] = values.reshape(-1, *self.source_shape)
        if cap is not None:
            live[CAP] = self._joint(cap if cap.ndim == 3 else cap[:, None])
        for step, number in self._numbered():
            if not step.early:
                live[number] = contract(
                    live.pop(step.left), live.pop(step.right), step.left_labels, step.right_labels, step.out
                )
        result, labels = self.path.result
        order = [labels.index(label) for label in (BATCH, *self.path.target)]
        return live[result].transpose(order).reshape(len(values), -1)

    def _joint(self, caps: jax.Array) -> jax.Array:
        """The product of vectors for the legs, shape (batch, leg, leg, ...)."""
        joint = caps[:, 0]
        for k in range(1, len(self.column.legs)):
            joint = joint[..., None] * caps[:, min(k, caps.shape[1] - 1)].reshape(len(caps), *(1,) * k, -1)
        return joint

    @property
    def _apart(self) -> tuple[int, ...]:
        """The legs that further terms give labels of their own."""
        return self.column.legs if self.path.apart else ()

    def _numbered(self) -> list[tuple[Step, int]]:
        first = TERMS + len(self.column.terms) + len(self._apart)
        return [(step, first + k) for k, step in enumerate(self.path.steps)]


class ColumnContraction:
    """Boundary contraction over all columns, by paths of the same kind for all classes."""

    def __init__(self, columns: Columns, paths: Sequence[Path], tables: Sequence[jax.Array]) -> None:
        self.columns = columns
        self.kernels = [ClassKernel(column, path) for column, path in zip(columns.classes, paths, strict=True)]
        within = np.empty(len(columns.kinds), np.int32)  # place of each column within its class
        for column in columns.classes:
            within[column.columns] = np.arange(column.count)
        wanted = [
            (self.kernels[kind], within[segment.start + place : segment.stop : len(segment.pattern)])
            for segment in columns.segments
            for place, kind in enumerate(segment.pattern)
        ]
        made = iter(prepared(wanted, tables))
        self.held = [[next(made) for _ in segment.pattern] for segment in columns.segments]

    def start(self, rows: int, dtype: Any) -> Boundary:
        """The boundary outside of the first or the last column: ones of shape (rows, 1), exponents (rows,)."""
        return outside(rows, dtype)

    def scan(
        self, step: ColumnStep, carry: Any, xs: Any, others: PerColumn | None = None, backward: bool = False
    ) -> tuple[Any, PerColumn]:
        """Takes a carry across all columns: (carry, y) = step(across, carry, x, other) in each.

        `across(values, cap)` takes boundary values across the column; x are the rows of `xs`, a tree of arrays of shape
        (columns, ...); other is what `others` holds for the column. Gives the last carry and the y of all columns.
        """
        numbers = range(len(self.columns.segments))
        outputs: PerColumn = [[] for _ in numbers]
        for number in reversed(numbers) if backward else numbers:
            other = None if others is None else others[number]
            carry, outputs[number] = self._segment(number, step, carry, xs, other, backward)
        return carry, outputs

    def _segment(
        self, number: int, step: ColumnStep, carry: Any, xs: Any, others: list[Any] | None, backward: bool
    ) -> tuple[Any, list[Any]]:
        segment, held = self.columns.segments[number], self.held[number]
        length, stop = len(segment.pattern), segment.stop
        kernels = [self.kernels[kind] for kind in segment.pattern]
        inside = [
            jax.tree.map(lambda x, first=segment.start + place: x[first:stop:length], xs) for place in range(length)
        ]
        places = list(range(length))[:: -1 if backward else 1]

        def body(carry: Any, all_xs: Any) -> tuple[Any, list[Any]]:
            held, inside, others = all_xs
            ys: list[Any] = [None] * length
            for place in places:
                across = Across(kernels[place], held[place])
                carry, ys[place] = step(across, carry, inside[place], None if others is None else others[place])
            return carry, ys

        if segment.repeats > 1:
            result: tuple[Any, list[Any]] = lax.scan(body, carry, (held, inside, others), reverse=backward)
            return result
        carry, ys = body(carry, jax.tree.map(lambda array: array[0], (held, inside, others)))
        return carry, jax.tree.map(lambda array: array[None], ys)


def prepared(wanted: Sequence[tuple[ClassKernel, Indices]], tables: Sequence[jax.Array]) -> list[Held]:
    """The operands that are held of some columns of some classes, by their places in these, shapes (columns, ...).

    tables: those of `tensor_tables`, shapes (rows, ...).
    """
    forms, parts = Forms(tables), []
    for kernel, places in wanted:
        last = all(np.prod(tables[table].shape[1:]) <= SMALL for table, _ in kernel.column.terms)
        parts.append(kernel.prepare(forms, places, last))
    made = iter(forms.made([part for held in parts for part in held]))
    return [tuple(next(made) for _ in held) for held in parts]


def outside(rows: int, dtype: Any) -> Boundary:
    """The boundary outside of the first or the last column: ones of shape (rows, 1), exponents (rows,)."""
    return Boundary(jnp.ones((rows, 1), dtype), jnp.zeros(rows, jnp.int32))


def stacked(per_column: PerColumn) -> Any:
    """What a scan gave for every column, where all have one shape, as a tree of arrays of shape (columns, ...)."""
    parts = [
        jax.tree.map(lambda *places: jnp.stack(places, 1).reshape(-1, *places[0].shape[1:]), *segment)
        for segment in per_column
    ]
    return jax.tree.map(lambda *arrays: jnp.concatenate(arrays), *parts)
