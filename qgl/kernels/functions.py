"""Real functions whose derivatives stay finite at the ends of their domains, entry by entry of arrays of any shape.

The strength of a channel enters through sqrt(p) and asin(sqrt(p)). Where a trained probability has come to 0 or 1 to
machine precision, an infinite derivative times the zero one of the sigmoid would be no number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

SLACK = 8  # in units of rounding: how far outside of its domain an argument may lie and still be taken as its end


def _eps(x: jax.Array) -> float:
    return float(np.finfo(x.dtype).eps)


@jax.custom_jvp
def sqrt(x: jax.Array) -> jax.Array:
    """The square root, of the same shape; 0 of what is negative by rounding only."""
    return jnp.sqrt(jnp.where((x < 0) & (x > -SLACK * _eps(x)), 0, x))


@sqrt.defjvp
def _sqrt_jvp(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    root = sqrt(primals[0])
    return root, tangents[0] * 0.5 / jnp.maximum(root, float(np.finfo(root.dtype).tiny) ** 0.5)


def _inside(x: jax.Array) -> jax.Array:
    """Arguments a rounding error outside of [-1, 1] put back; others stay, and give no number."""
    limit = 1 + SLACK * _eps(x)
    return jnp.where(jnp.abs(x) <= limit, jnp.clip(x, -1, 1), x)


@jax.custom_jvp
def asin(x: jax.Array) -> jax.Array:
    """The inverse sine in radians, of the same shape."""
    return jnp.arcsin(_inside(x))


@asin.defjvp
def _asin_jvp(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    (x,) = primals
    return asin(x), tangents[0] / jnp.sqrt(jnp.maximum((1 - x) * (1 + x), _eps(x)))


def acos(x: jax.Array) -> jax.Array:
    """The inverse cosine in radians, of the same shape."""
    return np.pi / 2 - asin(x)


@jax.custom_jvp
def power(x: jax.Array, y: jax.Array) -> jax.Array:
    """x to the power y, entry by entry, of one shape; of what is negative by rounding only, 0 to the power y where y is
    not whole.
    """
    rounding = (x < 0) & (x > -SLACK * _eps(x)) & (y != jnp.round(y))
    return jnp.power(jnp.where(rounding, 0, x), y)


def _power_jvp(primals: tuple[jax.Array, ...], tangents: tuple[Any, ...]) -> tuple[jax.Array, jax.Array]:
    """The derivative of a root at 0 is large and finite, as that of `sqrt`.

    By the exponent there is none at a negative base. It is not asked for where the exponent is constant.
    """
    (x, y), (of_x, of_y) = primals, tangents
    result = power(x, y)
    tiny = float(np.finfo(result.dtype).tiny)
    change = jnp.zeros_like(result)
    if not isinstance(of_x, SymbolicZero):
        change += of_x * y * jnp.power(jnp.where((jnp.abs(x) < tiny) & (y < 1), tiny, x), y - 1)
    if not isinstance(of_y, SymbolicZero):
        change += of_y * result * jnp.log(jnp.where(jnp.abs(x) < tiny, tiny, x))
    return result, change


power.defjvp(_power_jvp, symbolic_zeros=True)


def atan2(y: jax.Array, x: jax.Array) -> jax.Array:
    """The angle of the points (x, y) in radians, of the same shape; 0 of the origin, with a gradient of zero."""
    none = (x == 0) & (y == 0)
    return jnp.where(none, 0, jnp.arctan2(y, jnp.where(none, 1, x)))


def choose(number: jax.Array, *values: jax.Array) -> jax.Array:
    """The value of that number, from 0, entry by entry, all of one shape; of any other number none, which is NaN.

    A number that was moved a little, to see what rounding makes of it, is what it was.
    """
    picked = jnp.stack([jnp.broadcast_to(value, number.shape) for value in values])
    place = jnp.clip(jnp.round(number), 0, len(values) - 1).astype(int)
    meant = jnp.take_along_axis(picked, place[None], axis=0)[0]
    return jnp.where(jnp.abs(number - place) < 2**-8, meant, jnp.nan)


FUNCTIONS: Mapping[str, Callable[..., jax.Array]] = {
    "multiply": jnp.multiply,
    "reciprocal": jnp.reciprocal,
    "power": power,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": jnp.tan,
    "asin": asin,
    "acos": acos,
    "atan": jnp.arctan,
    "atan2": atan2,
    "exp": jnp.exp,
    "log": jnp.log,
    "sqrt": sqrt,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "abs": jnp.abs,
    "clip": jnp.clip,
    "choose": choose,
}


class Numbers:
    """`jax.numpy` with the square root of this module, for the Kraus operators of channels."""

    sqrt = staticmethod(sqrt)

    def __getattr__(self, name: str) -> Any:
        return getattr(jnp, name)
