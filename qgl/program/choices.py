"""Choices: variables that are prepared by tables of probabilities and then measured, so that they are classical.

Each qubit of such a variable is rotated once, out of |0>, by an angle that the values of qubits before it pick, and
sin^2 of half of it is the probability of one. What the outcome decides is a mixture of circuits; `pick` takes the one
of the most likely values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from qgl.expression import Input, Real, evaluate
from qgl.gates import GATES
from qgl.gates.uniform import family_of
from qgl.program.operations import GateApplication, Operation
from qgl.record import record

_RY = GATES["ry"]
Bits = dict[int, bool]  # by wire


@record
class Choice:
    """A variable of several qubits, the most significant one first.

    tables  for each qubit, those whose values pick its angle, and the angles, the first for all in zero
    """

    name: str
    wires: tuple[int, ...]
    tables: tuple[tuple[tuple[int, ...], tuple[Real, ...]], ...]

    @property
    def atoms(self) -> Iterator[Input]:
        """The trained numbers of its tables."""
        atoms = (atom_of(angle) for _, angles in self.tables for angle in angles)
        return (atom for atom in atoms if atom is not None)

    def angle(self, place: int, bits: Mapping[int, bool]) -> Real:
        """The angle of one of its qubits, by the values of the qubits before it."""
        parents, angles = self.tables[place]
        return angles[sum(bits[wire] << k for k, wire in enumerate(reversed(parents)))]

    def values(self, known: Bits, number: Callable[[Input], float]) -> Iterator[tuple[Bits, float]]:
        """Its values that may come, as bits of its qubits, with their probabilities; `known`: the choices before it.

        number: the number that an input is.
        """

        def after(place: int, bits: Bits, probability: float) -> Iterator[tuple[Bits, float]]:
            if place == len(self.wires):
                yield {wire: bits[wire] for wire in self.wires}, probability
                return
            one = math.sin(evaluate(self.angle(place, bits), number) / 2) ** 2
            for bit, share in ((False, 1 - one), (True, one)):
                if share > 0:
                    yield from after(place + 1, {**bits, self.wires[place]: bit}, probability * share)

        return after(0, known, 1.0)

    @property
    def count(self) -> int:
        """How many values it has, from 0 on."""
        known = {wire: False for parents, _ in self.tables for wire in parents}
        return 1 + max(self.value(bits) for bits, _ in self.values(known, lambda atom: 1.0))

    def value(self, bits: Mapping[int, bool]) -> int:
        """The whole number that its qubits stand for."""
        return sum(bits[wire] << k for k, wire in enumerate(reversed(self.wires)))


def most_likely(choices: Sequence[Choice], number: Callable[[Input], float]) -> tuple[Bits, tuple[float, ...]]:
    """The most likely value of each choice, given those of the choices before it, and how likely each is."""
    bits: Bits = {}
    shares = []
    for choice in choices:
        value, share = max(choice.values(bits, number), key=lambda each: each[1])
        bits |= value
        shares.append(share)
    return bits, tuple(shares)


def wording(choices: Sequence[Choice], bits: Bits, shares: Sequence[float]) -> str:
    """`which[0] = 3, which[1] = 0, of probability 0.97`."""
    values = ", ".join(f"{choice.name} = {choice.value(bits)}" for choice in choices)
    return f"{values}, of probability {math.prod(shares):.4g}"


def certain(choices: Sequence[Choice], bits: Bits) -> Iterator[tuple[Input, float]]:
    """Trained angles, and the numbers, 0 or pi, that make these values certain."""
    for choice in choices:
        for place, wire in enumerate(choice.wires):
            atom = atom_of(choice.angle(place, bits))
            if atom is not None:
                yield atom, math.pi if bits[wire] else 0.0


def split_wires(operation: Operation) -> tuple[int, ...] | None:
    """The wires of an operation that rotates its last one by angles picked by the others; None for another
    operation.
    """
    if not isinstance(operation, GateApplication) or operation.controls:
        return None
    family = family_of(operation.gate.name)
    rotates = operation.gate is _RY or (family is not None and family[0] == "uniform_ry")
    return operation.wires if rotates else None


def atom_of(angle: Real) -> Input | None:
    """The parameter that an angle is; None for a constant or anything else."""
    match angle:
        case Real(0.0, ((1.0, Input() as atom),)):
            return atom
    return None
