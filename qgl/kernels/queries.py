"""Answers from a final state.

A state vector is a matrix psi[x, e] over visible bits x and environment e, shape (V, E); a density matrix is rho[x, y],
shape (V, V). Both offer the same three readings, from which every query is answered.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from qgl.gates.algebra import pauli_word
from qgl.kernels.arrays import product, squared
from qgl.kernels.expectation import expectation as vector_expectation
from qgl.kernels.words import index, sign, walsh
from qgl.plan.tables import Words


class Final(Protocol):
    """A final state: `density` (V, V), `probabilities` (V,), and `expectation` of words other than Z words."""

    visible: int

    def density(self) -> jax.Array: ...

    def probabilities(self) -> jax.Array: ...

    def expectation(self, words: Words) -> jax.Array: ...


class Vector:
    """psi of shape (2^visible, E)."""

    def __init__(self, psi: jax.Array) -> None:
        self.psi = psi
        self.visible = psi.shape[0].bit_length() - 1

    def density(self) -> jax.Array:
        return product(self.psi, self.psi.conj(), (1, 1))

    def probabilities(self) -> jax.Array:
        return jnp.sum(squared(self.psi), axis=1)

    def expectation(self, words: Words) -> jax.Array:
        return vector_expectation(self.psi, words)


class Density:
    """rho of shape (V, V)."""

    def __init__(self, rho: jax.Array) -> None:
        self.rho = rho
        self.visible = rho.shape[0].bit_length() - 1

    def density(self) -> jax.Array:
        return self.rho

    def probabilities(self) -> jax.Array:
        diagonal: jax.Array = jnp.diagonal(self.rho).real
        return diagonal

    def expectation(self, words: Words) -> jax.Array:
        bits = index(self.rho.shape[0])
        phases = jnp.asarray(np.array([1, 1j, -1, -1j]), self.rho.dtype)

        def one(carry: None, word: tuple[jax.Array, ...]) -> tuple[None, jax.Array]:
            x, z, ys = word
            return None, (phases[ys & 3] * jnp.sum(sign(bits ^ x, z) * self.rho[bits ^ x, bits])).real

        masks = (jnp.asarray(words.x), jnp.asarray(words.z), jnp.asarray(words.ys))
        values: jax.Array = lax.scan(one, None, masks)[1]
        return values


def expectation(final: Final, words: Sequence[str]) -> jax.Array:
    """<P> of every word, shape (words,). All Z words together are one Walsh-Hadamard transform of p."""
    masks = word_masks(words)
    plain = np.flatnonzero(masks.x == 0)
    values = jnp.zeros(len(words), final.probabilities().dtype)
    if len(plain):
        values = values.at[plain].set(walsh(final.probabilities())[masks.z[plain]])
    other = np.flatnonzero(masks.x)
    if len(other):
        some = Words(masks.x[other], masks.z[other], masks.ys[other])
        values = values.at[other].set(final.expectation(some))
    return values


def word_masks(words: Sequence[str]) -> Words:
    """Masks of Pauli words, first letter at the most significant bit."""
    x = [sum(1 << k for k, letter in enumerate(reversed(word)) if letter in "XY") for word in words]
    z = [sum(1 << k for k, letter in enumerate(reversed(word)) if letter in "YZ") for word in words]
    ys = [word.count("Y") for word in words]
    return Words(np.array(x, np.int32), np.array(z, np.int32), np.array(ys, np.int32))


def log_of(p: jax.Array, rows: NDArray[np.uint8] | jax.Array) -> jax.Array:
    """log p of rows of bits, shape (batch,); what rounds to nothing is taken as the least positive number."""
    places = p.shape[0].bit_length() - 1
    weights = jnp.asarray(2 ** np.arange(places - 1, -1, -1), jnp.int32)
    chosen = p[jnp.asarray(rows).astype(jnp.int32) @ weights]
    return jnp.log(jnp.maximum(chosen, float(np.finfo(p.dtype).tiny)))


def marginals(final: Final, regions: Sequence[Sequence[int]]) -> tuple[jax.Array, ...]:
    """The reduced density matrix of each region, from the expectations of the Pauli words on it."""
    places: dict[str, int] = {}
    rows = []
    for region in regions:
        row = []
        for letters in itertools.product("IXYZ", repeat=len(region)):
            word = ["I"] * final.visible
            for position, letter in zip(region, letters, strict=True):
                word[position] = letter
            row.append(places.setdefault("".join(word), len(places)))
        rows.append(np.array(row))
    values = expectation(final, list(places))
    return tuple(_from_words(values[row], len(region)) for row, region in zip(rows, regions, strict=True))


def _from_words(values: jax.Array, qubits: int) -> jax.Array:
    basis = np.stack([pauli_word("".join(letters)) for letters in itertools.product("IXYZ", repeat=qubits)]) / 2**qubits
    return jnp.einsum("w,wij->ij", values, basis.astype(np.result_type(values.dtype, np.complex64)))


def draw(p: jax.Array, key: jax.Array, shots: int) -> jax.Array:
    """Indices drawn from probabilities `p` by inverting their sums, shape (shots,)."""
    sums = jnp.cumsum(jnp.maximum(p, 0))
    at = jax.random.uniform(key, (shots,), sums.dtype) * sums[-1]
    return jnp.minimum(jnp.searchsorted(sums, at, side="right"), len(sums) - 1)


def sample(p: jax.Array, key: jax.Array, shots: int) -> jax.Array:
    """Strings drawn from probabilities `p` of 2^n strings, shape (shots, n), uint8."""
    shifts = jnp.arange(p.shape[0].bit_length() - 2, -1, -1)
    return (draw(p, key, shots)[:, None] >> shifts & 1).astype(jnp.uint8)
