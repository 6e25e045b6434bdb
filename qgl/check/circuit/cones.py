"""Past light cones of regions, in the finished program: how many wires can reach them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Protocol

from qgl.check.limits import ITEMS
from qgl.check.values.values import Group
from qgl.program.operations import Operation
from qgl.program.rolled import wires_in_order

MASKED = 1 << 15  # wires up to which a cone is a set of bits: together they take 128 MB
CHUNK = 1 << 12  # bits that are joined in a step

Spend = Callable[[int], None]


class Cones(Protocol):
    """`width` of a region: the number of wires in its cone, or some number above the limit if it is above the limit."""

    def width(self, region: tuple[int, ...]) -> int: ...


def cones_of(operations: Sequence[Operation], wires: int, limit: int, spend: Spend) -> Cones:
    """The cones of a program. Sets of bits take time and memory by the number of wires whatever the program is; of
    very many wires each region is searched by itself, until its cone is known to be too wide."""
    return _Masks(operations, wires, spend) if wires <= MASKED else _Search(operations, wires, limit, spend)


class _Masks:
    """Of each wire, the wires from which a path of operations leads to its end, as bits."""

    def __init__(self, operations: Sequence[Operation], wires: int, spend: Spend) -> None:
        self.spend = spend
        self.chunks = 1 + wires // CHUNK
        self.masks = [1 << wire for wire in range(wires)]
        for wires_of_gate in wires_in_order(operations):
            if len(wires_of_gate) > 1:
                joined = self._joined(wires_of_gate)
                for wire in wires_of_gate:
                    self.masks[wire] = joined

    def _joined(self, wires: tuple[int, ...]) -> int:
        self.spend(1 + len(wires) * self.chunks // ITEMS)
        joined = 0
        for wire in wires:
            joined |= self.masks[wire]
        return joined

    def width(self, region: tuple[int, ...]) -> int:
        return self._joined(region).bit_count()


class _Search:
    """Goes back from a region, the latest operation first."""

    def __init__(self, operations: Sequence[Operation], wires: int, limit: int, spend: Spend) -> None:
        self.limit = limit
        self.spend = spend
        self.joins: list[tuple[int, ...]] = [each for each in wires_in_order(operations) if len(each) > 1]
        self.on: list[list[int]] = [[] for _ in range(wires)]  # of each wire, the places of its operations in `joins`
        for place, joined in enumerate(self.joins):
            spend(1 + len(joined) // ITEMS)
            for wire in joined:
                self.on[wire].append(place)

    def width(self, region: tuple[int, ...]) -> int:
        cone = set(region)
        waiting = [-self.on[wire][-1] for wire in cone if self.on[wire]]  # operations at the front of the cone
        heapify(waiting)
        while waiting and len(cone) <= self.limit:
            place = -heappop(waiting)
            while waiting and waiting[0] == -place:
                heappop(waiting)
            self.spend(1 + len(self.joins[place]))
            for wire in self.joins[place]:
                cone.add(wire)
                earlier = bisect_left(self.on[wire], place)
                if earlier:
                    heappush(waiting, -self.on[wire][earlier - 1])
        return len(cone)


def regions_of(group: Group, size: int, spend: Spend) -> Iterator[tuple[int, ...]]:
    """Connected sets of `size` qubits of a register, each once: runs of positions, or sites joined by edges."""
    if size == 1:
        yield from ((wire,) for wire in group.wires)
    elif group.lattice is None:
        yield from (group.wires[first : first + size] for first in range(len(group.wires) - size + 1))
    else:
        wire_on = dict(zip(group.sites, group.wires, strict=True))
        for root in sorted(wire_on):
            yield from _regions_from(root, wire_on, group.lattice.neighbours, size, spend)


def _regions_from(
    root: int, wire_on: dict[int, int], neighbours: Sequence[Sequence[int]], size: int, spend: Spend
) -> Iterator[tuple[int, ...]]:
    """Those whose least site is `root`, grown by sites that are new to their border, so that none comes twice.

    Source: S. Wernicke, Efficient detection of network motifs, 2006. A level of the search is a site, the border of the
    region up to it and how far in the border the search has come; `seen` is what is in the region or in a border.
    """
    seen = {root}
    region: list[int] = []
    levels: list[tuple[list[int], list[int], Iterator[int]]] = []

    def grow(site: int, border: list[int]) -> None:
        new = [n for n in neighbours[site] if n > root and n in wire_on and n not in seen]
        spend(1 + (len(neighbours[site]) + len(border) + len(new)) // ITEMS)
        seen.update(new)
        region.append(site)
        levels.append((new, [*border, *new], iter(range(len(border) + len(new)))))

    grow(root, [])
    while levels:
        new, border, places = levels[-1]
        place = next(places, None) if len(region) < size else None
        if place is not None:
            grow(border[place], border[place + 1 :])
            continue
        if len(region) == size:
            spend(size // ITEMS)
            yield tuple(wire_on[site] for site in region)
        levels.pop()
        region.pop()
        seen.difference_update(new)
