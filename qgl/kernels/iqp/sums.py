"""Sums of phases: for Pauli words and strings of bits, the angles of all generators that the Pauli word anticommutes
with, with their signs.

A Pauli word anticommutes with the generators that share an odd number of positions with it. Pauli words of few ones
anticommute with few of many generators. Then the ones of all Pauli words are walked through in chunks, each with the
generators at its position, so that the work goes with the pairs that anticommute; the number of chunks is found at run
time. Pauli words of many ones are matrix products. Strings are kept as bits, 32 to a number, and unpacked for a chunk
or a block of generators at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.kernels.packed_bits import SetBits, unpacked
from qgl.plan.iqp.method import BLOCK, CHUNK, IqpProgram, fewer

SPARSE = 13.0  # how much longer one addition takes than in a matrix product

Array = jax.Array

one_by_one: Callable[..., Any] = jax.custom_batching.sequential_vmap  # which is untyped


class IqpSums:
    """sums(angles, pauli_words, strings)[w, s] = 2 sum over the generators j that anticommute with Pauli word w of
    angle_j (-1)^(g_j.s).

    angles shape (m,), Pauli words of 0 and 1 shape (pauli_words, positions) uint8, strings shape (variables, numbers)
    of 32 bits. The result has shape (pauli_words, 32 numbers). Differentiable in the angles.
    """

    def __init__(self, program: IqpProgram) -> None:
        self.count, self.most = len(program.angles), program.anticommuting_at.shape[1]
        self.members, self.positions, self.anticommuting_at = (
            program.members,
            program.positions,
            program.anticommuting_at,
        )
        self._call = self._made()

    def __call__(self, angles: Array, pauli_words: Array, strings: Array) -> Array:
        return self._call(angles, pauli_words, strings)

    def _made(self) -> Callable[[Array, Array, Array], Array]:
        # mapped over seeds, each takes its own number of chunks and its own branch, so one comes after another
        forward = one_by_one(partial(self._either, self._sparse, self._dense))
        backward = one_by_one(partial(self._either, self._sparse_cotangents, self._dense_cotangents))

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
        sparse: Callable[..., Array],
        dense: Callable[..., Array],
        values: Array,
        pauli_words: Array,
        strings: Array,
    ) -> Array:
        signs, ones = self._signs(strings), SetBits(pauli_words)
        is_sparse = ones.total.astype(jnp.float32) * (self.most * SPARSE) < float(len(pauli_words)) * self.count
        result: Array = lax.cond(
            is_sparse, lambda: sparse(values, pauli_words, ones, signs), lambda: dense(values, pauli_words, signs)
        )
        return result

    def _signs(self, strings: Array) -> Array:
        """For each generator the parities of the strings on it, packed as they are; a row of 0 at the end."""
        padded = jnp.pad(strings, ((0, 1), (0, 0)))
        start = jnp.zeros((self.count, strings.shape[1]), strings.dtype)
        parities = lax.scan(lambda parity, one: (parity ^ padded[one], None), start, jnp.asarray(self.members.T))[0]
        return jnp.pad(parities, ((0, 1), (0, 0)))

    # ------------------------------------------------------------ Pauli words of few ones

    def _walk(
        self, size: int, pauli_words: Array, ones: SetBits, start: Any, visit: Callable[[Any, Array, Array, Array], Any]
    ) -> Any:
        """Folds `visit` over chunks of `size` ones of the Pauli words: (carry, Pauli word, generators there, which of
        them count).
        """
        chunk = jnp.arange(size, dtype=jnp.int32)
        anticommuting_at, positions = (
            jnp.asarray(self.anticommuting_at),
            jnp.pad(jnp.asarray(self.positions), ((0, 1), (0, 0))),
        )
        padded = jnp.pad(pauli_words, ((0, 0), (0, 1)))

        def step(number: Array, carry: Any) -> Any:
            numbers = number * size + chunk
            pauli_word, position = ones.find(numbers)
            generators = anticommuting_at[position]
            at = positions[generators]
            bits = padded[pauli_word[:, None, None], at] == 1
            # a generator that several ones of the Pauli word are on is counted at the first of them
            odd = jnp.sum(bits, axis=2) % 2 == 1
            first = ~jnp.any(bits & (at < position[:, None, None]), axis=2)
            counts = odd & first & (numbers < ones.total)[:, None] & (generators < self.count)
            return visit(carry, pauli_word, generators, counts)

        return lax.fori_loop(0, -(-ones.total // size), step, start)

    def _sparse(self, angles: Array, pauli_words: Array, ones: SetBits, signs: Array) -> Array:
        twice, strings = jnp.pad(2 * angles, (0, 1)), 32 * signs.shape[1]
        chunk = fewer(CHUNK, strings)

        def visit(sums: Array, pauli_word: Array, generators: Array, counts: Array) -> Array:
            weights = jnp.where(counts, twice[generators], 0)

            def add(total: Array, one: tuple[Array, Array]) -> tuple[Array, None]:
                return total + one[0][:, None] * unpacked(signs[one[1]], angles.dtype), None

            zero = jnp.zeros((chunk, strings), angles.dtype)
            total = lax.scan(add, zero, (weights.T, generators.T), unroll=min(8, self.most))[0]
            return sums.at[pauli_word].add(total)

        start = jnp.zeros((len(pauli_words), strings), angles.dtype)
        result: Array = self._walk(chunk, pauli_words, ones, start, visit)
        return result

    def _sparse_cotangents(self, cotangents: Array, pauli_words: Array, ones: SetBits, signs: Array) -> Array:
        chunk = fewer(CHUNK, cotangents.shape[1])

        def visit(found: Array, pauli_word: Array, generators: Array, counts: Array) -> Array:
            rows = cotangents[pauli_word]

            def one(_: None, generator: Array) -> tuple[None, Array]:
                products = rows * unpacked(signs[generator], rows.dtype)
                return None, products.reshape(chunk, -1, 32).sum(axis=1).sum(axis=1)  # in an order that vectorises

            products = lax.scan(one, None, generators.T, unroll=min(8, self.most))[1]
            return found.at[generators.T].add(jnp.where(counts.T, 2 * products, 0))

        result: Array = self._walk(chunk, pauli_words, ones, jnp.zeros(self.count + 1, cotangents.dtype), visit)
        return result[:-1]

    # ------------------------------------------------------------ Pauli words of many ones

    def _blocks(self, strings: int) -> tuple[Array, Array]:
        """The generators in blocks, shape (blocks, generators), and their positions."""
        size = fewer(BLOCK, strings)
        blocks = -(-max(1, self.count) // size)
        numbers = np.full(blocks * size, self.count, np.int32)
        numbers[: self.count] = np.arange(self.count)
        nowhere = np.full((1, self.positions.shape[1]), len(self.anticommuting_at), np.int32)
        positions = np.concatenate([self.positions, nowhere])[numbers]
        return jnp.asarray(numbers.reshape(blocks, size)), jnp.asarray(positions.reshape(blocks, size, -1))

    def _anticommute(self, pauli_words: Array, positions: Array, dtype: Any) -> Array:
        """Whether Pauli words anticommute with generators that have positions `positions`, shape (pauli_words,
        generators), as 0 and 1.
        """
        bits = jnp.pad(pauli_words, ((0, 0), (0, 1))).T
        start = jnp.zeros((len(positions), len(pauli_words)), bits.dtype)
        return lax.scan(lambda parity, one: (parity ^ bits[one], None), start, positions.T)[0].T.astype(dtype)

    def _dense(self, angles: Array, pauli_words: Array, signs: Array) -> Array:
        twice = jnp.pad(2 * angles, (0, 1))

        def add(sums: Array, block: tuple[Array, Array]) -> tuple[Array, None]:
            numbers, positions = block
            anticommute = self._anticommute(pauli_words, positions, angles.dtype) * twice[numbers]
            return sums + jnp.matmul(anticommute, unpacked(signs[numbers], angles.dtype), precision="highest"), None

        start = jnp.zeros((len(pauli_words), 32 * signs.shape[1]), angles.dtype)
        return lax.scan(add, start, self._blocks(start.shape[1]))[0]

    def _dense_cotangents(self, cotangents: Array, pauli_words: Array, signs: Array) -> Array:
        def one(_: None, block: tuple[Array, Array]) -> tuple[None, Array]:
            numbers, positions = block
            summed = jnp.matmul(
                self._anticommute(pauli_words, positions, cotangents.dtype).T, cotangents, precision="highest"
            )
            return None, 2 * jnp.sum(summed * unpacked(signs[numbers], cotangents.dtype), axis=1)

        return lax.scan(one, None, self._blocks(cotangents.shape[1]))[1].reshape(-1)[: self.count]
