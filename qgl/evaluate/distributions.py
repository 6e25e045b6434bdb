"""Distributions over bit strings, of the model and of baselines, behind one interface: probabilities of strings,
moments, entropy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import entropy, indices, strings
from qgl.check.settings.fit import EXACT_WIDTH
from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import TooLarge
from qgl.query import Expectation, LogProb, Marginals, Probabilities, Query, log_floor, most_of_remainder

Real = NDArray[np.float64]
Positions = NDArray[np.int32]
Answer = Callable[[Query], Any]


class Distribution(Protocol):
    """A distribution over strings of `width` bits."""

    @property
    def width(self) -> int: ...

    def log_prob(self, rows: NDArray[np.uint8]) -> Real:
        """log p of strings, not below `log_floor`, shape (batch,)."""
        ...

    def moments(self, positions: Positions) -> Real:
        """<Z_a Z_b ...> for rows (a, b, ...) of `positions`, padded with -1, shape (pauli_words,)."""
        ...

    def entropy(self) -> float | None:
        """Shannon entropy in nats; None where there are too many strings."""
        ...

    def dense(self) -> Real | None:
        """Probabilities of all strings, shape (2^n,); None where there are too many."""
        ...

    def regions(self, regions: tuple[tuple[int, ...], ...]) -> list[Real]:
        """The joint distribution of the bits of each region, one axis of two a bit, in the order of its positions."""
        ...


class UnansweredError(Exception):
    """A question that a distribution has no answer to; the message says why."""


class Drawn(Distribution, Protocol):
    """A distribution that strings can be drawn from. It may raise `UnansweredError` where another distribution
    answers.
    """

    def sample(self, count: int, random: np.random.Generator) -> NDArray[np.uint8]:
        """Independent strings, shape (count, n)."""
        ...


@dataclass(frozen=True, eq=False)
class DenseDistribution:
    """A distribution held as a vector, shape (2^n,)."""

    p: Real

    @property
    def width(self) -> int:
        return self.p.size.bit_length() - 1

    def log_prob(self, rows: NDArray[np.uint8]) -> Real:
        return np.maximum(log_of(self.p[indices(rows)]), log_floor(self.width))

    def moments(self, positions: Positions) -> Real:
        transformed: Real = self.p
        for bit in range(self.width):  # the Walsh transform: a Z word stands at the index with ones at its positions
            halves = transformed.reshape(-1, 2, 2**bit)
            transformed = np.stack([halves.sum(axis=1), halves[:, 0] - halves[:, 1]], axis=1).reshape(-1)
        ones = np.where(positions < 0, 0, 1 << (self.width - 1 - np.maximum(positions, 0)))
        moments: Real = transformed[ones.sum(axis=1)]
        return moments

    def sample(self, count: int, random: np.random.Generator) -> NDArray[np.uint8]:
        total = np.cumsum(self.p)
        return strings(np.searchsorted(total, random.random(count) * total[-1], side="right"), self.width)

    def entropy(self) -> float | None:
        return entropy(self.p)

    def dense(self) -> Real | None:
        return self.p

    def regions(self, regions: tuple[tuple[int, ...], ...]) -> list[Real]:
        cube = self.p.reshape((2,) * self.width)
        distributions = []
        for positions in regions:
            others = tuple(axis for axis in range(self.width) if axis not in positions)
            distributions.append(ordered(cube.sum(axis=others), positions))
        return distributions


@dataclass(frozen=True, eq=False)
class HeldDistribution(DenseDistribution):
    """The distribution of a model, held as a vector that was computed in numbers of `dtype`.

    What may be a remainder of rounding in it is exact for string by string, so that a likelihood is what the model's
    `log_prob` is.
    """

    answer: Answer
    dtype: np.dtype[Any]

    def log_prob(self, rows: NDArray[np.uint8]) -> Real:
        logs = super().log_prob(rows)
        doubtful = logs < most_of_remainder(self.dtype, of_amplitudes=False)
        if doubtful.any():
            exact = np.asarray(self.answer(LogProb.of(rows[doubtful])), dtype=np.float64)
            logs[doubtful] = np.maximum(exact, log_floor(self.width))
        return logs


@dataclass(frozen=True, eq=False)
class ProductDistribution:
    """Independent bits; `ones` are their probabilities of 1, shape (n,)."""

    ones: Real

    @property
    def width(self) -> int:
        return int(self.ones.size)

    def log_prob(self, rows: NDArray[np.uint8]) -> Real:
        chosen = np.where(rows == 1, self.ones, 1 - self.ones)
        total: Real = log_of(chosen).sum(axis=1)
        return np.maximum(total, log_floor(self.width))

    def moments(self, positions: Positions) -> Real:
        z = 1 - 2 * self.ones
        values: Real = np.where(positions < 0, 1.0, z[positions]).prod(axis=1)
        return values

    def sample(self, count: int, random: np.random.Generator) -> NDArray[np.uint8]:
        return (random.random((count, self.width)) < self.ones).astype(np.uint8)

    def entropy(self) -> float | None:
        return entropy(np.stack([self.ones, 1 - self.ones]))

    def dense(self) -> Real | None:
        if self.width > EXACT_WIDTH:
            return None
        p = np.ones(1)
        for one in self.ones:
            p = np.kron(p, np.array([1 - one, one]))
        return p

    def regions(self, regions: tuple[tuple[int, ...], ...]) -> list[Real]:
        distributions = []
        for positions in regions:
            p: Real = np.ones(())
            for position in positions:
                p = np.multiply.outer(p, np.array([1 - self.ones[position], self.ones[position]]))
            distributions.append(p)
        return distributions


@dataclass(frozen=True, eq=False)
class QueriedDistribution:
    """A distribution that no vector is held of: every question is a query of its own.

    refused  why all probabilities cannot be had, where their number is not the reason
    """

    answer: Answer
    width: int
    refused: QglError | None = None

    def log_prob(self, rows: NDArray[np.uint8]) -> Real:
        return np.maximum(np.asarray(self.answer(LogProb.of(rows)), dtype=np.float64), log_floor(self.width))

    def moments(self, positions: Positions) -> Real:
        return np.asarray(self.answer(Expectation.sparse(positions)), dtype=np.float64)

    def entropy(self) -> float | None:
        if self.refused is not None:
            raise self.refused
        return None

    def dense(self) -> Real | None:
        """None.

        Raises:
            QglError: QGL0810, the strings are few enough, but no method has their probabilities.
        """
        if self.refused is not None:
            raise self.refused
        return None

    def regions(self, regions: tuple[tuple[int, ...], ...]) -> list[Real]:
        ascending = tuple(tuple(sorted(positions)) for positions in regions)
        answer = self.answer(Marginals(ascending, bits=True))
        distributions = answer if isinstance(answer, tuple) else np.asarray(answer)  # one array of many regions
        return [
            ordered(np.maximum(np.asarray(distribution, dtype=np.float64), 0).reshape((2,) * len(positions)), positions)
            for distribution, positions in zip(distributions, regions, strict=True)
        ]


_ROUNDING = 1e-3  # of a sum of probabilities


@dataclass(frozen=True, eq=False)
class ModelDistribution:
    """The distribution of a model that answers queries: a vector as far as one can be held and a method has it."""

    answer: Answer
    width: int

    @cached_property
    def distribution(self) -> Distribution:
        if self.width > EXACT_WIDTH:
            return QueriedDistribution(self.answer, self.width)
        try:
            p = np.asarray(self.answer(Probabilities()))
        except QglError as refused:
            if not all(isinstance(fault, TooLarge) for fault in refused.diagnostics):
                raise
            return QueriedDistribution(self.answer, self.width, refused)
        return HeldDistribution(_rescaled(np.maximum(p.astype(np.float64), 0.0)), self.answer, p.dtype)


def _rescaled(p: Real) -> Real:
    """Probabilities that add up to 1, where only the rounding of many gates keeps them from it.

    In single precision hundreds of gates leave a sum of 1 + 1e-5, and a divergence as much below what is right. A sum
    that is further off is no rounding, and stays to be seen.
    """
    total = p.sum()
    return p / total if abs(total - 1) < _ROUNDING else p


def ordered(distribution: Real, positions: tuple[int, ...]) -> Real:
    """A distribution whose axes are the positions ascending, with axes in the order of `positions`."""
    return np.transpose(distribution, np.argsort(np.argsort(positions)))


def log_of(p: Real) -> Real:
    """log p, minus infinity where p is 0."""
    with np.errstate(divide="ignore"):
        logs: Real = np.log(p)
    return logs
