"""What passes need to know of an operation: is it unitary, on which wires is it diagonal, what inputs does it read."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Input, Real
from qgl.gates import CHANNELS, GATES
from qgl.program.program import Operation

TOLERANCE = 1e-12
NO_WIRES: frozenset[int] = frozenset()


def is_unitary(operation: Operation) -> bool:
    return operation.gate in GATES or operation.gate in ("pauli", "evolve", "unitary")


def is_reset(operation: Operation) -> bool:
    """A certain reset; with a probability it is a named channel."""
    return operation.gate == "reset" and not operation.args


def is_channel(operation: Operation) -> bool:
    """A named channel or a list of Kraus operators."""
    return operation.gate == "kraus" or (operation.gate in CHANNELS and not is_reset(operation))


def inputs_of(operation: Operation) -> set[Input]:
    """The elements of parameters that the operation depends on."""
    found: set[Input] = set()
    pending: list[Real] = [*operation.args, *(coefficient for coefficient, _ in operation.terms)]
    while pending:
        for _, atom in pending.pop().terms:
            if isinstance(atom, Input):
                found.add(atom)
            else:
                pending.extend(atom.arguments)
    return found


def diagonal_wires(operation: Operation) -> frozenset[int]:
    """The wires on which a unitary or a channel keeps every basis state: it commutes with Z there."""
    controls, own = operation.wires[: operation.controls], operation.wires[operation.controls :]
    match operation.gate:
        case "pauli":
            places = [k for k, letter in enumerate(operation.word) if letter == "Z"]
        case "evolve":
            places = [k for k in range(len(own)) if all(word[k] in "IZ" for _, word in operation.terms)]
        case "unitary" | "kraus":
            assert operation.matrices is not None
            places = list(_diagonal_places(operation.matrices))
        case name:
            places = list(_facts_of_record(name, bool(operation.args))[0])
    if not places and not controls:
        return NO_WIRES
    return frozenset((*controls, *(own[k] for k in places)))


def is_diagonal(operation: Operation) -> bool:
    """A unitary or a channel whose matrices are all diagonal."""
    return len(diagonal_wires(operation)) == len(operation.wires)


def is_permutation(operation: Operation) -> bool:
    """Every matrix of the unitary or channel has at most one entry in each row and each column.

    Such an operation commutes with a measurement, before or after it, of all its wires.
    """
    match operation.gate:
        case "pauli" | "evolve":
            return is_diagonal(operation)
        case "unitary" | "kraus":
            assert operation.matrices is not None
            return _monomial(operation.matrices)
        case name:
            return _facts_of_record(name, bool(operation.args))[1]


@cache
def _facts_of_record(name: str, has_args: bool) -> tuple[tuple[int, ...], bool]:
    """Places on which a gate or channel is diagonal, and whether it is a permutation, from a matrix with odd angles."""
    record = GATES.get(name) or CHANNELS[name]
    values = [np.asarray(1 / (k + np.pi)) for k in range(len(record.parameters))]
    if name in GATES:
        matrices = GATES[name].matrix(np, *values)[None]
    else:
        matrices = CHANNELS[name].kraus(np, *(values if has_args else [np.ones(())]))
    return _diagonal_places(matrices), _monomial(matrices)


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
