"""Answers by boundary contraction over the columns of a circuit network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.kernels.arrays import barrier
from qgl.kernels.boundary.columns import AnyAcross, Boundary, ColumnContraction, normalised
from qgl.kernels.boundary.pauli_words import given_pauli_words, pauli_word_answers
from qgl.kernels.boundary.samples import samples
from qgl.kernels.devices.mesh import shared
from qgl.kernels.network.tensors import tensor_tables
from qgl.kernels.rounding import LogLikelihood
from qgl.kernels.runner import GivenArrays, given, needed
from qgl.plan.boundary.costs import rows_at_once
from qgl.plan.boundary.method import BoundaryProgram
from qgl.plan.boundary.paths import path_of
from qgl.plan.network.columns import Columns
from qgl.query import Expectation, GivenPauliWords, GivenStrings, LogProb, Marginals, Query, Samples


class BoundaryRunner:
    """Tensors are computed once for all queries of a call; Pauli words of all queries share a boundary contraction."""

    def __init__(self, program: BoundaryProgram) -> None:
        self.program = program

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        made: dict[int, list[jax.Array]] = {}

        def tables(query: Query) -> tuple[Columns, list[jax.Array]]:
            columns = self.program.columns(query)
            network = columns.network
            if id(network) not in made:
                made[id(network)] = tensor_tables(network, inputs)
            return columns, made[id(network)]

        pauli_words = [query for query in queries if isinstance(query, Expectation | Marginals)]
        answers: dict[Query, Any] = pauli_word_answers(*tables(pauli_words[0]), pauli_words) if pauli_words else {}
        for query, array in queries.items():
            match query:
                case LogProb():
                    strings = partial(log_prob, *tables(query), dtype=inputs.dtype)
                    rows = barrier(jnp.asarray(query.rows))  # XLA folds large constants slowly
                    answers[query] = shared(strings, rows)
                case GivenStrings():
                    strings = partial(log_prob, *tables(query), dtype=inputs.dtype)
                    answers[query] = shared(strings, given(array, query))
                case GivenPauliWords():
                    values = shared(partial(given_pauli_words, *tables(query)), given(array, query))
                    answers[query] = jnp.stack([values, values**2])
                case Samples(shots):
                    answers[query] = samples(*tables(query), needed(key, "samples"), shots)
        return answers


def log_prob(columns: Columns, tables: Sequence[jax.Array], rows: jax.Array, dtype: Any) -> LogLikelihood:
    """log p of strings of 0 and 1, shape (batch, n).

    Where paths cancel, a column leaves little of the boundary. What leaves half of the digits or more has many of its
    own, so that long strings, which are all unlikely, are in no doubt.
    """
    real = columns.network.algebra == "pauli_transfer"
    at_once = rows_at_once(columns, len(rows), tables[0].dtype.itemsize)
    contraction = ColumnContraction(
        columns, [path_of(column, at_once, narrow=real) for column in columns.classes], tables, padded=True
    )
    kind, width = tables[0].dtype, rows.shape[1]
    last = len(columns.order) - 1
    qubits = np.stack([columns.order[np.minimum(columns.starts + k, last)] for k in range(max(columns.widths))])
    half = np.finfo(np.dtype(dtype)).nmant // 2

    def step(
        across: AnyAcross, carry: tuple[Boundary, jax.Array], bits: jax.Array, _other: Any
    ) -> tuple[tuple[Boundary, jax.Array], None]:
        left, doubtful = carry
        caps = jnp.stack([jnp.full_like(bits, 0.5), 0.5 - bits] if real else [1 - bits, bits], axis=-1)
        right = normalised(Boundary(across(left.values, caps), left.exponents))
        return (right, doubtful | (right.exponents - left.exponents < -half)), None

    def contracted(rows: jax.Array) -> LogLikelihood:
        bits = rows.T[qubits.T].transpose(0, 2, 1).astype(kind)  # (columns, strings, qubits of a column)
        start = contraction.start(len(rows), kind), jnp.zeros(len(rows), bool)
        end, doubtful = contraction.scan(step, start, bits)[0]
        value = end.values[:, 0]
        p = value.real if real else jnp.square(value.real) + jnp.square(value.imag)
        powers = (end.exponents * (1 if real else 2)).astype(dtype)
        return LogLikelihood.of(p, width, powers * math.log(2), of_amplitudes=not real)._replace(
            doubtful=doubtful & (p > 0)
        )

    if at_once == len(rows):
        return contracted(rows)
    batches = -(-len(rows) // at_once)
    padded = jnp.pad(rows, ((0, batches * at_once - len(rows)), (0, 0))).reshape(batches, at_once, -1)
    logs: LogLikelihood = jax.lax.map(jax.checkpoint(contracted), padded)
    return LogLikelihood(*(values.reshape(-1)[: len(rows)] for values in logs))
