"""What passes need to know of an operation: is it unitary, on which wires is it diagonal, what inputs does it read."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qgl.gates import GATES
from qgl.gates.model import Channel, Gate
from qgl.program.operations import (
    ChannelApplication,
    Evolution,
    GateApplication,
    KrausChannel,
    MatrixUnitary,
    NoisyChannel,
    Operation,
    PauliRotation,
    Reset,
    Unitary,
)

TOLERANCE = 1e-12
NO_WIRES: frozenset[int] = frozenset()
_SWAP = GATES["swap"]


def is_unitary(operation: Operation) -> bool:
    return isinstance(operation, Unitary)


def is_reset(operation: Operation) -> bool:
    """A certain reset; with a probability it is a named channel."""
    return isinstance(operation, Reset)


def is_channel(operation: Operation) -> bool:
    """A named channel or a list of Kraus operators."""
    return isinstance(operation, NoisyChannel)


def is_constant(operation: Operation) -> bool:
    """Whether it does the same for all values of the inputs."""
    return all(number.is_constant for number in operation.numbers)


def is_swap(operation: Operation) -> bool:
    """An exchange of two wires, without controls."""
    return isinstance(operation, GateApplication) and operation.gate is _SWAP and not operation.controls


def diagonal_wires(operation: Operation) -> frozenset[int]:
    """The wires on which a unitary or a channel keeps every basis state: it commutes with Z there."""
    own = operation.targets
    places: Iterable[int]
    match operation:
        case PauliRotation():
            places = [k for k, letter in enumerate(operation.pauli_word) if letter == "Z"]
        case Evolution():
            places = [k for k in range(len(own)) if all(pauli_word[k] in "IZ" for _, pauli_word in operation.terms)]
        case MatrixUnitary():
            places = _diagonal_places(operation.matrix[None])
        case KrausChannel():
            places = _diagonal_places(operation.operators)
        case GateApplication():
            places = _facts_of_gate(operation.gate)[0]
        case ChannelApplication():
            places = _facts_of_channel(operation.channel)[0]
        case _:
            return NO_WIRES
    held = frozenset(own[k] for k in places)
    return held.union(operation.control_wires) if operation.control_wires else held


def is_diagonal(operation: Operation) -> bool:
    """A unitary or a channel whose matrices are all diagonal."""
    return len(diagonal_wires(operation)) == len(operation.wires)


def is_permutation(operation: Operation) -> bool:
    """Every matrix of the unitary or channel has at most one entry in each row and each column.

    Such an operation commutes with a measurement, before or after it, of all its wires.
    """
    match operation:
        case PauliRotation() | Evolution():
            return is_diagonal(operation)
        case MatrixUnitary():
            return _monomial(operation.matrix[None])
        case KrausChannel():
            return _monomial(operation.operators)
        case GateApplication():
            return _facts_of_gate(operation.gate)[1]
        case ChannelApplication():
            return _facts_of_channel(operation.channel)[1]
        case Reset():
            return True
        case _:
            return False


def _odd(count: int) -> list[NDArray[np.float64]]:
    """Numbers at which no entry of a matrix vanishes by chance."""
    return [np.asarray(1 / (k + np.pi)) for k in range(count)]


@cache
def _facts_of_gate(gate: Gate) -> tuple[tuple[int, ...], bool]:
    """Places on which a gate is diagonal, and whether it is a permutation, from a matrix with odd angles."""
    matrices = gate.matrix(np, *_odd(len(gate.parameters)))[None]
    return _diagonal_places(matrices), _monomial(matrices)


@cache
def _facts_of_channel(channel: Channel) -> tuple[tuple[int, ...], bool]:
    """The same of a named channel."""
    operators = channel.kraus(np, *_odd(len(channel.parameters)))
    return _diagonal_places(operators), _monomial(operators)


def _diagonal_places(matrices: NDArray[np.complex128]) -> tuple[int, ...]:
    """The qubits on which all of the matrices, shape (count, 2^k, 2^k), are diagonal."""
    qubits = int(matrices.shape[-1]).bit_length() - 1
    index = np.arange(matrices.shape[-1])
    present = (np.abs(matrices) > TOLERANCE).any(axis=0)
    places = []
    for place in range(qubits):
        bit = (index >> (qubits - 1 - place)) & 1
        if not (present & (bit[:, None] != bit[None, :])).any():
            places.append(place)
    return tuple(places)


def _monomial(matrices: NDArray[np.complex128]) -> bool:
    present = np.abs(matrices) > TOLERANCE
    return bool((present.sum(axis=-1) <= 1).all() and (present.sum(axis=-2) <= 1).all())
