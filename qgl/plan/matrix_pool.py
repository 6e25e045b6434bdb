"""The pool of small matrices: every gate, Pauli rotation and channel of a circuit, flat in one vector.

Matrices of one kind are rows of one group and are computed by one vectorised call. Entry 0 of the pool is 0 and entry
1 is 1, so that a table of pool entries can also spell identities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Real
from qgl.gates.algebra import pauli_matrix
from qgl.plan.expressions import ExpressionBuilder


@dataclass(frozen=True, eq=False)
class MatrixGroup:
    """Matrices of one kind.

    kind         "gate", "chances", "pauli" or "channel"
    name         of the gate or channel; "" for Pauli rotations
    controls     of a gate
    size         of the square matrices: 2^qubits, or 4^qubits for a channel (rows of rho's ket bits, then bra bits)
    angles       (count, parameters) rows of the expression outputs
    pauli_words  (count, inner, inner) Pauli words of rotations exp(i a P), inner = size / 2^controls; else None
    """

    kind: str
    name: str
    controls: int
    size: int
    angles: NDArray[np.int32]
    pauli_words: NDArray[np.complex128] | None

    @property
    def count(self) -> int:
        """Number of matrices."""
        return int(self.angles.shape[0])


@dataclass(frozen=True, eq=False)
class Pool:
    """Zero, one, the constant matrices flat, then each group flat, then (if `conjugates`) the conjugate of all that.

    constants  (2 + constant entries,) zero, one, and the constant matrices
    """

    constants: NDArray[np.complex128]
    groups: tuple[MatrixGroup, ...]
    conjugates: bool

    @property
    def size(self) -> int:
        """Number of entries, without the conjugates."""
        return len(self.constants) + sum(group.count * group.size**2 for group in self.groups)


@dataclass(frozen=True, eq=False, slots=True)
class Recipe:
    """How to make one matrix, shape (size, size).

    kind "gate": record `name` under further `controls`; "chances": the squares of its entries; "pauli": exp(i args[0]
    P), `name` is P; "channel": superoperator of channel `name`; "constant": `constant` itself. `conjugate`: the
    conjugate of that.
    """

    kind: str
    name: str
    size: int
    args: tuple[Real, ...] = ()
    controls: int = 0
    constant: NDArray[np.complex128] | None = None
    conjugate: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class PoolRows:
    """Matrices that were added together: rows of one group, shape (count,), or entries of the pool of constant ones."""

    group: tuple[str, str, int, int] | None
    rows: NDArray[np.int64]
    size: int

    def __len__(self) -> int:
        return len(self.rows)


class PoolBuilder:
    """Collects matrices. `add` returns a handle; `offset` says, after `build`, where the matrix lies."""

    def __init__(self, expressions: ExpressionBuilder) -> None:
        self._expressions = expressions
        self._constants: list[NDArray[np.complex128]] = [np.array([0, 1], dtype=np.complex128)]
        self._constant_at: dict[bytes, int] = {}
        self._length = 2
        self._angles: dict[tuple[str, str, int, int], list[tuple[int, ...]]] = {}
        self._lanes: dict[tuple[str, str, int, int], list[NDArray[np.int32]]] = {}
        self._pauli_words: dict[tuple[str, str, int, int], list[str]] = {}
        self._handles: list[tuple[tuple[str, str, int, int] | None, int, int, bool]] = []
        self._built: Pool | None = None
        self._offsets: dict[tuple[str, str, int, int], int] = {}

    def add(self, recipe: Recipe) -> int:
        """Adds a matrix and gives its handle."""
        if recipe.constant is not None:
            self._handles.append((None, self._constant(recipe.constant), recipe.size, recipe.conjugate))
            return len(self._handles) - 1
        name = "" if recipe.kind == "pauli" else recipe.name
        key = (recipe.kind, name, recipe.controls, recipe.size)
        rows = self._angles.setdefault(key, [])
        rows.append(tuple(map(self._expressions.row, recipe.args)))
        if recipe.kind == "pauli":
            self._pauli_words.setdefault(key, []).append(recipe.name)
        self._handles.append((key, len(rows) - 1, recipe.size, recipe.conjugate))
        return len(self._handles) - 1

    def lane(self, recipe: Recipe, elements: NDArray[np.int64]) -> PoolRows:
        """Adds matrices of one recipe but for the elements of inputs, which are as in `ExpressionBuilder.rows`.

        elements: shape (matrices, columns).

        Raises:
            NoLaneError: as there.
        """
        assert not recipe.conjugate
        if recipe.constant is not None:
            return PoolRows(None, np.full(len(elements), self._constant(recipe.constant)), recipe.size)
        name = "" if recipe.kind == "pauli" else recipe.name
        key = (recipe.kind, name, recipe.controls, recipe.size)
        columns = [self._expressions.rows(arg, elements) for arg in recipe.args]
        angles = np.stack(columns, axis=1) if columns else np.zeros((len(elements), 0), np.int32)
        tables = self._lanes.setdefault(key, [])
        first = sum(map(len, tables))
        tables.append(angles)
        if recipe.kind == "pauli":
            self._pauli_words.setdefault(key, []).extend([recipe.name] * len(angles))
        return PoolRows(key, np.arange(first, first + len(angles)), recipe.size)

    def offsets(self, made: PoolRows) -> NDArray[np.int64]:
        """The entries of the pool that matrices begin with, shape (count,), once it is built."""
        return made.rows if made.group is None else self._offsets[made.group] + made.rows * made.size**2

    def _constant(self, matrix: NDArray[np.complex128]) -> int:
        key = matrix.shape[0].to_bytes(4, "big") + np.ascontiguousarray(matrix, dtype=np.complex128).tobytes()
        if key not in self._constant_at:
            self._constant_at[key] = self._length
            self._constants.append(matrix.astype(np.complex128).ravel())
            self._length += matrix.size
        return self._constant_at[key]

    def build(self) -> Pool:
        """The pool of all matrices so far; those of a group are added one by one or in lanes, but not in both ways."""
        groups = []
        at = self._length
        for key in (*self._angles, *self._lanes):
            kind, name, controls, size = key
            if key in self._lanes:
                angles = np.concatenate(self._lanes[key]).astype(np.int32)
            else:
                rows = self._angles[key]
                angles = np.array(rows, dtype=np.int32).reshape(len(rows), -1)
            self._offsets[key] = at
            at += len(angles) * size * size
            groups.append(MatrixGroup(kind, name, controls, size, angles, _stacked(self._pauli_words.get(key, ()))))
        conjugates = any(conjugate for _, _, _, conjugate in self._handles)
        self._built = Pool(np.concatenate(self._constants), tuple(groups), conjugates)
        return self._built

    def offset(self, handle: int) -> int:
        """The entry of the pool that the matrix of a handle begins with."""
        assert self._built is not None
        key, row, size, conjugate = self._handles[handle]
        base = row if key is None else self._offsets[key] + row * size * size
        return base + (self._built.size if conjugate else 0)


def _stacked(pauli_words: Sequence[str]) -> NDArray[np.complex128] | None:
    """The matrices of Pauli words of one length, shape (pauli_words, 2^k, 2^k), each of which is made once."""
    if not pauli_words:
        return None
    number = {pauli_word: k for k, pauli_word in enumerate(dict.fromkeys(pauli_words))}
    return np.stack(list(map(pauli_matrix, number)))[[number[pauli_word] for pauli_word in pauli_words]]
