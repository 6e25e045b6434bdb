"""A layer or channel by itself: what it does to a register of its own."""

from __future__ import annotations

import hashlib

from qgl.expression import Real
from qgl.program.operations import (
    Evolution,
    KrausChannel,
    MatrixUnitary,
    Measurement,
    Operation,
    PauliRotation,
)
from qgl.program.program import Parameter
from qgl.record import record


@record(eq=False)
class Process:
    """Operations on wires 0..qubits-1 and on `fresh` ones after these.

    latents: the latent inputs that they depend on, by the number that an `Input` has for the parameter
    seed: what distinguishes its draws from those of the same channel with other arguments
    """

    qubits: int
    operations: tuple[Operation, ...]
    latents: tuple[tuple[int, Parameter], ...]
    seed: str

    @property
    def digest(self) -> str:
        """A hash of what it does, whatever it is called and wherever it is written."""
        digest = hashlib.sha256(f"{self.qubits}".encode())
        for operation in self.operations:
            digest.update(repr(facts(operation)).encode())
        for number, each in self.latents:
            digest.update(repr((number, each.shape, each.distribution)).encode())
        return digest.hexdigest()


def facts(operation: Operation) -> tuple[object, ...]:
    """All that an operation is, without its span."""
    more: tuple[object, ...] = ()
    match operation:
        case PauliRotation(pauli_word=pauli_word):
            more = (pauli_word,)
        case Evolution(terms=terms):
            more = tuple(pauli_word for _, pauli_word in terms)
        case MatrixUnitary(matrix=matrix):
            more = (matrix.tobytes(),)
        case KrausChannel(operators=operators):
            more = (operators.shape, operators.tobytes())
        case Measurement():
            more = (operation.bit, bool(operation.label), operation.required)
    numbers: tuple[Real, ...] = operation.numbers
    return operation.name, operation.wires, operation.control_wires, operation.condition, numbers, *more
