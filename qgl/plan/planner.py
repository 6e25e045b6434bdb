"""Queries to a plan: the cheapest methods that fit."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from qgl.collector import put_off
from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import Attempt, TooLarge, amount
from qgl.ir.circuit import Circuit
from qgl.passes.light_cone import light_cone
from qgl.plan.ancestral.method import Ancestral
from qgl.plan.blame import blame
from qgl.plan.boundary.method import BoundaryContraction
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.cones.method import LightCones
from qgl.plan.contraction.method import Contraction
from qgl.plan.gate_by_gate.method import GateByGate
from qgl.plan.iqp.method import Iqp
from qgl.plan.memory import for_arrays
from qgl.plan.model import Candidate, Cost, Method, Plan, Prepared, Row, describe
from qgl.plan.preference import Allowed, Weighing, weighing
from qgl.plan.propagation.method import PauliPropagation
from qgl.plan.sectors.method import Sectors
from qgl.plan.state.methods import DensityMatrix, StateVector
from qgl.plan.trajectories.method import Trajectories
from qgl.program.calls.gradients import Propagation, Sweep
from qgl.query import Expectation, Probabilities, Query, Samples, reads_only_bits, restricted, support

METHODS: tuple[Method, ...] = (
    StateVector(),
    Sectors(),
    DensityMatrix(),
    LightCones(),
    Trajectories(),
    Iqp(),
    BoundaryContraction(),
    Contraction(),
    Ancestral(),
    GateByGate(),
    PauliPropagation(name="exact propagation"),
)


APPROXIMATE = (Propagation.method, Sweep.method)


def _silent(wording: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, eq=False)
class Weighed:
    """What every method would take for some queries that are planned together, and which ones are chosen.

    seen  positions of the visible qubits that the queries look at; the rows speak of these alone
    rows  in the order of the queries, each once; `chosen` is empty where no method can answer within `limit` bytes
    """

    variants: CircuitVariants
    seen: tuple[int, ...]
    rows: tuple[Row, ...]
    limit: int

    def refusals(self, copies: int = 1, seeds: int = 1) -> Iterator[TooLarge]:
        """Why each query that has no method has none; `copies` of an answer are held at once, for so many seeds."""
        for row in self.rows:
            if not row.chosen or row.candidates[0].cost.memory * copies > self.limit:
                yield _too_large(self.variants.circuit, row, self.limit, copies, seeds)


@dataclass
class Planner:
    """Plans for one circuit as it was checked, before any pass; what methods prepare is kept for further plans.

    precision     "single" or "double"
    memory_limit  bytes of arrays; None: those of a process that fits into what the machine has free
    methods       exact ones that may be chosen from
    allowed       what may be chosen beside them
    told          hears which method is asked, as to find what one takes can need seconds
    """

    circuit: Circuit
    precision: str = "single"
    memory_limit: int | None = None
    methods: tuple[Method, ...] = METHODS
    allowed: Allowed | None = None
    told: Callable[[str], None] = _silent
    _prepared: dict[tuple[tuple[int, ...], bool], tuple[CircuitVariants, dict[str, Prepared]]] = field(
        default_factory=dict
    )

    @put_off()
    def plan(self, queries: Sequence[Query]) -> Plan:
        """The cheapest way to answer each query, exact or as allowed; work that queries share is counted once.

        Where the queries look at some visible qubits only, the circuit is cut down to the light cone of these.

        Raises:
            QglError: QGL0810, nothing fits.
        """
        weighed = self.weigh(queries)
        for refusal in weighed.refusals():
            raise QglError([refusal])
        bits_only = weighed.variants.bits_only
        _, prepared = self._prepare(weighed.seen, bits_only)
        shares: dict[str, list[Query]] = {}
        for row in weighed.rows:
            shares.setdefault(row.chosen, []).append(row.query)
        lowered = {name: prepared[name].lower(tuple(share), self.precision) for name, share in shares.items()}
        inputs = sum(parameter.size for parameter in self.circuit.parameters)
        return Plan(weighed.rows, lowered, self.precision, bits_only, inputs, weighed.seen)

    @put_off()
    def weigh(self, queries: Sequence[Query]) -> Weighed:
        """What each method would take for `queries`, and the choice; nothing is lowered, and nothing is refused."""
        queries = tuple(queries) or (Probabilities(),)
        width = len(self.circuit.visible)
        seen = tuple(sorted(frozenset().union(*(support(query, width) for query in queries)))) or (0,)
        queries = tuple(dict.fromkeys(restricted(query, seen) for query in queries))
        variants, prepared = self._prepare(seen, all(reads_only_bits(query) for query in queries))
        limit = for_arrays() if self.memory_limit is None else self.memory_limit
        rows = _choose(queries, prepared, self.allowed, self.precision, limit, self.told)
        return Weighed(variants, seen, rows, limit)

    def _prepare(self, seen: tuple[int, ...], bits_only: bool) -> tuple[CircuitVariants, dict[str, Prepared]]:
        if (seen, bits_only) not in self._prepared:
            whole = seen == tuple(range(len(self.circuit.visible)))
            variants = CircuitVariants(
                self.circuit if whole else light_cone(self.circuit.with_hidden_read, seen), bits_only
            )
            methods = self.methods if self.allowed is None else (*self.methods, self.allowed.method)
            prepared = {method.name: method.prepare(variants) for method in methods}
            self._prepared[seen, bits_only] = variants, prepared
        return self._prepared[seen, bits_only]


def plan(
    circuit: Circuit, queries: Sequence[Query], precision: str = "single", memory_limit: int | None = None
) -> Plan:
    """One plan of a `Planner`."""
    return Planner(circuit, precision, memory_limit).plan(queries)


def _choose(
    queries: Sequence[Query],
    prepared: dict[str, Prepared],
    allowed: Allowed | None,
    precision: str,
    limit: int,
    told: Callable[[str], None],
) -> tuple[Row, ...]:
    def cost(name: str, query: Query) -> Cost:
        told(f"{describe(query)}, by {name}")
        return prepared[name].cost(query, precision)

    def weighed(query: Query) -> Weighing:
        return weighing(query, prepared, allowed, cost, lambda cost: not _refusal(cost, limit))

    found = {query: weighed(query) for query in queries}
    costs = {query: one.costs for query, one in found.items()}
    refusals = {query: {name: _refusal(cost, limit) for name, cost in costs[query].items()} for query in queries}
    able = {
        query: [name for name in prepared if not refusals[query][name] and name not in found[query].reasons]
        for query in queries
    }
    chosen = _assign({query: names for query, names in able.items() if names}, costs)
    return tuple(_row(query, chosen.get(query, ""), found[query], refusals[query]) for query in queries)


def _refusal(cost: Cost, limit: int) -> str:
    if cost.memory > limit:
        return f"needs {amount(cost.memory)}; {amount(limit)} may be used"
    return cost.refusal


def _assign(fitting: dict[Query, list[str]], costs: dict[Query, dict[str, Cost]]) -> dict[Query, str]:
    """The methods that answer all queries in the least time, work that is shared counted once for each method.

    For each set of methods that may be used at all, every query takes the one that adds least.
    """

    def total(chosen: dict[Query, str]) -> float:
        shared: dict[str, float] = {}
        for query, name in chosen.items():
            shared[name] = max(shared.get(name, 0.0), costs[query][name].shared)
        return sum(shared.values()) + sum(_own(costs[query][name]) for query, name in chosen.items())

    names = list(dict.fromkeys(name for names in fitting.values() for name in names))
    assignments = []
    for count in range(len(names) + 1):
        for used in itertools.combinations(names, count):
            open_to = {query: [name for name in fits if name in used] for query, fits in fitting.items()}
            if all(open_to.values()):
                assignments.append(
                    {
                        query: min(options, key=lambda name: (_own(costs[query][name]), costs[query][name].seconds))
                        for query, options in open_to.items()
                    }
                )
    return min(assignments, key=total)


def _own(cost: Cost) -> float:
    """Seconds that the query takes beside what it shares with others of its method."""
    return cost.seconds - cost.shared


def _row(query: Query, chosen: str, found: Weighing, refusals: dict[str, str]) -> Row:
    costs = found.costs

    def why(name: str) -> str:
        if name == chosen or refusals[name] or name in found.reasons:
            return refusals[name] or found.reasons.get(name, "")
        ratio = costs[name].seconds / max(costs[chosen].seconds, 1e-12)
        if ratio < 1:
            return "another query is answered by the chosen one anyway"
        return f"{ratio:.2g} times as long" if ratio < 99.5 else f"{ratio:,.0f} times as long"

    order = sorted(costs, key=lambda name: (name != chosen, bool(refusals[name]), costs[name].seconds))
    candidates = (Candidate(name, costs[name], why(name), bool(refusals[name])) for name in order)
    return Row(query, chosen, tuple(candidates), found.because)


def _too_large(circuit: Circuit, row: Row, limit: int, copies: int, seeds: int) -> TooLarge:
    def attempt(candidate: Candidate) -> Attempt:
        memory, reason = candidate.cost.memory * copies, candidate.reason
        if copies > 1 and not candidate.cost.refusal and memory > limit:
            what = "seeds" if copies == seeds else "circuits that run together"
            reason = f"needs {amount(memory)} for {copies} {what}; {amount(limit)} may be used"
        return Attempt(candidate.method, candidate.cost.width, memory, reason)

    attempts = tuple(map(attempt, row.candidates))
    kinds = Counter(wire.kind for wire in circuit.wires)
    qubits = ", ".join(f"{kinds[kind]:,} {kind}" for kind in ("visible", "hidden", "fresh") if kinds[kind])
    at_fault = blame(circuit, row.query)
    advice = at_fault.advice if seeds == 1 else (*at_fault.advice, f"train fewer than {seeds} seeds at once")
    way = "propagation(smallest = 1e-4)" if isinstance(row.query, Expectation) else "sweep(bond = 32)"
    able = isinstance(row.query, Expectation | Samples)  # an objective of likelihoods would have no gradient
    if able and all(candidate.method not in APPROXIMATE for candidate in row.candidates):
        advice = (*advice, f"allow truncated answers: `approximate {way}` in `train`")
    return TooLarge(at_fault.span, describe(row.query), attempts, limit, qubits, at_fault.label, advice)
