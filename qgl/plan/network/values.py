"""Where the numbers of a tensor network come from: tables of tensors of one shape, by rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qgl.expression import real
from qgl.plan.expressions import ExpressionBuilder, Expressions
from qgl.plan.matrix_pool import Pool, PoolBuilder, Recipe
from qgl.plan.network.angles import angle_tensors, gate_kind
from qgl.plan.network.assembly import Assembly, Made, Run
from qgl.plan.network.bases import DIMENSION, Fixed, letter_maps
from qgl.plan.network.sources import Form, Shape, Source, Table
from qgl.plan.network.transfer import Cut, Places

Ints = NDArray[np.int64]


class Handle(NamedTuple):
    """A tensor before the rows are numbered: part 0 are fixed ones, part 1 those of sources, part 2 runs.

    row: its own, or those of as many tensors, shape (tensors,).
    """

    shape: Shape
    part: int
    group: int
    row: Any


Place = Callable[[Handle], tuple[int, Any]]  # the table of a handle, and its row or rows there


class ValueBuilder:
    """Collects tensors; equal fixed ones are kept once."""

    def __init__(self, algebra: str, parameter_sizes: Sequence[int]) -> None:
        self._algebra, self._dimension = algebra, DIMENSION[algebra]
        self._expressions = ExpressionBuilder(parameter_sizes)
        self._pool = PoolBuilder(self._expressions)
        self._fixed: dict[Shape, list[Fixed]] = {}
        self._known: dict[bytes, Handle] = {}
        self._sources: dict[Shape, dict[Form, list[Any]]] = {}
        self._runs: dict[int, list[tuple[Handle, ...]]] = {}
        self._source_of: dict[Form, tuple[Shape, int, list[Any]]] = {}

    def fixed(self, value: Fixed) -> Handle:
        """The handle of a tensor of constants, `value`; equal ones have one."""
        key = repr(value.shape).encode() + np.asarray(value, np.complex128).tobytes()
        if key not in self._known:
            rows = self._fixed.setdefault(value.shape, [])
            self._known[key] = Handle(value.shape, 0, 0, len(rows))
            rows.append(value)
        return self._known[key]

    def matrix(self, recipe: Recipe, kind: str, cut: Cut, wires: int, begins: Places = (), ends: Places = ()) -> Handle:
        """A matrix on cut wires and `wires` more: axes (cut labels, outs that do not end, ins that do not begin)."""
        form, scale = self._form(recipe, kind, cut, wires, begins, ends)
        shape, group, rows = self._source(form)
        if form.gate is None:
            rows.append(self._pool.add(recipe))
        else:
            rows.append([self._expressions.row(angle * scale) for angle in recipe.args])
        return Handle(shape, 1, group, len(rows) - 1)

    def _form(
        self, recipe: Recipe, kind: str, cut: Cut, wires: int, begins: Places, ends: Places
    ) -> tuple[Form, float]:
        """What a matrix has in common with others, and the scale of its angle in an `AngleSource`."""
        own = (kind, len(cut) + wires, cut, begins, ends)
        gate = gate_kind(recipe) if kind == "gate" else None
        tensors = angle_tensors(self._algebra, gate, cut, begins, ends) if gate else None
        return (Form(*own), 1.0) if tensors is None else (Form(*own, gate), tensors.scale)

    def _source(self, form: Form) -> tuple[Shape, int, list[Any]]:
        """The shape of tensors that are made in one way, the number of the way among those of the shape, and what was
        added so far.
        """
        if form not in self._source_of:
            cuts = tuple(len(letter_maps(self._algebra, letter)) for _, letter in form.cut)
            legs = 2 * (form.qubits - len(cuts)) - len(form.begins) - len(form.ends)
            shape = (*cuts, *(self._dimension,) * legs)
            groups = self._sources.setdefault(shape, {})
            rows = groups.setdefault(form, [])
            self._source_of[form] = shape, list(groups).index(form), rows
        return self._source_of[form]

    def run(self, handles: Sequence[Handle]) -> Handle:
        """The product of matrices on one wire, the first to act first."""
        if len(handles) == 1:
            return handles[0]
        rows = self._runs.setdefault(len(handles), [])
        rows.append(tuple(handles))
        return Handle(handles[0].shape, 2, len(handles), len(rows) - 1)

    def _offsets(self, made: list[Any]) -> Ints:
        """Where matrices lie in the pool, from what was added of a source."""
        return np.array([self._pool.offset(handle) for handle in made], np.int64)

    def _angles(self, made: list[Any]) -> Ints:
        """Rows of the expression outputs, from what was added of a gate of at most one angle: shape (rows, angles)."""
        return np.array(made, np.int64).reshape(len(made), -1)

    def _products(self) -> Iterator[Run]:
        """All runs, those that are alike together."""
        for length, runs in sorted(self._runs.items()):
            pattern = [tuple(handle.group for handle in run) for run in runs]
            order = sorted(range(len(runs)), key=pattern.__getitem__)
            for groups, alike in groupby(order, key=pattern.__getitem__):
                numbers = list(alike)
                rows = [[handle.row for handle in runs[number]] for number in numbers]
                yield Run(groups, np.array(rows, np.int64), length, np.array(numbers, np.int64))

    def build(self) -> tuple[tuple[Table, ...], Place, Pool, Expressions]:
        """The tables, the table and row of each handle, and what the matrices are computed from."""
        pool, zero = self._pool.build(), self._expressions.row(real(0.0))
        of_pool = np.unique(np.concatenate([np.zeros(0, np.int32), *(group.angles.ravel() for group in pool.groups)]))
        numbers = [of_pool.astype(np.int64)]
        shapes = sorted({*self._fixed, *self._sources}, key=lambda shape: (len(shape), shape))
        tables, places = list[Table](), list[dict[tuple[int, int], Ints]]()
        for shape in shapes:
            assembly = Assembly(self._fixed.get(shape, []), self._groups(shape), zero)
            runs = list(self._products()) if shape == (self._dimension,) * 2 else []
            tables.append(assembly.table(shape, runs))
            places.append(assembly.places)
            numbers += assembly.angles
        groups = tuple(
            replace(group, angles=np.searchsorted(of_pool, group.angles).astype(np.int32)) for group in pool.groups
        )
        number = {shape: k for k, shape in enumerate(shapes)}

        def place(handle: Handle) -> tuple[int, Any]:
            table = number[handle.shape]
            return table, places[table][handle.part, handle.group][handle.row]

        expressions = self._expressions.build().taken(np.concatenate(numbers))
        return tuple(tables), place, replace(pool, groups=groups), expressions

    def _groups(self, shape: Shape) -> list[Source | Made]:
        """What makes the tensors of a shape, in the order of the groups of their handles."""
        groups = list[Source | Made]()
        for form, made in self._sources.get(shape, {}).items():
            tensors = angle_tensors(self._algebra, form.gate, *form[2:5]) if form.gate else None
            if tensors is None:
                groups.append(Source(*form[:5], self._offsets(made).astype(np.int32)))
            else:
                groups.append(Made(form.axes, tensors, self._angles(made)))
        return groups


class LaneValues(ValueBuilder):
    """The same of as many matrices at once as a lane has gates.

    elements  of the inputs of these gates, shape (gates, inputs)
    """

    elements: NDArray[np.int64]

    def matrix(self, recipe: Recipe, kind: str, cut: Cut, wires: int, begins: Places = (), ends: Places = ()) -> Handle:
        """One for each gate."""
        form, scale = self._form(recipe, kind, cut, wires, begins, ends)
        shape, group, made = self._source(form)
        first, count = sum(map(len, made)), len(self.elements)
        if form.gate is None:
            made.append(self._pool.lane(recipe, self.elements))
        else:
            angles = [self._expressions.rows(angle * scale, self.elements) for angle in recipe.args]
            made.append(np.stack(angles, axis=1) if angles else np.zeros((count, 0), np.int64))
        return Handle(shape, 1, group, np.arange(first, first + count))

    def run(self, handles: Sequence[Handle]) -> Handle:
        """A product for each gate."""
        if len(handles) == 1:
            return handles[0]
        runs = self._runs.setdefault(len(handles), [])
        first = sum(len(run[0].row) for run in runs)
        runs.append(tuple(handles))
        return Handle(handles[0].shape, 2, len(handles), np.arange(first, first + len(handles[0].row)))

    def _offsets(self, made: list[Any]) -> Ints:
        return np.concatenate([self._pool.offsets(each) for each in made])

    def _angles(self, made: list[Any]) -> Ints:
        return np.concatenate(made)

    def _products(self) -> Iterator[Run]:
        for length, runs in sorted(self._runs.items()):
            first = 0
            for run in runs:
                rows = np.stack([handle.row for handle in run], axis=1)
                yield Run(tuple(handle.group for handle in run), rows, length, np.arange(first, first + len(rows)))
                first += len(rows)
