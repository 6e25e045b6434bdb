"""The energy of the visible state: Tr(rho H), a sum of means of Pauli words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax

from qgl.objectives.many_body.free_energy import Energy
from qgl.objectives.model import Deterministic
from qgl.program.calls import objectives
from qgl.query import Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class MeanEnergy(Deterministic):
    """Tr(rho H)."""

    energy: Energy

    name = "energy"

    @classmethod
    def of(cls, call: objectives.Energy) -> MeanEnergy:
        return cls(Energy.of(call.hamiltonian))

    @property
    def queries(self) -> tuple[Query, ...]:
        return (self.energy.query,)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        return self.energy.value(answers[self.energy.query])
