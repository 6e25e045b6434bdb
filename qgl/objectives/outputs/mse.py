"""Mean squared error of the numbers that outputs hand out, from those of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.objectives.batch import draw_rows
from qgl.objectives.model import Setting
from qgl.objectives.outputs.columns import columns_of
from qgl.program.calls import objectives, reports
from qgl.query import Numbers, Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class MeanSquaredError:
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
    def stochastic(self) -> bool:
        return self.batch is not None

    @property
    def queries(self) -> tuple[Query, ...]:
        return (Numbers(),)

    def given(self, key: Array | None) -> Mapping[Query, Array]:
        return {}

    def conditions_at(self, key: Array | None) -> NDArray[np.float64] | Array | None:
        if self.conditions is None or self.batch is None:
            return self.conditions
        return jnp.asarray(self.conditions)[self._rows(key)]

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        weights, numbers = answers[Numbers()]
        wanted = jnp.asarray(self.targets, numbers.dtype)
        return self.error(weights, numbers, wanted if self.batch is None else wanted[self._rows(key)])

    def error(self, weights: Array, numbers: Array, wanted: Array) -> Array:
        """The error of answers to `Numbers`, those of each row where there are conditions, from `wanted`.

        Labels that do not come have no numbers, and count for nothing.
        """
        shown = numbers[..., self.columns]
        comes = weights[..., None] > 0
        errors = jnp.where(comes, shown - wanted[:, None], 0) ** 2
        return jnp.sum(jnp.broadcast_to(weights[..., None], errors.shape) * errors) / wanted.size

    def _rows(self, key: Array | None) -> Array:
        if key is None or self.batch is None:
            raise ValueError("rows of data that are drawn need a key")
        return draw_rows(key, np.full(len(self.targets), 1 / len(self.targets)), self.batch)
