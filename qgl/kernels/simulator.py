"""The interface of the kernels: answers to queries as pure functions of the inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.kernels.ancestral.runner import AncestralRunner
from qgl.kernels.boundary.runner import BoundaryRunner
from qgl.kernels.cones.runner import ConeRunner
from qgl.kernels.contraction.runner import ContractionRunner
from qgl.kernels.gate_by_gate.runner import GateByGateRunner
from qgl.kernels.iqp.runner import IqpRunner
from qgl.kernels.propagation.runner import PropagationRunner
from qgl.kernels.rounding import without_remainders
from qgl.kernels.runner import GivenArrays, Runner
from qgl.kernels.sectors.runner import SectorRunner
from qgl.kernels.state.runner import StateRunner
from qgl.kernels.sweep.runner import TruncatedRunner
from qgl.kernels.trajectories.runner import TrajectoryRunner
from qgl.plan.ancestral.tables import AncestralProgram
from qgl.plan.boundary.method import BoundaryProgram
from qgl.plan.cones.tables import ConeProgram
from qgl.plan.contraction.method import ContractionProgram
from qgl.plan.gate_by_gate.method import GateByGateProgram
from qgl.plan.iqp.method import IqpProgram
from qgl.plan.model import Lowered, Plan, StateProgram
from qgl.plan.propagation.program import PropagationProgram
from qgl.plan.sectors.tables import SectorProgram
from qgl.plan.sweep.method import TruncatedProgram
from qgl.plan.trajectories.method import TrajectoryProgram
from qgl.query import (
    Expectation,
    GivenStrings,
    Marginals,
    Probabilities,
    Query,
    Samples,
    State,
    reads_only_bits,
    restricted,
)

RUNNERS: Mapping[type[Lowered], Callable[[Any], Runner]] = {
    StateProgram: StateRunner,
    SectorProgram: SectorRunner,
    ConeProgram: ConeRunner,
    TrajectoryProgram: TrajectoryRunner,
    ContractionProgram: ContractionRunner,
    BoundaryProgram: BoundaryRunner,
    IqpProgram: IqpRunner,
    PropagationProgram: PropagationRunner,
    GateByGateProgram: GateByGateRunner,
    AncestralProgram: AncestralRunner,
    TruncatedProgram: TruncatedRunner,
}


class Simulator:
    """Runs a plan. All methods are pure and compose with `jit`, `grad` and `vmap` over `inputs`.

    `inputs` is a real vector of shape (plan.inputs,): all parameters in order of declaration, row-major, constrained
    values (a probability itself). Its type, float32 or float64, is the precision of the answers.

    A method that holds the whole state answers any query, planned for or not; the others answer what was planned.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._runners = {name: RUNNERS[type(lowered)](lowered) for name, lowered in plan.lowered.items()}
        self._plain = self._runners
        self._chosen = {row.query: row.chosen for row in plan.rows}
        self._any = next((name for name, one in plan.lowered.items() if isinstance(one, StateProgram)), None)

    def sharing(self, inputs: jax.Array, varies: NDArray[np.bool_]) -> Simulator:
        """The same for inputs that differ from `inputs` in those that `varies`, shape (inputs,), names alone.

        What depends on no such input, gate matrices mostly, is computed here, once.
        """
        shared = copy(self)
        shared._runners = {
            name: runner.sharing(inputs, varies) if isinstance(runner, StateRunner) else runner
            for name, runner in self._plain.items()
        }
        return shared

    @property
    def propagations(self) -> tuple[PropagationRunner, ...]:
        """What truncates answers, by words that depend on the inputs."""
        own = (runner for runner in self._plain.values() if isinstance(runner, PropagationRunner))
        return tuple(runner for runner in own if not runner.program.has_one_pattern)

    @property
    def sweeps(self) -> tuple[TruncatedRunner, ...]:
        """What truncates answers about strings."""
        return tuple(runner for runner in self._plain.values() if isinstance(runner, TruncatedRunner))

    def following(self, patterns: Mapping[str, Any]) -> Simulator:
        """The same, truncated by patterns under the names of some of `propagations`."""
        if not any(runner.name in patterns for runner in self.propagations):
            return self
        other = copy(self)
        other._runners = other._plain = {
            name: runner.following(patterns[runner.name])
            if isinstance(runner, PropagationRunner) and runner.name in patterns
            else runner
            for name, runner in self._runners.items()
        }
        return other

    def answers(
        self,
        inputs: jax.Array,
        queries: Iterable[Query],
        key: jax.Array | None = None,
        given: Mapping[Query, jax.Array] | None = None,
    ) -> dict[Query, Any]:
        """Answers to several queries, of the shapes that these say; each method runs once for all of its own.

        Args:
            inputs: shape (inputs,); see the class.
            queries: those of `qgl.query`.
            key: for queries that draw random numbers.
            given: the arrays of the queries that leave them open, shape (batch, n); over all visible qubits.
        """
        listed, arrays = tuple(queries), given or {}
        shares: dict[str, dict[Query, Query]] = {}
        for query in listed:
            inner = restricted(query, self.plan.seen)
            shares.setdefault(self._method(inner), {})[query] = inner
        results: dict[Query, Any] = {}
        for method, share in shares.items():
            put = {inner: arrays.get(query) for query, inner in share.items()}
            answers = self._share(method, jnp.asarray(inputs), put, key)
            results |= {query: answers[inner] for query, inner in share.items()}
        return {query: results[query] for query in listed}

    def answer(self, inputs: jax.Array, query: Query, key: jax.Array | None = None) -> Any:
        """The answer to one query, of the shape that its class says; `Marginals` gives a tuple of matrices."""
        return self.answers(inputs, (query,), key)[query]

    def probabilities(self, inputs: jax.Array) -> jax.Array:
        """p(x) for all x, shape (2^n,)."""
        result: jax.Array = self.answer(inputs, Probabilities())
        return result

    def log_prob(self, inputs: jax.Array, x: NDArray[np.uint8] | jax.Array) -> jax.Array:
        """log p of rows of bits `x`, shape (batch, n); `x` may be traced. Shape (batch,)."""
        query = GivenStrings(len(x))
        result: jax.Array = self.answers(inputs, (query,), given={query: jnp.asarray(x)})[query]
        return result

    def expectation(self, inputs: jax.Array, pauli_words: Sequence[str]) -> jax.Array:
        """<P> of Pauli words, shape (pauli_words,)."""
        result: jax.Array = self.answer(inputs, Expectation.of(pauli_words))
        return result

    def marginals(self, inputs: jax.Array, regions: Sequence[Sequence[int]]) -> tuple[jax.Array, ...]:
        """Reduced density matrices of regions of k visible positions, each of shape (2^k, 2^k)."""
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

    def _share(self, method: str, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        """The answers of a method, in which a remainder of rounding is no likelihood."""
        answers, again = self._runners[method].answers(inputs, queries, key), self._plain[method]
        return without_remainders(
            answers, queries, lambda inputs, strings: again.answers(inputs, strings, None), inputs
        )

    def _method(self, query: Query) -> str:
        if self.plan.bits_only and not reads_only_bits(query):
            raise ValueError(f"the plan is for queries of bits only; plan for {type(query).__name__} too")
        method = self._chosen.get(query, self._any)
        if method is None:
            raise ValueError(f"{type(query).__name__} was not planned for")
        return method
