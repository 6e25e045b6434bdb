"""Isometries by matrices: `isometry4_2x2x2` takes the first two of three qubits to all three, the third being in |0>.

Like generators they have one record for each shape: the number of values that go in, and those of each variable that
comes out, of which the first are those that go in. The numbers are the real and the imaginary part of the first entry
of a matrix A of `outgoing` rows and `ingoing` columns, those of the second, and so on, row by row. The isometry is
A (A* A)^(-1/2), the nearest one to A: other than the Q of A = Q R it treats all columns alike.

The matrix of the record is zero where a variable that does not go in is not zero, and where a code stands for no value.
So it is a unitary only on what goes in, and the checker holds programs to that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.gates.algebra import Matrix, entered
from qgl.gates.codes import code_bits, codes_of
from qgl.gates.model import Array, Gate, Step

WIDEST_ISOMETRY = 8  # qubits
_NAME = re.compile(r"(un)?isometry(\d{1,4})_(\d{1,4}(?:x\d{1,4}){0,7})")


def in_qubits(values: Sequence[int]) -> tuple[int, ...]:
    """The same variables, those of 4, 8, ... values as qubits: their codes are the same."""
    return tuple(each for size in values for each in ((2,) * code_bits(size) if size.bit_count() == 1 else (size,)))


def isometry_name(ingoing: Sequence[int], values: Sequence[int]) -> str:
    """The name of the record that takes variables of so many values to more of them."""
    return f"isometry{prod(ingoing)}_{'x'.join(map(str, values))}"


def isometry_shape(name: str) -> tuple[int, tuple[int, ...]] | None:
    """(4, (2, 2, 2)) for "isometry4_2x2x2" and for its adjoint "unisometry4_2x2x2"; None for gates of other names."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    ingoing, values = int(match[2]), tuple(map(int, match[3].split("x")))
    fits = min(values) >= 2 and ingoing in going_in(values) and sum(map(code_bits, values)) <= WIDEST_ISOMETRY
    return (ingoing, values) if fits else None


def going_in(values: Sequence[int]) -> list[int]:
    """How many values can go in: those of no variable, of the first, of the first two, ..."""
    return [prod(values[:count]) for count in range(len(values) + 1)]


def incoming_qubits(shape: tuple[int, tuple[int, ...]]) -> int:
    """The qubits that an isometry has at first; the others, which it brings in, are in zero."""
    ingoing, values = shape
    return sum(map(code_bits, values[: going_in(values).index(ingoing)]))


def isometry_numbers(ingoing: int, outgoing: int) -> int:
    """The numbers of an isometry: two for each entry of its matrix."""
    return 2 * ingoing * outgoing


@cache
def isometry_gate(name: str) -> Gate | None:
    """The record of an isometry, or of its adjoint, which no program names; None for other names."""
    shape = isometry_shape(name)
    if shape is None:
        return None
    adjoint = name.startswith("un")
    partner = name.removeprefix("un") if adjoint else f"un{name}"
    ingoing, values = shape
    qubits = sum(map(code_bits, values))

    def of_vector(xp: Any, numbers: Array) -> Array:
        left, _, right = xp.linalg.svd(entries(shape, numbers), full_matrices=False)
        built = embedded(xp, shape, left @ right)
        return xp.conj(xp.swapaxes(built, -1, -2)) if adjoint else built

    def matrix(xp: Any, *numbers: Array) -> Array:
        return of_vector(xp, xp.stack(numbers, -1))

    def undo(*numbers: Any) -> tuple[Step, ...]:
        return ((partner, tuple(range(qubits)), numbers),)

    count = isometry_numbers(ingoing, prod(values))
    parameters = tuple(f"a{k:0{len(str(count - 1))}}" for k in range(count))
    summary = "the isometry nearest to a matrix, on variables of which the last are in zero"
    return Gate(name, qubits, parameters, matrix, undo, summary, vector=True, of_vector=of_vector)


def entries(shape: tuple[int, tuple[int, ...]], numbers: Array) -> Array:
    """The matrix A, shape (..., outgoing, ingoing), of numbers of shape (..., 2 outgoing ingoing)."""
    return (numbers[..., 0::2] + 1j * numbers[..., 1::2]).reshape(*numbers.shape[:-1], prod(shape[1]), shape[0])


def embedded(xp: Any, shape: tuple[int, tuple[int, ...]], isometry: Array) -> Array:
    """An isometry on the basis states of its qubits: (..., outgoing, ingoing) to (..., 2^k, 2^k), zero elsewhere."""
    rows, columns = _places(*shape)
    return entered(xp, rows) @ isometry @ entered(xp, columns)


@cache
def _places(ingoing: int, values: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Which basis state stands for each row, shape (2^k, outgoing), and for each column, shape (ingoing, 2^k)."""
    codes = codes_of(values)
    identity = np.eye(2 ** sum(map(code_bits, values)))
    return identity[:, codes], identity[codes[:: len(codes) // ingoing]]


def completed(matrix: Matrix) -> Matrix:
    """A unitary of the same columns where they are not zero, shape (2^k, 2^k)."""
    used = np.abs(matrix).max(axis=0) > 0
    whole = matrix.copy()
    left = np.linalg.svd(matrix[:, used])[0]
    whole[:, ~used] = left[:, np.count_nonzero(used) :]
    return whole
