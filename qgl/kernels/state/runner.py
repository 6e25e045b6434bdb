"""Runs the programs that hold a whole state, as a vector or a density matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from qgl.kernels.arrays import barrier, complex_like
from qgl.kernels.expressions import evaluate
from qgl.kernels.final_state import Density, Final, Vector, flipped, read
from qgl.kernels.matrices import block_matrices, pool_entries
from qgl.kernels.pauli_words import walsh_product
from qgl.kernels.runner import GivenArrays
from qgl.kernels.state.steps import Parameters, parameters_of, runner
from qgl.kernels.state.transpositions import transpose
from qgl.plan.model import StateProgram
from qgl.plan.state.tables import Tables
from qgl.query import Query


class StateRunner:
    """One run of the circuit answers everything."""

    def __init__(self, program: StateProgram) -> None:
        self.final = _final(program)

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        final = self.final(inputs)
        return {query: read(final, query, array, key) for query, array in queries.items()}


def _final(lowered: StateProgram) -> Callable[[jax.Array], Final]:
    """The function from inputs to the final state."""
    tables = lowered.tables
    steps = runner(tables)
    axes = final_axes(lowered)
    bits = len(lowered.visible)

    def final(inputs: jax.Array) -> Final:
        start = zero_state(tables, inputs)
        if len(lowered.flips.masks):  # of a circuit of flips alone XLA would work out all that follows at compile time
            start = barrier(start)
        state = transpose(steps(parameters(tables, inputs), start), axes)
        if lowered.method == "density matrix":
            rest = 2 ** (tables.axes // 2 - bits)
            rho = state.reshape(2**bits, 2**bits, rest, rest)[:, :, 0, 0]
            return Density(rho)
        vector = Vector(state.reshape(2**bits, -1))
        return flipped(vector, _means_of_flips(lowered, inputs)) if len(lowered.flips.masks) else vector

    return final


def _means_of_flips(lowered: StateProgram, inputs: jax.Array) -> jax.Array:
    """What the flips multiply the mean of each Z word by, shape (2^visible,)."""
    angles = evaluate(lowered.tables.expressions, inputs)[lowered.flips.angles]
    factors = jnp.ones(2 ** len(lowered.visible), angles.dtype)
    return walsh_product(factors.at[lowered.flips.masks].set(jnp.prod(jnp.cos(angles), axis=1)))


def parameters(tables: Tables, inputs: jax.Array) -> Parameters:
    """What the steps take from the inputs, shape (inputs,), as `parameters_of` says."""
    numbers = evaluate(tables.expressions, inputs)
    blocks = block_matrices(tables.products, pool_entries(tables.pool, numbers))
    return parameters_of(tables, blocks, numbers)


def zero_state(tables: Tables, inputs: jax.Array) -> jax.Array:
    """The state of all qubits in zero, shape (2^axes,), in the precision of the inputs."""
    return jnp.zeros(2**tables.axes, complex_like(inputs.dtype)).at[0].set(1)


def final_axes(lowered: StateProgram) -> tuple[int, ...]:
    """Axes of the state after the last step in the order in which it is read: the visible ones first."""
    return tuple(lowered.tables.steps.final[axis] for axis in _axes(lowered))


def _axes(lowered: StateProgram) -> tuple[int, ...]:
    """All axes of the state in the order in which it is read."""
    visible = lowered.visible
    if lowered.method == "density matrix":
        others = [p for p in range(lowered.tables.axes // 2) if p not in visible]
        return tuple(2 * p + side for group in (visible, others) for side in (0, 1) for p in group)
    return (*visible, *(p for p in range(lowered.tables.axes) if p not in visible))
