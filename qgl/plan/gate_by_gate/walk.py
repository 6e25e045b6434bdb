"""What is done in the sweeps of gate-by-gate sampling, step by step, and how much work that is.

The *boundary* is an array with an axis of two for every label that is cut, and a last axis of shots, one of length 1
where all shots are alike so far. Steps are the same for all shots but for their bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.plan.gate_by_gate.nodes import Nodes
from qgl.plan.gate_by_gate.sweeps import Sweeps
from qgl.plan.network.table import Network, Tensor

BIT = -1  # stands for the bit of a wire among the tensors of its column
SHOTS = 64  # among which work that is alike for all of them is counted, where lines are compared
NORMALISED = 16  # columns after which a boundary is scaled, as amplitudes shrink with every bit


@dataclass(frozen=True, slots=True)
class Multiply:
    """The boundary times a tensor, summed over the labels that they share.

    tensor         its number
    tensor_turned  its axes: those that are new, then the `shared` ones
    turned         the boundary's axes: those that are shared, then the others
    """

    tensor: int
    tensor_turned: tuple[int, ...]
    turned: tuple[int, ...]
    shared: int


@dataclass(frozen=True, slots=True)
class Keep:
    """Of an axis of the boundary, what belongs to the present bit of a wire."""

    axis: int
    wire: int


@dataclass(frozen=True, slots=True)
class Put:
    """A new first axis of the boundary: one at the present bit of a wire, else zero."""

    wire: int


@dataclass(frozen=True, slots=True)
class Draw:
    """New bits of wires, from the distribution that the boundary and what lies right of it give them.

    turned  the boundary's axes: `cut` that the environment on the right has, in its order, then those of open wires
    right   the place of that environment, or -1 where nothing is cut
    wires   to draw one after another, each with its axis among those of the open wires that are left
    """

    turned: tuple[int, ...]
    cut: int
    right: int
    wires: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """The boundary of each shot divided by its largest number."""


@dataclass(frozen=True, slots=True)
class Store:
    """The boundary is kept as the environment right of a place."""

    place: int


Places = NDArray[np.int64]
Placed = tuple[int, tuple[int, ...]]  # a tensor and its labels
Step = Multiply | Keep | Put | Draw | Scale | Store


@dataclass(frozen=True, eq=False, slots=True)
class Segment:
    """Steps from a place where nothing is cut to the next one; the boundary begins as the number 1.

    alike  those before anything depends on bits: they are the same for all shots
    steps  the others
    """

    alike: list[Step]
    steps: list[Step]


@dataclass(eq=False, slots=True)
class Work:
    """What steps take, in numbers of the boundaries.

    axes    of the largest boundary, and of the largest one that differs from shot to shot
    once    entries that are multiplied in all steps that are alike; entries: in the others, of one shot
    kept    entries of the boundaries after the steps that are alike
    held    entries of the environments that are held at once, of one shot
    """

    axes: int = 0
    axes_of_shot: int = 0
    once: float = 0.0
    entries: float = 0.0
    kept: float = 0.0
    held: float = 0.0

    @property
    def weight(self) -> float:
        """Entries of a shot among others."""
        return self.entries + self.once / SHOTS


@dataclass(frozen=True, eq=False)
class Walk:
    """The steps of all sweeps."""

    segments: tuple[Segment, ...]
    work: Work

    @property
    def steps(self) -> Iterator[Step]:
        """All steps in order."""
        return (step for segment in self.segments for step in (*segment.alike, *segment.steps))


class TooWideError(Exception):
    """Boundaries would be larger than they may."""


def walk_of(nodes: Nodes, sweeps: Sweeps, order: Sequence[int], most: int, limit: float = math.inf) -> Walk:
    """The steps for wires in some order.

    Raises:
        TooWideError: a boundary has more than `most` axes, or the work has more weight than `limit`.
    """
    if _least_axes(nodes, sweeps, order) > most:  # told before the narrow sweeps are gone through
        raise TooWideError
    walker = _Walker(nodes, order, most, limit)
    for acting, joining in zip(sweeps.acting, sweeps.joining, strict=True):
        walker.sweep(acting)
        walker.join(joining)
    return Walk(tuple(walker.segments), walker.work)


def _least_axes(nodes: Nodes, sweeps: Sweeps, order: Sequence[int]) -> int:
    """Axes that some boundary has at the least: wires that are open at once in a sweep, and labels between wires that
    are cut at a place in the last one, of nodes that have joined before.
    """
    if not sweeps.joining:  # no gate acts
        return 0
    rank = np.zeros(max(order) + 1, np.int64)
    rank[list(order)] = np.arange(len(order))
    widest = 0
    for acting in sweeps.acting:
        places = np.array([(wire, at) for at, ones in acting.items() for k in ones for wire in nodes.nodes[k].wires])
        if len(places):
            wires, at = places[:, 0], np.maximum(places[:, 1], rank[places[:, 0]])
            first, last = np.full(len(rank), len(order)), np.full(len(rank), -1)
            np.minimum.at(first, wires, at)
            np.maximum.at(last, wires, at)
            widest = max(widest, _most_at_once(first[last >= 0], last[last >= 0], len(order)))
    joined = np.ones(len(nodes.nodes), bool)
    joined[list(sweeps.joining[-1])] = False
    node, *ends = nodes.between.T
    ranks = np.stack([rank[end] for end in ends])[:, joined[node]]
    return max(widest, _most_at_once(ranks.min(axis=0), ranks.max(axis=0) - 1, len(order)))


def _most_at_once(first: Places, last: Places, places: int) -> int:
    """How many spans, from `first` to `last` with both, of shape (spans,), have a place in common at the most."""
    steps = np.bincount(first, minlength=places + 1) - np.bincount(last + 1, minlength=places + 1)
    return int(steps.cumsum().max())


class _Walker:
    """Follows the labels of the boundary.

    Labels within a node are those of the network. Those along wires are new ones, each time that a node acts or joins,
    as nodes may have changed places.

    columns  tensors of the circuit's beginning by places, with their labels
    end      of each wire its label at the end of the beginning
    """

    def __init__(self, nodes: Nodes, order: Sequence[int], most: int, limit: float) -> None:
        self.nodes, self.tensors, self.order = nodes.nodes, nodes.tensors, order
        self.most, self.limit = most, limit
        self.present = [_present(nodes.network, tensor) for tensor in nodes.tensors]
        self.rank = {wire: place for place, wire in enumerate(order)}
        self.count = len(nodes.network.sizes)
        self.end = {wire: self.label() for wire in order}
        self.columns: list[list[Placed]] = [[] for _ in order]
        for wire, number in nodes.starts.items():
            self.columns[self.rank[wire]].append((number, (self.end[wire],)))
        self.segments = [Segment([], [])]
        self.axes: list[int] = []
        self.work = Work()

    def label(self) -> int:
        self.count += 1
        return self.count

    def placed(self, k: int, end: dict[int, int]) -> Iterator[Placed]:
        """The tensors of a node behind the labels of wires, which it moves on."""
        for number in self.nodes[k].tensors:
            tensor = self.tensors[number]
            before = [end[wire] for wire in tensor.wires]
            after = [self.label() for _ in tensor.wires]
            end.update(zip(tensor.wires, after, strict=True))
            inner = tensor.labels[: len(tensor.labels) - 2 * len(after)]
            yield number, (*inner, *after, *before)

    def join(self, joining: Iterable[int]) -> None:
        """Nodes become part of the beginning; a tensor stands at the first of its wires."""
        for k in joining:
            home = min(self.rank[wire] for wire in self.nodes[k].wires)
            for number, labels in self.placed(k, self.end):
                wires = self.tensors[number].wires
                self.columns[min((self.rank[wire] for wire in wires), default=home)].append((number, labels))

    def sweep(self, acting: dict[int, list[int]]) -> None:
        """Environments from the right, then bits from the left."""
        closing: dict[int, int] = {}
        for place, ones in acting.items():
            for k in ones:
                closing |= {wire: max(place, closing.get(wire, 0)) for wire in self.nodes[k].wires}
        closed: dict[int, list[int]] = {}
        for wire in sorted(closing, key=lambda wire: self.rank[wire]):
            closed.setdefault(closing[wire], []).append(wire)
        rights = self.environments(closed)
        end = dict(self.end)
        waiting: dict[int, Placed] = {}  # starts of wires that nothing has happened to
        self.restart()
        for place, wire in enumerate(self.order):
            if wire in closing and len(self.columns[place]) == 1:
                waiting[wire] = self.columns[place][0]
            else:
                self.column(self.columns[place], None if wire in closing else wire)
            for k in acting.get(place, ()):
                for new in [wire for wire in self.nodes[k].wires if wire in waiting]:
                    self.multiply(*waiting.pop(new))
                for number, labels in self.placed(k, end):
                    self.multiply(number, labels)
            if place in closed:
                self.draw(closed[place], end, rights.get(place, []), place)
            self.after_column(place)

    def environments(self, closed: dict[int, list[int]]) -> dict[int, list[int]]:
        """Right of each place where bits are drawn, the labels of the environment that is kept there."""
        rights: dict[int, list[int]] = {}
        held = 0.0
        if not closed or all(len(column) == 1 for column in self.columns):  # there is none, or starts of wires alone
            return rights
        self.restart()
        for place in range(len(self.order) - 1, min(closed), -1):
            self.column(self.columns[place][::-1], self.order[place])
            self.after_column(place)
            if place - 1 in closed and self.axes:
                self.add(Store(place - 1), 2.0 ** len(self.axes))
                rights[place - 1] = list(self.axes)
                held += 2.0 ** len(self.axes)
        self.work.held = max(self.work.held, held)
        return rights

    # ------------------------------------------------------------ steps

    def add(self, step: Step, entries: float) -> None:
        """A step behind which the boundary has the present axes."""
        segment, work, now = self.segments[-1], self.work, len(self.axes)
        alike = not segment.steps and isinstance(step, Multiply | Scale)
        (segment.alike if alike else segment.steps).append(step)
        if alike:
            work.once += entries
        elif len(segment.steps) == 1 and isinstance(step, Draw) and step.right < 0:  # of a boundary that is alike
            work.once += entries
            work.kept += 2.0**now
        else:
            work.entries += entries
            work.axes_of_shot = max(work.axes_of_shot, now)
        work.axes = max(work.axes, now)
        if work.axes > self.most or work.weight > self.limit:
            raise TooWideError

    def restart(self) -> None:
        self.axes = []
        if self.segments[-1].alike or self.segments[-1].steps:
            self.segments.append(Segment([], []))

    def after_column(self, place: int) -> None:
        if not self.axes:
            self.restart()
        elif place % NORMALISED == 0:
            self.add(Scale(), 2.0 ** len(self.axes))

    def column(self, tensors: Iterable[Placed], wire: int | None) -> None:
        """The tensors of a column, and the present bit of its wire unless that stays open; what adds least first."""
        left = [*([] if wire is None else [(BIT, (self.end[wire],))]), *tensors]
        while left:
            now = set(self.axes)
            sizes = [len(now.symmetric_difference(labels)) for _, labels in left]
            number, labels = left.pop(sizes.index(min(sizes)))
            if number != BIT:
                self.multiply(number, labels)
            elif wire is not None:
                self.bit(wire, self.end[wire])

    def multiply(self, number: int, labels: Sequence[int]) -> None:
        new = [label for label in labels if label not in self.axes]
        shared = [label for label in labels if label in self.axes]
        rest = [label for label in self.axes if label not in shared]
        of_tensor = tuple(labels.index(label) for label in (*new, *shared))
        of_axes = tuple(self.axes.index(label) for label in (*shared, *rest))
        self.axes = new + rest
        self.add(Multiply(number, of_tensor, of_axes, len(shared)), self.present[number] * 2.0 ** len(rest))

    def bit(self, wire: int, label: int) -> None:
        """What belongs to the present bit of a wire whose end is a label, which is an axis already or not."""
        if label in self.axes:
            axis = self.axes.index(label)
            self.axes.remove(label)
            self.add(Keep(axis, wire), 2.0 ** len(self.axes))
        else:
            self.axes.insert(0, label)
            self.add(Put(wire), 2.0 ** len(self.axes))

    def draw(self, wires: Sequence[int], end: dict[int, int], right: Sequence[int], place: int) -> None:
        """New bits of some open wires, and what belongs to them."""
        open_axes = [label for label in self.axes if label not in right]
        turned = tuple(self.axes.index(label) for label in (*right, *open_axes))
        drawn = []
        for wire in wires:
            drawn.append((wire, open_axes.index(end[wire])))
            open_axes.remove(end[wire])
        whole = 2.0 ** len(self.axes)
        self.add(Draw(turned, len(right), place if right else -1, tuple(drawn)), 2 * whole)
        for wire in wires:
            self.bit(wire, end[wire])


def _present(network: Network, tensor: Tensor) -> int:
    """Entries of a tensor that are not known to be zero."""
    fixed = network.tables[tensor.table].fixed
    return int(np.count_nonzero(fixed[tensor.row])) if tensor.row < len(fixed) else 2 ** len(tensor.labels)
