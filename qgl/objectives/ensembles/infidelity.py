"""Infidelity of what comes of each row of the data: the model's state and the state that it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.objectives.batch import PairedRows
from qgl.objectives.ensembles.uhlmann import factors, fidelities
from qgl.objectives.model import Setting
from qgl.program.calls import objectives
from qgl.query import Elements, Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class Infidelity(PairedRows):
    """1 - the mean over the rows of the fidelity of rho, the model's state, the mean over its labels, with the target.

    Of a pure target t that is <t|rho|t>.

    targets     amplitudes, shape (rows, 2^n); or of mixed targets factors S with S S* = sigma, shape (rows, 2^n, rank)
    conditions  what the model is given with each row, shape (rows, condition width); None: one state for all rows
    labels      qubits whose outcomes the program keeps
    batch       so many rows, drawn anew at each evaluation; None: all of them
    """

    targets: NDArray[np.complex128] = field(repr=False)
    conditions: NDArray[np.float64] | None = field(repr=False)
    labels: int
    batch: int | None

    name = "infidelity"

    @classmethod
    def of(cls, call: objectives.Infidelity, setting: Setting) -> Infidelity:
        data = setting.data[call.data]
        assert data.state is not None  # the checker has seen to it
        targets = data.state[None] if data.states is None else data.states
        if targets.ndim == 3:
            targets = factors(targets)
        batch = setting.batch if setting.batch is not None and setting.batch < len(targets) else None
        return cls(targets, data.conditions, setting.labels, batch)

    @property
    def queries(self) -> tuple[Query, ...]:
        return (Elements(self.labels),)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        elements = answers[Elements(self.labels)]
        states = elements if self.conditions is not None else elements[None]  # (rows or 1, labels, ...)
        targets = jnp.asarray(self.drawn(self.targets, key), states.dtype)
        if targets.ndim == 3:
            pure = states.ndim == 3
            mean = jnp.einsum("rlx,rly->rxy", states, states.conj()) if pure else jnp.sum(states, axis=1)
            return 1 - jnp.sum(fidelities(mean, targets)) / len(targets)
        if states.ndim == 3:
            products = jnp.einsum("rlx,rx->rl", states, targets.conj())
            shares = products.real**2 + products.imag**2
        else:
            shares = jnp.einsum("rlxy,rx,ry->rl", states, targets.conj(), targets).real
        return 1 - jnp.sum(shares) / len(targets)
