"""Cosines of angles in turns, and their means.

XLA's cosine takes a processor ten times as long as a polynomial, as it goes number by number, and XLA makes it anew for
each sum that it is in. In turns an angle is brought next to 0 without rounding, which is what is dear otherwise.
"""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Array = jax.Array

_TERMS = {4: 7, 8: 12}  # of both series, by the bytes of a number: what is left out is below what rounding makes


def cosines_and_sines(turns: Array) -> tuple[Array, Array]:
    """cos(2 pi t) and sin(2 pi t) of numbers t, of the same shape, to a few units in the last place of 1."""
    real = turns.dtype.type
    rest = lax.sub(turns, lax.round(turns, lax.RoundingMethod.TO_NEAREST_EVEN))
    half = lax.mul(rest, real(np.pi))  # half the angle, between -pi / 2 and pi / 2
    square = lax.mul(half, half)
    terms = _TERMS[turns.dtype.itemsize]
    sine = lax.mul(half, _series([(-1) ** k / math.factorial(2 * k + 1) for k in range(terms)], square))
    cosine = _series([(-1) ** k / math.factorial(2 * k) for k in range(terms + 1)], square)
    return lax.mul(cosine - sine, cosine + sine), lax.mul(lax.mul(sine, real(2)), cosine)


def _series(coefficients: list[float], argument: Array) -> Array:
    """The polynomial of these coefficients, that of the least power first."""
    real = argument.dtype.type
    value = lax.full_like(argument, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = lax.add(lax.mul(value, argument), real(coefficient))
    return value


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def moments(turns: Array, samples: int) -> Array:
    """Means and mean squares of the cosines of the first `samples` columns, shape (rows, columns): shape (2, rows)."""
    draws = cosines_and_sines(turns)[0]
    share = _shares(turns, samples)
    sums = [lax.dot(each, share, precision=lax.Precision.HIGHEST) for each in (draws, lax.mul(draws, draws))]
    return jnp.stack(sums)


def _shares(turns: Array, samples: int) -> Array:
    """What each column counts, shape (columns,)."""
    counts = lax.lt(lax.iota(jnp.int32, turns.shape[1]), np.int32(samples))
    return lax.mul(lax.convert_element_type(counts, turns.dtype), turns.dtype.type(1 / samples))


def _forward(turns: Array, samples: int) -> tuple[Array, Array]:
    return moments(turns, samples), turns


def _backward(samples: int, turns: Array, cotangents: Array) -> tuple[Array]:
    cosine, sine = cosines_and_sines(turns)
    of_means, of_squares = (lax.broadcast_in_dim(cotangents[k], turns.shape, (0,)) for k in (0, 1))
    change = lax.mul(lax.add(of_means, lax.mul(lax.mul(cosine, turns.dtype.type(2)), of_squares)), sine)
    shares = lax.broadcast_in_dim(_shares(turns, samples) * (-2 * np.pi), turns.shape, (1,))
    return (lax.mul(change, shares),)


moments.defvjp(_forward, _backward)
