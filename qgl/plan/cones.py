"""Light cones: words and regions of a large circuit from the small circuits that they depend on.

What a few visible qubits depend on is their backward light cone. Words and regions fall into independent pieces; the
cones of the pieces fall into classes; and each class is a small circuit that is run for all of its members at once by
a method for whole states.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import numpy as np

from qgl.plan.cone_classes import Classifier, ConeClass
from qgl.plan.cone_factors import Nearness, Piece, absorb, letters_of, only_bits, start_of, starts_of, word_pieces
from qgl.plan.cone_kinds import Kinds, kinds_of
from qgl.plan.cone_strands import ALL, BITS, Cone, Strands, strands_of
from qgl.plan.cone_tables import ConeBatch, ConeProgram, RegionGroup
from qgl.plan.expressions import ExpressionBuilder
from qgl.plan.memory import available
from qgl.plan.methods import Dense, DensityMatrix
from qgl.plan.model import Cost, Method, Prepared
from qgl.plan.subject import Subject
from qgl.query import Expectation, Marginals, Query

WAYS: tuple[Method, ...] = (Dense(), DensityMatrix())  # to run the circuit of a class
MANY = 48  # classes from which on cones are compared by value
CHUNK = 1 << 28  # bytes that the members of a class that run at the same time may take
FLOPS_PER_SECOND = 2e9  # of the second and further members of a class
FACTOR_SECONDS = 2e-8  # for each factor of a word, and its gradient
FACTOR_BYTES = 32


class LightCones:
    """Exact words, and reduced states and laws of regions, each from its own light cone."""

    name = "cones"

    def prepare(self, subject: Subject) -> Prepared:
        return PreparedCones(self.name, subject)


@dataclass(eq=False)
class PreparedCones:
    """A circuit whose cones are found when they are asked for, and kept."""

    method: str
    subject: Subject
    _cones: dict[int, Cone] = field(default_factory=dict)
    _surveys: dict[tuple[Query, ...], Survey] = field(default_factory=dict)

    def cost(self, query: Query, precision: str) -> Cost:
        if not isinstance(query, Expectation | Marginals):
            return Cost.refused("light cones answer words and regions only")
        return self.survey((query,)).cost(precision)

    def lower(self, queries: tuple[Query, ...], precision: str) -> ConeProgram:
        return self.survey(queries).lower(precision)

    def survey(self, queries: tuple[Query, ...]) -> Survey:
        if queries not in self._surveys:
            survey = Survey(self, queries, self.kinds)
            if len(survey.classes) > MANY:
                coarse = Survey(self, queries, self.kinds_by_value)
                survey = coarse if len(coarse.classes) < len(survey.classes) else survey
            self._surveys[queries] = survey
        return self._surveys[queries]

    @cached_property
    def kinds(self) -> Kinds:
        return kinds_of(self.subject.circuit)

    @cached_property
    def kinds_by_value(self) -> Kinds:
        return kinds_of(self.subject.circuit, by_value=True)

    @cached_property
    def strands(self) -> Strands:
        return strands_of(self.subject.circuit, self.kinds.diagonal)

    def cone(self, start: int) -> Cone:
        if start not in self._cones:
            self._cones[start] = self.strands.cone(start >> 1, ALL if start & 1 else BITS)
        return self._cones[start]


@dataclass(eq=False, slots=True)
class Reading:
    """What is asked of every member of a class: words, by a letter for each visible qubit, and regions of these."""

    words: dict[tuple[int, ...], int] = field(default_factory=dict)
    regions: dict[tuple[int, ...], int] = field(default_factory=dict)

    def queries(self, one: ConeClass) -> tuple[Query, ...]:
        size = len(one.circuit.visible)
        asked: list[Query] = []
        if self.words:
            letters = np.array(list(self.words), np.uint8).reshape(len(self.words), size)
            places = np.where(letters > 0, np.arange(size), -1)
            asked.append(Expectation.sparse(places.astype(np.int32), letters))
        if self.regions:
            asked.append(Marginals(tuple(self.regions), one.bits_only))
        return tuple(asked)


@dataclass(frozen=True, slots=True)
class Run:
    """A class as it is run: the way, its cost for one member, what is asked of each."""

    one: ConeClass
    queries: tuple[Query, ...]
    way: str
    prepared: Prepared
    cost: Cost  # of all members
    chunk: int


class Survey:
    """The classes of cones that answer some queries together, and how the answers are put together."""

    def __init__(self, prepared: PreparedCones, queries: tuple[Query, ...], kinds: Kinds) -> None:
        self._prepared, self._kinds = prepared, kinds
        words = [query for query in queries if isinstance(query, Expectation)]
        marginals = [query for query in queries if isinstance(query, Marginals)]
        starts = set(chain(*(np.unique(starts_of(letters_of(query))).tolist() for query in words)))
        starts.update(start for query in marginals for region in query.regions for start in _starts(query, region))
        self._nearness = Nearness({start: prepared.cone(start) for start in sorted(starts - {-1})})
        pieces: dict[Piece, int] = {}
        self._factors = {
            query: word_pieces(query, self._nearness, lambda piece: pieces.setdefault(piece, len(pieces)))
            for query in words
        }
        self._split = {query: [self._pieces(query, region) for region in query.regions] for query in marginals}
        ends = [tuple(map(start_of, piece)) for piece in pieces]
        parts = [part for split in self._split.values() for region in split for part, _ in region]
        self._homes = absorb([*ends, *parts])
        self._classifier = Classifier(prepared.subject.circuit, kinds, prepared.strands)
        self._member = {home: self._classify(home) for home in dict.fromkeys(self._homes.values())}
        self._readings = [Reading() for _ in self.classes]
        self._values = np.array([self._word(piece, end) for piece, end in zip(pieces, ends, strict=True)], np.int64)
        for part in parts:
            self._region(part)
        self._runs: dict[str, list[Run]] = {}

    @property
    def classes(self) -> list[ConeClass]:
        return self._classifier.classes

    def _pieces(self, query: Marginals, region: tuple[int, ...]) -> list[tuple[Piece, tuple[int, ...]]]:
        """The pieces of a region: their starts, ascending, and where these are in the region."""
        starts = _starts(query, region)
        order = sorted(range(len(starts)), key=starts.__getitem__)
        found = self._nearness.pieces([starts[k] for k in order])
        return [(tuple(starts[order[k]] for k in piece), tuple(order[k] for k in piece)) for piece in found]

    def _classify(self, home: Piece) -> tuple[int, int]:
        """Class and member of what is read from some starts."""
        operations = sorted(set().union(*(self._prepared.cone(start).operations for start in home)))
        return self._classifier.add([start >> 1 for start in home], only_bits(home), operations)

    def _word(self, piece: Piece, ends: Piece) -> tuple[int, int, int]:
        """Class, member and word of a piece of a word."""
        home = self._homes[ends]
        number, member = self._member[home]
        letters = dict(zip(ends, piece, strict=True))
        word = tuple(letters.get(start, 0) & 3 for start in home)
        words = self._readings[number].words
        return number, member, words.setdefault(word, len(words))

    def _region(self, part: Piece) -> tuple[int, int, int]:
        """Class, member and region of a piece of a region."""
        home = self._homes[part]
        number, member = self._member[home]
        regions = self._readings[number].regions
        return number, member, regions.setdefault(tuple(map(home.index, part)), len(regions))

    def runs(self, precision: str) -> list[Run]:
        """How every class is run best."""
        if precision not in self._runs:
            pairs = zip(self.classes, self._readings, strict=True)
            self._runs[precision] = [_run(one, reading.queries(one), precision) for one, reading in pairs]
        return self._runs[precision]

    def cost(self, precision: str) -> Cost:
        runs = self.runs(precision)
        costs = [run.cost for run in runs]
        assembly = sum(table.size for table in self._factors.values())
        widest = max(costs, key=lambda cost: cost.width)
        if any(cost.refusal for cost in costs):
            refusal = next(cost.refusal for cost in costs if cost.refusal)
            return Cost.refused(f"a light cone of {widest.width} qubits: {refusal}", widest.width)
        members = sum(len(one.rows) for one in self.classes)
        return Cost(
            sum(cost.seconds for cost in costs) + assembly * FACTOR_SECONDS,
            sum(cost.memory for cost in costs) + FACTOR_BYTES * assembly,
            sum(cost.flops for cost in costs),
            widest.width,
            facts=(("cones", members), ("classes", len(self.classes)), ("widest", widest.width)),
        )

    def lower(self, precision: str) -> ConeProgram:
        circuit = self._prepared.subject.circuit
        builder = ExpressionBuilder([parameter.size for parameter in circuit.parameters])
        batches = [self._batch(run, builder, precision) for run in self.runs(precision)]
        words = np.array([len(reading.words) for reading in self._readings], np.int64)
        sizes = words * [len(one.rows) for one in self.classes]
        first = 1 + np.cumsum(sizes) - sizes
        number, member, word = self._values.reshape(-1, 3).T
        place = np.append(first[number] + member * words[number] + word, 0).astype(np.int32)
        factors = {query: place[table] for query, table in self._factors.items()}
        regions = {query: self._groups(split) for query, split in self._split.items()}
        return ConeProgram(self._prepared.method, builder.build(), tuple(batches), factors, regions)

    def _batch(self, run: Run, builder: ExpressionBuilder, precision: str) -> ConeBatch:
        numbers = self._kinds.numbers
        used = sorted({atom for row in run.one.rows for atom in row})
        row_of = {atom: builder.row(numbers[atom]) for atom in used}
        rows = np.array([[row_of[atom] for atom in row] for row in run.one.rows], np.int32)
        lowered = run.prepared.lower(run.queries, precision)
        return ConeBatch(lowered, run.queries, rows.reshape(len(run.one.rows), -1), run.chunk)

    def _groups(self, split: list[list[tuple[Piece, tuple[int, ...]]]]) -> tuple[RegionGroup, ...]:
        groups: dict[tuple[tuple[tuple[int, int], ...], tuple[int, ...]], list[tuple[int, list[int]]]] = {}
        for number, pieces in enumerate(split):
            found = [self._region(part) for part, _ in pieces]
            axes = [place for _, places in pieces for place in places]
            key = tuple((batch, region) for batch, _, region in found), tuple(np.argsort(axes).tolist())
            groups.setdefault(key, []).append((number, [member for _, member, _ in found]))
        return tuple(
            RegionGroup(
                tuple(number for number, _ in rows), pieces, np.array([members for _, members in rows], np.int32), axes
            )
            for (pieces, axes), rows in groups.items()
        )


def _starts(query: Marginals, region: tuple[int, ...]) -> list[int]:
    return [2 * place + (not query.bits) for place in region]


def _run(one: ConeClass, queries: tuple[Query, ...], precision: str) -> Run:
    """A class by the way that takes least, of those that fit into memory if there are any."""
    subject = Subject(one.circuit, one.bits_only)
    limit = available()

    def costs(way: Method) -> tuple[Prepared, Cost]:
        prepared = way.prepare(subject)
        each = [prepared.cost(query, precision) for query in queries]
        return prepared, max(each, key=lambda cost: (cost.refusal != "", cost.seconds))

    found = [(way.name, *costs(way)) for way in WAYS]
    name, prepared, cost = min(found, key=lambda way: (way[2].refusal != "", way[2].memory > limit, way[2].seconds))
    members = len(one.rows)
    chunk = max(1, min(members, CHUNK // max(cost.memory, 1)))
    total = Cost(
        cost.seconds + (members - 1) * cost.flops / FLOPS_PER_SECOND,
        chunk * cost.memory,
        members * cost.flops,
        cost.width,
        refusal=cost.refusal,
    )
    return Run(one, queries, name, prepared, total, chunk)
