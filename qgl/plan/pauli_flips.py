"""Stochastic Pauli flips: fresh qubits that flip others by chance, carried to the end of the circuit.

A qubit that no one reads, that is rotated once by ry(a) and from then on only controls Pauli gates, is a stochastic
Pauli flip: with probability sin^2(a / 2) a Pauli word acts. Channels such as `bit_flip` are stochastic Pauli flips once
they are dilated. A Pauli word that commutes with what follows, or that a Clifford gate takes to another Pauli word, can
as well act at the end. There its X and Y flip bits that are read out, and the mean of each Z word that it anticommutes
with is multiplied by cos(a). Means of Pauli words under any number of flips are products; the qubits of the flips are
not needed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from qgl.expression import Real
from qgl.gates import GATES
from qgl.gates.algebra import PAULI
from qgl.gates.model import Gate
from qgl.ir.circuit import Circuit
from qgl.ir.controls import unfold
from qgl.ir.facts import is_diagonal, is_swap
from qgl.plan.iqp.form import CLOSE, single_matrix
from qgl.program.operations import LIFETIME, Evolution, GateApplication, Operation, PauliRotation

_X, _Y, _Z, _RY = (GATES[name] for name in ("x", "y", "z", "ry"))
Names = frozenset[int]
NONE: Names = frozenset()


@dataclass(frozen=True, slots=True)
class PauliFlip:
    """The bits at visible `positions` are flipped together with probability sin^2(angle / 2), the angle in radians."""

    positions: frozenset[int]
    angle: Real


@dataclass(frozen=True, slots=True)
class Carried:
    """A circuit without its flips, and these; together they have the distribution of the bits of the whole circuit."""

    circuit: Circuit
    flips: tuple[PauliFlip, ...]


def carry(circuit: Circuit) -> Carried:
    """The flips of a circuit of unitary gates, `fresh` and `discard` that can be carried to its end."""
    flips_of = _flips(circuit)
    if not flips_of:
        return Carried(circuit, ())
    walk = _Walk(flips_of)
    for operation in circuit.operations:
        if not isinstance(operation, LIFETIME):
            walk.step(operation)
    carried = flips_of.keys() - walk.stuck
    if not carried:
        return Carried(circuit, ())
    places: dict[int, set[int]] = {wire: set() for wire in flips_of}
    for position, wire in enumerate(circuit.visible):
        for flip in walk.x.get(wire, NONE):
            places[flip].add(position)
    flips = tuple(
        PauliFlip(frozenset(places[wire]), flips_of[wire]) for wire in flips_of if wire in carried and places[wire]
    )
    left = (operation for operation in circuit.operations if carried.isdisjoint(operation.wires))
    return Carried(circuit.with_operations(left), flips)


def _flips(circuit: Circuit) -> dict[int, Real]:
    """Wires that may be stochastic Pauli flips, with their angles."""
    visible = set(circuit.visible)
    rotated: dict[int, Real] = {}
    other: set[int] = set()
    for operation in circuit.operations:
        if isinstance(operation, LIFETIME):
            continue
        first = operation.wires[0]
        if _is_gate(operation, _RY) and first not in rotated and first not in visible:
            rotated[first] = operation.numbers[0]
            continue
        pauli = _controlled_pauli(operation)
        other.update(wire for wire in operation.wires if wire not in rotated or wire not in pauli)
    return {wire: angle for wire, angle in rotated.items() if wire not in other}


def _controlled_pauli(operation: Operation) -> tuple[int, ...]:
    """The wires of a Pauli gate under one control that may be a stochastic Pauli flip."""
    plain = unfold(operation)
    if plain.condition or not any(_is_gate(plain, pauli, 1) for pauli in (_X, _Y, _Z)):
        return ()
    return plain.wires if _is_gate(plain, _Z, 1) else plain.wires[:1]


def _is_gate(operation: Operation, gate: Gate, controls: int = 0) -> bool:
    return isinstance(operation, GateApplication) and operation.gate is gate and operation.controls == controls


@dataclass
class _Walk:
    """Which flips have X, and which have Z, on each wire by now; a Y is both. `stuck` cannot be carried on."""

    flips: dict[int, Real]
    x: dict[int, Names] = field(default_factory=dict)
    z: dict[int, Names] = field(default_factory=dict)
    stuck: set[int] = field(default_factory=set)

    def step(self, operation: Operation) -> None:
        wires = operation.wires
        flipped = [wire for wire in wires if wire in self.flips]
        if flipped:
            self._flip(unfold(operation), flipped)
        elif len(wires) == 1:
            self._rotate(operation)
        elif any(self.x.get(wire) or self.z.get(wire) for wire in wires):
            self._several(operation)

    def _flip(self, plain: Operation, flipped: list[int]) -> None:
        """A flip makes a Pauli gate act. Two flips on one cz make a sign that is the same for all that is read."""
        if len(plain.wires) == 1 or len(flipped) == 2:
            return
        (flip,) = flipped
        (target,) = (wire for wire in plain.wires if wire != flip)
        own = frozenset((flip,))
        if not _is_gate(plain, _Z, 1):
            self.x[target] = self.x.get(target, NONE) ^ own
        if not _is_gate(plain, _X, 1):
            self.z[target] = self.z.get(target, NONE) ^ own

    def _rotate(self, operation: Operation) -> None:
        """A gate on one wire."""
        wire = operation.wires[0]
        x, z = self.x.get(wire, NONE), self.z.get(wire, NONE)
        if not x | z:
            return
        matrix = single_matrix(operation)
        images = None if matrix is None else [_image(matrix, letter) for letter in "XZ"]
        if images is None or None in images:
            self._clash(operation)
            return
        of_x, of_z = images
        self.x[wire] = (x if of_x in ("X", "Y") else NONE) ^ (z if of_z in ("X", "Y") else NONE)
        self.z[wire] = (x if of_x in ("Y", "Z") else NONE) ^ (z if of_z in ("Y", "Z") else NONE)

    def _several(self, operation: Operation) -> None:
        plain = unfold(operation)
        one, other = plain.wires[:2]
        x, z = ({wire: table.get(wire, NONE) for wire in (one, other)} for table in (self.x, self.z))
        if is_swap(plain):
            self.x |= {one: x[other], other: x[one]}
            self.z |= {one: z[other], other: z[one]}
        elif _is_gate(plain, _X, 1):
            self.x[other] = x[other] ^ x[one]
            self.z[one] = z[one] ^ z[other]
        elif _is_gate(plain, _Z, 1):
            self.z |= {one: z[one] ^ x[other], other: z[other] ^ x[one]}
        else:
            self._clash(operation)

    def _clash(self, operation: Operation) -> None:
        """Flips whose Pauli words may not commute with the operation stay where they are."""
        wires = operation.wires
        if is_diagonal(operation) and (operation.control_wires or not _pauli_words(operation)):
            self._stick(flip for wire in wires for flip in self.x.get(wire, NONE))
            return
        pauli_words = [] if operation.control_wires else _pauli_words(operation)
        if not pauli_words:
            self._stick(flip for wire in wires for table in (self.x, self.z) for flip in table.get(wire, NONE))
        for pauli_word in pauli_words:
            against = NONE
            for wire, letter in zip(wires, pauli_word, strict=True):
                against ^= self.z.get(wire, NONE) if letter in "XY" else NONE
                against ^= self.x.get(wire, NONE) if letter in "YZ" else NONE
            self._stick(against)

    def _stick(self, flips: Iterable[int]) -> None:
        stuck = frozenset(flips)
        self.stuck |= stuck
        if stuck:
            for table in (self.x, self.z):
                for wire in table:
                    table[wire] -= stuck


def _pauli_words(operation: Operation) -> list[str]:
    """The Pauli words that a rotation or an evolution is generated by; none for other gates."""
    match operation:
        case PauliRotation():
            return [operation.pauli_word]
        case Evolution():
            return [pauli_word for _, pauli_word in operation.terms]
        case GateApplication() if operation.gate.generator is not None:
            return [operation.gate.generator]
        case _:
            return []


def _image(matrix: np.ndarray[tuple[int, ...], np.dtype[np.complex128]], letter: str) -> str | None:
    """The Pauli letter that a gate takes a letter to, whatever the sign."""
    image = matrix @ PAULI[letter] @ matrix.conj().T
    return next((other for other in "XYZ" if math.isclose(abs(np.vdot(PAULI[other], image)), 2, abs_tol=CLOSE)), None)
