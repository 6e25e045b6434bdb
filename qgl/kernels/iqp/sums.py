"""Sums of phases: for Pauli words and strings of bits, the angles of all generators that the Pauli word anticommutes
with, with their signs.

A Pauli word anticommutes with the generators that share an odd number of positions with it. Pauli words of few ones
anticommute with few of many generators. Then the ones of blocks of Pauli words are walked through, each with the
generators at its position, so that the work goes with the pairs that anticommute, where Pauli words of as many ones
stand together; how often a block is gone through is found at run time. Pauli words of many ones are matrix products.
Strings are kept as bits, 32 to a number, and unpacked for some generators at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.kernels.arrays import product, take
from qgl.kernels.packed_bits import bits_at, packed, parities, unpacked, walk
from qgl.plan.iqp.method import BLOCK, CHUNK, IqpProgram, fewer

SPARSE = 13.0  # how much longer one addition takes than in a matrix product
TOGETHER = 8  # generators of a position that are added at a time

Array = jax.Array

one_by_one: Callable[..., Any] = jax.custom_batching.sequential_vmap  # which is untyped


class IqpSums:
    """sums(angles, pauli_words, strings)[w, s] = 2 sum over the generators j that anticommute with Pauli word w of
    angle_j (-1)^(g_j.s).

    angles shape (m,), Pauli words of 0 and 1 shape (pauli_words, positions) uint8, strings shape (variables, numbers)
    of 32 bits. The result has shape (pauli_words, 32 numbers). Differentiable in the angles.

    weight: the ones that a Pauli word has on average, by which it is chosen how to add up; None: this is looked at, and
        both ways are compiled.
    """

    def __init__(self, program: IqpProgram) -> None:
        self.count, self.most = len(program.angles), program.anticommuting_at.shape[1]
        self.members, self.positions, self.anticommuting_at = (
            program.members,
            program.positions,
            program.anticommuting_at,
        )
        self._call = cache(self._made)

    def __call__(self, angles: Array, pauli_words: Array, strings: Array, weight: float | None = None) -> Array:
        known = None if weight is None else self.is_sparse(weight, 1)
        return self._call(known)(angles, pauli_words, strings)

    def is_sparse(self, ones: Any, pauli_words: int) -> Any:
        """Whether it is quicker to walk through so many ones of so many Pauli words."""
        return ones * (self.most * SPARSE) < float(pauli_words) * self.count

    def _made(self, is_sparse: bool | None) -> Callable[[Array, Array, Array], Array]:
        # mapped over seeds, each goes through its own ones and takes its own branch, so one comes after another
        forward = one_by_one(partial(self._either, is_sparse, self._sparse, self._dense))
        backward = one_by_one(partial(self._either, is_sparse, self._sparse_cotangents, self._dense_cotangents))

        @jax.custom_vjp
        def sums(angles: Array, pauli_words: Array, strings: Array) -> Array:
            result: Array = forward(angles, pauli_words, strings)
            return result

        def first(angles: Array, pauli_words: Array, strings: Array) -> tuple[Array, tuple[Array, Array]]:
            return sums(angles, pauli_words, strings), (pauli_words, strings)

        def second(kept: tuple[Array, Array], cotangents: Array) -> tuple[Array, None, None]:
            return backward(cotangents, *kept), None, None

        sums.defvjp(first, second)
        return sums

    def _either(
        self,
        is_sparse: bool | None,
        sparse: Callable[..., Array],
        dense: Callable[..., Array],
        values: Array,
        pauli_words: Array,
        strings: Array,
    ) -> Array:
        signs = self._signs(strings)
        if is_sparse is not None:
            return (sparse if is_sparse else dense)(values, pauli_words, signs)
        ones = jnp.sum(pauli_words, dtype=jnp.float32)
        result: Array = lax.cond(self.is_sparse(ones, len(pauli_words)), sparse, dense, values, pauli_words, signs)
        return result

    def _signs(self, strings: Array) -> Array:
        """For each generator the parities of the strings on it, packed as they are; a row of 0 at the end."""
        return lax.pad(parities(strings, self.members), np.uint32(0), ((0, 1, 0), (0, 0, 0)))

    # ------------------------------------------------------------ Pauli words of few ones

    def _blocks_of_rows(self, pauli_words: Array, strings: int) -> Array:
        """Pauli words in blocks, packed, shape (blocks, size, numbers), filled up with empty ones."""
        blocks = -(-len(pauli_words) // fewer(CHUNK, strings))
        size = -(-len(pauli_words) // blocks)  # as equal as can be, so that there is little to fill
        fill = blocks * size - len(pauli_words)
        rows = lax.pad(packed(pauli_words), np.uint32(0), ((0, fill, 0), (0, 0, 0)))
        return lax.reshape(rows, (blocks, size, rows.shape[1]))

    def _walk(self, pauli_words: Array, start: Any, visit: Callable[[Any, Array, Array], Any]) -> Any:
        """Folds `visit` over the ones of some Pauli words, packed, shape (size, numbers): (carry, the generators of a
        one of each, which of them count), both of shape (groups, size, together).
        """
        width = len(self.anticommuting_at)
        groups = max(1, -(-self.most // TOGETHER))
        together = -(-self.most // groups)
        fill = ((0, 1), (0, groups * together - self.most))
        table = np.pad(self.anticommuting_at, fill, constant_values=self.count)
        near = jnp.asarray(table.reshape(-1, groups, together))
        places = jnp.asarray(np.pad(self.positions, ((0, 1), (0, 0)), constant_values=width))

        def step(carry: Any, at: Array) -> Any:
            generators = lax.transpose(take(near, at), (1, 0, 2))
            positions = take(places, generators)
            own = lax.broadcasted_iota(jnp.int32, positions.shape, 1)
            bits = bits_at(pauli_words, own, positions)
            before = lax.lt(positions, lax.broadcast_in_dim(at, positions.shape, (1,)))
            # bit 0: a one of the Pauli word, bit 1: one before that at hand; a generator that several are on is counted
            # at the first of them, if they are odd in number
            marks = lax.mul(
                bits, lax.add(lax.mul(lax.convert_element_type(before, jnp.int32), np.int32(2)), np.int32(1))
            )
            seen = lax.reduce(marks, np.int32(0), _joined, (3,))
            return visit(carry, generators, lax.eq(seen, lax.full_like(seen, 1)))

        return walk(pauli_words, width, start, step)

    def _sparse(self, angles: Array, pauli_words: Array, signs: Array) -> Array:
        twice, numbers = lax.pad(angles * 2, angles.dtype.type(0), ((0, 1, 0),)), signs.shape[1]

        def visit(sums: Array, generators: Array, counts: Array) -> Array:
            weights = lax.select(counts, take(twice, generators), lax.full(counts.shape, 0, twice.dtype))

            def add(sums: Array, group: tuple[Array, Array]) -> tuple[Array, None]:
                own = unpacked(take(signs, group[1]), twice.dtype)
                weighted = lax.mul(own, lax.broadcast_in_dim(group[0], own.shape, (0, 1)))
                return lax.add(sums, lax.reduce(weighted, twice.dtype.type(0), lax.add, (1,))), None

            return lax.scan(add, sums, (weights, generators))[0]

        def block(_: None, rows: Array) -> tuple[None, Array]:
            return None, self._walk(rows, lax.full((len(rows), 32, numbers), 0, twice.dtype), visit)

        blocks = lax.scan(block, None, self._blocks_of_rows(pauli_words, 32 * numbers))[1]
        return lax.slice_in_dim(blocks.reshape(-1, 32 * numbers), 0, len(pauli_words))

    def _sparse_cotangents(self, cotangents: Array, pauli_words: Array, signs: Array) -> Array:
        rows, zero = self._blocks_of_rows(pauli_words, cotangents.shape[1]), cotangents.dtype.type(0)
        fill = rows.shape[0] * rows.shape[1] - len(cotangents)
        padded = lax.pad(cotangents, zero, ((0, fill, 0), (0, 0, 0)))

        def block(found: Array, some: tuple[Array, Array]) -> tuple[Array, None]:
            def visit(found: Array, generators: Array, counts: Array) -> Array:
                def add(found: Array, group: tuple[Array, Array]) -> tuple[Array, None]:
                    own = unpacked(take(signs, group[0]), zero.dtype)
                    products = lax.mul(own, lax.broadcast_in_dim(some[1], own.shape, (0, 2, 3)))
                    # in an order that vectorises
                    totals = lax.reduce(lax.reduce(products, zero, lax.add, (2,)), zero, lax.add, (2,))
                    counted = lax.select(group[1], totals * 2, lax.full_like(totals, 0))
                    indexed = found.at[group[0]]
                    return indexed.add(counted, mode="promise_in_bounds", wrap_negative_indices=False), None

                return lax.scan(add, found, (generators, counts))[0]

            return self._walk(some[0], found, visit), None

        start = lax.full((self.count + 1,), 0, zero.dtype)
        blocks = (rows, padded.reshape(*rows.shape[:2], 32, signs.shape[1]))
        return lax.slice_in_dim(lax.scan(block, start, blocks)[0], 0, self.count)

    # ------------------------------------------------------------ Pauli words of many ones

    def _blocks(self, strings: int) -> Array:
        """The generators in blocks, shape (blocks, generators), filled up with their number."""
        size = min(fewer(BLOCK, strings), max(1, self.count))
        blocks = -(-max(1, self.count) // size)
        return jnp.asarray(np.minimum(np.arange(blocks * size, dtype=np.int32), self.count).reshape(blocks, size))

    def _commuting(self, pauli_words: Array) -> Array:
        """For each generator and Pauli word whether they anticommute, as bits, shape (m + 1, pauli_words / 32); the
        last row is 0.
        """
        columns = packed(lax.transpose(pauli_words, (1, 0)))
        return lax.pad(parities(columns, self.positions), np.uint32(0), ((0, 1, 0), (0, 0, 0)))

    def _unpacked(self, table: Array, numbers: Array, dtype: Any) -> Array:
        """The signs of some rows of a table, shape (generators, bits)."""
        return unpacked(take(table, numbers), dtype).reshape(len(numbers), -1)

    def _dense(self, angles: Array, pauli_words: Array, signs: Array) -> Array:
        padded, commuting = lax.pad(angles, angles.dtype.type(0), ((0, 1, 0),)), self._commuting(pauli_words)

        def add(sums: Array, numbers: Array) -> tuple[Array, None]:
            twice = (1 - self._unpacked(commuting, numbers, angles.dtype)) * take(padded, numbers)[:, None]
            return sums + product(twice, self._unpacked(signs, numbers, angles.dtype), (0, 0)), None

        start = lax.full((32 * commuting.shape[1], 32 * signs.shape[1]), 0, angles.dtype)
        sums = lax.scan(add, start, self._blocks(start.shape[1]))[0]
        return lax.slice_in_dim(sums, 0, len(pauli_words))

    def _dense_cotangents(self, cotangents: Array, pauli_words: Array, signs: Array) -> Array:
        commuting, dtype = self._commuting(pauli_words), cotangents.dtype
        padded = lax.pad(cotangents, dtype.type(0), ((0, -len(pauli_words) % 32, 0), (0, 0, 0)))

        def one(_: None, numbers: Array) -> tuple[None, Array]:
            summed = product(1 - self._unpacked(commuting, numbers, dtype), padded, (1, 0))
            return None, jnp.sum(summed * self._unpacked(signs, numbers, dtype), axis=1)

        blocks = lax.scan(one, None, self._blocks(cotangents.shape[1]))[1]
        return lax.slice_in_dim(lax.reshape(blocks, (blocks.size,)), 0, self.count)


def _joined(left: Array, right: Array) -> Array:
    """Whether the ones of two sets are odd in number, in bit 0, and whether one of them has bit 1."""
    return lax.bitwise_or(lax.bitwise_and(left ^ right, np.int32(1)), lax.bitwise_and(left | right, np.int32(2)))
