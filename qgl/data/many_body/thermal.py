"""Thermal states exp(-beta H) / Z of Hamiltonians on qubits, and what they have for energy, entropy and free energy.

Up to `MOST` qubits by all levels. At any number of qubits where H is a sum of products of two Majorana operators, in
the order of the qubits and along one axis: an Ising chain in a transverse field, an XY chain, each with open ends.

Sources: P. Pfeuty, Annals of Physics 57, 79, 1970; E. Lieb, T. Schultz and D. Mattis, Annals of Physics 16, 407, 1961.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qgl.data.many_body.ground_state import applied
from qgl.diagnostics.data import DataTooLarge
from qgl.diagnostics.model import QglError, plural
from qgl.program.calls.data_sources import Gibbs
from qgl.program.calls.operators import SpinTerms
from qgl.record import record

MOST = 10  # qubits of which all levels are found
_MODES = 2048  # qubits of which free fermions are
_AXES = ("XYZ", "YZX", "ZXY")  # letters P, Q, R with Q R = i P
_PauliWord = tuple[tuple[int, str], ...]


@record
class Thermal:
    """Energy Tr(rho H), entropy in nats, and free energy -log(Z) / beta of a thermal state."""

    free_energy: float
    energy: float
    entropy: float


def gibbs_state(call: Gibbs) -> NDArray[np.complex128]:
    """The density matrix exp(-beta H) / Z, shape (2^n, 2^n).

    Raises:
        QglError: QGL0610, there are too many qubits.
    """
    spins = call.hamiltonian
    if spins.width > MOST:
        extent = f"a density matrix of {plural(spins.width, 'qubit')}"
        raise QglError([DataTooLarge(call.span, "`gibbs`", extent, f"{MOST} qubits")])
    levels, states = np.linalg.eigh(_matrix(spins))
    weights = np.exp(-call.beta * (levels - levels[0]))
    return np.asarray((states * (weights / weights.sum())) @ states.conj().T, np.complex128)


def thermal(spins: SpinTerms, beta: float) -> Thermal | None:
    """What the thermal state has; None where there is no exact way to know."""
    if spins.width <= MOST:
        levels = np.linalg.eigvalsh(_matrix(spins))
        weights = np.exp(-beta * (levels - levels[0]))
        energy = float(weights @ levels / weights.sum())
        return _thermal(float(levels[0] - np.log(weights.sum()) / beta), energy, beta)
    modes = _modes(spins) if spins.width <= _MODES else None
    if modes is None:
        return None
    constant = sum(coefficient for coefficient, pauli_word in spins.terms if not pauli_word)
    free = constant - float(np.sum(np.logaddexp(beta * modes, -beta * modes))) / beta
    return _thermal(free, constant - float(np.sum(modes * np.tanh(beta * modes))), beta)


def _thermal(free_energy: float, energy: float, beta: float) -> Thermal:
    return Thermal(free_energy, energy, beta * (energy - free_energy))


def _matrix(spins: SpinTerms) -> NDArray[np.complex128]:
    return applied(spins, np.eye(2**spins.width, dtype=np.complex128))


def _modes(spins: SpinTerms) -> NDArray[np.float64] | None:
    """The e_j >= 0 for which H has the levels sum of +- e_j, one for each qubit; None if it has no free fermions.

    Those are the singular values of A in H = (i / 2) sum A_ab m_a m_b, each of which comes twice.
    """
    pauli_words = [(coefficient, pauli_word) for coefficient, pauli_word in spins.terms if pauli_word]
    for axis in _AXES:
        pairs = [_majoranas(pauli_word, axis) for _, pauli_word in pauli_words]
        if None not in pairs:
            matrix = np.zeros((2 * spins.width, 2 * spins.width))
            for (coefficient, _), pair in zip(pauli_words, pairs, strict=True):
                assert pair is not None
                sign, a, b = pair
                matrix[a, b] += sign * coefficient
                matrix[b, a] -= sign * coefficient
            return np.asarray(np.linalg.svd(matrix, compute_uv=False)[::2], np.float64)
    return None


def _majoranas(pauli_word: _PauliWord, axis: str) -> tuple[int, int, int] | None:
    """(s, a, b) for which the Pauli word is s i m_a m_b; None where it is no such product.

    m_2k = P_0 ... P_(k-1) Q_k and m_(2k+1) = P_0 ... P_(k-1) R_k.
    """
    (first, left), (last, right), p = pauli_word[0], pauli_word[-1], axis[0]
    if len(pauli_word) == 1:
        return (-1, 2 * first, 2 * first + 1) if left == p else None
    filled = len(pauli_word) == last - first + 1 and all(letter == p for _, letter in pauli_word[1:-1])
    if not filled or p in (left, right):
        return None
    end = 2 * last + axis.index(right) - 1
    return (1, 2 * first, end) if left == axis[2] else (-1, 2 * first + 1, end)
