"""What a plan is, and what a method must offer to be chosen for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.state.tables import KINDS, NO_FLIPS, FlipTable, Tables
from qgl.query import Expectation, GivenPauliWords, GivenStrings, LogProb, Marginals, Query, Samples

COMPILED_SECONDS = 2.0  # of what is one loop over tables, whatever their length: states, sectors, IQP
NO_METHOD = "no method can answer this"


@dataclass(frozen=True, slots=True)
class Cost:
    """What the answer to one query takes, value and gradient, and whether the method can give it at all.

    seconds    rough, on the machine that the constants were measured on
    memory     bytes of arrays
    flops      floating-point operations
    width      qubits that are simulated at once
    shared     of the seconds, those that further queries to the same method would not take again
    refusal    why the method cannot answer, or ""
    compiling  bytes that compiling takes beyond what it takes for any program, once however many run together
    compiled   processor seconds of tracing and compiling it for the first time, rough
    facts      figures of the method's own, as `qglc explain` shows them: ("cones", 998), ("bond", 16)
    """

    seconds: float
    memory: int
    flops: float
    width: int
    shared: float = 0.0
    refusal: str = ""
    facts: tuple[tuple[str, int | float | str], ...] = ()
    compiling: int = 0
    compiled: float = COMPILED_SECONDS

    @classmethod
    def refused(cls, reason: str, width: int = 0) -> Cost:
        """Of a method that cannot answer."""
        return cls(0.0, 0, 0.0, width, refusal=reason)


class Lowered(Protocol):
    """A circuit as one method runs it: arrays and numbers only. `qgl.kernels.simulator.RUNNERS` goes by its class."""

    @property
    def method(self) -> str:
        """Name of the method."""
        ...

    def sizes(self) -> dict[str, int]:
        """Numbers of things in it, for `qglc explain`."""
        ...


@dataclass(frozen=True, eq=False)
class StateProgram:
    """A circuit as a method runs it that holds the whole state.

    visible are the places of the visible bits, most significant first. In a density matrix, place p has its ket at
    2p and its bra at 2p + 1 of the state; in a state vector a place is a bit of the state. `flips` happen to the bits
    that are read out.
    """

    method: str
    tables: Tables
    visible: tuple[int, ...]
    flips: FlipTable = NO_FLIPS

    def sizes(self) -> dict[str, int]:
        tables = self.tables
        steps = {f"{name}_steps": int((tables.steps.kind == kind).sum()) for kind, name in enumerate(KINDS)}
        return {
            "state_bits": tables.axes,
            "block_width": tables.products.width,
            "steps": len(tables.steps.kind),
            **{name: count for name, count in steps.items() if count},
            "small_matrices": sum(group.count for group in tables.pool.groups),
            "transpositions": len(tables.steps.moves),
            **({"flips": len(self.flips.masks)} if len(self.flips.masks) else {}),
        }


class Prepared(Protocol):
    """A circuit made ready for one method."""

    def cost(self, query: Query, precision: str) -> Cost:
        """What the query takes; `precision` is "single" or "double"."""
        ...

    def lower(self, queries: tuple[Query, ...], precision: str) -> Lowered:
        """What answers `queries`, none of which it refused."""
        ...


class Method(Protocol):
    """A way to answer queries: one object, listed in `qgl.plan.planner.METHODS`."""

    @property
    def name(self) -> str:
        """As `qglc explain` shows it, and as it stands in a plan."""
        ...

    def prepare(self, variants: CircuitVariants) -> Prepared:
        """Cheap where the method cannot do the circuit anyway: every method is prepared for every plan."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """One method for one query, as `qglc explain` shows it.

    reason   why it was not taken; "" for the chosen one
    refused  it cannot answer, or not within the memory that may be used
    """

    method: str
    cost: Cost
    reason: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One query of a plan, the chosen method first among its candidates; none where no method can answer.

    because  why a truncated method is chosen; "" where none is
    """

    query: Query
    chosen: str
    candidates: tuple[Candidate, ...]
    because: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "query": describe(self.query),
            "method": self.chosen or None,
            "because": self.because or None,
            "candidates": [_candidate(candidate) for candidate in self.candidates],
        }


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
            "queries": [row.to_json() for row in self.rows],
            "methods": {name: lowered.sizes() for name, lowered in self.lowered.items()},
        }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    cost = candidate.cost
    return {
        "method": candidate.method,
        "seconds": cost.seconds or None,
        "memory_bytes": cost.memory if 0 < cost.memory < 2**63 else None,  # what is out of reach has no figure
        "compile_seconds": None if cost.refusal else cost.compiled,
        "flops": cost.flops,
        "width": cost.width,
        **dict(cost.facts),
        "why_not": candidate.reason or None,
    }


def describe(query: Query) -> str:
    """A query in a few words, without its data."""
    match query:
        case LogProb():
            return f"LogProb of {_counted(len(query.rows), 'string')}"
        case GivenStrings(count):
            return f"LogProb of {_counted(count, 'string')}, given later"
        case Expectation():
            return f"Expectation of {_counted(query.count, 'Pauli word')}"
        case GivenPauliWords(count, samples):
            noise = "" if samples is None else f", {_counted(samples, 'draw')}"
            return f"Expectation of {_counted(count, 'Pauli word')}, given later{noise}"
        case Marginals(regions, bits):
            return f"{'Distributions' if bits else 'Marginals'} of {_counted(len(regions), 'region')}"
        case Samples(shots):
            return f"Samples, {_counted(shots, 'shot')}"
        case _:
            return type(query).__name__


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
