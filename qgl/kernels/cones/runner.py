"""Runs light cones: each class as one batch, then Pauli words and regions as products of what the batches give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from qgl.kernels.arrays import take
from qgl.kernels.cones.tiles import TileRunner, tile_blocks
from qgl.kernels.contraction.runner import ContractionRunner
from qgl.kernels.devices.mesh import mapped
from qgl.kernels.expressions import evaluate
from qgl.kernels.final_state import in_order
from qgl.kernels.runner import GivenArrays, Runner
from qgl.kernels.state.runner import StateRunner
from qgl.plan.cones.tables import ConeBatch, ConeProgram, RegionGroup
from qgl.plan.cones.tiles import TileBatch
from qgl.plan.contraction.method import ContractionProgram
from qgl.plan.model import Lowered, StateProgram
from qgl.query import Expectation, Marginals, Query

WAYS: Mapping[type[Lowered], Callable[[Any], Runner]] = {
    StateProgram: StateRunner,
    ContractionProgram: ContractionRunner,
}


class ConeRunner:
    """Every batch runs once for all queries."""

    def __init__(self, program: ConeProgram) -> None:
        self.program = program
        self._batches = [
            TileRunner(batch) if isinstance(batch, TileBatch) else _Batch(batch) for batch in program.batches
        ]

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        program = self.program
        numbers = evaluate(program.expressions, inputs)
        blocks = numbers if program.blocks is None else tile_blocks(program.blocks, numbers)
        outputs = [batch(blocks if isinstance(batch, TileRunner) else numbers) for batch in self._batches]
        values = jnp.concatenate([jnp.ones(1, inputs.dtype), *(pauli_words.reshape(-1) for pauli_words, _ in outputs)])
        return {query: self._put(query, values, [regions for _, regions in outputs]) for query in queries}

    def _put(self, query: Query, values: jax.Array, states: list[Any]) -> Any:
        if isinstance(query, Expectation):
            return jnp.prod(take(values, self.program.pauli_words[query]), axis=1)
        assert isinstance(query, Marginals)
        groups = self.program.regions[query]
        pieces = ([states[batch][region] for batch, region in group.pieces] for group in groups)
        stacked = (_tensor(group, some, query.bits) for group, some in zip(groups, pieces, strict=True))
        return in_order([(group.regions, one) for group, one in zip(groups, stacked, strict=True)])


class _Batch:
    """One class: from all numbers to the Pauli words and regions of its members, each with a leading axis of
    members.
    """

    def __init__(self, batch: ConeBatch) -> None:
        self._batch = batch
        self._runner = WAYS[type(batch.lowered)](batch.lowered)

    def __call__(self, numbers: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        rows = self._batch.rows
        slots = take(numbers, rows) if rows.size else jnp.zeros(rows.shape, numbers.dtype)
        run = self._one if self._batch.chunk >= len(rows) else jax.checkpoint(self._one)
        answers: tuple[jax.Array, tuple[jax.Array, ...]] = mapped(run, slots, batch_size=self._batch.chunk)
        return answers

    def _one(self, slots: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        answers = self._runner.answers(slots, dict.fromkeys(self._batch.queries), None)
        pauli_words = [answers[query] for query in self._batch.queries if isinstance(query, Expectation)]
        regions = [answers[query] for query in self._batch.queries if isinstance(query, Marginals)]
        return pauli_words[0] if pauli_words else jnp.zeros(0, slots.dtype), tuple(regions[0]) if regions else ()


def _tensor(group: RegionGroup, pieces: list[jax.Array], bits: bool) -> jax.Array:
    """Tensor products of pieces, their qubits in the order of the regions, shape (regions, ...)."""
    count = len(group.regions)
    total = jnp.ones((count,) + (1,) * (1 if bits else 2), pieces[0].dtype if pieces else jnp.float32)
    for members, piece in zip(group.members.T, pieces, strict=True):
        total = _outer(total, piece[members])
    qubits = len(group.axes)
    sides = 1 if bits else 2
    axes = [1 + side * qubits + axis for side in range(sides) for axis in group.axes]
    return total.reshape((count,) + (2,) * (sides * qubits)).transpose([0, *axes]).reshape(total.shape)


def _outer(left: jax.Array, right: jax.Array) -> jax.Array:
    if left.ndim == 2:
        return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
    size = left.shape[1] * right.shape[1]
    return jnp.einsum("nij,nkl->nikjl", left, right).reshape(len(left), size, size)
