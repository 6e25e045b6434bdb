"""Runs a circuit layer by layer: the state before a layer is an argument, and which layer it is may be traced.

One compiled program serves for all layers, and `jax.vmap` runs many candidates for one layer side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from jax import lax

from qgl.kernels.arrays import complex_like
from qgl.kernels.expressions import evaluate
from qgl.kernels.final_state import Vector, read
from qgl.kernels.matrices import block_matrices, pool_entries
from qgl.kernels.rounding import without_remainders
from qgl.kernels.runner import GivenArrays
from qgl.kernels.sectors.runner import SectorRunner
from qgl.kernels.sectors.steps import stretch_of
from qgl.kernels.state.steps import parameters_of, runner
from qgl.kernels.state.transpositions import transpose
from qgl.plan.sectors.tables import SectorProgram
from qgl.plan.state.layered import LayeredProgram, Pieces
from qgl.plan.state.tables import Tables
from qgl.query import Query


class _Engine(Protocol):
    def empty(self, inputs: jax.Array) -> jax.Array: ...

    def piece(self, k: jax.Array, inputs: jax.Array, state: jax.Array) -> jax.Array: ...

    def read(self, state: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]: ...


class LayeredRunner:
    """Pure functions: traced, mapped and differentiated over `inputs` and `state`.

    `inputs`, shape (inputs,), are all inputs of the circuit, float32 or float64, which is the precision of the state; a
    state is one complex array, of shape (2^qubits,) or (D,). A layer is a whole number, of shape () where it is traced.
    """

    def __init__(self, program: LayeredProgram) -> None:
        self.layers = program.layers
        inner = program.program
        self._engine: _Engine = _InSector(inner) if isinstance(inner, SectorProgram) else _Whole(inner)

    def start(self, inputs: jax.Array) -> jax.Array:
        """The state before layer 0, of the shape that the class says."""
        return self._engine.piece(jnp.int32(0), inputs, self._engine.empty(inputs))

    def step(self, layer: int | jax.Array, inputs: jax.Array, state: jax.Array) -> jax.Array:
        """The state after a layer, of the shape that the class says."""
        return self._engine.piece(jnp.asarray(layer, jnp.int32) + 1, inputs, state)

    def reached(self, layers: int | jax.Array, inputs: jax.Array) -> jax.Array:
        """The state after so many layers, all of which are run, of the shape that the class says."""
        result: jax.Array = lax.fori_loop(0, layers, lambda k, s: self.step(k, inputs, s), self.start(inputs))
        return result

    def answers(
        self,
        layers: int | jax.Array,
        inputs: jax.Array,
        state: jax.Array,
        queries: GivenArrays,
        key: jax.Array | None = None,
    ) -> dict[Query, Any]:
        """Answers of the circuit that ends after `layers` layers, of the shapes of `Simulator.answers`.

        state: what these layers reach; they are run again only to tell what rounding made of a probability.
        """
        answers = self._engine.read(state, queries, key)
        return without_remainders(answers, queries, self._again, (jnp.asarray(layers), inputs))

    def _again(self, known: tuple[jax.Array, jax.Array], queries: GivenArrays) -> dict[Query, Any]:
        return self._engine.read(self.reached(*known), queries, None)


class _InSector:
    def __init__(self, program: SectorProgram) -> None:
        self._runner = SectorRunner(program)
        self._tables = program.tables
        self.read = self._runner.read

    def empty(self, inputs: jax.Array) -> jax.Array:
        return self._runner.steps.start(inputs)

    def piece(self, k: jax.Array, inputs: jax.Array, state: jax.Array) -> jax.Array:
        steps = self._runner.steps
        first, last = stretch_of(self._tables.cuts, len(self._tables.kind), k)
        return steps.run(steps.parameters(inputs), state, first, last)


class _Whole:
    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._forms = [_form(tables, entry) for tables, entry in zip(pieces.tables, pieces.entry, strict=True)]

    def empty(self, inputs: jax.Array) -> jax.Array:
        return jnp.zeros(2**self._pieces.axes, complex_like(inputs.dtype)).at[0].set(1)

    def piece(self, k: jax.Array, inputs: jax.Array, state: jax.Array) -> jax.Array:
        numbers = evaluate(self._pieces.expressions, inputs)[jnp.asarray(self._pieces.rows)[k]]
        if len(self._forms) == 1:
            return self._forms[0](numbers, state)
        result: jax.Array = lax.switch(jnp.asarray(self._pieces.form)[k], self._forms, numbers, state)
        return result

    def read(self, state: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        final = Vector(state.reshape(2**self._pieces.visible, -1))
        return {query: read(final, query, array, key) for query, array in queries.items()}


def _form(tables: Tables, entry: tuple[int, ...]) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """The pieces of one form, from their numbers and the state before them."""
    run = runner(tables)

    def apply(numbers: jax.Array, state: jax.Array) -> jax.Array:
        blocks = block_matrices(tables.products, pool_entries(tables.pool, numbers))
        after = run(parameters_of(tables, blocks, numbers), transpose(state, entry))
        return transpose(after, tables.steps.final)

    return apply
