"""Expectations of Pauli words in a state vector.

Pauli words that agree wherever they overlap are read in one basis: the state is rotated so that all of them are Z
words, and a Walsh-Hadamard transform of its probabilities gives every one of them. Lone Pauli words are read one by
one.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from qgl.bits import ragged
from qgl.gates.algebra import PAULI
from qgl.kernels.arrays import in_places, product, squared, take
from qgl.kernels.pauli_words import apply_pauli_word, chunks, walsh
from qgl.plan.state.tables import Indices, PauliWords

FEWEST = 3  # Pauli words that make rotating the state worth while

_ROTATIONS = {  # letter: the matrix U with U P U^dagger = Z
    "I": PAULI["I"],
    "X": (PAULI["X"] + PAULI["Z"]) / np.sqrt(2),
    "Y": (PAULI["X"] + PAULI["Z"]) / np.sqrt(2) @ np.diag([1, -1j]),
}


@dataclass(frozen=True, eq=False)
class Basis:
    """Pauli words, by number, that are Z words in this basis; bit masks of the visible qubits.

    x, y     bits that are read along X or Y, and those of them along Y
    support  bits on which some member has a letter
    members  numbers of the Pauli words
    """

    x: int
    y: int
    support: int
    members: tuple[int, ...]


def bases(pauli_words: PauliWords) -> list[Basis]:
    """`pauli_words` in groups that agree wherever they overlap, found greedily."""
    groups: list[Basis] = []
    for number, (x, z) in enumerate(zip(pauli_words.x.tolist(), pauli_words.z.tolist(), strict=True)):
        support, y = x | z, x & z
        for k, basis in enumerate(groups):
            common = support & basis.support
            if not ((x ^ basis.x) | (y ^ basis.y)) & common:
                groups[k] = Basis(x | basis.x, y | basis.y, support | basis.support, (*basis.members, number))
                break
        else:
            groups.append(Basis(x, y, support, (number,)))
    return groups


def expectation(psi: jax.Array, pauli_words: PauliWords) -> jax.Array:
    """<P> of Pauli words on the visible bits, shape (pauli_words,), for psi of shape (V, E)."""
    groups = bases(pauli_words)
    together = [basis for basis in groups if len(basis.members) >= FEWEST]
    single = np.array([m for basis in groups if len(basis.members) < FEWEST for m in basis.members], np.int32)
    parts: list[tuple[jax.Array, Indices]] = []
    if len(single):
        some = PauliWords(pauli_words.x[single], pauli_words.z[single], pauli_words.ys[single])
        parts.append((_one_by_one(psi, some), single))
    if together:
        parts.append(_in_bases(psi, pauli_words, together))
    return in_places(parts)


def _one_by_one(psi: jax.Array, pauli_words: PauliWords) -> jax.Array:
    hidden = psi.shape[1].bit_length() - 1

    @jax.checkpoint
    def one(state: jax.Array, pauli_word: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
        return jnp.sum(state.conj() * apply_pauli_word(state, *pauli_word)).real

    state = psi.reshape(-1)
    masks = (jnp.asarray(pauli_words.x << hidden), jnp.asarray(pauli_words.z << hidden), jnp.asarray(pauli_words.ys))
    values: jax.Array = lax.scan(lambda carry, pauli_word: (carry, one(state, pauli_word)), None, masks)[1]
    return values


def _in_bases(psi: jax.Array, pauli_words: PauliWords, groups: list[Basis]) -> tuple[jax.Array, Indices]:
    """Values of all Pauli words of the groups, one group after the other and padded, and their numbers, -1 of padding.

    Both of shape (groups, most words of one).
    """
    count = psi.shape[0].bit_length() - 1
    supports = ragged.table([(pauli_words.x | pauli_words.z)[list(basis.members)] for basis in groups], 0)
    numbers = ragged.table([basis.members for basis in groups], -1)
    rotations = tuple(jnp.asarray(rotation, psi.dtype) for rotation in _rotations(groups, count))
    xs = rotations, jnp.asarray(supports)
    values: jax.Array = lax.scan(lambda carry, group: (carry, _in_basis(psi, *group)), None, xs)[1]
    return values, numbers


@jax.custom_vjp
def _in_basis(psi: jax.Array, rotations: tuple[jax.Array, ...], supports: jax.Array) -> jax.Array:
    """Values of the Pauli words that are Z words on `supports` once `rotations` have been applied to psi, (V, E).

    The derivative of a sum of values by the state is that sum of Pauli words applied to it: in the basis a product with
    real numbers, so that nothing is kept but the state.
    """
    return take(walsh(jnp.sum(squared(_rotated(psi, rotations)), axis=0)), supports)


def _rotated(psi: jax.Array, rotations: tuple[jax.Array, ...]) -> jax.Array:
    """Amplitudes in the basis, shape (E, V)."""
    state = psi.reshape(-1)
    for rotation in rotations:  # the leading bits go to the end; once all visible ones have, the hidden ones lead
        state = product(state.reshape(len(rotation), -1), rotation, (0, 1)).reshape(-1)
    return state.reshape(psi.shape[1], -1)


def _in_basis_forward(
    psi: jax.Array, rotations: tuple[jax.Array, ...], supports: jax.Array
) -> tuple[jax.Array, tuple[jax.Array, tuple[jax.Array, ...], jax.Array]]:
    return _in_basis(psi, rotations, supports), (psi, rotations, supports)


def _in_basis_backward(
    kept: tuple[jax.Array, tuple[jax.Array, ...], jax.Array], gradient: jax.Array
) -> tuple[jax.Array, None, None]:
    psi, rotations, supports = kept
    factors = walsh(jnp.zeros(psi.shape[0], gradient.dtype).at[supports].add(2 * gradient))
    state = (_rotated(psi, rotations) * factors).reshape(-1)
    for rotation in reversed(rotations):
        state = product(rotation.conj(), state.reshape(-1, len(rotation)), (0, 1)).reshape(-1)
    return state.reshape(psi.shape).conj(), None, None


_in_basis.defvjp(_in_basis_forward, _in_basis_backward)


def _rotations(groups: list[Basis], count: int) -> list[NDArray[np.complex128]]:
    """For each chunk of bits, most significant first, the matrices that rotate it: shape (groups, 2^c, 2^c)."""
    widths = chunks(count)
    firsts = np.cumsum(widths) - widths
    return [
        np.stack([_rotation(basis, count - first - width, width) for basis in groups])
        for first, width in zip(firsts.tolist(), widths, strict=True)
    ]


def _rotation(basis: Basis, last: int, width: int) -> NDArray[np.complex128]:
    """The matrix that rotates the bits last + width - 1 ... last, shape (2^width, 2^width)."""
    matrix = np.eye(1, dtype=np.complex128)
    for bit in reversed(range(last, last + width)):
        letter = "Y" if basis.y >> bit & 1 else "X" if basis.x >> bit & 1 else "I"
        matrix = np.asarray(np.kron(matrix, _ROTATIONS[letter]))
    return matrix
