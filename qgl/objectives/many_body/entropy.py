"""The entropy of a region, as a term of a loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from qgl.objectives.model import Deterministic, Setting
from qgl.objectives.states import entropies
from qgl.program.calls import objectives
from qgl.query import Marginals, Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class RegionEntropy(Deterministic):
    """S of the state of a region, or H of its bits; of hidden qubits these are what their state has on its diagonal."""

    query: Marginals = field(repr=False)
    quantum: bool

    name = "entropy"

    @classmethod
    def of(cls, call: objectives.Entropy, setting: Setting) -> RegionEntropy:
        region, quantum = tuple(sorted(call.region)), call.kind == objectives.QUANTUM
        return cls(Marginals((region,), bits=not quantum and region[-1] < setting.width), quantum)

    @property
    def queries(self) -> tuple[Query, ...]:
        return (self.query,)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        answer = answers[self.query][0]
        if self.quantum:
            return entropies(answer[None])[0]
        p = answer if self.query.bits else jnp.diagonal(answer).real
        return -jnp.sum(p * jnp.log(jnp.where(p > 2 * float(np.finfo(p.dtype).eps), p, 1.0)))
