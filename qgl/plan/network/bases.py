"""Fixed tensors of circuit networks, in their two algebras.

Amplitudes: a leg of a wire has dimension 2. A gate that commutes with a Pauli letter on a wire is the sum of P_k x F_k
over the two projectors P_k = (1 + (-1)^k letter) / 2.

Pauli-transfer form: states are rho = sum over P of r_P P / 2 on a wire, r real in the order I, X, Y, Z; a leg has
dimension 4, and a channel is its Pauli transfer matrix. The maps E_kl(rho) = P_k rho P_l are taken in the combinations
E_00, E_11, E_01 + E_10, i (E_01 - E_10), which keep rho Hermitian, so that all tensors are real.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.gates.algebra import PAULI, pauli_matrix

Fixed = NDArray[Any]

DIMENSION = {"amplitude": 2, "pauli_transfer": 4}
_HERMITIAN = np.array([[1, 0, 0, 0], [0, 0, 0, 1], [0, 1, 1, 0], [0, 1j, -1j, 0]])  # rows: combinations of E_kl


@cache
def pauli_basis(qubits: int) -> NDArray[np.complex128]:
    """All Pauli words in the order IXYZ, first letter most significant, shape (4^k, 2^k, 2^k)."""
    return np.stack([pauli_matrix("".join(letters)) for letters in product("IXYZ", repeat=qubits)])


def start(algebra: str) -> Fixed:
    """The tensor of |0> on a leg, shape (2,) or (4,)."""
    return np.array([1.0, 0.0] if algebra == "amplitude" else [1.0, 0.0, 0.0, 1.0])


def trace() -> Fixed:
    """The tensor that ends a wire which is discarded, shape (4,)."""
    return np.array([1.0, 0.0, 0.0, 0.0])


@cache
def letter_maps(algebra: str, letter: str) -> Fixed:
    """The maps P_k, or the combinations of E_kl, on a wire: shape (2, 2, 2) or (4, 4, 4), axes (k, out, in).

    `z` is Z without the last two combinations, which change nothing where only the bit is read.
    """
    if letter == "z":
        return letter_maps(algebra, "Z")[:2]
    projectors = np.stack([(PAULI["I"] + sign * PAULI[letter]) / 2 for sign in (1, -1)])
    if algebra == "amplitude":
        return projectors
    basis = pauli_basis(1)
    maps = np.einsum("pba,kac,qcd,ldb->klpq", basis, projectors, basis, projectors) / 2
    return np.asarray(np.einsum("mk,kpq->mpq", _HERMITIAN, maps.reshape(4, 4, 4)).real)


@cache
def letter_duals(letter: str) -> Fixed:
    """What finds F_k, shape (2, 2, 2), in sum over k of P_k x F_k: sum over out, in of dual[k, out, in] * matrix[out,
    in, ...].
    """
    maps = letter_maps("amplitude", letter.upper())
    dual: Fixed = maps.conj() / np.sum(np.abs(maps) ** 2, axis=(1, 2), keepdims=True)
    return dual


@cache
def pair_basis(side: str) -> Fixed:
    """From pairs of a ket's and a bra's index to the Pauli basis, shape (4, 4), axes (pair, basis).

    side: "cut", of a label of projectors; "out" or "in", of a wire.
    """
    if side == "cut":
        return np.linalg.inv(_HERMITIAN)
    paulis = pauli_basis(1)
    return paulis.transpose(2, 1, 0).reshape(4, 4) if side == "out" else paulis.transpose(1, 2, 0).reshape(4, 4) / 2


@cache
def logic(algebra: str, name: str) -> Fixed:
    """The tensor of a function of two bits k of projectors, "and" or "xor": axes (first, second, result)."""
    function: Callable[[int, int], int] = {"and": lambda a, b: a & b, "xor": lambda a, b: a ^ b}[name]
    plain = np.zeros((2, 2, 2))
    for first, second in product((0, 1), repeat=2):
        plain[first, second, function(first, second)] = 1
    if algebra == "amplitude":
        return plain
    pairs = np.einsum("abc,xyz->axbycz", plain, plain).reshape(4, 4, 4)
    inverse = np.linalg.inv(_HERMITIAN)
    return np.asarray(np.einsum("abc,am,bn,oc->mno", pairs, inverse, inverse, _HERMITIAN).real)
