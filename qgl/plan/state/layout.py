"""The order in which the axes of a state lie in memory, step by step."""

from __future__ import annotations

from collections.abc import Sequence


def cyclic_order(active: Sequence[int], axes: int) -> tuple[int, ...]:
    """All axes, the active ones first, starting on either side of the largest gap between active ones.

    Windows that follow each other round a ring are then rotations of each other, which cost nothing when a block
    leaves its window at the back, and one plain matrix transposition otherwise.
    """
    ring = sorted(active)
    gaps = [(ring[k] - ring[k - 1]) % axes or axes for k in range(len(ring))]
    first = max(range(len(ring)), key=lambda k: (gaps[k], -k))
    front = ring[first:] + ring[:first]
    after = (front[-1] + 1) % axes
    chosen = set(front)
    rest = [axis for axis in ((after + k) % axes for k in range(axes)) if axis not in chosen]
    return (*front, *rest)


def pad_window(active: Sequence[int], axes: int, width: int) -> tuple[int, ...]:
    """`active` filled up to `width` axes with those that follow in cyclic order."""
    return tuple(sorted(cyclic_order(active, axes)[:width]))


class Layouts:
    """Follows the layout through a program and numbers the distinct transpositions."""

    def __init__(self, axes: int, first_window: Sequence[int] | None) -> None:
        self._axes = axes
        start = tuple(range(axes)) if first_window is None else cyclic_order(first_window, axes)
        self.first = self.current = start
        self._moves: dict[tuple[int, ...], int] = {tuple(range(axes)): 0}

    @property
    def moves(self) -> tuple[tuple[int, ...], ...]:
        """The distinct transpositions, by number."""
        return tuple(self._moves)

    def bring(self, window: Sequence[int]) -> int:
        """Brings `window` to the front in cyclic order; the number of the transposition that does it."""
        target = cyclic_order(window, self._axes)
        move = self._positions(target)
        self.current = target
        return self._moves.setdefault(move, len(self._moves))

    def rotate(self, width: int) -> None:
        """The first `width` axes go to the back."""
        self.current = self.current[width:] + self.current[:width]

    def final(self) -> tuple[int, ...]:
        """The transposition from the layout by now to axes in order."""
        return self._positions(tuple(range(self._axes)))

    def bit(self, axis: int) -> int:
        """Bit number of an axis in the index of the current layout."""
        return self._axes - 1 - self.current.index(axis)

    def _positions(self, target: tuple[int, ...]) -> tuple[int, ...]:
        where = {axis: position for position, axis in enumerate(self.current)}
        return tuple(where[axis] for axis in target)
