"""The distribution of a chain with a memory, against sums over all memories and all strings."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.baselines.chain import ChainDistribution
from qgl.baselines.columns import Columns
from qgl.evaluate.distributions import DenseDistribution

COLUMNS = Columns((2, 3, 2, 5), (1, 2, 1, 3))  # 7 bits, of which codes 3 and 5 to 7 stand for nothing


def random_chain(seed: int) -> ChainDistribution:
    random, memories = np.random.default_rng(seed), [2, 3, 1, 4, 2]
    steps = []
    for size, before, after in zip(COLUMNS.sizes, memories[:-1], memories[1:], strict=True):
        distributions = random.dirichlet(np.full(size * after, 0.7), before).reshape(before, size, after)
        steps.append(distributions.transpose(1, 0, 2))
    return ChainDistribution(COLUMNS, random.dirichlet(np.ones(2)), tuple(steps))


def by_sums(distribution: ChainDistribution) -> NDArray[np.float64]:
    """p of each of the 2^7 strings, by a sum over every path of the memory."""
    p = np.zeros(2**7)
    memories = [range(len(distribution.start)), *(range(step.shape[2]) for step in distribution.steps)]
    for values in itertools.product(*(range(size) for size in COLUMNS.sizes)):
        index = int(
            "".join(format(value, f"0{width}b") for value, width in zip(values, COLUMNS.widths, strict=True)), 2
        )
        for path in itertools.product(*memories):
            factors = [
                step[value, a, b] for step, value, a, b in zip(distribution.steps, values, path, path[1:], strict=False)
            ]
            p[index] += distribution.start[path[0]] * np.prod(factors)
    return p


DISTRIBUTION = random_chain(0)
P = by_sums(DISTRIBUTION)


def test_likelihoods_and_the_vector() -> None:
    assert P.sum() == pytest.approx(1)
    dense = DISTRIBUTION.dense()
    assert dense is not None and dense == pytest.approx(P)
    rows = (np.arange(2**7)[:, None] >> np.arange(6, -1, -1) & 1).astype(np.uint8)
    assert DISTRIBUTION.log_prob(rows) == pytest.approx(DenseDistribution(P).log_prob(rows))
    assert DISTRIBUTION.entropy() == pytest.approx(DenseDistribution(P).entropy())


def test_moments_and_regions() -> None:
    places = np.array([[0, -1, -1], [3, -1, -1], [1, 2, -1], [0, 4, 6], [5, 6, -1], [-1, -1, -1]], dtype=np.int32)
    assert DISTRIBUTION.moments(places) == pytest.approx(DenseDistribution(P).moments(places))
    regions = ((0,), (4, 1), (2, 3, 6), (6, 5, 4), (3,), tuple(range(7)))
    for found, expected in zip(DISTRIBUTION.regions(regions), DenseDistribution(P).regions(regions), strict=True):
        assert found == pytest.approx(expected)


def test_strings_follow_the_distribution() -> None:
    drawn = DISTRIBUTION.sample(60_000, np.random.default_rng(1))
    assert drawn.shape == (60_000, 7)
    counts = np.bincount(drawn @ (1 << np.arange(6, -1, -1)), minlength=2**7) / len(drawn)
    assert np.abs(counts - P).sum() / 2 < 0.02


def test_columns_and_bits_are_the_same() -> None:
    values = np.array([[1, 2, 0, 4], [0, 0, 1, 3]])
    rows = COLUMNS.rows(values)
    assert rows.tolist() == [[1, 1, 0, 0, 1, 0, 0], [0, 0, 0, 1, 0, 1, 1]]
    assert COLUMNS.values(rows).tolist() == values.tolist()
    assert COLUMNS.values(np.ones((1, 7), dtype=np.uint8)).tolist() == [[1, -1, 1, -1]]
