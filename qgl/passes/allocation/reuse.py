"""Operations in an order in which few wires are alive at once, so that few qubits do.

Valid in: gates with controls, `fresh`, `discard`, `measure`, conditions and `reset`; no channels. Valid out: the same
state of the visible register and the same distribution of the measured bits, from the same operations in another order.

A wire is alive from its first operation to its last. Wires that are read out stay alive, unless `read_out` has made
their measurement an operation; `renew` lets a wire end where it is reset. Operations keep their order on a wire and on
a measured bit, except that those which are diagonal on a wire commute there.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from qgl.ir.circuit import Circuit
from qgl.ir.facts import diagonal_wires, is_reset, is_unitary
from qgl.passes.allocation.lifetimes import tighten
from qgl.passes.allocation.order import narrowest
from qgl.program.operations import LIFETIME, Measurement, Operation
from qgl.program.program import Wire

WINDOW = 128  # operations that commute on a wire among which the order is open


def read_out(circuit: Circuit) -> Circuit:
    """`circuit` with the measurement of its visible register as operations: bit `circuit.bits + k` is its k-th bit.

    Nothing is visible any more, so that a wire ends with its measurement.
    """
    operations = list(circuit.operations)
    for k, wire in enumerate(circuit.visible):
        touched = circuit.on_wire[wire]
        span = circuit.operations[touched[-1]].span if touched else circuit.wires[wire].span
        operations.append(Measurement((wire,), span, circuit.bits + k))
    measured = circuit.with_operations(operations, visible=())
    return replace(measured, bits=circuit.bits + len(circuit.visible))


def renew(circuit: Circuit) -> Circuit:
    """`circuit` with a new wire wherever one is certainly reset: the old one ends there."""
    if not any(is_reset(operation) and not operation.condition for operation in circuit.operations):
        return circuit
    wires: list[Wire] = list(circuit.wires)
    now = list(range(len(wires)))
    touched: set[int] = set()
    operations: list[Operation] = []
    for operation in circuit.operations:
        if is_reset(operation) and not operation.condition:
            wire = operation.wires[0]
            if now[wire] in touched:
                now[wire] = len(wires)
                wires.append(circuit.wires[wire])
            continue
        touched.update(now[wire] for wire in operation.wires)
        operations.append(replace(operation, wires=tuple(now[wire] for wire in operation.wires)))
    return circuit.with_operations(operations, wires, [now[wire] for wire in circuit.visible])


@dataclass(frozen=True)
class Narrow:
    """What is known of a circuit's narrowest order.

    allocations  the wires that are touched and not visible, in the order in which they are allocated
    width        the most qubits in use at once, all visible wires included
    least        whether no order is narrower
    """

    circuit: Circuit
    allocations: tuple[int, ...]
    width: int
    least: bool

    def ordered(self, most: int | None = None) -> Circuit:
        """The circuit with its operations as early as they can be with `most` qubits, at least `width` (None: that).

        Wires are allocated in the order of the narrowest schedule, as soon as there is a qubit for them.
        """
        room = max(self.width, most or 0) - len(self.circuit.visible)
        operations = _Schedule(_Order(self.circuit), self.allocations, room).run()
        return tighten(self.circuit.with_operations(operations))

    @cached_property
    def widest(self) -> Operation | None:
        """The operation of the narrowest order that brings the last wire of the widest place to life, if any does."""
        operations = [o for o in self.ordered().operations if not isinstance(o, LIFETIME)]
        last = {wire: k for k, operation in enumerate(operations) for wire in operation.wires}
        alive = set(self.circuit.visible)
        widest, most = None, 0
        for k, operation in enumerate(operations):
            alive.update(operation.wires)
            if len(alive) > most:
                widest, most = operation, len(alive)
            alive -= {wire for wire in operation.wires if last[wire] == k and wire not in self.circuit.visible}
        return widest


def narrow(circuit: Circuit) -> Narrow:
    """The narrowest order that is found of a circuit's operations."""
    order = _Order(circuit)
    counted = order.counted
    number = {wire: k for k, wire in enumerate(counted)}
    forwards, backwards = (order.needs(number, steps) for steps in (order.steps, order.steps[::-1]))
    read = [number[wire] for o in order.operations if isinstance(o, Measurement) for wire in o.wires if wire in number]
    lasting = [k for k, wire in enumerate(counted) if circuit.wires[wire].kind != "fresh"]
    minimal = narrowest(forwards, backwards, [read, lasting, range(len(counted))])
    allocations = tuple(counted[k] for k in minimal.order)
    return Narrow(circuit, allocations, len(circuit.visible) + minimal.width, minimal.least)


