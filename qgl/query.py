"""The waist: what can be asked of a circuit. Objectives, metrics and samplers ask; methods answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Probabilities:
    """p(x) of every visible string, shape (2^n,), big-endian in declaration order."""


@dataclass(frozen=True, slots=True)
class LogProb:
    """Natural logarithm of p(x) of given strings, shape (batch,).

    The strings are held as bytes so that a query can be compared and hashed; make one with `LogProb.of`.
    """

    strings: bytes
    width: int

    @classmethod
    def of(cls, rows: NDArray[np.uint8]) -> LogProb:
        """`rows` of 0 and 1, shape (batch, n)."""
        return cls(np.ascontiguousarray(rows, dtype=np.uint8).tobytes(), int(rows.shape[1]))

    @property
    def rows(self) -> NDArray[np.uint8]:
        return np.frombuffer(self.strings, dtype=np.uint8).reshape(-1, self.width)


@dataclass(frozen=True, slots=True)
class Expectation:
    """Expectations of Pauli words on visible qubits, shape (words,). A word is n letters of `IXYZ`."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Marginals:
    """Reduced density matrices of regions (tuples of visible positions), each of shape (2^k, 2^k)."""

    regions: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Samples:
    """Strings drawn from p, shape (shots, n)."""

    shots: int


@dataclass(frozen=True, slots=True)
class State:
    """The density matrix of the visible register, shape (2^n, 2^n)."""


Query = Probabilities | LogProb | Expectation | Marginals | Samples | State


def reads_only_bits(query: Query) -> bool:
    """Whether the answer depends on the diagonal of the visible density matrix only."""
    match query:
        case Expectation(words):
            return all(set(word) <= {"I", "Z"} for word in words)
        case State() | Marginals():
            return False
        case _:
            return True


def support(query: Query, width: int) -> frozenset[int]:
    """Positions of the visible qubits that the answer depends on, of `width` in all."""
    match query:
        case Expectation(words):
            return frozenset(place for word in words for place, letter in enumerate(word) if letter != "I")
        case Marginals(regions):
            return frozenset(place for region in regions for place in region)
        case _:
            return frozenset(range(width))


def restricted(query: Query, positions: tuple[int, ...]) -> Query:
    """The same question put to the visible qubits at `positions` alone, which hold its support."""
    match query:
        case Expectation(words):
            return Expectation(tuple("".join(word[place] for place in positions) for word in words))
        case Marginals(regions):
            return Marginals(tuple(tuple(positions.index(place) for place in region) for region in regions))
        case _:
            return query
