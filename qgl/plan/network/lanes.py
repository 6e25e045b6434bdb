"""The network of a circuit that is rolled up: its tensors in tables, as many at once as a lane has gates.

What a gate adds to a network depends on the gate and, on each of its wires, on whether the wire has a tensor yet and
what waits there. So the builder of single gates adds one of them for each such state that a lane meets, on wires 0, 1,
..., where a label is an array of labels, and a row of a table an array of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from qgl.bits.ragged import Ragged
from qgl.ir.circuit import Circuit
from qgl.ir.facts import diagonal_wires
from qgl.ir.lanes import groups
from qgl.plan.network.builder import Builder, Label
from qgl.plan.network.sources import Shape
from qgl.plan.network.table import Network, Tensors
from qgl.plan.network.values import Handle, LaneValues
from qgl.program.operations import LIFETIME, Discard, Fresh
from qgl.program.rolled import Lane

Ints = NDArray[np.int64]
Indices = NDArray[np.int32]
Kind = tuple[Shape, int, int]  # of a handle without its row


class LaneBuilder(Builder):
    """Follows, in arrays over all wires, the label at the end of each and the run that waits on it.

    labels   of each wire, -1 where it has no tensor yet
    ended    whether it was traced out
    waiting  of each wire the number of the kind of its run, and the rows of the matrices in it
    """

    def __init__(self, circuit: Circuit, lanes: Sequence[Lane], algebra: str, bits_known: bool) -> None:
        self._numbers = LaneValues(algebra, [parameter.size for parameter in circuit.parameters])
        super().__init__(circuit, algebra, self._numbers)
        self.lanes, count = lanes, len(circuit.wires)
        self.labels: Ints = np.full(count, -1)
        self.waiting: Ints = np.zeros(count, np.int64)
        self.ended = np.zeros(count, np.bool_)
        self.rows: Ints = np.zeros((count, 1), np.int64)
        self._kinds: dict[tuple[Kind, ...], int] = {(): 0}
        self._changes = _last_changes(lanes, count) if bits_known else np.full(count, len(lanes))
        self._uses = _last_uses(lanes, circuit)
        self._known: tuple[bool, ...] = ()
        self._last: tuple[bool, ...] = ()
        self._wires: Ints = np.zeros((0, 0), np.int64)
        self._first: list[tuple[int, int, int]] = []  # of labels that are made together: the first, how many, the size
        self._made = 0

    # ------------------------------------------------------------ what is others than of single gates

    def label(self, size: int) -> Label:
        """New labels, one for each of the present rows."""
        first, count = self._made, len(self._wires)
        self._first.append((first, count, size))
        self._made += count
        return np.arange(first, first + count)

    def size(self, label: Label) -> int:
        """The dimension of labels that were made together."""
        return next(size for first, _, size in reversed(self._first) if first == label[0])

    def tensor(self, labels: Sequence[Label], handle: Handle, wires: Sequence[int]) -> None:
        """A tensor for each of the present rows."""
        self._drafts.append((tuple(labels), handle, tuple(self._wires[:, wire] for wire in wires)))

    def has_its_bit(self, wire: int) -> bool:
        """Whether only bits are read, and nothing but diagonal gates follows on the wire."""
        return self._known[wire]

    def ends_here(self, wire: int) -> bool:
        """Whether the wires are not visible, and the present lane is the last one on them."""
        return self._last[wire]

    # ------------------------------------------------------------ lanes

    def network(self) -> Network:
        """The network of all lanes.

        Raises:
            UnsuitableError: as for single gates.
            NoLaneError: angles are more than sums of inputs.
        """
        for number, lane in enumerate(self.lanes):
            if isinstance(lane.pattern, Fresh):
                continue
            operation = lane.numbered
            for rows in self._enter(number, lane.wires):
                self._numbers.elements = lane.elements[rows]
                if isinstance(operation, Discard):
                    self.end(0)
                else:
                    self.operation(operation)
                self._leave()
        visible = np.array(self.circuit.visible, np.int64)
        touched = np.flatnonzero((self.labels >= 0) | (self.waiting > 0))
        for _ in self._enter(len(self.lanes), np.setdiff1d(touched, visible)[:, None]):
            self.end(0)
            self._leave()
        for _ in self._enter(len(self.lanes), visible[:, None]):
            self.here(0)
            self._leave()
        return self._assembled(tuple(self.labels[visible].tolist()))

    def _enter(self, number: int, wires: Ints) -> Iterator[Ints]:
        """The rows of wires that are in one state, one state after another; what is followed is then that of these."""
        flags = (
            (self.labels >= 0)[wires],
            self._changes[wires] < number,
            self._uses[wires] == number,
            self.ended[wires],
        )
        states = self.waiting[wires] << len(flags)
        for place, flag in enumerate(flags):
            states |= flag.astype(np.int64) << place
        kinds = list(self._kinds)
        for state, rows in groups(states) if len(wires) else ():
            self._wires = wires[rows]
            self._now = {k: self.labels[self._wires[:, k]] for k, each in enumerate(state) if each & 1}
            self._known = tuple(bool(each & 2) for each in state)
            self._last = tuple(bool(each & 4) for each in state)
            self._ended = {k for k, each in enumerate(state) if each & 8}
            self._runs = {}
            for k, each in enumerate(state):
                run = kinds[each >> len(flags)]
                if run:
                    columns = self.rows[self._wires[:, k]].T
                    self._runs[k] = [Handle(*kind, own) for kind, own in zip(run, columns[: len(run)], strict=True)]
            yield rows

    def _leave(self) -> None:
        """Puts down what is followed of the present rows."""
        for k in range(self._wires.shape[1]):
            wires, run = self._wires[:, k], self._runs.get(k, [])
            self.ended[wires] = k in self._ended
            if k in self._now:
                self.labels[wires] = self._now[k]
            self.waiting[wires] = self._kinds.setdefault(tuple(each[:3] for each in run), len(self._kinds))
            if len(run) > self.rows.shape[1]:
                self.rows = np.pad(self.rows, ((0, 0), (0, len(run) - self.rows.shape[1])))
            for place, each in enumerate(run):
                self.rows[wires, place] = each.row

    def _assembled(self, ends: tuple[int, ...]) -> Network:
        tables, place, pool, expressions = self.values.build()
        labels, wires = list[Ints](), list[Ints]()
        numbers, rows = list[Indices](), list[Indices]()
        for drafted, handle, on in self._drafts:
            count = len(drafted[0])
            table, own = place(handle)
            labels.append(np.stack(drafted, axis=1))
            wires.append(np.stack(on, axis=1) if on else np.zeros((count, 0), np.int64))
            numbers.append(np.full(count, table, np.int32))
            rows.append(np.broadcast_to(np.asarray(own, np.int32), count))
        tensors = Tensors(Ragged.joined(labels), Ragged.joined(wires), np.concatenate(numbers), np.concatenate(rows))
        sizes = np.repeat([size for _, _, size in self._first], [count for _, count, _ in self._first])
        qubit_of = {wire: k for k, wire in enumerate(self.circuit.visible)}
        return Network(self.algebra, sizes.astype(np.int64), tensors, ends, qubit_of, tables, pool, expressions)


def _last_uses(lanes: Sequence[Lane], circuit: Circuit) -> Ints:
    """Of each wire that is not visible the last lane on it; -1: none."""
    uses = np.full(len(circuit.wires), -1)
    for number, lane in enumerate(lanes):
        if not isinstance(lane.pattern, LIFETIME):
            uses[lane.wires] = number
    uses[list(circuit.visible)] = -1
    return uses


def _last_changes(lanes: Sequence[Lane], count: int) -> Ints:
    """Of each wire the last lane whose gate is not diagonal on it; -1: none."""
    changes = np.full(count, -1)
    for number, lane in enumerate(lanes):
        if isinstance(lane.pattern, LIFETIME):
            continue
        diagonal = diagonal_wires(lane.numbered)
        for wire in range(lane.wires.shape[1]):
            if wire not in diagonal:
                changes[lane.wires[:, wire]] = number
    return changes
