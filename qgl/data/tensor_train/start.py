"""The numbers of cells that begin as a matrix product state of data."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
import scipy  # which loads its parts where they are first used
from numpy.typing import NDArray

from qgl.bits.distribution import distinct
from qgl.data.tensor_train.fit import Tensors, fitted
from qgl.data.tensor_train.staircases import staircases
from qgl.gates.algebra import Matrix, pauli_matrix
from qgl.gates.cartan import su4_angles
from qgl.program.program import DataSet, StartFit

Real = NDArray[np.float64]


_STATES: dict[tuple[str, int, tuple[int, ...]], Tensors] = {}  # those fitted last: digest of the data, bond, order
_KEPT = 8


@lru_cache(maxsize=_KEPT)
def centres(fit: StartFit) -> Real:
    """The numbers of all cells, shape (layers, n - 1, numbers of a cell)."""
    cells = staircases(_state(fit.data, fit.bond, fit.order), fit.layers)
    numbers = {"unitary": su4_angles, "generator": _coefficients, "isometry": _entries}[fit.kind]
    whole: Real = np.array([[numbers(cell) for cell in layer] for layer in cells])
    whole.setflags(write=False)
    return whole


def _state(data: DataSet, bond: int, order: tuple[int, ...]) -> Tensors:
    key = data.sha256, bond, order
    if key not in _STATES:
        rows, weights, _ = distinct(data.rows, data.weights)
        while len(_STATES) >= _KEPT:
            _STATES.pop(next(iter(_STATES)))
        _STATES[key] = fitted(rows[:, order] if order else rows, weights / weights.sum(), bond)
    return _STATES[key]


def _coefficients(unitary: Matrix) -> Real:
    """a_P with exp(-i / 4 sum a_P P), the identity apart: a_P = Tr(P H) of the generator H."""
    triangle, vectors = scipy.linalg.schur(unitary, output="complex")
    generator = (vectors * -np.angle(np.diag(triangle))) @ vectors.conj().T
    pauli_words = ["".join(letters) for letters in product("IXYZ", repeat=2)][1:]
    return np.array([np.trace(pauli_matrix(pauli_word) @ generator).real for pauli_word in pauli_words])


def _entries(unitary: Matrix) -> Real:
    """Real and imaginary part of every entry, row by row."""
    return np.stack([unitary.real, unitary.imag], -1).ravel()
