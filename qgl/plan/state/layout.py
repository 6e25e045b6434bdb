"""The order in which the axes of a state lie in memory, step by step."""

from __future__ import annotations

from collections.abc import Sequence


def cyclic_order(active: Sequence[int], axes: int) -> tuple[int, ...]:
    """All axes, the active ones first, starting on either side of the largest gap between active ones."""
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


def by_next_use(windows: Sequence[Sequence[int]], axes: int) -> list[tuple[int, ...]]:
    """The axes of each window, those first that come back soonest; and at the end all axes as they are first needed.

    What is needed soon then lies at the front of memory and moves in long pieces, or not at all.
    """
    upcoming, orders = [len(windows)] * axes, []
    for number in reversed(range(len(windows))):
        orders.append(tuple(sorted(windows[number], key=lambda axis: (upcoming[axis], axis))))
        for axis in windows[number]:
            upcoming[axis] = number
    return [*orders[::-1], tuple(sorted(range(axes), key=lambda axis: (upcoming[axis], axis)))]


class Layouts:
    """Follows the layout through a program, from `first` on, and numbers the distinct transpositions."""

    def __init__(self, first: Sequence[int]) -> None:
        self.first = self.current = tuple(first)
        self._axes = len(first)
        self._moves: dict[tuple[int, ...], int] = {tuple(range(len(first))): 0}

    @property
    def moves(self) -> tuple[tuple[int, ...], ...]:
        """The distinct transpositions, by number."""
        return tuple(self._moves)

    def placed(self, window: Sequence[int]) -> tuple[int, ...]:
        """The axes of `window` in the order in which they are brought: as they lie where they are at the front."""
        front = self.current[: len(window)]
        return front if set(front) == set(window) else tuple(window)

    def bring(self, window: Sequence[int]) -> int:
        """Brings `window` to the front, in this order; the number of the transposition that does it."""
        target = (*window, *(axis for axis in self.current if axis not in set(window)))
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
