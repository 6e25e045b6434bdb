"""Lattices: sites, edges, distances, positions for pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np
    from numpy.typing import NDArray

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SiteGraph:
    """What a file says of a lattice: sites 0..sites-1, edges, each once, and coordinates for pictures, if any."""

    sites: int
    edges: tuple[Edge, ...]
    positions: tuple[tuple[float, float], ...] | None


@dataclass(frozen=True, eq=False)
class Lattice:
    """Sites 0..sites-1 and undirected edges. `kind` is the constructor's name, `extents` its sizes.

    given: coordinates that came with it, see `positions`.
    """

    name: str
    kind: str
    extents: tuple[int, ...]
    sites: int
    edges: tuple[Edge, ...]
    given: tuple[tuple[float, float], ...] | None = None

    def site_name(self, site: int) -> str:
        """`board[1, 2]` or `chain[3]`."""
        if self.kind in ("grid", "torus"):
            return f"{self.name}[{site // self.extents[1]}, {site % self.extents[1]}]"
        return f"{self.name}[{site}]"

    def parity(self, site: int) -> int:
        """0 or 1 in turn along every direction of a grid; the parity of the number elsewhere."""
        if self.kind in ("grid", "torus"):
            return (site // self.extents[1] + site % self.extents[1]) % 2
        return site % 2

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """Of every site, its neighbours in order of number."""
        neighbours: list[list[int]] = [[] for _ in range(self.sites)]
        for a, b in self.edges:
            neighbours[a].append(b)
            neighbours[b].append(a)
        return tuple(tuple(sorted(each)) for each in neighbours)

    @cached_property
    def graph(self) -> nx.Graph:
        """The lattice as NetworkX has it; loaded here, as most files have lattices whose distances are formulas."""
        import networkx as nx

        graph: nx.Graph = nx.Graph()
        graph.add_nodes_from(range(self.sites))
        graph.add_edges_from(self.edges)
        return graph

    def distance(self, a: int, b: int) -> int | None:
        """Number of edges of a shortest path; None if there is none."""
        formula = _DISTANCES.get(self.kind)
        return _shortest(self.graph, a, b) if formula is None else formula(self.extents, a, b)

    def distances(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """`distance` of many pairs at once; None where it is no formula of numbers alone."""
        return _DISTANCES[self.kind](self.extents, a, b) if self.kind in _OF_ARRAYS else None

    @property
    def search(self) -> int:
        """Steps that `distance` can take."""
        if self.kind == "graph":
            return 1 + (self.sites + 2 * len(self.edges)) // 4
        return 1 + 2 * self.extents[1] // 4 if self.kind == "tree" else 1

    def brick(self, number: int) -> tuple[Edge, ...] | None:
        """The edges of colour class `number`: 2 classes on a line or ring, 4 on a grid or torus, None elsewhere."""
        if self.kind in ("line", "ring"):
            return tuple(edge for edge in self._starts if edge[0] % 2 == number % 2)
        if self.kind in ("grid", "torus"):
            columns, vertical = self.extents[1], number % 4 >= 2
            return tuple(
                (a, b)
                for a, b in self._starts
                if (a % columns == b % columns) == vertical
                and (a // columns if vertical else a % columns) % 2 == number % 2
            )
        return None

    @cached_property
    def _starts(self) -> tuple[Edge, ...]:
        """Edges with the site first from which they go right or down, across the border too."""
        if self.kind == "ring":
            return _distinct((a, (a + 1) % self.sites) for a in range(self.sites))
        return _grid_edges(self.extents[0], self.extents[1], wrap=True) if self.kind == "torus" else self.edges

    @cached_property
    def positions(self) -> tuple[tuple[float, float], ...]:
        """Coordinates for pictures, x to the right and y downwards, neighbours about 1 apart."""
        if self.given is not None:
            return self.given
        if self.kind == "line":
            return tuple((float(site), 0.0) for site in range(self.sites))
        if self.kind in ("grid", "torus"):
            return tuple((float(site % self.extents[1]), float(site // self.extents[1])) for site in range(self.sites))
        if self.kind == "tree":
            return _tree_positions(*self.extents)
        radius = max(self.sites / (2 * math.pi), 0.5)
        turns = (2 * math.pi * site / self.sites for site in range(self.sites))
        return tuple((radius * math.sin(turn), -radius * math.cos(turn)) for turn in turns)


def _distinct(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Edges without loops, each once whatever its direction, in order."""
    kept: dict[frozenset[int], Edge] = {}
    for a, b in edges:
        if a != b:
            kept.setdefault(frozenset((a, b)), (a, b))
    return tuple(kept.values())


