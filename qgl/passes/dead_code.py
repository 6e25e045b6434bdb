"""Operations that cannot reach the answer are dropped.

Valid in: any circuit. Valid out: the same state of the visible register, or the same distribution of its bits when only
those are asked for.

A backward sweep keeps for every wire what the rest of the circuit can still see of it:
  NOTHING  it is traced out whatever happens to it;
  BITS     its basis states only: a measurement of it, here, would change no answer;
  ALL      its quantum state.
An operation is dead if it is diagonal on the wires of which bits are seen, and of the others nothing is seen. Then it
permutes phases among what is seen, or acts where nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum

import numpy as np

from qgl.expression import Input, Real
from qgl.gates import GATES
from qgl.ir.circuit import Circuit
from qgl.ir.facts import diagonal_wires, is_permutation, is_reset, is_swap
from qgl.ir.lanes import States, rolled_up, stepped
from qgl.passes.known_states import resolve_known
from qgl.program.operations import LIFETIME, GateApplication, Measurement, Operation, inputs_of
from qgl.program.rolled import Lane


class Seen(IntEnum):
    NOTHING = 0
    BITS = 1
    ALL = 2


# The last rotations of a gate: for every place their angles in order, the last one about Z.
TRAILING = {
    GATES["su2"]: {0: (0, 1, 2)},
    GATES["su4"]: {0: (9, 10, 11), 1: (12, 13, 14)},
    GATES["u"]: {0: (2, 0, 1)},
}


def drop_dead(circuit: Circuit, reads_only_bits: bool) -> Circuit:
    """`circuit` without what the answer does not depend on; wires that nothing touches are gone."""
    while True:
        smaller = _swept(resolve_known(circuit), reads_only_bits)
        if len(smaller.operations) == len(circuit.operations):
            return smaller
        circuit = smaller


def _swept(circuit: Circuit, reads_only_bits: bool) -> Circuit:
    least = Seen.BITS if reads_only_bits else Seen.ALL
    if circuit.lanes is not None:
        levels = np.zeros(len(circuit.wires), dtype=np.int64)
        levels[list(circuit.visible)] = least
        return circuit.with_operations(rolled_up(_used(circuit, stepped(circuit.lanes, levels, _step, backward=True))))
    seen = dict.fromkeys(range(len(circuit.wires)), Seen.NOTHING)
    sweep = _Sweep(seen | dict.fromkeys(circuit.visible, least))
    kept = [left for operation in reversed(circuit.operations) if (left := sweep.step(operation)) is not None]
    acted_on = {wire for operation in kept if not isinstance(operation, LIFETIME) for wire in operation.wires}
    acted_on.update(circuit.visible)
    return circuit.with_operations(o for o in reversed(kept) if acted_on.issuperset(o.wires))


def live_parameters(circuit: Circuit) -> frozenset[Input]:
    """The elements of parameters that some operation depends on."""
    return frozenset[Input]().union(*map(inputs_of, circuit.operations))


def _used(circuit: Circuit, lanes: Sequence[Lane]) -> Iterator[Lane]:
    """Lanes without lives of wires that nothing else touches."""
    used = np.zeros(len(circuit.wires), np.bool_)
    used[list(circuit.visible)] = True
    for lane in lanes:
        if not isinstance(lane.pattern, LIFETIME):
            used[lane.wires] = True
    for lane in lanes:
        kept = used[lane.wires[:, 0]]
        yield lane if kept.all() else lane.part(np.flatnonzero(kept))


def _step(operation: Operation, after: States) -> tuple[Operation | None, States]:
    """What is left of a numbered operation, and what is seen before it."""
    sweep = _Sweep({wire: Seen(level) for wire, level in enumerate(after)})
    left = sweep.step(operation)
    return left, tuple(int(sweep.seen[wire]) for wire in range(len(after)))


class _Sweep:
    """seen: of each wire, what what follows sees of it."""

    def __init__(self, seen: dict[int, Seen]) -> None:
        self.seen = seen
        self.read: set[int] = set()  # measured bits that a later operation depends on

    def step(self, operation: Operation) -> Operation | None:
        """The operation if it is alive, perhaps with fewer angles; updates what is seen before it."""
        if self.is_seen_whole(operation):
            return operation
        wire = operation.wires[0]
        if isinstance(operation, LIFETIME):
            self.seen[wire] = Seen.NOTHING
            return operation
        left: Operation | None
        if isinstance(operation, Measurement):
            left = self.measure(operation)
        elif is_reset(operation) and not operation.condition:
            left = operation if self.seen[wire] else None
            self.seen[wire] = Seen.NOTHING
        else:
            left = self.act(operation)
        if left is not None:
            self.read.update(bit for bit, _ in left.condition)
        return left

    def is_seen_whole(self, operation: Operation) -> bool:
        """Whether it is a gate all of whose wires are seen, before it then as well: most are."""
        if type(operation) is not GateApplication or operation.condition:
            return False
        seen = self.seen
        return all(seen[wire] is Seen.ALL for wire in operation.wires)

    def measure(self, operation: Measurement) -> Operation | None:
        wire = operation.wires[0]
        if operation.bit not in self.read and self.seen[wire] <= Seen.BITS:
            return None
        self.seen[wire] = max(self.seen[wire], Seen.BITS) if operation.condition else Seen.BITS
        return operation

    def act(self, operation: Operation) -> Operation | None:
        """A gate, a channel, or a reset under a condition."""
        seen, diagonal = self.seen, diagonal_wires(operation)
        if all(
            seen[wire] == Seen.NOTHING or (wire in diagonal and seen[wire] == Seen.BITS) for wire in operation.wires
        ):
            return None
        left = self.without_last_rotations(operation)
        if is_swap(operation) and not operation.condition:
            one, other = operation.wires
            seen[one], seen[other] = seen[other], seen[one]
            return left
        # A permutation commutes with measuring all of its wires. One wire of which all is seen spoils that: the
        # target of cx in a superposition leaves the coherence of its control alone, a measured one does not.
        classical = all(seen[wire] <= Seen.BITS for wire in operation.wires) and is_permutation(operation)
        for wire in operation.wires:
            if wire in diagonal:
                seen[wire] = max(seen[wire], Seen.BITS)
            else:
                seen[wire] = Seen.BITS if classical else Seen.ALL
        return left

    def without_last_rotations(self, operation: Operation) -> Operation:
        places = TRAILING.get(operation.gate) if isinstance(operation, GateApplication) else None
        if places is None or any(self.seen[wire] == Seen.ALL for wire in operation.control_wires):
            return operation
        own = operation.targets
        needless: set[int] = set()
        for place, angles in places.items():
            seen = self.seen[own[place]]
            needless.update(angles if seen == Seen.NOTHING else angles[-1:] if seen == Seen.BITS else ())
        if not needless:
            return operation
        return operation.with_numbers([Real(0.0) if k in needless else a for k, a in enumerate(operation.numbers)])
