"""A circuit lowered to one sector: arrays over its D basis states.

Operations come in groups that are run alike. Where an operation joins basis states it does so in `off_diagonals`:
off-diagonal entry s takes state y to its partner gather[s, y], every state having one partner at most, itself where it
has none. Operations on the same wires with the same letters share a `structure`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.plan.expressions import Expressions
from qgl.plan.matrix_pool import Pool

Indices = NDArray[np.int32]
Signs = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Evolutions:
    """exp(-i time H), H = sum over Z words of c P + sum over off-diagonal entries of c sign phase |y><partner(y)|.

    gather        (structures, off_diagonals, D) partners
    sign          (structures, off_diagonals, D) 1, -1, or 0 where there is no partner
    number        (structures, off_diagonals) which of the coefficients the off-diagonal entry has
    phase         (structures, off_diagonals) 1 or i; `real` says that all are 1
    pauli_words   (structures, Z words, D) values of the Z words; 0 where the controls are not all one
    structure     (evolutions,)
    diagonal      (evolutions, Z words) rows of the expression outputs: coefficients of the Z words
    off_diagonal  (evolutions, most) rows of the other coefficients
    times         (evolutions,) rows of the times
    """

    gather: Indices
    sign: Signs
    number: Indices
    phase: NDArray[np.complex128]
    real: bool
    pauli_words: Signs
    structure: Indices
    diagonal: Indices
    off_diagonal: Indices
    times: Indices

    @property
    def off_diagonals(self) -> int:
        """Off-diagonal entries of a basis state."""
        return int(self.gather.shape[1])


@dataclass(frozen=True, eq=False)
class Mixes:
    """Small matrices.

    gather     (structures, off_diagonals, D) partners
    entry      (structures, 1 + off_diagonals, D) elements of the matrix: first on the diagonal, then to the partner of
               each off-diagonal entry; 0 is the number 0, 1 is 1, 2 + k is element k of the matrix, row by row
    structure  (operations,)
    at         (operations,) where the matrix lies in the pool
    elements   of the largest matrix
    """

    gather: Indices
    entry: Indices
    structure: Indices
    at: Indices
    elements: int


@dataclass(frozen=True, eq=False)
class Phases:
    """exp(i sum angle * Z word) of runs of diagonal operations.

    signs        (pauli_words, D) values of the different Z words; the last is 0
    pauli_words  (runs, terms) numbers of Pauli words, padded with the last
    angles       (runs, terms) rows of the expression outputs
    """

    signs: Signs
    pauli_words: Indices
    angles: Indices


Group = Evolutions | Mixes | Phases


@dataclass(frozen=True, eq=False)
class SectorTables:
    """Steps in order: `kind` is the number of a group and `row` the number of an operation in it, shape (steps,).

    start   the basis state that the circuit starts in
    cuts    (cuts,) numbers of steps that come before each cut that was asked for
    """

    size: int
    start: int
    expressions: Expressions
    pool: Pool
    groups: tuple[Group, ...]
    kind: Indices
    row: Indices
    cuts: Indices


@dataclass(frozen=True, eq=False)
class SectorProgram:
    """A circuit as it is run within a sector.

    strings  (S, visible) the visible strings of the sector, ascending
    string   (D,) the string of each basis state
    """

    method: str
    tables: SectorTables
    strings: NDArray[np.uint8]
    string: Indices

    def sizes(self) -> dict[str, int]:
        groups = self.tables.groups
        return {
            "states": self.tables.size,
            "strings": len(self.strings),
            "steps": len(self.tables.kind),
            "structures": sum(len(group.gather) for group in groups if not isinstance(group, Phases)),
        }
