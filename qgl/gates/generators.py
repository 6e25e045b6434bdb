"""Unitaries by their generators: exp(-i / 2^k sum over the Pauli words P of k Paulis, the identity apart, of a_P P).

Like uniformly controlled gates they have one record for each number of qubits: `generator2` has 15 numbers, for IX, IY,
IZ, XI, ..., ZZ. On one qubit that is the rotation by |a| about the axis a, and rx(t) for a = (t, 0, 0). The factor 2^-k
makes the eigenvalues of the exponent as spread as the numbers themselves: for numbers from uniform(-pi, pi) they go
about once round the circle, and from two qubits on the fourth moments of entries are those of the Haar distribution to
five per cent.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.gates.algebra import entered, pauli_matrix
from qgl.gates.model import Array, Gate, Step

WIDEST_GENERATOR = 5  # qubits
_NAME = re.compile(rf"generator([1-{WIDEST_GENERATOR}])")


def generator_qubits(name: str) -> int | None:
    """3 for "generator3"; None for gates of other names."""
    match = _NAME.fullmatch(name)
    return None if match is None else int(match[1])


def generator_numbers(qubits: int) -> int:
    """The numbers of a generator: those of a unitary up to its phase."""
    return (1 << 2 * qubits) - 1


@cache
def generator_gate(name: str) -> Gate | None:
    """The record of `generatorK`; None for other names."""
    qubits = generator_qubits(name)
    if qubits is None:
        return None

    def matrix(xp: Any, *numbers: Array) -> Array:
        values, vectors = xp.linalg.eigh(hermitian(xp, qubits, xp.stack(numbers, -1)))
        return (vectors * xp.exp(-1j * values)[..., None, :]) @ xp.conj(xp.swapaxes(vectors, -1, -2))

    def undo(*numbers: Any) -> tuple[Step, ...]:
        return ((name, tuple(range(qubits)), tuple(-number for number in numbers)),)

    count = generator_numbers(qubits)
    parameters = tuple(f"a{k:0{len(str(count - 1))}}" for k in range(count))
    return Gate(name, qubits, parameters, matrix, undo, "exp(-i / 2^k sum a_P P) of all Pauli words P", vector=True)


def hermitian(xp: Any, qubits: int, numbers: Array) -> Array:
    """The exponent 2^-k sum a_P P, shape (..., 4^k - 1) to (..., 2^k, 2^k)."""
    size = 2**qubits
    flat = numbers @ entered(xp, _pauli_matrices(qubits))
    real, imaginary = flat[..., : size * size], flat[..., size * size :]
    return (real + 1j * imaginary).reshape(*numbers.shape[:-1], size, size)


@cache
def _pauli_matrices(qubits: int) -> NDArray[np.float64]:
    """The Pauli words but the identity, each times 2^-k, flat, real parts before imaginary ones."""
    matrices = [pauli_matrix("".join(letters)).ravel() for letters in product("IXYZ", repeat=qubits)][1:]
    return np.array([[*matrix.real, *matrix.imag] for matrix in matrices]) * 0.5**qubits
