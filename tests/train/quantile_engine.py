"""Engines for tests of training from shots."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np

from qgl.bits.distribution import strings
from qgl.compiler import planner
from qgl.hardware.engines.engine import Strings, Task
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.query import Probabilities


class Quantiles:
    """Gives every string as often as its probability says, rounded: no noise but 1 / shots. Sorted, as from counts."""

    name = "quantiles"

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self._distributions = lru_cache(_distributions)

    def samples(self, task: Task) -> list[Strings]:
        self.tasks.append(task)
        distributions = self._distributions(task.circuit)(jnp.asarray(task.inputs, jnp.float32))
        found = []
        for distribution, shots in zip(np.asarray(distributions, np.float64), task.shots, strict=True):
            places = np.searchsorted(np.cumsum(distribution / distribution.sum()), (np.arange(shots) + 0.5) / shots)
            found.append(strings(np.minimum(places, len(distribution) - 1), task.width))
        return found


def _distributions(circuit: Circuit) -> Callable[[jax.Array], jax.Array]:
    simulator = Simulator(planner(circuit).plan((Probabilities(),)))
    return jax.jit(lambda rows: jax.lax.map(simulator.probabilities, rows))


class Failing:
    """Another engine, until it has answered so many tasks."""

    def __init__(self, inner: Quantiles, tasks: int) -> None:
        self.inner, self.left, self.name = inner, tasks, inner.name

    def samples(self, task: Task) -> list[Strings]:
        if not self.left:
            raise TimeoutError("the machine is being calibrated")
        self.left -= 1
        return self.inner.samples(task)
