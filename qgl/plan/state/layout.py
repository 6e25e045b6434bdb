"""The order in which the axes of a state lie in memory, step by step."""

from __future__ import annotations

from collections.abc import Sequence


def cyclic_order(active: Sequence[int], places: int) -> tuple[int, ...]:
    """All places, the active ones first, starting on either side of the largest gap between active ones.

    Windows that follow each other round a ring are then rotations of each other, which cost nothing when a block
    leaves its window at the back, and one plain matrix transposition otherwise.
    """
    ring = sorted(active)
    gaps = [(ring[k] - ring[k - 1]) % places or places for k in range(len(ring))]
    first = max(range(len(ring)), key=lambda k: (gaps[k], -k))
    front = ring[first:] + ring[:first]
    after = (front[-1] + 1) % places
    chosen = set(front)
    rest = [place for place in ((after + k) % places for k in range(places)) if place not in chosen]
    return (*front, *rest)


def pad_window(active: Sequence[int], places: int, width: int) -> tuple[int, ...]:
    """`active` filled up to `width` places with those that follow in cyclic order."""
    return tuple(sorted(cyclic_order(active, places)[:width]))


class Layouts:
    """Follows the layout through a program and numbers the distinct transpositions."""

    def __init__(self, places: int, first_window: Sequence[int] | None) -> None:
        self._places = places
        start = tuple(range(places)) if first_window is None else cyclic_order(first_window, places)
        self.current = start  # |0...0> is the same in every layout
        self._moves: dict[tuple[int, ...], int] = {tuple(range(places)): 0}

    @property
    def moves(self) -> tuple[tuple[int, ...], ...]:
        return tuple(self._moves)

    def bring(self, window: Sequence[int]) -> int:
        """Brings `window` to the front in cyclic order; the number of the transposition that does it."""
        target = cyclic_order(window, self._places)
        move = self._axes(target)
        self.current = target
        return self._moves.setdefault(move, len(self._moves))

    def rotate(self, width: int) -> None:
        """The first `width` axes go to the back."""
        self.current = self.current[width:] + self.current[:width]

    def final(self) -> tuple[int, ...]:
        return self._axes(tuple(range(self._places)))

    def bit(self, place: int) -> int:
        """Bit number of a place in the index of the current layout."""
        return self._places - 1 - self.current.index(place)

    def _axes(self, target: tuple[int, ...]) -> tuple[int, ...]:
        where = {place: axis for axis, place in enumerate(self.current)}
        return tuple(where[place] for place in target)
