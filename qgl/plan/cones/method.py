"""Light cones: Pauli words and regions of a large circuit from the small circuits that they depend on.

What a few visible qubits depend on is their backward light cone. Pauli words and regions fall into independent pieces;
the cones of the pieces fall into classes; and each class is a small circuit that is run for all of its members at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Input, Real
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.cones.blocks import BlockBuilder
from qgl.plan.cones.classes import TooManyClassesError, WholeCircuitError
from qgl.plan.cones.copies.blocks import CopiedBlocks
from qgl.plan.cones.copies.members import Members, with_copies
from qgl.plan.cones.copies.representatives import representatives
from qgl.plan.cones.kinds import Kinds, kinds_of, row_of
from qgl.plan.cones.probe import widest
from qgl.plan.cones.row_tables import RowTables, WideTableError
from qgl.plan.cones.runs import Alone, Run, runs
from qgl.plan.cones.survey import RegionPiece, Survey
from qgl.plan.cones.tables import ConeBatch, ConeProgram, RegionGroup
from qgl.plan.cones.tiles import TileBatch, tile_batch
from qgl.plan.cones.wire_segments import ALL, BITS, Cone, WireSegments, segments_of
from qgl.plan.expressions import ExpressionBuilder
from qgl.plan.model import COMPILED_SECONDS, Cost, Prepared
from qgl.query import Expectation, Marginals, Query

MANY = 16  # classes from which on cones are compared by value
LISTED = 50_000  # operations in all classes together, beyond which listing them takes many seconds
RUN_COMPILED_SECONDS = 2.0  # processor time of tracing and compiling what runs light cones of one form
START_SECONDS = 60e-6  # of a call
FACTOR_SECONDS = 2e-8  # for each factor of a Pauli word, and its gradient
FACTOR_BYTES = 32
_INPUT = Real(0.0, ((1.0, Input(0, 0)),))


@dataclass(frozen=True)
class LightCones:
    """Exact Pauli words, and reduced states and distributions of regions, each from its own light cone.

    of_rows: whether the answers are those of the mixture of all rows that registers start from; else of one row.
    """

    of_rows: bool = False
    name: ClassVar[str] = "cones"

    def prepare(self, variants: CircuitVariants) -> Prepared:
        return PreparedCones(self.name, variants, self.of_rows)


@dataclass(eq=False)
class PreparedCones:
    """A circuit whose cones are found when they are asked for, and kept."""

    method: str
    variants: CircuitVariants
    of_rows: bool = False
    _cones: dict[int, Cone] = field(default_factory=dict)
    _designs: dict[tuple[tuple[Query, ...], str], Design] = field(default_factory=dict)
    _refused: dict[Query, str] = field(default_factory=dict)
    _tables: dict[bool, RowTables] = field(default_factory=dict)

    def cost(self, query: Query, precision: str) -> Cost:
        if not isinstance(query, Expectation | Marginals):
            return Cost.refused("light cones answer Pauli words and regions only")
        if query not in self._refused:
            try:
                return self.design((query,), precision, LISTED).cost
            except (TooManyClassesError, WholeCircuitError, WideTableError) as error:
                self._refused[query] = str(error)
        return Cost.refused(self._refused[query])

    def lower(self, queries: tuple[Query, ...], precision: str) -> ConeProgram:
        return self.design(queries, precision).program(self.method)

    def design(self, queries: tuple[Query, ...], precision: str, limit: float = inf) -> Design:
        """With a `limit`, raises `TooManyClassesError` where the classes would have more operations in all, and
        `WholeCircuitError` where the cones are no smaller than the circuit.
        """
        if (queries, precision) not in self._designs:
            design = None if self.of_rows else self._of_copies(queries, precision, limit)
            if design is not None:
                self._designs[queries, precision] = design
                return design
            probe = widest(queries, self.cone)
            if probe is not None and (probe,) != queries and self.design((probe,), precision, limit).cost.refusal:
                return self.design((probe,), precision)
            survey, kinds = self._surveys(queries, limit)
            cone_runs = runs(survey.classes, survey.readings, precision, len(self.variants.circuit.wires))
            self._designs[queries, precision] = Design(survey, kinds, cone_runs, self._sizes, precision)
        return self._designs[queries, precision]

    def _of_copies(self, queries: tuple[Query, ...], precision: str, limit: float) -> Design | None:
        """The design of queries whose Pauli words are copies of few, from the cones of these; None where it is none."""
        few = representatives(self.variants.circuit, queries)
        if few is None:
            return None
        alone = PreparedCones(self.method, CircuitVariants(few.circuit, self.variants.bits_only))
        survey = alone._survey((few.query,), alone.kinds, limit)
        members = with_copies(survey, alone.kinds, few)
        cone_runs = runs(survey.classes, survey.readings, precision, len(self.variants.circuit.wires))
        if not all(map(_is_plain, cone_runs)):
            return None
        return Design(survey, alone.kinds, cone_runs, self._sizes, precision, members)

    @property
    def _sizes(self) -> list[int]:
        return [parameter.size for parameter in self.variants.circuit.parameters]

    def _surveys(self, queries: tuple[Query, ...], limit: float) -> tuple[Survey, Kinds]:
        """The survey by kinds, or by values where that gives far fewer classes."""
        survey, kinds = self._cheaper(queries, limit)
        if self.of_rows:
            if kinds.by_value not in self._tables:
                self._tables[kinds.by_value] = RowTables(kinds, self.variants.circuit.parameters)
            for one in survey.classes:
                self._tables[kinds.by_value].begin(one)
        return survey, kinds

    def _cheaper(self, queries: tuple[Query, ...], limit: float) -> tuple[Survey, Kinds]:
        try:
            survey = self._survey(queries, self.kinds, limit, may_be_whole=self.of_rows or limit == inf)
        except TooManyClassesError:
            return self._survey(queries, self.kinds_by_value, limit), self.kinds_by_value
        if len(survey.classes) > MANY:
            coarse = self._survey(queries, self.kinds_by_value, limit)
            if 2 * len(coarse.classes) < len(survey.classes):
                return coarse, self.kinds_by_value
        return survey, self.kinds

    def _survey(self, queries: tuple[Query, ...], kinds: Kinds, limit: float, may_be_whole: bool = True) -> Survey:
        return Survey(self.variants.circuit, kinds, self.segments, self.cone, queries, limit, may_be_whole)

    @cached_property
    def kinds(self) -> Kinds:
        """The kinds of operations, their constants told apart."""
        return kinds_of(self.variants.circuit)

    @cached_property
    def kinds_by_value(self) -> Kinds:
        """The kinds of operations, every number an atom."""
        return kinds_of(self.variants.circuit, by_value=True)

    @cached_property
    def segments(self) -> WireSegments:
        """The circuit as cones are found in it."""
        return segments_of(self.variants.circuit, self.kinds.diagonal)

    def cone(self, start: int) -> Cone:
        """The cone of a start, numbered as in `qgl.plan.cones.factors`."""
        if start not in self._cones:
            found = self.segments.cone(start >> 1, ALL if start & 1 else BITS)
            self._cones[start] = self._with_tables(found) if self.of_rows else found
        return self._cones[start]

    def _with_tables(self, cone: Cone) -> Cone:
        """A cone in which a table counts as a segment, numbered -1, -2, ..., since it joins all that sees of it."""
        parameters, operations = self.variants.circuit.parameters, self.variants.circuit.operations
        tables = {row_of(number, parameters) for k in cone.operations for number in operations[k].numbers} - {None}
        return replace(cone, segments=cone.segments | {-1 - table for table in tables if table is not None})


def _is_plain(run: Run) -> bool:
    """Whether no angle of a block is more than a sum of inputs, so that they are found for all members at once."""
    if isinstance(run.body, Alone):
        return True
    recipes = (r for one in run.body.bucket.schedules for block in one.blocks for r, _ in block.matrices)
    return all(isinstance(atom, Input) for recipe in recipes for arg in recipe.args for _, atom in arg.terms)


@dataclass(frozen=True, eq=False)
class Design:
    """How some queries are answered together."""

    survey: Survey
    kinds: Kinds
    runs: list[Run]
    parameter_sizes: list[int]
    precision: str
    copies: Members | None = None  # where the Pauli words are copies of few

    @property
    def cost(self) -> Cost:
        """What all runs take together, or the first refusal of one."""
        costs = [run.cost for run in self.runs]
        assembly = sum(table.size for table in self.survey.factors.values())
        if self.copies is not None:
            assembly = sum(table.size // 2 for table in self.copies.few.of_pauli_word.values())
        widest = max((cost.width for cost in costs), default=0)
        for run in self.runs:
            if run.cost.refusal:
                width = run.cost.width
                if not width and isinstance(run.body, Alone):
                    width = len(run.body.one.circuit.wires)
                return Cost.refused(f"a light cone of {width} qubits: {run.cost.refusal}", width)
        classes = self.survey.classes
        facts = (("cones", sum(one.count for one in classes)), ("classes", len(classes)), ("widest", widest))
        return Cost(
            START_SECONDS + sum(cost.seconds for cost in costs) + FACTOR_SECONDS * assembly,
            sum(cost.memory for cost in costs) + FACTOR_BYTES * assembly,
            sum(cost.flops for cost in costs),
            widest,
            facts=facts,
            compiled=COMPILED_SECONDS + RUN_COMPILED_SECONDS * len(self.runs),
        )

    def program(self, method: str) -> ConeProgram:
        """The tables of all runs, and how answers come of theirs."""
        expressions = ExpressionBuilder(self.parameter_sizes)
        tiled = [run.body.arity for run in self.runs if not isinstance(run.body, Alone)]
        arity = max(tiled, default=0)
        copied = self.copies is not None
        blocks = CopiedBlocks(arity, expressions) if copied else BlockBuilder(arity, self.kinds.numbers, expressions)
        batches = [self._batch(run, expressions, blocks) for run in self.runs]
        factors = self._factors()
        regions = {query: self._groups(pieces) for query, pieces in self.survey.regions.items()}
        built = blocks.build() if tiled else None
        return ConeProgram(method, expressions.build(), built, tuple(batches), factors, regions)

    def _batch(self, run: Run, expressions: ExpressionBuilder, blocks: BlockBuilder) -> ConeBatch | TileBatch:
        if not isinstance(run.body, Alone):
            return tile_batch(run.body.bucket, blocks, run.body.arity, run.body.lanes, run.reading, run.chunk)
        one, queries = run.body.one, run.reading.queries(run.body.one)
        if one.table is not None:
            rows = expressions.rows(_INPUT, one.table.reshape(-1, 1)).reshape(one.table.shape)
            return ConeBatch(run.body.prepared.lower(queries, self.precision), queries, rows, run.chunk)
        used = sorted({atom for row in one.rows for atom in row})
        row_of = {atom: expressions.row(self.kinds.numbers[atom]) for atom in used}
        rows = np.array([[row_of[atom] for atom in row] for row in one.rows], np.int32).reshape(len(one.rows), -1)
        return ConeBatch(run.body.prepared.lower(queries, self.precision), queries, rows, run.chunk)

    def _factors(self) -> dict[Expectation, NDArray[np.int32]]:
        """Where the factors of all Pauli words are among the Pauli words of the batches, one after another; 0 is the
        number one.
        """
        base = 1
        place: dict[int, tuple[int, int, list[int]]] = {}  # of a class: its first value, the stride, its Pauli words
        for run in self.runs:
            for number, first in run.first.items():
                own = [run.reading.pauli_word(letters) for letters in self.survey.readings[number].pauli_words]
                place[number] = base + first * len(run.reading.pauli_words), len(run.reading.pauli_words), own
            base += run.members * len(run.reading.pauli_words)
        if self.copies is not None:
            return {query: self.copies.factors(query, place) for query in self.copies.few.of_pauli_word}
        at = [0] * len(self.survey.values)
        for k, (number, member, pauli_word) in enumerate(self.survey.values):
            first, stride, own = place[number]
            at[k] = first + member * stride + own[pauli_word]
        places = np.array([*at, 0], np.int32)
        return {query: places[table] for query, table in self.survey.factors.items()}

    def _groups(self, regions: list[list[RegionPiece]]) -> tuple[RegionGroup, ...]:
        batch_of = {number: (k, run) for k, run in enumerate(self.runs) for number in run.first}
        groups: dict[tuple[tuple[tuple[int, int], ...], tuple[int, ...]], list[tuple[int, list[int]]]] = {}
        for number, pieces in enumerate(regions):
            parts: list[tuple[int, int]] = []
            members: list[int] = []
            axes: list[int] = []
            for one, member, places, within in pieces:
                batch, run = batch_of[one]
                parts.append((batch, run.reading.region(places)))
                members.append(run.first[one] + member)
                axes.extend(within)
            key = tuple(parts), tuple(np.argsort(axes).tolist())
            groups.setdefault(key, []).append((number, members))
        return tuple(
            RegionGroup(
                tuple(number for number, _ in rows), parts, np.array([members for _, members in rows], np.int32), axes
            )
            for (parts, axes), rows in groups.items()
        )
