"""Where the wires of a density matrix lie: two axes for a quantum wire, one for a wire that is a classical mixture.

A wire that begins in zero, meets one gate, and after it nothing but what keeps or permutes its basis states until it is
traced out, has a diagonal state at any time, whether it is measured or not: a choice that decides what is done
elsewhere. Its axis is that of the value, ket and bra at once, and the gates that make and permute its values give
chances, the squares of their entries. So a choice among 16 circuits costs a factor of 16 and not of 256.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from qgl.ir.circuit import Circuit
from qgl.ir.facts import diagonal_wires, is_permutation
from qgl.plan.axes import lives
from qgl.plan.state.elements import Small
from qgl.plan.state.state_vector import prepares, unitary_elements
from qgl.program.operations import LIFETIME, GateApplication, Measurement, Operation, Unitary


@dataclass(frozen=True, slots=True)
class Places:
    """Axes of wires, re-used after a wire's last operation.

    ket, bra   of each wire; the same axis where the wire is a classical mixture
    mixing     positions of the gates that change such wires, of which only the chances count
    ends       the wires whose axes are put back to zero and freed right after an operation
    pairs      of axes in all: a quantum wire has axes 2p and 2p + 1
    """

    ket: dict[int, int]
    bra: dict[int, int]
    mixing: frozenset[int]
    ends: dict[int, tuple[int, ...]]
    pairs: int


def places_of(circuit: Circuit) -> Places:
    """Visible wires live to the end; every other one is traced out after its last operation."""
    alive, mixtures = lives(circuit), classical_wires(circuit)
    ket: dict[int, int] = {}
    bra: dict[int, int] = {}
    ends: dict[int, tuple[int, ...]] = {}
    free = _Free()
    starts: dict[int, list[int]] = {}
    for wire, position in sorted(alive.first.items(), key=lambda pair: (pair[1], pair[0])):
        starts.setdefault(position, []).append(wire)
    for position in range(len(circuit.operations) + 1):
        for wire in starts.get(position, ()):
            if wire in mixtures:
                ket[wire] = bra[wire] = free.one()
            else:
                ket[wire] = 2 * free.pair()
                bra[wire] = ket[wire] + 1
        operation = circuit.operations[position] if position < len(circuit.operations) else None
        touched = () if operation is None or isinstance(operation, LIFETIME) else operation.wires
        over = tuple(wire for wire in touched if alive.last[wire] == position)
        if over:
            ends[position] = over
        for wire in over:
            free.give_back(ket[wire], bra[wire])
    return Places(ket, bra, frozenset(chain.from_iterable(mixtures.values())), ends, free.pairs)


def classical_wires(circuit: Circuit) -> dict[int, tuple[int, ...]]:
    """The wires that are classical mixtures, each with the positions of the gates that change its value."""
    made: dict[int, tuple[int, ...]] = {}  # wires that so far are
    never = set(circuit.visible)
    for position, operation in enumerate(circuit.operations):
        if isinstance(operation, (*LIFETIME, Measurement)):
            continue
        keeps = diagonal_wires(operation) if isinstance(operation, Unitary) else frozenset()
        turned = [wire for wire in operation.wires if wire not in keeps]
        known = all(wire in made for wire in keeps) and never.isdisjoint(turned)
        begins = known and made.keys().isdisjoint(turned)
        if turned and known and _is_small(operation) and (begins or is_permutation(operation)):
            made.update((wire, (*made.get(wire, ()), position)) for wire in turned)
        else:
            never.update(turned)
            for wire in turned:
                made.pop(wire, None)
        never.update(wire for wire in operation.wires if wire not in made)
    return _closed(circuit, made)


def _closed(circuit: Circuit, made: dict[int, tuple[int, ...]]) -> dict[int, tuple[int, ...]]:
    """Without wires one of whose gates is joined to a wire that turned out to be none later."""
    while True:
        left = {
            wire: positions
            for wire, positions in made.items()
            if all(made.keys() >= set(circuit.operations[position].wires) for position in positions)
        }
        if len(left) == len(made):
            return left
        made = left


def _is_small(operation: Operation) -> bool:
    """Whether a gate is one matrix, so that its chances are the squares of its entries."""
    if not isinstance(operation, GateApplication) or operation.controls or operation.condition or prepares(operation):
        return False
    elements = unitary_elements(operation, tuple(range(len(operation.wires))))
    return len(elements) == 1 and isinstance(elements[0], Small) and not elements[0].controls


class _Free:
    """Axes that no wire has; what was freed last is taken first."""

    def __init__(self) -> None:
        self.pairs = 0
        self._pairs: list[int] = []
        self._halves: list[int] = []  # axes whose partner is taken

    def pair(self) -> int:
        if self._pairs:
            return self._pairs.pop()
        self.pairs += 1
        return self.pairs - 1

    def one(self) -> int:
        if self._halves:
            return self._halves.pop()
        axis = 2 * self.pair()
        self._halves.append(axis + 1)
        return axis

    def give_back(self, ket: int, bra: int) -> None:
        if ket != bra:
            self._pairs.append(ket // 2)
        elif ket ^ 1 in self._halves:
            self._halves.remove(ket ^ 1)
            self._pairs.append(ket // 2)
        else:
            self._halves.append(ket)
