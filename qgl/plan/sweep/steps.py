"""What is done in a truncated sweep, step by step, and how much work that is.

Qubits are drawn one after another along a line. A qubit is opened when the first gate acts that something to be drawn
depends on, and is gone when its bit is known. The qubits that are open form a chain in an order of its own: across the
line, so that on a grid it runs along the front that the sweep has reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qgl.plan.gate_by_gate.nodes import Node, Nodes


@dataclass(frozen=True, slots=True)
class Open:
    """A qubit in |0> becomes part of the chain, at a place of it; `start` is its tensor."""

    place: int
    wire: int
    start: int


@dataclass(frozen=True, slots=True)
class Act:
    """A node acts at ascending places of the chain, those of `wires`."""

    node: int
    places: tuple[int, ...]
    wires: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Take:
    """The bit of the qubit at a place becomes known, and the qubit is gone."""

    place: int
    wire: int


Step = Open | Act | Take


def steps_of(nodes: Nodes, line: Sequence[int], chain: Sequence[int]) -> list[Step]:
    """The steps for bits that are taken in the order `line`, of a chain in the order `chain`."""
    rank = {wire: place for place, wire in enumerate(chain)}
    acting, done = _acting(nodes.nodes), [False] * len(nodes.nodes)
    on_wire: dict[int, list[int]] = {}
    for number, node in enumerate(nodes.nodes):
        for wire in node.wires if acting[number] else ():
            on_wire.setdefault(wire, []).append(number)
    steps: list[Step] = []
    opened: list[int] = []

    def place_of(wire: int) -> int:
        if wire not in opened:
            place = sum(rank[other] < rank[wire] for other in opened)
            opened.insert(place, wire)
            steps.append(Open(place, wire, nodes.starts[wire]))
        return opened.index(wire)

    for wire in line:
        for number in _due(nodes.nodes, on_wire.get(wire, ()), done):
            own = sorted(nodes.nodes[number].wires, key=rank.__getitem__)
            for each in own:
                place_of(each)
            steps.append(Act(number, tuple(map(opened.index, own)), tuple(own)))
        steps.append(Take(place_of(wire), wire))
        opened.remove(wire)
    return steps


def cuts_of(steps: Sequence[Step]) -> int:
    """How often a bond is cut down: that of every place which a gate reaches over."""
    return sum(step.places[-1] - step.places[0] for step in steps if isinstance(step, Act))


def _acting(nodes: Sequence[Node]) -> list[bool]:
    """Whether each node changes any probability: it is not diagonal, or one that acts has to come after it."""
    acting = [not node.diagonal for node in nodes]
    for number in range(len(nodes) - 1, -1, -1):
        if acting[number]:
            for before in nodes[number].before:
                acting[before] = True
    return acting


def _due(nodes: Sequence[Node], ends: Sequence[int], done: list[bool]) -> list[int]:
    """What has to be done before `ends` and is not yet, with these, in order of time; it counts as done from here."""
    due: set[int] = set()
    waiting = [number for number in ends if not done[number]]
    while waiting:
        number = waiting.pop()
        if not done[number]:
            done[number] = True
            due.add(number)
            waiting += nodes[number].before
    return sorted(due)


def threads(nodes: Nodes, line: Sequence[int]) -> list[int]:
    """The qubits in paths along the line, path after path: on a grid that is swept column by column, its rows.

    A qubit is followed by the one farthest ahead that it shares a gate with, where that follows no other one yet.
    """
    rank = {wire: place for place, wire in enumerate(line)}
    pairs = {
        tuple(sorted((rank[one], rank[other])))
        for node in nodes.nodes
        for k, one in enumerate(node.wires)
        for other in node.wires[:k]
    }
    after: dict[int, int] = {}
    follows: set[int] = set()
    for near, far in sorted(pairs, key=lambda pair: (pair[0] - pair[1], pair)):
        if near not in after and far not in follows:
            after[near] = far
            follows.add(far)
    order = []
    for place in range(len(line)):
        if place not in follows:
            at: int | None = place
            while at is not None:
                order.append(line[at])
                at = after.get(at)
    return order


def lines_and_chains(
    nodes: Nodes, lines: Iterator[tuple[str, list[int]]]
) -> Iterator[tuple[str, list[int], list[int]]]:
    """Orders to try: a name, the line along which bits are taken, and the order of the chain."""
    tried: list[list[int]] = []
    for name, line in lines:
        if line not in tried:
            tried.append(line)
            yield name, line, threads(nodes, line)
            yield name, line, line
