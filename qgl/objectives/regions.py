"""Laws of the bits of small regions, of the data and of the model, all regions of one size."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

Array = jax.Array
MOST_BITS = 12  # of a region
_AT_ONCE = 1 << 22  # bits of the data that are looked at together


def data_laws(
    rows: NDArray[np.uint8], weights: NDArray[np.float64], regions: tuple[tuple[int, ...], ...]
) -> NDArray[np.float64]:
    """The joint law of the bits of each region of k positions under weighted rows, shape (regions, 2^k)."""
    places = np.array(regions, np.int64)
    size = places.shape[1]
    powers = 1 << np.arange(size - 1, -1, -1)
    laws = np.empty((len(places), 2**size))
    step = max(1, _AT_ONCE // (len(rows) * size))
    for start in range(0, len(places), step):
        some = places[start : start + step]
        cells = rows[:, some].astype(np.int64) @ powers + 2**size * np.arange(len(some))
        counts = np.bincount(cells.reshape(-1), weights=np.repeat(weights, len(some)), minlength=len(some) * 2**size)
        laws[start : start + step] = counts.reshape(len(some), 2**size)
    return laws


def stacked(answer: Any) -> Array:
    """The answer to `Marginals` of regions of one size as one array with a leading axis of regions."""
    return jnp.stack(answer) if isinstance(answer, tuple | list) else answer


def safe_log(p: Array) -> Array:
    """log p, not below that of the smallest normal float32."""
    return jnp.log(jnp.maximum(p, float(np.finfo(np.float32).tiny)))
