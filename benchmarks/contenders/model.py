"""What a contender makes of a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from benchmarks.workloads import Case, Numbers


@dataclass(frozen=True, slots=True)
class Contender:
    """One step is timed, and what it gives is read afterwards.

    step    computes loss and gradient and waits until both are there; the number of the step seeds what is drawn
    read    of what a step gives, the loss and the gradient, an array of any shape that is the same for all contenders
    stages  seconds that were taken before the first step by stages of their own; `plan` is part of the first call
    busy    processor time of `plan`
    planned bytes of the process after it
    """

    step: Callable[[int], Any]
    read: Callable[[Any], tuple[float, Numbers]]
    stages: dict[str, float] = field(default_factory=dict)
    busy: float = 0.0
    planned: int = 0


def jitted(circuit: Callable[[Any], Any], case: Case) -> Contender:
    """Value and gradient of W1, W1b or W2 under `jax.jit`, from the answer of a circuit to angles."""
    import jax
    import jax.numpy as jnp

    distribution = jnp.asarray(case.distribution, jnp.float32) if case.workload == "W1" else None
    targets = jnp.asarray(case.targets, jnp.float32) if case.workload.startswith("W2") else None

    def loss(angles: Any) -> Any:
        answer = circuit(angles)
        if distribution is not None:
            return -jnp.sum(distribution * jnp.log(answer + 1e-10))
        return jnp.sum(answer) if targets is None else jnp.mean((answer - targets) ** 2)

    compiled = jax.jit(jax.value_and_grad(loss))
    angles = jnp.asarray(case.angles, jnp.float32)
    return Contender(
        lambda number: waited(partial(compiled, angles)), lambda result: (float(result[0]), np.asarray(result[1]))
    )


def waited(call: Callable[[], Any]) -> Any:
    """The result, once it is there."""
    import jax

    waiting: Callable[[Any], Any] = jax.block_until_ready
    return waiting(call())
