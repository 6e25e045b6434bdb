"""Where the numbers of a tensor network come from: tables of tensors of one shape, by rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qgl.plan.expressions import ExpressionBuilder, Expressions
from qgl.plan.matrix_pool import Pool, PoolBuilder, Recipe
from qgl.plan.network.bases import DIMENSION, Fixed, letter_maps

Indices = NDArray[np.int32]
Cut = tuple[tuple[int, str], ...]  # wires of the matrix that are cut, and their letters
Shape = tuple[int, ...]
Places = tuple[int, ...]
Form = tuple[str, int, Cut, Places, Places]  # what a source is, but for its rows


@dataclass(frozen=True, eq=False)
class Source:
    """Matrices of the pool that become tensors in the same way.

    kind     "gate": a unitary, or its Pauli transfer matrix; "channel": the transfer matrix of a superoperator
    qubits   of the matrix
    cut      wires that are cut, with letters
    begins   wires that go in in zero, without a leg
    ends     wires that are traced out, without a leg
    offsets  (rows,) where the matrices lie in the pool
    """

    kind: str
    qubits: int
    cut: Cut
    begins: Places
    ends: Places
    offsets: Indices


@dataclass(frozen=True, eq=False)
class Table:
    """Tensors of one shape: the fixed ones, shape (fixed, *shape), those of each source, then the products of runs.

    runs are arrays of shape (rows, length): rows of this table, the first matrix to act first.
    """

    shape: Shape
    fixed: Fixed
    sources: tuple[Source, ...]
    runs: tuple[Indices, ...]


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
        shape, group, rows = self._source((kind, len(cut) + wires, cut, begins, ends))
        rows.append(self._pool.add(recipe))
        return Handle(shape, 1, group, len(rows) - 1)

    def _source(self, form: Form) -> tuple[Shape, int, list[Any]]:
        """The shape of tensors that are made in one way, the number of the way among those of the shape, and what was
        added so far.
        """
        if form not in self._source_of:
            _, qubits, cut, begins, ends = form
            cuts = tuple(len(letter_maps(self._algebra, letter)) for _, letter in cut)
            shape = (*cuts, *(self._dimension,) * (2 * (qubits - len(cut)) - len(begins) - len(ends)))
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

    def _offsets(self, made: list[Any]) -> Indices:
        """Where matrices lie in the pool, from what was added of a source."""
        return np.array([self._pool.offset(handle) for handle in made], np.int32)

    def _products(self, runs: list[tuple[Handle, ...]], place: Place) -> Indices:
        """Rows of the matrices of runs of one length, shape (runs, length)."""
        return np.array([[place(handle)[1] for handle in run] for run in runs], np.int32)

    def build(self) -> tuple[tuple[Table, ...], Place, Pool, Expressions]:
        """The tables, the table and row of each handle, and what the matrices are computed from."""
        pool = self._pool.build()
        shapes = sorted({*self._fixed, *self._sources}, key=lambda shape: (len(shape), shape))
        starts: list[dict[tuple[int, int], int]] = []
        number = {shape: k for k, shape in enumerate(shapes)}

        def place(handle: Handle) -> tuple[int, Any]:
            table = number[handle.shape]
            return table, starts[table][handle.part, handle.group] + handle.row

        tables = []
        for shape in shapes:
            fixed, groups = self._fixed.get(shape, []), self._sources.get(shape, {})
            at = len(fixed)
            starts.append({(0, 0): 0})
            sources = []
            for group, (key, made) in enumerate(groups.items()):
                sources.append(Source(*key, self._offsets(made)))
                starts[-1][1, group] = at
                at += len(sources[-1].offsets)
            runs = []
            for length, rows in sorted(self._runs.items()) if shape == (self._dimension,) * 2 else ():
                runs.append(self._products(rows, place))
                starts[-1][2, length] = at
                at += len(runs[-1])
            stacked = np.stack(fixed) if fixed else np.zeros((0, *shape))
            tables.append(Table(shape, stacked, tuple(sources), tuple(runs)))
        return tuple(tables), place, pool, self._expressions.build()


class LaneValues(ValueBuilder):
    """The same of as many matrices at once as a lane has gates.

    elements  of the inputs of these gates, shape (gates, inputs)
    """

    elements: NDArray[np.int64]

    def matrix(self, recipe: Recipe, kind: str, cut: Cut, wires: int, begins: Places = (), ends: Places = ()) -> Handle:
        """One for each gate."""
        shape, group, made = self._source((kind, len(cut) + wires, cut, begins, ends))
        first = sum(len(each.rows) for each in made)
        made.append(self._pool.lane(recipe, self.elements))
        return Handle(shape, 1, group, np.arange(first, first + len(self.elements)))

    def run(self, handles: Sequence[Handle]) -> Handle:
        """A product for each gate."""
        if len(handles) == 1:
            return handles[0]
        runs = self._runs.setdefault(len(handles), [])
        first = sum(len(run[0].row) for run in runs)
        runs.append(tuple(handles))
        return Handle(handles[0].shape, 2, len(handles), np.arange(first, first + len(handles[0].row)))

    def _offsets(self, made: list[Any]) -> Indices:
        return np.concatenate([self._pool.offsets(each) for each in made]).astype(np.int32)

    def _products(self, runs: list[tuple[Handle, ...]], place: Place) -> Indices:
        products: Indices = np.concatenate([np.stack([place(each)[1] for each in run], axis=1) for run in runs])
        return products.astype(np.int32)
