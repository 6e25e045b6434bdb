"""Rows of bits, 32 to a number: their ones, their parities and their signs.

Of N numbers, bit k of number j is bit k N + j of the row, so that rows are packed and unpacked number beside number.
The last bit is of no place of a row, and 0. To walk over the ones of rows takes work that goes with how many there are,
not with the bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from qgl.kernels.arrays import reordered, take

Array = jax.Array

TOGETHER = 4  # rows whose parity is taken at a time


def packed(rows: Array) -> Array:
    """Bits as numbers of 32 bits, shape (rows, bits), uint8, to (rows, numbers)."""
    count, width = rows.shape
    numbers = width // 32 + 1
    spread = lax.pad(rows, rows.dtype.type(0), ((0, 0, 0), (0, 32 * numbers - width, 0)))
    bits = lax.convert_element_type(lax.reshape(spread, (count, 32, numbers)), jnp.uint32)
    shifted = lax.shift_left(bits, lax.broadcasted_iota(jnp.uint32, bits.shape, 1))
    joined: Array = lax.reduce(shifted, np.uint32(0), lax.bitwise_or, (1,))
    return joined


def packed_columns(rows: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The columns of a table of bits, shape (rows, columns), packed: shape (columns, numbers)."""
    numbers = len(rows) // 32 + 1
    bits = np.pad(rows, ((0, 32 * numbers - len(rows)), (0, 0))).astype(np.uint32).reshape(32, numbers, -1)
    table: NDArray[np.uint32] = np.bitwise_or.reduce(bits << np.arange(32, dtype=np.uint32)[:, None, None]).T
    return table


def bits_at(numbers: Array, rows: Array, positions: Array) -> Array:
    """Bits of packed rows, as 0 and 1, int32, of the shape of `rows` and `positions`, which are in range."""
    count = np.int32(numbers.shape[1])
    own = take(numbers, (rows, lax.rem(positions, count)))
    shifted = lax.shift_right_logical(own, lax.convert_element_type(lax.div(positions, count), jnp.uint32))
    return lax.convert_element_type(lax.bitwise_and(shifted, np.uint32(1)), jnp.int32)


def unpacked(numbers: Array, dtype: jnp.dtype[Any]) -> Array:
    """Bits as signs 1 and -1, shape (..., numbers) to (..., 32, numbers), which are in order."""
    axis = numbers.ndim - 1
    shape = (*numbers.shape[:-1], 32, numbers.shape[-1])
    wide = lax.broadcast_in_dim(numbers, shape, (*range(axis), axis + 1))
    bits = lax.bitwise_and(lax.shift_right_logical(wide, lax.broadcasted_iota(jnp.uint32, shape, axis)), np.uint32(1))
    return lax.sub(dtype.type(1), lax.mul(dtype.type(2), lax.convert_element_type(bits, dtype)))


def by_ones(rows: Array) -> Array:
    """Rows of bits, shape (rows, bits), those of most ones first."""
    ones = lax.reduce(lax.convert_element_type(rows, jnp.int32), np.int32(0), lax.add, (1,))
    order = lax.sort((lax.neg(ones), lax.iota(jnp.int32, len(rows))), num_keys=1)[1]
    return reordered(rows, order)


def parities(table: Array, members: NDArray[np.int32]) -> Array:
    """For each row of `members`, shape (rows, most), the exclusive or of the rows of `table` that it names, shape
    (rows, numbers). It is padded with len(table), of which nothing comes.
    """
    most = members.shape[1]
    groups = max(1, -(-most // TOGETHER))
    size = -(-most // groups)
    padded = np.pad(members, ((0, 0), (0, groups * size - most)), constant_values=len(table))
    rows = lax.pad(table, table.dtype.type(0), ((0, 1, 0), (0, 0, 0)))

    def step(parity: Array, some: Array) -> tuple[Array, None]:
        return lax.bitwise_xor(parity, lax.reduce(take(rows, some), table.dtype.type(0), lax.bitwise_xor, (0,))), None

    start = lax.full((len(members), table.shape[1]), 0, table.dtype)
    return lax.scan(step, start, jnp.asarray(padded.T.reshape(groups, size, -1)))[0]


def walk(rows: Array, width: int, start: Any, visit: Callable[[Any, Array], Any]) -> Any:
    """Folds `visit(carry, positions)` over the ones of packed rows, shape (rows, numbers): the first one of each row,
    then the second one of each, until no row has any more.

    positions: shape (rows,), int32; `width`, the number of bits, for rows that have no more ones.
    """

    def step(carry: tuple[Array, Any]) -> tuple[Array, Any]:
        left, value = carry
        numbers, places = np.int32(left.shape[1]), lax.broadcasted_iota(jnp.int32, left.shape, 1)
        without = lax.bitwise_and(left, lax.sub(left, np.uint32(1)))  # the lowest one of each number
        lowest = lax.population_count(lax.sub(lax.bitwise_xor(left, without), np.uint32(1)))
        at = lax.add(lax.mul(lax.convert_element_type(lowest, jnp.int32), numbers), places)
        at = lax.select(lax.eq(left, lax.full_like(left, 0)), lax.full_like(at, width), at)
        positions = lax.reduce(at, np.int32(width), lax.min, (1,))
        here = lax.eq(places, lax.broadcast_in_dim(lax.rem(positions, numbers), left.shape, (0,)))
        return lax.select(here, without, left), visit(value, positions)

    def any_left(carry: tuple[Array, Any]) -> Array:
        return lax.ne(lax.reduce(carry[0], np.uint32(0), lax.bitwise_or, (0, 1)), np.uint32(0))

    return lax.while_loop(any_left, step, (rows, start))[1]
