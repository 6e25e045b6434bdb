"""Expectation maximisation for classical Bayesian networks (Dempster, Laird and Rubin 1977).

The likelihood of a row is a polynomial in the probabilities that a node sends its visitors to 0 or to 1. Of one
with one factor for each visit, the derivative of its logarithm by the logarithm of such a probability is the number of
times that it is expected to be taken, given the row. So one gradient of the log-likelihood by all logarithms, taken by
the method that answers likelihoods, counts everything; a step then sets every probability to its share of the visits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.bits.distribution import distinct
from qgl.check.settings.bayesian import expectation_faults
from qgl.diagnostics.model import QglError
from qgl.expression import Input, Real, real
from qgl.gates.uniform import SPLIT
from qgl.ir.circuit import Circuit
from qgl.kernels.devices import mesh
from qgl.kernels.simulator import Simulator
from qgl.parameters import Parameters
from qgl.plan.planner import Planner
from qgl.program.calls.strategies import EM
from qgl.program.choices import atom_of, split_wires
from qgl.program.operations import Operation, gate
from qgl.program.program import Distribution, Parameter, Program, TrainSettings
from qgl.query import LogProb
from qgl.runs.seed_status import RUNNING
from qgl.train.methods import Terms, choose
from qgl.train.strategies.compiled import Compiled
from qgl.train.strategies.strategy import State
from qgl.train.trainable import Params, Trainable

LEAST = 1e-15  # of a cosine or sine whose logarithm is taken


class ExpectationMaximisation(Compiled):
    """A step counts and sets all tables anew; there is nothing to remember.

    Raises:
        QglError: the program is no classical Bayesian network, or its objective no likelihood (QGL0425).
    """

    of_settings = False  # it is, but what memory it takes is not planned as that of others

    def __init__(self, model: Trainable, settings: TrainSettings, devices: Sequence[jax.Device] = ()) -> None:
        super().__init__(model, settings, devices)
        faults = list(expectation_faults(model.program, settings))
        if faults:
            raise QglError(faults)
        program = model.program
        smoothing = settings.strategy.smoothing if isinstance(settings.strategy, EM) else 0.0
        self._counts = Counts(program, model.precision, smoothing)

    def _memory(self, trained: Params, loss: jax.Array, terms: Terms) -> Any:
        return jnp.zeros(())

    def _step(self, state: State, seed: jax.Array, step: jax.Array) -> State:
        running = state.status == RUNNING
        params = {**state.fixed, **state.trained}
        loss, terms = mesh.agreed(self._terms(params, self._step_key(seed, step), None))
        seen = self._seen(state, state.trained, loss, terms, None)
        moved = seen._replace(trained=self._counts.improved(state.trained))
        return choose(running, choose(seen.status == RUNNING, moved, seen), state)


class Counts:
    """How often every split of a network is expected to go each way over the rows of the objective's data.

    smoothing: rows that are added to both; an exact distribution counts as one row.
    """

    def __init__(self, program: Program, precision: str, smoothing: float = 0.0) -> None:
        self.parameters = Parameters(program.parameters)
        data = program.learnt
        assert data is not None  # the checker has seen to it
        rows, weights, _ = distinct(data.rows, data.weights)
        self.weights = weights
        self.added = smoothing / (1 if data.exact else len(data.rows))
        self.query = LogProb.of(rows)
        self.simulator = Simulator(Planner(split_circuit(program), precision).plan((self.query,)))

    def improved(self, params: Params) -> Params:
        """The angles of the tables whose entries are the shares of the expected visits; those of no visit stay."""
        first = jax.tree.leaves(params)[0].dtype
        angles = self.parameters.inputs(params, None, first)[0]
        zero, one = (jnp.maximum(count, 0) + self.added for count in self.expected(angles))
        turned = 2 * jnp.arctan2(jnp.sqrt(one), jnp.sqrt(zero))
        angles = jnp.where(zero + one > 0, turned, angles)
        ends = np.cumsum([parameter.size for parameter in self.parameters.declared])[:-1]
        parts = jnp.split(angles, ends)
        return {
            parameter.name: part.reshape(parameter.shape).astype(params[parameter.name].dtype)
            for parameter, part in zip(self.parameters.declared, parts, strict=True)
        }

    def expected(self, angles: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Expected visits that go to 0 and to 1, for each angle, per row; shapes (inputs,)."""

        def likelihood(logarithms: jax.Array) -> jax.Array:
            totals: jax.Array = self.simulator.answer(logarithms, self.query)
            return jnp.sum(jnp.asarray(self.weights, totals.dtype) * totals)

        ways = [jnp.abs(function(0.5 * angles)) for function in (jnp.cos, jnp.sin)]
        logarithms = jnp.concatenate([2 * jnp.log(jnp.maximum(way, LEAST)) for way in ways])
        counts = jax.grad(likelihood)(logarithms)
        return counts[: len(angles)], counts[len(angles) :]


def split_circuit(program: Program) -> Circuit:
    """The circuit of a network whose inputs are logarithms: of all cos^2 of half an angle, then of all sin^2."""
    starts = np.cumsum([0, *(parameter.size for parameter in program.parameters)])
    total = int(starts[-1])
    span = program.wires[0].span
    distribution = Distribution("constant", (0.0,))
    inputs = Parameter("param", "logarithms", (2 * total,), "real", distribution, None, span)

    def ways(angle: Real) -> tuple[Real, Real]:
        atom = atom_of(angle)
        if atom is not None:
            place = int(starts[atom.parameter]) + atom.element
            return Real(0.0, ((1.0, Input(0, place)),)), Real(0.0, ((1.0, Input(0, total + place)),))
        half = 0.5 * angle.constant
        zero, one = (2 * float(np.log(max(abs(function(half)), LEAST))) for function in (np.cos, np.sin))
        return real(zero), real(one)

    def changed(operation: Operation) -> Operation:
        wires = split_wires(operation)
        if wires is None:
            return operation
        pairs = [ways(angle) for angle in operation.numbers]
        logarithms = (*(zero for zero, _ in pairs), *(one for _, one in pairs))
        return gate(f"{SPLIT}{len(wires)}", wires, operation.span, logarithms)

    circuit = Circuit.of(program)
    return replace(circuit, operations=tuple(map(changed, circuit.operations)), parameters=(inputs,))
