"""Pauli words of X alone are read by a transform of the amplitudes, hidden bits beside them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from qgl.kernels.expectation import bases, expectation
from qgl.kernels.pauli_words import walsh
from qgl.plan.state.tables import PauliWords
from tests.reference.matrices import pauli_matrix

SPELT = ("XII", "XXI", "IXX", "XXX")


def test_means_and_gradients_of_words_of_x() -> None:
    draw = np.random.default_rng(0)
    psi = (draw.normal(size=(8, 4)) + 1j * draw.normal(size=(8, 4))).astype(np.complex64)
    weights = draw.normal(size=len(SPELT)).astype(np.float32)
    x = np.array([int(word.replace("X", "1").replace("I", "0"), 2) for word in SPELT], np.int32)
    words = PauliWords(x, np.zeros_like(x), np.zeros_like(x))
    assert [group.along_x for group in bases(words)] == [True]
    dense = [pauli_matrix(word) for word in SPELT]
    np.testing.assert_allclose(
        expectation(jnp.asarray(psi), words), [np.sum(psi.conj() * (each @ psi)).real for each in dense], rtol=1e-5
    )
    gradient = jax.grad(lambda state: jnp.sum(weights * expectation(state, words)))(jnp.asarray(psi))
    expected = 2 * sum(weight * (each @ psi) for weight, each in zip(weights, dense, strict=True))
    np.testing.assert_allclose(gradient, expected.conj(), rtol=1e-4, atol=1e-4)


def test_transforms_of_every_length_are_their_own_inverse_and_transpose() -> None:
    for bits in range(9):
        vector = np.random.default_rng(bits).normal(size=2**bits).astype(np.float32)
        np.testing.assert_allclose(walsh(walsh(jnp.asarray(vector))), 2**bits * vector, rtol=1e-4, atol=1e-3)
        pulled = jax.vjp(walsh, jnp.asarray(vector))[1](jnp.asarray(vector))[0]
        np.testing.assert_allclose(pulled, walsh(jnp.asarray(vector)), rtol=1e-4, atol=1e-4)
