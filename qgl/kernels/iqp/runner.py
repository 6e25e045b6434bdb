"""Runs `qgl.plan.iqp.method.IqpProgram`: expectations of Z words as averages over strings of bits."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.kernels.arrays import take
from qgl.kernels.devices.mesh import mapped, sharers
from qgl.kernels.expressions import evaluate
from qgl.kernels.iqp.cosines import moments
from qgl.kernels.iqp.sums import IqpSums
from qgl.kernels.packed_bits import packed, parities, unpacked
from qgl.kernels.random_bits import random_bits, subkeys
from qgl.kernels.runner import GivenArrays, given, needed
from qgl.plan.iqp.exact import ExactPauliWords
from qgl.plan.iqp.method import IqpProgram, together
from qgl.query import Expectation, GivenPauliWords, Query


class IqpRunner:
    """Pauli words that are known are exact; Pauli words that come with the call are estimated from random strings."""

    def __init__(self, program: IqpProgram) -> None:
        self.program = program
        self.sums = IqpSums(program)

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        numbers = evaluate(self.program.expressions, inputs)
        angles = take(numbers, self.program.angles)
        means = jnp.cos(take(numbers, self.program.flips.angles))
        answers: dict[Query, Any] = {}
        for number, (query, array) in enumerate(queries.items()):
            match query:
                case Expectation():
                    answers[query] = exact_pauli_words(angles, self.program.exact[query]) * self.anticommuting(
                        means, query
                    )
                case GivenPauliWords(_, samples, weight):
                    pauli_words = given(array, query)
                    # without samples nothing is random, and one string, whichever, gives the mean itself
                    own = jax.random.key(0) if samples is None else needed(key, "estimates of Pauli words")
                    own = subkeys(own, number + 1)[number] if number else own
                    estimates = self.estimates(angles, pauli_words, samples or 1, own, weight)
                    factors = self.flipped(means, pauli_words)
                    answers[query] = estimates * jnp.stack([factors, factors**2])
                case _:
                    raise ValueError(f"{type(query).__name__} was not planned for")
        return answers

    def anticommuting(self, means: jax.Array, query: Expectation) -> jax.Array | float:
        """What the flips multiply the Pauli words of a query by, shape (pauli_words,), from their means, shape
        (flips,).
        """
        if not len(means):
            return 1.0
        return _multiplied(take(jnp.append(means, 1), self.program.flips.anticommuting[query]))

    def flipped(self, means: jax.Array, pauli_words: jax.Array) -> jax.Array:
        """The same for Pauli words that come with the call, rows of 0 and 1, shape (pauli_words, positions)."""
        if not len(means):
            return jnp.ones(len(pauli_words), means.dtype)
        odd = unpacked(parities(packed(pauli_words.T), self.program.flips.positions), means.dtype).reshape(
            len(means), -1
        )
        return _multiplied(jnp.where(odd[:, : len(pauli_words)] < 0, means[:, None], 1).T)

    def estimates(
        self, angles: jax.Array, pauli_words: jax.Array, samples: int, key: jax.Array, weight: float | None = None
    ) -> jax.Array:
        """Means and mean squares of `samples` draws of Pauli words, shape (pauli_words, positions): shape (2,
        pauli_words). `weight` is the number of ones that a Pauli word has on average, if it is known.
        """
        strings = random_bits(key, (self.program.variables, -(-samples // 32)))
        blocks = max(sharers(), -(-len(pauli_words) // together(len(pauli_words), samples)))
        size = -(-len(pauli_words) // blocks)
        rows = lax.convert_element_type(pauli_words, jnp.uint8)
        padded = lax.pad(rows, np.uint8(0), ((0, blocks * size - len(rows), 0), (0, 0, 0)))
        turns = angles * (0.5 / np.pi)

        def some(rows: jax.Array) -> jax.Array:
            sums = self.sums(turns, rows, strings, weight)
            if (self.program.quarter_turns & 3).any():
                sums += self.quarter_turns(rows, turns.dtype)
            return moments(sums, samples)

        if blocks == 1:
            return some(padded)
        stacked = mapped(jax.checkpoint(some), padded.reshape(blocks, size, -1), batch_size=1)
        return jnp.moveaxis(stacked, 0, 1).reshape(2, -1)[:, : len(rows)]

    def quarter_turns(self, pauli_words: jax.Array, dtype: Any) -> jax.Array:
        """The part of the phases that does not depend on the strings, in turns, shape (pauli_words, 1)."""
        quarters = pauli_words.astype(jnp.int32) @ jnp.asarray(self.program.quarter_turns)
        return ((quarters & 3).astype(dtype) * 0.25)[:, None]


def exact_pauli_words(angles: jax.Array, pauli_words: ExactPauliWords) -> jax.Array:
    """Products of sums of products of cosines and sines, shape (pauli_words,)."""
    one = jnp.ones(1, angles.dtype)
    factors = jnp.concatenate([jnp.cos(2 * angles), jnp.sin(2 * angles), one])
    parts = jnp.zeros(pauli_words.parts, angles.dtype)
    for group in pauli_words.products:
        terms = _multiplied(take(factors, group.factor)) * jnp.asarray(group.sign, angles.dtype)
        parts = parts.at[group.pauli_word].add(terms, indices_are_sorted=True)
    return _multiplied(take(jnp.concatenate([parts, one]), pauli_words.part))


def _multiplied(rows: jax.Array) -> jax.Array:
    """The product along the last axis, two by two, so that its derivative is made of products too."""
    while rows.shape[1] > 1:
        half = rows.shape[1] // 2
        pairs = rows[:, :half] * rows[:, half : 2 * half]
        rows = jnp.concatenate([pairs, rows[:, 2 * half :]], axis=1)
    return rows[:, 0]
