"""Inputs to numbers: evaluates the tables of `qgl.plan.expressions`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.kernels.arrays import take
from qgl.kernels.functions import FUNCTIONS
from qgl.kernels.rounding import perturbed
from qgl.plan.expressions import Affine, Expressions


def evaluate(expressions: Expressions, inputs: jax.Array) -> jax.Array:
    """All outputs, shape (rows,), in the precision of `inputs`, shape (expressions.inputs,)."""
    # a function may make a remainder of an input, as sin(pi) does, which perturbing the result would not show
    values = jnp.concatenate([jnp.zeros(1, inputs.dtype), perturbed(inputs)])
    for calls in expressions.calls:
        arguments = (_affine(argument, values) for argument in calls.arguments)
        values = jnp.concatenate([values, FUNCTIONS[calls.name](*arguments)])
    return perturbed(jnp.asarray(_affine(expressions.outputs, values)))


def _affine(rows: Affine, values: jax.Array) -> jax.Array | NDArray[Any]:
    """The numbers of some rows; where all are constant, nothing that JAX would differentiate."""
    if rows.is_constant:
        return np.asarray(rows.constant, values.dtype)
    numbers = take(values, rows.index)
    factor, constant = _same(rows.coefficient[rows.index > 0]), _same(rows.constant)  # values[0] is 0 times anything
    numbers = numbers * (rows.coefficient.astype(values.dtype) if factor is None else factor)
    if constant != 0:
        numbers = numbers + (rows.constant.astype(values.dtype) if constant is None else constant)
    if len(rows.extra_row):
        extra = jnp.asarray(rows.extra_coefficient, values.dtype) * values[rows.extra_index]
        numbers = numbers.at[rows.extra_row].add(extra)
    return numbers


def _same(numbers: NDArray[Any]) -> float | None:
    """What all of the numbers are, if it is one: so many are no table in a program."""
    return float(numbers[0]) if len(numbers) and np.all(numbers == numbers[0]) else None
