"""The query interface: what can be asked of a circuit. Objectives, metrics and samplers ask; methods answer.

Most queries say all that they ask. Some leave their strings open, so that a compiled program serves for any: what
`GivenStrings`, `GivenPauliWords`, `GivenOutcomes` and `GivenBases` ask of comes with the call, as an array.

Positions are those of the visible qubits. `Expectation` and `Marginals` may name the qubits of hidden registers too, by
the positions after the visible ones, in order of declaration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.bits import ragged
from qgl.record import record

LETTERS = "IXYZ"
LOG_TINY = float(np.log(np.finfo(np.float32).tiny))  # about -87.3


def log_floor(width: int) -> float:
    """The log p below which strings of `width` bits are not told from impossible ones: -87.3 up to 24 bits.

    That is the logarithm of the smallest normal float32. Beyond 24 bits it grows by 3.6 nats a bit: five
    times what the uniform distribution needs, so that no string that a model may be trained to give is cut off.
    """
    return LOG_TINY * max(1.0, width / 24)


def most_of_remainder(dtype: Any, of_amplitudes: bool) -> float:
    """The log p above which a string's probability in numbers of `dtype` is no mere remainder of rounding.

    That is 32 units in the last place of a sum of numbers up to 1, which a probability is, or an amplitude, whose
    square is the probability: -25.0 nats in single and -65.2 in double precision by amplitudes, else -12.5 and -32.6.
    """
    return (2 if of_amplitudes else 1) * float(np.log(32 * np.finfo(dtype).eps))


def impossible(width: int) -> float:
    """The log p that every method tells of a string of `width` bits that cannot come: just below `log_floor`."""
    return log_floor(width) * (1 + 2.0**-16)


@record
class Probabilities:
    """p(x) of every visible string, shape (2^n,), big-endian in declaration order."""


@record
class LogProb:
    """Natural logarithm of p(x) of given strings, shape (batch,).

    Of a string that cannot come, and of one whose probability is but a remainder of rounding, `impossible` of the
    width, whatever the method; it has no gradient. Objectives and reports hold what they read at or above `log_floor`
    of the width, so that such a string costs much and a long one costs what it does.

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


@record
class GivenStrings:
    """log p(x) of `count` strings that come with the call, an array of 0 and 1 of shape (count, n). Shape (count,)."""

    count: int


@record
class GivenOutcomes:
    """log of the probability of `count` measurements, every visible qubit in a Pauli basis of its own. Shape (count,).

    They come with the call, an array of whole numbers of shape (count, n, 2): the basis of each qubit, 1 to 3 for X, Y
    and Z, and the bit that is found, 0 for the eigenvalue 1.
    """

    count: int


@record
class GivenBases:
    """A string of bits of each of `count` measurements as those of `GivenOutcomes`, shape (count, n). Needs a key.

    Their bases come with the call, an array of shape (count, n): 1 to 3 for X, Y and Z.
    """

    count: int


@record
class Expectation:
    """Expectations of Pauli words on visible qubits, shape (pauli_words,).

    A Pauli word is held as the positions that it touches, ascending, and the letters there, 1 to 3 for X, Y, Z; rows
    are padded with position -1 and letter 0. Make one with `Expectation.of` or `Expectation.sparse`.
    """

    position_bytes: bytes
    letter_bytes: bytes
    weight: int  # columns of both tables

    @classmethod
    def of(cls, pauli_words: Sequence[str]) -> Expectation:
        """Pauli words written as a letter of `IXYZ` for each visible qubit."""
        touched = [[k for k, letter in enumerate(pauli_word) if letter != "I"] for pauli_word in pauli_words]
        letters = [
            [LETTERS.index(pauli_word[k]) for k in positions]
            for pauli_word, positions in zip(pauli_words, touched, strict=True)
        ]
        return cls.sparse(ragged.table(touched, -1), ragged.table(letters, 0, np.uint8))

    @classmethod
    def sparse(cls, positions: NDArray[np.int32], letters: NDArray[np.uint8] | None = None) -> Expectation:
        """`positions` and `letters`, shape (pauli_words, weight), as the class says; without letters, Z words."""
        positions = np.ascontiguousarray(positions, np.int32)
        letters = np.where(positions >= 0, 3, 0) if letters is None else letters
        if positions.shape[1] == 0:  # a table of no columns would not tell how many Pauli words there are
            positions, letters = np.full((len(positions), 1), -1, np.int32), np.zeros((len(positions), 1), np.uint8)
        return cls(positions.tobytes(), np.ascontiguousarray(letters, np.uint8).tobytes(), int(positions.shape[1]))

    @property
    def positions(self) -> NDArray[np.int32]:
        """Touched positions, shape (pauli_words, weight), padded with -1."""
        return np.frombuffer(self.position_bytes, np.int32).reshape(-1, self.weight)

    @property
    def letters(self) -> NDArray[np.uint8]:
        """Letters at `positions`, shape (pauli_words, weight), padded with 0."""
        return np.frombuffer(self.letter_bytes, np.uint8).reshape(-1, self.weight)

    @property
    def count(self) -> int:
        """Number of Pauli words."""
        return len(self.letter_bytes) // self.weight


