"""Transpositions of states, by every strategy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.kernels.pauli_words import apply_pauli_word, walsh
from qgl.kernels.state import transpositions as moves
from qgl.kernels.state.transpositions import Mover, transpose
from tests.reference.matrices import pauli_matrix

PLACES = 5
AXES = [tuple(range(PLACES)), *(tuple(map(int, np.random.default_rng(k).permutation(PLACES))) for k in range(4))]


@pytest.mark.parametrize("entries", [10**6, 0], ids=["tables", "bits"])
def test_moves_and_their_inverses(monkeypatch: pytest.MonkeyPatch, entries: int) -> None:
    monkeypatch.setattr(moves, "MOST_TABLE_ENTRIES", entries)
    mover = Mover(AXES)
    state = jnp.arange(2.0**PLACES)
    apply, undo = jax.jit(mover.apply), jax.jit(mover.undo)
    for number, axes in enumerate(AXES):
        expected = np.arange(2.0**PLACES).reshape((2,) * PLACES).transpose(axes).ravel()
        moved = apply(number, state)
        np.testing.assert_array_equal(moved, expected)
        np.testing.assert_array_equal(undo(number, moved), state)
        np.testing.assert_array_equal(transpose(state, axes), expected)
        derivative = jax.grad(lambda s, number=number: jnp.sum(mover.apply(number, s) * jnp.sin(state)))(state)
        np.testing.assert_allclose(derivative, undo(number, jnp.sin(state)))


def test_walsh_transform_of_odd_width() -> None:
    bits = np.arange(2**7)
    signs = 1.0 - 2.0 * (np.bitwise_count(bits[:, None] & bits[None, :]) % 2)
    vector = np.random.default_rng(0).normal(size=2**7)
    np.testing.assert_allclose(walsh(jnp.asarray(vector, jnp.float32)), signs @ vector, rtol=1e-4, atol=1e-4)


def test_words_act_as_their_matrices() -> None:
    state = np.random.default_rng(0).normal(size=16) + 1j * np.random.default_rng(1).normal(size=16)
    for pauli_word in ("XYZI", "YYXY", "ZIIZ", "IIII"):
        x = sum(1 << 3 - k for k, letter in enumerate(pauli_word) if letter in "XY")
        z = sum(1 << 3 - k for k, letter in enumerate(pauli_word) if letter in "YZ")
        applied = apply_pauli_word(
            jnp.asarray(state, jnp.complex64), jnp.int32(x), jnp.int32(z), jnp.int32(pauli_word.count("Y"))
        )
        np.testing.assert_allclose(applied, pauli_matrix(pauli_word) @ state, rtol=1e-5, atol=1e-5)
