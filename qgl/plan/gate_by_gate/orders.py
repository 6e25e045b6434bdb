"""Lines of wires to try: such that few gates reach across any place of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import networkx as nx
import numpy as np

from qgl.ir.circuit import Circuit

MOST_SPECTRAL = 400  # wires of a connected part up to which eigenvectors are taken: some tenths of a second


def orders(circuit: Circuit, sites: Mapping[int, int] | None) -> Iterator[tuple[str, list[int]]]:
    """Orders of the wires of a circuit as `qgl.plan.gate_by_gate.nodes.all_read` makes it, with names.

    In each of them, the wires of connected parts of the circuit are together, and fresh ones stand behind the first
    declared one that they meet.

    sites: of each declared wire the number on its lattice.
    """
    guests, graph = _homes(circuit)
    parts = [sorted(part) for part in nx.connected_components(graph)]
    part_of = {wire: number for number, part in enumerate(parts) for wire in part}

    def line(homes: Sequence[int]) -> list[int]:
        seen: dict[int, int] = {}
        for home in homes:
            seen.setdefault(part_of[home], len(seen))
        return [wire for home in sorted(homes, key=lambda home: seen[part_of[home]]) for wire in guests[home]]

    declared = [wire for wire in circuit.visible if wire in guests]
    yield "declaration", line(declared)
    if sites is not None:
        yield "lattice", line(sorted(declared, key=lambda wire: sites.get(wire, wire)))
    name = "spectral" if max(map(len, parts)) <= MOST_SPECTRAL else "reverse Cuthill-McKee"
    yield name, line([wire for part in parts for wire in _spectral(graph, part)])


def sites_of(circuit: Circuit) -> dict[int, int] | None:
    """The site of each wire, where all that are not fresh have one of their own."""
    wires = [wire for wire in circuit.visible if circuit.wires[wire].kind != "fresh"]
    sites = {wire: site[1] for wire in wires if (site := circuit.wires[wire].site) is not None}
    return sites if len(sites) == len(wires) == len(set(sites.values())) else None


def _homes(circuit: Circuit) -> tuple[dict[int, list[int]], nx.Graph]:
    """Declared wires, each with itself and the fresh wires that stand behind it, and which of them share a gate.

    A fresh wire that meets none is its own home.
    """
    home = {wire: wire for wire in circuit.visible if circuit.wires[wire].kind != "fresh"}
    pairs: set[tuple[int, int]] = set()
    for operation in circuit.operations:
        known = [home[wire] for wire in operation.wires if wire in home]
        for wire in operation.wires:
            home.setdefault(wire, known[0] if known else wire)
        pairs.update((home[operation.wires[0]], home[wire]) for wire in operation.wires[1:])
    guests: dict[int, list[int]] = {}
    for wire in (*circuit.visible, *home):
        members = guests.setdefault(home.setdefault(wire, wire), [])
        if wire not in members:
            members.append(wire)
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(guests)
    graph.add_edges_from(pair for pair in pairs if pair[0] != pair[1])
    return guests, graph


def _spectral(graph: nx.Graph, part: Sequence[int]) -> list[int]:
    """A connected part by the eigenvector of the second eigenvalue of its Laplacian (Barnard, Pothen and Simon, A
    spectral algorithm for envelope reduction of sparse matrices, Numer. Linear Algebra Appl. 2, 317, 1995): on a grid,
    line after line across it. Larger parts by reverse Cuthill-McKee.
    """
    if len(part) < 3:
        return list(part)
    own = graph.subgraph(part)
    if len(part) > MOST_SPECTRAL:
        return [*nx.utils.reverse_cuthill_mckee_ordering(own)]
    joined = nx.to_numpy_array(own, nodelist=part)
    vectors = np.linalg.eigh(np.diag(joined.sum(axis=0)) - joined)[1]
    heights = np.round(vectors[:, 1], 9)
    return [part[k] for k in np.lexsort((np.array(part), heights))]
