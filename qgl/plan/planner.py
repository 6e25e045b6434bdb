"""Queries to a plan: the cheapest methods that fit."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import TooLarge, amount
from qgl.gates import CHANNELS
from qgl.ir.circuit import Circuit
from qgl.passes.light_cone import light_cone
from qgl.plan.memory import available
from qgl.plan.methods import Dense, DensityMatrix
from qgl.plan.model import Candidate, Cost, Method, Plan, Prepared, Row, describe
from qgl.plan.subject import Subject
from qgl.query import Probabilities, Query, reads_only_bits, restricted, support
from qgl.source import Span

_ADDING = ("kraus", "fresh", "measure", "reset")  # beside named channels, what may add a qubit
_COMBINATIONS = 10_000  # assignments of methods to queries up to which all are tried

METHODS: tuple[Method, ...] = (Dense(), DensityMatrix())


@dataclass
class Planner:
    """Plans for one circuit as it was checked, before any pass; what methods prepare is kept for further plans.

    precision     "single" or "double"
    memory_limit  bytes; None: most of what the machine has free
    methods       what may be chosen from
    """

    circuit: Circuit
    precision: str = "single"
    memory_limit: int | None = None
    methods: tuple[Method, ...] = METHODS
    _prepared: dict[tuple[tuple[int, ...], bool], tuple[Subject, dict[str, Prepared]]] = field(default_factory=dict)

    def plan(self, queries: Sequence[Query]) -> Plan:
        """The cheapest exact way to answer each query; work that queries share is counted once.

        Where the queries look at some visible qubits only, the circuit is cut down to the light cone of these.

        Raises:
            QglError: QGL0810, nothing fits.
        """
        queries = tuple(queries) or (Probabilities(),)
        width = len(self.circuit.visible)
        seen = tuple(sorted(frozenset().union(*(support(query, width) for query in queries)))) or (0,)
        asked = tuple(dict.fromkeys(restricted(query, seen) for query in queries))
        bits_only = all(reads_only_bits(query) for query in asked)
        subject, prepared = self._prepare(seen, bits_only)
        rows = _choose(subject.circuit, asked, prepared, self.precision, self._limit)
        shares: dict[str, list[Query]] = {}
        for row in rows:
            shares.setdefault(row.chosen, []).append(row.query)
        lowered = {name: prepared[name].lower(tuple(share), self.precision) for name, share in shares.items()}
        inputs = sum(parameter.size for parameter in self.circuit.parameters)
        return Plan(rows, lowered, self.precision, bits_only, inputs, seen)

    @property
    def _limit(self) -> int:
        return available() if self.memory_limit is None else self.memory_limit

    def _prepare(self, seen: tuple[int, ...], bits_only: bool) -> tuple[Subject, dict[str, Prepared]]:
        if (seen, bits_only) not in self._prepared:
            whole = len(seen) == len(self.circuit.visible)
            subject = Subject(self.circuit if whole else light_cone(self.circuit, seen), bits_only)
            prepared = {method.name: method.prepare(subject) for method in self.methods}
            self._prepared[seen, bits_only] = subject, prepared
        return self._prepared[seen, bits_only]


def plan(
    circuit: Circuit, queries: Sequence[Query], precision: str = "single", memory_limit: int | None = None
) -> Plan:
    """One plan of a `Planner`."""
    return Planner(circuit, precision, memory_limit).plan(queries)


def _choose(
    circuit: Circuit, queries: Sequence[Query], prepared: dict[str, Prepared], precision: str, limit: int
) -> tuple[Row, ...]:
    costs = {query: {name: one.cost(query, precision) for name, one in prepared.items()} for query in queries}
    reasons = {query: {name: _refusal(cost, limit) for name, cost in costs[query].items()} for query in queries}
    fitting = {query: [name for name in prepared if not reasons[query][name]] for query in queries}
    for query in queries:
        if not fitting[query]:
            raise QglError([_too_large(circuit, query, costs[query], limit)])
    chosen = _assign(queries, fitting, costs)
    return tuple(_row(query, chosen[query], costs[query], reasons[query]) for query in queries)


def _refusal(cost: Cost, limit: int) -> str:
    if cost.memory > limit:
        return f"needs {amount(cost.memory)}, {amount(limit)} may be used"
    return cost.refusal


def _assign(
    queries: Sequence[Query], fitting: dict[Query, list[str]], costs: dict[Query, dict[str, Cost]]
) -> dict[Query, str]:
    """The methods that answer all queries in the least time, work that is shared counted once for each method."""

    def seconds(names: Sequence[str]) -> float:
        shared: dict[str, float] = {}
        total = 0.0
        for query, name in zip(queries, names, strict=True):
            cost = costs[query][name]
            shared[name] = max(shared.get(name, 0.0), cost.shared)
            total += cost.seconds - cost.shared
        return total + sum(shared.values())

    count = 1
    for query in queries:
        count *= len(fitting[query])
    if count > _COMBINATIONS:  # each for itself
        return {query: min(fitting[query], key=lambda name: costs[query][name].seconds) for query in queries}
    best = min(itertools.product(*(fitting[query] for query in queries)), key=seconds)
    return dict(zip(queries, best, strict=True))


def _row(query: Query, chosen: str, costs: dict[str, Cost], reasons: dict[str, str]) -> Row:
    def why(name: str) -> str:
        if name == chosen or reasons[name]:
            return reasons[name]
        ratio = costs[name].seconds / max(costs[chosen].seconds, 1e-12)
        return f"{ratio:.2g} times as long" if ratio >= 1 else "another query is answered by the chosen one anyway"

    order = sorted(costs, key=lambda name: (name != chosen, bool(costs[name].refusal), costs[name].seconds))
    return Row(query, chosen, tuple(Candidate(name, costs[name], why(name)) for name in order))


def _too_large(circuit: Circuit, query: Query, costs: dict[str, Cost], limit: int) -> TooLarge:
    kinds = Counter(wire.kind for wire in circuit.wires)
    visible, hidden = kinds["visible"], kinds["hidden"]
    widest = max(cost.width for cost in costs.values())
    discarded = max(0, widest - visible - hidden)
    span, culprit = _culprit(circuit, discarded > visible + hidden)
    figures = tuple((name, cost.width, cost.memory) for name, cost in costs.items() if cost.memory)
    return TooLarge(span, describe(query), figures, limit, visible, hidden, discarded, culprit)


def _culprit(circuit: Circuit, by_operations: bool) -> tuple[Span | None, str]:
    """The place of the text that makes most qubits, and what it does."""
    if by_operations:
        adding = Counter(o.span for o in circuit.operations if o.gate in CHANNELS or o.gate in _ADDING)
        if adding:
            span, count = adding.most_common(1)[0]
            return span, f"happens {count} times, with discarded qubits each time"
    registers = Counter(wire.span for wire in circuit.wires)
    if not registers:
        return None, ""
    span, count = registers.most_common(1)[0]
    return span, f"{count} qubits"
