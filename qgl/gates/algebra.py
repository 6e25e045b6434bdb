"""Small matrices and how to combine them, for NumPy and JAX alike.

A constant enters arithmetic by `entered` only: JAX 0.10 keeps what it made of a NumPy array, so that one that was used
in one precision would have it in the other one too, later in the same process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.gates.model import Array

Matrix = NDArray[np.complex128]

PAULI: dict[str, Matrix] = {
    "I": np.eye(2, dtype=np.complex128),
    "X": np.array([[0, 1], [1, 0]], dtype=np.complex128),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1.0 + 0j, -1]),
}
ZERO: Matrix = np.diag([1.0 + 0j, 0])
ONE: Matrix = np.diag([0, 1.0 + 0j])


def pauli_matrix(pauli_word: str) -> Matrix:
    """The matrix of a Pauli word of `IXYZ`, shape (2^k, 2^k), first letter most significant."""
    matrix = np.eye(1, dtype=np.complex128)
    for letter in pauli_word:
        matrix = np.kron(matrix, PAULI[letter]).astype(np.complex128)
    return matrix


def commute(left: str, right: str) -> bool:
    """Whether two Pauli words of `IXYZ` on the same qubits commute."""
    return sum(x != y and "I" not in (x, y) for x, y in zip(left, right, strict=True)) % 2 == 0


def all_commute(pauli_words: Sequence[str]) -> bool:
    """Whether all Pauli words commute with each other, so that the product of their exponentials is exact."""
    return all(commute(left, right) for left, right in combinations(pauli_words, 2))


def entered(xp: Any, matrix: NDArray[Any]) -> Array:
    """A constant as an array of `xp` in the precision that holds now."""
    return xp.asarray(matrix.copy())


def constant(matrix: Matrix) -> Callable[..., Array]:
    """A matrix function without angles."""

    def build(xp: Any) -> Array:
        return entered(xp, matrix)

    return build


def rotation(pauli_word: str) -> Callable[..., Array]:
    """The matrix function of exp(-i a P / 2) = cos(a/2) - i sin(a/2) P for a Pauli word P."""
    pauli = pauli_matrix(pauli_word)
    identity = np.eye(len(pauli))

    def build(xp: Any, a: Array) -> Array:
        half = 0.5 * xp.asarray(a)[..., None, None]
        return xp.cos(half) * entered(xp, identity) - 1j * xp.sin(half) * entered(xp, pauli)

    return build


def phase(xp: Any, a: Array) -> Array:
    """diag(1, e^{ia}), shape (*a.shape, 2, 2)."""
    return entered(xp, ZERO) + xp.exp(1j * xp.asarray(a))[..., None, None] * entered(xp, ONE)


def kron(xp: Any, left: Array, right: Array) -> Array:
    """Kronecker product over the last two axes, `left` most significant."""
    product = xp.einsum("...ij,...kl->...ikjl", left, right)
    return product.reshape(*product.shape[:-4], left.shape[-2] * right.shape[-2], left.shape[-1] * right.shape[-1])


def controlled(matrix: Callable[..., Array], qubits: int, controls: int = 1) -> Callable[..., Array]:
    """The matrix function of a gate of `qubits` qubits under further, more significant controls."""
    size = 2 ** (qubits + controls)
    identity = np.eye(size - 2**qubits, size)
    embedding = np.eye(2**qubits, size, size - 2**qubits)  # the rows where all controls are one
    untouched = identity.T @ identity

    def build(xp: Any, *angles: Array) -> Array:
        rows = entered(xp, embedding)
        return entered(xp, untouched) + rows.T @ matrix(xp, *angles) @ rows

    return build


def block_diagonal(xp: Any, blocks: Array) -> Array:
    """Matrices on the diagonal of a larger one: shape (..., count, 2, 2) to (..., 2 count, 2 count)."""
    count = blocks.shape[-3]
    spread = blocks[..., :, :, None, :] * entered(xp, np.eye(count))[:, None, :, None]
    return spread.reshape(*blocks.shape[:-3], 2 * count, 2 * count)
