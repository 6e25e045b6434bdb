"""Measurements at the end: outcomes become wires, conditions become controls, resets become new wires.

Valid in: any circuit. Valid out: the same state of the visible register, from unitary gates with controls, `fresh`,
`discard` and channels without a condition. Channels under a condition are dilated. A visible wire that is reset gives
its place in `visible` to the wire that goes on from there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from qgl.ir.circuit import Circuit
from qgl.ir.controls import fold
from qgl.ir.facts import diagonal_wires, is_channel, is_reset
from qgl.passes.dilation import dilated
from qgl.program.operations import LIFETIME, Discard, Fresh, Measurement, Operation, Reset, Unitary, gate
from qgl.program.program import Wire
from qgl.program.rolled import patterns
from qgl.source import Span


def defer(circuit: Circuit, reads_only_bits: bool = False) -> Circuit:
    """`circuit` without measurements, resets and conditions; `reads_only_bits`: only bits of the result are asked for.

    An outcome is copied to a fresh wire by cx, unless the measured wire itself can serve: it is not read out as a
    quantum state and is left alone, diagonal gates aside, until it ends.
    """
    if not any(isinstance(o, Measurement | Reset) or o.condition for o in patterns(circuit.operations)):
        return circuit
    return _Deferral(circuit, reads_only_bits).run()


class _Deferral:
    def __init__(self, circuit: Circuit, reads_only_bits: bool) -> None:
        self.circuit = circuit
        self.wires: list[Wire] = list(circuit.wires)
        self.operations: list[Operation] = []
        self.place: dict[int, int] = {}  # wire of the circuit in -> wire that stands for it now
        self.record: dict[int, int] = {}  # bit -> wire that holds it
        self.readers: Counter[int] = Counter()  # wire -> bits on it that will still be read
        self.ending: set[int] = set()  # wires to discard once nobody reads their bits
        self.flipped: set[int] = set()  # wires with an x pending, so that a control on zero is one on one
        self.last_read = {bit: k for k, o in enumerate(circuit.operations) for bit, _ in o.condition}
        self.serving = _serving(circuit, frozenset() if reads_only_bits else frozenset(circuit.visible))

    def run(self) -> Circuit:
        for k, operation in enumerate(self.circuit.operations):
            match operation:
                case Measurement():
                    self.measure(k, operation)
                case Discard():
                    self.end(self.now(operation.wires[0]), operation.span)
                case Fresh():
                    self.operations.append(replace(operation, condition=()))
                case Reset():
                    self.reset(operation)
                case _:
                    self.act(operation)
            for bit in {bit for bit, _ in operation.condition if self.last_read[bit] == k}:
                self.release(bit, operation.span)
        visible = tuple(self.now(wire) for wire in self.circuit.visible)
        for wire in visible:
            self.restore(wire, self.wires[wire].span)
        return self.circuit.with_operations(self.operations, self.wires, visible)

    def now(self, wire: int) -> int:
        return self.place.get(wire, wire)

    def fresh(self, name: str, position: int, span: Span, site: tuple[str, int] | None = None) -> int:
        self.wires.append(Wire("fresh", name, position, site, span))
        self.operations.append(Fresh((len(self.wires) - 1,), span))
        return len(self.wires) - 1

    def end(self, wire: int, span: Span) -> None:
        """Discard a wire, at once or when its bits have been read."""
        if self.readers[wire]:
            self.ending.add(wire)
        else:
            self.operations.append(Discard((wire,), span))

    def release(self, bit: int, span: Span) -> None:
        wire = self.record.pop(bit, None)
        if wire is None:
            return
        self.readers[wire] -= 1
        if not self.readers[wire] and wire in self.ending:
            self.end(wire, span)

    def restore(self, wire: int, span: Span) -> None:
        if wire in self.flipped:
            self.flipped.remove(wire)
            self.operations.append(gate("x", (wire,), span))

    def measure(self, k: int, operation: Measurement) -> None:
        source, bit = operation.wires[0], operation.bit
        wire = self.now(source)
        if bit is not None and self.last_read.get(bit, -1) <= k:
            bit = None
        serves = k in self.serving
        if bit is None and serves:
            return
        if not serves:
            controls = self.controls(operation)
            if controls is None:
                return
            self.restore(wire, operation.span)
            copy = self.fresh("measured", len(self.wires), operation.span)
            self.operations.append(_under(controls, gate("cx", (wire, copy), operation.span)))
            wire = copy
            self.ending.add(copy)
        if bit is None:
            self.end(wire, operation.span)
        else:
            self.record[bit] = wire
            self.readers[wire] += 1

    def reset(self, operation: Reset) -> None:
        source = operation.wires[0]
        old, known = self.now(source), self.circuit.wires[source]
        new = self.fresh(known.register, known.position, operation.span, known.site)
        if not operation.condition:
            self.end(old, operation.span)
            self.place[source] = new
            return
        self.act(gate("swap", (source, new), operation.span, condition=operation.condition))
        self.end(new, operation.span)

    def act(self, operation: Operation) -> None:
        """A gate, or a channel, perhaps under a condition."""
        if operation.condition and is_channel(operation):
            for inner in dilated(operation, self.wires):
                if isinstance(inner, LIFETIME):
                    self.operations.append(inner)
                else:
                    self.act(inner)
            return
        controls = self.controls(operation)
        if controls is None:
            return
        wires = tuple(self.now(wire) for wire in operation.wires)
        for wire in wires:
            self.restore(wire, operation.span)
        if controls or wires != operation.wires or operation.condition:
            operation = _under(controls, replace(operation, wires=wires))
        self.operations.append(operation)

    def controls(self, operation: Operation) -> tuple[int, ...] | None:
        """The wires that must be one for the condition to hold, flipped where need be; None if it never holds."""
        wanted: dict[int, bool] = {}
        for bit, value in operation.condition:
            if bit not in self.record:  # never measured: it is zero
                if value:
                    return None
            elif wanted.setdefault(self.record[bit], value) != value:
                return None
        for wire, value in wanted.items():
            if value == (wire in self.flipped):
                self.operations.append(gate("x", (wire,), operation.span))
                self.flipped ^= {wire}
        return tuple(wanted)


def _under(controls: tuple[int, ...], operation: Operation) -> Operation:
    if not controls:
        return fold(replace(operation, condition=()))
    assert isinstance(operation, Unitary)  # channels under a condition are dilated before
    wires = (*controls, *operation.wires)
    return fold(replace(operation, wires=wires, controls=len(controls) + operation.controls, condition=()))


def _serving(circuit: Circuit, quantum: frozenset[int]) -> set[int]:
    """The certain measurements whose wire can hold the outcome.

    Until the wire ends, it is met by nothing but operations that are diagonal on it and do not depend on the outcome.
    """
    clean = [wire not in quantum for wire in range(len(circuit.wires))]
    readers: list[set[int]] = [set() for _ in circuit.wires]  # bits that what follows on the wire depends on
    serving: set[int] = set()
    for k in range(len(circuit.operations) - 1, -1, -1):
        operation = circuit.operations[k]
        wire = operation.wires[0]
        if isinstance(operation, LIFETIME) or (is_reset(operation) and not operation.condition):
            clean[wire] = True
            readers[wire] = set()
            continue
        if isinstance(operation, Measurement):
            if not operation.condition and clean[wire] and operation.bit not in readers[wire]:
                serving.add(k)
        else:
            for changed in set(operation.wires) - diagonal_wires(operation):
                clean[changed] = False
        for touched in operation.wires:
            readers[touched].update(bit for bit, _ in operation.condition)
    return serving
