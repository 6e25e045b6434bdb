"""Queries to a plan: the cheapest method that fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import TooLarge, amount
from qgl.gates import CHANNELS
from qgl.ir.circuit import Circuit
from qgl.passes.light_cone import light_cone
from qgl.plan.memory import available
from qgl.plan.methods import Dense, DensityMatrix
from qgl.plan.model import Candidate, Cost, Method, Plan, Prepared, Row, describe
from qgl.query import Probabilities, Query, reads_only_bits, restricted, support
from qgl.source import Span

_ADDING = ("kraus", "fresh", "measure", "reset")  # beside named channels, what may add a qubit

METHODS: tuple[Method, ...] = (Dense(), DensityMatrix())


def plan(
    circuit: Circuit, queries: Sequence[Query], precision: str = "single", memory_limit: int | None = None
) -> Plan:
    """The cheapest exact way to answer each query on a circuit as it was checked, before any pass.

    Where the queries look at some visible qubits only, the circuit is cut down to the light cone of these.

    precision: "single" or "double". memory_limit: bytes; None: most of what the machine has free.

    Raises:
        QglError: QGL0810, nothing fits.
    """
    queries = tuple(queries) or (Probabilities(),)
    width = len(circuit.visible)
    seen = tuple(sorted(frozenset().union(*(support(query, width) for query in queries)))) or (0,)
    if len(seen) < width:
        circuit = light_cone(circuit, seen)
    asked = tuple(dict.fromkeys(restricted(query, seen) for query in queries))
    limit = available() if memory_limit is None else memory_limit
    bits_only = all(reads_only_bits(query) for query in asked)
    prepared = {method.name: method.prepare(circuit, bits_only) for method in METHODS}
    rows = tuple(_row(circuit, query, prepared, precision, limit) for query in asked)
    lowered = {name: prepared[name].lower() for name in dict.fromkeys(row.chosen for row in rows)}
    inputs = sum(parameter.size for parameter in circuit.parameters)
    return Plan(rows, lowered, precision, bits_only, inputs, seen)


def _row(circuit: Circuit, query: Query, prepared: dict[str, Prepared], precision: str, limit: int) -> Row:
    costs: dict[str, Cost] = {}
    reasons: dict[str, str] = {}
    for name, candidate in prepared.items():
        refusal = candidate.refusal()
        cost = candidate.cost(query, precision)
        costs[name] = cost
        if cost.memory > limit:
            reasons[name] = f"needs {amount(cost.memory)}, {amount(limit)} may be used"
        elif refusal:
            reasons[name] = refusal
    fitting = [name for name in prepared if name not in reasons]
    if not fitting:
        raise QglError([_too_large(circuit, query, costs, limit)])
    chosen = min(fitting, key=lambda name: costs[name].seconds)
    for name in fitting:
        if name != chosen:
            reasons[name] = f"{costs[name].seconds / costs[chosen].seconds:.2g} times as long"
    order = sorted(prepared, key=lambda name: (name != chosen, costs[name].seconds))
    return Row(query, chosen, tuple(Candidate(name, costs[name], reasons.get(name, "")) for name in order))


def _too_large(circuit: Circuit, query: Query, costs: dict[str, Cost], limit: int) -> TooLarge:
    kinds = Counter(wire.kind for wire in circuit.wires)
    visible, hidden = kinds["visible"], kinds["hidden"]
    widest = costs["dense"].width
    discarded = max(0, widest - visible - hidden)
    span, culprit = _culprit(circuit, discarded > visible + hidden)
    figures = tuple((name, cost.width, cost.memory) for name, cost in costs.items())
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
