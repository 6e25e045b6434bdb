"""Mean squared error of the numbers that outputs hand out, from those of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.objectives.batch import PairedRows
from qgl.objectives.model import Setting
from qgl.objectives.outputs.columns import columns_of
from qgl.program.calls import objectives, reports
from qgl.query import Numbers, Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class MeanSquaredError(PairedRows):
    """Mean over the rows of the data and over the numbers of a row of (output - number)^2, and over the labels.

    targets     shape (rows, numbers)
    conditions  what the model is given with each row, shape (rows, condition width); None for an unconditional model
    columns     those of the outputs that are compared
    batch       so many rows, drawn anew at each evaluation; None: all of them
    """

    targets: NDArray[np.float64] = field(repr=False)
    conditions: NDArray[np.float64] | None = field(repr=False)
    columns: NDArray[np.int64] = field(repr=False)
    batch: int | None

    name = "mse"

    @classmethod
    def of(cls, call: objectives.MSE | reports.MSE, setting: Setting) -> MeanSquaredError:
        assert call.data is not None
        data = setting.data[call.data]
        assert data.numbers is not None  # the checker has seen to it
        batch = setting.batch if setting.batch is not None and setting.batch < len(data.numbers) else None
        return cls(data.numbers, data.conditions, columns_of(setting.outputs, call.of), batch)

    @property
    def queries(self) -> tuple[Query, ...]:
        return (Numbers(),)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        weights, numbers = answers[Numbers()]
        return self.error(weights, numbers, jnp.asarray(self.drawn(self.targets, key), numbers.dtype))

    def error(self, weights: Array, numbers: Array, wanted: Array) -> Array:
        """The error of answers to `Numbers`, those of each row where there are conditions, from `wanted`.

        Labels that do not come have no numbers, and count for nothing.
        """
        shown = numbers[..., self.columns]
        comes = weights[..., None] > 0
        errors = jnp.where(comes, shown - wanted[:, None], 0) ** 2
        return jnp.sum(jnp.broadcast_to(weights[..., None], errors.shape) * errors) / wanted.size
