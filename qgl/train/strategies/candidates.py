"""The losses of many candidates: in batches that fit into memory, shared between devices.

All candidates of a step are judged with the same key: they meet the same rows, Pauli words and samples, so that a
stochastic loss ranks them fairly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from qgl.kernels import mesh
from qgl.mixture import CIRCUITS
from qgl.model import Model
from qgl.train.methods import Terms
from qgl.train.trainable import Params, Trainable

_TOGETHER = 64  # candidates at the same time, however small they are
# Bytes that those at the same time may take, on a processor and elsewhere. It is not what happens to be free: the size
# of a batch must not change the last digits of a run that is resumed.
_BYTES, _ACCELERATOR_BYTES = 2**28, 2**32


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
    """How many candidates of each of so many seeds are judged at the same time."""
    limit = _BYTES if jax.devices()[0].platform == "cpu" else _ACCELERATOR_BYTES
    room = limit // max(1, memory(model))
    return max(1, min(_TOGETHER, room) // seeds)


def memory(model: Trainable) -> int:
    """Bytes that one loss takes by the plan's estimate; 0 where there is no plan."""
    if not isinstance(model, Model):
        return 0
    asked = list(dict.fromkeys(query for term in model.objectives for query in term.objective.queries))
    rows = [row for weighed in model.readings.weigh(asked) for row in weighed.rows]
    chosen = [each.cost.memory for row in rows for each in row.candidates if each.method == row.chosen]
    conditioned = any(term.objective.conditions is not None for term in model.objectives)
    circuits = CIRCUITS if conditioned else min(CIRCUITS, len(model.parameters.weights))
    return circuits * sum(chosen)
