"""The waist: what can be asked of a circuit. Objectives, metrics and samplers ask; methods answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Probabilities:
    """p(x) of every visible string, shape (2^n,), big-endian in declaration order."""


@dataclass(frozen=True, slots=True)
class LogProb:
    """Natural logarithm of p(x) of given strings x, shape (batch, n) -> (batch,)."""

    rows: int


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
