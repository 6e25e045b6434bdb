"""Means of Pauli words by propagation: numbers from the inputs by JAX, sums of words and gradients on the host."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from qgl.kernels.arrays import take
from qgl.kernels.devices.host import on_host
from qgl.kernels.expressions import evaluate
from qgl.kernels.final_state import from_pauli_words_of
from qgl.kernels.network.tensors import tensor_tables
from qgl.kernels.runner import GivenArrays
from qgl.plan.propagation.program import PropagationProgram
from qgl.query import Query


class PropagationRunner:
    """The words of all queries go backwards once. Which words there are depends on the inputs, and is found anew for
    each value of these: so an answer is a function of the inputs, however training came to them.
    """

    def __init__(self, program: PropagationProgram) -> None:
        self.program = program
        self._means = means_of(program)

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        means = jnp.append(self._means(self._numbers(inputs)), jnp.ones((), inputs.dtype))
        return {
            query: from_pauli_words_of(query, jnp.prod(take(means, self.program.factors[query]), axis=1))
            for query in queries
        }

    def _numbers(self, inputs: jax.Array) -> jax.Array:
        """Angles of rotations, then the transfer matrices."""
        steps = self.program.steps
        parts = [evaluate(steps.angles, inputs)] if steps.rotations else []
        if steps.places:
            tables = tensor_tables(steps, inputs)
            parts += [tables[table][row].reshape(-1) for table, row in steps.places]
        return jnp.concatenate([part.astype(inputs.dtype) for part in parts] or [jnp.zeros(1, inputs.dtype)])


def means_of(program: PropagationProgram) -> Callable[[jax.Array], jax.Array]:
    """From numbers, shape (count,), to the means of the words of a program, shape (pauli_words,), differentiable."""

    @jax.custom_vjp
    def means(numbers: jax.Array) -> jax.Array:
        return on_host(program.means, numbers, len(program.pauli_words))

    def backward(numbers: jax.Array, cotangent: jax.Array) -> tuple[jax.Array]:
        both = jnp.concatenate([numbers, cotangent])
        split = partial(_split, program, len(numbers))
        return (on_host(split, both, len(numbers)),)

    means.defvjp(lambda numbers: (means(numbers), numbers), backward)
    return means


def _split(program: PropagationProgram, count: int, both: Any) -> Any:
    return program.gradient(both[:count], both[count:])
