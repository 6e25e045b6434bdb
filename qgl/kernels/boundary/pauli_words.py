"""Expectations by boundary contraction over the columns of a network in Pauli-transfer form.

Legs carry the components of Pauli letters: a cap is (1, 0, 0, 0) where a qubit is traced out and the unit vector of a
letter where a Pauli word has it. Only I and Z are kept on the legs where nothing but bits is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.kernels.boundary.columns import AnyAcross, Boundary, ColumnContraction, PerColumn, normalised, scaled, stacked
from qgl.kernels.final_state import from_pauli_words_of
from qgl.plan.boundary.paths import path_of
from qgl.plan.boundary.windows import joined, windows
from qgl.plan.network.columns import Columns
from qgl.plan.network.pauli_words import pauli_words_of
from qgl.query import Expectation, Query, reads_only_bits


def right_environments(columns: Columns, tables: Sequence[jax.Array], narrow: bool) -> PerColumn:
    """For every column the boundary after it with all that lies to the right traced out: values (1, bond), exponents
    (1,).

    narrow: legs are cut down to their components I and Z.
    """
    paths = [path_of(column, 1, narrow, backward=True) for column in columns.classes]
    contraction = ColumnContraction(columns, paths, tables)
    trace = jnp.asarray(np.eye(1, 2 if narrow else 4), tables[0].dtype)

    def step(across: AnyAcross, right: Boundary, _x: Any, _other: Any) -> tuple[Boundary, Boundary]:
        return normalised(Boundary(across(right.values, trace), right.exponents)), right

    return contraction.scan(step, contraction.start(1, tables[0].dtype), None, backward=True)[1]


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
    """
    narrow = reads_only_bits(pauli_words)
    table = windows(pauli_words, columns.order)
    rights = right_environments(columns, tables, narrow)
    paths = [path_of(column, table.count + 1, narrow) for column in columns.classes]
    contraction = ColumnContraction(columns, paths, tables)
    dtype = tables[0].dtype
    caps = np.eye(4)[:, [0, 3]] if narrow else np.eye(4)

    def step(
        across: AnyAcross, left: Boundary, x: Any, right: Boundary
    ) -> tuple[Boundary, tuple[jax.Array, jax.Array]]:
        begins, letters = x
        values = jnp.where(begins[:, None], left.values[:1], left.values)
        exponents = jnp.where(begins, left.exponents[:1], left.exponents)
        after = normalised(Boundary(across(values, jnp.asarray(caps, dtype)[letters]), exponents))
        total = jnp.einsum("bk,k->b", after.values, right.values[0], precision="highest")
        return after, (total, after.exponents + right.exponents)

    first = np.zeros((len(columns.order), 1))
    xs = (np.hstack([first, table.starts]).astype(bool), np.hstack([first, table.letters]).astype(np.int32))
    moments = contraction.scan(step, contraction.start(table.count + 1, dtype), jax.tree.map(jnp.asarray, xs), rights)[
        1
    ]
    totals, exponents = stacked(moments)
    at = table.ends, table.rows + 1
    return scaled(totals[at], exponents[at])


def given_pauli_words(columns: Columns, tables: Sequence[jax.Array], pauli_words: jax.Array) -> jax.Array:
    """<Z_w> of Pauli words given as rows of 0 and 1, shape (pauli_words, n)."""
    contraction = ColumnContraction(
        columns, [path_of(column, len(pauli_words), narrow=True) for column in columns.classes], tables, padded=True
    )
    bits = pauli_words.T[columns.order].astype(tables[0].dtype)

    def step(across: AnyAcross, left: Boundary, bits: jax.Array, _other: Any) -> tuple[Boundary, None]:
        caps = jnp.stack([1 - bits, bits], axis=-1)
        return normalised(Boundary(across(left.values, caps), left.exponents)), None

    end = contraction.scan(step, contraction.start(len(pauli_words), tables[0].dtype), bits)[0]
    return scaled(end.values[:, 0], end.exponents)
