"""A lowered circuit: nothing but arrays, so that compile time does not depend on how many gates there are.

A state has `axes` bits. Its amplitudes lie in memory in a *layout*: which axis of the state each dimension is, most
significant first. A block step first brings the axes of its window to the front, then multiplies them by a matrix of
2^width rows, and leaves them at the back: the transposition is a by-product of the matrix product. Other steps act in
the layout they find.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.plan.expressions import Expressions
from qgl.plan.matrix_pool import Pool

Indices = NDArray[np.int32]

BLOCK, MASKED, PAULI, DIAGONAL, EVOLVE, RESET = range(6)
KINDS = ("block", "masked", "pauli", "diagonal", "evolve", "reset")


@dataclass(frozen=True, eq=False)
class Products:
    """How blocks are made of small matrices.

    units             (longest unit, units, A, A) pool entries of the matrices of each unit in order; A = 2^arity, K =
                      2^width
    members           (longest block, blocks) unit numbers; unit 0 is the identity
    moves             (longest block, blocks, K) rows of the block so far, in the order that puts the unit's axes
                      first
    inverse           (longest block, blocks, K) the inverse of `moves`
    finish, unfinish  (blocks, K) the order of rows after the last unit, and its inverse
    """

    arity: int
    width: int
    units: Indices
    members: Indices
    moves: Indices
    inverse: Indices
    finish: Indices
    unfinish: Indices


@dataclass(frozen=True, eq=False)
class PauliWords:
    """Pauli words on bits of the index; bit 0 is the last axis. Letters Y count in `ys` and in both masks.

    All of shape (pauli_words,), or with one more axis in front: of evolutions.
    """

    x: Indices
    z: Indices
    ys: Indices


@dataclass(frozen=True, eq=False)
class PauliWordTable:
    """exp(i angle P) where all bits of `controls` are one; `angles` are rows of the expression outputs. Shapes
    (rotations,).
    """

    pauli_words: PauliWords
    controls: Indices
    angles: Indices


@dataclass(frozen=True, eq=False)
class DiagonalTable:
    """exp(i sum(angle * Z word)), one row per run: Z masks and rows of the expression outputs, shape (runs, terms).

    Rows are padded with the empty Pauli word; its angle is a number that is 0.
    """

    z: Indices
    angles: Indices


@dataclass(frozen=True, eq=False)
class EvolveTable:
    """exp(-i time sum(coefficient * Pauli word)), one row per evolution, padded like `DiagonalTable`.

    diagonal         (evolutions, Z words) masks of the Pauli words without X and Y
    pauli_words      (evolutions, other Pauli words)
    coefficients     (evolutions, Z words + other Pauli words), Z words first
    times, controls  (evolutions,)
    """

    diagonal: Indices
    pauli_words: PauliWords
    coefficients: Indices
    times: Indices
    controls: Indices


@dataclass(frozen=True, eq=False)
class Steps:
    """What happens to the state, in order.

    kind, row      (steps,) what, and which row of its table; a reset's is its number
    move           (steps,) number of the transposition in `moves` that comes before
    mask           (steps,) for a masked block: bits of the index after the step that must be one; for a reset: its bit
    moves          distinct transpositions: axes of the new state in terms of the old one; the first is the identity
    first          the first layout
    final          the transposition from the last layout to axes in order
    """

    kind: Indices
    row: Indices
    move: Indices
    mask: Indices
    moves: tuple[tuple[int, ...], ...]
    first: tuple[int, ...]
    final: tuple[int, ...]

    def positions(self, *kinds: int) -> Indices:
        """Positions, shape (found,), of the steps of some kinds that share a table; their rows count up from 0."""
        return np.flatnonzero(np.isin(self.kind, kinds)).astype(np.int32)


@dataclass(frozen=True, eq=False)
class StartTable:
    """A state that `axes` begin in, up to its norm; the others begin in zero.

    numbers    rows of the expression outputs, shape (2^axes, 2): real and imaginary parts of the amplitudes
    conjugate  whether it is the conjugate of that
    """

    axes: tuple[int, ...]
    numbers: Indices
    conjugate: bool


@dataclass(frozen=True, eq=False)
class FlipTable:
    """Stochastic Pauli flips: the bits of a mask are flipped with probability sin^2(angle / 2) for each angle, after
    all steps.

    masks   (masks,) on the index of a string, each once
    angles  (masks, most) rows of the expression outputs, those of the flips of each mask, padded with one that is 0
    """

    masks: Indices
    angles: Indices


NO_FLIPS = FlipTable(np.zeros(0, np.int32), np.zeros((0, 0), np.int32))


@dataclass(frozen=True, eq=False)
class Tables:
    """A program of steps on a state of `axes` bits.

    unitary      whether all steps are, so that reverse mode undoes them
    expressions  from inputs to numbers; pool: from numbers to small matrices; products: from these to blocks
    steps        what happens, in order; each takes a row of the table of its kind
    starts       what some axes begin in
    """

    axes: int
    unitary: bool
    expressions: Expressions
    pool: Pool
    products: Products
    pauli_words: PauliWordTable
    diagonals: DiagonalTable
    evolutions: EvolveTable
    steps: Steps
    starts: tuple[StartTable, ...] = ()
