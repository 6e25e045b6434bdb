"""What strings that were drawn say of the distribution that they were drawn from.

An estimate takes distinct strings `rows`, shape (D, n), and how often each was drawn in K sets of samples, `counts`,
shape (D, K); it gives a number for each set, shape (K,).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, indices
from qgl.evaluate import metrics
from qgl.evaluate.discrepancy import PauliWordSet
from qgl.evaluate.distributions import Positions, Real
from qgl.evaluate.row import Row
from qgl.objectives.kernel import kernel_of
from qgl.objectives.regions import data_distributions
from qgl.program.calls.kernels import KernelCall
from qgl.program.calls.reports import CMI
from qgl.program.program import DataSet

Rows = NDArray[np.uint8]
Estimate = Callable[[Rows, Real], Real]
RESAMPLES = 50  # of the rows of data, for the error of what is estimated from them
HOW = "from {rows:,} rows, each entropy with the correction of Miller and Madow; the error is that of 50 resamples"
_BLOCK = 1024  # strings whose kernel with all others is held at once


def _matched(rows: Rows, data: DataSet) -> Real:
    """The data's probability of each of `rows`, shape (D,); 0 where the data do not have it."""
    ideal, distribution, _ = distinct(data.rows, data.weights)
    _, _, place = distinct(np.concatenate([ideal, rows]), np.zeros(len(ideal) + len(rows)))
    sums = np.zeros(place.max() + 1)
    sums[place[: len(ideal)]] = distribution
    matched: Real = sums[place[len(ideal) :]]
    return matched


def tv(data: DataSet) -> Estimate:
    def estimate(rows: Rows, counts: Real) -> Real:
        q = _matched(rows, data)[:, None]
        unseen = 1 - q.sum()
        distance: Real = (np.abs(counts / counts.sum(axis=0) - q).sum(axis=0) + unseen) / 2
        return distance

    return estimate


def mse(data: DataSet, region: tuple[int, ...] | None) -> Estimate:
    """The mean of (p - q)^2 over all strings of some bits, without bias in the draws."""
    chosen = list(range(data.width)) if region is None else list(region)
    ideal = replace(data, rows=data.rows[:, chosen])
    itself = float((distinct(ideal.rows, data.weights)[1] ** 2).sum())

    def estimate(rows: Rows, counts: Real) -> Real:
        kept, summed = merged(rows[:, chosen], counts)
        shots = counts.sum(axis=0)
        squares = (summed * (summed - 1)).sum(axis=0) / (shots * (shots - 1))
        value: Real = (squares - 2 * (_matched(kept, ideal) @ summed) / shots + itself) / 2 ** len(chosen)
        return value

    return estimate


def merged(rows: Rows, counts: Real) -> tuple[Rows, Real]:
    """Different rows, with the sums of the counts of equal ones."""
    kept, _, place = distinct(rows, np.zeros(len(rows)))
    summed = np.zeros((len(kept), counts.shape[1]))
    np.add.at(summed, place, counts)
    return kept, summed


def valid_rate(data: DataSet) -> Estimate:
    def estimate(rows: Rows, counts: Real) -> Real:
        valid = _matched(rows, data) > 0
        rate: Real = (valid @ counts) / counts.sum(axis=0)
        return rate

    return estimate


def moments(data: DataSet, part: int, positions: Positions) -> Estimate:
    """The largest (`part` 0) or mean (1) absolute difference of moments from those of the data."""
    return moments_from(metrics.sample_moments(data.rows, data.weights, positions), part, positions)


def moments_from(ideal: Real, part: int, positions: Positions) -> Estimate:
    """As `moments`, from ideal ones, shape (pauli_words,)."""

    def estimate(rows: Rows, counts: Real) -> Real:
        means = metrics.sample_moments(rows, counts / counts.sum(axis=0), positions)
        return metrics.summary(means - ideal[:, None])[part]

    return estimate


def entropy(rows: Rows, counts: Real, corrected: bool = True) -> Real:
    """Of the frequencies, with the correction of Miller and Madow (1955) for strings that were not drawn."""
    shots = counts.sum(axis=0)
    frequencies = counts / shots
    logs = np.log(np.where(counts > 0, frequencies, 1.0))
    plain: Real = -(frequencies * logs).sum(axis=0)
    return plain + ((counts > 0).sum(axis=0) - 1) / (2 * shots) if corrected else plain


