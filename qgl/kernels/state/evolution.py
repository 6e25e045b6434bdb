"""exp(-i H t) on a state, for H a sum of Pauli words.

The exponential is a Chebyshev series (`qgl.kernels.state.chebyshev`) of the whole state, of which the part is kept
where all control bits are one: the Pauli words of H leave these bits as they are. In reverse mode the evolution is
undone.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from qgl.kernels.pauli_words import apply_pauli_word, index, walsh
from qgl.kernels.state.chebyshev import Exponential

CHUNK = 1 << 12  # amplitudes that are worked on at once where states are small


class Hamiltonian(NamedTuple):
    """Masks of Z words, shape (m,), of other Pauli words, shape (terms - m,), and of control bits, shape ()."""

    diagonal: jax.Array
    x: jax.Array
    z: jax.Array
    ys: jax.Array
    controls: jax.Array


class Action(NamedTuple):
    """A Hamiltonian with its coefficients: the energies of all basis states, shape (2^n,), and the other Pauli
    words.
    """

    pauli_words: Hamiltonian
    energies: jax.Array
    coefficients: jax.Array

    def __call__(self, state: jax.Array) -> jax.Array:
        """H |state>, without regard to controls."""

        def body(total: jax.Array, chunk: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
            *masks, coefficients = chunk
            return total + jnp.sum(coefficients[:, None] * _apply_pauli_words(state, *masks), axis=0), None

        terms = (self.pauli_words.x, self.pauli_words.z, self.pauli_words.ys, self.coefficients)
        return lax.scan(body, self.energies * state, _chunked(terms, len(state)))[0]

    def transposed(self, state: jax.Array) -> jax.Array:
        """The transpose of H on a state, shape (2^n,): its conjugate."""
        return self(state.conj()).conj()

    def overlaps(self, left: jax.Array, right: jax.Array) -> jax.Array:
        """Re(-i sum over x of left[x] (P right)[x]) of every Pauli word P, shape (terms,)."""
        return _overlaps(self.pauli_words, left, right)


_apply_pauli_words = jax.vmap(apply_pauli_word, in_axes=(None, 0, 0, 0))


def _chunked(columns: tuple[jax.Array, ...], size: int) -> tuple[jax.Array, ...]:
    """Columns of Pauli words in rows of as many as are worth doing at once on a state of `size`, filled up with
    zeros.
    """
    count = len(columns[0])
    length = max(1, min(count, CHUNK // size))
    rows = -(-count // length)
    return tuple(jnp.pad(column, (0, rows * length - count)).reshape(rows, length) for column in columns)


def _exponential(hamiltonian: Hamiltonian, generator: jax.Array, size: int) -> tuple[Exponential, Action]:
    """exp(-i H t), and H t over its bound; generator: coefficients times time, shape (terms,)."""
    exponential = Exponential.of(jnp.sum(jnp.abs(generator)))
    scaled, plain = generator / exponential.bound, len(hamiltonian.diagonal)
    energies = walsh(jnp.zeros(size, generator.dtype).at[hamiltonian.diagonal].add(scaled[:plain]))
    return exponential, Action(hamiltonian, energies, scaled[plain:])


@jax.custom_vjp
def evolve(hamiltonian: Hamiltonian, coefficients: jax.Array, time: jax.Array, state: jax.Array) -> jax.Array:
    """exp(-i time sum(coefficients * Pauli words)) |state>, where all control bits are one; shapes (terms,), (),
    (2^n,).
    """
    exponential, action = _exponential(hamiltonian, coefficients * time, len(state))
    return _controlled(hamiltonian, exponential.apply(action, state), state)


def _controlled(hamiltonian: Hamiltonian, changed: jax.Array, state: jax.Array) -> jax.Array:
    controls = hamiltonian.controls
    return jnp.where(index(state.shape[0]) & controls == controls, changed, state)


def _overlaps(hamiltonian: Hamiltonian, left: jax.Array, right: jax.Array) -> jax.Array:
    """Re(-i sum over x of left[x] (P right)[x]) of every Pauli word P, shape (terms,)."""

    def body(_: None, chunk: tuple[jax.Array, ...]) -> tuple[None, jax.Array]:
        return None, jnp.sum(left * _apply_pauli_words(right, *chunk), axis=1).imag

    masks = (hamiltonian.x, hamiltonian.z, hamiltonian.ys)
    others = lax.scan(body, None, _chunked(masks, len(right)))[1].reshape(-1)[: len(hamiltonian.x)]
    return jnp.concatenate([walsh((left * right).imag)[hamiltonian.diagonal], others])


_Kept = tuple[Hamiltonian, jax.Array, jax.Array, jax.Array]


def _forward(
    hamiltonian: Hamiltonian, coefficients: jax.Array, time: jax.Array, state: jax.Array
) -> tuple[jax.Array, _Kept]:
    final = evolve(hamiltonian, coefficients, time, state)
    return final, (hamiltonian, coefficients, time, final)


def _backward(kept: _Kept, gradient: jax.Array) -> tuple[None, jax.Array, jax.Array, jax.Array]:
    _, cotangent, row = pull_back(*kept, gradient)
    return None, row[0], row[1], cotangent


evolve.defvjp(_forward, _backward)


def pull_back(
    hamiltonian: Hamiltonian, coefficients: jax.Array, time: jax.Array, final: jax.Array, gradient: jax.Array
) -> tuple[jax.Array, jax.Array, tuple[jax.Array, jax.Array]]:
    """From the state after an evolution and its cotangent, shapes (2^n,): both before, and the cotangents of
    coefficients, shape (terms,), and time, shape ().
    """
    exponential, action = _exponential(hamiltonian, coefficients * time, len(final))
    inside = _controlled(hamiltonian, gradient, jnp.zeros_like(gradient))
    state, cotangent, total = exponential.pull_back(action, final, inside)
    energy = jnp.sum(coefficients * _overlaps(hamiltonian, inside, final))
    before, cotangent = _controlled(hamiltonian, state, final), _controlled(hamiltonian, cotangent, gradient)
    return before, cotangent, (total * time, energy)
