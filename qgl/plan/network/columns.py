"""A circuit network cut into columns along a line, one column for each visible qubit or for a group of them.

Every tensor is put into a column; labels between tensors of different columns cross the cuts between them, and the
bond of a cut is the product of the sizes of the labels that cross it. Columns of the same structure are of one class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qgl.plan.network.layout import Skeleton, orders
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
    classes, kinds = _classes(network, skeleton, np.split(order, starts[1:]), places, finest)
    return Columns(network, order, starts, name, bits, classes, kinds, segments(kinds))


def _together(order: Indices, group_of: NDArray[np.int64]) -> tuple[Indices, Indices]:
    """An order in which groups are together, each where its first member was, and the number of each one's group."""
    _, first, group = np.unique(group_of[order], return_index=True, return_inverse=True)
    line = np.argsort(np.argsort(first))[group.reshape(-1)]
    moved = np.argsort(line, kind="stable")
    return order[moved], line[moved].astype(np.int32)


def _classes(
    network: Network, skeleton: Skeleton, qubits: Sequence[Indices], places: Indices, columns_of_qubits: Indices
) -> tuple[tuple[ColumnClass, ...], Indices]:
    """qubits: those of each column."""
    count = len(qubits)
    members: list[list[int]] = [[] for _ in range(count)]
    for tensor, column in enumerate(places.tolist()):
        members[column].append(tensor)
    low, high = skeleton.ends(places, columns_of_qubits)
    starts: list[list[int]] = [[] for _ in range(count)]
    for label, column in enumerate(low.tolist()):
        starts[column].append(label)
    ends = high.tolist()
    crossing: list[int] = []
    columns: dict[_Form, list[int]] = {}
    rows: dict[_Form, list[list[int]]] = {}
    forms: list[_Form] = []
    for column in range(count):
        before = crossing
        crossing = sorted(label for label in (*before, *starts[column]) if ends[label] > column)
        legs = [network.open[int(qubit)] for qubit in qubits[column]]
        form = _form(network, before, crossing, members[column], legs)
        forms.append(form)
        columns.setdefault(form, []).append(column)
        rows.setdefault(form, []).append([network.tensors[tensor].row for tensor in members[column]])
    number = {form: kind for kind, form in enumerate(columns)}
    classes = tuple(
        ColumnClass(
            form.sizes,
            form.before,
            form.after,
            form.legs,
            form.terms,
            np.array(columns[form], np.int32),
            np.array(rows[form], np.int32).reshape(len(columns[form]), -1),
        )
        for form in columns
    )
    return classes, np.array([number[form] for form in forms], np.int32)


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

    def numbered(labels: Sequence[int]) -> tuple[int, ...]:
        return tuple(local.setdefault(label, len(local)) for label in labels)

    first = numbered(before)
    terms = tuple((network.tensors[t].table, numbered(network.tensors[t].labels)) for t in members)
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
