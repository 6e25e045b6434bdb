"""Runs tables of sums of products, and their transpose in reverse mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_batching import custom_vmap

from qgl.kernels.arrays import barrier, take
from qgl.plan.contraction.sums import FIRST, SmallPart, Sums


def small_contractions(part: SmallPart) -> Callable[[jax.Array], jax.Array]:
    """From the inputs, shape (part.forward.inputs,), to what is handed on, shape (len(part.outputs),)."""

    @jax.custom_vjp
    def run(inputs: jax.Array) -> jax.Array:
        return forward(inputs)[0]

    def forward(inputs: jax.Array) -> tuple[jax.Array, jax.Array]:
        memory = _memory(part.forward, inputs)
        return memory[jnp.asarray(part.outputs)], memory

    def backward(memory: jax.Array, cotangents: jax.Array) -> tuple[jax.Array]:
        return (_memory(part.backward, cotangents, memory)[jnp.asarray(part.gradients)],)

    run.defvjp(forward, backward)
    return run


def _memory(sums: Sums, *arrays: jax.Array) -> jax.Array:
    """The memory after the last step, from the inputs and perhaps a memory of right factors.

    In a batch each number is a row of memory, so that a step works on whole rows.
    """

    @custom_vmap
    def filled(*arrays: jax.Array) -> jax.Array:
        return _filled(sums, *arrays)

    @filled.def_vmap
    def together(size: int, batched: list[bool], *arrays: jax.Array) -> tuple[jax.Array, bool]:
        rows = (
            array.T if many else jnp.broadcast_to(array[:, None], (len(array), size))
            for array, many in zip(arrays, batched, strict=True)
        )
        return _filled(sums, *rows).T, True

    memory: jax.Array = filled(*arrays)
    return memory


def _filled(sums: Sums, inputs: jax.Array, other: jax.Array | None = None) -> jax.Array:
    """Arrays of shape (numbers, ...); the result has FIRST + inputs + results numbers."""
    steps, width, _ = sums.left.shape
    rest = inputs.shape[1:]
    constants = jnp.broadcast_to(jnp.arange(FIRST).reshape(-1, *(1 for _ in rest)), (FIRST, *rest))  # 0 and 1
    room = jnp.zeros((steps * width, *rest), inputs.dtype)
    start = jnp.concatenate([constants.astype(inputs.dtype), inputs, room])
    if not steps:
        return start

    def step(memory: jax.Array, xs: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        at, left, right = xs
        factors = memory if other is None else other
        terms = (take(memory, a) * take(factors, b) for a, b in zip(left.T, right.T, strict=True))
        made: Any = sum(terms, start=jnp.zeros((width, *rest), memory.dtype))
        made = barrier(made)  # in one kernel with the update, it would need a copy of the memory
        return lax.dynamic_update_slice_in_dim(memory, made, at, axis=0), None

    first = FIRST + sums.inputs + width * jnp.arange(steps, dtype=jnp.int32)
    return lax.scan(step, start, (first, jnp.asarray(sums.left), jnp.asarray(sums.right)))[0]
