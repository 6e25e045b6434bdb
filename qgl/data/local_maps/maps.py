"""Isometries that prepare a reduced state, or recover one from a part of it.

Source of the recovery map: D. Petz, Communications in Mathematical Physics 105, 123 (1986); of the nearest state: J. A.
Smolin, J. M. Gambetta, G. Smith, Physical Review Letters 108, 070502 (2012).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]
_LEAST = 1e-12  # eigenvalues of a state below it are none


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

    A state of larger rank than the environment has values is cut to its largest eigenvalues.
    """
    values, vectors = np.linalg.eigh(state)
    kept = min(environment, len(values))
    weights = np.maximum(values[::-1][:kept], 0)
    amplitudes = np.zeros((len(values), environment, 1), np.complex128)
    amplitudes[:, :kept, 0] = vectors[:, ::-1][:, :kept] * np.sqrt(weights / weights.sum())
    return amplitudes


def recovery(state: Matrix, part: int, environment: int) -> Matrix:
    """The Petz map of a state of b g values from its first b, shape (b g, environment, b).

    It is X -> S (P X P (x) 1) S with the roots S of the state and P of the inverse of its part. It takes an environment
    of g values; a smaller one keeps the Kraus operators that carry most, and the nearest isometry to them.
    """
    added = len(state) // part
    reduced = np.einsum("agbg->ab", state.reshape(part, added, part, added))
    root, inverse = _power(state, 0.5), _power(reduced, -0.5)
    kraus = (root @ np.kron(inverse, np.eye(added))).reshape(len(state), part, added)
    left, weights, _ = np.linalg.svd(kraus.reshape(-1, added), full_matrices=False)
    kept = min(environment, added)
    parts = np.zeros((len(state), environment, part), np.complex128)
    parts[:, :kept] = (left * weights)[:, :kept].reshape(len(state), part, kept).transpose(0, 2, 1)
    before, _, after = np.linalg.svd(parts.reshape(-1, part), full_matrices=False)
    result: Matrix = (before @ after).reshape(parts.shape)
    return result


def _power(state: Matrix, exponent: float) -> Matrix:
    """On the support of a state."""
    values, vectors = np.linalg.eigh(state)
    seen = values > _LEAST
    powers = np.where(seen, np.where(seen, values, 1) ** exponent, 0)
    result: Matrix = (vectors * powers) @ vectors.conj().T
    return result
