"""The basis states of a sector: all that the operations of a circuit can reach from where it starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.passes.charges.transitions import Transition

MOST_PLACES = 62  # a basis state is one number
Codes = NDArray[np.uint64]
Positions = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Basis:
    """Basis states as numbers, ascending, shape (D,); place 0 is the most significant of `places` bits."""

    places: int
    codes: Codes

    @property
    def size(self) -> int:
        """Number of basis states, D."""
        return len(self.codes)

    def mask(self, places: Iterable[int]) -> np.uint64:
        """The number with ones at some places."""
        return np.uint64(sum(1 << (self.places - 1 - place) for place in places))

    def bits(self, place: int) -> NDArray[np.uint8]:
        """The bit of every state at a place, shape (D,)."""
        return (self.codes >> np.uint64(self.places - 1 - place) & np.uint64(1)).astype(np.uint8)

    def local(self, places: Iterable[int]) -> NDArray[np.int64]:
        """The bits of every state at some places as one number, the first most significant, shape (D,)."""
        number: NDArray[np.int64] = np.zeros(self.size, np.int64)
        for place in places:
            number = 2 * number + self.bits(place)
        return number

    def find(self, codes: Codes) -> Positions:
        """Where states, shape (states,), stand in the basis, of the same shape; -1 for those that do not."""
        at = np.minimum(np.searchsorted(self.codes, codes), self.size - 1)
        return np.where(self.codes[at] == codes, at, -1).astype(np.int32)

    def signs(self, mask: np.uint64) -> NDArray[np.int8]:
        """(-1)^(ones of a state under the mask), shape (D,)."""
        ones: NDArray[np.int8] = (np.bitwise_count(self.codes & mask) & 1).astype(np.int8)
        return np.where(ones, np.int8(-1), np.int8(1))


def reachable(
    changes: Iterable[Transition], start: Mapping[int, int], place_of: Mapping[int, int], most: int
) -> Basis | None:
    """The states that transitions lead to from `start`, a bit for each wire; None where they are more than `most`."""
    places = len(place_of)

    def number(wires: Iterable[int], bits: Iterable[int]) -> int:
        return sum(bit << (places - 1 - place_of[wire]) for wire, bit in zip(wires, bits, strict=True))

    moves: dict[tuple[int, int, int], None] = {}
    for change in changes:
        care = number(change.wires, (1,) * len(change.wires))
        before, after = number(change.wires, change.before), number(change.wires, change.after)
        moves[care, before, before ^ after] = None
    table = [tuple(map(np.uint64, move)) for move in moves]
    codes = np.array([number(place_of, (start[wire] for wire in place_of))], np.uint64)
    frontier = codes
    while len(frontier):
        moved = [frontier[(frontier & care) == before] ^ flip for care, before, flip in table]
        reached = np.unique(np.concatenate([*moved, frontier[:0]]))
        at = np.minimum(np.searchsorted(codes, reached), len(codes) - 1)
        frontier = reached[codes[at] != reached]
        codes = np.union1d(codes, frontier)
        if len(codes) > most:
            return None
    return Basis(places, codes)
