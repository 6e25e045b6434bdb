"""Probes of many-body states: how far the bits have moved from where they started."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qgl.query import Expectation


def magnetisation(region: Sequence[int]) -> Expectation:
    """Asks for <Z> of each qubit of a region."""
    return Expectation.sparse(np.array(region, np.int32)[:, None])


def hamming_distance(z: Sequence[float], start: Sequence[int]) -> float:
    """1/2 - (1/2N) sum of <Z_i(t) Z_i(0)> over N qubits with <Z_i(t)> = `z` and bits `start`: 0 at the start.

    It is the mean fraction of bits that differ from the start, and 1/2 where the start is forgotten.
    """
    signs = 1 - 2 * np.asarray(start, np.float64)
    return float(0.5 - np.mean(np.asarray(z, np.float64) * signs) / 2)
