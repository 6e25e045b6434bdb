"""Random bits of the keys of JAX, made by NumPy.

What is drawn once, before anything runs, is not worth a compiled program: XLA takes a quarter of a second for each use
of a key, and a start of three arrays is six uses. The generator is Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror
and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011), and the bits are those of `jax.random`, all of them.

A key is its two numbers, an array of shape (2,), uint32; functions take several, shape (..., 2), and map over them.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

Key = NDArray[np.uint32]
_IMPLEMENTATION = "threefry2x32"
_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = np.uint32(0x1BD11BDA)


def known(key: Any) -> Key | None:
    """The numbers of a key of this generator; None of another's, and of one that JAX is tracing."""
    if isinstance(key, jax.core.Tracer) or not jax.config.values["jax_threefry_partitionable"]:
        return None
    if jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        named = str(jax.random.key_impl(key))
        return np.asarray(jax.random.key_data(key)) if named == _IMPLEMENTATION else None
    return np.asarray(key) if jax.config.values["jax_default_prng_impl"] == _IMPLEMENTATION else None


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
    one, two = key[..., :1], key[..., 1:]  # never scalars, which NumPy warns of where they overflow
    keys = (one, two, one ^ two ^ _PARITY)
    x, y = high + keys[0], low + keys[1]
    for turn in range(5):
        for by in _ROTATIONS[turn % 2]:
            x = x + y
            y = (y << np.uint32(by) | y >> np.uint32(32 - by)) ^ x
        x, y = x + keys[(turn + 1) % 3], y + (keys[(turn + 2) % 3] + np.uint32(turn + 1))
    return x, y
