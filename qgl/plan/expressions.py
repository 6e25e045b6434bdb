"""Real expressions as tables: how every angle, strength and coefficient is computed from the inputs.

The values are one vector: 0, the inputs, then the results of functions, level by level. A number is an affine form
of values. Functions are grouped by level and name, so that the size of the computation does not grow with the circuit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.expression import CHANCES, MEANS, Atom, Function, Input, Real

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


class ExpressionBuilder:
    """Collects numbers; `row` gives the row of `outputs` that a number will have."""

    def __init__(self, parameter_sizes: Sequence[int], read: tuple[int, int] = (0, 0)) -> None:
        """`read`: how many means and probabilities come after the inputs, for outputs."""
        self._offsets = np.concatenate([[0], np.cumsum(parameter_sizes, dtype=np.int64)])
        self._read = read
        self._rows: dict[Real, int] = {}
        self._functions: dict[Function, int] = {}
        self._levels: list[list[Function]] = []

    def row(self, number: Real) -> int:
        """The row of `outputs` that a number has; equal numbers have one."""
        row = self._rows.get(number)
        if row is None:
            for _, atom in number.terms:
                self._level(atom)
            row = self._rows[number] = len(self._rows)
        return row

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
        inputs = int(self._offsets[-1]) + sum(self._read)
        place: dict[Atom, int] = {}
        calls: list[Calls] = []
        at = 1 + inputs
        for level in self._levels:
            for key in sorted({_kind(f) for f in level}):
                group = [f for f in level if _kind(f) == key]
                columns = [[f.arguments[position] for f in group] for position in range(len(key[1]))]
                calls.append(Calls(key[0], tuple(self._affine(column, place) for column in columns)))
                for function in group:
                    place[function] = at
                    at += 1
        return Expressions(inputs, tuple(calls), self._affine(list(self._rows), place))

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
