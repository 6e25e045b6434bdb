"""What a plan is, and what a method must offer to be chosen for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from qgl.ir.circuit import Circuit
from qgl.plan.tables import KINDS, Tables
from qgl.query import Expectation, LogProb, Marginals, Query, Samples


@dataclass(frozen=True, slots=True)
class Cost:
    """What one value and gradient takes.

    seconds    rough, on the machine that the constants were measured on
    memory     bytes
    flops      floating-point operations
    width      qubits that are simulated at once
    """

    seconds: float
    memory: int
    flops: float
    width: int


@dataclass(frozen=True, eq=False)
class Lowered:
    """A circuit as one method runs it.

    visible are the places of the visible bits, most significant first. In a density matrix, place p has its ket at
    2p and its bra at 2p + 1 of the state; in a state vector a place is a bit of the state.
    """

    method: str
    tables: Tables
    visible: tuple[int, ...]


class Prepared(Protocol):
    """A circuit made ready for one method."""

    def cost(self, query: Query, precision: str) -> Cost:
        """What the query takes; `precision` is "single" or "double"."""

    def refusal(self) -> str:
        """Why the method cannot do this circuit at all, or ""."""

    def lower(self) -> Lowered:
        """The tables that answer every query."""


class Method(Protocol):
    """A way to answer queries: one object, listed in `qgl.plan.planner.METHODS`."""

    name: str

    def prepare(self, circuit: Circuit, bits_only: bool) -> Prepared:
        """`circuit` is as it was checked, before any pass; `bits_only`: phases of the visible state do not matter."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One method for one query, as `qglc explain` shows it."""

    method: str
    cost: Cost | None
    reason: str  # why it was not taken; "" for the chosen one


@dataclass(frozen=True, slots=True)
class Row:
    """One query of a plan, the chosen method first among its candidates."""

    query: Query
    chosen: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """How every query is answered.

    seen       positions of the visible qubits that the queries look at; the rows speak of these alone
    bits_only  gates that `reads_only_bits` queries cannot see are left out
    """

    rows: tuple[Row, ...]
    lowered: dict[str, Lowered]
    precision: str
    bits_only: bool
    inputs: int
    seen: tuple[int, ...]

    @property
    def width(self) -> int:
        """Number of visible qubits that the queries look at."""
        return len(self.seen)

    def to_json(self) -> dict[str, Any]:
        """Plain data: figures of every row and the sizes of every lowered circuit."""
        return {
            "precision": self.precision,
            "bits_only": self.bits_only,
            "inputs": self.inputs,
            "visible": self.width,
            "queries": [
                {
                    "query": describe(row.query),
                    "method": row.chosen,
                    "candidates": [_candidate(candidate) for candidate in row.candidates],
                }
                for row in self.rows
            ],
            "methods": {name: sizes(lowered.tables) for name, lowered in self.lowered.items()},
        }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    cost = candidate.cost
    figures = (
        {}
        if cost is None
        else {"seconds": cost.seconds, "memory_bytes": cost.memory, "flops": cost.flops, "width": cost.width}
    )
    return {"method": candidate.method, **figures, "why_not": candidate.reason or None}


def sizes(tables: Tables) -> dict[str, int]:
    """Numbers of things in the tables of a lowered circuit."""
    steps = {f"{name}_steps": int((tables.steps.kind == kind).sum()) for kind, name in enumerate(KINDS)}
    return {
        "state_bits": tables.places,
        "block_width": tables.products.width,
        "steps": len(tables.steps.kind),
        **{name: count for name, count in steps.items() if count},
        "small_matrices": sum(group.count for group in tables.pool.groups),
        "transpositions": len(tables.steps.moves),
    }


def describe(query: Query) -> str:
    """A query in a few words, without its data."""
    match query:
        case LogProb():
            return f"LogProb of {len(query.rows)} strings"
        case Expectation(words):
            return f"Expectation of {len(words)} words"
        case Marginals(regions):
            return f"Marginals of {len(regions)} regions"
        case Samples(shots):
            return f"Samples, {shots} shots"
        case _:
            return type(query).__name__
