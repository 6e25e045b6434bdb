"""Measures of states, by their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def uhlmann(rho: NDArray[Any], sigma: NDArray[Any]) -> float:
    """The fidelity of two density matrices: the square of the trace norm of sqrt(rho) sqrt(sigma)."""
    return float(np.linalg.svd(_root(rho) @ _root(sigma), compute_uv=False).sum() ** 2)


def _root(matrix: NDArray[Any]) -> NDArray[Any]:
    values, vectors = np.linalg.eigh(matrix)
    root: NDArray[Any] = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.conj().T
    return root
