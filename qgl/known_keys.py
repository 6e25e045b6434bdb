"""Random bits of keys whose numbers are known, made by NumPy.

What is drawn once, before anything runs, is not worth a compiled program: XLA takes a quarter of a second for each use
of a key, and a start of three arrays is six uses. The bits are those of `jax.random`, all of them; for keys that are
traced see `qgl.kernels.random_bits`.

A key is its two numbers, an array of shape (2,), uint32; functions take several, shape (..., 2), and map over them.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from qgl.bits.threefry import NAME, hashed

Key = NDArray[np.uint32]


def known(key: Any) -> Key | None:
    """The numbers of a key of this generator; None of another's, and of one that JAX is tracing."""
    if isinstance(key, jax.core.Tracer) or not jax.config.values["jax_threefry_partitionable"]:
        return None
    if jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        named = str(jax.random.key_impl(key))
        return np.asarray(jax.random.key_data(key)) if named == NAME else None
    return np.asarray(key) if jax.config.values["jax_default_prng_impl"] == NAME else None


def of_seed(seed: int) -> Key:
    """The key of a seed; as `jax.random.key`, which takes 32 bits of it where JAX has no numbers of 64."""
    high = seed >> 32 if jax.config.values["jax_enable_x64"] else 0
    return np.asarray([high & 0xFFFFFFFF, seed & 0xFFFFFFFF], np.uint32)


def folded(key: Key, number: ArrayLike) -> Key:
    """The keys that are made of keys and numbers, which are broadcast to each other; as `jax.random.fold_in`."""
    low = np.asarray(number).astype(np.uint32)[..., None]
    return np.concatenate(_hashed(key, np.zeros_like(low), low), axis=-1)


def bits(key: Key, shape: tuple[int, ...], width: int) -> NDArray[np.uint32 | np.uint64]:
    """Random words of 32 or 64 bits, shape (..., *shape); as `jax.random.bits`."""
    places = np.arange(math.prod(shape), dtype=np.uint64)
    high, low = _hashed(key, (places >> np.uint64(32)).astype(np.uint32), places.astype(np.uint32))
    of_all = (*key.shape[:-1], *shape)
    if width == 32:
        return (high ^ low).reshape(of_all)
    return (high.astype(np.uint64) << np.uint64(32) | low).reshape(of_all)


def _hashed(key: Key, high: Key, low: Key) -> tuple[Key, Key]:
    """The hashes of pairs of words, shape (..., n), by keys, whose leading axes are broadcast to theirs."""
    return hashed(
        np, (key[..., :1], key[..., 1:]), (high, low)
    )  # never scalars, which NumPy warns of where they overflow
