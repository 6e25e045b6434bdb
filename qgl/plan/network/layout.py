"""Where the tensors of a circuit network lie on a line of columns, and in which order the columns stand."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.bits.ragged import Ragged, starts_of
from qgl.plan.network.bandwidth import order_of
from qgl.plan.network.tensors import Network

Indices = NDArray[np.int32]
Ints = NDArray[np.int64]

ROUNDS = 4
NOWHERE = np.iinfo(np.int64).min  # where a label leads that a wire starts or ends with
CLOSE = 1e-9


@dataclass(frozen=True, eq=False)
class Skeleton:
    """The tensors of a network that matter for the layout, and what follows them.

    Tensors of one or two labels (starts, ends, runs) lie with their neighbour; the others are *joints*.

    holders    (labels, 2) the tensors of each label; -1 - k for the open end of visible qubit k
    joints     (joints,) tensors
    links      for each joint its neighbours along labels, as joints or -1 - k
    weights    of each link the log2 of the label's size
    follows    (tensors,) the joint that each lies with, or -1 - k
    """

    network: Network
    holders: Indices
    joints: Ints
    links: Ragged
    weights: NDArray[np.float64]
    follows: Ints

    @classmethod
    def of(cls, network: Network) -> Skeleton:
        """The skeleton of a network."""
        labels = network.tensors.labels
        holders = _holders(network)
        joint_of = np.full(len(labels), -1)
        joints = np.flatnonzero(labels.lengths > 2)
        joint_of[joints] = np.arange(len(joints))
        ends = _beyond(labels, holders, joint_of)
        owners = joint_of[labels.owners]
        linked = (owners >= 0) & (ends != NOWHERE) & (ends != owners)
        links = Ragged(ends[linked], starts_of(np.bincount(owners[linked], minlength=len(joints))))
        weights = np.log2(network.sizes)[labels.flat[linked]]
        return cls(network, holders, joints, links, weights, _follows(labels, ends, joint_of))

    def places(self, order: Indices) -> Indices:
        """A column for every tensor, shape (tensors,), from the order of visible qubits, (n,): joints where labels
        cross as few cuts as can be found by moving one at a time.
        """
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        at = self._settled(self._first_places(rank), rank)
        ends = np.concatenate([at, rank[::-1]])  # index -1 - k is qubit k
        return ends[self.follows].astype(np.int32)

    def _settled(self, at: Ints, column: Ints) -> Ints:
        """Places after rounds in which joints move one at a time, in order, up and down in turn.

        Only those are looked at that may move: at first those that would, then the neighbours of those that did.
        """
        count = len(at)
        everywhere = np.concatenate([at, column[::-1]])
        moving = np.flatnonzero(_medians(self.links, everywhere[self.links.flat], self.weights, at) != at).tolist()
        if not moving:
            return at
        places, of, links, weights = at.tolist(), column.tolist(), self.links, self.weights.tolist()
        starts, flat = links.starts.tolist(), links.flat.tolist()
        for iteration in range(ROUNDS):
            sign, waiting, later = (1 if iteration % 2 else -1), set(moving), set[int]()
            heap, moved = sorted(sign * joint for joint in moving), False
            while heap:
                joint = sign * heapq.heappop(heap)
                waiting.discard(joint)
                own = range(starts[joint], starts[joint + 1])
                near = [(of[-1 - flat[k]] if flat[k] < 0 else places[flat[k]], weights[k]) for k in own]
                best = _median(near, places[joint])
                if best == places[joint]:
                    continue
                places[joint], moved = best, True
                for end in {flat[k] for k in own if 0 <= flat[k] < count}:
                    if sign * end < sign * joint:
                        later.add(end)
                    elif end not in waiting:
                        waiting.add(end)
                        heapq.heappush(heap, sign * end)
            if not moved:
                break
            moving = list(later)
        return np.array(places, np.int64)

    def _first_places(self, column: Ints) -> Ints:
        """Joints on visible wires lie in the first of their columns, and those that are linked to them beside them.

        The others, on hidden wires only, lie where their wires were last, or else with a neighbour.
        """
        none = len(column)
        wires, qubit = self.network.tensors.wires, self.network.qubit_of
        of_wire = np.full(1 + max(wires.flat.max(initial=0), max(qubit, default=0)), none)
        of_wire[list(qubit)] = column[list(qubit.values())]
        first = np.full(len(wires), none)
        np.minimum.at(first, wires.owners, of_wire[wires.flat])
        at = first[self.joints]
        if (at == none).any():
            self._hidden_places(at, column)
        return at

    def _hidden_places(self, at: Ints, column: Ints) -> None:
        """Puts joints on hidden wires somewhere; `at` is the number of columns where no place is known."""
        none, links, unknown = len(column), self.links, at == len(column)
        inside = (links.flat >= 0) & unknown[links.owners]
        shown = at.copy()
        np.minimum.at(at, links.owners[inside], shown[links.flat[inside]])
        left = np.flatnonzero(at == none).tolist()
        on = {joint: set(self.wires(joint)) for joint in left}
        of, places, starts, flat = column.tolist(), at.tolist(), links.starts.tolist(), links.flat.tolist()
        for joint in (*left, *reversed(left)):
            if places[joint] == none:
                near = []
                for end in flat[starts[joint] : starts[joint + 1]]:
                    place = of[-1 - end] if end < 0 else places[end]
                    if place != none:
                        near.append((end < 0 or on[joint].isdisjoint(on.get(end) or self.wires(end)), place))
                places[joint] = min(near)[1] if near else none
        at[:] = places
        at[at == none] = 0

    def wires(self, joint: int) -> list[int]:
        """The wires of a joint."""
        wires: list[int] = self.network.tensors.wires[int(self.joints[joint])].tolist()
        return wires

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


def _holders(network: Network) -> Indices:
    """The two tensors of each label, or its tensor and its open end."""
    labels = network.tensors.labels
    owners: Indices = np.concatenate([labels.owners, -1 - np.arange(len(network.open))]).astype(np.int32)
    order = np.argsort(np.concatenate([labels.flat, np.array(network.open, np.int64)]), kind="stable")
    return owners[order].reshape(len(network.sizes), 2)


def _beyond(labels: Ragged, holders: Indices, joint_of: Ints) -> Ints:
    """Where each label of each tensor leads from there, through what is no joint: a joint, an open end or nowhere."""
    other = np.full(len(labels.flat), -1)  # of a label of a tensor of two its other one
    pairs = labels.starts[:-1][labels.lengths == 2]
    other[pairs], other[pairs + 1] = labels.flat[pairs + 1], labels.flat[pairs]
    place = np.full((len(holders), 2), -1)  # of a label of its first and its second tensor, where it stands there
    owners = labels.owners
    second = (holders[labels.flat, 0] != owners).astype(np.int64)
    place[labels.flat, second] = np.arange(len(labels.flat))
    ends = np.full(len(labels.flat), NOWHERE)
    going, at, side = np.flatnonzero(owners >= 0), labels.flat, 1 - second
    while len(going):
        tensor = holders[at, side].astype(np.int64)
        joint = np.where(tensor < 0, tensor, joint_of[np.maximum(tensor, 0)])
        arrived = (tensor < 0) | (joint >= 0)
        ends[going[arrived]] = joint[arrived]
        onward = np.where(arrived, -1, other[place[at, side]])
        stays = onward >= 0
        going, at, tensor = going[stays], onward[stays], tensor[stays]
        side = (holders[at, 0] == tensor).astype(np.int64)
    return ends


def _follows(labels: Ragged, ends: Ints, joint_of: Ints) -> Ints:
    """What each tensor lies with: itself, or what the first of its labels that leads anywhere leads to."""
    follows = np.full(len(labels), -1)
    leads = np.flatnonzero(ends != NOWHERE)[::-1]  # the first one is written last; the later side of a run is first
    follows[labels.owners[leads]] = ends[leads]
    return np.where(joint_of >= 0, joint_of, follows)


def _medians(links: Ragged, places: Ints, weights: NDArray[np.float64], now: Ints) -> Ints:
    """`_median` of each row of links at once."""
    owners = links.owners
    order = np.lexsort((places, owners))
    places, weights = places[order], weights[order]
    total = np.cumsum(weights)
    before = np.concatenate([np.zeros(1), total])[links.starts[:-1]]
    half = np.concatenate([np.zeros(1), total])[links.starts[1:]] - before
    total, half = total - before[owners], half / 2
    reached = total >= half[owners] - CLOSE
    best = now.copy()
    first = np.full(len(links), -1)
    where = np.flatnonzero(reached)[::-1]
    first[owners[where]] = where
    rows = np.flatnonzero(first >= 0)
    at = first[rows]
    even = (np.abs(total[at] - half[rows]) < CLOSE) & (at + 1 < links.starts[1:][rows])
    high = places[np.where(even, at + 1, at)]
    best[rows] = np.minimum(np.maximum(now[rows], places[at]), high)
    return best


def _median(places: list[tuple[int, float]], now: int) -> int:
    """A place of least total distance; `now` where it is one, else the nearest."""
    places.sort()
    half = sum(weight for _, weight in places) / 2
    total = 0.0
    for index, (place, weight) in enumerate(places):
        total += weight
        if total >= half - CLOSE:
            high = places[index + 1][0] if abs(total - half) < CLOSE and index + 1 < len(places) else place
            return min(max(now, place), high)
    return now


def orders(skeleton: Skeleton, sites: Sequence[int] | None) -> Iterator[tuple[str, Indices]]:
    """Orders of the visible qubits to try, shape (n,), with their names."""
    count = len(skeleton.network.open)
    declaration = np.arange(count, dtype=np.int32)
    yield "declaration", declaration
    seen = {declaration.tobytes()}
    candidates = [] if sites is None else [("lattice", np.argsort(np.asarray(sites), kind="stable").astype(np.int32))]
    if not _is_line(skeleton):
        candidates.append(("reverse Cuthill-McKee", _narrow(skeleton)))
    for name, order in candidates:
        if order.tobytes() not in seen and order[::-1].tobytes() not in seen:
            seen.add(order.tobytes())
            yield name, order


def _is_line(skeleton: Skeleton) -> bool:
    """Whether joints, and joints that are linked, are next to each other as the visible wires are declared: no order is
    better then. A hidden wire is where the visible ones are that are on its joints, or on those linked to them.
    """
    network, links, wires = skeleton.network, skeleton.links, skeleton.network.tensors.wires
    count = 1 + max(wires.flat.max(initial=0), max(network.qubit_of, default=0))
    far = 2 * len(network.open) + 2
    low_of, high_of = np.full(count, far), np.full(count, -far)
    visible = list(network.qubit_of)
    low_of[visible] = high_of[visible] = list(network.qubit_of.values())
    joint_of = np.full(len(wires), -1)
    joint_of[skeleton.joints] = np.arange(len(skeleton.joints))
    on = joint_of[wires.owners]
    joint, wire = on[on >= 0], wires.flat[on >= 0]
    inside = links.flat >= 0
    one, other = links.owners[inside], links.flat[inside]
    low, high = _covered(joint, (low_of[wire], high_of[wire]), len(skeleton.joints), far)
    if (low_of[wire] == far).any():
        near = _covered(one, (low[other], high[other]), len(low), far)
        around = _covered(wire, (np.minimum(low, near[0])[joint], np.maximum(high, near[1])[joint]), count, far)
        hidden = low_of == far
        low_of[hidden], high_of[hidden] = around[0][hidden], around[1][hidden]
        low, high = _covered(joint, (low_of[wire], high_of[wire]), len(low), far)
    apart = np.maximum(low[one], low[other]) - np.minimum(high[one], high[other])
    return bool((np.abs(high - low) <= 1).all() and (apart <= 1).all())


def _covered(owners: Ints, intervals: tuple[Ints, Ints], count: int, far: int) -> tuple[Ints, Ints]:
    """The intervals that those of each owner cover together, shapes (count,); from far to -far where there are none."""
    low, high = np.full(count, far), np.full(count, -far)
    np.minimum.at(low, owners, intervals[0])
    np.maximum.at(high, owners, intervals[1])
    return low, high


def _narrow(skeleton: Skeleton) -> Indices:
    """Visible qubits in the reverse Cuthill-McKee order of all wires; those of linked joints are neighbours."""
    network, links, wires = skeleton.network, skeleton.links, skeleton.network.tensors.wires
    count = 1 + max(wires.flat.max(initial=0), max(network.qubit_of, default=0))
    lengths = wires.lengths[skeleton.joints]
    table: Ints = np.full((len(lengths), int(lengths.max(initial=0))), -1)
    inside = np.arange(table.shape[1]) < lengths[:, None]
    starts = wires.starts[:-1][skeleton.joints]
    table[inside] = wires.flat[(starts[:, None] + np.arange(table.shape[1]))[inside]]
    linked = links.flat >= 0
    one = np.concatenate([np.arange(len(table)), links.owners[linked]])
    other = np.concatenate([np.arange(len(table)), links.flat[linked]])
    codes = []
    for left in table.T:
        for right in table.T:
            a, b = left[one], right[other]
            codes.append(np.unique((a * count + b)[(a >= 0) & (b >= 0) & (a != b)]))
    edges = np.unique(np.concatenate([np.zeros(0, np.int64), *codes]))
    order = order_of(count, edges // count, edges % count, list(network.qubit_of))
    return np.array([network.qubit_of[wire] for wire in order if wire in network.qubit_of], np.int32)
