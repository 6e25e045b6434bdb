"""Rows of numbers that a model with outputs hands out: those of labels that are drawn by their weights.

A model with `again` is asked several times for a row, its `condition` inputs being set to what its outputs were. Where
no condition is given, each row begins with one that is drawn from the distribution that the program declares. Latents
that are `draws N anew` are drawn for the rows: N rows have a draw each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import NothingSucceeds
from qgl.mixture import CIRCUITS
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

    Raises:
        ValueError: a condition is missing that has no distribution of its own.
    """
    if model.program.outputs.updates or (condition is None and model.parameters.condition_width):
        return {name: rows[-1] for name, rows in iterations(model, params, number, seed, condition, shots).items()}
    return once(model, params, seed, condition, number, shots)


def once(
    model: Model, params: Params, seed: int, condition: Any = None, number: int = 1, shots: int | None = None
) -> Rows:
    """`number` rows of a model that is asked once, whatever its `again` says, under one condition if it has any."""
    key, random = jax.random.key(seed, impl="threefry2x32"), np.random.default_rng(seed)
    if not model.parameters.renews:
        return model.program.outputs.named(_of_labels(model, params, condition, number, shots, key, random))
    together, blocks = model.parameters.draws, []
    for first in range(0, number, together):
        own = jax.random.fold_in(key, first)
        drawn = model.parameters.renewed(params, own)
        blocks.append(_of_labels(model, drawn, condition, min(together, number - first), shots, own, random))
    return model.program.outputs.named(np.concatenate(blocks))


def _of_labels(
    model: Model, params: Params, condition: Any, number: int, shots: int | None, key: Any, random: np.random.Generator
) -> NDArray[Any]:
    """The numbers of `number` labels, shape (number, numbers); with latents drawn anew, of one label a draw."""
    weights, exact = map(np.asarray, model.answer(params, Numbers(), condition))
    _some(weights)
    chances = weights.astype(np.float64) / weights.sum(dtype=np.float64)
    if model.parameters.renews:
        labels = _spread(chances, number, random)
    else:
        labels = random.choice(len(weights), number, p=chances)
    if shots is None:
        return np.asarray(exact[labels])
    turn = _occurrences(labels)
    draws = _draws(model, params, int(turn.max(initial=0)) + 1, condition, shots, key)
    return np.asarray(draws[turn, labels])


def _some(weights: NDArray[np.floating[Any]]) -> None:
    """That labels have weights.

    Raises:
        QglError: QGL0923, they have none: outcomes that the program requires do not come.
    """
    if np.isnan(weights).any():
        raise QglError([NothingSucceeds(None)])


def _spread(chances: NDArray[np.float64], number: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Labels by systematic sampling, in any order: each comes by its chance.

    Labels of one draw stand side by side unless there are latent bits, so that of as many rows each is of another draw.
    """
    ends = np.cumsum(chances)
    points = ends[-1] * (np.arange(number) + random.uniform()) / number
    labels = np.minimum(np.searchsorted(ends, points, side="right"), len(chances) - 1)
    return random.permutation(labels)


def iterations(
    model: Model, params: Params, number: int, seed: int, condition: Any = None, shots: int | None = None
) -> Rows:
    """What `sample` gives, and all that came before: shape (iterations, number, *dimensions).

    Raises:
        ValueError: a condition is missing that has no distribution of its own.
    """
    outputs = model.program.outputs
    start, *keys = jax.random.split(jax.random.key(seed, impl="threefry2x32"), 1 + outputs.again)
    random = np.random.default_rng(seed)
    given = _start(model, number, start, condition)
    ask = _asker(model, Numbers(shots, updates=True))
    found = []
    for key in keys:
        weights, numbers = ask(params, given, jax.random.split(key, number))
        _some(weights)
        shown = numbers[np.arange(number), _labels(weights, random)]
        found.append(shown[:, : outputs.size])
        given = _updated(model, given, shown[:, outputs.size :])
    stacked = outputs.named(np.concatenate(found))
    return {name: rows.reshape(outputs.again, number, *rows.shape[1:]) for name, rows in stacked.items()}


def _start(model: Model, number: int, key: Any, condition: Any) -> NDArray[np.floating[Any]]:
    """The conditions that rows begin with, shape (number, condition width)."""
    if condition is None:
        return np.asarray(model.parameters.drawn_conditions(key, number))
    one = np.asarray(model.parameters.checked_condition(condition))
    return np.broadcast_to(one, (number, len(one))).copy()


def _asker(model: Model, query: Numbers) -> Callable[[Params, NDArray[Any], Any], tuple[NDArray[Any], NDArray[Any]]]:
    """Answers to `query` for each row of conditions, with a key each."""
    conditional = model.parameters.condition_width > 0

    def one(params: Params, pair: tuple[Any, Any]) -> Any:
        if model.parameters.renews:
            params = model.parameters.renewed(params, pair[1])
        return model.answer(params, query, pair[0] if conditional else None, pair[1])

    ask = jax.jit(lambda params, *rows: jax.lax.map(lambda pair: one(params, pair), rows, batch_size=CIRCUITS))

    def asked(params: Params, given: NDArray[Any], keys: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        weights, numbers = ask(params, jnp.asarray(given), keys)
        return np.asarray(weights), np.asarray(numbers)

    return asked


def _labels(weights: NDArray[np.floating[Any]], random: np.random.Generator) -> NDArray[np.int64]:
    """A label for each row, drawn by its weights, shape (rows, labels)."""
    ends = np.cumsum(weights.astype(np.float64), axis=1)
    at = random.uniform(size=len(weights)) * ends[:, -1]
    chosen: NDArray[np.int64] = np.minimum((at[:, None] >= ends).sum(axis=1), weights.shape[1] - 1)
    return chosen


def _updated(model: Model, given: NDArray[Any], numbers: NDArray[Any]) -> NDArray[Any]:
    """The conditions after those that `again` sets are set."""
    following, at = given.copy(), 0
    for update in model.program.outputs.updates:
        following[:, model.parameters.condition_columns[update.name]] = numbers[:, at : at + update.size]
        at += update.size
    return following


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
