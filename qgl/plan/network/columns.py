"""A circuit network cut into columns along a line, one column for each visible qubit or for a group of them.

Every tensor is put into a column; labels between tensors of different columns cross the cuts between them, and the
bond of a cut is the product of the sizes of the labels that cross it. Columns of the same structure are of one class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qgl.bits.ragged import Ragged, starts_of
from qgl.plan.network.layout import Ints, Skeleton, orders
from qgl.plan.network.tensors import Network

Indices = NDArray[np.int32]

LONGEST_PERIOD = 48
LEAST_REPEATS = 3


@dataclass(frozen=True, eq=False)
class ColumnClass:
    """Columns of one structure; labels are numbers within the column.

    sizes    of the labels
    before   labels that come in from the left, in order
    after    labels that go on to the right, in order
    legs     the labels that are read out
    terms    (table of the network, labels) of every tensor
    columns  (count,) which columns
    rows     (count, terms) rows of the tables
    """

    sizes: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    legs: tuple[int, ...]
    terms: tuple[tuple[int, tuple[int, ...]], ...]
    columns: Indices
    rows: Indices

    @property
    def count(self) -> int:
        """Number of columns."""
        return len(self.columns)


@dataclass(frozen=True, slots=True)
class Segment:
    """The classes of `pattern`, one column each, `repeats` times over, from column `start` on."""

    start: int
    pattern: tuple[int, ...]
    repeats: int

    @property
    def stop(self) -> int:
        """The column behind the last one."""
        return self.start + len(self.pattern) * self.repeats


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a network, from left to right.

    order    (n,) positions of the visible qubits in the order of the columns
    starts   (columns,) where those of each column begin in it
    bits     (columns,) log2 of the bond before each column
    kinds    (columns,) the class of each
    """

    network: Network
    order: Indices
    starts: Indices
    order_name: str
    bits: NDArray[np.float64]
    classes: tuple[ColumnClass, ...]
    kinds: Indices
    segments: tuple[Segment, ...]

    @property
    def bodies(self) -> int:
        """How many columns are compiled."""
        return sum(len(segment.pattern) for segment in self.segments)

    @property
    def widths(self) -> Indices:
        """Visible qubits of each column, shape (columns,)."""
        return np.diff(np.append(self.starts, len(self.order)))

    @property
    def widest(self) -> int:
        """The column after the widest cut."""
        return int(np.argmax(self.bits))


def columns_of(
    network: Network, sites: Sequence[int] | None = None, groups: Sequence[Sequence[int]] | None = None
) -> Columns:
    """The columns of the order that gives the least work.

    sites: a number for each visible qubit; qubits in ascending order of these are one more order to try.
    groups: visible qubits that share a column; each has its own by default.
    """
    skeleton = Skeleton.of(network)
    group_of = np.arange(len(network.open))
    for number, group in enumerate(groups or ()):
        group_of[list(group)] = number
    best: tuple[float, str, Indices, Indices, NDArray[np.float64]] | None = None
    for name, order in orders(skeleton, sites):
        order, line = _together(order, group_of)
        columns = np.empty_like(line)
        columns[order] = line
        places = line[skeleton.places(order)]
        bits = skeleton.bits(places, columns)
        work = float(np.sum(np.exp2(np.minimum(bits, 500))))
        if best is None or work < 0.9 * best[0]:
            best = work, name, order, places, bits
            starts, finest = np.flatnonzero(np.diff(line, prepend=-1)).astype(np.int32), columns
    assert best is not None
    _, name, order, places, bits = best
    classes, kinds = _classes(
        network, skeleton, Ragged(order.astype(np.int64), np.append(starts, len(order))), places, finest
    )
    return Columns(network, order, starts, name, bits, classes, kinds, segments(kinds))


def _together(order: Indices, group_of: NDArray[np.int64]) -> tuple[Indices, Indices]:
    """An order in which groups are together, each where its first member was, and the number of each one's group."""
    _, first, group = np.unique(group_of[order], return_index=True, return_inverse=True)
    line = np.argsort(np.argsort(first))[group.reshape(-1)]
    moved = np.argsort(line, kind="stable")
    return order[moved], line[moved].astype(np.int32)


def _classes(
    network: Network, skeleton: Skeleton, qubits: Ragged, places: Indices, columns_of_qubits: Indices
) -> tuple[tuple[ColumnClass, ...], Indices]:
    """qubits: those of each column."""
    count = len(qubits)
    members = _sorted_into(places.astype(np.int64), count)
    crossing = _crossing(*skeleton.ends(places, columns_of_qubits), count)
    forms = _signatures(network, members, crossing, qubits)
    number: dict[bytes, int] = {}
    kinds = np.array([number.setdefault(form, len(number)) for form in forms], np.int32)
    classes, alike = [], _sorted_into(kinds.astype(np.int64), len(number))
    for columns in map(alike.__getitem__, range(len(number))):
        first = int(columns[0])
        legs = [network.open[qubit] for qubit in qubits[first].tolist()]
        before, after = (crossing[column].tolist() for column in (first, first + 1))
        form = _form(network, before, after, members[first].tolist(), legs)
        own = members.flat[members.starts[columns][:, None] + np.arange(len(members[first]))]
        classes.append(ColumnClass(*form, columns.astype(np.int32), network.tensors.rows[own]))
    return tuple(classes), kinds


