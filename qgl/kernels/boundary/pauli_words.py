"""Expectations by boundary contraction over the columns of a network in Pauli-transfer form.

Legs carry the components of Pauli letters: a cap is (1, 0, 0, 0) where a qubit is traced out and the unit vector of a
letter where a Pauli word has it. Only I and Z are kept on the legs where nothing but bits is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.kernels.arrays import take
from qgl.kernels.boundary.columns import outside
from qgl.kernels.boundary.crossing import Boundary, scaled
from qgl.kernels.boundary.stretches import both_ways, crossed, forward
from qgl.kernels.final_state import from_pauli_words_of
from qgl.plan.boundary.paths import path_of
from qgl.plan.boundary.windows import joined, windows
from qgl.plan.network.columns import Columns
from qgl.plan.network.pauli_words import pauli_words_of
from qgl.query import Expectation, Query, reads_only_bits


def pauli_word_answers(columns: Columns, tables: Sequence[jax.Array], queries: Sequence[Query]) -> dict[Query, Any]:
    """Answers to `Expectation` and `Marginals`, all Pauli words of them in one boundary contraction.

    tables: those of `tensor_tables`. Shapes of answers are those that the queries say.
    """
    values = expectation(columns, tables, joined(queries))
    counts = [pauli_words_of(query).count for query in queries]
    parts = {
        query: values[end - count : end] for query, count, end in zip(queries, counts, accumulate(counts), strict=True)
    }
    return {query: from_pauli_words_of(query, part) for query, part in parts.items()}


def expectation(columns: Columns, tables: Sequence[jax.Array], pauli_words: Expectation) -> jax.Array:
    """<P> of every Pauli word, shape (pauli_words,).

    Row 0 of the boundary has all qubits to its left traced out; where a Pauli word begins, its row starts from there.
    What a word gives is divided by the trace, that of row 0 at the word's end: it is 1 but for rounding, which adds up
    along the columns to some 2e-8 a site in single precision.
    """
    narrow = reads_only_bits(pauli_words)
    table = windows(pauli_words, columns.order)
    rows, dtype = table.count + 1, tables[0].dtype
    to_right, to_left = both_ways(columns, tables, rows, narrow)
    rights = crossed(to_left, outside(1, dtype), _traced, keep=True, backward=True)
    first = np.zeros((len(columns.order), 1))
    letters = np.hstack([first, table.letters]).astype(np.uint8)
    begins = np.hstack([first, table.starts]).astype(bool)
    caps = partial(_units, np.array([0, 3] if narrow else [0, 1, 2, 3], np.uint8), dtype)
    lefts = crossed(to_right, outside(rows, dtype), caps, jnp.asarray(letters), jnp.asarray(begins), keep=True)
    totals, exponents = [], []
    for before, end, right in zip(lefts.before, lefts.after, rights.before, strict=True):
        after = _after(before, end)
        values = [jnp.sum(one.values * other.values, axis=2) for one, other in zip(after, right, strict=True)]
        totals.append(_in_order(values))
        exponents.append(_in_order([one.exponents + other.exponents for one, other in zip(after, right, strict=True)]))
    at, traced = (table.ends, table.rows + 1), (table.ends, np.zeros_like(table.rows))
    of_all, powers = jnp.concatenate(totals), jnp.concatenate(exponents)
    return scaled(take(of_all, at) / take(of_all, traced), take(powers, at) - take(powers, traced))


def _traced(_: Any) -> None:
    """The caps of columns that are traced out."""


def _units(components: NDArray[np.uint8], dtype: Any, letters: jax.Array) -> jax.Array:
    """Of letters (rows,) the caps (rows, 1, leg): the unit vectors of their components."""
    return (letters[:, None, None] == components).astype(dtype)


def _after(before: Sequence[Boundary], end: Boundary) -> list[Boundary]:
    """The boundaries after each column of a stretch, from those before it and the one behind it."""

    def shifted(first: jax.Array, end: jax.Array) -> jax.Array:
        return jnp.concatenate([first[1:], end[None]]) if len(first) > 1 else end[None]

    return [*before[1:], jax.tree.map(shifted, before[0], end)]


def _in_order(places: Sequence[jax.Array]) -> jax.Array:
    """What the columns of a stretch have, shapes (rounds, rows), column after column: (columns, rows)."""
    return places[0] if len(places) == 1 else jnp.stack(places, axis=1).reshape(-1, *places[0].shape[1:])


def given_pauli_words(columns: Columns, tables: Sequence[jax.Array], pauli_words: jax.Array) -> jax.Array:
    """<Z_w> of Pauli words given as rows of 0 and 1, shape (pauli_words, n).

    Row 0 of the boundary is the word without letters, whose trace each value is divided by, as in `expectation`. The
    whole chain is crossed, so that a rounding a site is left.
    """
    with_trace = jnp.pad(pauli_words, ((1, 0), (0, 0)))
    paths = [path_of(column, len(with_trace), narrow=True) for column in columns.classes]
    dtype = tables[0].dtype
    caps = partial(_units, np.array([0, 1], np.uint8), dtype)
    start = outside(len(with_trace), dtype)
    end = crossed(forward(columns, tables, paths), start, caps, with_trace.T[columns.order]).end.boundary
    return scaled(end.values[1:, 0] / end.values[0, 0], end.exponents[1:] - end.exponents[0])
