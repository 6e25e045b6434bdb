"""Answers of a mixture of circuits, from those of its elements.

An element is a value of the `latent` inputs; `inputs` has shape (elements, inputs), weights (elements,), adding up to
1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from qgl.query import Elements, GivenPauliWords, GivenStrings, LogProb, Query, Samples

CIRCUITS = 8  # elements of a mixture, conditions, or measurements in bases of their own, that run at the same time


def together(*counts: int) -> int:
    """Circuits that run at the same time where each of so many conditions, say, is a mixture of so many elements."""
    return math.prod(min(CIRCUITS, count) for count in counts)


Ask = Callable[[jax.Array, jax.Array | None], dict[Query, Any]]


def mixed(
    ask: Ask, inputs: jax.Array, weights: jax.Array, queries: Sequence[Query], key: jax.Array | None
) -> dict[Query, Any]:
    """Answers to `queries`, of the shapes that these say, of the mixture of circuits that the rows of `inputs` make.

    ask: the answers of one circuit, from its inputs, shape (inputs,), and a key. Elements draw independently.
    """
    numbers = jnp.arange(len(weights))
    chosen = None if key is None else jax.random.fold_in(key, 0)

    def one(pair: tuple[jax.Array, jax.Array]) -> dict[Query, Any]:
        row, number = pair
        return ask(row, None if key is None else jax.random.fold_in(key, 1 + number))

    stacked = one_by_one(one, (inputs, numbers), queries)
    return {query: _mix(query, part, weights, chosen) for query, part in stacked.items()}


def one_by_one(ask: Callable[[Any], Mapping[Query, Any]], rows: Any, queries: Sequence[Query]) -> dict[Query, Any]:
    """The answers of `ask` for each row of a pytree of arrays, stacked: shape (rows, ...)."""

    def one(row: Any) -> tuple[Any, ...]:
        answers = ask(row)
        return tuple(
            answers[query] for query in queries
        )  # JAX sorts the keys of dictionaries, and queries have no order

    count = len(jax.tree.leaves(rows)[0])
    return dict(zip(queries, jax.lax.map(one, rows, batch_size=_batch(count)), strict=True))


def _batch(count: int) -> int:
    """How many of so many rows run at the same time: all alike if may be, since a rest is compiled for itself."""
    most = together(count)
    return next((size for size in range(most, most // 2, -1) if count % size == 0), most)


def _mix(query: Query, answers: Any, weights: jax.Array, key: jax.Array | None) -> Any:
    """One query's answers of all elements, put together. All but the following are linear in the state."""
    match query:
        case LogProb() | GivenStrings():
            return jax.scipy.special.logsumexp(answers, axis=0, b=weights.astype(answers.dtype)[:, None])
        case GivenPauliWords():
            return _mix_pauli_words(answers, weights.astype(answers.dtype), query.samples)
        case Elements():
            factors = weights.astype(answers.dtype) if answers.ndim == 4 else jnp.sqrt(weights).astype(answers.dtype)
            scaled = answers * factors.reshape(-1, *[1] * (answers.ndim - 1))
            return scaled.reshape(-1, *answers.shape[2:])
        case Samples() if key is not None:
            from qgl.kernels.final_state import draw

            element = draw(weights, key, query.shots)
            return answers[element, jnp.arange(query.shots)]
        case _:
            return jax.tree.map(lambda rows: jnp.tensordot(weights.astype(rows.dtype), rows, axes=1), answers)


def _mix_pauli_words(answers: jax.Array, weights: jax.Array, samples: int | None) -> jax.Array:
    """Means, and what makes the unbiased estimate of their squares come out as `GivenPauliWords` says."""
    means, squares = answers[:, 0], answers[:, 1]
    mean = jnp.tensordot(weights, means, axes=1)
    if samples is None:
        return jnp.stack([mean, mean**2])
    unbiased = (means**2 - squares / samples) * samples / (samples - 1)
    square = mean**2 + jnp.tensordot(weights**2, unbiased - means**2, axes=1)
    return jnp.stack([mean, samples * mean**2 - (samples - 1) * square])
