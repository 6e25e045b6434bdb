"""Transpositions of a state, chosen at run time out of a static list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.kernels.arrays import reordered, row_of

_Move = Callable[[jax.Array, jax.Array], jax.Array]

MOST_TABLE_ENTRIES = 1 << 18


class Mover:
    """Applies transposition number `move` of `moves` to a state of shape (2^count,), or undoes it.

    Small states are gathered through index tables, large ones through indices that are sums of what the two halves of
    their bits give. That is as quick as a compiled transposition each, and the program does not grow with their number.
    """

    def __init__(self, moves: Sequence[tuple[int, ...]]) -> None:
        self._forward = tuple(moves)
        self._backward = tuple(tuple(int(axis) for axis in np.argsort(move)) for move in moves)
        self.apply = _with_inverse(self._forward, self._backward)
        self.undo = _with_inverse(self._backward, self._forward)


def transpose(state: jax.Array, axes: Sequence[int]) -> jax.Array:
    """`state` of shape (2^n,) with its bits reordered: axis k of the result is axis axes[k] of `state`."""
    if tuple(axes) == tuple(range(len(axes))):
        return state
    shape, order = _merged(axes)
    return state.reshape(shape).transpose(order).reshape(-1)


def _merged(axes: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The same transposition with axes joined that stay neighbours: shape of the state, and the order of its axes."""
    runs: list[list[int]] = []
    for axis in axes:
        if runs and runs[-1][-1] == axis - 1:
            runs[-1].append(axis)
        else:
            runs.append([axis])
    sources = sorted(run[0] for run in runs)
    lengths = {run[0]: len(run) for run in runs}
    return tuple(2 ** lengths[first] for first in sources), tuple(sources.index(run[0]) for run in runs)


def _with_inverse(forward: tuple[tuple[int, ...], ...], backward: tuple[tuple[int, ...], ...]) -> _Move:
    there, back = _move(forward), _move(backward)

    @jax.custom_vjp
    def move(number: jax.Array, state: jax.Array) -> jax.Array:
        return there(number, state)

    move.defvjp(
        lambda number, state: (there(number, state), number), lambda number, gradient: (None, back(number, gradient))
    )
    return move


def _move(moves: tuple[tuple[int, ...], ...]) -> _Move:
    if len(moves) == 1:
        return lambda number, state: state
    count = len(moves[0])
    if len(moves) << count <= MOST_TABLE_ENTRIES:
        natural = np.arange(2**count, dtype=np.int32).reshape((2,) * count)
        table = np.stack([natural.transpose(axes).ravel() for axes in moves])
        return lambda number, state: reordered(state, row_of(jnp.asarray(table), number))
    shifts = count - 1 - np.array(moves, dtype=np.int32)

    def gather(number: jax.Array, state: jax.Array) -> jax.Array:
        return reordered(state, _index(row_of(jnp.asarray(shifts), number), count))

    return lambda number, state: lax.cond(number == 0, lambda number, state: state, gather, number, state)


def _index(shifts: jax.Array, count: int) -> jax.Array:
    """Where each amplitude comes from, if bit count - 1 - k of its index is bit shifts[k] of the source's.

    Shape (2^count,): the sum of what the first half of the bits gives and of what the others give.
    """

    def of_axes(first: int, stop: int) -> jax.Array:
        axes = stop - first
        bits = np.arange(2**axes, dtype=np.int32)[:, None] >> np.arange(axes - 1, -1, -1, dtype=np.int32) & 1
        return jnp.sum(jnp.asarray(bits) << shifts[first:stop], axis=1, dtype=jnp.int32)

    return (of_axes(0, count // 2)[:, None] + of_axes(count // 2, count)).reshape(-1)
