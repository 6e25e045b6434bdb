"""The Pauli words whose expectations answer a query, for methods that have nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qgl.query import Expectation, Marginals, Query


def pauli_words_of(query: Query) -> Expectation:
    """The Pauli words that answer a query: of a region all Pauli words on it, or all Z words where only bits are asked
    for.
    """
    match query:
        case Expectation():
            return query
        case Marginals(regions, bits):
            return _region_pauli_words(regions, bits)
    raise TypeError(f"{type(query).__name__} is not answered by Pauli words")


def _region_pauli_words(regions: Sequence[tuple[int, ...]], bits: bool) -> Expectation:
    longest = max(map(len, regions))
    base, choices = (2, np.array([0, 3])) if bits else (4, np.arange(4))
    positions, letters = [], []
    for region in regions:
        count = len(region)
        digits = np.arange(base**count)[:, None] // base ** np.arange(count - 1, -1, -1) % base
        chosen = np.pad(choices[digits], ((0, 0), (0, longest - count)))
        where = np.pad(np.array(region, np.int32), (0, longest - count))
        positions.append(np.where(chosen > 0, where, -1))
        letters.append(chosen)
    return Expectation.sparse(np.concatenate(positions).astype(np.int32), np.concatenate(letters).astype(np.uint8))
