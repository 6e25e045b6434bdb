"""Boundaries taken across columns, and the rule of their gradient.

A boundary has shape (batch, bond) and is kept near 1 by powers of two, whose exponents are summed as integers: no digit
is lost over any number of columns.

What is kept for the gradient is the boundary before each column and nothing else: JAX would keep every product in
between, each of which is a kernel to compile and memory to write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Cross = Callable[[Any, Any, jax.Array, jax.Array | None], jax.Array]
Caps = Callable[[Any], jax.Array | None]


class Boundary(NamedTuple):
    """Values, shape (rows, bond), times 2^exponent; exponents are whole numbers, shape (rows,)."""

    values: jax.Array
    exponents: jax.Array


class Passed(NamedTuple):
    """A boundary, and the least exponent that a column has added to those of each row, or 0, shape (rows,): what is
    lost where paths cancel.
    """

    boundary: Boundary
    least: jax.Array


class Data(NamedTuple):
    """What has no gradient, for the columns that a loop takes boundaries across, in shapes (repeats, columns of a
    round, ...).

    fixed   for each column of the body what its `Cross` needs beside the tensors, a tree of arrays (repeats, ...)
    caps    what caps are made of
    begins  (..., rows), the rows that go on from the boundary of the first one; None for none
    """

    fixed: tuple[Any, ...]
    caps: Any = None
    begins: jax.Array | None = None


@dataclass(frozen=True, eq=False)
class Body:
    """Columns that are compiled together.

    rounds    how often they come
    crosses   for each column values after it: cross(tensors, fixed, values, cap), shape (rows, bond)
    caps      the cap, shape (rows, legs, leg), from `Data.caps` of a column; None for the first component
    backward  from right to left
    """

    rounds: int
    crosses: tuple[Cross, ...]
    caps: Caps
    backward: bool = False

    @property
    def order(self) -> range:
        """The columns as boundaries come to them."""
        return range(len(self.crosses))[:: -1 if self.backward else 1]

    def values(self, place: int, data: Data, held: Any, values: jax.Array) -> jax.Array:
        """Values across one column, from those before it, shape (rows, bond)."""
        if data.begins is not None:
            values = jnp.where(data.begins[place][:, None], values[:1], values)
        cap = self.caps(None if data.caps is None else jax.tree.map(lambda x: x[place], data.caps))
        return self.crosses[place](held, data.fixed[place], values, cap)

    def exponents(self, place: int, data: Data, exponents: jax.Array) -> jax.Array:
        """Exponents before one column, once rows have begun, shape (rows,) as before."""
        if data.begins is None:
            return exponents
        return jnp.where(data.begins[place], exponents[:1], exponents)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def across(
    body: Body, keep: bool, held: Sequence[Any], data: Data, passed: Passed
) -> tuple[Passed, list[Boundary] | None]:
    """A boundary across the columns of a loop.

    held: for each column of the body its tensors, a tree of arrays of shape (repeats, ...).
    keep: also give, for each column of the body, the boundaries before it, shapes (repeats, rows, bond).
    """
    return _across(body, keep, held, data, passed)


def _across(
    body: Body, keep: bool, held: Sequence[Any], data: Data, passed: Passed
) -> tuple[Passed, list[Boundary] | None]:
    def one_round(passed: Passed, xs: tuple[Sequence[Any], Data]) -> tuple[Passed, list[Boundary] | None]:
        held, data = xs
        (values, exponents), least = passed
        before: list[Any] = [None] * len(held)
        for place in body.order:
            before[place] = Boundary(values, exponents)
            values = body.values(place, data, held[place], values)
            size = largest(values)
            exponent = exponent_of(size)
            # a quotient of complex numbers would take ten times the operations
            values = values * two_to(-exponent, size.dtype)[:, None].astype(values.dtype)
            exponents = body.exponents(place, data, exponents) + exponent
            least = lax.min(least, exponent)
        return Passed(Boundary(values, exponents), least), before if keep else None

    result: tuple[Passed, list[Boundary] | None] = _rounds(body, one_round, passed, (held, data), body.backward)
    return result


def _forward(body: Body, keep: bool, held: Sequence[Any], data: Data, passed: Passed) -> tuple[Any, Any]:
    after, before = _across(body, True, held, data, passed)
    return (after, before if keep else None), (held, data, before, after.boundary.exponents)


def _backward(body: Body, keep: bool, kept: Any, gradient: tuple[Passed, list[Boundary] | None]) -> tuple[Any, ...]:
    held, data, before, exponents = kept
    after, outer = gradient

    def one_round(carry: tuple[jax.Array, jax.Array], xs: Any) -> tuple[tuple[jax.Array, jax.Array], list[Any]]:
        gradient, exponents = carry
        held, data, before, outer = xs
        of_held: list[Any] = [None] * len(held)
        for place in reversed(body.order):
            started = body.exponents(place, data, before[place].exponents)
            scale = two_to(started - exponents, gradient.real.dtype)[:, None].astype(gradient.dtype)
            pull = jax.vjp(partial(body.values, place, data), held[place], before[place].values)[1]
            of_held[place], gradient = pull(gradient * scale)
            if outer is not None:
                gradient = gradient + outer[place]
            exponents = before[place].exponents
        return (gradient, exponents), of_held

    values = None if outer is None else [boundary.values for boundary in outer]
    start = (after.boundary.values, exponents)
    (first, _), of_held = _rounds(body, one_round, start, (held, data, before, values), not body.backward)
    return of_held, None, Passed(Boundary(first, None), None)  # type: ignore[arg-type]


across.defvjp(_forward, _backward)


def _rounds(body: Body, one_round: Callable[..., Any], carry: Any, xs: Any, reverse: bool) -> Any:
    """A scan, or the body itself where there is one round."""
    if body.rounds > 1:
        return lax.scan(one_round, carry, xs, length=body.rounds, reverse=reverse)
    carry, ys = one_round(carry, jax.tree.map(lambda x: x[0], xs))
    return carry, jax.tree.map(lambda y: y[None], ys)


def scaled(values: jax.Array, exponents: jax.Array) -> jax.Array:
    """`values` times 2^exponents, both of one shape, where that is not out of range."""
    return values * two_to(exponents, values.dtype)


def dense(tensor: jax.Array, _: None, values: jax.Array, cap: jax.Array | None) -> jax.Array:
    """Across one column whose matrices are `tensor`, shape (before, leg, after)."""
    assert cap is not None
    before, leg, after = tensor.shape
    cap = cap[:, 0]
    if before <= after:
        legs = (values[:, :, None] * cap[:, None, :]).reshape(len(values), -1)
        return _product(legs, tensor.reshape(before * leg, after))
    legs = _product(values, tensor.reshape(before, leg * after)).reshape(-1, leg, after)
    return jnp.sum(legs * cap[:, :, None], axis=1)


def dense_backward(tensor: jax.Array, _: None, values: jax.Array, cap: jax.Array | None) -> jax.Array:
    """The same from right to left, with the first component of the leg: (rows, after) to (rows, before)."""
    assert cap is None
    return lax.dot_general(values, tensor[:, 0], (((1,), (1,)), ((), ())), precision=lax.Precision.HIGHEST)


def _product(left: jax.Array, right: jax.Array) -> jax.Array:
    return lax.dot_general(left, right, (((1,), (0,)), ((), ())), precision=lax.Precision.HIGHEST)


def largest(values: jax.Array) -> jax.Array:
    """The largest magnitude in each row, of the real or the imaginary part, shape (rows,), without a gradient."""
    values = lax.stop_gradient(values)
    size = lax.max(lax.abs(values.real), lax.abs(values.imag)) if jnp.iscomplexobj(values) else lax.abs(values)
    return lax.reduce_max(size, (1,)) if values.shape[1] else jnp.ones(len(values))


def exponent_of(numbers: jax.Array) -> jax.Array:
    """Exponents of the largest powers of two that are not above positive numbers, int32, of their shape; 0 for those
    near 0. None is so large that the inverse of the power would lose digits.
    """
    info = np.finfo(numbers.dtype)
    integer, bias = {32: jnp.int32, 64: jnp.int64}[info.bits], info.maxexp - 1
    exponent = lax.min((lax.bitcast_convert_type(numbers, integer) >> info.nmant) - bias, integer(bias - 1))
    return lax.select(numbers >= info.tiny, exponent, lax.full_like(exponent, 0)).astype(jnp.int32)


def two_to(exponents: jax.Array, dtype: Any) -> jax.Array:
    """2^exponents as a normal number, of the shape of the exponents, which are cut off where it would be none."""
    info = np.finfo(dtype)
    integer = {32: jnp.int32, 64: jnp.int64}[info.bits]
    inside = lax.clamp(np.int32(info.minexp), exponents, np.int32(info.maxexp - 1)).astype(integer)
    return lax.bitcast_convert_type((inside + (info.maxexp - 1)) << info.nmant, dtype)
