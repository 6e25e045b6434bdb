"""Runs the pattern of a propagation: one scan over its tables, and one back for the gradient; gathers, no scatters.

Shapes are named as in `qgl.plan.propagation.pattern`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from qgl.kernels.arrays import take
from qgl.plan.propagation.pattern import FIRST, FIRST_ANGLE, ONE, PAIR

Tables = Mapping[str, jax.Array]
Matrices = Mapping[int, jax.Array]
Carry = tuple[jax.Array, dict[int, jax.Array]]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def means_by_tables(
    count: int, tables: Tables, number: jax.Array | None, angles: jax.Array, matrices: Matrices
) -> jax.Array:
    """The means of so many sums, shape (count,), by the tables of a pattern.

    number    which of several tables of one shape, stacked, they are; None: there is one
    angles    (rotations,)
    matrices  by their size, shape (matrices, size, size): those that depend on inputs, then the constant ones
    """
    return _forward(count, tables, number, angles, matrices)[0]


def _forward(
    count: int, tables: Tables, number: jax.Array | None, angles: jax.Array, matrices: Matrices
) -> tuple[jax.Array, Any]:
    own = _one(tables, number)
    values = _forwards(own, angles, matrices)
    return _means(count, own, values), (tables, number, angles, matrices, values)


def _backward(count: int, known: Any, cotangent: jax.Array) -> tuple[None, None, jax.Array, Matrices]:
    tables, number, angles, matrices, values = known
    return (None, None, *_backwards(_one(tables, number), angles, matrices, values, cotangent))


def _one(tables: Tables, number: jax.Array | None) -> Tables:
    """The tables of a number. Taken on the way back again: so they are not held for each circuit of a mixture."""
    return tables if number is None else {name: table[number] for name, table in tables.items()}


means_by_tables.defvjp(_forward, _backward)


def _means(count: int, tables: Tables, values: jax.Array) -> jax.Array:
    each = take(values, tables["ends"]) * tables["end signs"].astype(values.dtype)
    return jax.ops.segment_sum(each, tables["owners"], count)


def _turns(angles: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Cosines and sines of rotations; the first two add and subtract."""
    fixed = jnp.array([[1, 1], [-1, 1]], angles.dtype)
    return jnp.concatenate([fixed[0], jnp.cos(angles)]), jnp.concatenate([fixed[1], jnp.sin(angles)])


def _sizes(tables: Tables) -> list[int]:
    return sorted(int(name.split()[1]) for name in tables if name.startswith("sources"))


def _forwards(tables: Tables, angles: jax.Array, matrices: Matrices) -> jax.Array:
    """What all nodes hold, shape (nodes,)."""
    cos, sin = _turns(angles)
    steps, width = tables["users"].shape

    def step(values: jax.Array, row: tuple[jax.Array, Tables]) -> tuple[jax.Array, None]:
        number, own = row
        parts = []
        for size in _sizes(tables):
            before = take(values, own[f"sources {size}"])
            if size == PAIR:
                c, s = take(cos, own["matrix 2"]), take(sin, own["matrix 2"])
                after = jnp.stack([c * before[0] - s * before[1], s * before[0] + c * before[1]])
            else:
                matrix = take(matrices[size], own[f"matrix {size}"])
                before = before * own[f"signs {size}"].astype(before.dtype)
                after = jnp.sum(before.T[:, :, None] * matrix, axis=1).T
            parts.append(after.reshape(-1))
        return lax.dynamic_update_slice(values, jnp.concatenate(parts), (FIRST + number * width,)), None

    begin = jnp.zeros(FIRST + steps * width, angles.dtype).at[ONE].set(1.0)
    if not width:
        return begin
    values, _ = lax.scan(step, begin, (jnp.arange(steps), _by_step(tables)))
    return values


def _backwards(
    tables: Tables, angles: jax.Array, matrices: Matrices, values: jax.Array, cotangent: jax.Array
) -> tuple[jax.Array, Matrices]:
    """The gradient by angles and matrices. A node's cotangent is that of the one place where it is used."""
    cos, sin = _turns(angles)
    steps, width = tables["users"].shape
    nodes = FIRST + steps * width

    def step(carry: Carry, row: tuple[jax.Array, Tables]) -> tuple[Carry, jax.Array]:
        uses, of_matrices = carry
        number, own = row
        flowing, start = take(uses, own["users"]), 0
        parts, turned = [], jnp.zeros(0, values.dtype)
        for size in _sizes(tables):
            before, places = take(values, own[f"sources {size}"]), own[f"matrix {size}"]
            after = flowing[start : start + before.size].reshape(before.shape)
            start += before.size
            if size == PAIR:
                c, s = take(cos, places), take(sin, places)
                back = jnp.stack([c * after[0] + s * after[1], c * after[1] - s * after[0]])
                turned = before[0] * back[1] - before[1] * back[0]
            else:
                signs = own[f"signs {size}"].astype(before.dtype)
                matrix, signed = take(matrices[size], places), before * signs
                back = jnp.sum(after.T[:, None, :] * matrix, axis=2).T * signs
                products = signed.T[:, :, None] * after.T[:, None, :]
                of_matrices = {**of_matrices, size: of_matrices[size].at[places].add(products)}
            parts.append(back.reshape(-1))
        uses = lax.dynamic_update_slice(uses, jnp.concatenate(parts), (FIRST + number * width,))
        return (uses, of_matrices), turned

    ends = take(cotangent, tables["owners"]) * tables["end signs"].astype(values.dtype)
    uses = jnp.concatenate([jnp.zeros(nodes, values.dtype), ends])
    none = {size: jnp.zeros_like(matrix) for size, matrix in matrices.items()}
    if not width:
        return jnp.zeros_like(angles), none
    (_, of_matrices), turned = lax.scan(step, (uses, none), (jnp.arange(steps), _by_step(tables)), reverse=True)
    of_angles = jnp.zeros_like(angles)
    if turned.size:
        of_angles = jax.ops.segment_sum(turned.reshape(-1), tables["matrix 2"].reshape(-1), FIRST_ANGLE + len(angles))
        of_angles = of_angles[FIRST_ANGLE:]
    return of_angles, of_matrices


def _by_step(tables: Tables) -> Tables:
    """The tables that have a row for each step."""
    return {name: table for name, table in tables.items() if name not in ("ends", "owners", "end signs")}
