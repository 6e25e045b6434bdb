"""Laws over bit strings, of the model and of baselines, behind one face: probabilities of strings, moments, entropy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qgl.check.law import entropy, indices
from qgl.check.training import EXACT_WIDTH
from qgl.query import LOG_TINY, Expectation, LogProb, Marginals, Probabilities, Query, log_floor

Real = NDArray[np.float64]
Answer = Callable[[Query], Any]


class Law(Protocol):
    """A law over strings of `width` bits."""

    @property
    def width(self) -> int: ...

    def log_prob(self, rows: NDArray[np.uint8]) -> Real:
        """log p of strings, not below `log_floor`, shape (batch,)."""
        ...

    def moments(self) -> Real:
        """<Z_a Z_b>, shape (n, n), with <Z_a> on the diagonal."""
        ...

    def entropy(self) -> float | None:
        """Shannon entropy in nats; None where there are too many strings."""
        ...

    def dense(self) -> Real | None:
        """Probabilities of all strings, shape (2^n,); None where there are too many."""
        ...

    def region(self, positions: tuple[int, ...]) -> Real:
        """Joint law of the bits at `positions`, one axis of two a bit."""
        ...


@dataclass(frozen=True, eq=False)
class DenseLaw:
    """A law held as a vector, shape (2^n,)."""

    p: Real

    @property
    def width(self) -> int:
        return self.p.size.bit_length() - 1

    def log_prob(self, rows: NDArray[np.uint8]) -> Real:
        return floored_log(self.p[indices(rows)])

    def moments(self) -> Real:
        n = self.width
        transformed: Real = self.p
        for bit in range(n):  # the Walsh transform: <Z_a Z_b> stands at the index with ones at a and b
            halves = transformed.reshape(-1, 2, 2**bit)
            transformed = np.stack([halves.sum(axis=1), halves[:, 0] - halves[:, 1]], axis=1).reshape(-1)
        place = 1 << np.arange(n - 1, -1, -1)
        moments: Real = transformed[place[:, None] | place]
        return moments

    def entropy(self) -> float | None:
        return entropy(self.p)

    def dense(self) -> Real | None:
        return self.p

    def region(self, positions: tuple[int, ...]) -> Real:
        cube = self.p.reshape((2,) * self.width)
        others = tuple(axis for axis in range(self.width) if axis not in positions)
        kept: Real = cube.sum(axis=others)
        return np.transpose(kept, np.argsort(np.argsort(positions)))


@dataclass(frozen=True, eq=False)
class ProductLaw:
    """Independent bits; `ones` are their probabilities of 1, shape (n,)."""

    ones: Real

    @property
    def width(self) -> int:
        return int(self.ones.size)

    def log_prob(self, rows: NDArray[np.uint8]) -> Real:
        chosen = np.where(rows == 1, self.ones, 1 - self.ones)
        total: Real = floored_log(chosen).sum(axis=1)
        return np.maximum(total, log_floor(self.width))

    def moments(self) -> Real:
        z = 1 - 2 * self.ones
        result = np.outer(z, z)
        np.fill_diagonal(result, z)
        return result

    def entropy(self) -> float | None:
        return entropy(np.stack([self.ones, 1 - self.ones]))

    def dense(self) -> Real | None:
        if self.width > EXACT_WIDTH:
            return None
        p = np.ones(1)
        for one in self.ones:
            p = np.kron(p, np.array([1 - one, one]))
        return p

    def region(self, positions: tuple[int, ...]) -> Real:
        p: Real = np.ones(())
        for position in positions:
            p = np.multiply.outer(p, np.array([1 - self.ones[position], self.ones[position]]))
        return p


@dataclass(frozen=True, eq=False)
class AskedLaw:
    """A law of too many bits for a vector: every question is a query of its own."""

    answer: Answer
    width: int

    def log_prob(self, rows: NDArray[np.uint8]) -> Real:
        return np.maximum(np.asarray(self.answer(LogProb.of(rows)), dtype=np.float64), log_floor(self.width))

    def moments(self) -> Real:
        pairs = [(a, b) for a in range(self.width) for b in range(a, self.width)]
        places = np.array([(a, b if b > a else -1) for a, b in pairs], np.int32)
        values = np.asarray(self.answer(Expectation.sparse(places)), dtype=np.float64)
        result = np.empty((self.width, self.width))
        for (a, b), value in zip(pairs, values, strict=True):
            result[a, b] = result[b, a] = value
        return result

    def entropy(self) -> float | None:
        return None

    def dense(self) -> Real | None:
        return None

    def region(self, positions: tuple[int, ...]) -> Real:
        (law,) = self.answer(Marginals((positions,), bits=True))
        return np.asarray(law, dtype=np.float64).reshape((2,) * len(positions))


@dataclass(frozen=True, eq=False)
class ModelLaw:
    """The law of a model that answers queries: a vector as far as one can be held."""

    answer: Answer
    width: int

    @cached_property
    def law(self) -> Law:
        if self.width > EXACT_WIDTH:
            return AskedLaw(self.answer, self.width)
        return DenseLaw(np.maximum(np.asarray(self.answer(Probabilities()), dtype=np.float64), 0.0))


def floored_log(p: Real) -> Real:
    """log p, not below the logarithm of the smallest normal float32."""
    return np.maximum(np.log(np.maximum(p, np.finfo(np.float64).tiny)), LOG_TINY)