class _Order:
    """The operations other than `fresh` and `discard`, and what has to come before what."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.operations = [o for o in circuit.operations if not isinstance(o, LIFETIME)]
        # Of every operation the wires and bits that it touches (bits behind the wires), and whether it commutes there
        # with others that do.
        self.steps = [_touched(operation, len(circuit.wires)) for operation in self.operations]

    @property
    def counted(self) -> list[int]:
        """The wires that take a qubit for a while only, in order of first use."""
        used = dict.fromkeys(wire for operation in self.operations for wire in operation.wires)
        return [wire for wire in used if wire not in set(self.circuit.visible)]

    def needs(self, number: dict[int, int], steps: Iterable[Sequence[tuple[int, bool]]]) -> list[int]:
        """For every numbered wire a bit mask of the numbered wires on which the operations before its end act."""
        before: dict[int, int] = {}  # wire or bit -> needs of what comes before the operations that commute
        now: dict[int, int] = {}  # those of these operations
        commuting: dict[int, bool] = {}
        for step in steps:
            need = 0
            for place, commutes in step:
                if not (commutes and commuting.get(place, False)):
                    before[place] = now.get(place, 0)
                    commuting[place] = commutes
                need |= before[place]
                if place in number:
                    need |= 1 << number[place]
            for place, _ in step:
                now[place] = now.get(place, 0) | need
        return [now[wire] for wire in number]

    def predecessors(self, allocations: Sequence[int]) -> list[set[int]]:
        """Of every operation those that have to come before it.

        Of many that commute on a wire, the next few only are free to begin, so that the choice among them stays quick.
        They are taken in the order in which their wires are allocated: none waits for one that needs later allocations.
        """
        table = self._bound()
        order_of = {wire: k for k, wire in enumerate(allocations)}
        rank: list[int] = []
        for operation, found in zip(self.operations, table, strict=True):
            rank.append(max((*(order_of.get(w, -1) for w in operation.wires), *(rank[k] for k in found)), default=-1))
        recent: dict[int, deque[int]] = {}
        for k in sorted(range(len(rank)), key=lambda k: (rank[k], k)):
            for place, commutes in self.steps[k]:
                group = recent.setdefault(place, deque(maxlen=WINDOW))
                if not commutes:
                    group.clear()
                    continue
                if len(group) == WINDOW:
                    table[k].add(group[0])
                group.append(k)
        return table

    def _bound(self) -> list[set[int]]:
        """Of every operation those of the group before it on one of its wires or bits."""
        before: dict[int, list[int]] = {}
        now: dict[int, list[int]] = {}
        commuting: dict[int, bool] = {}
        table: list[set[int]] = []
        for k, step in enumerate(self.steps):
            bound: set[int] = set()
            for place, commutes in step:
                if not (commutes and commuting.get(place, False)):
                    before[place] = now.get(place, [])
                    now[place] = []
                    commuting[place] = commutes
                bound.update(before[place])
                now[place].append(k)
            table.append(bound)
        return table


def _touched(operation: Operation, wires: int) -> tuple[tuple[int, bool], ...]:
    diagonal = diagonal_wires(operation) if is_unitary(operation) else frozenset[int]()
    bits = [(wires + bit, True) for bit in sorted({bit for bit, _ in operation.condition})]
    if isinstance(operation, Measurement) and operation.bit is not None:
        bits.append((wires + operation.bit, False))
    return (*((wire, wire in diagonal) for wire in operation.wires), *bits)


class _Schedule:
    """Operations as soon as they can be: at each turn the one that can begin first, in a draw as they were written."""

    def __init__(self, order: _Order, allocations: Sequence[int], room: int) -> None:
        self.operations = order.operations
        self.steps = order.steps
        before = order.predecessors(allocations)
        self.waits = [len(found) for found in before]  # for operations and for wires to be allocated
        self.after: list[list[int]] = [[] for _ in before]
        for k, found in enumerate(before):
            for earlier in found:
                self.after[earlier].append(k)
        self.unallocated: dict[int, list[int]] = {wire: [] for wire in allocations}
        self.uses: dict[int, int] = {}
        for k, operation in enumerate(self.operations):
            for wire in operation.wires:
                self.uses[wire] = self.uses.get(wire, 0) + 1
                if wire in self.unallocated:
                    self.unallocated[wire].append(k)
                    self.waits[k] += 1
        self.clock = {place: 0 for step in self.steps for place, _ in step}  # when a wire or a bit is free
        self.ready: list[tuple[int, int]] = []  # (when it can begin, operation)
        self.free = [0] * min(room, len(allocations))  # when each unused qubit became free
        self.allocations = list(reversed(allocations))
        self.passing = frozenset(allocations)

    def run(self) -> list[Operation]:
        done: list[Operation] = []
        for k, wait in enumerate(self.waits):
            if not wait:
                self.queue(k)
        self.wake()
        while self.ready:
            when, k = heapq.heappop(self.ready)
            start = self.start(k)
            if start > when:
                heapq.heappush(self.ready, (start, k))
                continue
            done.append(self.operations[k])
            self.finish(k, start + 1)
            self.wake()
        assert len(done) == len(self.operations)
        return done

    def wake(self) -> None:
        """Wires are allocated while there are qubits for them, the one that has been free longest first."""
        while self.allocations and self.free:
            wire = self.allocations.pop()
            self.clock[wire] = heapq.heappop(self.free)
            for k in self.unallocated.pop(wire):
                self.release(k)

    def finish(self, k: int, when: int) -> None:
        for place, _ in self.steps[k]:
            self.clock[place] = when
        for wire in self.operations[k].wires:
            self.uses[wire] -= 1
            if not self.uses[wire] and wire in self.passing:
                heapq.heappush(self.free, when + 1)  # after a reset
        for later in self.after[k]:
            self.release(later)

    def release(self, k: int) -> None:
        self.waits[k] -= 1
        if not self.waits[k]:
            self.queue(k)

    def queue(self, k: int) -> None:
        heapq.heappush(self.ready, (self.start(k), k))

    def start(self, k: int) -> int:
        return max((self.clock[place] for place, _ in self.steps[k]), default=0)
