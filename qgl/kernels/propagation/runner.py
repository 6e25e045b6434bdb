"""Means of Pauli words by propagation: numbers from the inputs by JAX, sums of words and gradients on the host."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from copy import copy
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.kernels.arrays import take
from qgl.kernels.devices.host import on_host
from qgl.kernels.expressions import evaluate
from qgl.kernels.final_state import from_pauli_words_of
from qgl.kernels.network.tensors import tensor_tables
from qgl.kernels.propagation.pattern import means_by_tables
from qgl.kernels.runner import GivenArrays
from qgl.plan.propagation.pattern import Layout, Pattern, tables_of
from qgl.plan.propagation.program import PropagationProgram
from qgl.query import Query

CIRCUITS = "circuits"  # among the tables that several circuits have
_NUMBERS = itertools.count()


class PropagationRunner:
    """The words of all queries go backwards once.

    Which words there are depends on the inputs where small ones are dropped: they are then found anew on the host, for
    each value of the inputs. Where they do not, one pattern is run for all inputs.
    """

    def __init__(self, program: PropagationProgram) -> None:
        self.program = program
        self.name = f"pattern {next(_NUMBERS)}"  # of what `following` takes, among what is held beside parameters
        self._on_host = means_on_host(program)
        self._tables: Mapping[str, jax.Array] | None = None

    def following(self, tables: Mapping[str, jax.Array]) -> PropagationRunner:
        """The same, which evaluates the sum over the paths that a pattern says, whatever the inputs.

        tables: of the shapes that `tables_of` says. With patterns of several circuits, those of a mixture or of
            conditions, all have a leading axis of these, and `CIRCUITS` among them is the inputs that tell them apart,
            shape (circuits, inputs), NaN where an input does not. Means of any other circuit are NaN.
        """
        other = copy(self)
        other._tables = tables
        return other

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        means = jnp.append(self._means(inputs), jnp.ones((), inputs.dtype))
        return {
            query: from_pauli_words_of(query, jnp.prod(take(means, self.program.factors[query]), axis=1))
            for query in queries
        }

    def pattern(self, inputs: jax.Array, most: int | None = None) -> Pattern:
        """The pattern at inputs that are numbers, shape (inputs,).

        Raises:
            PatternTooLargeError: it has more than `most` nodes, by default more than any may have.
        """
        return self.program.pattern(np.asarray(self._numbers(inputs), np.float64), most)

    @cached_property
    def _one_pattern(self) -> Mapping[str, NDArray[Any]] | None:
        pattern = self.program.pattern_of_all()
        return None if pattern is None else tables_of(pattern, Layout.of([pattern]))

    def _means(self, inputs: jax.Array) -> jax.Array:
        """Of all words, shape (pauli_words,)."""
        numbers, tables = self._numbers(inputs), self._tables
        if tables is None and self._one_pattern is not None:
            tables = {name: jnp.asarray(table) for name, table in self._one_pattern.items()}
        if tables is None:
            return self._on_host(numbers)
        if CIRCUITS not in tables:
            return self._by_tables(tables, None, numbers)
        known = tables[CIRCUITS]
        same = jnp.all(jnp.isnan(known) | (known == inputs), axis=1)
        own = {name: table for name, table in tables.items() if name != CIRCUITS}
        return jnp.where(jnp.any(same), self._by_tables(own, jnp.argmax(same), numbers), jnp.nan)

    def _by_tables(self, tables: Mapping[str, jax.Array], number: jax.Array | None, numbers: jax.Array) -> jax.Array:
        program = self.program
        angles, sizes = numbers[: program.steps.rotations], program.steps.sizes
        cuts = program.steps.rotations + np.concatenate([[0], np.cumsum(sizes**2)])
        matrices: dict[int, jax.Array] = {}
        for size in sorted({*sizes.tolist(), *program.constants}):
            own = [numbers[cuts[k] : cuts[k + 1]].reshape(1, size, size) for k in np.flatnonzero(sizes == size)]
            fixed = program.constants.get(size, np.zeros((0, size, size)))
            every = jnp.concatenate([*own, jnp.asarray(fixed, numbers.dtype)])
            matrices[size] = every.at[:, 0].set(jnp.eye(size, dtype=numbers.dtype)[0])  # the trace is kept
        return means_by_tables(len(program.pauli_words), tables, number, angles, matrices)

    def _numbers(self, inputs: jax.Array) -> jax.Array:
        """Angles of rotations, then the transfer matrices."""
        steps = self.program.steps
        parts = [evaluate(steps.angles, inputs)] if steps.rotations else []
        if steps.places:
            tables = tensor_tables(steps, inputs)
            parts += [tables[table][row].reshape(-1) for table, row in steps.places]
        return jnp.concatenate([part.astype(inputs.dtype) for part in parts] or [jnp.zeros(1, inputs.dtype)])


def means_on_host(program: PropagationProgram) -> Callable[[jax.Array], jax.Array]:
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
