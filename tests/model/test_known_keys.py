"""Random bits that NumPy makes are those of `jax.random`, and so is all that is drawn by them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from qgl import known_keys
from qgl.parameters import random_bits, sample
from qgl.program.program import Distribution
from qgl.train.strategies.strategy import run_key, start_keys

TEXT = (
    "param a[3] ~ normal(0.1, 2); param b: angle ~ uniform(-1, 2); param c: probability ~ constant(0.25);"
    " random z[2, 2] ~ normal(0, 1);"
    " visible v[2]; model { rx(a[0]) v; rz(a[1] + z[0, 1]) v; rx(b) v; rxx(a[2]) v[0], v[1]; depolarizing(c) v[0]; }"
)


@pytest.fixture(params=[False, True], ids=["single", "double"])
def double(request: pytest.FixtureRequest) -> Iterator[bool]:
    with jax.enable_x64(request.param):
        yield request.param


def _key(seed: int) -> jax.Array:
    return jax.random.key(seed, impl="threefry2x32")


def test_words_are_those_of_jax(double: bool) -> None:
    widths = (32, 64) if double else (32,)
    for seed, number in itertools.product((0, 7, 2**32 - 1, 2**40 + 3), (0, 5, 2**31 + 1)):
        key, ours = _key(seed), known_keys.of_seed(seed)
        folded = jax.random.fold_in(key, np.uint32(number))
        assert np.array_equal(jax.random.key_data(key), ours)
        assert np.array_equal(jax.random.key_data(folded), known_keys.folded(ours, number))
        for width, shape in itertools.product(widths, ((), (3, 5), (0, 2))):
            expected = jax.random.bits(folded, shape, f"uint{width}")
            assert np.array_equal(expected, known_keys.bits(known_keys.folded(ours, number), shape, width))


def test_several_keys_at_once() -> None:
    keys = start_keys(3, np.arange(4, dtype=np.int32))
    assert np.array_equal(keys, [jax.random.key_data(run_key(3, seed, 0)) for seed in range(4)])
    each = [jax.random.bits(run_key(3, seed, 0), (2, 3), "uint32") for seed in range(4)]
    assert np.array_equal(known_keys.bits(keys, (2, 3), 32), each)


def test_numbers_are_those_of_jax(double: bool) -> None:
    shape, key = (40, 3), jax.random.fold_in(_key(1), 6)
    bits = random_bits(_key(1), 6, shape)
    assert isinstance(bits, np.ndarray)
    normal = jax.random.normal(key, shape)
    expected = {
        Distribution("normal", (0.0, 1.0)): normal,
        Distribution("uniform", (-2.0, 0.5)): jax.random.uniform(key, shape, minval=-2.0, maxval=0.5),
        Distribution("bernoulli", (0.3,)): jax.random.bernoulli(key, 0.3, shape),
        Distribution("haar", ()): normal / jnp.linalg.norm(normal, axis=-1, keepdims=True),
    }
    for distribution, numbers in expected.items():
        drawn = sample(distribution, bits, shape)
        assert drawn.dtype == jnp.result_type(float)
        assert np.array_equal(drawn, numbers), distribution.name


@pytest.mark.parametrize("precision", ["single", "double"])
def test_a_traced_key_draws_what_a_known_one_draws(precision: str) -> None:
    model = qgl.loads(TEXT, precision=precision)
    with jax.enable_x64(precision == "double"):
        drawn, traced = model.init(_key(4)), jax.jit(model.init)(_key(4))
    rounding = 4 * np.finfo(np.float64 if precision == "double" else np.float32).eps
    assert set(drawn) == {"a", "b", "c", "z"}
    for name, numbers in drawn.items():
        assert numbers.dtype == traced[name].dtype
        assert np.allclose(numbers, traced[name], rtol=rounding, atol=rounding)


def test_keys_of_other_generators_draw_too() -> None:
    model = qgl.loads(TEXT)
    key = jax.random.key(0, impl="rbg")
    assert known_keys.known(key) is None
    expected = 0.1 + 2 * jax.random.normal(jax.random.fold_in(key, 0), (3,))
    assert np.allclose(model.init(key)["a"], expected, rtol=1e-6, atol=0)