def _grid_edges(rows: int, columns: int, wrap: bool) -> tuple[Edge, ...]:
    edges: list[Edge] = []
    for row in range(rows):
        for column in range(columns):
            site = row * columns + column
            if wrap or column + 1 < columns:
                edges.append((site, row * columns + (column + 1) % columns))
            if wrap or row + 1 < rows:
                edges.append((site, (row + 1) % rows * columns + column))
    return _distinct(edges)


def _tree_positions(branching: int, depth: int) -> tuple[tuple[float, float], ...]:
    leaves = float(branching**depth)
    return tuple(
        ((k + 0.5) * leaves / branching**level, float(level))
        for level in range(depth + 1)
        for k in range(branching**level)
    )


def _shortest(graph: nx.Graph, a: int, b: int) -> int | None:
    import networkx as nx

    try:
        return int(nx.shortest_path_length(graph, a, b))
    except nx.NetworkXNoPath:
        return None


def _ring_distance(extents: tuple[int, ...], a: int, b: int) -> int:
    apart = abs(a - b)
    return min(apart, extents[0] - apart)


def _grid_distance(extents: tuple[int, ...], a: int, b: int) -> int:
    columns = extents[1]
    return abs(a // columns - b // columns) + abs(a % columns - b % columns)


def _torus_distance(extents: tuple[int, ...], a: int, b: int) -> int:
    rows, columns = extents
    return _ring_distance((rows,), a // columns, b // columns) + _ring_distance((columns,), a % columns, b % columns)


def _tree_distance(extents: tuple[int, ...], a: int, b: int) -> int:
    steps, branching = 0, extents[0]
    while a != b:
        if a < b:
            a, b = b, a
        a, steps = (a - 1) // branching, steps + 1
    return steps


_OF_ARRAYS = ("line", "grid")  # kinds whose formula holds for arrays as it stands
_DISTANCES: dict[str, Callable[[tuple[int, ...], Any, Any], Any]] = {
    "line": lambda _, a, b: abs(a - b),
    "ring": _ring_distance,
    "grid": _grid_distance,
    "torus": _torus_distance,
    "tree": _tree_distance,
    "complete": lambda _, a, b: int(a != b),
}


def tree_sites(branching: int, depth: int, limit: int) -> int:
    """Number of sites of a rooted tree, or `limit` + 1 if there are more than `limit`."""
    total, level = 1, 1
    for _ in range(depth):
        level *= branching
        total += level
        if total > limit:
            return limit + 1
    return total


def count(kind: str, extents: tuple[int, ...], limit: int) -> tuple[int, int]:
    """(sites, edges) of a lattice before it is built; edges only where they are many more than sites."""
    match kind:
        case "grid" | "torus":
            return extents[0] * extents[1], 0
        case "tree":
            return tree_sites(extents[0], extents[1], limit), 0
        case "complete":
            return extents[0], extents[0] * (extents[0] - 1) // 2
        case _:
            return extents[0], 0


def build(name: str, kind: str, extents: tuple[int, ...]) -> Lattice:
    """The lattice `kind(*extents)`, sites row-major; its size has been checked with `count`."""
    first = extents[0]
    sites, _ = count(kind, extents, 2**62)
    match kind:
        case "line":
            edges = tuple((a, a + 1) for a in range(first - 1))
        case "ring":
            edges = _distinct((a, (a + 1) % first) for a in range(first))
        case "grid" | "torus":
            edges = _grid_edges(first, extents[1], wrap=kind == "torus")
        case "tree":
            edges = tuple(((a - 1) // first, a) for a in range(1, sites))
        case _:
            edges = tuple((a, b) for a in range(first) for b in range(a + 1, first))
    return Lattice(name, kind, extents, sites, edges)


def graph(name: str, edges: Sequence[Edge]) -> Lattice:
    """The lattice of the given edges; sites are 0 up to the largest number in them."""
    return Lattice(name, "graph", (), 1 + max(max(edge) for edge in edges), _distinct(edges))


def from_file(name: str, found: SiteGraph) -> Lattice:
    """The lattice of a graph that a file holds."""
    return Lattice(name, "graph", (), found.sites, found.edges, found.positions)


EXTENTS = {"line": 1, "ring": 1, "grid": 2, "torus": 2, "tree": 2, "complete": 1}
