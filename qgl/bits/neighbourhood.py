"""Which visible bits are near each other: along their lattice, or in a row. NumPy only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qgl.program.program import Program


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Distances of visible bits: steps along the lattice that all of them lie on, else |i - j|.

    sites  the site of each position; in a row, the position itself
    edges  pairs of sites that are one step apart
    """

    sites: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]

    @classmethod
    def row(cls, width: int) -> Neighbourhood:
        """Bits in order, each beside the next."""
        return cls(tuple(range(width)), tuple((k, k + 1) for k in range(width - 1)))

    @classmethod
    def of(cls, program: Program) -> Neighbourhood:
        """The lattice of the visible register; a row where it has none, or where registers lie on several."""
        places = [program.wires[wire].site for wire in program.visible]
        names = {place[0] if place else None for place in places}
        lattice = next((g for g in program.geometries if names == {g.name}), None)
        if lattice is None:
            return cls.row(len(places))
        return cls(tuple(place[1] for place in places if place), lattice.edges)

    @property
    def width(self) -> int:
        """Number of bits."""
        return len(self.sites)

    def near(self, reach: int) -> tuple[NDArray[np.int64], ...]:
        """For each position, the others at distance `reach` or less, ascending."""
        return tuple(
            np.array(sorted(set().union(*shells) - {position}), np.int64)
            for position, shells in enumerate(self._shells(reach))
        )

    def pairs(self, reach: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All pairs a < b of positions at distance `reach` or less, shape (pairs, 2), and their distances."""
        near = [
            (position, other, distance)
            for position, shells in enumerate(self._shells(reach))
            for distance, shell in enumerate(shells)
            for other in sorted(shell)
            if other > position
        ]
        table = np.array(near, np.int64).reshape(-1, 3)
        return table[:, :2], table[:, 2]

    def _shells(self, reach: int) -> Iterator[list[set[int]]]:
        """For each position, the positions at distance 0, 1, ..., `reach`, itself among the first."""
        for site in self.sites:
            seen, edge = {site}, {site}
            shells = [set(self._positions[site])]
            while edge and len(shells) <= reach:
                edge = {other for one in edge for other in self._steps.get(one, ())} - seen
                seen |= edge
                shells.append({other for one in edge for other in self._positions.get(one, ())})
            yield shells

    def regions(self, size: int, most: int) -> tuple[tuple[int, ...], ...] | None:
        """All connected sets of `size` positions, each ascending; None where there are more than `most`.

        In a row these are the windows of neighbouring bits; for size 2 on a lattice, its edges.
        """
        beside = [set(others.tolist()) for others in self.near(1)]
        grown = {(position,) for position in range(self.width)}
        for _ in range(size - 1):
            grown = {
                tuple(sorted((*region, other)))
                for region in grown
                for other in set().union(*(beside[place] for place in region)) - set(region)
            }
            if len(grown) > most:
                return None
        return tuple(sorted(grown)) if len(grown) <= most else None

    @cached_property
    def _positions(self) -> dict[int, list[int]]:
        return _grouped(zip(self.sites, range(self.width), strict=True))

    @cached_property
    def _steps(self) -> dict[int, list[int]]:
        return _grouped(pair for a, b in self.edges for pair in ((a, b), (b, a)))


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups
