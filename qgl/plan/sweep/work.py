"""How much work the steps of a truncated sweep are: the shapes of its chain, gone through without their numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from qgl.plan.gate_by_gate.nodes import Nodes
from qgl.plan.sweep.steps import Act, Open, Step

QR, SVD = 1.0, 2.5  # how much longer than a QR decomposition each takes
FLOPS = 8  # of the multiplication and addition of complex numbers


@dataclass(slots=True)
class Work:
    """What steps take, of one string.

    exact    log2 of a bound of the largest bond that they need
    entries  numbers of the chain where it is largest
    touched  numbers of all matrices that are decomposed, as for QR
    flops    operations of all decompositions, rough
    """

    exact: float = 0.0
    entries: float = 0.0
    touched: float = 0.0
    flops: float = 0.0


def work_of(nodes: Nodes, steps: Sequence[Step], bond: int, tolerance: float | None = None) -> Work:
    """What steps take of which the chain's bonds are cut down to `bond`; with a tolerance, at the most."""
    shapes, exact = Shapes(bond, looks=tolerance is not None), [0.0]  # exact[k] is left of place k
    for step in steps:
        match step:
            case Open(place):
                shapes.open(place)
                exact.insert(place, exact[place])
            case Act(node, places):
                ranks = _ranks(nodes, node, step.wires)
                number = 0
                for cut in range(places[0] + 1, places[-1] + 1):
                    exact[cut] = min(exact[cut] + math.log2(ranks[number]), cut, len(exact) - 1 - cut)
                    number += cut in places
                shapes.act(places, ranks)
            case _:
                shapes.take(step.place)
                del exact[max(step.place, 1)]
        shapes.work.exact = max(shapes.work.exact, *exact)
    return shapes.work


class Shapes:
    """The chain of `qgl.kernels.sweep.chain.Chain`, which does the same with its numbers.

    _bonds   that left of each place, and the last one's right one
    _centre  the place that is not an isometry
    """

    def __init__(self, bond: int, looks: bool = False) -> None:
        self.bond, self.work = bond, Work()
        self._looks = looks  # at the singular values of every cut, as bonds are to be no larger than a tolerance takes
        self._bonds = [1]
        self._centre = 0

    def open(self, place: int) -> None:
        """A qubit is put at a place."""
        self._bonds.insert(place, self._bonds[place])
        if len(self._bonds) > 2 and place <= self._centre:
            self._centre += 1
        self._count()

    def act(self, places: Sequence[int], ranks: Sequence[int]) -> None:
        """A gate acts whose bonds between its qubits are `ranks`."""
        first, last = places[0], places[-1]
        if first == last:
            return
        self._move(first)
        number = 0
        for cut in range(first + 1, last + 1):
            self._bonds[cut] *= ranks[number]
            number += cut in places
        self._count()
        self._move(last)
        for place in range(last, first, -1):
            left, right = self._bonds[place], 2 * self._bonds[place + 1]
            if not self._looks and min(left, right) <= self.bond:
                self._move(place - 1)
            else:
                self._bonds[place] = min(self._decompose(left, right, SVD), self.bond)
                self._centre = place - 1

    def take(self, place: int) -> None:
        """A qubit is gone."""
        self._move(place)
        del self._bonds[max(place, 1)]
        self._centre = max(place - 1, 0)

    def _move(self, place: int) -> None:
        while self._centre < place:
            self._centre += 1
            rows, columns = 2 * self._bonds[self._centre - 1], self._bonds[self._centre]
            self._bonds[self._centre] = self._decompose(rows, columns, QR)
        while self._centre > place:
            rows, columns = 2 * self._bonds[self._centre + 1], self._bonds[self._centre]
            self._bonds[self._centre] = self._decompose(rows, columns, QR)
            self._centre -= 1

    def _decompose(self, rows: int, columns: int, weight: float) -> int:
        """The bond between the two factors of a matrix."""
        rank = min(rows, columns)
        self.work.touched += weight * rows * columns
        self.work.flops += weight * FLOPS * rows * columns * rank
        return rank

    def _count(self) -> None:
        entries = float(sum(2 * left * right for left, right in itertools.pairwise(self._bonds)))
        self.work.entries = max(self.work.entries, entries)


def _ranks(nodes: Nodes, number: int, wires: Sequence[int]) -> list[int]:
    """Bounds of the operator Schmidt ranks of a node, between each of its qubits `wires` and the next.

    They are products of the labels that cross there, where each tensor stands on one wire or on none.
    """
    own = [nodes.tensors[tensor] for tensor in nodes.nodes[number].tensors]
    ranks = []
    for cut in range(1, len(wires)):
        rank = 4 ** min(cut, len(wires) - cut)
        left = set(wires[:cut])
        if all(left.issuperset(tensor.wires) or left.isdisjoint(tensor.wires) for tensor in own):
            sides = [
                {label for tensor in own if left.issuperset(tensor.wires) is side for label in tensor.labels}
                for side in (True, False)
            ]
            rank = min(rank, math.prod(int(nodes.network.sizes[label]) for label in sides[0] & sides[1]))
        ranks.append(rank)
    return ranks
