"""A stand-in for a model whose parameters have layers: a bowl, with a little coupling between neighbouring layers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.program.program import Distribution, Parameter
from tests.train.softmax_model import SPAN, SoftmaxModel, settings

LAYERS, SIZE = 3, 4
SCALES = np.geomspace(0.5, 3.0, LAYERS * SIZE).reshape(LAYERS, SIZE)


def _parameter(name: str, shape: tuple[int, ...]) -> Parameter:
    return Parameter("param", name, shape, "angle", Distribution("normal", (0.0, 1.0)), None, SPAN)


class Bowl(SoftmaxModel):
    """`theta[layers, n]`, `gamma[layers]` and `shift`; the least loss is 0. Above `edge`, theta[0, 0] makes it NaN."""

    def __init__(self, noise: float = 0.0, edge: float = np.inf) -> None:
        super().__init__(noise)
        self.edge = edge
        self.trainable = {"theta": True, "gamma": True, "shift": True, "field": False}
        parameters = (_parameter("theta", (LAYERS, SIZE)), _parameter("gamma", (LAYERS,)), _parameter("shift", ()))
        self.program = replace(self.program, parameters=parameters, train=settings())

    def init(self, key: jax.Array) -> dict[str, jax.Array]:
        draws = jax.random.normal(key, (LAYERS * SIZE + LAYERS + 2,))
        theta, gamma = draws[: LAYERS * SIZE].reshape(LAYERS, SIZE), draws[LAYERS * SIZE : -2]
        return {"theta": theta, "gamma": gamma, "shift": draws[-2], "field": 0.1 * draws[-1]}

    def terms(
        self, params: dict[str, jax.Array], key: jax.Array | None = None
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        theta, gamma = params["theta"], params["gamma"]
        off = theta - params["shift"] - jax.lax.stop_gradient(params["field"])
        bowl = jnp.sum(jnp.asarray(SCALES, theta.dtype) * off**2) + jnp.sum((gamma - theta[:, 0]) ** 2)
        coupling = 0.1 * jnp.sum((off[1:] - off[:-1]) ** 2)
        if self.noise:
            assert key is not None
            coupling = coupling + self.noise * jnp.sum(off * jax.random.normal(key, off.shape))
        loss: Any = jnp.where(theta[0, 0] > self.edge, jnp.nan, bowl + coupling)
        return loss, {"bowl": bowl, "coupling": coupling}
