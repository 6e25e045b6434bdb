"""The maximum mean discrepancy of the numbers that outputs hand out and of rows of real numbers.

MMD^2 is the mean of the kernel within the rows of the model, and within those of the data, less twice that between
them, all pairs counted, a row and itself too (a V-statistic: A. Gretton et al., JMLR 13, 723, 2012); the rows of the
model are those of its labels, with their weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.objectives.model import Deterministic, Setting
from qgl.objectives.outputs.columns import columns_of
from qgl.program.calls import objectives, reports
from qgl.program.calls.kernels import KernelCall
from qgl.query import Numbers, Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class NumbersDiscrepancy(Deterministic):
    """MMD^2 under a mixture of Gaussians of the Euclidean distance.

    rows     of the data, shape (rows, numbers)
    columns  those of the outputs that are compared: as many as the data have
    """

    kernel: KernelCall
    rows: NDArray[np.float64] = field(repr=False)
    columns: NDArray[np.int64] = field(repr=False)

    name = "mmd"

    @classmethod
    def of(cls, call: objectives.MMD | reports.MMD, setting: Setting) -> NumbersDiscrepancy:
        assert call.kernel is not None and call.data is not None
        rows = setting.data[call.data].numbers
        assert rows is not None  # the checker has seen to it
        return cls(call.kernel, rows, columns_of(setting.outputs, call.of))

    @property
    def queries(self) -> tuple[Query, ...]:
        return (Numbers(),)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        weights, numbers = answers[Numbers()]
        return self.distance(weights, numbers)

    def distance(self, weights: Array, numbers: Array) -> Array:
        """MMD^2 of an answer to `Numbers` and of the data. Labels that do not come count for nothing."""
        rows = jnp.asarray(self.rows, numbers.dtype)
        shown = jnp.where(weights[:, None] > 0, numbers[:, self.columns], 0)
        even = jnp.full(len(rows), 1 / len(rows), rows.dtype)
        within = weights @ self._kernel(shown, shown) @ weights
        between = weights @ self._kernel(shown, rows) @ even
        return within - 2 * between + even @ self._kernel(rows, rows) @ even

    def _kernel(self, left: Array, right: Array) -> Array:
        """k of all pairs, shape (left, right)."""
        squares = jnp.sum(left**2, axis=1)[:, None] + jnp.sum(right**2, axis=1) - 2 * left @ right.T
        apart = jnp.maximum(squares, 0)
        parts = [jnp.exp(-apart / (2 * variance)) for variance in self.kernel.variances]
        return self.kernel.weight * sum(parts, jnp.zeros_like(apart))
