"""A distribution whose conditional mutual information is known: copies of one fair bit, each flipped by chance.

Given the bit the copies are independent; what far ones tell of one, given those between, is what they tell of the bit.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaln, xlog1py, xlogy

Real = NDArray[np.float64]


def information(p: float, b: int, c: int) -> float:
    """I(A; C | B) in nats of one copy A, b copies B and c copies C."""
    return uncertainty(p, b) - uncertainty(p, b + 1) - uncertainty(p, b + c) + uncertainty(p, b + c + 1)


def uncertainty(p: float, copies: int) -> float:
    """H(bit | so many copies) in nats."""
    ones = np.arange(copies + 1)
    ways = gammaln(copies + 1) - gammaln(ones + 1) - gammaln(copies - ones + 1)
    joint = np.log(0.5) + ways + np.stack([xlogy(k, p) + xlog1py(copies - k, -p) for k in (ones, copies - ones)])
    weight = np.logaddexp(*joint)
    return float(np.sum(np.exp(joint) * (weight - joint)))


def peak(side: int, radius: int) -> tuple[float, float]:
    """(p, I) where the information is largest: one site of a torus, B the square around it, C all others."""
    square = (2 * radius + 1) ** 2
    c = side**2 - square
    best = minimize_scalar(
        lambda p: -information(p, square - 1, c), bounds=(0.01, 0.4999), method="bounded", options={"xatol": 1e-9}
    )
    return float(best.x), -float(best.fun)


def recovery_error(p: float, b: int, c: int, noise: float) -> tuple[float, float]:
    """(2 TV^2, I(A; C | B)): A is flipped with a probability, and drawn again given what it became and B, by Bayes."""
    strings = np.array(list(itertools.product((0, 1), repeat=1 + b + c)))
    flips = np.where(strings[None] == np.array([0, 1])[:, None, None], 1 - p, p).prod(axis=2)
    joint = (flips.sum(axis=0) / 2).reshape(2, 2**b, 2**c)  # of A, B and C
    channel = np.array([[1 - noise, noise], [noise, 1 - noise]])  # of what A becomes, given A
    noisy = np.einsum("xa,abc->xbc", channel, joint)
    both = np.einsum("xa,ab->xab", channel, joint.sum(axis=2))
    posterior = both / both.sum(axis=1, keepdims=True)  # of A, given what it became and B
    recovered = np.einsum("xab,xbc->abc", posterior, noisy)
    return 2 * float(np.abs(recovered - joint).sum() / 2) ** 2, conditional(joint)


def conditional(joint: Real) -> float:
    """I(A; C | B) in nats of a joint distribution with axes A, B, C."""

    def entropy(p: Real) -> float:
        return -float(xlogy(p, p).sum())

    parts = joint.sum(axis=2), joint.sum(axis=0), joint.sum(axis=(0, 2))
    return entropy(parts[0]) + entropy(parts[1]) - entropy(parts[2]) - entropy(joint)


def windows(side: int, radius: int, least: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The windows of p in which denoising is not local, and in which the bit S is decided, of what `peak` is of.

    Not local: I(A; C | B) >= least. Decided: from where I(S; AB) without noise less I(S; B) is `least` to where
    I(S; ABC) is. Given S the copies are independent, so the first lies in the second.

    Source: arXiv 2605.04830, theorem 1, with alpha = 1.
    """
    square = (2 * radius + 1) ** 2
    b, c = square - 1, side**2 - square
    at, _ = peak(side, radius)

    def crossing(height: Callable[[float], float], low: float, high: float) -> float:
        return float(brentq(lambda p: height(p) - least, low, high, xtol=1e-10))

    not_local = (
        crossing(lambda p: information(p, b, c), 1e-6, at),
        crossing(lambda p: information(p, b, c), at, 0.5 - 1e-9),
    )
    decided = (
        crossing(lambda p: uncertainty(p, b), 1e-6, 0.5 - 1e-9),
        crossing(lambda p: float(np.log(2)) - uncertainty(p, side**2), 1e-6, 0.5 - 1e-9),
    )
    return not_local, decided
