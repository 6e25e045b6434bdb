"""The face of the kernels: answers to queries as pure functions of the inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.kernels import queries
from qgl.kernels.arrays import complex_like
from qgl.kernels.expressions import evaluate
from qgl.kernels.matrices import block_matrices, pool_entries
from qgl.kernels.moves import transpose
from qgl.kernels.steps import parameters_of, runner
from qgl.plan.model import Lowered, Plan
from qgl.query import Expectation, LogProb, Marginals, Probabilities, Query, Samples, State, reads_only_bits, restricted


class Simulator:
    """Runs a plan. All methods are pure and compose with `jit`, `grad` and `vmap` over `inputs`.

    `inputs` is a real vector of shape (plan.inputs,): all parameters in order of declaration, row-major, constrained
    values (a probability itself). Its type, float32 or float64, is the precision of the answers.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._methods = {name: _final(lowered) for name, lowered in plan.lowered.items()}
        self._chosen = {row.query: row.chosen for row in plan.rows}

    def answers(self, inputs: jax.Array, asked: Iterable[Query], key: jax.Array | None = None) -> dict[Query, Any]:
        """Answers to several queries; each method runs once for all of them. `key` is needed for `Samples`."""
        finals: dict[str, queries.Final] = {}
        results = {}
        for query in asked:
            inner = restricted(query, self.plan.seen)
            method = self._method(inner)
            if method not in finals:
                finals[method] = self._methods[method](jnp.asarray(inputs))
            results[query] = _read(finals[method], inner, key)
        return results

    def answer(self, inputs: jax.Array, query: Query, key: jax.Array | None = None) -> Any:
        """The answer to one query, of the shape that its class says; `Marginals` gives a tuple of matrices."""
        return self.answers(inputs, (query,), key)[query]

    def probabilities(self, inputs: jax.Array) -> jax.Array:
        """p(x) for all x, shape (2^n,)."""
        result: jax.Array = self.answer(inputs, Probabilities())
        return result

    def log_prob(self, inputs: jax.Array, x: NDArray[np.uint8] | jax.Array) -> jax.Array:
        """log p of rows of bits `x`, shape (batch, n); `x` may be traced. Shape (batch,)."""
        final = self._methods[self._method(LogProb(b"", self.plan.width))](jnp.asarray(inputs))
        return queries.log_of(final.probabilities(), x)

    def expectation(self, inputs: jax.Array, words: Sequence[str]) -> jax.Array:
        """<P> of Pauli words, shape (words,)."""
        result: jax.Array = self.answer(inputs, Expectation(tuple(words)))
        return result

    def marginals(self, inputs: jax.Array, regions: Sequence[Sequence[int]]) -> tuple[jax.Array, ...]:
        """Reduced density matrices of regions of visible positions."""
        result: tuple[jax.Array, ...] = self.answer(inputs, Marginals(tuple(tuple(region) for region in regions)))
        return result

    def state(self, inputs: jax.Array) -> jax.Array:
        """The visible density matrix, shape (2^n, 2^n)."""
        result: jax.Array = self.answer(inputs, State())
        return result

    def sample(self, inputs: jax.Array, key: jax.Array, shots: int) -> jax.Array:
        """Strings drawn from p, shape (shots, n), uint8."""
        result: jax.Array = self.answer(inputs, Samples(shots), key)
        return result

    def _method(self, query: Query) -> str:
        if self.plan.bits_only and not reads_only_bits(query):
            raise ValueError(f"the plan is for queries of bits only; plan for {type(query).__name__} too")
        return self._chosen.get(query, self.plan.rows[0].chosen)


def _read(final: queries.Final, query: Query, key: jax.Array | None) -> Any:
    match query:
        case Probabilities():
            return final.probabilities()
        case LogProb():
            return queries.log_of(final.probabilities(), query.rows)
        case Expectation(words):
            return queries.expectation(final, words)
        case Marginals(regions):
            return queries.marginals(final, regions)
        case State():
            return final.density()
        case Samples(shots):
            if key is None:
                raise ValueError("samples need a key")
            return queries.sample(final.probabilities(), key, shots)


def _final(lowered: Lowered) -> Callable[[jax.Array], queries.Final]:
    """The function from inputs to the final state of one method."""
    tables = lowered.tables
    steps = runner(tables)
    axes = tuple(tables.steps.final[place] for place in _places(lowered))
    bits = len(lowered.visible)

    def final(inputs: jax.Array) -> queries.Final:
        numbers = evaluate(tables.expressions, inputs)
        blocks = block_matrices(tables.products, pool_entries(tables.pool, numbers), len(tables.pool.constants))
        zero = jnp.zeros(2**tables.places, complex_like(inputs.dtype)).at[0].set(1)
        state = transpose(steps(parameters_of(tables, blocks, numbers), zero), axes)
        if lowered.method == "density":
            rest = 2 ** (tables.places // 2 - bits)
            rho = state.reshape(2**bits, 2**bits, rest, rest)[:, :, 0, 0]
            return queries.Density(rho)
        return queries.Vector(state.reshape(2**bits, -1))

    return final


def _places(lowered: Lowered) -> tuple[int, ...]:
    """All places of the state in the order in which it is read."""
    visible = lowered.visible
    if lowered.method == "density":
        others = [p for p in range(lowered.tables.places // 2) if p not in visible]
        return tuple(2 * p + side for group in (visible, others) for side in (0, 1) for p in group)
    return (*visible, *(p for p in range(lowered.tables.places) if p not in visible))
