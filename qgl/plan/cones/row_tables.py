"""Registers that start from the rows of data: a cone starts from the table of these rows on the cone's own bits.

A register starts in the mixture of its rows, and what looks at a few qubits sees of a row only the bits in its cone.
What these are in all rows is a table of 2^bits weights, the diagonal of a mixed state: square roots of weights as
amplitudes, every bit dephased. So all rows are one circuit; and bits that only control gates stay pure in it, since
passes drop what dephases them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import indices
from qgl.expression import Input, Real
from qgl.plan.cones.classes import ConeClass
from qgl.plan.cones.kinds import Kinds, row_of
from qgl.program.operations import Operation, applied, gate, inputs_of
from qgl.program.program import Parameter
from qgl.source import Span

MOST_BITS = 10  # of rows in one cone


class WideTableError(Exception):
    """A cone sees so many bits of a row that their table is not made."""

    def __init__(self, bits: int) -> None:
        super().__init__(
            f"a light cone sees {bits} bits of the rows that a register starts from, more than {MOST_BITS}"
        )


class RowTables:
    """The tables that classes of cones begin in, of one circuit's parameters; angles are added to the `kinds`."""

    def __init__(self, kinds: Kinds, parameters: Sequence[Parameter]) -> None:
        self._kinds, self._parameters = kinds, parameters
        self._places = {number.constant: k for k, number in enumerate(kinds.numbers) if number.is_constant}
        self._found: dict[tuple[int, tuple[int, ...]], list[int]] = {}

    def begin(self, one: ConeClass) -> None:
        """Puts the table of each member of a class in the place of the bits of a row that it begins with.

        Raises:
            WideTableError: a table has too many bits.
        """
        starts: dict[int, list[Operation]] = {}
        for operation, parameter in zip(one.circuit.operations, self._starts(one), strict=True):
            if parameter is not None:
                starts.setdefault(parameter, []).append(operation)
        if not starts:
            return
        (slot,) = one.circuit.parameters
        made: list[Operation] = []
        angles: list[list[int]] = [[] for _ in one.rows]
        for parameter, own in starts.items():
            if len(own) > MOST_BITS:
                raise WideTableError(len(own))
            made += _preparation([each.wires[0] for each in own], slot.size + len(angles[0]), own[0].span)
            for row, member in zip(one.rows, angles, strict=True):
                member += self._angles(parameter, tuple(row[_slot(each)] for each in own))
        begun = {id(operation) for own in starts.values() for operation in own}
        rest = [operation for operation in one.circuit.operations if id(operation) not in begun]
        slots = replace(slot, shape=(slot.size + len(angles[0]),))
        one.circuit = replace(one.circuit, operations=(*made, *rest), parameters=(slots,))
        one.rows = {(*row, *member): k for k, (row, member) in enumerate(zip(one.rows, angles, strict=True))}

    def _starts(self, one: ConeClass) -> Iterator[int | None]:
        """Of each operation the parameter of whose row it puts a bit on a qubit; it is the same for all members."""
        first = next(iter(one.rows))
        for operation in one.circuit.operations:
            numbers = [self._kinds.numbers[first[atom.element]] for atom in inputs_of(operation)]
            yield next((found for number in numbers if (found := row_of(number, self._parameters)) is not None), None)

    def _angles(self, parameter: int, bits: tuple[int, ...]) -> list[int]:
        """Those of the table of the rows of a parameter, on bits of the numbers `bits`, by their places."""
        if (parameter, bits) not in self._found:
            self._found[parameter, bits] = list(map(self._place, self._table(parameter, bits)))
        return self._found[parameter, bits]

    def _table(self, parameter: int, bits: Sequence[int]) -> list[float]:
        data = self._parameters[parameter].rows
        assert data is not None
        columns = [atom.element for k in bits for _, atom in self._kinds.numbers[k].terms if isinstance(atom, Input)]
        return _angles(np.bincount(indices(data.rows[:, columns]), data.weights, 2 ** len(columns)).astype(np.float64))

    def _place(self, angle: float) -> int:
        place = self._places.get(angle)  # by the float: there are millions, and records are slow to hash
        if place is None:
            place = self._places[angle] = len(self._kinds.numbers)
            self._kinds.numbers.append(Real(angle))
        return place


def _slot(operation: Operation) -> int:
    (atom,) = inputs_of(operation)
    return atom.element


def _preparation(wires: Sequence[int], first: int, span: Span) -> Iterator[Operation]:
    """Amplitudes on qubits in zero, by rotations whose angles are the slots from `first` on; and no coherence."""
    for k in range(len(wires)):
        name = "ry" if k == 0 else f"uniform_ry{k + 1}"
        slots = range(first + 2**k - 1, first + 2 ** (k + 1) - 1)
        yield gate(name, tuple(wires[: k + 1]), span, [Real(0.0, ((1.0, Input(0, slot)),)) for slot in slots])
    for wire in wires:
        yield applied("dephasing", (wire,), span, [Real(0.5)])


def _angles(weights: NDArray[np.float64]) -> list[float]:
    """The angles of `_preparation`, the first bit first: 2 atan(sqrt(weight of one / weight of zero)) each."""
    sums = [weights]
    while len(sums[-1]) > 2:
        sums.append(sums[-1].reshape(-1, 2).sum(axis=1))
    roots = [np.sqrt(level.reshape(-1, 2)) for level in reversed(sums)]
    return [angle for zero_one in roots for angle in (2 * np.arctan2(zero_one[:, 1], zero_one[:, 0])).tolist()]
