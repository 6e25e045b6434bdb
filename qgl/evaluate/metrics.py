"""Distances of a distribution from a data set, in double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, entropy, indices
from qgl.evaluate.distributions import Distribution, Positions, Real
from qgl.objectives.kernel import kernel_of
from qgl.program.calls.kernels import KernelCall
from qgl.program.program import DataSet

_AT_ONCE = 1 << 23  # signs of a block of Pauli words in all rows


def nll(distribution: Distribution, data: DataSet) -> float:
    """-sum_x q(x) log p(x) in nats over the rows of the data."""
    rows, q, _ = distinct(data.rows, data.weights)
    return float(-q @ distribution.log_prob(rows))


def kl(distribution: Distribution, data: DataSet) -> float:
    """sum_x q(x) log(q(x) / p(x)) in nats."""
    rows, q, _ = distinct(data.rows, data.weights)
    return float(q @ (np.log(q) - distribution.log_prob(rows)))


def tv(distribution: Distribution, data: DataSet) -> float:
    """Half the sum of |p - q|. Outside of the data's strings that sum is what p has left there."""
    rows, q, _ = distinct(data.rows, data.weights)
    p = np.exp(distribution.log_prob(rows))
    return float((np.abs(p - q).sum() + max(0.0, 1 - p.sum())) / 2)


def js(distribution: Distribution, data: DataSet) -> float:
    """The Jensen-Shannon divergence in nats. What p has outside of the data's strings is half of it times log 2."""
    rows, q, _ = distinct(data.rows, data.weights)
    return jensen_shannon(np.exp(distribution.log_prob(rows)), q)


def jensen_shannon(p: Real, q: Real) -> float:
    """That of q from p, probabilities of the same strings, beside which p has what is left of 1."""
    middle = (p + q) / 2
    of_each = [each[each > 0] @ np.log(each[each > 0] / middle[each > 0]) for each in (p, q)]
    return float(sum(of_each) + max(0.0, 1 - p.sum()) * np.log(2)) / 2


def valid_rate(distribution: Distribution, data: DataSet) -> float:
    """The probability of the strings that the data have."""
    rows, _, _ = distinct(data.rows, data.weights)
    return float(np.exp(distribution.log_prob(rows)).sum())


def summary(differences: Real) -> tuple[Real, Real]:
    """The largest and the mean of absolute values, along the first axis."""
    return np.abs(differences).max(axis=0), np.abs(differences).mean(axis=0)


def sample_moments(rows: NDArray[np.uint8], weights: Real, positions: Positions) -> Real:
    """<Z_a Z_b ...> for rows (a, b, ...) of `positions`, padded with -1; weights (count, ...) -> (pauli_words, ...)."""
    padded = np.pad(rows, ((0, 0), (0, 1)))  # what -1 stands for
    step = max(1, _AT_ONCE // max(len(rows), 1))
    blocks = []
    for start in range(0, len(positions), step):
        some = positions[start : start + step]
        odd = padded[:, some[:, 0]]
        for column in some.T[1:]:
            odd ^= padded[:, column]
        blocks.append((1.0 - 2.0 * odd).T @ weights)
    return np.concatenate(blocks)


def mmd(distribution: Distribution, data: DataSet, kernel: KernelCall) -> float | None:
    """(p - q)^T k (p - q); None for a distribution that cannot be held as a vector."""
    p = distribution.dense()
    if p is None:
        return None
    difference = p - np.bincount(indices(data.rows), weights=data.weights, minlength=p.size)
    return float(difference @ kernel_of(kernel).smoothed(difference))


def mse(distribution: Distribution, data: DataSet, region: tuple[int, ...] | None) -> float | None:
    """The mean of (p - q)^2 over all strings, of a region's bits or of all; None of all where there are too many."""
    p = distribution.dense() if region is None else distribution.regions((region,))[0].reshape(-1)
    if p is None:
        return None
    rows = data.rows if region is None else data.rows[:, list(region)]
    return float(np.mean((p - np.bincount(indices(rows), weights=data.weights, minlength=p.size)) ** 2))


def transported(distribution: Distribution, data: DataSet) -> float | None:
    """The Wasserstein distance of strings as whole numbers; None for a distribution that cannot be held as a vector.

    In one dimension it is the area between the two distribution functions (S. Vallender, Theory Probab. Appl. 18, 784,
    1974).
    """
    p = distribution.dense()
    if p is None:
        return None
    return float(np.abs(np.cumsum(p - np.bincount(indices(data.rows), weights=data.weights, minlength=p.size))).sum())


def conditional_mutual_information(joint: Real, sizes: tuple[int, int, int]) -> float:
    """I(A : C | B) in nats of a distribution with an axis a bit, those of A first, then B, then C; `sizes` are their
    numbers.
    """
    a, b, c = sizes
    p = joint.reshape(2**a, 2**b, 2**c)
    return entropy(p.sum(axis=2)) + entropy(p.sum(axis=0)) - entropy(p.sum(axis=(0, 2))) - entropy(p)
