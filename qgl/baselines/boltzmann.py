"""Restricted Boltzmann machines by scikit-learn, and their distributions.

With m hidden units p(v) is a mixture of 2^m product distributions; with n visible bits it is a vector of 2^n numbers.
It is exact where one of the two is small enough, and known from samples alone where neither is.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qgl.baselines.columns import Real, Table
from qgl.bits.distribution import indices, strings
from qgl.check.settings.fit import EXACT_WIDTH
from qgl.evaluate.distributions import DenseDistribution, Drawn, UnansweredError
from qgl.evaluate.metrics import sample_moments
from qgl.query import log_floor

DENSE_BITS = 20  # visible bits up to which the distribution is a vector
MIXED_UNITS = 16  # hidden units up to which it is a mixture
_BATCH, _CHAINS, _SWEEPS = 100, 4096, 200
_BLOCK = 1 << 14


@dataclass(frozen=True, eq=False)
class Machine:
    """log p(v) = v.visible + sum_j log(1 + exp(hidden_j + v.weights_j)) - log Z; `weights` is (bits, units)."""

    weights: Real = field(repr=False)
    visible: Real = field(repr=False)
    hidden: Real = field(repr=False)

    @property
    def width(self) -> int:
        return len(self.visible)

    @property
    def parameters(self) -> int:
        return self.weights.size + self.visible.size + self.hidden.size

    def score(self, rows: NDArray[np.uint8]) -> Real:
        """log p(v) + log Z."""
        bits = rows.astype(np.float64)
        scores: Real = bits @ self.visible + np.logaddexp(0, bits @ self.weights + self.hidden).sum(axis=1)
        return scores

    def swept(self, rows: NDArray[np.uint8], sweeps: int, random: np.random.Generator) -> NDArray[np.uint8]:
        """Strings after some sweeps of Gibbs sampling, all units given all bits and back."""
        bits = rows.astype(np.float64)
        for _ in range(sweeps):
            units = _drawn(_sigmoid(bits @ self.weights + self.hidden), random)
            bits = _drawn(_sigmoid(units @ self.weights.T + self.visible), random)
        return bits.astype(np.uint8)

    def distribution(self, random: np.random.Generator) -> Drawn:
        """Its distribution, exact where it can be."""
        if self.width <= DENSE_BITS:
            return DenseDistribution(_softmax(np.concatenate([self.score(rows) for rows in _all(self.width)])))
        if len(self.hidden) <= MIXED_UNITS:
            return MixedDistribution(self)
        starts = (random.random((_CHAINS, self.width)) < _sigmoid(self.visible)).astype(np.uint8)
        return SampledDistribution(self, self.swept(starts, _SWEEPS, random))


@dataclass(frozen=True, eq=False)
class MixedDistribution:
    """The distribution as a mixture of product distributions, one for each value of the hidden units."""

    machine: Machine

    @property
    def width(self) -> int:
        return self.machine.width

    @cached_property
    def _terms(self) -> tuple[Real, Real]:
        """log of the weight of each product distribution, not normalised, and its <Z>, shape (distributions, bits)."""
        units = strings(np.arange(1 << len(self.machine.hidden)), len(self.machine.hidden)).astype(np.float64)
        fields = units @ self.machine.weights.T + self.machine.visible
        return units @ self.machine.hidden + np.logaddexp(0, fields).sum(axis=1), -np.tanh(fields / 2)

    @property
    def _mixture(self) -> tuple[Real, Real]:
        """The probability of each product distribution, and its <Z>."""
        scores, means = self._terms
        return _softmax(scores), means

    def log_prob(self, rows: NDArray[np.uint8]) -> Real:
        logs: Real = self.machine.score(rows) - np.logaddexp.reduce(self._terms[0])
        return np.maximum(logs, log_floor(self.width))

    def moments(self, positions: NDArray[np.int32]) -> Real:
        weights, means = self._mixture
        padded = np.pad(means, ((0, 0), (0, 1)), constant_values=1.0)  # what -1 stands for
        averages = np.zeros(len(positions))
        step = max(1, (1 << 24) // len(weights))
        for start in range(0, len(positions), step):
            averages[start : start + step] = weights @ padded[:, positions[start : start + step]].prod(axis=2)
        return averages

    def entropy(self) -> float | None:
        return None

    def dense(self) -> Real | None:
        if self.width > EXACT_WIDTH:
            return None
        return _softmax(np.concatenate([self.machine.score(rows) for rows in _all(self.width)]))

    def regions(self, regions: tuple[tuple[int, ...], ...]) -> list[Real]:
        weights, means = self._mixture
        distributions = []
        for positions in regions:
            distribution = weights[:, None]
            for position in positions:
                bits = np.stack([1 + means[:, position], 1 - means[:, position]], axis=1) / 2
                distribution = (distribution[:, :, None] * bits[:, None]).reshape(len(weights), -1)
            distributions.append(distribution.sum(axis=0).reshape((2,) * len(positions)))
        return distributions

    def sample(self, count: int, random: np.random.Generator) -> NDArray[np.uint8]:
        weights, means = self._mixture
        chosen = random.choice(len(weights), count, p=weights)
        return (random.random((count, self.width)) < (1 - means[chosen]) / 2).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class SampledDistribution:
    """A distribution that is known from strings alone: its normalisation would be a sum over too many."""

    machine: Machine
    rows: NDArray[np.uint8] = field(repr=False)

    @property
    def width(self) -> int:
        return self.machine.width

    def log_prob(self, rows: NDArray[np.uint8]) -> Real:
        units = len(self.machine.hidden)
        raise UnansweredError(f"no likelihoods: its normalisation is a sum over 2^{min(units, self.width)} terms")

    def moments(self, positions: NDArray[np.int32]) -> Real:
        return sample_moments(self.rows, np.full(len(self.rows), 1 / len(self.rows)), positions)

    def entropy(self) -> float | None:
        return None

    def dense(self) -> Real | None:
        return None

    def regions(self, regions: tuple[tuple[int, ...], ...]) -> list[Real]:
        distributions = []
        for positions in regions:
            codes = indices(self.rows[:, list(positions)])
            counts = np.bincount(codes, minlength=2 ** len(positions))
            distributions.append((counts / len(self.rows)).reshape((2,) * len(positions)))
        return distributions

    def sample(self, count: int, random: np.random.Generator) -> NDArray[np.uint8]:
        starts = self.rows[random.integers(len(self.rows), size=count)]
        return self.machine.swept(starts, 10, random)


def rbm(table: Table, units: int, rate: float, steps: int, seed: int) -> Machine:
    """Persistent contrastive divergence of `steps` batches of rows, at a rate that falls to 0 in a straight line.

    Raises:
        ImportError: scikit-learn is not installed.
    """
    from sklearn.neural_network import BernoulliRBM

    rows = table.columns.rows(table.repeated()).astype(np.float64)
    random = np.random.default_rng([seed, units])
    model = BernoulliRBM(units, learning_rate=rate, batch_size=_BATCH, random_state=seed)
    means = np.clip(rows.mean(axis=0), 0.01, 0.99)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for step in range(steps):
            model.learning_rate = rate * (1 - step / steps)
            model.partial_fit(rows[random.integers(len(rows), size=_BATCH)])
            if step == 0:
                model.intercept_visible_ = np.log(means / (1 - means))
    return Machine(
        np.asarray(model.components_, dtype=np.float64).T,
        np.asarray(model.intercept_visible_, dtype=np.float64),
        np.asarray(model.intercept_hidden_, dtype=np.float64),
    )


def _drawn(means: Real, random: np.random.Generator) -> Real:
    """Bits of given means, as numbers."""
    return (random.random(means.shape) < means).astype(np.float64)


def _sigmoid(fields: Real) -> Real:
    probabilities: Real = 1 / (1 + np.exp(-np.clip(fields, -500, 500)))
    return probabilities


def _softmax(scores: Real) -> Real:
    p = np.exp(scores - scores.max())
    distribution: Real = p / p.sum()
    return distribution


def _all(width: int) -> Iterator[NDArray[np.uint8]]:
    """All strings of a width, in blocks."""
    for start in range(0, 1 << width, _BLOCK):
        yield strings(np.arange(start, min(start + _BLOCK, 1 << width)), width)
