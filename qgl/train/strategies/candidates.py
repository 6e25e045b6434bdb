"""The losses of many candidates: in batches that fit into memory, shared between devices.

All candidates of a step are judged with the same key: they meet the same rows, Pauli words and samples, so that a
stochastic loss ranks them fairly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from qgl.kernels.devices import mesh
from qgl.kernels.devices.memory import candidates_together
from qgl.model import Model
from qgl.report.weighing import loss_memory, weigh_objective
from qgl.train.methods import Terms
from qgl.train.trainable import Params, Trainable


class Judged(NamedTuple):
    """Candidates with their losses and the terms of these; arrays with a leading axis of candidates, or of one."""

    params: Params
    loss: jax.Array
    terms: Terms

    def at(self, place: jax.Array | int) -> Judged:
        """The candidate at a place."""
        one: Judged = jax.tree.map(lambda array: array[place], self)
        return one

    def best(self) -> Judged:
        """The candidate with the lowest loss; any of them where no loss is a finite number."""
        return self.at(jnp.argmin(jnp.where(jnp.isfinite(self.loss), self.loss, jnp.inf)))


def judged(loss: Callable[[Params], tuple[jax.Array, Terms]], candidates: Params, together: int) -> Judged:
    """`candidates`, arrays with a leading axis, with what `loss` says of each, `together` of them at a time. Traced."""
    values, terms = mesh.mapped(loss, candidates, batch_size=together)
    return Judged(candidates, values, terms)


def together(model: Trainable, seeds: int) -> int:
    """How many candidates of each of so many seeds are judged at once; without a plan, a loss takes nothing."""
    memory = loss_memory(weigh_objective(model)) if isinstance(model, Model) else 0
    return candidates_together(memory, seeds)
