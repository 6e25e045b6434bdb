"""What light cones are lowered to: a small program for each class, its members as rows, and how answers come of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.plan.cones.blocks import TileBlocks
from qgl.plan.cones.tiles import TileBatch
from qgl.plan.expressions import Expressions
from qgl.plan.model import Lowered
from qgl.query import Expectation, Marginals, Query

Indices = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class ConeBatch:
    """All cones of one class.

    lowered  the circuit of the class as some method runs it; its inputs are the slots
    queries  what is asked of every member: an `Expectation`, `Marginals`, or one of each, in this order
    rows     (members, slots) rows of the expression outputs
    chunk    members that are run at the same time
    """

    lowered: Lowered
    queries: tuple[Query, ...]
    rows: Indices
    chunk: int


@dataclass(frozen=True, eq=False)
class RegionGroup:
    """Regions that are put together in the same way: tensor products of pieces.

    regions  positions of these in the query
    pieces   the batch of each piece, and which of the regions asked of its members it is
    members  (regions, pieces) members of these batches
    axes     where each qubit of the region is among those of the pieces, one piece after another
    """

    regions: tuple[int, ...]
    pieces: tuple[tuple[int, int], ...]
    members: Indices
    axes: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ConeProgram:
    """Light cones, class by class.

    blocks       what the tiles are made of, if there are any
    pauli_words  for every `Expectation` the factors of each Pauli word, shape (pauli_words, factors). 0 is the number
                 one; from 1 on
                 come the Pauli words of the first batch, member by member, then those of the next
    regions      for every `Marginals` its regions, in groups
    """

    method: str
    expressions: Expressions
    blocks: TileBlocks | None
    batches: tuple[ConeBatch | TileBatch, ...]
    pauli_words: dict[Expectation, Indices]
    regions: dict[Marginals, tuple[RegionGroup, ...]]

    def sizes(self) -> dict[str, int]:
        tiles = [batch for batch in self.batches if isinstance(batch, TileBatch)]
        return {
            "batches": len(self.batches),
            "tiles": sum(batch.block.shape[1] for batch in tiles),
            "tile_steps": sum(len(batch.block) for batch in tiles),
            "blocks": 0 if self.blocks is None else self.blocks.factors.shape[1],
            "numbers": len(self.expressions.outputs.constant),
            "factors": sum(table.size for table in self.pauli_words.values()),
        }
