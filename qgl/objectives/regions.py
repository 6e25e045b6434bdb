"""Distributions of the bits of small regions, of the data and of the model, all regions of one size."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import indices
from qgl.query import log_floor

Array = jax.Array
MOST_BITS = 12  # of a region
_AT_ONCE = 1 << 22  # bits of the data that are looked at together


def data_distributions(
    rows: NDArray[np.uint8], weights: NDArray[np.float64], regions: tuple[tuple[int, ...], ...]
) -> NDArray[np.float64]:
    """The joint distribution of the bits of each region of k positions under weighted rows, shape (regions, 2^k)."""
    places = np.array(regions, np.int64)
    size = places.shape[1]
    distributions = np.empty((len(places), 2**size))
    step = max(1, _AT_ONCE // (len(rows) * size))
    for start in range(0, len(places), step):
        some = places[start : start + step]
        cells = indices(rows[:, some]) + 2**size * np.arange(len(some))
        counts = np.bincount(cells.reshape(-1), weights=np.repeat(weights, len(some)), minlength=len(some) * 2**size)
        distributions[start : start + step] = counts.reshape(len(some), 2**size)
    return distributions


def stacked(answer: Any) -> Array:
    """The answer to `Marginals` of regions of one size as one array with a leading axis of regions."""
    return jnp.stack(answer) if isinstance(answer, tuple | list) else answer


def log_or_floor(p: Array, width: int) -> Array:
    """log p of bits in a region, or `log_floor` of strings of `width` bits, without a gradient, if they cannot come.

    Distributions of regions are sums of expectations, which rounding leaves within about a unit in the last place of 1.
    So what is below two of them, 2.4e-7 in single and 4.4e-16 in double precision, is not told from impossible.
    """
    comes = p > 2 * float(np.finfo(p.dtype).eps)
    return jnp.where(comes, jnp.log(jnp.where(comes, p, 1.0)), log_floor(width))
