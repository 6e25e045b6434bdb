"""Answers by boundary contraction over the columns of a circuit network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.kernels.arrays import barrier
from qgl.kernels.boundary.columns import outside
from qgl.kernels.boundary.pauli_words import given_pauli_words, pauli_word_answers
from qgl.kernels.boundary.samples import samples
from qgl.kernels.boundary.stretches import crossed, forward
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
    paths = [path_of(column, at_once, narrow=real) for column in columns.classes]
    stretches = forward(columns, tables, paths)
    kind, width = tables[0].dtype, rows.shape[1]
    last = len(columns.order) - 1
    qubits = np.stack([columns.order[np.minimum(columns.starts + k, last)] for k in range(max(columns.widths))])
    half = np.finfo(np.dtype(dtype)).nmant // 2

    def contracted(rows: jax.Array) -> LogLikelihood:
        bits = rows.T[qubits.T].transpose(0, 2, 1)  # (columns, strings, qubits of a column)
        end, least = crossed(stretches, outside(len(rows), kind), partial(_caps, kind), bits).end
        value = end.values[:, 0]
        p = value.real if real else jnp.square(value.real) + jnp.square(value.imag)
        powers = (end.exponents * (1 if real else 2)).astype(dtype)
        return LogLikelihood.of(p, width, powers * math.log(2), of_amplitudes=not real)._replace(
            doubtful=(least < -half) & (p > 0)
        )

    if at_once == len(rows):
        return contracted(rows)
    batches = -(-len(rows) // at_once)
    padded = jnp.pad(rows, ((0, batches * at_once - len(rows)), (0, 0))).reshape(batches, at_once, -1)
    logs: LogLikelihood = jax.lax.map(jax.checkpoint(contracted), padded)
    return LogLikelihood(*(values.reshape(-1)[: len(rows)] for values in logs))


def _caps(kind: Any, bits: jax.Array) -> jax.Array:
    """Of bits (rows, legs) the caps (rows, legs, 2): amplitudes, or components I and Z of projectors on the bits."""
    bits = bits[:, :, None]
    first = lax.broadcasted_iota(bits.dtype, (1, 1, 2), 2) == 0
    if jnp.issubdtype(kind, jnp.complexfloating):
        return jnp.where(first, 1 - bits.astype(kind), bits.astype(kind))
    return jnp.where(first, 0.5, 0.5 - bits.astype(kind))
