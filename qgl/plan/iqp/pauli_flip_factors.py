"""Stochastic Pauli flips as means of Pauli words use them: which of them each Pauli word anticommutes with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.bits import ragged
from qgl.plan.expressions import ExpressionBuilder
from qgl.plan.iqp.exact import MOST_ENTRIES, anticommuting_with
from qgl.plan.pauli_flips import PauliFlip
from qgl.query import Query

Integers = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class PauliFlipTable:
    """k flips on a number of visible positions.

    angles         (k,) rows of the expressions
    positions      (k, most) the positions that each flips, padded with the number of positions
    anticommuting  for each query of known words the flips that each Pauli word anticommutes with, (pauli_words, most),
                   padded with k
    """

    angles: Integers
    positions: Integers
    anticommuting: dict[Query, Integers]

    @classmethod
    def of(
        cls,
        flips: Sequence[PauliFlip],
        positions: int,
        anticommuting: dict[Query, Integers],
        expressions: ExpressionBuilder,
    ) -> PauliFlipTable:
        """The table of flips on so many visible positions, their angles rows of `expressions`.

        anticommuting: for each query of known words, shape (pauli_words, most).
        """
        rows = np.array([expressions.row(flip.angle) for flip in flips], np.int32)
        return cls(rows, ragged.table([sorted(flip.positions) for flip in flips], positions, least=1), anticommuting)


def anticommuting_flips(flips: Sequence[PauliFlip], width: int, positions: Integers) -> Integers | str:
    """The flips that each Z word on `positions` anticommutes with, shape (pauli_words, most); or why it is not said.

    positions: shape (pauli_words, weight), padded with -1, below `width`.
    """
    lists: list[list[int]] = [[] for _ in range(width)]
    for number, flip in enumerate(flips):
        for position in flip.positions:
            lists[position].append(number)
    at = ragged.table(lists, len(flips), least=1)
    if positions.size * at.shape[1] > MOST_ENTRIES:
        return f"the flips that the Pauli words anticommute with make more than {MOST_ENTRIES:.1g} factors"
    anticommuting, count = anticommuting_with(at, positions, len(flips))
    return anticommuting[:, : max(1, count.max(initial=0))]
