"""What is known at the start: wires in |0> or |1> make controls certain and phases global.

Valid in: any circuit. Valid out: the same state of the visible register. Controls and conditions that are known are
resolved, phases that only known wires see are dropped, and gates that do nothing are gone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from qgl.expression import Real
from qgl.gates import CHANNELS, GATES
from qgl.ir.circuit import Circuit
from qgl.ir.controls import fold, unfold
from qgl.ir.facts import diagonal_wires, is_diagonal, is_permutation, is_reset, is_unitary
from qgl.program.program import Operation

LEADING = {"su2": {0: 0}, "su4": {0: 0, 3: 1}, "u": {2: 0}}  # angle of a first rotation about Z: the place it acts on
_EPSILON = 1e-14


def resolve_known(circuit: Circuit) -> Circuit:
    """`circuit` with what follows from its wires starting in |0>."""
    known = _Known(circuit)
    kept = (known.step(operation) for operation in circuit.operations)
    return circuit.with_operations(operation for operation in kept if operation is not None)


class _Known:
    def __init__(self, circuit: Circuit) -> None:
        self.value: list[bool | None] = [False] * len(circuit.wires)
        self.bit: dict[int, bool | None] = {}

    def step(self, operation: Operation) -> Operation | None:
        """What is left of the operation, if anything; learns what it does."""
        conditioned = self.condition(operation)
        if conditioned is None or conditioned.gate in ("fresh", "discard"):
            return conditioned
        if conditioned.gate == "measure":
            return self.measure(conditioned)
        if is_reset(conditioned):
            return self.reset(conditioned)
        left = self.reduce(conditioned) if is_unitary(conditioned) else _unless_identity(conditioned)
        if left is None or (all(self.value[wire] is not None for wire in left.wires) and is_diagonal(left)):
            return None
        self.learn(left)
        return left

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

    def measure(self, operation: Operation) -> Operation | None:
        value = self.value[operation.wires[0]]
        if operation.bit is None:
            return operation if value is None else None
        self.bit[operation.bit] = None if operation.condition and value is not False else value
        return operation

    def reset(self, operation: Operation) -> Operation | None:
        wire = operation.wires[0]
        value = self.value[wire]
        if value is False:
            return None
        self.value[wire] = None if operation.condition else False
        return operation if value is None else replace(operation, gate="x")

    def reduce(self, operation: Operation) -> Operation | None:
        """A unitary without controls, letters and angles that the known wires make needless."""
        if all(self.value[wire] is None for wire in operation.wires):
            return None if _is_identity(operation) else operation
        left = self.without_controls(operation)
        if left is not None and left.gate in ("pauli", "evolve"):
            left = self.without_letters(left)
        elif left is not None:
            left = self.without_signs(left)
        return None if left is None or _is_identity(left) else left

    def without_controls(self, operation: Operation) -> Operation | None:
        plain = unfold(operation)
        symmetric = plain.gate in ("z", "p") and plain.controls > 0  # a phase if all of the wires are one
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

    def without_letters(self, operation: Operation) -> Operation:
        """Letters Z on known wires of a Pauli word, or of all words of a Hamiltonian, become signs."""
        count = operation.controls
        controls, own = operation.wires[:count], operation.wires[count:]
        diagonal = diagonal_wires(operation)
        certain = [k for k, wire in enumerate(own) if wire in diagonal and self.value[wire] is not None]
        if not certain or len(certain) == len(own):
            return operation
        flips = {k for k in certain if self.value[own[k]]}
        kept = [k for k in range(len(own)) if k not in certain]
        wires = controls + tuple(own[k] for k in kept)

        def shorter(word: str) -> str:
            return "".join(word[k] for k in kept)

        def odd(word: str) -> bool:
            return sum(word[k] == "Z" for k in flips) % 2 == 1

        if operation.gate == "pauli":
            word = operation.word
            args = (-operation.args[0],) if odd(word) else operation.args
            return replace(operation, wires=wires, args=args, word=shorter(word))
        terms = tuple((-c if odd(word) else c, shorter(word)) for c, word in operation.terms)
        return replace(operation, wires=wires, terms=terms)

    def without_signs(self, operation: Operation) -> Operation:
        """rzz and rzx beside a known wire rotate the other one; a first rotation about Z of a known wire is a phase."""
        if operation.controls:
            return operation
        values = [self.value[wire] for wire in operation.wires]
        if operation.gate in ("rzz", "rzx"):
            for place in (0, 1) if operation.gate == "rzz" else (0,):
                if values[place] is not None:
                    args = (-operation.args[0],) if values[place] else operation.args
                    name = "rz" if operation.gate == "rzz" else "rx"
                    return replace(operation, gate=name, wires=(operation.wires[1 - place],), args=args)
        needless = {k for k, place in LEADING.get(operation.gate, {}).items() if values[place] is not None}
        if not needless:
            return operation
        args = tuple(Real(0.0) if k in needless else arg for k, arg in enumerate(operation.args))
        return replace(operation, args=args)

    def learn(self, operation: Operation) -> None:
        values = [self.value[wire] for wire in operation.wires]
        certain = None not in values and is_unitary(operation) and is_permutation(operation)
        if operation.gate in ("swap", "iswap") and not operation.controls:
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
    """The basis state that a permutation without controls makes of a basis state; words only permute when diagonal."""
    if operation.matrices is not None:
        matrix = operation.matrices[0]
    elif operation.gate in GATES:
        matrix = GATES[operation.gate].matrix(np, *(np.ones(()) for _ in operation.args))
    else:
        return bits
    column = int("".join("01"[bit] for bit in bits), 2)
    row = int(np.argmax(np.abs(matrix[:, column])))
    return tuple(letter == "1" for letter in f"{row:0{len(bits)}b}")


def _unless_identity(operation: Operation) -> Operation | None:
    """A channel, or nothing if its strengths are constant and it does nothing."""
    if operation.gate == "kraus" or not all(arg.is_constant for arg in operation.args):
        return operation
    operators = CHANNELS[operation.gate].kraus(np, *(np.asarray(arg.constant) for arg in operation.args))
    scalars = operators[:, :1, :1] * np.eye(operators.shape[-1])
    return None if np.abs(operators - scalars).max() < _EPSILON else operation


def _is_identity(operation: Operation) -> bool:
    """A gate with constant angles that does nothing; without controls its phase does not count."""
    if not all(arg.is_constant for arg in operation.args):
        return False
    exactly = operation.controls > 0
    match operation.gate:
        case "pauli":
            angle = operation.args[0].constant
            return abs(np.sin(angle)) < _EPSILON and (not exactly or np.cos(angle) > 0)
        case "evolve":
            return operation.args[0].constant == 0
        case "unitary":
            return False
        case name:
            return _is_constant_identity(name, tuple(arg.constant for arg in operation.args), exactly)


@lru_cache(maxsize=4096)
def _is_constant_identity(name: str, angles: tuple[float, ...], exactly: bool) -> bool:
    matrix = GATES[name].matrix(np, *(np.asarray(angle) for angle in angles))
    phase = 1.0 if exactly else matrix[0, 0]
    return bool(abs(abs(phase) - 1) < _EPSILON and np.abs(matrix - phase * np.eye(len(matrix))).max() < _EPSILON)
