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
    coefficient = jnp.asarray(rows.coefficient, values.dtype)
    numbers = jnp.asarray(rows.constant, values.dtype) + coefficient * take(values, rows.index)
    if len(rows.extra_row):
        extra = jnp.asarray(rows.extra_coefficient, values.dtype) * values[rows.extra_index]
        numbers = numbers.at[rows.extra_row].add(extra)
    return numbers
