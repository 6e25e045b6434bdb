"""Eigenvalues: as NumPy and JAX give them, derivatives too, and never a batch that jaxlib would spread over threads."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.kernels.hermitian import eigh


def hermitian(*shape: int) -> Any:
    real, imaginary = np.random.default_rng(3).normal(size=(2, *shape, shape[-1]))
    matrices = real + 1j * imaginary
    return matrices + np.swapaxes(matrices, -1, -2).conj()


@pytest.fixture(autouse=True)
def _double() -> Any:
    with jax.enable_x64(True):
        yield


def test_values_and_vectors() -> None:
    matrices = hermitian(2, 3, 4)
    values, vectors = eigh(jnp.asarray(matrices))
    assert np.allclose(values, np.linalg.eigvalsh(matrices), atol=1e-12)
    assert np.allclose(matrices @ vectors, vectors * values[..., None, :], atol=1e-12)


def test_derivatives_of_values_and_vectors_are_those_of_jax() -> None:
    matrices = jnp.asarray(hermitian(3, 4))

    def of(decomposed: Any) -> Any:
        values, vectors = decomposed
        return jnp.sum(jnp.sin(values) * jnp.abs(vectors[..., 1, :]) ** 2)

    ours = jax.jit(jax.grad(lambda numbers: of(eigh(numbers + 0j))))
    theirs = jax.jit(jax.grad(lambda numbers: of(jnp.linalg.eigh(numbers + 0j))))
    assert np.allclose(ours(matrices.real), theirs(matrices.real), atol=1e-10)
    change = jnp.asarray(hermitian(3, 4))[::-1]

    def along(decompose: Any) -> Any:
        both = jax.jit(lambda m: jnp.abs(decompose(m)[1]) + decompose(m)[0][..., None, :])
        return jax.jvp(both, (matrices,), (change,))

    for one, other in zip(along(eigh), along(jnp.linalg.eigh), strict=True):
        assert np.allclose(one, other, atol=1e-10)


def test_values_that_coincide_have_finite_derivatives_twice() -> None:
    def loss(numbers: Any) -> Any:
        return jnp.sum(eigh(jnp.diag(numbers) + 0j)[0] ** 2)

    numbers = jnp.asarray([1.0, 1.0, 2.0])
    assert np.allclose(jax.jit(jax.grad(loss))(numbers), 2 * numbers)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="batches wait for threads on processors only")
def test_no_batch_reaches_the_threads_of_the_program() -> None:
    seeds = jax.vmap(jax.value_and_grad(lambda m: jnp.sum(eigh(m + 0j)[0] ** 3)))
    text = str(jax.make_jaxpr(seeds)(jnp.ones((5, 7, 4, 4))))
    assert re.findall(r":f64\[([0-9,]*)\] = eigh", text) == ["4"] * text.count("= eigh[")
    assert "= eigh[" in text
