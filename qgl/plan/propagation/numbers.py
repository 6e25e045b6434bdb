"""The numbers of a propagation, which all come from the inputs of the circuit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgl.plan.propagation.pauli_sum import Reals


@dataclass(frozen=True, eq=False)
class Numbers:
    """Angles of rotations, shape (rotations,), and transfer matrices, each of shape (4^w, 4^w); or their gradients."""

    angles: Reals
    matrices: tuple[Reals, ...]

    def zeros(self) -> Numbers:
        """As many numbers, all 0."""
        return Numbers(np.zeros_like(self.angles), tuple(np.zeros_like(matrix) for matrix in self.matrices))
