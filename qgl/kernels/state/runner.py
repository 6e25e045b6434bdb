"""Runs the programs that hold a whole state, as a vector or a density matrix."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.kernels.arrays import barrier, complex_like, take
from qgl.kernels.expressions import evaluate
from qgl.kernels.final_state import Density, Final, Vector, flipped, read
from qgl.kernels.matrices import block_matrices, pool_entries
from qgl.kernels.pauli_words import index, walsh_product
from qgl.kernels.rounding import perturbed
from qgl.kernels.runner import GivenArrays
from qgl.kernels.state.steps import Parameters, parameters_of, runner
from qgl.kernels.state.transpositions import transpose
from qgl.plan.model import StateProgram
from qgl.plan.state.shared import only, varying_blocks
from qgl.plan.state.tables import Indices, Tables
from qgl.query import Query


class StateRunner:
    """One run of the circuit answers everything."""

    def __init__(self, program: StateProgram) -> None:
        self._program = program
        self._steps = runner(program.tables)
        self._axes = final_axes(program)
        self._blocks: Callable[[jax.Array], jax.Array] = lambda numbers: _blocks(program.tables, numbers)

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        final = self.final(inputs)
        return {query: read(final, query, array, key) for query, array in queries.items()}

    def final(self, inputs: jax.Array) -> Final:
        """The final state for inputs of shape (inputs,)."""
        lowered, tables = self._program, self._program.tables
        numbers = evaluate(tables.expressions, inputs)
        start = start_state(tables, numbers)
        if len(lowered.flips.masks):  # of a circuit of flips alone XLA would work out all that follows at compile time
            start = barrier(start)
        state = transpose(self._steps(parameters_of(tables, self._blocks(numbers), numbers), start), self._axes)
        bits = len(lowered.visible)
        if lowered.method == "density matrix":
            rest = 2 ** (tables.axes // 2 - bits)
            rho = state.reshape(2**bits, 2**bits, rest, rest)[:, :, 0, 0]
            return Density(rho)
        vector = Vector(state.reshape(2**bits, -1))
        return flipped(vector, _means_of_flips(lowered, inputs)) if len(lowered.flips.masks) else vector

    def sharing(self, inputs: jax.Array, varies: NDArray[np.bool_]) -> StateRunner:
        """The same for inputs that differ from these where `varies` says so alone, both of shape (inputs,).

        The blocks that depend on no input that varies are made here.
        """
        tables = self._program.tables
        moved = varying_blocks(tables, varies)
        if moved.all():
            return self
        of_all, varying = (np.flatnonzero(each).astype(np.int32) for each in (~moved, moved))
        fixed = _some_blocks(tables, of_all, evaluate(tables.expressions, inputs))
        order = np.argsort(np.concatenate([of_all, varying])).astype(np.int32)

        def blocks(numbers: jax.Array) -> jax.Array:
            if not len(varying):
                return fixed
            return take(jnp.concatenate([fixed, _some_blocks(tables, varying, numbers)]), order)

        shared = copy(self)
        shared._blocks = blocks
        return shared


def _means_of_flips(lowered: StateProgram, inputs: jax.Array) -> jax.Array:
    """What the flips multiply the mean of each Z word by, shape (2^visible,)."""
    angles = evaluate(lowered.tables.expressions, inputs)[lowered.flips.angles]
    factors = jnp.ones(2 ** len(lowered.visible), angles.dtype)
    return walsh_product(factors.at[lowered.flips.masks].set(jnp.prod(jnp.cos(angles), axis=1)))


def parameters(tables: Tables, numbers: jax.Array) -> Parameters:
    """What the steps take from the expression outputs, shape (outputs,), as `parameters_of` says."""
    return parameters_of(tables, _blocks(tables, numbers), numbers)


def _blocks(tables: Tables, numbers: jax.Array) -> jax.Array:
    return block_matrices(tables.products, pool_entries(tables.pool, numbers))


def _some_blocks(tables: Tables, which: Indices, numbers: jax.Array) -> jax.Array:
    pool, products = only(tables.pool, tables.products, which)
    return block_matrices(products, pool_entries(pool, numbers))


def start_state(tables: Tables, numbers: jax.Array) -> jax.Array:
    """The state before the first step in its layout, shape (2^axes,), from the expression outputs, shape (outputs,).

    A state whose amplitudes are all zero has no norm: it is NaN.
    """
    if not tables.starts:  # an array that is set in one place would be a constant of the program, as large as a state
        return (index(2**tables.axes) == 0).astype(complex_like(numbers.dtype))
    vector = jnp.ones(1, complex_like(numbers.dtype))
    for start in tables.starts:
        parts = perturbed(take(numbers, start.numbers))
        one = parts[:, 0] + (-1j if start.conjugate else 1j) * parts[:, 1]
        vector = (vector[:, None] * (one / jnp.sqrt(jnp.sum(parts**2)))).reshape(-1)
    begun = [axis for start in tables.starts for axis in start.axes]
    rest = [axis for axis in range(tables.axes) if axis not in set(begun)]
    state = jnp.zeros((len(vector), 2 ** len(rest)), vector.dtype).at[:, 0].set(vector)
    place = {axis: k for k, axis in enumerate((*begun, *rest))}
    return transpose(state.reshape(-1), [place[axis] for axis in tables.steps.first])


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
