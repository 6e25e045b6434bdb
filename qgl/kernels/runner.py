"""What a method offers once it is lowered: answers as pure functions of the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import jax

from qgl.query import Query

GivenArrays = Mapping[Query, jax.Array | None]  # queries, each with the array that comes with the call


class Runner(Protocol):
    """Made from a `qgl.plan.model.Lowered`."""

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        """Answers, shaped as the queries say, but likelihoods as `qgl.kernels.rounding.LogLikelihood`.

        Pure: traced, differentiated and mapped over `inputs`.

        inputs: shape (plan.inputs,), float32 or float64, which is the precision of the answers.
        queries: the queries, each with the array that comes with the call, or None.
        key: for queries that draw random numbers.
        """
        ...


def needed(key: jax.Array | None, what: str) -> jax.Array:
    """The key of random numbers, shape ().

    Raises:
        ValueError: there is none.
    """
    if key is None:
        raise ValueError(f"{what} need a key")
    return key


def given(array: jax.Array | None, query: Query) -> jax.Array:
    """The array that comes with a query, shape (batch, n).

    Raises:
        ValueError: there is none.
    """
    if array is None:
        raise ValueError(f"{type(query).__name__} needs an array with the call")
    return array
