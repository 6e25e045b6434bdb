"""Rows of numbers that a model with outputs hands out: those of labels that are drawn by their weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from qgl.model import Model
from qgl.parameters import Params
from qgl.query import Numbers

Rows = dict[str, NDArray[np.floating[Any]]]
_DRAWN = 2**22  # numbers that are drawn at once


def sample(
    model: Model, params: Params, number: int, seed: int, condition: Any = None, shots: int | None = None
) -> Rows:
    """`number` rows of each output, shape (number, *dimensions); the same for the same seed and number.

    They are those of the exact means and probabilities; with `shots`, each row has shots of its own.
    """
    key = jax.random.key(seed, impl="threefry2x32")
    weights, exact = map(np.asarray, model.answer(params, Numbers(), condition))
    labels = np.random.default_rng(seed).choice(
        len(weights), number, p=weights.astype(float) / weights.sum(dtype=float)
    )
    if shots is None:
        return model.program.outputs.named(exact[labels])
    turn = _occurrences(labels)
    draws = _draws(model, params, int(turn.max(initial=0)) + 1, condition, shots, key)
    return model.program.outputs.named(draws[turn, labels])


def _occurrences(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each has come before, shape (rows,)."""
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    turn = np.empty(len(labels), np.int64)
    turn[order] = np.arange(len(labels)) - np.repeat(starts, np.diff(np.r_[starts, len(labels)]))
    return turn


def _draws(model: Model, params: Params, count: int, condition: Any, shots: int, key: Any) -> NDArray[Any]:
    """The numbers of all labels from `count` sets of shots, shape (count, labels, numbers)."""
    query = Numbers(shots)
    ask: Callable[[Any], Any] = jax.vmap(lambda one: model.answer(params, query, condition, one)[1])
    together = min(count, max(1, _DRAWN // max(1, model.program.outputs.size * len(model.parameters.weights))))
    keys = jax.random.split(key, -(-count // together) * together)
    parts = [np.asarray(ask(keys[k : k + together])) for k in range(0, len(keys), together)]
    drawn: NDArray[Any] = np.concatenate(parts)[:count]
    return drawn
