"""The blocks of tiles whose members are rows of an array: all members of a class at once."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distinct import Known
from qgl.expression import Input, with_inputs
from qgl.plan.cones.blocks import BlockBuilder, Indices, TileBlocks
from qgl.plan.cones.classes import ConeClass
from qgl.plan.cones.schedule import Block, kind_of
from qgl.plan.expressions import ExpressionBuilder
from qgl.plan.matrix_pool import PoolRows, Recipe
from qgl.program.operations import inputs_in

Ints = NDArray[np.int64]


class _Numbered:
    """Rows that were seen, and the number of each among all blocks, or among all matrices of a kind."""

    def __init__(self, columns: int) -> None:
        self.known = Known(columns)
        self.numbers: Ints = np.zeros(0, np.int64)


class CopiedBlocks(BlockBuilder):
    """Collects the blocks of classes whose members are rows of inputs, numbered among all inputs."""

    def __init__(self, arity: int, expressions: ExpressionBuilder) -> None:
        super().__init__(arity, (), expressions)
        self._blocks: dict[Hashable, _Numbered] = {}
        self._of_recipe: dict[Hashable, _Numbered] = {}
        self._count = 1  # block 0 is the identity
        self._chunks: list[tuple[list[int], Ints]] = []  # kinds of the matrices of blocks, and their numbers in these
        self._lanes: list[list[PoolRows]] = []  # of each kind
        self._sizes: list[int] = []

    def of_class(self, block: Block, one: ConeClass) -> Indices:
        """The numbers of a class's block for all of its members, shape (members,)."""
        members = one.table
        assert members is not None
        seen = self._blocks.setdefault(block.key, _Numbered(len(block.slots)))
        places, new = seen.known.numbers(members[:, list(block.slots)])
        if len(new):
            made = [self._matrices_of(recipe, at, new) for recipe, at in block.matrices]
            numbers = np.stack([each for _, each in made], axis=1) if made else np.zeros((len(new), 0), np.int64)
            self._chunks.append(([kind for kind, _ in made], numbers))
            seen.numbers = np.append(seen.numbers, self._count + np.arange(len(new)))
            self._count += len(new)
        return seen.numbers[places].astype(np.int32)

    def _matrices_of(self, recipe: Recipe, places: tuple[int, ...], rows: Ints) -> tuple[int, Ints]:
        """The kind of a matrix of blocks, -1 for constant ones, and its number in each, shape (blocks,)."""
        if recipe.constant is not None:
            kind, number = self._new_matrix(recipe, places, ())
            return kind, np.full(len(rows), number)
        slots = sorted({atom.element for atom in inputs_in(recipe.args)})
        own = {slot: k for k, slot in enumerate(slots)}
        args = tuple(with_inputs(arg, lambda each: Input(0, own[each.element])) for arg in recipe.args)
        name = self._kinds.setdefault((kind_of(recipe), places), len(self._kinds))
        if name == len(self._lanes):
            self._lanes.append([])
            self._sizes.append(0)
            self._places.append((places, recipe.conjugate))
        seen = self._of_recipe.setdefault((name, args), _Numbered(len(slots)))
        at, new = seen.known.numbers(rows[:, slots])
        if len(new):
            self._lanes[name].append(self._pool.lane(replace(recipe, args=args, conjugate=False), new))
            seen.numbers = np.append(seen.numbers, self._sizes[name] + np.arange(len(new)))
            self._sizes[name] += len(new)
        return name, seen.numbers[at]

    def build(self) -> TileBlocks:
        """The tables of all blocks so far."""
        pool = self._pool.build()
        first = np.cumsum([0, len(self._fixed), *self._sizes])
        longest = max((len(kinds) for kinds, _ in self._chunks), default=0)
        factors, at = np.zeros((longest, self._count), np.int32), 1
        for kinds, numbers in self._chunks:
            for place, kind in enumerate(kinds):
                factors[place, at : at + len(numbers)] = first[kind + 1] + numbers[:, place]
            at += len(numbers)
        embeddings = []
        for (places, conjugate), lanes in zip(self._places, self._lanes, strict=True):
            offsets = np.concatenate([self._pool.offsets(each) for each in lanes])
            embeddings.append(self._embedding(pool, places, conjugate, offsets))
        fixed = np.stack(self._fixed).reshape(len(self._fixed), -1)
        return TileBlocks(self._arity, pool, fixed, tuple(embeddings), factors)
