"""Which one- and two-point moments are looked at: all of them, or those of near bits where there are too many."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qgl.bits.neighbourhood import Neighbourhood

MOST = 8192  # moments; so all of them up to 127 bits


@dataclass(frozen=True, eq=False)
class Moments:
    """The Z words of one- and two-point moments.

    positions  shape (pauli_words, 2), the second -1 in a one-point moment; these come first
    reach      the largest distance of the bits of a pair; None: all pairs are there
    """

    positions: NDArray[np.int32] = field(repr=False)
    reach: int | None

    @classmethod
    def of(cls, neighbourhood: Neighbourhood, most: int = MOST) -> Moments:
        """Those of all bits and pairs; beyond `most` Z words, pairs of the largest distance that keeps to it."""
        width = neighbourhood.width
        if width * (width + 1) // 2 <= most:
            return cls(_positions(width, np.stack(np.triu_indices(width, 1), axis=1)), None)
        pairs, distances = neighbourhood.pairs(max(1, most // width))
        counts = width + np.cumsum(np.bincount(distances))
        reach = max(1, int(np.flatnonzero(counts <= most).max(initial=1)))
        return cls(_positions(width, pairs[distances <= reach]), reach)

    @property
    def wording(self) -> str:
        """For the name of a row: nothing where all pairs are there."""
        return "" if self.reach is None else f", pairs within {self.reach}"


def singles(width: int) -> NDArray[np.int32]:
    """The positions of the one-point moments, shape (width, 2)."""
    return np.stack([np.arange(width), np.full(width, -1)], axis=1).astype(np.int32)


def _positions(width: int, pairs: NDArray[np.int64]) -> NDArray[np.int32]:
    return np.concatenate([singles(width), pairs.astype(np.int32)])
