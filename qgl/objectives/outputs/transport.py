"""The Wasserstein distance of order 1 of the numbers that outputs hand out from rows of real numbers: the least mean
Euclidean distance that moves the labels of the model, with their weights, onto the rows of the data, each as likely.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.objectives.ensembles.transport import least_cost, pairs_fault
from qgl.objectives.model import Deterministic, Setting
from qgl.objectives.outputs.columns import columns_of
from qgl.program.calls import objectives, reports
from qgl.query import Numbers, Query
from qgl.source import Span

Array = jax.Array


@dataclass(frozen=True, eq=False)
class NumbersTransport(Deterministic):
    """The distance of rows with weights from the data.

    rows     of the data, shape (rows, numbers)
    columns  those of the outputs that are compared: as many as the data have
    """

    rows: NDArray[np.float64] = field(repr=False)
    columns: NDArray[np.int64] = field(repr=False)
    span: Span

    name = "wasserstein"

    @classmethod
    def of(cls, call: objectives.Wasserstein | reports.Wasserstein, setting: Setting) -> NumbersTransport:
        assert call.data is not None
        rows = setting.data[call.data].numbers
        assert rows is not None  # the checker has seen to it
        return cls(rows, columns_of(setting.outputs, call.of), call.span)

    @property
    def queries(self) -> tuple[Query, ...]:
        return (Numbers(),)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        return self.distance(*answers[Numbers()])

    def distance(self, weights: Array, numbers: Array) -> Array:
        """Of an answer to `Numbers`. Labels that do not come count for nothing.

        Raises:
            QglError: the solver is not installed (QGL0627), or there are too many pairs (QGL0628).
        """
        if fault := pairs_fault(self.span, len(weights), len(self.rows)):
            raise QglError([fault])
        shown = jnp.where(weights[:, None] > 0, numbers[:, self.columns], 0)
        even = jnp.full(len(self.rows), 1 / len(self.rows), numbers.dtype)
        return least_cost(euclidean(shown, jnp.asarray(self.rows, numbers.dtype)), weights, even)

    def measured(self, weights: Any, numbers: Any) -> float:
        """The distance of numbers that are known, in double precision."""
        with jax.enable_x64(True):
            return float(jax.jit(self.distance)(np.asarray(weights, np.float64), np.asarray(numbers, np.float64)))


@jax.custom_vjp
def euclidean(left: Array, right: Array) -> Array:
    """Distances of all pairs of rows, shape (left, right); of rows that are equal with a derivative of 0."""

    def further(squares: Array, columns: tuple[Array, Array]) -> tuple[Array, None]:
        one, other = columns
        return squares + (one[:, None] - other) ** 2, None  # no difference of large squares

    none = jnp.zeros((len(left), len(right)), left.dtype)
    return jnp.sqrt(jax.lax.scan(further, none, (left.T, right.T))[0])


def _forward(left: Array, right: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    apart = euclidean(left, right)
    return apart, (left, right, apart)


def _back(known: tuple[Array, Array, Array], cotangent: Array) -> tuple[Array, Array]:
    left, right, apart = known
    shares = jnp.where(apart > 0, cotangent / jnp.where(apart > 0, apart, 1), 0)
    by_left = left * jnp.sum(shares, axis=1)[:, None] - shares @ right
    by_right = right * jnp.sum(shares, axis=0)[:, None] - shares.T @ left
    return by_left, by_right


euclidean.defvjp(_forward, _back)
