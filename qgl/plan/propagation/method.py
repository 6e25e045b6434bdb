"""Pauli propagation as a method: what it takes is found by trying.

With the limits of `approximate propagation(...)` of a program, which alone allows truncation; or without limits, as an
exact method like another. Where words do not depend on coefficients, their pattern itself is what is tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.model import COMPILED_SECONDS, Cost, Prepared
from qgl.plan.network.pauli_words import pauli_words_of
from qgl.plan.network.tensors import UnsuitableError
from qgl.plan.propagation.factors import factors_of
from qgl.plan.propagation.gradient import LEAST_BYTES
from qgl.plan.propagation.local_steps import Letters, LocalTable
from qgl.plan.propagation.numbers import Numbers
from qgl.plan.propagation.pattern import Layout
from qgl.plan.propagation.program import Batches, PropagationProgram
from qgl.plan.propagation.propagate import Limits, Propagation
from qgl.plan.propagation.steps import Clifford, Steps, steps_of
from qgl.query import Expectation, Marginals, Query

EVERYTHING = Limits()
MOST_IN_REGION = {False: 4, True: 10}  # qubits; more if only their bits are asked for
MOST_REACHED = 1 << 28  # wires times qubits that words are asked on: of each it is found whether it is reached
TRIED = 1 << 20  # words times steps that a trial looks at
TRIED_NODES = 1 << 22  # of a pattern
STEP_SECONDS = 60e-6
PAULI_WORD_SECONDS = 15e-9  # for each word that there is at a step
GRADIENT = 4.0  # a run, one with a tape, and the way back
CLIFFORD_STEPS = 0.3  # steps that a Clifford gate takes as long as
PAULI_WORD_BYTES = 64
LIMB_BYTES = 16
TAPE_BYTES = 4.5  # for each word that there is at a step
TABLE_STEP_SECONDS = 1.2e-6  # of a pattern, value and gradient
NODE_SECONDS = 4e-9  # for each node that a group reads, of which it makes as many
NODE_BYTES = 14  # of tables, and of numbers as often as below
NODE_NUMBERS = 2.5


@dataclass(frozen=True, eq=False)
class PreparedPropagation:
    """A circuit made ready for propagation with some limits."""

    name: str
    variants: CircuitVariants
    limits: Limits

    @cached_property
    def steps(self) -> Steps | str:
        """What words go through, or why there is no such thing."""
        try:
            return steps_of(self.variants.mixed)
        except UnsuitableError as reason:
            return str(reason)

    def cost(self, query: Query, precision: str) -> Cost:
        """Of one value and gradient; the angles of the trial are arbitrary where they are not constant."""
        match query:
            case Marginals(regions, bits) if max(map(len, regions)) > MOST_IN_REGION[bits]:
                return Cost.refused(f"of regions it answers for up to {MOST_IN_REGION[bits]} qubits")
            case Expectation() | Marginals():
                pass
            case _:
                return Cost.refused("answers Pauli words and small regions only")
        positions = len(np.unique(pauli_words_of(query).positions))
        if positions * len(self.variants.mixed.wires) > MOST_REACHED:
            return Cost.refused("of so many words on so many qubits it does not answer")
        if isinstance(self.steps, str):
            return Cost.refused(self.steps)
        program = self.lower((query,), precision)
        if (of_table := self._of_table(program, precision)) is not None:
            return of_table
        if self.limits == EVERYTHING:
            return Cost.refused(f"has more than {TRIED_NODES:,} coefficients")
        work, of_batch, most, steps = _tried(self.steps, program.pauli_words, self.limits)
        seconds = GRADIENT * (STEP_SECONDS * steps + PAULI_WORD_SECONDS * work)
        sums = most * (PAULI_WORD_BYTES + LIMB_BYTES * (1 + self.steps.wires // 64))
        memory = int(sums + min(TAPE_BYTES * of_batch, 2 * max(sums, LEAST_BYTES)))  # a tape, and copies of sums
        facts = (("Pauli words", most), ("steps", len(self.steps.steps)))
        return Cost(seconds, memory, 4 * work, self.variants.width, facts=facts)

    def _of_table(self, program: PropagationProgram, precision: str) -> Cost | None:
        """The cost where there is one pattern for all numbers, and it is no larger than is tried."""
        pattern = program.pattern_of_all(TRIED_NODES)
        if pattern is None:
            return None
        layout = Layout.of([pattern])
        reads = layout.steps * sum(size * size * lanes for size, lanes in layout.lanes)
        nodes = layout.nodes + layout.ends
        memory = nodes * (NODE_BYTES + NODE_NUMBERS * (8 if precision == "double" else 4))
        return Cost(
            TABLE_STEP_SECONDS * layout.steps + NODE_SECONDS * reads,
            int(memory),
            8.0 * reads,
            self.variants.width,
            facts=(("coefficients", pattern.work), ("steps", layout.steps)),
            compiled=COMPILED_SECONDS,
        )

    def lower(self, queries: tuple[Query, ...], precision: str) -> PropagationProgram:
        """One program for the words of all queries."""
        assert isinstance(self.steps, Steps)
        if queries not in self._lowered:
            pauli_words, factors = factors_of(self.steps, queries)
            self._lowered[queries] = PropagationProgram(self.name, self.steps, self.limits, pauli_words, factors)
        return self._lowered[queries]

    @cached_property
    def _lowered(self) -> dict[tuple[Query, ...], PropagationProgram]:
        return {}


def _tried(steps: Steps, pauli_words: Sequence[Letters], limits: Limits) -> tuple[float, float, int, float]:
    """Words times steps of a run and of one batch, most words at a time, and steps: of a few batches, as far as `TRIED`
    goes.
    """
    draw = np.random.default_rng(0)
    angles = np.where(
        steps.angles.outputs.coefficient == 0,
        steps.angles.outputs.constant,
        draw.normal(0, 0.5, steps.rotations),
    )
    numbers = Numbers(angles, steps.typical)
    batches = Batches(steps.steps, pauli_words, 0)
    work = most = count = 0.0
    tried = [batches(place) for place in range(min(4, len(batches)))]
    for batch in tried:
        propagation = Propagation(batch, numbers, limits, patience=TRIED // len(tried))
        propagation.run()
        work += propagation.work
        most = max(most, propagation.most)
        moved = sum(isinstance(step, LocalTable) and isinstance(step.step, Clifford) for step in batch.steps)
        count += len(batch.steps) - (1 - CLIFFORD_STEPS) * moved
    share = len(batches) / len(tried)
    return work * share, work / len(tried), int(most), count * share


@dataclass(frozen=True)
class PauliPropagation:
    """Sums of Pauli words taken backwards through the circuit, truncated as `limits` say."""

    limits: Limits = EVERYTHING
    name: str = "propagation"

    def prepare(self, variants: CircuitVariants) -> Prepared:
        return PreparedPropagation(self.name, variants, self.limits)
