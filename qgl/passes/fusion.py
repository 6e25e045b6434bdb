"""Fusion: operations on few wires are gathered into blocks on at most `width` wires each.

Two operations may change places when, on every wire that they share, both commute with the same Pauli letter (a CZ and
an RZ with Z; the RXX of a ring with X). On a wire, a stretch of operations of one letter is a *group*; an operation
must wait only for the groups before its own. Blocks are filled greedily: a window of wires takes every operation that
is ready inside of it, through as many layers as the window's light cone allows, and grows by the wire that lets most
operations in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Item:
    """Something on a few wires. `bases` has a letter per wire: X, Y or Z if it commutes with that letter there, else *.

    An item that is `alone` is a block by itself, however few its wires are.
    """

    wires: tuple[int, ...]
    bases: str
    members: tuple[int, ...]
    alone: bool = False


@dataclass(slots=True)
class Block:
    """Items on `wires`, in an order in which they may be applied."""

    wires: tuple[int, ...]
    items: list[Item] = field(default_factory=list)


def merge_single(items: Sequence[Item]) -> list[Item]:
    """`items` with neighbouring one-wire items of a wire joined, and put right before the next item on that wire."""
    pending: dict[int, list[Item]] = {}
    merged: list[Item] = []

    def flush(wire: int) -> None:
        run = pending.pop(wire, [])
        if run:
            basis = run[0].bases if all(item.bases == run[0].bases for item in run) else "*"
            merged.append(Item((wire,), basis, tuple(m for item in run for m in item.members)))

    for item in items:
        if len(item.wires) == 1 and not item.alone:
            pending.setdefault(item.wires[0], []).append(item)
            continue
        for wire in item.wires:
            flush(wire)
        merged.append(item)
    for wire in sorted(pending):
        flush(wire)
    return merged


class Frontier:
    """Which of `items` may come next. Items are spoken of by their position in the sequence."""

    def __init__(self, items: Sequence[Item], wires: int) -> None:
        self.items = items
        outside = 1 << wires  # a bit that no window has
        self.masks = [sum(1 << wire for wire in item.wires) | outside * item.alone for item in items]
        self.groups: list[list[list[int]]] = [[] for _ in range(wires)]
        self.place: list[tuple[tuple[int, int], ...]] = []
        letters = [""] * wires
        for position, item in enumerate(items):
            place = []
            for wire, letter in zip(item.wires, item.bases, strict=True):
                if letter == "*" or letter != letters[wire]:
                    self.groups[wire].append([])
                    letters[wire] = letter
                self.groups[wire][-1].append(position)
                place.append((wire, len(self.groups[wire]) - 1))
            self.place.append(tuple(place))
        self.front = [0] * wires
        self.open = [list(groups[0]) if groups else [] for groups in self.groups]  # of each wire's front group
        self.left = [[len(group) for group in groups] for groups in self.groups]
        self.done = bytearray(len(items))
        self.earliest = 0

    def next(self) -> int | None:
        """The first item not yet taken, which is always ready."""
        while self.earliest < len(self.items) and self.done[self.earliest]:
            self.earliest += 1
        return self.earliest if self.earliest < len(self.items) else None

    def ready(self, position: int) -> bool:
        return not self.done[position] and all(self.front[wire] == group for wire, group in self.place[position])

    def take(self, position: int) -> list[int]:
        """The wires on which the front group is another one now."""
        self.done[position] = 1
        advanced = []
        for wire, group in self.place[position]:
            self.left[wire][group] -= 1
            before = self.front[wire]
            while self.front[wire] < len(self.left[wire]) and self.left[wire][self.front[wire]] == 0:
                self.front[wire] += 1
            if self.front[wire] > before:
                advanced.append(wire)
                groups = self.groups[wire]
                self.open[wire] = list(groups[self.front[wire]]) if self.front[wire] < len(groups) else []
        return advanced

    def waiting(self, wire: int) -> list[int]:
        """Items of the wire's front group that are not yet taken."""
        self.open[wire] = [position for position in self.open[wire] if not self.done[position]]
        return self.open[wire]

    def absorb(
        self, window: int, changed: list[int], wanted: Callable[[int], bool] = lambda position: True
    ) -> list[int]:
        """Takes all wanted items that are ready inside `window` (a bit mask of wires), from the wires `changed` on."""
        taken: list[int] = []
        stack = list(changed)
        while stack:
            wire = stack.pop()
            for position in self.waiting(wire):
                if not self.masks[position] & ~window and wanted(position) and self.ready(position):
                    stack.extend(self.take(position))  # elsewhere nothing becomes ready
                    taken.append(position)
        return taken

    def wishes(self, window: int, room: int) -> list[int]:
        """Wires outside of `window` in order of merit: how many ready items they let in, how soon the first comes."""
        merit: dict[int, list[int]] = {}
        for wire in bits(window):
            for position in self.waiting(wire):
                outside = self.masks[position] & ~window
                if (
                    0 < outside.bit_count() <= room
                    and not self.items[position].alone
                    and self._nearly_ready(position, outside)
                ):
                    for other in bits(outside):
                        merit.setdefault(other, []).append(position)
        return sorted(merit, key=lambda wire: (-len(merit[wire]), min(merit[wire]), wire))

    def _nearly_ready(self, position: int, outside: int) -> bool:
        """Whether the item waits for nothing but one-wire items on the wires `outside`."""
        for wire, group in self.place[position]:
            front = self.front[wire]
            if front == group:
                continue
            if not outside >> wire & 1:
                return False
            if any(len(self.items[p].wires) > 1 for between in self.groups[wire][front:group] for p in between):
                return False
        return True


def fuse(items: Sequence[Item], wires: int, width: int) -> list[Block]:
    """Blocks on at most `width` wires that together are `items`, whose wires are numbers below `wires`.

    An item on more wires than that is a block by itself.
    """
    frontier = Frontier(items, wires)
    blocks: list[Block] = []
    while (seed := frontier.next()) is not None:
        window = frontier.masks[seed]
        if window.bit_count() > width or items[seed].alone:
            frontier.take(seed)
            blocks.append(Block(items[seed].wires, [items[seed]]))
            continue
        taken = frontier.absorb(window, list(items[seed].wires))
        while window.bit_count() < width:
            wishes = frontier.wishes(window, width - window.bit_count())
            if not wishes:
                break
            window |= 1 << wishes[0]
            taken += frontier.absorb(window, bits(window))
        blocks.append(Block(tuple(bits(window)), [items[position] for position in taken]))
    return _join_disjoint(blocks, width)


def _join_disjoint(blocks: list[Block], width: int) -> list[Block]:
    """Joins a block with the one before it when both fit into one window."""
    joined: list[Block] = []
    for block in blocks:
        if joined and not (block.items[0].alone or joined[-1].items[0].alone):
            union = tuple(sorted(set(joined[-1].wires) | set(block.wires)))
            if len(union) <= width:
                joined[-1] = Block(union, joined[-1].items + block.items)
                continue
        joined.append(block)
    return joined


def bits(mask: int) -> list[int]:
    """The positions of the ones of `mask`, ascending."""
    return [wire for wire in range(mask.bit_length()) if mask >> wire & 1]
