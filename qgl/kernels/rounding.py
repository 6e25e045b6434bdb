"""Which probabilities rounding alone has made.

A string that a circuit cannot give gets 0 where its paths are products with a zero, and what rounding leaves of a sum
where they cancel: some 1e-15 in single precision (-33 nats), 1e-33 in double. No bound on p tells such a remainder from
a small probability: a product of many small factors may be far less, and every digit of it be right. What tells them
apart is how they answer to rounding. So the numbers that a circuit is made of are made smaller by up to `PERTURBATION`
units in the last place, each by another share: a probability that has digits hardly changes, a remainder becomes
another one.

It takes further runs of the circuit, without their gradient; they are made only if there is a string so unlikely that
it may be a remainder, until every such string has changed, or `_MOST` times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.kernels.devices.mesh import agreed
from qgl.kernels.runner import GivenArrays
from qgl.query import GivenStrings, LogProb, Query, impossible, most_of_remainder

PERTURBATION = 32.0  # units in the last place
APART = 1.0  # nats by which the log p of a remainder differs from that of the next
_MOST = 8  # runs: a remainder of a few units in the last place is near the last one by chance in one of three

_salt: ContextVar[Any] = ContextVar("salt", default=None)
_one_by_one: Callable[..., Any] = jax.custom_batching.sequential_vmap  # which is untyped


def perturbed(values: jax.Array) -> jax.Array:
    """`values`, of any shape; while a circuit is run again, each made smaller by up to `PERTURBATION` units.

    Smaller only, so that probabilities stay probabilities. A zero stays a zero.
    """
    salt = _salt.get()
    if salt is None or not values.size:
        return values
    real = np.finfo(values.dtype).dtype
    share = _shares(values.size, salt).astype(real).reshape(values.shape)
    return values * (1 - PERTURBATION * float(np.finfo(real).eps) * share)


def perturbing() -> bool:
    """Whether a circuit is run again with perturbed numbers."""
    return _salt.get() is not None


def _shares(count: int, salt: jax.Array) -> jax.Array:
    """Numbers from 0 to 1 without a pattern, shape (count,): multiplicative hashes of their places."""
    mixed = (jnp.arange(count, dtype=jnp.uint32) + salt * np.uint32(40503)) * np.uint32(2654435761)
    mixed = (mixed ^ mixed >> 16) * np.uint32(2246822519)
    return ((mixed ^ mixed >> 13) >> 8).astype(jnp.float32) / 2**24


@contextmanager
def _perturbing(salt: jax.Array) -> Iterator[None]:
    token = _salt.set(salt)
    try:
        yield
    finally:
        _salt.reset(token)


class LogLikelihood(NamedTuple):
    """log p of strings as a method finds it, shape (batch,), and whether it may be a remainder of rounding."""

    log_prob: jax.Array
    doubtful: jax.Array

    @classmethod
    def of(cls, p: jax.Array, width: int, log_scale: jax.Array | float = 0.0, *, of_amplitudes: bool) -> LogLikelihood:
        """Of the probabilities of strings of `width` bits, shape (batch,), over a scale whose logarithm is `log_scale`.

        of_amplitudes: p is the square of a sum of paths, or a sum of such squares; else it is a sum of paths itself.

        Every method makes its log p here, so that a string that cannot come costs the same whatever was scaled before
        its probability became 0; it has no gradient. A number below the normal ones has lost its digits, and is 0.
        """
        comes = p >= float(np.finfo(p.dtype).tiny)
        log_prob = jnp.where(comes, jnp.log(jnp.where(comes, p, 1.0)) + log_scale, impossible(width))
        return cls(log_prob, comes & (log_prob < most_of_remainder(p.dtype, of_amplitudes)))


def without_remainders(
    found: Mapping[Query, Any],
    queries: GivenArrays,
    answers: Callable[[Any, GivenArrays], Mapping[Query, Any]],
    known: Any,
) -> dict[Query, Any]:
    """`found`, the answers to `queries`, with log p for each `LogLikelihood`: a remainder in it is `impossible`.

    answers: those to other queries of what is `known`, a tree of arrays; it is run while numbers are perturbed.
    """

    def again(known: Any, rows: jax.Array) -> LogLikelihood:
        strings = GivenStrings(len(rows))
        result: LogLikelihood = answers(known, {strings: rows})[strings]
        return result

    answered = dict(found)
    for query, array in queries.items():
        if isinstance(query, LogProb | GivenStrings):
            rows = jnp.asarray(query.rows if isinstance(query, LogProb) else array)
            answered[query] = _without_remainders(found[query], again, known, rows)
    return answered


def _without_remainders(
    found: LogLikelihood, again: Callable[[Any, jax.Array], LogLikelihood], known: Any, rows: jax.Array
) -> jax.Array:
    """log p of `rows`, shape (batch, n), in which a remainder is told as what it is: `impossible`. Shape (batch,).

    again: the same from what is `known` and `rows`.
    """

    @jax.custom_jvp
    def remainders(*fixed: Any) -> jax.Array:
        result: jax.Array = _one_by_one(lambda *fixed: _remainders(again, *fixed))(*fixed)
        return result

    @remainders.defjvp
    def _(fixed: tuple[Any, ...], _: Any) -> tuple[jax.Array, jax.Array]:
        result = remainders(*fixed)
        return result, jnp.zeros_like(result)

    fixed = lax.stop_gradient((*found, known))
    return jnp.where(remainders(*fixed, rows) > 0, impossible(rows.shape[1]), found.log_prob)


def _remainders(
    again: Callable[[Any, jax.Array], LogLikelihood],
    log_prob: jax.Array,
    doubtful: jax.Array,
    known: Any,
    rows: jax.Array,
) -> jax.Array:
    """1 for each string whose probability is a remainder, else 0, shape (batch,)."""

    def run(state: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array, jax.Array]:
        salt, changed, _ = state
        with _perturbing(salt):
            changed = changed | (jnp.abs(again(known, rows).log_prob - log_prob) > APART)
        return salt + 1, changed, (salt < _MOST) & agreed(jnp.any(doubtful & ~changed))

    start = (jnp.asarray(1, jnp.uint32), jnp.zeros(doubtful.shape, bool), agreed(jnp.any(doubtful)))
    _, changed, _ = lax.while_loop(lambda state: state[2], run, start)
    return (doubtful & changed).astype(log_prob.dtype)
