"""Pauli words in circuits that only make phases: averages over strings of bits, exact or by sampling.

`qgl.plan.iqp.form` recognises the circuits and gives the formula, `qgl.plan.iqp.exact` the exact values. Pauli words
that come with the call are averages over strings z that are drawn uniformly: no state is held, however wide the circuit
is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.expressions import ExpressionBuilder, Expressions
from qgl.plan.iqp.exact import ExactPauliWords, Incidence
from qgl.plan.iqp.form import IqpForm, NotIqpError, iqp_form, may_be_iqp
from qgl.plan.iqp.pauli_flip_factors import PauliFlipTable, anticommuting_flips
from qgl.plan.model import Cost, Prepared
from qgl.plan.pauli_flips import PauliFlip
from qgl.query import Expectation, GivenPauliWords, Query, reads_only_bits

FACTOR_SECONDS = 10e-9  # of a factor of an exact Pauli word, value and gradient
TERM_SECONDS = 0.6e-9  # of a generator that a Pauli word anticommutes with, in one string
ANGLE_SECONDS = 1.5e-9  # of a Pauli word in one string: its cosine
PRODUCT_SECONDS = 0.06e-9  # of a generator, a Pauli word and a string where the Pauli words are not sparse
START_SECONDS = 2e-4
DRAWN_START_SECONDS = 4e-4  # of an estimate
LEAST_MEMORY = 300_000  # bytes of an estimate, however few words and strings
EXPECTED_WEIGHT = 8  # positions that Pauli words which come with the call are taken to have
MOST_ANGLES = 1 << 23  # Pauli words times strings that are held at once
CHUNK = 256  # ones of Pauli words that are handled together
BLOCK = 1024  # generators of one matrix product
MANY_STRINGS = 8192  # of more, chunks and blocks are smaller, so that what they take stays the same
ESTIMATED = 2  # arrays of Pauli words times strings that are held at once, value and gradient
UNPACKED = 2  # arrays of a block times strings: the signs, and their products


def together(pauli_words: int, samples: int) -> int:
    """Pauli words whose draws are held at once."""
    return min(pauli_words, max(1, MOST_ANGLES // samples))


def fewer(most: int, strings: int) -> int:
    """What is left of a chunk or a block where there are many strings."""
    return max(1, most * MANY_STRINGS // max(strings, MANY_STRINGS))


@dataclass(frozen=True, eq=False)
class IqpProgram:
    """The formula of `qgl.plan.iqp.form` as tables: m generators, `variables` bits of z, Pauli words on `positions`
    bits.

    angles            for each generator the row of `expressions` that gives its angle
    members           shape (m, most), its variables, padded with `variables`
    positions         shape (m, most), its positions, padded with the number of positions
    anticommuting_at  shape (positions, most), the generators of each position, padded with m
    quarter_turns     shape (positions,), quarter turns
    exact             the tables of Pauli words that are known beforehand, by their query
    flips             what acts after all else (`qgl.plan.pauli_flips`)
    """

    method: str
    expressions: Expressions
    angles: NDArray[np.int32]
    variables: int
    members: NDArray[np.int32]
    positions: NDArray[np.int32]
    anticommuting_at: NDArray[np.int32]
    quarter_turns: NDArray[np.int32]
    exact: dict[Query, ExactPauliWords]
    flips: PauliFlipTable

    def sizes(self) -> dict[str, int]:
        return {
            "generators": len(self.angles),
            "summed_bits": self.variables,
            "factors": sum(pauli_words.entries for pauli_words in self.exact.values()),
            **({"flips": len(self.flips.angles)} if len(self.flips.angles) else {}),
        }


@dataclass(frozen=True, eq=False)
class PreparedIqpForm:
    """A circuit made ready, if it is in IQP form; nothing is done before a query comes that may be answered.

    What was made for a query is kept: `_anticommuting`, shape (pauli_words, most), or why it is not said.
    """

    name: str
    variants: CircuitVariants
    _exact: dict[Expectation, ExactPauliWords | str] = field(default_factory=dict)
    _anticommuting: dict[Query, NDArray[np.int32] | str] = field(default_factory=dict)

    @cached_property
    def formula(self) -> IqpForm | str:
        """The formula, or why there is none."""
        if not may_be_iqp(self.variants.circuit):
            return "a gate with an angle that is not constant is not diagonal"
        try:
            return iqp_form(self.variants.carried.circuit)
        except NotIqpError as reason:
            return str(reason)

    @cached_property
    def incidence(self) -> Incidence:
        """The tables of the formula."""
        assert isinstance(self.formula, IqpForm)
        return Incidence(self.formula)

    @property
    def flips(self) -> tuple[PauliFlip, ...]:
        """The stochastic Pauli flips at the end of the circuit."""
        return self.variants.carried.flips

    @property
    def _flipped(self) -> tuple[tuple[str, int], ...]:
        return (("flips", len(self.flips)),) if self.flips else ()

    def anticommuting(self, query: Expectation) -> NDArray[np.int32] | str:
        """The flips that each Pauli word anticommutes with, shape (pauli_words, most); or why it is not said."""
        if query not in self._anticommuting:
            self._anticommuting[query] = anticommuting_flips(self.flips, self.variants.width, query.positions)
        return self._anticommuting[query]

    def cost(self, query: Query, precision: str) -> Cost:
        """Of one value and gradient."""
        if not isinstance(query, Expectation | GivenPauliWords) or not reads_only_bits(query):
            return Cost.refused("answers expectations of Z words only")
        if isinstance(self.formula, str):
            return Cost.refused(f"not diagonal between two Hadamard layers: {self.formula}")
        if isinstance(query, GivenPauliWords) and query.samples is None and self.formula.variables:
            return Cost.refused("Pauli words that are not known beforehand are only estimated: `samples = ...`")
        number = 8 if precision == "double" else 4
        if isinstance(query, Expectation):
            return self._exact_cost(query, self.formula, number)
        return self._sampled_cost(query.count, query.samples or 1, self.formula, number)

    def _exact_cost(self, query: Expectation, formula: IqpForm, number: int) -> Cost:
        exact = self.exact(query)
        if isinstance(exact, str):
            return Cost.refused(exact)
        anticommuting = self.anticommuting(query) if self.flips else np.zeros(0, np.int32)
        if isinstance(anticommuting, str):
            return Cost.refused(anticommuting)
        entries, products = exact.entries + anticommuting.size, sum(len(group.pauli_word) for group in exact.products)
        memory = entries * (4 + 3 * number) + products * (5 + 2 * number)
        generators = len(formula.generators)
        facts = (("generators", generators), ("products", products), ("factors", entries), *self._flipped)
        seconds = START_SECONDS + entries * FACTOR_SECONDS * number / 4
        return Cost(seconds, memory, 4.0 * entries, 0, facts=facts)

    def _sampled_cost(self, pauli_words: int, samples: int, formula: IqpForm, number: int) -> Cost:
        generators, incidence = len(formula.generators), self.incidence
        anticommuting = min(generators / 2, EXPECTED_WEIGHT * incidence.anticommuting_at.shape[1])
        each = min(anticommuting * TERM_SECONDS, generators * PRODUCT_SECONDS) + ANGLE_SECONDS
        sums = pauli_words * samples
        held = ESTIMATED * together(pauli_words, samples) + UNPACKED * fewer(BLOCK, samples)
        packed = (formula.variables + generators) * samples // 8
        memory = LEAST_MEMORY + number * samples * held + packed + 4 * pauli_words * len(formula.quarter_turns)
        memory += 8 * (incidence.members.size + incidence.positions.size + incidence.anticommuting_at.size)
        facts = (("generators", generators), ("strings", samples), ("Pauli words", pauli_words), *self._flipped)
        flipped = pauli_words * len(self.flips)
        memory += 4 * number * flipped
        seconds = DRAWN_START_SECONDS + (sums * each + flipped * FACTOR_SECONDS) * number / 4
        return Cost(seconds, memory, 4.0 * sums * anticommuting, 0, facts=facts)

    def exact(self, query: Expectation) -> ExactPauliWords | str:
        """The tables of Pauli words that are known, or why there are none."""
        if query not in self._exact:
            self._exact[query] = self.incidence.exact(query.positions)
        return self._exact[query]

    def lower(self, queries: tuple[Query, ...], precision: str) -> IqpProgram:
        formula, incidence = self.formula, self.incidence
        assert isinstance(formula, IqpForm)
        expressions = ExpressionBuilder([parameter.size for parameter in self.variants.circuit.parameters])
        rows = [expressions.row(generator.angle) for generator in formula.generators]
        known = [query for query in queries if isinstance(query, Expectation)]
        exact = {query: self.exact(query) for query in known}
        anticommuting: dict[Query, NDArray[np.int32]] = {}
        for query in known if self.flips else ():
            table = self.anticommuting(query)
            assert not isinstance(table, str)
            anticommuting[query] = table
        flips = PauliFlipTable.of(self.flips, len(formula.quarter_turns), anticommuting, expressions)
        return IqpProgram(
            self.name,
            expressions.build(),
            np.array(rows, np.int32),
            formula.variables,
            incidence.members,
            incidence.positions,
            incidence.anticommuting_at,
            np.array(formula.quarter_turns, np.int32),
            {query: tables for query, tables in exact.items() if isinstance(tables, ExactPauliWords)},
            flips,
        )


class Iqp:
    """Expectations of Z words in circuits that are diagonal between two Hadamard layers."""

    name = "iqp"

    def prepare(self, variants: CircuitVariants) -> Prepared:
        return PreparedIqpForm(self.name, variants)
