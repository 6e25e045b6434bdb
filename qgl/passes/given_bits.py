"""Qubits in basis states that inputs say: what such a qubit controls depends on the input, and joins nothing.

A register that starts from a row of data is in a basis state, whose bits are inputs of the circuit: so a rotation that
one of them controls is the rotation by the bit times the angle, and a table of angles that bits pick from is a choice
of a number. The circuit of one row is often far smaller than that of all rows.

Valid in: any circuit. Valid out: for every value of the inputs the same state of the visible register, whatever is
read of it; phases of the whole state may differ.
"""

from __future__ import annotations

import math
from dataclasses import replace

from qgl.expression import Input, Real, apply
from qgl.gates import GATES
from qgl.gates.uniform import family_of
from qgl.ir.circuit import Circuit
from qgl.ir.controls import fold, unfold
from qgl.ir.facts import diagonal_wires
from qgl.program.operations import LIFETIME, GateApplication, Operation, gate

_SCALED = ("rx", "ry", "rz", "p")  # to the power of a bit, they are themselves with the bit times the angle
_TURNS = {"x": "rx", "y": "ry", "z": "rz"}  # and these are half a turn times the bit, but for the phase of all
_ZERO = Real(0.0)


def resolve_given(circuit: Circuit) -> Circuit:
    """`circuit` with what follows from its registers starting from rows; itself where none does."""
    if not any(parameter.rows is not None for parameter in circuit.parameters):
        return circuit
    given = _Given(circuit)
    return circuit.with_operations(given.step(operation) for operation in circuit.operations)


class _Given:
    """`bits` has the bit of each wire that is in a basis state."""

    def __init__(self, circuit: Circuit) -> None:
        self.parameters = circuit.parameters
        self.bits: dict[int, Real] = dict.fromkeys(range(len(circuit.wires)), _ZERO)

    def step(self, operation: Operation) -> Operation:
        """What the operation is, given the bits before it; learns those after it."""
        if isinstance(operation, LIFETIME):
            return operation
        left = operation
        if isinstance(operation, GateApplication) and not operation.condition:
            started = self.started(operation)
            if started is not None:
                self.bits[operation.wires[0]] = started
                return operation
            left = self.picked(operation) if family_of(operation.gate.name) else self.powered(operation)
            if self.flipped(operation):
                return left
        kept = diagonal_wires(operation)
        for wire in operation.wires:
            if wire not in kept:
                self.bits.pop(wire, None)
        return left

    def started(self, operation: GateApplication) -> Real | None:
        """The bit that a half turn times an input puts on a qubit in zero, if that is what the operation is."""
        turned = operation.gate.name in ("rx", "ry") and not operation.controls
        if not turned or self.bits.get(operation.wires[0]) != _ZERO:
            return None
        (angle,) = operation.angles
        match angle.terms:
            case ((factor, Input() as atom),) if factor == math.pi and angle.constant == 0:
                parameter = self.parameters[atom.parameter]
                if parameter.kind == "latent" and parameter.distribution.finite:
                    return Real(0.0, ((1.0, atom),))
        return None

    def flipped(self, operation: GateApplication) -> bool:
        """Whether it is an x whose qubits are all in basis states, and leaves them in such."""
        plain = unfold(operation)
        assert isinstance(plain, GateApplication)
        if plain.gate.name != "x" or any(wire not in self.bits for wire in plain.wires):
            return False
        target, flip = plain.targets[0], self.product(plain.control_wires)
        before = self.bits[target]
        self.bits[target] = before + flip - 2 * (before * flip)
        return True

    def powered(self, operation: GateApplication) -> Operation:
        """A gate without the controls whose bits are inputs, to the power of these."""
        plain = unfold(operation)
        assert isinstance(plain, GateApplication)
        known = [wire for wire in plain.control_wires if not self.bits.get(wire, _ZERO).is_constant]
        others = tuple(wire for wire in plain.control_wires if wire not in known)
        name, power = plain.gate.name, self.product(tuple(known))
        if not known or (name not in _SCALED and (name not in _TURNS or others)):
            return operation
        angle = plain.angles[0] * power if name in _SCALED else math.pi * power
        turn = GATES[_TURNS.get(name, name)]
        wires = others + plain.targets
        return fold(replace(plain, gate=turn, wires=wires, controls=len(others), angles=(angle,)))

    def picked(self, operation: GateApplication) -> Operation:
        """A rotation by an angle for each state of other qubits, if all of these are in basis states."""
        family = family_of(operation.gate.name)
        *parents, target = operation.wires
        known = family is not None and family[0] in ("uniform_ry", "uniform_rz") and not operation.controls
        if not known or any(wire not in self.bits for wire in parents):
            return operation
        number = _ZERO
        for wire in parents:
            number = 2 * number + self.bits[wire]
        if number.is_constant:
            return operation
        name = operation.gate.name.removeprefix("uniform_")[:2]
        return gate(name, (target,), operation.span, [apply("choose", number, *operation.angles)])

    def product(self, wires: tuple[int, ...]) -> Real:
        result = Real(1.0)
        for wire in wires:
            result = result * self.bits[wire]
        return result
