"""The order in which wires are allocated so that few are alive at once.

What matters of a circuit is one set for each wire: `needs[w]`, the wires that must have been allocated before the last
operation on w can happen (w is one of them). Operations run as soon as they can, which only ends wires sooner. So a
wire is alive from its turn in the order until all of its needs have had theirs, and a schedule is a permutation.

The number of wires alive once a set S has been allocated, |S| - |{w: needs[w] is part of S}|, is submodular in S. Hence
a step to the next end of a wire that leaves no more wires alive than before can be taken at once if it fits: it never
spoils what follows. Where no such step is, a choice is made: by the end that brings fewest new wires to life (the
greedy rule of DeCross et al., Qubit-reuse compilation with mid-circuit measurement and reset, arXiv 2210.08039) among
the ends of several kinds, from several starts, forwards and backwards. A search among all orders then tries to do with
one wire fewer, until it is sure that none does or has spent its effort.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EFFORT = 400_000  # sets of wires that are looked at; half of them at most for the greedy orders


@dataclass(frozen=True)
class Allocations:
    """An order of wires, the most that are alive at once, and whether no order has fewer."""

    order: tuple[int, ...]
    width: int
    least: bool


def width_of(order: Sequence[int], needs: Sequence[int]) -> int:
    """The most wires that are alive at once if they are allocated in `order`, a permutation of all wires."""
    order_of = {wire: k for k, wire in enumerate(order)}
    ends = [0] * len(order)
    for need in needs:
        ends[max(order_of[wire] for wire in members(need))] += 1
    width = alive = 0
    for ending in ends:
        alive += 1
        width = max(width, alive)
        alive -= ending
    return width


def members(wires: int) -> list[int]:
    """The places of the ones in a bit mask, ascending."""
    if wires.bit_count() <= 32:  # sooner done one by one
        places = []
        while wires:
            lowest = wires & -wires
            places.append(lowest.bit_length() - 1)
            wires ^= lowest
        return places
    octets = np.frombuffer(wires.to_bytes((wires.bit_length() + 7) // 8, "little"), dtype=np.uint8)
    indices: list[int] = np.flatnonzero(np.unpackbits(octets, bitorder="little")).tolist()
    return indices


class _Greedy:
    """One instance: the needs of all wires, and how many of each are still to be allocated."""

    def __init__(self, needs: Sequence[int]) -> None:
        self.needs = needs
        lists = [members(need) for need in needs]
        self._sizes = np.array([len(entry) for entry in lists], dtype=np.int64)
        rows = np.repeat(np.arange(len(needs)), self._sizes)
        columns = np.array([wire for entry in lists for wire in entry], dtype=np.intp)
        by_column = np.argsort(columns, kind="stable")
        starts = np.searchsorted(columns[by_column], np.arange(len(needs) + 1))
        ordered = rows[by_column]
        self._needed_by = [ordered[starts[k] : starts[k + 1]] for k in range(len(needs))]

    def order(self, targets: Sequence[int], start: int | None, last: bool) -> list[int]:
        """An order.

        targets: the wires whose ends are worked towards, those that are listed first being taken in a draw (last, if
        `last`); start: the first of them.
        """
        run = _Run(self.needs, self._needed_by, self._sizes)
        aims = np.array([*targets, *sorted(set(range(len(self.needs))) - set(targets))], dtype=np.intp)
        count = len(targets)
        if start is not None:
            run.reach(start)
        while run.left:
            run.place_all()
            count = count if count and (run.missing[aims[:count]] > 0).any() else len(aims)
            candidates = aims[:count]
            missing = np.where(run.missing[candidates] > 0, run.missing[candidates], np.iinfo(np.int64).max)
            least = np.flatnonzero(missing == missing.min())
            if missing[least[0]] == np.iinfo(np.int64).max:
                break
            run.reach(int(candidates[least[-1 if last else 0]]))
        return run.order


class _Run:
    """A schedule as it grows."""

    def __init__(self, needs: Sequence[int], needed_by: list[NDArray[np.intp]], sizes: NDArray[np.int64]) -> None:
        self.needs = needs
        self.needed_by = needed_by
        self.missing = sizes.copy()  # of every wire, how many of its needs have not been allocated
        self.allocated = 0
        self.alive: set[int] = set()
        self.order: list[int] = []

    @property
    def left(self) -> bool:
        return len(self.order) < len(self.needs)

    def allocate(self, wire: int) -> None:
        self.allocated |= 1 << wire
        self.order.append(wire)
        self.alive.add(wire)
        touched = self.needed_by[wire]
        self.missing[touched] -= 1
        self.alive.difference_update(touched[self.missing[touched] == 0].tolist())

    def place_all(self) -> None:
        """Ends that need one wire more are taken as they come: each frees the place that it takes."""
        while self.left:
            single = np.flatnonzero(self.missing == 1)
            if not len(single):
                return
            for end in single.tolist():
                if self.missing[end] == 1:
                    self.allocate((self.needs[end] & ~self.allocated).bit_length() - 1)

    def reach(self, target: int) -> None:
        """Brings everything to life that the end of `target` needs, by the smallest ends on the way."""
        goal = self.needs[target]
        while wanted := goal & ~self.allocated:
            on_the_way = self.alive.union(members(wanted))
            inside = [w for w in on_the_way if not self.needs[w] & ~self.allocated & ~wanted]
            nearest = min(inside, key=lambda w: (int(self.missing[w]), w), default=target)
            for wire in members(self.needs[nearest] & ~self.allocated):
                self.allocate(wire)


def narrowest(needs: Sequence[int], backwards: Sequence[int], kinds: Sequence[Sequence[int]]) -> Allocations:
    """The narrowest order that is found.

    needs: for each wire a bit mask of wires, its own included; what a need needs is in it too. backwards: the same with
    time reversed, the wires that end after its first operation has begun. kinds: groups of wires whose ends it may pay
    to work towards, such as those that are read out.
    """
    if not needs:
        return Allocations((), 0, True)
    bound = max(min(need.bit_count() for need in side) for side in (needs, backwards))
    best: tuple[int, list[int]] | None = None
    effort = EFFORT
    for order in _greedily(needs, backwards, kinds):
        width = width_of(order, needs)
        if best is None or width < best[0]:
            best = width, order
        effort -= 20 * len(needs)
        if best[0] == bound or effort < EFFORT // 2:
            break
    assert best is not None
    width, order = best
    while width > bound:
        allocations, effort = _search(needs, width - 1, effort)
        if allocations is None:
            return Allocations(tuple(order), width, effort > 0)
        width, order = width_of(allocations, needs), allocations
    return Allocations(tuple(order), width, True)


def _greedily(needs: Sequence[int], backwards: Sequence[int], kinds: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Orders by the greedy rule, the most promising ones first."""
    sides = _Greedy(needs), _Greedy(backwards)
    groups = list(dict.fromkeys(tuple(kind) for kind in kinds if kind))
    for place in (None, 0, 1, 2):
        for targets in groups:
            start = None if place is None else targets[(len(targets) - 1) * place // 2]
            for last in (False, True):
                yield sides[0].order(targets, start, last)
                yield _reversed(sides[1].order(targets, start, last), backwards)


def _reversed(order: Sequence[int], backwards: Sequence[int]) -> list[int]:
    """A schedule of the circuit run backwards, as one forwards: a wire is allocated where it ended."""
    order_of = {wire: k for k, wire in enumerate(order)}
    return sorted(range(len(order)), key=lambda wire: -max(order_of[need] for need in members(backwards[wire])))


def _search(needs: Sequence[int], width: int, effort: int) -> tuple[list[int] | None, int]:
    """An order of at most this width among all there are, if any; and what is left of the effort.

    If none is found and effort is left, there is none.
    """
    seen: set[int] = set()
    pending: list[tuple[int, tuple[int, ...]]] = [(0, ())]
    everything = (1 << len(needs)) - 1
    while pending and effort > 0:
        allocated, order = pending.pop()
        if allocated in seen:
            continue
        seen.add(allocated)
        open_ends = [need & ~allocated for need in needs if need & ~allocated]
        effort -= len(needs)
        if not open_ends:
            return [*order, *members(everything & ~allocated)], effort
        alive = allocated.bit_count() - (len(needs) - len(open_ends))
        steps = []
        for step in _smallest({need for need in open_ends if alive + need.bit_count() <= width}):
            ended = sum(not need & ~step for need in open_ends)
            effort -= len(open_ends)
            steps.append((step.bit_count() - ended, step))
        steps.sort(reverse=True)
        if steps and steps[-1][0] <= 0:
            steps = steps[-1:]  # it leaves no more alive than before: no other step is needed beside it
        pending += [(allocated | step, (*order, *members(step))) for _, step in steps]
    return None, effort


def _smallest(sets: set[int]) -> list[int]:
    """The sets that contain no other of them."""
    kept: list[int] = []
    for candidate in sorted(sets, key=lambda s: (s.bit_count(), s)):
        if all(smaller & ~candidate for smaller in kept):
            kept.append(candidate)
    return kept
