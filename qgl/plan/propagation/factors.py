"""The Pauli words of queries as products of words whose light cones have no wire in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qgl.bits import ragged
from qgl.plan.network.pauli_words import pauli_words_of
from qgl.plan.propagation.local_steps import Letters
from qgl.plan.propagation.steps import Start, Steps
from qgl.query import Query


def factors_of(steps: Steps, queries: Sequence[Query]) -> tuple[tuple[Letters, ...], dict[Query, NDArray[np.int32]]]:
    """The distinct factors, and for each query those of each word, shape (pauli_words, most), padded with their count.

    The mean of a product over parts of the circuit that never meet is the product of the means.
    """
    asked = {query: pauli_words_of(query) for query in queries}
    positions = np.unique(np.concatenate([each.positions[each.positions >= 0] for each in asked.values()]))
    reached = dict(zip(positions.tolist(), _reached(steps, positions), strict=True))
    known: dict[Letters, int] = {}
    tables: dict[Query, list[list[int]]] = {}
    for query, each in asked.items():
        rows = tables.setdefault(query, [])
        for places, letters in zip(each.positions.tolist(), each.letters.tolist(), strict=True):
            own = [(place, letter) for place, letter in zip(places, letters, strict=True) if letter]
            pieces = _pieces(own, reached)
            factors = (tuple(sorted((steps.visible[place], letter) for place, letter in piece)) for piece in pieces)
            rows.append([known.setdefault(factor, len(known)) for factor in factors])
    return tuple(known), {query: ragged.table(rows, len(known), least=1) for query, rows in tables.items()}


def _reached(steps: Steps, positions: NDArray[np.int32]) -> NDArray[np.bool_]:
    """The wires in the light cone of each visible position, shape (positions, wires)."""
    reached = np.zeros((steps.wires, len(positions)), bool)
    reached[np.array(steps.visible)[positions], np.arange(len(positions))] = True
    for step in steps.steps:
        if len(step.wires) > 1 and not isinstance(step, Start):
            wires = list(step.wires)
            reached[wires] |= reached[wires].any(axis=0)
    return reached.T


def _pieces(letters: Sequence[tuple[int, int]], reached: dict[int, NDArray[np.bool_]]) -> list[list[tuple[int, int]]]:
    """Letters at positions, in pieces whose light cones have no wire in common."""
    pieces: list[tuple[list[tuple[int, int]], NDArray[np.bool_]]] = []
    for letter in letters:
        own, cone = [letter], reached[letter[0]]
        apart = []
        for piece, other in pieces:
            if (cone & other).any():
                own, cone = [*piece, *own], cone | other
            else:
                apart.append((piece, other))
        pieces = [*apart, (own, cone)]
    return [piece for piece, _ in pieces]
