"""Isometries that prepare a reduced state, or recover one from a part of it.

Source of the recovery map: D. Petz, Communications in Mathematical Physics 105, 123 (1986); of the nearest state: J. A.
Smolin, J. M. Gambetta, G. Smith, Physical Review Letters 108, 070502 (2012).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]
_LEAST = 1e-12  # eigenvalues of a state below it are none
_STEPS, _HALVINGS = 300, 40  # of what is polished, at the most
_FLAT = 1e-18  # of a squared gradient that is none


def nearest_state(matrix: Matrix) -> Matrix:
    """The density matrix next to a Hermitian matrix of trace 1, by the Hilbert-Schmidt distance."""
    values, vectors = np.linalg.eigh(matrix)
    falling = values[::-1]
    shifts = (np.cumsum(falling) - 1) / np.arange(1, len(values) + 1)
    shift = shifts[np.flatnonzero(falling > shifts)[-1]]
    result: Matrix = (vectors * np.maximum(values - shift, 0)) @ vectors.conj().T
    return result


def purified(state: Matrix, environment: int) -> Matrix:
    """The isometry that prepares a state of d values beside an environment, shape (d, environment, 1).

    A state of larger rank than the environment has values is cut to its largest eigenvalues, and what is left out is
    shared among these: the nearest state of that rank, by the Hilbert-Schmidt distance.
    """
    values, vectors = np.linalg.eigh(state)
    kept = min(environment, len(values))
    weights = np.maximum(values[::-1][:kept], 0)
    weights += (1 - weights.sum()) / kept
    amplitudes = np.zeros((len(values), environment, 1), np.complex128)
    amplitudes[:, :kept, 0] = vectors[:, ::-1][:, :kept] * np.sqrt(np.maximum(weights, 0))
    return amplitudes


def recovery(state: Matrix, part: int, environment: int) -> Matrix:
    """The Petz map of a state of b g values from its first b, shape (b g, environment, b).

    It is X -> S (P X P (x) 1) S with the roots S of the state and P of the inverse of its part. It takes an environment
    of g values; a smaller one keeps the Kraus operators that carry most, and the nearest isometry to them, polished on
    the Hilbert-Schmidt distance of what it recovers from the state.
    """
    added = len(state) // part
    reduced = np.einsum("agbg->ab", state.reshape(part, added, part, added))
    root, inverse = _power(state, 0.5), _power(reduced, -0.5)
    kraus = (root @ np.kron(inverse, np.eye(added))).reshape(len(state), part, added)
    left, weights, _ = np.linalg.svd(kraus.reshape(-1, added), full_matrices=False)
    kept = min(environment, added)
    parts = np.zeros((len(state), environment, part), np.complex128)
    parts[:, :kept] = (left * weights)[:, :kept].reshape(len(state), part, kept).transpose(0, 2, 1)
    isometry = _nearest_isometry(parts)
    return isometry if kept == added else _polished(isometry, reduced, state)


def _polished(isometry: Matrix, start: Matrix, target: Matrix) -> Matrix:
    """An isometry (out, environment, in) moved downhill in Tr (D^2), D being what it makes of `start` less `target`.

    Steps of Barzilai and Borwein's lengths (IMA Journal of Numerical Analysis 8, 141 (1988)) along the gradient on the
    manifold, each shortened until the distance falls.
    """
    difference: NDArray[Any] = _made(isometry, start) - target
    gradient, length = _gradient(isometry, difference, start), 1.0
    for _ in range(_STEPS):
        value, steep = _squares(difference), _squares(gradient)
        if steep < _FLAT:
            break
        moved, left = isometry, difference
        for _ in range(_HALVINGS):
            moved = _nearest_isometry(isometry - length * gradient)
            left = _made(moved, start) - target
            if _squares(left) <= value - 1e-4 * length * steep:
                break
            length /= 2
        else:
            break
        turned = _gradient(moved, left, start)
        step, change = moved - isometry, turned - gradient
        along = float(np.vdot(step, change).real)
        length = _squares(step) / along if along > 0 else 2 * length
        isometry, difference, gradient = moved, left, turned
    return isometry


def _made(isometry: Matrix, state: Matrix) -> Matrix:
    """What is left of a state behind an isometry and without its environment."""
    made: NDArray[Any] = np.tensordot(isometry @ state, isometry.conj(), ((1, 2), (1, 2)))
    return made


def _gradient(isometry: Matrix, difference: Matrix, start: Matrix) -> Matrix:
    """The gradient of Tr (D^2) in the isometry, along the manifold of isometries."""
    plain = 4 * np.tensordot(difference, isometry, (1, 0)) @ start
    overlap = np.tensordot(isometry.conj(), plain, ((0, 1), (0, 1)))
    tangent: Matrix = plain - isometry @ ((overlap + overlap.conj().T) / 2)
    return tangent


def _squares(array: Matrix) -> float:
    return float(np.vdot(array, array).real)


def _nearest_isometry(parts: Matrix) -> Matrix:
    """Of shape (out, environment, in), from the last axis to the others."""
    before, _, after = np.linalg.svd(parts.reshape(-1, parts.shape[-1]), full_matrices=False)
    result: Matrix = (before @ after).reshape(parts.shape)
    return result


def _power(state: Matrix, exponent: float) -> Matrix:
    """On the support of a state."""
    values, vectors = np.linalg.eigh(state)
    seen = values > _LEAST
    powers = np.where(seen, np.where(seen, values, 1) ** exponent, 0)
    result: Matrix = (vectors * powers) @ vectors.conj().T
    return result