@record
class GivenPauliWords:
    """Expectations of `count` Z words that come with the call, an array of 0 and 1 of shape (count, n).

    samples: None asks for exact values; a number allows unbiased estimates from that many independent draws, the same
    draws for all Pauli words. Needs a key.

    The answer has shape (2, count): the means of the draws and the means of their squares. From draws q_1 ... q_s with
    these, (mean^2 - mean of squares / s) s / (s - 1) is an unbiased estimate of the squared expectation. An exact
    method answers with the expectation and its square, as if every draw gave the same.

    weight: how many ones a Pauli word has on average, where this is known beforehand: work is laid out for it, and is
        least where Pauli words of as many ones stand together. Answers depend on neither.
    """

    count: int
    samples: int | None = None
    weight: float | None = None


@record
class Marginals:
    """Reduced states of regions (tuples of visible positions): density matrices of shape (2^k, 2^k).

    With `bits`, only the joint distributions of the bits of each region, each of shape (2^k,), first position most
    significant.

    The answer is a tuple, one array a region. Where all regions are of one size, it may be one array with a first axis
    of regions instead, which reads the same and takes no time to compile for each region.
    """

    regions: tuple[tuple[int, ...], ...]
    bits: bool = False


@record
class Samples:
    """Strings drawn from p, shape (shots, n)."""

    shots: int


@record
class State:
    """The density matrix of the visible register, shape (2^n, 2^n)."""


@record
class Elements:
    """For every value of the last `labels` qubits that are read out, the state of the others that comes with it.

    The answer has shape (2^labels, V), amplitudes, where these states are pure whatever the value, which the circuit
    tells; else (2^labels, V, V), density matrices. They are not normalised: squared norms and traces are the
    probabilities of the values.
    """

    labels: int


@record
class Success:
    """The probability of the outcomes that a program requires (`postselect`), a scalar; asked of such programs only."""


@record
class Numbers:
    """The numbers that the program's outputs hand out, for each label: a pair of arrays.

    These are the weights of the labels, shape (labels,), which add up to 1, and their numbers, shape (labels, numbers),
    in order of declaration. Values of `latent` inputs come first, each with all kept outcomes, the first measured most
    significant. A label whose probability is nothing but rounding has weight 0, and its
    numbers are NaN.

    shots: None asks for exact means and probabilities; a number, for such as so many draws of each show. Needs a key.
    """

    shots: int | None = None
    updates: bool = False  # whether the numbers that `again` sets `condition` inputs to come after these


Query = (
    Probabilities
    | LogProb
    | GivenStrings
    | GivenOutcomes
    | GivenBases
    | Expectation
    | GivenPauliWords
    | Marginals
    | Samples
    | State
    | Elements
    | Success
    | Numbers
)


def is_of_strings(query: Query) -> bool:
    """Whether likelihoods of strings are asked for, in whatever bases."""
    return isinstance(query, LogProb | GivenStrings | GivenOutcomes)


def reads_only_bits(query: Query) -> bool:
    """Whether the answer depends on the diagonal of the visible density matrix only."""
    match query:
        case Expectation():
            return bool(np.isin(query.letters, (0, 3)).all())
        case Marginals():
            return query.bits
        case State() | Elements():
            return False
        case _:
            return True


def support(query: Query, width: int) -> frozenset[int]:
    """Positions of the visible qubits that the answer depends on, of `width` in all."""
    match query:
        case Expectation():
            return frozenset(np.unique(query.positions[query.positions >= 0]).tolist())
        case Marginals(regions):
            return frozenset(place for region in regions for place in region)
        case Success():
            return frozenset()
        case _:
            return frozenset(range(width))


def restricted(query: Query, positions: tuple[int, ...]) -> Query:
    """The same question put to the visible qubits at `positions` alone, which are ascending and hold its support."""
    match query:
        case Expectation():
            numbers = np.where(query.positions < 0, -1, np.searchsorted(positions, query.positions))
            return Expectation.sparse(numbers.astype(np.int32), query.letters)
        case Marginals(regions, bits):
            new = {place: k for k, place in enumerate(positions)}
            return Marginals(tuple(tuple(new[place] for place in region) for region in regions), bits)
        case _:
            return query
