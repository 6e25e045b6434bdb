"""What the trained step of `step.qgl` says of each pixel of a given picture with noise, in closed form.

A row being given, the noisy qubits are in basis states and only control: the angles that they switch on add up, and a
pixel is one with the squared sine of half the sum.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

Real = NDArray[np.float64]
Bits = NDArray[np.uint8]


def chances(params: Mapping[str, ArrayLike], noisy: Bits, side: int) -> Real:
    """Probability that each pixel is one, shape (rows, pixels), of rows with noise."""
    bias, own, near = (np.asarray(params[name], np.float64) for name in ("bias", "own", "near"))
    pictures = noisy.reshape(-1, side, side)
    around = [np.roll(pictures, step, axis).reshape(noisy.shape) for axis, step in ((2, -1), (2, 1), (1, -1), (1, 1))]
    angles: Real = bias + own * noisy + sum(turn * bits for turn, bits in zip(near.T, around, strict=True))
    return np.sin(angles / 2) ** 2


def by_itself(seen: Bits, noisy: Bits, p: float) -> Real:
    """The same by Bayes' rule from the noisy pixel alone, and how often it is one in the rows that were seen."""
    ones = (seen.sum(axis=0) + 0.5) / (len(seen) + 1)
    one, zero = (np.where(noisy == bit, 1 - p, p) for bit in (1, 0))
    return np.asarray(ones * one / (ones * one + (1 - ones) * zero))


def cross_entropy(chance: Real, clean: Bits) -> float:
    """What clean pixels cost, in nats a pixel; a probability of less than 1e-9 counts as that."""
    return float(-np.log(np.clip(np.where(clean == 1, chance, 1 - chance), 1e-9, None)).mean())
