"""Pauli propagation as a method: how long it takes is found by trying a part of it.

Truncated as `approximate propagation(...)` of the program says; without that line nobody asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.model import Cost, Prepared
from qgl.plan.network.tensors import UnsuitableError
from qgl.plan.propagation.factors import factors_of
from qgl.plan.propagation.local_steps import Letters
from qgl.plan.propagation.numbers import Numbers
from qgl.plan.propagation.program import PropagationProgram, batches_of
from qgl.plan.propagation.propagate import Limits, Propagation
from qgl.plan.propagation.steps import Steps, steps_of
from qgl.query import Expectation, Marginals, Query

MOST_IN_REGION = {False: 4, True: 10}  # qubits; more if only their bits are asked for
TRIED = 1 << 20  # words times steps that a trial looks at
STEP_SECONDS = 60e-6
PAULI_WORD_SECONDS = 15e-9  # for each word that there is at a step
GRADIENT = 4.0  # a run, one with a tape, and the way back
PAULI_WORD_BYTES = 64
LIMB_BYTES = 16


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
        if isinstance(self.steps, str):
            return Cost.refused(self.steps)
        pauli_words, _ = factors_of(self.steps, (query,))
        work, most, steps = _tried(self.steps, pauli_words, self.limits)
        seconds = GRADIENT * (STEP_SECONDS * steps + PAULI_WORD_SECONDS * work)
        memory = int(most * (PAULI_WORD_BYTES + LIMB_BYTES * (1 + self.steps.wires // 64)) + work * LIMB_BYTES)
        facts = (("Pauli words", most), ("steps", len(self.steps.steps)))
        return Cost(seconds, memory, 4 * work, self.variants.width, facts=facts)

    def lower(self, queries: tuple[Query, ...], precision: str) -> PropagationProgram:
        """One program for the words of all queries."""
        assert isinstance(self.steps, Steps)
        pauli_words, factors = factors_of(self.steps, queries)
        return PropagationProgram(self.name, self.steps, self.limits, pauli_words, factors)


def _tried(steps: Steps, pauli_words: Sequence[Letters], limits: Limits) -> tuple[float, int, int]:
    """Words times steps of a run, most words at a time, and steps: of a few batches, as far as `TRIED` goes."""
    draw = np.random.default_rng(0)
    angles = np.where(
        steps.angles.outputs.coefficient == 0,
        steps.angles.outputs.constant,
        draw.normal(0, 0.5, steps.rotations),
    )
    numbers = Numbers(angles, steps.typical)
    batches = batches_of(steps.steps, pauli_words, 0)
    work = most = count = 0.0
    tried = batches[:4]
    for batch in tried:
        propagation = Propagation(batch, numbers, limits, patience=TRIED // len(tried))
        propagation.run()
        work += propagation.work
        most = max(most, propagation.most)
        count += len(batch.steps)
    share = len(batches) / len(tried)
    return work * share, int(most), int(count * share)


@dataclass(frozen=True)
class PauliPropagation:
    """Sums of Pauli words taken backwards through the circuit, truncated as `limits` say."""

    limits: Limits

    name = "propagation"

    def prepare(self, variants: CircuitVariants) -> Prepared:
        return PreparedPropagation(self.name, variants, self.limits)
