"""Where the tensors of a circuit network lie on a line of columns, and in which order the columns stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from qgl.plan.network.tensors import Network

Indices = NDArray[np.int32]

ROUNDS = 4


@dataclass(frozen=True, eq=False)
class Skeleton:
    """The tensors of a network that matter for the layout, and what follows them.

    Tensors of one or two labels (starts, ends, runs) lie with their neighbour; the others are *joints*.

    holders    (labels, 2) the tensors of each label; -1 - k for the open end of visible qubit k
    joints     tensors
    links      for each joint its neighbours along labels, as joints or -1 - k, with the log2 of the label's size
    follows    (tensors,) the joint that each lies with, or -1 - k
    """

    network: Network
    holders: Indices
    joints: tuple[int, ...]
    links: tuple[tuple[tuple[int, float], ...], ...]
    follows: Indices

    @classmethod
    def of(cls, network: Network) -> Skeleton:
        """The skeleton of a network."""
        count = len(network.sizes)
        filled = [0] * count
        table: list[list[int]] = [[0, 0] for _ in range(count)]
        for number, tensor in enumerate(network.tensors):
            for label in tensor.labels:
                table[label][filled[label]] = number
                filled[label] += 1
        for k, label in enumerate(network.open):
            table[label][filled[label]] = -1 - k
        holders = np.array(table, np.int32).reshape(count, 2)
        joints = [number for number, tensor in enumerate(network.tensors) if len(tensor.labels) > 2]
        number_of = {number: joint for joint, number in enumerate(joints)}
        walk = _Walk(network, table, number_of)
        weights = np.log2(network.sizes).tolist()
        links = []
        for number in joints:
            edges = []
            for label in network.tensors[number].labels:
                end = walk.beyond(number, label)
                if end is not None and end != number_of[number]:
                    edges.append((end, weights[label]))
            links.append(tuple(edges))
        follows = np.array([walk.follows(number) for number in range(len(network.tensors))], np.int32)
        return cls(network, holders, tuple(joints), tuple(links), follows)

    def places(self, order: Indices) -> Indices:
        """A column for every tensor, shape (tensors,), from the order of visible qubits, (n,): joints where labels
        cross as few cuts as can be found by moving one at a time.
        """
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        column = rank.tolist()
        at = self._first_places(column)
        for iteration in range(ROUNDS):
            moved = False
            sequence = range(len(at)) if iteration % 2 else range(len(at) - 1, -1, -1)
            for joint in sequence:
                links = self.links[joint]
                if not links:
                    continue
                best = _median([(column[-1 - end] if end < 0 else at[end], weight) for end, weight in links], at[joint])
                if best != at[joint]:
                    at[joint] = best
                    moved = True
            if not moved:
                break
        ends = np.concatenate([np.array(at, np.int32), rank[::-1].astype(np.int32)])  # index -1 - k is qubit k
        result: Indices = ends[self.follows]
        return result

    def _first_places(self, column: list[int]) -> list[int]:
        """Joints on visible wires lie in the first of their columns, and those that are linked to them beside them.

        The others, on hidden wires only, lie where their wires were last, or else with a neighbour.
        """
        qubit = self.network.qubit_of
        wires = [set(self.network.tensors[joint].wires) for joint in self.joints]
        own = [[column[qubit[wire]] for wire in on if wire in qubit] for on in wires]
        at: list[int | None] = [min(columns, default=None) for columns in own]
        hidden = [joint for joint, columns in enumerate(own) if not columns]
        for joint in hidden:
            at[joint] = min((min(own[end]) for end, _ in self.links[joint] if end >= 0 and own[end]), default=None)
        for joint in (*hidden, *reversed(hidden)):
            if at[joint] is None:
                near = [(end < 0 or not wires[end] & wires[joint], end) for end, _ in self.links[joint]]
                places = [(other, column[-1 - end] if end < 0 else at[end]) for other, end in near]
                known = [(other, place) for other, place in places if place is not None]
                at[joint] = min(known)[1] if known else None
        return [0 if place is None else place for place in at]

    def ends(self, places: Indices, columns: Indices) -> tuple[Indices, Indices]:
        """The first and the last column of every label, shapes (labels,), from those of tensors, (tensors,), and of
        visible qubits, (n,).
        """
        column = np.concatenate([places, columns[::-1]])[self.holders]
        return column.min(axis=1), column.max(axis=1)

    def bits(self, places: Indices, columns: Indices) -> NDArray[np.float64]:
        """log2 of the bond before every column, shape (columns,)."""
        low, high = self.ends(places, columns)
        count = int(columns.max()) + 1
        weights = np.log2(self.network.sizes)
        change = np.zeros(count + 2)
        np.add.at(change, low + 1, weights)
        np.add.at(change, high + 1, -weights)
        total: NDArray[np.float64] = np.round(np.cumsum(change)[:count], 9)
        return total


class _Walk:
    """Follows labels through tensors that are no joints."""

    def __init__(self, network: Network, table: list[list[int]], number_of: dict[int, int]) -> None:
        self.network, self.table, self.number_of = network, table, number_of

    def beyond(self, tensor: int, label: int) -> int | None:
        """The joint, or the open end, that a label leads to from `tensor`; None where a wire starts or ends."""
        while True:
            left, right = self.table[label]
            tensor = right if left == tensor else left
            if tensor < 0:
                return tensor
            if tensor in self.number_of:
                return self.number_of[tensor]
            labels = self.network.tensors[tensor].labels
            if len(labels) == 1:
                return None
            label = labels[1] if labels[0] == label else labels[0]

    def follows(self, tensor: int) -> int:
        if tensor in self.number_of:
            return self.number_of[tensor]
        for label in self.network.tensors[tensor].labels:  # the later side of a run first
            end = self.beyond(tensor, label)
            if end is not None:
                return end
        return -1


def _median(places: list[tuple[int, float]], now: int) -> int:
    """A place of least total distance; `now` where it is one, else the nearest."""
    places.sort()
    half = sum(weight for _, weight in places) / 2
    total = 0.0
    for index, (place, weight) in enumerate(places):
        total += weight
        if total >= half - 1e-9:
            high = places[index + 1][0] if abs(total - half) < 1e-9 and index + 1 < len(places) else place
            return min(max(now, place), high)
    return now


def orders(skeleton: Skeleton, sites: Sequence[int] | None) -> Iterator[tuple[str, Indices]]:
    """Orders of the visible qubits to try, shape (n,), with their names."""
    count = len(skeleton.network.open)
    declaration = np.arange(count, dtype=np.int32)
    yield "declaration", declaration
    seen = {declaration.tobytes()}
    candidates = [("reverse Cuthill-McKee", _cuthill_mckee(skeleton))]
    if sites is not None:
        candidates.insert(0, ("lattice", np.argsort(np.asarray(sites), kind="stable").astype(np.int32)))
    for name, order in candidates:
        if order.tobytes() not in seen and order[::-1].tobytes() not in seen:
            seen.add(order.tobytes())
            yield name, order


def _cuthill_mckee(skeleton: Skeleton) -> Indices:
    """Reverse Cuthill-McKee order of the graph of wires, visible ones kept (Cuthill and McKee, 1969)."""
    network = skeleton.network
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(network.qubit_of)
    for joint, tensor in enumerate(skeleton.joints):
        own = network.tensors[tensor].wires
        linked = [network.tensors[skeleton.joints[end]].wires for end, _ in skeleton.links[joint] if end >= 0]
        near = {wire for wires in (own, *linked) for wire in wires}
        graph.add_edges_from((wire, other) for wire in own for other in sorted(near) if other != wire)
    order = [*nx.utils.reverse_cuthill_mckee_ordering(graph)]
    return np.array([network.qubit_of[wire] for wire in order if wire in network.qubit_of], np.int32)
