"""Pauli words and regions as products of independent pieces.

Two visible qubits are near if their cones have a segment in common. The pieces of a Pauli word, or of a region, are
what hangs together by nearness: an expectation is the product of those of its pieces, a reduced state their tensor
product.

A letter of a Pauli word is written as one number, 4 * position + letter (1 to 3 for X, Y, Z). A qubit and how it is
seen is a *start* of cones, 2 * position + 1 if its quantum state matters, 2 * position if only its basis states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from qgl.bits import ragged
from qgl.plan.cones.wire_segments import Cone
from qgl.query import Expectation

Piece = tuple[int, ...]  # letters of a Pauli word, or starts of a region, ascending
_Columns = NDArray[np.int64]


def start_of(letter: int) -> int:
    """The start of cones that a letter of a Pauli word needs: twice its position, and one more for X and Y."""
    return letter >> 2 << 1 | (letter & 3 < 3)


def only_bits(starts: Iterable[int]) -> bool:
    """Whether of all these starts only basis states matter."""
    return not any(start & 1 for start in starts)


class Nearness:
    """Which starts depend on each other."""

    def __init__(self, cones: dict[int, Cone]) -> None:
        owners: dict[int, list[int]] = {}
        for start, cone in cones.items():
            for segment in cone.segments:
                owners.setdefault(segment, []).append(start)
        self.near: dict[int, set[int]] = {
            start: set().union(*(owners[segment] for segment in cone.segments)) for start, cone in cones.items()
        }

    def pieces(self, starts: Sequence[int]) -> list[list[int]]:
        """Indices into `starts`, which are distinct, of what hangs together; each piece in their order."""
        at = {start: k for k, start in enumerate(starts)}
        left = set(starts)
        pieces: list[list[int]] = []
        for start in starts:
            if start not in left:
                continue
            left.remove(start)
            piece, pending = [], [start]
            while pending:
                one = pending.pop()
                piece.append(at[one])
                reached = left & self.near[one]
                left -= reached
                pending.extend(reached)
            pieces.append(sorted(piece))
        return pieces

    def pairs(self) -> _Columns:
        """Keys first << 32 | second of all near pairs with first < second, ascending."""
        keys = [first << 32 | second for first, others in self.near.items() for second in others if first < second]
        return np.sort(np.array(keys, np.int64))


def letters_of(query: Expectation) -> _Columns:
    """The letters of every Pauli word, shape (pauli_words, weight), padded with -1."""
    return np.where(query.positions < 0, -1, 4 * query.positions.astype(np.int64) + query.letters)


def starts_of(letters: _Columns) -> _Columns:
    """`start_of` of every letter, of the shape of `letters`; -1 stays."""
    return np.where(letters < 0, -1, letters >> 2 << 1 | (letters & 3 < 3))


def pauli_word_pieces(query: Expectation, nearness: Nearness, number: Callable[[Piece], int]) -> NDArray[np.int32]:
    """For every Pauli word the numbers of its pieces, shape (pauli_words, most pieces), padded with -1.

    number: gives a piece its number.
    """
    letters = letters_of(query)
    if letters.shape[1] <= 2:
        return _light(letters, nearness, number)
    rows: list[list[int]] = []
    for row in letters.tolist():
        pauli_word = [letter for letter in row if letter >= 0]
        starts = [start_of(letter) for letter in pauli_word]
        rows.append([number(tuple(pauli_word[k] for k in piece)) for piece in nearness.pieces(starts)])
    return ragged.table(rows, -1, least=1)


def _light(letters: _Columns, nearness: Nearness, number: Callable[[Piece], int]) -> NDArray[np.int32]:
    """Pauli words of two letters at most, all at once."""
    first, second = letters[:, 0], letters[:, -1] if letters.shape[1] == 2 else np.full(len(letters), -1)
    starts = starts_of(letters)
    both = (first >= 0) & (second >= 0)
    keys = np.where(both, starts[:, 0] << 32 | np.abs(starts[:, -1]), -1)
    joined = both & np.isin(keys, nearness.pairs())
    codes = np.stack([np.where(joined, first << 32 | second, first), np.where(joined, -1, second)], axis=1)
    distinct, place = np.unique(codes, return_inverse=True)
    numbers = [
        -1 if code < 0 else number((code,) if code < 1 << 32 else (code >> 32, code & (1 << 32) - 1))
        for code in distinct.tolist()
    ]
    pieces: NDArray[np.int32] = np.array(numbers, np.int32)[place.reshape(codes.shape)]
    return pieces


def absorb(pieces: Iterable[Piece]) -> dict[Piece, Piece]:
    """For every piece, given by its starts, one of them that holds it and is run: itself, or a larger one.

    What is only read in the computational basis is held by such pieces only, so that these stay as small as they are.
    """
    order = sorted(set(pieces), key=lambda piece: (-len(piece), piece))
    holding: dict[int, list[Piece]] = {}
    absorbed: dict[Piece, Piece] = {}
    for piece in order:
        wanted, bits = set(piece), only_bits(piece)
        larger = (one for one in reversed(holding.get(piece[0], [])) if wanted <= set(one) and only_bits(one) == bits)
        home = next(larger, None)
        if home is None:
            for start in piece:
                holding.setdefault(start, []).append(piece)
        absorbed[piece] = home or piece
    return absorbed
