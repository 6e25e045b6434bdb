"""Quantities of the visible state, phases included."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

State = NDArray[np.complexfloating]


def purity(state: State) -> float:
    """Tr rho^2."""
    return float(np.sum(np.abs(np.asarray(state, dtype=np.complex128)) ** 2))


def von_neumann(state: State) -> float:
    """-Tr rho log rho in nats."""
    wide = np.asarray(state, dtype=np.complex128)
    values = np.linalg.eigvalsh((wide + wide.conj().T) / 2)
    positive = values[values > 1e-15]
    return float(-np.sum(positive * np.log(positive)))


def quantum_information(ab: State, bc: State, *rest: State) -> float:
    """I(A : C | B) = S(AB) + S(BC) - S(B) - S(ABC) in nats; `rest` is B, left out where it is empty, and ABC."""
    return von_neumann(ab) + von_neumann(bc) - sum(von_neumann(state) for state in rest)
