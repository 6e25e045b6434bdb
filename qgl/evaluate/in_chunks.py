"""Questions about many strings, in chunks of one size: memory is bounded, and one compiled program serves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import indices
from qgl.check.settings.fit import EXACT_WIDTH
from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import TooLarge
from qgl.evaluate.distributions import log_of
from qgl.kernels.final_state import sample as drawn_from
from qgl.model import Model
from qgl.parameters import Params
from qgl.query import GivenStrings, LogProb, Probabilities, Query, Samples, most_of_remainder

_BITS = 2**18  # of the strings whose likelihoods are asked at once
_DRAWN_BITS = 2**22  # of those drawn at once
_MIXED_BITS = 2**26  # and of those that all elements of a mixture draw, each string being of one of them
_MOST_DRAWN = 2**18


def log_prob(
    model: Model,
    params: Params,
    rows: NDArray[np.uint8],
    condition: Any = None,
    p: NDArray[np.floating[Any]] | None = None,
) -> NDArray[np.float64]:
    """log p of strings, shape (count, n), as `model.log_prob`, however many there are. Shape (count,).

    p: the probabilities of all strings, if they are known already, shape (2^n,).

    Raises:
        QglError: QGL0810, not even one string fits into memory.
    """
    if model.width > EXACT_WIDTH:
        return _one_by_one(model, params, rows, condition)
    try:
        p = np.asarray(model.probabilities(params, condition)) if p is None else p
    except QglError as refused:
        if not all(isinstance(fault, TooLarge) for fault in refused.diagnostics):
            raise
        return _one_by_one(model, params, rows, condition)
    logs = log_of(np.maximum(p[indices(rows)].astype(np.float64), 0.0))
    doubtful = logs < most_of_remainder(p.dtype, of_amplitudes=False)
    if doubtful.any():
        logs[doubtful] = _one_by_one(model, params, rows[doubtful], condition)
    return logs


def _one_by_one(model: Model, params: Params, rows: NDArray[np.uint8], condition: Any) -> NDArray[np.float64]:
    """`log_prob` by one compiled program for all chunks of strings."""
    chunk = _fitting(model, GivenStrings, _chunk(model, len(rows)))
    answers = []
    for start in range(0, len(rows), chunk):
        part = rows[start : start + chunk]
        filled = np.concatenate([part, np.repeat(part[:1], chunk - len(part), axis=0)])
        answers.append(np.asarray(model.log_prob(params, filled, condition), dtype=np.float64)[: len(part)])
    return np.concatenate(answers)


def _chunk(model: Model, rows: int) -> int:
    return min(rows, max(1, _BITS // model.width))


def log_prob_in_bases(
    model: Model, params: Params, rows: NDArray[np.uint8], bases: NDArray[np.uint8], condition: Any = None
) -> NDArray[np.float64]:
    """log p of bits in Pauli bases of their own, both of shape (count, n), however many there are. Shape (count,)."""
    chunk = min(len(rows), max(1, _BITS // model.width))
    filled = np.arange(-(-len(rows) // chunk) * chunk) % len(rows)
    parts = (model.log_prob(params, rows[some], condition, bases=bases[some]) for some in filled.reshape(-1, chunk))
    return np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])[: len(rows)]


def sample_in_bases(
    model: Model, params: Params, bases: NDArray[np.uint8], seed: int, condition: Any = None
) -> NDArray[np.uint8]:
    """A string for each row of bases, shape (count, n); the same for the same seed and bases."""
    key = jax.random.key(seed, impl="threefry2x32")
    chunk = min(len(bases), max(1, _BITS // model.width))
    filled = np.arange(-(-len(bases) // chunk) * chunk) % len(bases)
    parts = (
        model.sample(params, jax.random.fold_in(key, k), chunk, condition, bases=bases[some])
        for k, some in enumerate(filled.reshape(-1, chunk))
    )
    return np.concatenate([np.asarray(part, dtype=np.uint8) for part in parts])[: len(bases)]


def sample(model: Model, params: Params, number: int, seed: int, condition: Any = None) -> NDArray[np.uint8]:
    """`number` strings, shape (number, n); the same for the same seed and number.

    Where all probabilities cost less than running the circuit for each chunk, they are computed once and drawn from.

    Raises:
        QglError: QGL0810, not even one string fits into memory.
    """
    key = jax.random.key(seed, impl="threefry2x32")
    chunk = _fitting(model, Samples, _most_at_once(model, number))
    chunks = -(-number // chunk)
    keys = (jax.random.fold_in(key, k) for k in range(chunks))
    if _drawn_from_all(model, chunk, chunks):
        draw, p = jax.jit(partial(drawn_from, shots=chunk)), model.probabilities(params, condition)
        parts = [np.asarray(draw(p, own), dtype=np.uint8) for own in keys]
    else:
        parts = [np.asarray(model.sample(params, own, chunk, condition), dtype=np.uint8) for own in keys]
    return np.concatenate(parts)[:number]


def _drawn_from_all(model: Model, chunk: int, chunks: int) -> bool:
    """Whether all probabilities, held once, take less than `chunks` times as long as so many samples."""
    if chunks == 1 or model.width > EXACT_WIDTH:
        return False
    try:
        model.plan(Probabilities())
    except QglError:
        return False
    return _seconds(model, Probabilities()) < chunks * _seconds(model, Samples(chunk))


def sampling_seconds(model: Model, number: int) -> float:
    """What the planner expects of `sample`, once it is compiled; 0 where so many at once are refused."""
    chunk = _most_at_once(model, number)
    chunks = -(-number // chunk)
    if _drawn_from_all(model, chunk, chunks):
        return _seconds(model, Probabilities())
    return chunks * _seconds(model, Samples(chunk))


def as_put(model: Model, query: Query) -> Query:
    """What `log_prob` and `sample` put to a model in place of a question about many strings, where they put strings.

    Raises:
        QglError: QGL0810, not even one string fits into memory.
    """
    match query:
        case LogProb():
            return GivenStrings(_fitting(model, GivenStrings, _chunk(model, len(query.rows))))
        case Samples(shots):
            return Samples(_fitting(model, Samples, _most_at_once(model, shots)))
        case _:
            return query


def _seconds(model: Model, query: Query) -> float:
    """What the planner expects of a question, once it is compiled; 0 where it is refused."""
    rows = [row for share in model.readings.shares((query,)) for row in share.weigh().rows if row.chosen]
    return sum(row.candidates[0].cost.seconds for row in rows) * len(model.parameters.weights)


def _most_at_once(model: Model, number: int) -> int:
    of_all = model.width * len(model.parameters.weights)  # bits that the elements of a mixture draw for one string
    return min(number, _MOST_DRAWN, max(1, _DRAWN_BITS // model.width), max(1, _MIXED_BITS // of_all))


def _fitting(model: Model, query: Callable[[int], Query], count: int) -> int:
    """`count`, halved until the question fits into memory.

    Raises:
        QglError: it does not even for one string.
    """
    try:
        model.plan(query(count))
    except QglError:
        if count == 1:
            raise
        model.plan(query(1))
        return _fitting(model, query, count // 2)
    return count
