"""The blocks of all tiles: what small matrices they are products of.

Cones overlap, and so do their blocks: every block is made once, of matrices that are made once.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.bits import ragged
from qgl.bits.distribution import indices, strings
from qgl.expression import Real
from qgl.plan.cones.classes import ConeClass
from qgl.plan.cones.schedule import Block, kind_of, substituted
from qgl.plan.expressions import ExpressionBuilder
from qgl.plan.matrix_pool import Pool, PoolBuilder, Recipe
from qgl.program.operations import inputs_in

Indices = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Embedding:
    """Matrices of one group of the pool on the same bits of a block.

    rows       (matrices,) which ones of the group
    entries    (size^2, K^2) where the entries of a matrix are in a block
    conjugate  whether it is the conjugates that act
    """

    group: int
    rows: Indices
    entries: NDArray[np.float64]
    conjugate: bool


@dataclass(frozen=True, eq=False)
class TileBlocks:
    """The distinct blocks, as products of embedded matrices; K = 2^arity. Block 0 is the identity.

    fixed       (1 + constants, K^2) the identity and the constant matrices
    embeddings  further matrices, numbered on
    factors     (longest block, blocks) numbers of matrices, the first to act first
    """

    arity: int
    pool: Pool
    fixed: NDArray[np.complex128]
    embeddings: tuple[Embedding, ...]
    factors: Indices


class BlockBuilder:
    """Collects the blocks of classes; `numbers` are what the atoms of members stand for."""

    def __init__(self, arity: int, numbers: Sequence[Real], expressions: ExpressionBuilder) -> None:
        self._arity, self._numbers = arity, numbers
        self._pool = PoolBuilder(expressions)
        self._found: dict[Hashable, dict[tuple[int, ...], int]] = {}  # of each block, by atoms
        self._made: dict[tuple[int, ...], tuple[int, int]] = {}
        self._recipes: list[object] = []
        self._factors: list[list[tuple[int, int]]] = [[]]  # of each block its matrices: kind and number in the kind
        self._fixed: list[NDArray[np.complex128]] = [np.eye(2**arity, dtype=np.complex128)]
        self._kinds: dict[Hashable, int] = {}
        self._places: list[tuple[tuple[int, ...], bool]] = []  # of each kind: bits of the block, and if conjugates act
        self._handles: list[list[int]] = []  # of each kind: handles of its matrices
        self._matrices: dict[Hashable, tuple[int, int]] = {}

    def of_class(self, block: Block, one: ConeClass) -> Indices:
        """The numbers of a class's block for all of its members, shape (members,)."""
        return np.array(self.add(block, list(one.rows)), np.int32)

    def add(self, block: Block, members: Sequence[tuple[int, ...]]) -> list[int]:
        """The numbers of a class's block for `members`, rows of atoms."""
        found = self._found.setdefault(block.key, {})
        if not block.slots:
            return [self._one(found, block, [], ())] * len(members)
        get = itemgetter(*block.slots)
        atoms = map(get, members) if len(block.slots) > 1 else ((get(row),) for row in members)
        slots = [sorted({atom.element for atom in inputs_in(recipe.args)}) for recipe, _ in block.matrices]
        return [self._one(found, block, slots, row) for row in atoms]

    def _one(
        self, found: dict[tuple[int, ...], int], block: Block, slots: list[list[int]], atoms: tuple[int, ...]
    ) -> int:
        """The number of a block for a row of atoms; `slots` are those that each matrix depends on, `found` its own."""
        number = found.get(atoms)
        if number is None:
            number = found[atoms] = len(self._factors)
            depends = slots or [[]] * len(block.matrices)
            self._factors.append(
                [self._matrix(each, own, atoms) for each, own in zip(block.matrices, depends, strict=True)]
            )
        return number

    def _matrix(
        self, matrix: tuple[Recipe, tuple[int, ...]], slots: list[int], atoms: tuple[int, ...]
    ) -> tuple[int, int]:
        """Kind and number of a matrix; what was made of the same recipe and atoms is not made again."""
        key = id(matrix), *[atoms[slot] for slot in slots]
        known = self._made.get(key)
        if known is None:
            self._recipes.append(matrix)  # so that no other one takes its identity
            known = self._made[key] = self._new_matrix(*matrix, atoms)
        return known

    def _new_matrix(self, recipe: Recipe, places: tuple[int, ...], atoms: tuple[int, ...]) -> tuple[int, int]:
        """Kind and number of a matrix; the constant ones are of kind -1."""
        kind = kind_of(recipe), places
        if recipe.constant is not None:
            matrix = recipe.constant.conj() if recipe.conjugate else recipe.constant
            key: Hashable = kind, matrix.tobytes()
            if key not in self._matrices:
                self._matrices[key] = -1, len(self._fixed)
                entries = matrix.ravel() @ embedding(places, self._arity)
                self._fixed.append(entries.reshape(self._fixed[0].shape))
            return self._matrices[key]
        args = tuple(substituted(arg, lambda slot: self._numbers[atoms[slot]]) for arg in recipe.args)
        key = kind, args
        if key not in self._matrices:
            name = self._kinds.setdefault(kind, len(self._kinds))
            if name == len(self._handles):
                self._handles.append([])
                self._places.append((places, recipe.conjugate))
            self._matrices[key] = name, len(self._handles[name])
            self._handles[name].append(self._pool.add(replace(recipe, args=args, conjugate=False)))
        return self._matrices[key]

    def build(self) -> TileBlocks:
        """The tables of all blocks so far."""
        pool = self._pool.build()
        first = [0]  # of the kinds, the constants first
        for count in (len(self._fixed), *map(len, self._handles)):
            first.append(first[-1] + count)
        factors = ragged.table([[first[kind + 1] + one for kind, one in row] for row in self._factors], 0).T.copy()
        offsets = [np.array([self._pool.offset(each) for each in handles]) for handles in self._handles]
        kinds = zip(self._places, offsets, strict=True)
        embeddings = tuple(self._embedding(pool, places, conjugate, own) for (places, conjugate), own in kinds)
        fixed = np.stack(self._fixed).reshape(len(self._fixed), -1)
        return TileBlocks(self._arity, pool, fixed, embeddings, factors)

    def _embedding(self, pool: Pool, places: tuple[int, ...], conjugate: bool, offsets: NDArray[Any]) -> Embedding:
        starts = np.cumsum([len(pool.constants), *(group.count * group.size**2 for group in pool.groups)])
        group = int(np.searchsorted(starts, offsets[0], side="right")) - 1
        rows = (offsets - starts[group]) // pool.groups[group].size ** 2
        return Embedding(group, rows.astype(np.int32), embedding(places, self._arity), conjugate)


def embedding(places: tuple[int, ...], arity: int) -> NDArray[np.float64]:
    """The entries of a block with a matrix on some of its bits, shape (4^places, 4^arity): zeros and ones."""
    index = np.arange(2**arity)
    own = indices(strings(index, arity)[:, places])
    others = index & ~sum(1 << (arity - 1 - place) for place in places)
    entry = np.where(others[:, None] == others[None, :], own[:, None] * 2 ** len(places) + own[None, :], -1)
    return np.asarray(np.arange(4 ** len(places))[:, None] == entry.ravel(), np.float64)
