"""Means over runs of a circuit in which the outcomes of its discarded qubits are drawn.

With the outcomes m of a run fixed, its state psi is not normalised: <psi|psi> = p(m). A run counts
q = <psi|P|psi> / c with the constant c = p(m). Over runs drawn from p(m) both q and its derivative have the right
mean: sum_m p(m) d<psi|P|psi> / p(m) = d<P>. The norm <psi|psi> / c has the value 1 and a derivative of mean 0, so that
any multiple of it which does not depend on the run may be taken away: the mean of the other runs, which takes away
most of the noise. Products of different runs keep unbiased derivatives too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from qgl.kernels.devices.mesh import mapped
from qgl.kernels.expressions import evaluate
from qgl.kernels.final_state import Vector, sample, z_expectation
from qgl.kernels.runner import GivenArrays, given, needed
from qgl.kernels.state.runner import final_axes, parameters, start_state
from qgl.kernels.state.steps import runner
from qgl.kernels.state.transpositions import transpose
from qgl.plan.trajectories.method import TrajectoryProgram, batches
from qgl.query import GivenPauliWords, Query, Samples


class TrajectoryRunner:
    """As many runs of the circuit as a query wants draws."""

    def __init__(self, program: TrajectoryProgram) -> None:
        self.program = program
        self.steps = runner(program.state.tables)
        self.axes = final_axes(program.state)

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        """As `Runner` says; all queries get the same key. Answers are means over runs, with the shapes that the queries
        say.

        Raises:
            ValueError: there is no key, or a query does not allow sampling noise.
        """
        drawn = needed(key, "draws")
        final = self._final(inputs)
        return {query: self._answer(final, query, array, drawn) for query, array in queries.items()}

    def _final(self, inputs: jax.Array) -> Callable[[jax.Array], Vector]:
        """The final state of a run, from its key."""
        state = self.program.state
        numbers = evaluate(state.tables.expressions, inputs)
        fixed, start = parameters(state.tables, numbers), start_state(state.tables, numbers)

        def final(key: jax.Array) -> Vector:
            draws = jax.random.uniform(key, (self.program.resets,), inputs.dtype)
            psi = transpose(self.steps(fixed | {"draw": draws}, start), self.axes)
            return Vector(psi.reshape(2 ** len(state.visible), -1))

        return final

    def _answer(
        self, final: Callable[[jax.Array], Vector], query: Query, array: jax.Array | None, key: jax.Array
    ) -> jax.Array:
        axes = self.program.state.tables.axes
        match query:
            case GivenPauliWords(_, int(runs)):
                pauli_words = given(array, query)

                def read(key: jax.Array) -> tuple[jax.Array, jax.Array]:
                    state = final(key)
                    return z_expectation(state, pauli_words), jnp.sum(state.probabilities())

                values, norms = _over_runs(read, key, runs, axes)
                values = _without_mean(values, norms)
                return jnp.stack([jnp.mean(values, axis=0), jnp.mean(values**2, axis=0)])
            case Samples(shots):

                def one(key: jax.Array) -> jax.Array:
                    outcomes, string = jax.random.split(key)
                    return sample(final(outcomes).probabilities(), string, 1)[0]

                strings: jax.Array = _over_runs(one, key, shots, axes)
                return strings
            case _:
                raise ValueError(f"{type(query).__name__} does not allow sampling noise")


def _over_runs(run: Callable[[jax.Array], Any], key: jax.Array, runs: int, axes: int) -> Any:
    """`run` with `runs` keys, results along a new first axis; in reverse mode each is computed again."""
    count, together = batches(runs, axes)
    results = mapped(jax.checkpoint(run), jax.random.split(key, count * together), batch_size=together)
    return jax.tree.map(lambda result: result[:runs], results)


def _without_mean(values: jax.Array, norms: jax.Array) -> jax.Array:
    """`values`, shape (runs, pauli_words), with less noisy derivatives, by the `norms`, shape (runs,)."""
    runs = len(values)
    fixed = lax.stop_gradient(values)
    others = (jnp.sum(fixed, axis=0) - fixed) / max(1, runs - 1)
    return values - others * (norms - lax.stop_gradient(norms))[:, None]
