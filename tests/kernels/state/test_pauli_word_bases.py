"""Pauli words are read in bases that they share, and lone ones one by one, hidden bits beside them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.kernels.expectation import FEWEST, bases, expectation
from qgl.kernels.pauli_words import walsh
from qgl.plan.state.tables import PauliWords
from tests.reference.matrices import pauli_matrix

ALONG_X = ("XII", "XXI", "IXX", "XXX")
TWO_BASES = (
    "ZXI",
    "XZY",
    "XIY",
    "ZXX",
    "IZY",
    "IXX",
    "YIX",
    "IXI",
)
"""Four words of one basis, three of another, and a lone one."""


def pauli_words(spelt: tuple[str, ...]) -> PauliWords:
    x, z, y = (
        np.array([sum(1 << 2 - k for k, letter in enumerate(word) if letter in letters) for word in spelt], np.int32)
        for letters in ("XY", "ZY", "Y")
    )
    return PauliWords(x, z, np.bitwise_count(y).astype(np.int32))


def test_groups_of_words() -> None:
    assert [(group.x, group.y, group.members) for group in bases(pauli_words(ALONG_X))] == [(7, 0, (0, 1, 2, 3))]
    assert [len(group.members) >= FEWEST for group in bases(pauli_words(TWO_BASES))] == [True, True, False]


@pytest.mark.parametrize("spelt", [ALONG_X, TWO_BASES])
def test_means_and_gradients(spelt: tuple[str, ...]) -> None:
    draw = np.random.default_rng(0)
    psi = (draw.normal(size=(8, 4)) + 1j * draw.normal(size=(8, 4))).astype(np.complex64)
    weights = draw.normal(size=len(spelt)).astype(np.float32)
    words = pauli_words(spelt)
    dense = [pauli_matrix(word) for word in spelt]
    means = [np.sum(psi.conj() * (each @ psi)).real for each in dense]
    np.testing.assert_allclose(expectation(jnp.asarray(psi), words), means, rtol=1e-5, atol=1e-5)
    gradient = jax.grad(lambda state: jnp.sum(weights * expectation(state, words)))(jnp.asarray(psi))
    expected = 2 * sum(weight * (each @ psi) for weight, each in zip(weights, dense, strict=True))
    np.testing.assert_allclose(gradient, expected.conj(), rtol=1e-4, atol=1e-4)


def test_transforms_of_every_length_are_their_own_inverse_and_transpose() -> None:
    for bits in range(9):
        vector = np.random.default_rng(bits).normal(size=2**bits).astype(np.float32)
        np.testing.assert_allclose(walsh(walsh(jnp.asarray(vector))), 2**bits * vector, rtol=1e-4, atol=1e-3)
        pulled = jax.vjp(walsh, jnp.asarray(vector))[1](jnp.asarray(vector))[0]
        np.testing.assert_allclose(pulled, walsh(jnp.asarray(vector)), rtol=1e-4, atol=1e-4)


def test_transforms_of_constants_are_not_found_while_compiling() -> None:
    """The gradient of a sum of means is constant: for 20 qubits XLA took ten seconds to find its transform."""
    value = jax.jit(lambda: walsh(jnp.ones(256))).lower().compile()
    gradient = jax.jit(jax.grad(lambda vector: walsh(vector)[3])).lower(jnp.ones(256)).compile()
    for compiled in (value, gradient):
        assert " dot(" in (compiled.as_text() or "")
