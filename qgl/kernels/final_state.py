"""Answers from a final state.

A state vector is a matrix psi[x, e] over visible bits x and environment e, shape (V, E); a density matrix is rho[x, y],
shape (V, V); of some methods only the distribution of the bits is known, shape (V,). All offer the same readings, from
which every query is answered.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from qgl.kernels.arrays import barrier, in_places, product, squared, take
from qgl.kernels.expectation import expectation as vector_expectation
from qgl.kernels.pauli_words import index, sign, walsh
from qgl.kernels.rounding import LogLikelihood
from qgl.kernels.runner import given, needed
from qgl.plan.network.bases import pauli_basis
from qgl.plan.state.tables import Indices, PauliWords
from qgl.query import (
    Elements,
    Expectation,
    GivenPauliWords,
    GivenStrings,
    LogProb,
    Marginals,
    Probabilities,
    Query,
    Samples,
    State,
)

MANY = 16  # qubits from which on an array over all strings had better not be there twice; below, kernels cost more


class Final:
    """A final state, of which only the bits can be read unless a kind of state says how more is.

    of_amplitudes: whether probabilities are squares of amplitudes, whose digits go further down than those of sums.
    """

    visible: int
    of_amplitudes = False

    def probabilities(self) -> jax.Array:
        """p of all strings, shape (V,)."""
        raise NotImplementedError

    def density(self) -> jax.Array:
        """The visible density matrix, shape (V, V)."""
        raise ValueError("only bits are read from this state")

    def elements(self, labels: int) -> jax.Array:
        """The states of an ensemble, whose label is the last `labels` visible qubits (`qgl.query.Elements`).

        Shape (2^labels, V / 2^labels), amplitudes, where all of these states are pure, else (2^labels, V / 2^labels, V
        / 2^labels).
        """
        raise ValueError("only bits are read from this state")

    def expectation(self, pauli_words: PauliWords) -> jax.Array:
        """<P> of Pauli words other than Z words, shape (pauli_words,)."""
        raise ValueError("only Z words are read from this state")

    def after(self, values: jax.Array) -> tuple[Final, jax.Array]:
        """This state and `values`, shape (pauli_words,), behind which it is read next where that saves memory."""
        return self, values

    def log_prob(self, rows: NDArray[np.uint8] | jax.Array) -> LogLikelihood:
        """log p of rows of bits, shape (batch, n)."""
        p = self.probabilities()[string_index(rows)]
        return LogLikelihood.of(p, rows.shape[1], of_amplitudes=self.of_amplitudes)

    def distributions(self, regions: Sequence[Sequence[int]]) -> tuple[jax.Array, ...]:
        """The joint distribution of the bits of each region, shape (2^k,)."""
        transformed = walsh(self.probabilities())
        shares = []
        for region in regions:
            bits = [1 << (self.visible - 1 - place) for place in region]
            masks = [sum(itertools.compress(bits, chosen)) for chosen in itertools.product((0, 1), repeat=len(bits))]
            shares.append(walsh(transformed[np.array(masks)]) / 2 ** len(bits))
        return tuple(shares)

    def sample(self, key: jax.Array, shots: int) -> jax.Array:
        """Strings drawn from p, shape (shots, n), uint8."""
        return sample(self.probabilities(), key, shots)


def read(final: Final, query: Query, array: jax.Array | None, key: jax.Array | None) -> Any:
    """The answer to any query from a final state, of the shape that the query says.

    array: what comes with a query that leaves its rows open, shape (batch, n). key: for `Samples`.
    """
    match query:
        case Probabilities():
            return final.probabilities()
        case LogProb():
            return final.log_prob(query.rows)
        case GivenStrings():
            return final.log_prob(given(array, query))
        case Expectation():
            return expectation(final, query)
        case GivenPauliWords():
            values = z_expectation(final, given(array, query))
            return jnp.stack([values, values**2])
        case Marginals(regions, bits):
            return final.distributions(regions) if bits else marginals(final, regions)
        case State():
            return final.density()
        case Elements(labels):
            return final.elements(labels)
        case Samples(shots):
            return final.sample(needed(key, "samples"), shots)


class Vector(Final):
    """psi of shape (2^visible, E)."""

    of_amplitudes = True

    def __init__(self, psi: jax.Array) -> None:
        self.psi = psi
        self.visible = psi.shape[0].bit_length() - 1

    def density(self) -> jax.Array:
        return product(self.psi, self.psi.conj(), (1, 1))

    def elements(self, labels: int) -> jax.Array:
        parts = self.psi.reshape(-1, 2**labels, self.psi.shape[1]).swapaxes(0, 1)
        return parts[:, :, 0] if parts.shape[2] == 1 else jnp.einsum("mxe,mye->mxy", parts, parts.conj())

    def probabilities(self) -> jax.Array:
        return jnp.sum(squared(self.psi), axis=1)

    def expectation(self, pauli_words: PauliWords) -> jax.Array:
        return vector_expectation(self.psi, pauli_words)

    def after(self, values: jax.Array) -> tuple[Final, jax.Array]:
        if self.visible < MANY:
            return self, values
        psi, values = barrier((self.psi, values))
        return Vector(psi), values


class Bits(Final):
    """A distribution of the visible bits alone, shape (V,)."""

    def __init__(self, p: jax.Array) -> None:
        self.p = p
        self.visible = p.shape[0].bit_length() - 1

    def probabilities(self) -> jax.Array:
        return self.p


def flipped(final: Final, means: jax.Array) -> Bits:
    """A final state whose bits are flipped by chance: `means` are those of the Pauli words of the flips, shape (V,)."""
    return Bits(walsh(walsh(final.probabilities()) * means) / means.shape[0])


class Density(Final):
    """rho of shape (V, V)."""

    def __init__(self, rho: jax.Array) -> None:
        self.rho = rho
        self.visible = rho.shape[0].bit_length() - 1

    def density(self) -> jax.Array:
        return self.rho

    def elements(self, labels: int) -> jax.Array:
        parts = self.rho.reshape(-1, 2**labels, self.rho.shape[0] >> labels, 2**labels)
        return jnp.einsum("xmym->mxy", parts)

    def probabilities(self) -> jax.Array:
        diagonal: jax.Array = jnp.diagonal(self.rho).real
        return diagonal

    def expectation(self, pauli_words: PauliWords) -> jax.Array:
        bits = index(self.rho.shape[0])
        phases = jnp.asarray(np.array([1, 1j, -1, -1j]), self.rho.dtype)

        def one(carry: None, pauli_word: tuple[jax.Array, ...]) -> tuple[None, jax.Array]:
            x, z, ys = pauli_word
            return None, (phases[ys & 3] * jnp.sum(sign(bits ^ x, z) * self.rho[bits ^ x, bits])).real

        masks = (jnp.asarray(pauli_words.x), jnp.asarray(pauli_words.z), jnp.asarray(pauli_words.ys))
        values: jax.Array = lax.scan(one, None, masks)[1]
        return values


def expectation(final: Final, pauli_words: Expectation) -> jax.Array:
    """<P> of every Pauli word, shape (pauli_words,). All Z words together are one Walsh-Hadamard transform of p."""
    masks = pauli_word_masks(pauli_words, final.visible)
    plain = np.flatnonzero(masks.x == 0).astype(np.int32)
    other = np.flatnonzero(masks.x).astype(np.int32)
    parts: list[tuple[jax.Array, Indices]] = []
    if len(other):
        some = PauliWords(masks.x[other], masks.z[other], masks.ys[other])
        final, values = final.after(final.expectation(some))
        parts.append((values, other))
    if len(plain) or not len(other):
        parts.append((take(walsh(final.probabilities()), masks.z[plain]), plain))
    ordered = in_places(parts)
    # of weights that are constants XLA would keep an array over all strings, for the way back, as a constant
    return barrier(ordered) if final.visible >= MANY else ordered


def z_expectation(final: Final, pauli_words: jax.Array) -> jax.Array:
    """<Z_w> of Pauli words given as rows of 0 and 1, shape (pauli_words, n)."""
    return walsh(final.probabilities())[string_index(pauli_words)]


def pauli_word_masks(pauli_words: Expectation, width: int) -> PauliWords:
    """Masks of Pauli words on `width` qubits, the first at the most significant bit."""
    bits = np.where(pauli_words.positions < 0, 0, 1 << (width - 1 - np.maximum(pauli_words.positions, 0))).astype(
        np.int32
    )
    x, y = np.isin(pauli_words.letters, (1, 2)), pauli_words.letters == 2
    z = np.isin(pauli_words.letters, (2, 3))
    masks = [np.asarray((bits * chosen).sum(axis=1), np.int32) for chosen in (x, z)]
    return PauliWords(masks[0], masks[1], np.asarray(y.sum(axis=1), np.int32))


def string_index(rows: NDArray[np.uint8] | jax.Array) -> jax.Array:
    """The index of strings of 0 and 1, shape (batch, n), big-endian."""
    weights = jnp.asarray(2 ** np.arange(rows.shape[1] - 1, -1, -1), jnp.int32)
    return jnp.asarray(rows).astype(jnp.int32) @ weights


def in_order(groups: Sequence[tuple[Sequence[int], jax.Array]]) -> jax.Array | tuple[jax.Array, ...]:
    """The answer to `Marginals` from groups of regions: their numbers in the query, and their answers stacked,
    (regions, ...).

    One array where all regions are of one size: taking thousands of answers apart is slow to compile.
    """
    if not groups:
        return ()
    numbers = np.concatenate([np.asarray(group, np.int64) for group, _ in groups])
    order = np.argsort(numbers)
    if len({answers.shape[1:] for _, answers in groups}) == 1:
        return jnp.concatenate([answers for _, answers in groups])[order]
    flat = [answer for _, answers in groups for answer in jnp.unstack(answers)]
    return tuple(flat[place] for place in order)


def marginals(final: Final, regions: Sequence[Sequence[int]]) -> tuple[jax.Array, ...]:
    """The reduced density matrix of each region of k qubits, shape (2^k, 2^k), from the expectations of the Pauli words
    on it.
    """
    places: dict[str, int] = {}
    rows = []
    for region in regions:
        row = []
        for letters in itertools.product("IXYZ", repeat=len(region)):
            pauli_word = ["I"] * final.visible
            for position, letter in zip(region, letters, strict=True):
                pauli_word[position] = letter
            row.append(places.setdefault("".join(pauli_word), len(places)))
        rows.append(np.array(row))
    values = expectation(final, Expectation.of(list(places)))
    return tuple(from_pauli_words(values[row], len(region)) for row, region in zip(rows, regions, strict=True))


def from_pauli_words(values: jax.Array, qubits: int) -> jax.Array:
    """The density matrix of some qubits, shape (2^k, 2^k), from the expectations of all Pauli words on them, shape
    (4^k,), in the order of IXYZ, first letter most significant.
    """
    basis = jnp.asarray(pauli_basis(qubits) / 2**qubits, jnp.result_type(values, jnp.complex64))
    return jnp.einsum("w,wij->ij", values, basis, precision="highest")


def from_pauli_words_of(query: Query, values: jax.Array) -> jax.Array | tuple[jax.Array, ...]:
    """The answer to `Expectation` or `Marginals` from the means of its `pauli_words_of`, shape (pauli_words,)."""
    if not isinstance(query, Marginals):
        return values
    base = 2 if query.bits else 4
    sizes = np.array([base ** len(region) for region in query.regions])
    starts = np.cumsum(sizes) - sizes
    groups = []
    for qubits in sorted({len(region) for region in query.regions}):
        numbers = np.flatnonzero(sizes == base**qubits)
        pauli_words = values[starts[numbers][:, None] + np.arange(base**qubits)]
        every = jax.vmap(walsh if query.bits else partial(from_pauli_words, qubits=qubits))(pauli_words)
        groups.append((numbers.tolist(), every / 2**qubits if query.bits else every))
    return in_order(groups)


def draw(p: jax.Array, key: jax.Array, shots: int) -> jax.Array:
    """Indices drawn from probabilities `p` up to a factor, shape (shots,), int32; what is negative counts as zero.

    They are drawn by halves: which half of all, which half of that one, and so on. So no sum of many small numbers is
    compared with a random number of few digits: each choice is right to rounding, and what has no probability never
    comes. The last choices, whose sums are many, are steps of their own; the others are one loop over one array.
    """
    bits = (len(p) - 1).bit_length()
    level = jnp.pad(jnp.maximum(p, 0), (0, 2**bits - len(p)))
    at = jnp.zeros(shots, jnp.int32)
    if not bits:
        return at
    last: list[jax.Array] = []
    while len(last) < min(3, bits - 1):
        last.append(level)
        level = _halved(level)
    heap = [level]  # sums of 2^k stretches from place 2^k - 2 on
    while len(heap[-1]) > 2:
        heap.append(_halved(heap[-1]))
    sums, numbers = jnp.concatenate(heap[::-1]), fractions(key, (bits, shots), p.dtype)

    def body(at: jax.Array, xs: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        first, numbers = xs
        return _chosen(sums, first, at, numbers), None

    first = (1 << jnp.arange(1, len(heap) + 1, dtype=jnp.int32)) - 2
    at = lax.scan(body, at, (first, numbers[: len(heap)]))[0]
    for level, row in zip(reversed(last), numbers[len(heap) :], strict=True):
        at = _chosen(level, 0, at, row)
    return at


def _halved(level: jax.Array) -> jax.Array:
    """The sums of neighbours; behind a barrier, as XLA goes round in circles when it joins several of these."""
    sums: jax.Array = barrier(level.reshape(-1, 2).sum(axis=1))
    return sums


def _chosen(sums: jax.Array, first: jax.Array | int, at: jax.Array, numbers: jax.Array) -> jax.Array:
    """For each stretch its left or right half, of sums at first + 2 at and the place after it."""
    left, right = sums[first + 2 * at], sums[first + 2 * at + 1]
    # the less likely half is looked for among small random numbers, which have most digits
    rarely = numbers * (left + right) < jnp.minimum(left, right)
    return 2 * at + (rarely ^ (right > left)).astype(jnp.int32)


def fractions(key: jax.Array, shape: tuple[int, ...], dtype: Any) -> jax.Array:
    """Random numbers between 0 and 1 of the given shape, uniform to 2^-32, none of them 0; small ones keep all digits
    of the type.
    """
    return (jax.random.bits(key, shape, jnp.uint32).astype(dtype) + 0.5) * 2.0**-32


def sample(p: jax.Array, key: jax.Array, shots: int) -> jax.Array:
    """Strings drawn from probabilities `p` of 2^n strings, shape (shots, n), uint8."""
    shifts = jnp.arange(p.shape[0].bit_length() - 2, -1, -1)
    return (draw(p, key, shots)[:, None] >> shifts & 1).astype(jnp.uint8)
