"""Random bits and keys that are those of JAX."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from qgl.kernels.random_bits import random_bits, subkeys

KEYS = {
    "typed": jax.random.key(3, impl="threefry2x32"),
    "raw": jax.random.key_data(jax.random.key(2**31 + 7, impl="threefry2x32")),
    "of another generator": jax.random.key(1, impl="rbg"),
}


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("shape", [(), (1,), (7, 5)])
def test_bits_are_those_of_jax(name: str, shape: tuple[int, ...]) -> None:
    np.testing.assert_array_equal(random_bits(KEYS[name], shape), jax.random.bits(KEYS[name], shape))


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_those_of_jax(name: str) -> None:
    own, other = subkeys(KEYS[name], 3), jax.random.split(KEYS[name], 3)
    assert own.dtype == other.dtype and own.shape == other.shape
    np.testing.assert_array_equal(_numbers(own), _numbers(other))


def test_a_key_is_what_folding_in_its_number_gives() -> None:
    for number, key in enumerate(subkeys(KEYS["typed"], 3)):
        np.testing.assert_array_equal(_numbers(key), _numbers(jax.random.fold_in(KEYS["typed"], number)))


def test_keys_that_are_mapped_over_draw_each_its_own() -> None:
    keys = jax.random.split(KEYS["typed"], 4)
    own = jax.vmap(lambda key: random_bits(key, (9,)))(keys)
    np.testing.assert_array_equal(own, jax.vmap(lambda key: jax.random.bits(key, (9,)))(keys))


def _numbers(keys: jax.Array) -> jax.Array:
    return jax.random.key_data(keys) if jax.numpy.issubdtype(keys.dtype, jax.dtypes.prng_key) else keys
