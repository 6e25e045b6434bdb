"""The cones of Pauli words in a circuit of lanes: the cone of one word, and all words whose cones are the same.

A cone is walked from gates to those before; copies of it are walked side by side, as arrays. One is a copy if every
step leads to a gate of the same lane, or nowhere where the pattern's leads nowhere, and if wires and inputs are the
same ones, or different ones, where those of the pattern are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Input
from qgl.ir.circuit import Circuit
from qgl.ir.facts import diagonal_wires
from qgl.plan.cones.wire_segments import ALL, BITS, invisible
from qgl.program.operations import LIFETIME
from qgl.program.rolled import Lane

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MOST_GATES = 4096  # of a pattern
TOGETHER = 1 << 15  # cones that are walked side by side: what they hold stays small
NONE, UNSEEN = -1, -2  # where nothing comes before a gate on a wire; where what does is not looked at


@dataclass(frozen=True, eq=False)
class Links:
    """Lanes as cones are found in them; the number of a gate is the first one of its lane, and its row.

    starts    (lanes + 1,) the first gate of each lane
    before    of each lane, for each wire of its gates, the gate before on it or -1, shape (rows, wires)
    diagonal  of each lane, on which places its gates keep every basis state
    inputs    of each lane the inputs of its gates among all inputs, shape (rows, inputs)
    last      (wires,) the last gate on each, or -1
    """

    lanes: Sequence[Lane]
    starts: Ints
    before: list[Ints]
    diagonal: list[tuple[bool, ...]]
    inputs: list[Ints]
    last: Ints

    @classmethod
    def of(cls, circuit: Circuit, lanes: Sequence[Lane]) -> Links:
        """The links of the gates of a circuit, in which no wire begins twice."""
        lanes = [lane for lane in lanes if not isinstance(lane.pattern, LIFETIME)]
        starts = np.cumsum([0, *(len(lane.wires) for lane in lanes)])
        offsets = np.cumsum([0, *(parameter.size for parameter in circuit.parameters)])
        last = np.full(len(circuit.wires), NONE)
        made = cls(lanes, starts, [], [], [], last)
        for place, lane in enumerate(lanes):
            made.before.append(last[lane.wires])
            last[lane.wires] = (starts[place] + np.arange(len(lane.wires)))[:, None]
            gate = lane.numbered
            kept = diagonal_wires(gate)
            made.diagonal.append(tuple(wire in kept for wire in gate.wires))
            own = [atom.parameter for number in gate.numbers for _, atom in number.terms if isinstance(atom, Input)]
            made.inputs.append(lane.elements + offsets[own])
        return made

    def lane_of(self, gate: int) -> int:
        """The lane of a gate."""
        return int(np.searchsorted(self.starts, gate, side="right")) - 1

    def wires_of(self, gate: int) -> list[int]:
        """The wires of a gate."""
        lane = self.lane_of(gate)
        wires: list[int] = self.lanes[lane].wires[gate - self.starts[lane]].tolist()
        return wires


@dataclass(frozen=True, eq=False)
class Pattern:
    """The cone of some wires, as it is walked.

    ends     the gates that are the last ones on these wires, by their place in the walk; -1: none
    gates    in the order of the walk, later ones first
    kept     whether each is in the cone, and not only passed by, as it keeps all basis states that are seen
    ahead    of each, for each of its wires, the place of the gate before, `NONE` or `UNSEEN`
    reached  the wires of which something is seen
    """

    wires: tuple[int, ...]
    ends: tuple[int, ...]
    gates: tuple[int, ...]
    kept: tuple[bool, ...]
    ahead: tuple[tuple[int, ...], ...]
    reached: frozenset[int]


def walked(links: Links, wires: Sequence[int], seen: Sequence[int]) -> Pattern | None:
    """The cone of some wires; `seen` is of each `BITS` or `ALL`. None where it is too large to be a pattern."""
    level = dict(zip(wires, seen, strict=True))
    waiting = [-int(links.last[wire]) for wire in wires if links.last[wire] >= 0]
    heapify(waiting)
    gates, kept, followed = list[int](), list[bool](), list[list[int]]()
    while waiting:
        gate = -heappop(waiting)
        if gates and gates[-1] == gate:
            continue
        lane, on = links.lane_of(gate), links.wires_of(gate)
        before = links.before[lane][gate - links.starts[lane]].tolist()
        passed = invisible(level, on, links.diagonal[lane])
        follow = [UNSEEN if passed and wire not in level else each for wire, each in zip(on, before, strict=True)]
        for wire, keeps in zip(on, links.diagonal[lane], strict=True) if not passed else ():
            level[wire] = max(level.get(wire, BITS), BITS if keeps else ALL)
        for each in follow:
            if each >= 0:
                heappush(waiting, -each)
        gates.append(gate)
        kept.append(not passed)
        followed.append(follow)
        if len(gates) > MOST_GATES:
            return None
    place = {gate: k for k, gate in enumerate(gates)}
    ahead = tuple(tuple(each if each < 0 else place[each] for each in follow) for follow in followed)
    ends = tuple(place.get(int(links.last[wire]), NONE) for wire in wires)
    return Pattern(tuple(wires), ends, tuple(gates), tuple(kept), ahead, frozenset(level))


@dataclass(frozen=True, eq=False)
class Matched:
    """Copies of a pattern.

    rows    which of those that were asked about, ascending
    inputs  the inputs of each copy, in the order in which they first appear in its gates, earlier ones first; shape
            (copies, inputs)
    """

    rows: Ints
    inputs: Ints


def matched(links: Links, pattern: Pattern, wires: Ints) -> Matched:
    """The copies among cones of `wires`, shape (cones, ends), what is seen of these being the same."""
    parts = [_matched(links, pattern, wires[at : at + TOGETHER]) for at in range(0, len(wires), TOGETHER)]
    rows = [part.rows + at * TOGETHER for at, part in enumerate(parts)]
    return Matched(np.concatenate(rows), np.concatenate([part.inputs for part in parts]))


def _matched(links: Links, pattern: Pattern, wires: Ints) -> Matched:
    rows: Ints = np.arange(len(wires))
    gates: Ints = np.zeros((len(rows), len(pattern.gates)), np.int64)
    leading = {at: (NONE, k) for k, at in reversed(list(enumerate(pattern.ends))) if at >= 0}
    for place, ahead in enumerate(pattern.ahead):
        for slot, at in enumerate(ahead):
            if at >= 0:
                leading.setdefault(at, (place, slot))
    for place, gate in enumerate(pattern.gates):
        lane, (parent, slot) = links.lane_of(gate), leading[place]
        there = links.last[wires[rows, slot]] if parent == NONE else _before(links, pattern, gates, parent)[:, slot]
        rows, gates = _only(rows, gates, (there >= links.starts[lane]) & (there < links.starts[lane + 1]), there, place)
    agrees: Flags = np.ones(len(rows), np.bool_)
    for k, at in enumerate(pattern.ends):
        agrees &= links.last[wires[rows, k]] == (gates[:, at] if at >= 0 else NONE)
    for place, ahead in enumerate(pattern.ahead):
        before = _before(links, pattern, gates, place)
        for slot, at in enumerate(ahead):
            if at != UNSEEN:
                agrees &= before[:, slot] == (gates[:, at] if at >= 0 else NONE)
    rows, gates = rows[agrees], gates[agrees]
    own = np.concatenate(
        [wires[rows], *(_of(links, pattern, gates, k, "wires") for k in range(gates.shape[1]))], axis=1
    )
    like = [*pattern.wires, *(wire for gate in pattern.gates for wire in links.wires_of(gate))]
    agrees = _alike(own, like)[0]
    used = [k for k in reversed(range(gates.shape[1])) if pattern.kept[k]]
    columns = [_of(links, pattern, gates, k, "inputs") for k in used]
    inputs = np.concatenate([np.zeros((len(rows), 0), np.int64), *columns], axis=1)
    own_inputs = [_of(links, pattern, np.array([pattern.gates]), k, "inputs")[0].tolist() for k in used]
    same, first = _alike(inputs, [each for row in own_inputs for each in row])
    agrees &= same
    return Matched(rows[agrees], inputs[agrees][:, first])


def _only(rows: Ints, gates: Ints, good: Flags, there: Ints, place: int) -> tuple[Ints, Ints]:
    """The rows that are good, with the gate at a place of the walk."""
    if not good.all():
        rows, gates, there = rows[good], gates[good], there[good]
    gates[:, place] = there
    return rows, gates


def _before(links: Links, pattern: Pattern, gates: Ints, place: int) -> Ints:
    lane = links.lane_of(pattern.gates[place])
    before: Ints = links.before[lane][gates[:, place] - links.starts[lane]]
    return before


def _of(links: Links, pattern: Pattern, gates: Ints, place: int, what: str) -> Ints:
    """Wires or inputs of the gates at a place of the walk, shape (copies, ...)."""
    lane = links.lane_of(pattern.gates[place])
    table = links.lanes[lane].wires if what == "wires" else links.inputs[lane]
    chosen: Ints = table[gates[:, place] - links.starts[lane]]
    return chosen


def _alike(rows: Ints, like: Sequence[int]) -> tuple[Flags, list[int]]:
    """Which rows have equal numbers where `like` has, and different ones elsewhere; and where numbers first appear."""
    first = {number: k for k, number in reversed(list(enumerate(like)))}
    places = [first[number] for number in like]
    distinct = sorted(set(places))
    equal = (rows == rows[:, places]).all(axis=1) if like else np.ones(len(rows), np.bool_)
    ordered = np.sort(rows[:, distinct], axis=1)
    return equal & (ordered[:, 1:] != ordered[:, :-1]).all(axis=1), distinct
