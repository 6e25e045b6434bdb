"""Mean squared error of the probabilities of strings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.objectives.model import Deterministic, Objective, Setting
from qgl.objectives.outputs.mse import MeanSquaredError
from qgl.objectives.regions import data_distributions
from qgl.program.calls.objectives import MSE
from qgl.query import Marginals, Probabilities, Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class ProbabilityError(Deterministic):
    """The mean of (p(x) - q(x))^2 over all strings x of some bits, p being the model's and q the data's distribution.

    query         for p: of all bits, or of one region
    distribution  q, shape (2^k,)
    """

    query: Probabilities | Marginals
    distribution: NDArray[np.float64] = field(repr=False)

    name = "mse"

    @property
    def queries(self) -> tuple[Query, ...]:
        return (self.query,)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        answer = answers[self.query]
        p = answer if isinstance(self.query, Probabilities) else answer[0]
        return jnp.mean((p - jnp.asarray(self.distribution, p.dtype)) ** 2)


def mse(call: MSE, setting: Setting) -> Objective:
    """The objective `mse(data)`, of real numbers or of the probabilities of strings."""
    given = setting.data[call.data]
    if given.numbers is not None:
        return MeanSquaredError.of(call, setting)
    region = tuple(range(setting.width)) if call.region is None else tuple(sorted(call.region))
    query = Probabilities() if call.region is None else Marginals((region,), bits=True)
    return ProbabilityError(query, data_distributions(given.rows, given.weights, (region,))[0])
