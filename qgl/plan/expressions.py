"""Real expressions as tables: how every angle, strength and coefficient is computed from the inputs.

The values are one vector: 0, the inputs, then the results of functions, level by level. A number is an affine form
of values. Functions are grouped by level and name, so that the size of the computation does not grow with the circuit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.expression import CHANCES, MEANS, Atom, Function, Input, Real, with_inputs

Indices = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Affine:
    """Numbers constant + coefficient * values[index], shape (rows,), and further terms added to row `extra_row`.

    constant, coefficient, index               (rows,)
    extra_row, extra_coefficient, extra_index  (extra terms,)
    """

    constant: NDArray[np.float64]
    coefficient: NDArray[np.float64]
    index: Indices
    extra_row: Indices
    extra_coefficient: NDArray[np.float64]
    extra_index: Indices

    @property
    def is_constant(self) -> bool:
        """Whether no number depends on a value."""
        return not self.coefficient.any() and not len(self.extra_row)

    def taken(self, rows: NDArray[np.int64]) -> Affine:
        """These of the numbers, in this order; one may come several times. Shape (rows,)."""
        order = np.argsort(self.extra_row, kind="stable")
        first, last = (np.searchsorted(self.extra_row[order], rows, side) for side in ("left", "right"))
        counts = last - first
        ends = np.cumsum(counts)
        extra = order[np.repeat(last - ends, counts) + np.arange(counts.sum())]
        return Affine(
            self.constant[rows],
            self.coefficient[rows],
            self.index[rows],
            np.repeat(np.arange(len(rows), dtype=np.int32), counts),
            self.extra_coefficient[extra],
            self.extra_index[extra],
        )


@dataclass(frozen=True, eq=False)
class Calls:
    """Function `name` applied to rows of arguments; the results are appended to the values.

    Arguments that are constant, as nearly all exponents, are so in all rows.
    """

    name: str
    arguments: tuple[Affine, ...]


@dataclass(frozen=True, eq=False)
class Expressions:
    """`inputs` numbers in, the calls of each level in order, then the `outputs`."""

    inputs: int
    calls: tuple[Calls, ...]
    outputs: Affine

    def taken(self, rows: NDArray[np.int64]) -> Expressions:
        """The same with these of the outputs, shape (rows,), in this order."""
        return Expressions(self.inputs, self.calls, self.outputs.taken(rows))


class NoLaneError(Exception):
    """Numbers of a lane that are more than sums of inputs are added one by one."""


class ExpressionBuilder:
    """Collects numbers; `row` gives the row of `outputs` that a number will have."""

    def __init__(self, parameter_sizes: Sequence[int], read: tuple[int, int] = (0, 0)) -> None:
        """`read`: how many means and probabilities come after the inputs, for outputs."""
        self._offsets = np.concatenate([[0], np.cumsum(parameter_sizes, dtype=np.int64)])
        self._read = read
        self._rows: dict[Real, int] = {}
        self._count = 0
        self._lanes: list[tuple[int, Real, Indices]] = []  # the first row, what is the same in all, and the inputs
        self._known: dict[Real, Indices] = {}  # of what is the same in all, the row of each element
        self._functions: dict[Function, int] = {}
        self._levels: list[list[Function]] = []

    def row(self, number: Real) -> int:
        """The row of `outputs` that a number has; equal numbers have one."""
        row = self._rows.get(number)
        if row is None:
            for _, atom in number.terms:
                self._level(atom)
            row = self._rows[number] = self._count
            self._count += 1
        return row

    def rows(self, number: Real, elements: NDArray[np.int64]) -> Indices:
        """The rows of numbers that are the same but for the elements of their inputs, shape (numbers,).

        elements: shape (numbers, columns); in `number` the element of an input is the column that it has here.

        Raises:
            NoLaneError: it has functions of inputs.
        """
        inputs = [atom for _, atom in number.terms if isinstance(atom, Input)]
        if len(inputs) < len(number.terms):
            raise NoLaneError
        if not inputs:
            return np.full(len(elements), self.row(number), np.int32)
        places = np.stack([self._input(atom) + elements[:, atom.element] - atom.element for atom in inputs], axis=1)
        same = with_inputs(number, lambda each: Input(each.parameter, 0))
        codes = places[:, 0] if len(inputs) == 1 else np.unique(places, axis=0, return_inverse=True)[1].reshape(-1)
        distinct, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
        rows: Indices = np.full(len(distinct), -1, np.int32)
        if len(inputs) == 1:
            known = self._known.setdefault(same, np.full(2 + self._inputs, -1, np.int32))
            rows = known[distinct]
        new = np.flatnonzero(rows < 0)
        rows[new] = self._count + np.arange(len(new))
        self._lanes.append((self._count, number, places[first[new]].astype(np.int32)))
        self._count += len(new)
        if len(inputs) == 1:
            known[distinct] = rows
        return rows[inverse.reshape(-1)]

    @property
    def numbers(self) -> tuple[Real, ...]:
        """The numbers so far, in the order of their rows, which makes shape (numbers,) of the outputs."""
        return tuple(self._rows)

    def _level(self, atom: Atom) -> int:
        """0 for an input, else one more than the highest level among the arguments."""
        if isinstance(atom, Input):
            return 0
        if atom not in self._functions:
            below = [self._level(inner) for argument in atom.arguments for _, inner in argument.terms]
            level = 1 + max(below, default=0)
            while len(self._levels) < level:
                self._levels.append([])
            self._levels[level - 1].append(atom)
            self._functions[atom] = level
        return self._functions[atom]

    def build(self) -> Expressions:
        """The tables of all numbers so far."""
        place: dict[Atom, int] = {}
        calls: list[Calls] = []
        at = 1 + self._inputs
        for level in self._levels:
            for key in sorted({_kind(f) for f in level}):
                group = [f for f in level if _kind(f) == key]
                columns = [[f.arguments[position] for f in group] for position in range(len(key[1]))]
                calls.append(Calls(key[0], tuple(self._affine(column, place) for column in columns)))
                for function in group:
                    place[function] = at
                    at += 1
        return Expressions(self._inputs, tuple(calls), self._outputs(place))

    @property
    def _inputs(self) -> int:
        return int(self._offsets[-1]) + sum(self._read)

    def _outputs(self, place: dict[Atom, int]) -> Affine:
        """All numbers, those of lanes among them."""
        alone = self._affine(list(self._rows), place)
        if not self._lanes:
            return alone
        own = np.fromiter(self._rows.values(), np.int32, len(self._rows))
        constant, coefficient = np.zeros(self._count), np.zeros(self._count)
        index = np.zeros(self._count, np.int32)
        constant[own], coefficient[own], index[own] = alone.constant, alone.coefficient, alone.index
        extra = [(own[alone.extra_row], alone.extra_coefficient, alone.extra_index)]
        for first, number, places in self._lanes:
            rows = np.arange(first, first + len(places), dtype=np.int32)
            constant[rows] = number.constant
            coefficient[rows], index[rows] = number.terms[0][0], places[:, 0]
            more = zip(number.terms[1:], places.T[1:], strict=True)
            extra += [(rows, np.full(len(rows), factor), at) for (factor, _), at in more]
        return Affine(constant, coefficient, index, *(np.concatenate(part) for part in zip(*extra, strict=True)))

    def _affine(self, numbers: Sequence[Real], place: dict[Atom, int]) -> Affine:
        constant = np.array([number.constant for number in numbers], dtype=np.float64)
        coefficient = np.zeros(len(numbers))
        index = np.zeros(len(numbers), dtype=np.int32)
        extra: list[tuple[int, float, int]] = []
        for row, number in enumerate(numbers):
            for order, (factor, atom) in enumerate(number.terms):
                at = place[atom] if isinstance(atom, Function) else self._input(atom)
                if order == 0:
                    coefficient[row], index[row] = factor, at
                else:
                    extra.append((row, factor, at))
        return Affine(
            constant,
            coefficient,
            index,
            np.array([row for row, _, _ in extra], dtype=np.int32),
            np.array([factor for _, factor, _ in extra], dtype=np.float64),
            np.array([at for _, _, at in extra], dtype=np.int32),
        )

    def _input(self, atom: Input) -> int:
        if atom.parameter in (MEANS, CHANCES):
            before = 0 if atom.parameter == MEANS else self._read[0]
            return 1 + int(self._offsets[-1]) + before + atom.element
        return 1 + int(self._offsets[atom.parameter]) + atom.element


def _kind(function: Function) -> tuple[str, tuple[bool, ...]]:
    """Functions of one kind are computed together: the name, and which arguments are constant."""
    return function.name, tuple(argument.is_constant for argument in function.arguments)
