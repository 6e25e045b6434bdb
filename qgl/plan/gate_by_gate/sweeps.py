"""In which sweep along a line of wires each node of a circuit acts, and at which place of the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qgl.plan.gate_by_gate.nodes import Nodes


@dataclass(frozen=True, eq=False)
class Sweeps:
    """Sweeps from left to right; a node acts where all of its wires have been passed.

    acting   of each sweep, nodes by the place at which they act, in order of time
    joining  of each sweep, the nodes that are part of the circuit from its end on, in order of time: those that acted,
             and diagonal ones that no other of the sweep waits for
    """

    acting: tuple[dict[int, list[int]], ...]
    joining: tuple[tuple[int, ...], ...]


def sweeps_of(nodes: Nodes, rank: Sequence[int], lag: float) -> Sweeps:
    """As many nodes in each sweep as can act no more than `lag` places after the last of their wires.

    rank: of each wire of the circuit its place on the line.
    """
    sweep: list[int] = []
    place: list[int] = []
    for node in nodes.nodes:
        own = max(rank[wire] for wire in node.wires)
        latest = max((sweep[k] for k in node.before), default=0)
        at = max([own, *(place[k] for k in node.before if sweep[k] == latest)])
        if at > own + lag and not node.diagonal:
            latest, at = latest + 1, own
        sweep.append(latest)
        place.append(at)
    acts = _delayed(nodes, sweep, place)
    total = max(sweep, default=-1) + 1
    acting: list[dict[int, list[int]]] = [{} for _ in range(total)]
    joining: list[list[int]] = [[] for _ in range(total)]
    for k, number in enumerate(sweep):
        joining[number].append(k)
        if acts[k]:
            acting[number].setdefault(place[k], []).append(k)
    return Sweeps(tuple(acting), tuple(map(tuple, joining)))


def _delayed(nodes: Nodes, sweep: Sequence[int], place: list[int]) -> list[bool]:
    """Whether each node acts in its sweep. One that begins more wires than it ends waits for those that wait for it."""
    count = len(nodes.nodes)
    first: dict[int, int] = {}
    last: dict[tuple[int, int], int] = {}
    for k, node in enumerate(nodes.nodes):
        for wire in node.wires:
            first.setdefault(wire, k)
            last[wire, sweep[k]] = k
    waiting: list[list[int]] = [[] for _ in range(count)]
    acts = [False] * count
    for k in range(count - 1, -1, -1):
        node = nodes.nodes[k]
        acts[k] = bool(waiting[k]) or not node.diagonal
        if not acts[k]:
            continue
        begun = sum((first[wire] == k) - (last[wire, sweep[k]] == k) for wire in node.wires)
        if waiting[k] and begun > 0:
            place[k] = min(place[later] for later in waiting[k])
        for before in node.before:
            if sweep[before] == sweep[k]:
                waiting[before].append(k)
    return acts
