"""Functions that run on the host, by NumPy and in double precision, between parts of a compiled program.

JAX hands arrays to the host by threads that know nothing of double precision, and copies those above 100 kB by threads
that may be waiting in callbacks themselves, for ever. So numbers travel as their bits, in pieces of 64 kB. What holds
such a call is not kept in JAX's cache of compiled programs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
_PIECE = 2**14  # numbers of 32 bits of an argument of a callback


def on_host(function: Callable[[Real], Real], numbers: jax.Array, count: int) -> jax.Array:
    """`function` of `numbers`, shape (inputs,), in their precision: a vector of shape (count,), without derivative."""
    bits = jax.lax.bitcast_convert_type(numbers, jnp.uint32).ravel()
    pieces = [bits[start : start + _PIECE] for start in range(0, bits.size, _PIECE)]
    each = jnp.dtype(numbers.dtype).itemsize // 4
    shape = jax.eval_shape(lambda: jnp.zeros((count,) if each == 1 else (count, each), jnp.uint32))
    run = functools.partial(_run, function, np.dtype(numbers.dtype))
    answer = jax.pure_callback(run, shape, *pieces, vmap_method="sequential")
    return jax.lax.bitcast_convert_type(answer, numbers.dtype)


def _run(function: Callable[[Real], Real], kind: np.dtype[Any], *pieces: Any) -> NDArray[np.uint32]:
    """The bits of the function of the numbers that pieces are the bits of."""
    numbers = np.concatenate([np.asarray(piece) for piece in pieces]).view(kind).astype(np.float64)
    bits = function(numbers).astype(kind).view(np.uint32)
    return bits if kind.itemsize == 4 else bits.reshape(-1, 2)
