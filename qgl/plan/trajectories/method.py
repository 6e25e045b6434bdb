"""Noise and discarded qubits by chance: pure states whose environment is measured as it leaves.

A circuit of unitary gates runs as a state vector of the qubits that are alive at the same time. Where the axis of an
ended qubit is wanted again, the qubit is measured, an outcome is drawn, and the axis goes back to |0>. The mean over
the draws is the state of the circuit: the stochastic unravelling of Dalibard, Castin and Molmer (Phys. Rev. Lett. 68,
580, 1992). Qubits that end where nobody needs their axis are traced out exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from qgl.ir.circuit import Circuit
from qgl.plan.axes import Allocation, density_axes, lives
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.costs import pass_seconds, query_memory, states_held
from qgl.plan.expressions import ExpressionBuilder
from qgl.plan.model import Cost, Prepared, StateProgram
from qgl.plan.state.elements import Action, StochasticReset
from qgl.plan.state.lower import Part, arrange, block_width, lower, widest_small
from qgl.plan.state.methods import BYTES, LARGEST
from qgl.plan.state.state_vector import unitary_elements
from qgl.program.operations import LIFETIME
from qgl.query import GivenPauliWords, Query, Samples

MOST_AMPLITUDES = 1 << 20  # of the states that run side by side


@dataclass(frozen=True, eq=False)
class TrajectoryProgram:
    """A state vector with stochastic resets among its steps."""

    state: StateProgram
    resets: int

    @property
    def method(self) -> str:
        return self.state.method

    def sizes(self) -> dict[str, int]:
        return self.state.sizes()


def batches(runs: int, axes: int) -> tuple[int, int]:
    """Runs of states of 2^axes amplitudes as (batches one after another, runs side by side in each)."""
    count = math.ceil(runs / max(1, MOST_AMPLITUDES >> axes))
    return count, math.ceil(runs / count)


@dataclass(frozen=True, eq=False)
class PreparedTrajectories:
    """A circuit made ready for trajectories; nothing is done before a query comes that allows sampling noise."""

    name: str
    variants: CircuitVariants

    @property
    def circuit(self) -> Circuit:
        """The circuit after its passes."""
        return self.variants.pure

    @cached_property
    def allocation(self) -> Allocation:
        """Axes, and those ends of wires after which the axis is used again."""
        allocation = density_axes(self.circuit)
        first = lives(self.circuit).first
        latest: dict[int, int] = {}
        for wire in sorted(first, key=lambda wire: first[wire]):
            latest[allocation.axis_of[wire]] = wire
        wanted = {
            position: tuple(wire for wire in wires if latest[allocation.axis_of[wire]] != wire)
            for position, wires in allocation.ends.items()
        }
        return Allocation(allocation.axis_of, wanted, allocation.axes)

    @cached_property
    def actions(self) -> list[Action]:
        """Its operations and the resets of axes that are used again, in order."""
        actions: list[Action] = []
        axis_of, ends = self.allocation.axis_of, self.allocation.ends
        for position, operation in enumerate(self.circuit.operations):
            if not isinstance(operation, LIFETIME):
                actions += unitary_elements(operation, tuple(axis_of[wire] for wire in operation.wires))
            actions += [StochasticReset(axis_of[wire]) for wire in ends.get(position, ())]
        return actions

    @cached_property
    def resets(self) -> int:
        """Number of outcomes that are drawn in a run."""
        return sum(map(len, self.allocation.ends.values()))

    @property
    def block_width(self) -> int:
        """Axes of a block."""
        axes = self.allocation.axes
        return max(widest_small(self.actions, axes), block_width(axes))

    @cached_property
    def parts(self) -> Sequence[Part]:
        """The steps of a run."""
        return arrange(self.actions, self.allocation.axes, self.block_width)

    def cost(self, query: Query, precision: str) -> Cost:
        """Of one value and gradient: a run of the circuit for each draw."""
        match query:
            case GivenPauliWords(_, int(runs)) | Samples(runs):
                pass
            case _:
                return Cost.refused("answers only when sampling noise is allowed: `samples = ...`")
        axes = self.variants.width if self.variants.width > LARGEST else self.allocation.axes
        if axes > LARGEST:
            return Cost.refused(f"a state of more than {LARGEST} bits is not supported", axes)
        if not self.resets:
            return Cost.refused("no discarded qubit makes room for another: all runs would be the same", axes)
        count, together = batches(runs, axes)
        seconds, flops = pass_seconds(self.parts, axes, self.block_width, precision, together)
        states = states_held(self.parts, unitary=False)
        each = states * (BYTES[precision] << axes) + int(query_memory(query, self.variants.width, precision))
        pauli_words = query.count if isinstance(query, GivenPauliWords) else self.variants.width
        memory = together * each + 2 * BYTES[precision] * runs * pauli_words
        facts = (("runs", runs), ("together", together), ("outcomes", self.resets))
        return Cost(count * seconds, memory, count * flops, axes, facts=facts)

    def lower(self, queries: tuple[Query, ...], precision: str) -> TrajectoryProgram:
        """One program for any number of draws."""
        return self._program

    @cached_property
    def _program(self) -> TrajectoryProgram:
        expressions = ExpressionBuilder([parameter.size for parameter in self.circuit.parameters])
        axes = self.allocation.axes
        arity = widest_small(self.actions, axes)
        tables = lower(self.parts, axes, arity, self.block_width, expressions, unitary=False)
        visible = tuple(self.allocation.axis_of[wire] for wire in self.circuit.visible)
        return TrajectoryProgram(StateProgram(self.name, tables, visible), self.resets)


class Trajectories:
    """State vectors whose discarded qubits are measured at random: unbiased, for queries that allow it."""

    name = "trajectories"

    def prepare(self, variants: CircuitVariants) -> Prepared:
        return PreparedTrajectories(self.name, variants)
