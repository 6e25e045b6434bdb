"""Distances of a law from a data set, in double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qgl.check.law import distinct, indices
from qgl.check.program import CallSpec, DataSet
from qgl.evaluate.laws import Law, Real


def nll(law: Law, data: DataSet) -> float:
    """-sum_x q(x) log p(x) in nats over the rows of the data."""
    rows, q, _ = distinct(data.rows, data.weights)
    return float(-q @ law.log_prob(rows))


def kl(law: Law, data: DataSet) -> float:
    """sum_x q(x) log(q(x) / p(x)) in nats."""
    rows, q, _ = distinct(data.rows, data.weights)
    return float(q @ (np.log(q) - law.log_prob(rows)))


def tv(law: Law, data: DataSet) -> float:
    """Half the sum of |p - q|. Outside of the data's strings that sum is what p has left there."""
    rows, q, _ = distinct(data.rows, data.weights)
    p = np.exp(law.log_prob(rows))
    return float((np.abs(p - q).sum() + max(0.0, 1 - p.sum())) / 2)


def valid_rate(law: Law, data: DataSet) -> float:
    """The probability of the strings that the data have."""
    rows, _, _ = distinct(data.rows, data.weights)
    return float(np.exp(law.log_prob(rows)).sum())


def moment_differences(moments: Real, data: DataSet) -> tuple[float, float]:
    """Largest and mean absolute difference of <Z_a> and <Z_a Z_b>, a < b, from those of the data."""
    differences = np.abs(moments - data_moments(data))[np.triu_indices(data.width)]
    return float(differences.max()), float(differences.mean())


def data_moments(data: DataSet) -> Real:
    """<Z_a Z_b> of the data, shape (n, n), with <Z_a> on the diagonal."""
    return sample_moments(data.rows, data.weights)


def sample_moments(rows: NDArray[np.uint8], weights: Real) -> Real:
    """<Z_a Z_b> of weighted rows, shape (n, n), with <Z_a> on the diagonal."""
    signs = 1.0 - 2.0 * rows
    result: Real = (signs * weights[:, None]).T @ signs
    np.fill_diagonal(result, weights @ signs)
    return result


def mmd(law: Law, data: DataSet, kernel: CallSpec) -> float | None:
    """(p - q)^T k (p - q); None for a law that cannot be held as a vector."""
    p = law.dense()
    if p is None:
        return None
    difference = p - np.bincount(indices(data.rows), weights=data.weights, minlength=p.size)
    return float(difference @ apply_kernel(difference, kernel))


def decays(kernel: CallSpec) -> tuple[list[float], float]:
    """The bases a of the powers a^H that a kernel is the weighted sum of, and the weight of each."""
    variances = kernel.arguments.get("variance") or [sigma**2 for sigma in kernel.arguments["sigma"]]
    weight = 1.0 if kernel.arguments["combine"] == "sum" else 1.0 / len(variances)
    return [float(np.exp(-0.5 / variance)) for variance in variances], weight


def kernel_of_distance(kernel: CallSpec, width: int) -> Real:
    """k at each Hamming distance, shape (width + 1,)."""
    bases, weight = decays(kernel)
    table: Real = weight * np.power.outer(np.array(bases), np.arange(width + 1)).sum(axis=0)
    return table


def apply_kernel(vector: Real, kernel: CallSpec) -> Real:
    """sum_y k(x, y) vector[y], shape (2^n,): a^H is the tensor product of [[1, a], [a, 1]]."""
    bases, weight = decays(kernel)
    total = np.zeros_like(vector)
    for base in bases:
        product = vector
        for bit in range(vector.size.bit_length() - 1):
            halves = product.reshape(-1, 2, 2**bit)
            product = (halves + base * halves[:, ::-1]).reshape(-1)
        total += weight * product
    return total


def conditional_mutual_information(joint: Real, sizes: tuple[int, int, int]) -> float:
    """I(A : C | B) in nats of a law with an axis a bit, those of A first, then B, then C; `sizes` are their numbers."""
    a, b, c = sizes
    p = joint.reshape(2**a, 2**b, 2**c)

    def h(law: Real) -> float:
        positive = law[law > 0]
        return float(-np.sum(positive * np.log(positive)))

    return h(p.sum(axis=2)) + h(p.sum(axis=0)) - h(p.sum(axis=(0, 2))) - h(p)
