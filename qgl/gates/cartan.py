"""The angles of `su4` for a given two-qubit unitary, by its Cartan form. NumPy only.

In the magic basis products of one-qubit unitaries of determinant one are real, and XX, YY, ZZ are diagonal: a unitary U
is Q D P^T there, with rotations Q, P and D diagonal, where P diagonalises U^T U = P D^2 P^T.

Source: B. Kraus and J. I. Cirac, Optimal creation of entanglement using a two-qubit gate, 2001, arXiv quant-ph/0011050.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qgl.gates.algebra import Matrix, pauli_matrix

Real = NDArray[np.float64]
_MAGIC: Matrix = np.array([[1, 0, 0, 1j], [0, 1j, 1, 0], [0, 1j, -1, 0], [1, 0, 0, -1j]]) / np.sqrt(2)
_LEVELS = np.stack([np.diag(_MAGIC.conj().T @ pauli_matrix(2 * axis) @ _MAGIC).real for axis in "XYZ"], 1)
_MIXTURES = ((1.0, 0.0), (0.0, 1.0), (0.8, 0.6), (0.6, -0.8), (0.28, 0.96))
_CLOSE = 1e-9


def su4_angles(unitary: Matrix) -> Real:
    """15 angles of a gate that is `unitary`, shape (4, 4), up to a phase."""
    inner = _MAGIC.conj().T @ (unitary / np.linalg.det(unitary) ** 0.25) @ _MAGIC
    rotation = _rotation(inner.T @ inner)
    roots = np.sqrt(np.diag(rotation.T @ inner.T @ inner @ rotation).astype(np.complex128))
    if np.prod(roots).real < 0:
        roots[0] = -roots[0]
    after = _MAGIC @ inner @ rotation @ np.diag(roots.conj()) @ _MAGIC.conj().T
    before = _MAGIC @ rotation.T @ _MAGIC.conj().T
    phases = np.angle(roots)
    core = -2 * np.linalg.lstsq(_LEVELS, phases - phases.mean(), rcond=None)[0]
    first, last = ([angle for factor in _factors(pair) for angle in _euler(factor)] for pair in (before, after))
    return np.array([*first, *core, *last])


def _rotation(symmetric: Matrix) -> Real:
    """A real orthogonal matrix of determinant one that diagonalises a symmetric unitary one.

    Its real and imaginary parts commute, so that some mixture of them tells all of their levels apart that differ.
    """
    best, least = np.eye(4), math.inf
    for real, imaginary in _MIXTURES:
        vectors = np.linalg.eigh(real * symmetric.real + imaginary * symmetric.imag)[1]
        rest = vectors.T @ symmetric @ vectors
        off = float(np.abs(rest - np.diag(np.diag(rest))).max())
        if off < least:
            best, least = vectors, off
        if off < _CLOSE:
            break
    turned: Real = best * np.array([np.linalg.det(best), 1, 1, 1])
    return turned


def _factors(pair: Matrix) -> tuple[Matrix, Matrix]:
    """Two 2 x 2 unitaries of determinant one whose Kronecker product is `pair`, up to a sign."""
    left, size, right = np.linalg.svd(pair.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4))
    one, other = (part.reshape(2, 2) * math.sqrt(size[0]) for part in (left[:, 0], right[0]))
    return one / np.sqrt(np.linalg.det(one)), other / np.sqrt(np.linalg.det(other))


def _euler(unitary: Matrix) -> tuple[float, float, float]:
    """(a, b, c) with rz(c) ry(b) rz(a), of a matrix of determinant one."""
    b = 2 * math.atan2(abs(unitary[1, 0]), abs(unitary[0, 0]))
    total = 2 * np.angle(unitary[1, 1]) if abs(unitary[1, 1]) > 1e-12 else 0.0
    difference = 2 * np.angle(unitary[1, 0]) if abs(unitary[1, 0]) > 1e-12 else 0.0
    return float((total - difference) / 2), b, float((total + difference) / 2)