def region_entropy(positions: tuple[int, ...]) -> Estimate:
    """That of the bits at some positions."""

    def estimate(rows: Rows, counts: Real) -> Real:
        return entropy(*merged(rows[:, list(positions)], counts))

    return estimate


def cmi(call: CMI) -> Estimate:
    """I(A : C | B) = H(AB) + H(BC) - H(B) - H(ABC), each entropy corrected."""
    a, b, c = call.a, call.b, call.c
    parts = [(1, region_entropy(a + b)), (1, region_entropy(b + c)), (-1, region_entropy(b))]
    parts.append((-1, region_entropy(a + b + c)))

    def estimate(rows: Rows, counts: Real) -> Real:
        return sum((sign * part(rows, counts) for sign, part in parts), np.zeros(counts.shape[1]))

    return estimate


def information_of_data(call: CMI, name: str, data: DataSet) -> Row:
    """I(A : C | B) of the bits of a data set, in nats."""
    sizes = len(call.a), len(call.b), len(call.c)
    if data.exact:
        (joint,) = data_distributions(data.rows, data.weights, ((*call.a, *call.b, *call.c),))
        return Row(name, metrics.conditional_mutual_information(joint, sizes), unit="nats")
    rows, weights, _ = distinct(data.rows, data.weights)
    count = len(data.rows)
    draws = np.random.default_rng(0).multinomial(count, weights / weights.sum(), RESAMPLES).T
    values = cmi(call)(rows, np.column_stack([weights * count, draws]).astype(np.float64))
    note = f"{name}: {HOW.format(rows=count)}"
    return Row(name, float(values[0]), float(values[1:].std(ddof=1)), unit="nats", note=note)


def mmd(data: DataSet, kernel: KernelCall) -> Estimate:
    """The unbiased U-statistic."""
    ideal, distribution, _ = distinct(data.rows, data.weights)
    itself = kernel.total
    data_term = float(distribution @ smoothed(kernel, ideal, ideal, distribution[:, None])[:, 0])

    def estimate(rows: Rows, counts: Real) -> Real:
        shots = counts.sum(axis=0)
        pairs = (counts * smoothed(kernel, rows, rows, counts)).sum(axis=0) - shots * itself
        across = smoothed(kernel, rows, ideal, distribution[:, None])[:, 0] @ counts
        value: Real = pairs / (shots * (shots - 1)) - 2 * across / shots + data_term
        return value

    return estimate


def mmd_of_pauli_words(pauli_words: PauliWordSet) -> Estimate:
    """The unbiased estimate of a sum over a set of Pauli words."""

    def estimate(rows: Rows, counts: Real) -> Real:
        shots = counts.sum(axis=0)
        values = metrics.sample_moments(rows, counts / shots, pauli_words.positions)
        terms = (values - pauli_words.means[:, None]) ** 2 - (1 - values**2) / (shots - 1)
        summed: Real = pauli_words.weights @ terms
        return summed

    return estimate


def mmd_by_chance(data: DataSet, kernel: KernelCall) -> float:
    """The expected mmd of a distribution from as many of its samples as the data are: (k(x, x) - E k(x, y)) / count."""
    rows, distribution, _ = distinct(data.rows, data.weights)
    count, itself = len(data.rows), kernel.total
    if count < 2:
        return 0.0
    with_itself = distribution @ smoothed(kernel, rows, rows, distribution[:, None])[:, 0]
    return float((itself - (count * with_itself - itself) / (count - 1)) / count)


def smoothed(kernel: KernelCall, left: Rows, right: Rows, vectors: Real) -> Real:
    """sum_y k(x, y) vectors[y] for x in `left` and y in `right`: (right, K) -> (left, K).

    Through the vector of all strings where that is less work than all pairs.
    """
    chosen, width = kernel_of(kernel), left.shape[1]
    if width * 2**width < len(left) * len(right):
        smooth = np.empty((len(left), vectors.shape[1]))
        for column, vector in enumerate(vectors.T):
            dense = np.bincount(indices(right), weights=vector, minlength=2**width).astype(np.float64)
            smooth[:, column] = chosen.smoothed(dense)[indices(left)]
        return smooth
    starts = range(0, len(left), _BLOCK)
    return np.concatenate([chosen.between(left[start : start + _BLOCK], right) @ vectors for start in starts])