def _sorted_into(places: Ints, count: int) -> Ragged:
    """What is at each of so many places, ascending."""
    return Ragged(np.argsort(places, kind="stable"), starts_of(np.bincount(places, minlength=count)))


def _crossing(low: Indices, high: Indices, count: int) -> Ragged:
    """The labels that cross the cut before each column, and behind the last one, from their first and last columns."""
    lengths = (high - low).astype(np.int64)
    labels = np.repeat(np.arange(len(low)), lengths)
    within = np.arange(len(labels)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    cuts = low[labels] + 1 + within
    return Ragged(labels[np.lexsort((labels, cuts))], starts_of(np.bincount(cuts, minlength=count + 1)))


def _signatures(network: Network, members: Ragged, crossing: Ragged, qubits: Ragged) -> Iterator[bytes]:
    """Of each column bytes that are equal for columns of one form: its labels by first appearance, and their sizes."""
    tensors, count = network.tensors, len(qubits)
    opened = np.array(network.open, np.int64)[qubits.flat]
    of_qubit = qubits.owners
    of_member = tensors.labels.lengths[members.flat]
    inside = Ragged(members.flat, starts_of(of_member))
    within = np.arange(inside.starts[-1]) - np.repeat(inside.starts[:-1], of_member)
    at = np.repeat(tensors.labels.starts[members.flat], of_member) + within
    column_of_label = np.repeat(members.owners, of_member)
    ahead, behind = (crossing.owners < count, crossing.owners, 0), (crossing.owners > 0, crossing.owners - 1, 2)
    parts = [(owners[chosen], crossing.flat[chosen], part) for chosen, owners, part in (ahead, behind)]
    parts += [(column_of_label, tensors.labels.flat[at], 1), (of_qubit, opened, 3)]
    columns, labels, part = (
        np.concatenate([np.full(len(each[0]), each[2]) if k == 2 else each[k] for each in parts]) for k in range(3)
    )
    order = np.lexsort((part, columns))  # stable: each part stays in its order
    columns, labels, part = columns[order], labels[order], part[order]
    local = _first_appearances(columns, labels)
    numbers = np.stack([local, network.sizes[labels], part], axis=1)
    kinds = np.stack([tensors.tables[members.flat].astype(np.int64), of_member], axis=1)
    starts = starts_of(np.bincount(columns, minlength=count))
    told = [_sliced(kinds, members.starts), _sliced(numbers, starts)]
    return (one + b"|" + other for one, other in zip(*told, strict=True))


def _sliced(rows: Ints, starts: Ints) -> list[bytes]:
    """The bytes of the rows from each start to the next one."""
    flat, ends = rows.tobytes(), (starts * rows.strides[0]).tolist()
    return [flat[a:b] for a, b in pairwise(ends)]


def _first_appearances(columns: Ints, labels: Ints) -> Ints:
    """For labels in ascending columns the number that each has in its column, by first appearance."""
    _, first, inverse = np.unique(
        columns * (1 + labels.max(initial=0)) + labels, return_index=True, return_inverse=True
    )
    order = np.argsort(first)
    rank = np.empty(len(first), np.int64)
    rank[order] = np.arange(len(first))
    base = np.searchsorted(columns[first[order]], columns)  # distinct labels of the columns before
    numbers: Ints = rank[inverse.reshape(-1)] - base
    return numbers


class _Form(NamedTuple):
    """What makes the class of a column."""

    sizes: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    legs: tuple[int, ...]
    terms: tuple[tuple[int, tuple[int, ...]], ...]


def _form(
    network: Network, before: Sequence[int], after: Sequence[int], members: Sequence[int], legs: Sequence[int]
) -> _Form:
    """Labels are numbered as they first appear."""
    local: dict[int, int] = {}
    tensors = network.tensors

    def numbered(labels: Sequence[int]) -> tuple[int, ...]:
        return tuple(local.setdefault(label, len(local)) for label in labels)

    first = numbered(before)
    terms = tuple((int(tensors.tables[t]), numbered(tensors.labels[t].tolist())) for t in members)
    last, read = numbered(after), numbered(legs)
    return _Form(tuple(int(network.sizes[label]) for label in local), first, last, read, terms)


def segments(kinds: Indices) -> tuple[Segment, ...]:
    """Columns, by their classes, shape (columns,), as repeated patterns of classes, so that few have to be compiled."""
    segments: list[Segment] = []
    at, count = 0, len(kinds)
    while at < count:
        period, repeats = 1, 1
        for length in range(1, min(LONGEST_PERIOD, (count - at) // LEAST_REPEATS) + 1):
            same = kinds[at + length :] == kinds[at : count - length]
            run = len(same) if same.all() else int(np.argmin(same))
            times = run // length + 1
            if times >= LEAST_REPEATS and times * length > period * repeats:
                period, repeats = length, times
        segments.append(Segment(at, tuple(kinds[at : at + period].tolist()), repeats))
        at += period * repeats
    return tuple(segments)
