"""The length over which correlations decay, from connected two-point functions <Z_a Z_b> - <Z_a> <Z_b>."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qgl.bits.neighbourhood import Neighbourhood
from qgl.evaluate.distributions import Real
from qgl.evaluate.metrics import sample_moments
from qgl.evaluate.pairs import singles
from qgl.program.program import DataSet

_RESOLUTION = 1e-6  # of connected functions in single precision


@dataclass(frozen=True, eq=False)
class Shells:
    """Pairs of bits by their distance.

    positions  of the moments that are needed, shape (pauli_words, 2): all <Z_a>, then <Z_a Z_b> of the pairs
    distances  of the pairs
    """

    width: int
    positions: NDArray[np.int32] = field(repr=False)
    distances: NDArray[np.int64] = field(repr=False)

    @classmethod
    def of(cls, neighbourhood: Neighbourhood, reach: int) -> Shells:
        pairs, distances = neighbourhood.pairs(reach)
        apart = distances > 0
        positions = np.concatenate([singles(neighbourhood.width), pairs[apart].astype(np.int32)])
        return cls(neighbourhood.width, positions, distances[apart])

    def length_in(self, data: DataSet) -> float | None:
        """The length in a data set."""
        moments = sample_moments(data.rows, data.weights, self.positions)
        return self.length(moments, np.inf if data.exact else len(data.rows))

    def length(self, moments: Real, samples: float = np.inf) -> float | None:
        """xi of a decay exp(-r / xi), fitted to the root mean squares of connected functions at distances 1, 2, ...

        Args:
            moments: values at `positions`.
            samples: the number of independent strings that they are frequencies in; infinite for exact ones.

        Returns:
            minus the inverse slope of the least-squares line through the logarithms, up to the first distance at which
            nothing is told from 0: at which the mean square, less the variance that sampling adds to it, is below
            three standard deviations of that. None where that leaves fewer than two distances, or nothing decays.
        """
        single, pair = moments[: self.width], moments[self.width :]
        a, b = (single[self.positions[self.width :, k]] for k in (0, 1))
        connected = pair - a * b
        # the mean of (Z_a - a)^2 (Z_b - b)^2, Z^2 being 1, less the square of that of (Z_a - a) (Z_b - b)
        variance = ((1 - a**2) * (1 - b**2) + 4 * a * b * connected - connected**2) / samples
        logs = []
        for distance in range(1, int(self.distances.max(initial=0)) + 1):
            chosen = self.distances == distance
            noise = float(variance[chosen].mean()) if chosen.any() else 0.0
            square = float((connected[chosen] ** 2).mean()) - noise if chosen.any() else 0.0
            if square <= max(_RESOLUTION**2, 3 * noise * (2 / max(chosen.sum(), 1)) ** 0.5):
                break
            logs.append(np.log(square) / 2)
        if len(logs) < 2:
            return None
        slope = float(np.polyfit(np.arange(1, len(logs) + 1), logs, 1)[0])
        return -1 / slope if slope < 0 else None
