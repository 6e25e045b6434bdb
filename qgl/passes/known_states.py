"""What is known at the start: wires in |0> or |1> make controls certain and phases global.

Valid in: any circuit. Valid out: the same state of the visible register. Controls and conditions that are known are
resolved, phases that only known wires see are dropped, and gates that do nothing are gone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from qgl.expression import Real
from qgl.gates import GATES
from qgl.gates.model import Gate
from qgl.ir.circuit import Circuit
from qgl.ir.controls import fold, unfold
from qgl.ir.facts import diagonal_wires, is_diagonal, is_permutation, is_unitary
from qgl.ir.lanes import States, rolled_up, stepped
from qgl.program.operations import (
    ChannelApplication,
    Discard,
    Evolution,
    Fresh,
    GateApplication,
    MatrixUnitary,
    Measurement,
    Operation,
    PauliRotation,
    Reset,
    Unitary,
    gate,
)

# Angle of a first rotation about Z: the place it acts on.
LEADING = {GATES["su2"]: {0: 0}, GATES["su4"]: {0: 0, 3: 1}, GATES["u"]: {2: 0}}
_PHASES = (GATES["z"], GATES["p"])
_EXCHANGES = (GATES["swap"], GATES["iswap"])
# Beside a wire in a known basis state: its place, and what the gate is on the other one, up to the sign of the angle.
_BESIDE = {GATES["rzz"]: {0: GATES["rz"], 1: GATES["rz"]}, GATES["rzx"]: {0: GATES["rx"]}}
_EPSILON = 1e-14


def resolve_known(circuit: Circuit) -> Circuit:
    """`circuit` with what follows from its wires starting in |0>."""
    if circuit.lanes is not None:
        values = np.zeros(len(circuit.wires), dtype=np.int64)
        return circuit.with_operations(rolled_up(stepped(circuit.lanes, values, _step)))
    known = _Known(dict.fromkeys(range(len(circuit.wires)), False))
    kept = (known.step(operation) for operation in circuit.operations)
    return circuit.with_operations(operation for operation in kept if operation is not None)


_VALUES = (False, True, None)  # by their number in lanes


def _step(operation: Operation, before: States) -> tuple[Operation | None, States]:
    """What is left of a numbered operation, and what is known after it."""
    known = _Known({wire: _VALUES[value] for wire, value in enumerate(before)})
    left = known.step(operation)
    return left, tuple(_VALUES.index(known.value[wire]) for wire in range(len(before)))


class _Known:
    """value: of each wire, its bit if that is certain."""

    def __init__(self, value: dict[int, bool | None]) -> None:
        self.value = value
        self.bit: dict[int, bool | None] = {}

    def step(self, operation: Operation) -> Operation | None:
        """What is left of the operation, if anything; learns what it does."""
        if self.is_nothing_new(operation):
            return operation
        conditioned = self.condition(operation)
        left: Operation | None
        match conditioned:
            case None | Fresh() | Discard():
                return conditioned
            case Measurement():
                return self.measure(conditioned)
            case Reset():
                return self.reset(conditioned)
            case Unitary():
                left = self.reduce(conditioned)
            case _:
                left = _unless_identity(conditioned)
        if left is None or (all(self.value[wire] is not None for wire in left.wires) and is_diagonal(left)):
            return None
        self.learn(left)
        return left

    def is_nothing_new(self, operation: Operation) -> bool:
        """Whether it is a gate with an angle on wires of which nothing is known: most are, and stay what they are."""
        if type(operation) is not GateApplication or operation.condition:
            return False
        value = self.value
        for wire in operation.wires:
            if value[wire] is not None:
                return False
        return any(angle.terms for angle in operation.angles)

    def condition(self, operation: Operation) -> Operation | None:
        if not operation.condition:
            return operation
        left = []
        for bit, wanted in dict.fromkeys(operation.condition):
            value = self.bit.get(bit, False)
            if value is None:
                left.append((bit, wanted))
            elif value != wanted:
                return None
        return replace(operation, condition=tuple(left))

    def measure(self, operation: Measurement) -> Operation | None:
        value = self.value[operation.wires[0]]
        if operation.bit is None:
            return operation if value is None else None
        self.bit[operation.bit] = None if operation.condition and value is not False else value
        return operation

    def reset(self, operation: Reset) -> Operation | None:
        wire = operation.wires[0]
        value = self.value[wire]
        if value is False:
            return None
        self.value[wire] = None if operation.condition else False
        return operation if value is None else gate("x", operation.wires, operation.span, condition=operation.condition)

    def reduce(self, operation: Unitary) -> Operation | None:
        """A unitary without controls, letters and angles that the known wires make needless."""
        if all(self.value[wire] is None for wire in operation.wires):
            return None if _is_identity(operation) else operation
        left = self.without_controls(operation)
        if isinstance(left, PauliRotation | Evolution):
            left = self.without_letters(left)
        elif isinstance(left, GateApplication):
            left = self.without_signs(left)
        return None if left is None or _is_identity(left) else left

    def without_controls(self, operation: Unitary) -> Operation | None:
        plain = unfold(operation)
        assert isinstance(plain, Unitary)
        # A phase if all of the wires are one.
        symmetric = isinstance(plain, GateApplication) and plain.gate in _PHASES and plain.controls > 0
        count = len(plain.wires) if symmetric else plain.controls
        controls, own = plain.wires[:count], plain.wires[count:]
        if any(self.value[wire] is False for wire in controls):
            return None
        left = tuple(wire for wire in controls if self.value[wire] is None)
        if len(left) == count:
            return operation
        if symmetric and not left:
            return None
        return fold(replace(plain, wires=left + own, controls=len(left) - (1 if symmetric else 0)))

    def without_letters(self, operation: PauliRotation | Evolution) -> Operation:
        """Letters Z on known wires of a Pauli word, or of all Pauli words of a Hamiltonian, become signs."""
        own = operation.targets
        diagonal = diagonal_wires(operation)
        certain = [k for k, wire in enumerate(own) if wire in diagonal and self.value[wire] is not None]
        if not certain or len(certain) == len(own):
            return operation
        flips = {k for k in certain if self.value[own[k]]}
        kept = [k for k in range(len(own)) if k not in certain]
        wires = operation.control_wires + tuple(own[k] for k in kept)

        def shorter(pauli_word: str) -> str:
            return "".join(pauli_word[k] for k in kept)

        def odd(pauli_word: str) -> bool:
            return sum(pauli_word[k] == "Z" for k in flips) % 2 == 1

        if isinstance(operation, PauliRotation):
            angle = -operation.angle if odd(operation.pauli_word) else operation.angle
            return replace(operation, wires=wires, angle=angle, pauli_word=shorter(operation.pauli_word))
        terms = tuple((-c if odd(pauli_word) else c, shorter(pauli_word)) for c, pauli_word in operation.terms)
        return replace(operation, wires=wires, terms=terms)

    def without_signs(self, operation: GateApplication) -> Operation:
        """rzz and rzx beside a known wire rotate the other one; a first rotation about Z of a known wire is a phase."""
        if operation.controls:
            return operation
        values = [self.value[wire] for wire in operation.wires]
        for place, rotation in _BESIDE.get(operation.gate, {}).items():
            if values[place] is not None:
                angle = -operation.angles[0] if values[place] else operation.angles[0]
                return replace(operation, gate=rotation, wires=(operation.wires[1 - place],), angles=(angle,))
        needless = {k for k, place in LEADING.get(operation.gate, {}).items() if values[place] is not None}
        if not needless:
            return operation
        return operation.with_numbers([Real(0.0) if k in needless else a for k, a in enumerate(operation.angles)])

    def learn(self, operation: Operation) -> None:
        values = [self.value[wire] for wire in operation.wires]
        certain = None not in values and is_unitary(operation) and is_permutation(operation)
        if isinstance(operation, GateApplication) and operation.gate in _EXCHANGES and not operation.controls:
            after: list[bool | None] = [values[1], values[0]]
        elif certain:
            after = list(_image(operation, tuple(value is True for value in values)))
        else:
            after = [None] * len(values)
        diagonal = diagonal_wires(operation)
        for wire, old, new in zip(operation.wires, values, after, strict=True):
            if wire not in diagonal:
                self.value[wire] = new if not operation.condition or new == old else None


def _image(operation: Operation, bits: tuple[bool, ...]) -> tuple[bool, ...]:
    """The basis state that a permutation without controls makes of a basis state; Pauli words only permute when
    diagonal.
    """
    match operation:
        case MatrixUnitary():
            matrix = operation.matrix
        case GateApplication():
            matrix = operation.gate.matrix(np, *(np.ones(()) for _ in operation.angles))
        case _:
            return bits
    column = int("".join("01"[bit] for bit in bits), 2)
    row = int(np.argmax(np.abs(matrix[:, column])))
    return tuple(letter == "1" for letter in f"{row:0{len(bits)}b}")


def _unless_identity(operation: Operation) -> Operation | None:
    """A channel, or nothing if its strengths are constant and it does nothing."""
    if not isinstance(operation, ChannelApplication) or not all(s.is_constant for s in operation.strengths):
        return operation
    operators = operation.channel.kraus(np, *(np.asarray(strength.constant) for strength in operation.strengths))
    scalars = operators[:, :1, :1] * np.eye(operators.shape[-1])
    return None if np.abs(operators - scalars).max() < _EPSILON else operation


def _is_identity(operation: Operation) -> bool:
    """A gate with constant angles that does nothing; without controls its phase does not count."""
    exactly = len(operation.control_wires) > 0
    match operation:
        case PauliRotation(angle=angle) if angle.is_constant:
            return abs(np.sin(angle.constant)) < _EPSILON and (not exactly or np.cos(angle.constant) > 0)
        case Evolution(time=time):
            return time.is_constant and time.constant == 0
        case GateApplication() if all(angle.is_constant for angle in operation.angles):
            return _is_constant_identity(operation.gate, tuple(a.constant for a in operation.angles), exactly)
        case _:
            return False


@lru_cache(maxsize=4096)
def _is_constant_identity(gate: Gate, angles: tuple[float, ...], exactly: bool) -> bool:
    matrix = gate.matrix(np, *(np.asarray(angle) for angle in angles))
    phase = 1.0 if exactly else matrix[0, 0]
    return bool(abs(abs(phase) - 1) < _EPSILON and np.abs(matrix - phase * np.eye(len(matrix))).max() < _EPSILON)
