"""In which order the tensors of a column are contracted with a boundary.

A boundary is a batch of tensors on the labels of a cut. What does not involve the batch is done beforehand, for all
columns of a class at once; the rest is done when a boundary contraction comes to the column.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import opt_einsum

from qgl.plan.network.columns import ColumnClass

Labels = tuple[int, ...]

BATCH = -1  # the label of the batch
BOUNDARY, CAP, TERMS = 0, 1, 2  # numbers of operands; the terms of a class from TERMS on, then the results of steps
HELD = 1 << 28  # bytes of a tensor made beforehand for all columns of a class
WORSE = 4.0  # times as many operations are taken for one product of matrices
_FEW = 6  # operands up to which the best path is searched for


@dataclass(frozen=True, slots=True)
class Step:
    """Contraction of two operands, which are then gone, to a new one.

    early: for all columns of the class at once, before any boundary contraction.
    """

    left: int
    right: int
    left_labels: Labels
    right_labels: Labels
    out: Labels
    early: bool


@dataclass(frozen=True, eq=False)
class Path:
    """How a class of columns takes boundaries across.

    source, target  labels of the boundary before and after, in order, without the batch
    narrow          legs are cut down to their I and Z components
    apart           legs have labels of their own, by a further term for each after those of the class
    cap             the boundary's rows come with a tensor for the legs
    result          the operand that is left, and its labels
    held            operands that are ready before a boundary contraction: terms, and results of early steps
    early_flops     operations beforehand for one column
    flops, large    operations of one column's step, and entries of its largest tensor
    held_size       entries of what is held for one column
    """

    source: Labels
    target: Labels
    narrow: bool
    apart: bool
    cap: bool
    steps: tuple[Step, ...]
    result: tuple[int, Labels]
    held: tuple[int, ...]
    early_flops: float
    flops: float
    large: float
    held_size: float


def path_of(
    column: ColumnClass, batch: int, narrow: bool = False, backward: bool = False, is_open: bool = False
) -> Path:
    """The path of a class for boundaries of `batch` rows.

    narrow: only the I and Z components of the legs are read. backward: from right to left. is_open: there is no cap,
    and the legs come first in the target.

    Where the product of all terms is small, it is made beforehand, and a step is one product of matrices.
    """
    paths = [_path(column, batch, narrow, backward, is_open, whole) for whole in (True, False)]
    costs = [path.early_flops + path.flops for path in paths]
    return paths[0] if paths[0].flops <= paths[1].flops * WORSE and costs[0] <= costs[1] * WORSE else paths[1]


def _path(column: ColumnClass, batch: int, narrow: bool, backward: bool, is_open: bool, whole: bool) -> Path:
    """whole: contract all terms of the class first."""
    sizes = dict(enumerate(column.sizes)) | {BATCH: batch}
    legs = column.legs
    terms = [labels for _, labels in column.terms]
    source, after = (column.after, column.before) if backward else (column.before, column.after)
    # A leg that is open and goes on to the next column is read and handed on, under two labels.
    apart = narrow or (is_open and not set(legs).isdisjoint(after))
    if apart:
        legs = tuple(range(len(column.sizes), len(column.sizes) + len(column.legs)))
        sizes |= {leg: 2 if narrow else column.sizes[old] for leg, old in zip(legs, column.legs, strict=True)}
        terms += zip(legs, column.legs, strict=True)
    target = (*legs, *after) if is_open else after
    search = _Search(sizes, (BATCH, *target), column.count)
    for number, labels in enumerate(terms):
        search.add(TERMS + number, labels)
    search.outside = {*source, *legs}
    search.simplify()
    if whole:
        search.finish()
    search.outside = set()
    search.add(BOUNDARY, (BATCH, *source))
    if not is_open:
        search.add(CAP, (BATCH, *legs))
    search.finish()
    ((result, labels),) = search.live.items()
    used = {operand for step in search.steps if not step.early for operand in (step.left, step.right)} | {result}
    made = {TERMS + len(terms) + k for k, step in enumerate(search.steps) if not step.early}
    held = tuple(sorted(used - made - {BOUNDARY, CAP}))
    return Path(
        source,
        target,
        narrow,
        apart,
        not is_open,
        tuple(search.steps),
        (result, labels),
        held,
        search.flops[True],
        search.flops[False],
        search.large,
        sum(search.held_sizes.get(operand, 0.0) for operand in held),
    )


class _Search:
    """Operands that are left to contract; what holds a label is known, so that a step costs its own labels only."""

    def __init__(self, sizes: dict[int, int], target: Labels, count: int) -> None:
        self.sizes, self.target, self.count = sizes, target, count
        self.live: dict[int, Labels] = {}
        self.outside: set[int] = set()  # labels of operands that are still to come
        self.steps: list[Step] = []
        self.flops = {True: 0.0, False: 0.0}
        self.large = 0.0
        self.held_sizes: dict[int, float] = {}
        self._holders: dict[int, set[int]] = {}
        self._wanted = frozenset(target)
        self._late = {BOUNDARY, CAP}
        self._next = TERMS

    def add(self, operand: int, labels: Labels) -> None:
        self.live[operand] = labels
        for label in labels:
            self._holders.setdefault(label, set()).add(operand)
        self._next = max(self._next, operand + 1)
        self.held_sizes[operand] = self.size(labels)

    def size(self, labels: Sequence[int]) -> float:
        return math.prod((float(self.sizes[label]) for label in labels), start=1.0)

    def result(self, left: int, right: int) -> Labels:
        """The labels of a contraction: those that are needed elsewhere."""
        both = {left, right}
        union = dict.fromkeys((*self.live[left], *self.live[right]))
        return tuple(
            label
            for label in union
            if label in self._wanted or label in self.outside or not self._holders[label] <= both
        )

    def contract(self, left: int, right: int) -> None:
        out = self.result(left, right)
        late = left in self._late or right in self._late or 8 * self.size(out) * self.count > HELD
        labels = self.live.pop(left), self.live.pop(right)
        for label in {*labels[0], *labels[1]}:
            self._holders[label] -= {left, right}
        cost = 2 * self.size(sorted({*labels[0], *labels[1]}))
        self.flops[not late] += cost
        if late:
            self._late.add(self._next)
            self.large = max(self.large, self.size(out))
        self.steps.append(Step(left, right, *labels, out, not late))
        self.add(self._next, out)

    def simplify(self) -> None:
        """Contracts neighbours whose product is no larger than the larger of them, the smallest products first.

        The product of two operands stays what it is as long as both are there, so that the heap is never put in order
        anew: what a contraction makes is all that is added.
        """
        waiting = [pair for operand in self.live for pair in self._neighbours(operand)]
        heapq.heapify(waiting)
        while waiting:
            _, left, _, right = heapq.heappop(waiting)
            if left in self.live and right in self.live:
                self.contract(left, right)
                for pair in self._neighbours(self._next - 1):
                    heapq.heappush(waiting, pair)

    def _neighbours(self, operand: int) -> Iterator[tuple[float, int, int, int]]:
        """Worthwhile products of an operand with what alone shares a label with it, by size, then age, then label."""
        for label in self.live[operand]:
            if len(self._holders[label]) == 2:
                left, right = sorted(self._holders[label])
                size = self.size(self.result(left, right))
                if size <= max(self.size(self.live[left]), self.size(self.live[right])):
                    yield size, left, self.live[left].index(label), right

    def finish(self) -> None:
        """Contracts all that is left."""
        numbers = sorted(self.live)
        if len(numbers) < 2:
            return
        inputs = [frozenset(self.live[number]) for number in numbers]
        output = frozenset().union(*inputs) & (self._wanted | self.outside)
        search = opt_einsum.paths.optimal if len(inputs) <= _FEW else opt_einsum.paths.auto
        path = search(inputs, output, self.sizes)
        for pair in path:
            if len(pair) == 1:
                continue
            chosen = [numbers[k] for k in pair]
            numbers = [number for number in numbers if number not in chosen]
            for other in chosen[1:]:
                self.contract(chosen[0], other)
                chosen[0] = self._next - 1
            numbers.append(chosen[0])
