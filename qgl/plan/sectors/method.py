"""Circuits that conserve a charge: the state vector on the basis states of one sector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qgl.ir.circuit import Circuit
from qgl.passes.charges.conserved import Conserved, conserved
from qgl.passes.charges.reach import Reach
from qgl.passes.charges.transitions import Transition, transitions
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.costs import query_memory
from qgl.plan.expressions import ExpressionBuilder
from qgl.plan.model import Cost, Prepared
from qgl.plan.sectors.basis import MOST_PLACES, Basis, reachable
from qgl.plan.sectors.lower import SectorLowerer
from qgl.plan.sectors.tables import SectorProgram
from qgl.program.operations import LIFETIME, Evolution, Operation
from qgl.query import Expectation, GivenPauliWords, GivenStrings, Probabilities, Query

MOST_STATES = 1 << 22
MOST_BITS = 24  # visible qubits up to which a distribution of all strings is held
BYTES = {"single": 8, "double": 16}
DOUBLE = 2.0
GRADIENT = 4.0
STEP_SECONDS = 2e-6
ENTRY_SECONDS = 4e-9  # for each amplitude and off-diagonal entry
EVOLUTION = 30.0  # applications of the Hamiltonian that are expected in an evolution, as its time is not known
ENTRY_OVERHEAD = 0.7e-6  # of an application
STATES = 8  # states that are held
LEAST_MEMORY = 20_000  # bytes of a program whatever it holds
HELD = 2  # times that a table is held: in the plan and as an argument of what is compiled
STATE_BYTES = 16  # of a basis state as a number, and of its visible string's


@dataclass(frozen=True, eq=False)
class Sector:
    """The sector that a circuit of unitary gates stays in. `place_of` gives the place of a wire in a basis state."""

    circuit: Circuit

    @cached_property
    def conserved(self) -> Conserved:
        """The charges that the operations conserve."""
        touched = {wire for operation in self.circuit.operations for wire in operation.wires}
        visible = set(self.circuit.visible)
        wires = (*self.circuit.visible, *sorted(touched - visible))
        return conserved(self.circuit.operations, wires)

    @cached_property
    def place_of(self) -> dict[int, int]:
        """The place of each wire in a basis state."""
        return {wire: place for place, wire in enumerate(self.conserved.wires)}

    @cached_property
    def states(self) -> int | None:
        """Basis states that the charges leave open; None: more than can be counted."""
        return Reach(self.conserved, self.circuit.visible).states

    @cached_property
    def basis(self) -> Basis | None:
        """The basis states that are reached; None where they are more than `MOST_STATES`."""
        changes = dict.fromkeys(change for o in self.conserved.operations for change in transitions(o))
        return reachable(changes, self.conserved.start, self.place_of, MOST_STATES)

    def program(self, name: str, pieces: Iterable[Iterable[Operation]] | None = None) -> SectorProgram:
        """The tables of the operations, or of `pieces` of them with a cut before each.

        Raises:
            ValueError: the sector is too large.
        """
        basis = self.basis
        if basis is None:
            raise ValueError(f"a sector of more than {MOST_STATES:,} basis states")
        expressions = ExpressionBuilder([parameter.size for parameter in self.circuit.parameters])
        lowerer = SectorLowerer(basis, self.place_of, expressions)
        for piece in (self.conserved.operations,) if pieces is None else pieces:
            lowerer.cut()
            for operation in piece:
                lowerer.add(operation)
        start = sum(bit << (basis.places - 1 - self.place_of[w]) for w, bit in self.conserved.start.items())
        tables = lowerer.finish(int(np.searchsorted(basis.codes, np.uint64(start))))
        shift = np.uint64(basis.places - len(self.circuit.visible))
        codes, string = np.unique(basis.codes >> shift, return_inverse=True)
        shifts = np.arange(len(self.circuit.visible) - 1, -1, -1).astype(np.uint64)
        strings = (codes[:, None] >> shifts & np.uint64(1)).astype(np.uint8)
        return SectorProgram(name, tables, strings, string.reshape(-1).astype(np.int32))


@dataclass(frozen=True, eq=False)
class PreparedSector:
    """A circuit made ready for a sector; its charges are looked for when a cost is first wanted."""

    name: str
    variants: CircuitVariants

    @cached_property
    def sector(self) -> Sector:
        """The sector of the circuit after its passes."""
        return Sector(self.variants.pure)

    @cached_property
    def refusal(self) -> str:
        """Why the circuit is none for this method, or an empty string."""
        if not self.variants.bits_only:
            return "answers measurements in the computational basis only"
        if self.variants.width > MOST_PLACES:
            return f"of more than {MOST_PLACES} qubits it does not answer"
        conserved = self.sector.conserved
        if not conserved.charges:
            return "no charge is conserved"
        if len(conserved.wires) > MOST_PLACES:
            return f"of more than {MOST_PLACES} qubits it does not answer"
        states = self.sector.states
        if states is None or states > MOST_STATES:
            return f"a sector of more than {MOST_STATES:,} basis states is not supported"
        return ""

    def cost(self, query: Query, precision: str) -> Cost:
        """Of one value and gradient."""
        width = self.variants.width
        if self.refusal:
            return Cost.refused(self.refusal, width)
        if width > MOST_BITS and isinstance(query, Probabilities | GivenPauliWords | GivenStrings | Expectation):
            return Cost.refused(
                f"of more than {MOST_BITS} bits it answers for given strings, samples and distributions of regions"
            )
        seconds, entries, table, states = self._work
        if precision == "double":
            seconds *= DOUBLE
        table += width + STATE_BYTES
        memory = states * (STATES * BYTES[precision] + HELD * table) + LEAST_MEMORY
        memory += int(query_memory(query, min(width, MOST_BITS), precision))
        facts = (("states", states), ("steps", len(self.sector.conserved.operations)))
        return Cost(seconds, memory, 8 * entries, len(self.sector.conserved.wires), shared=seconds, facts=facts)

    @cached_property
    def _work(self) -> tuple[float, float, int, int]:
        """Seconds and products of value and gradient in single precision, bytes of all tables for each basis state, and
        basis states.
        """
        states = self.sector.states or 0
        seconds, entries, shapes = STEP_SECONDS, 0.0, dict[tuple[tuple[int, ...], int, int], int]()
        for operation in self.sector.conserved.operations:
            if isinstance(operation, LIFETIME):
                continue
            flips = {frozenset(_flipped(change)) for change in transitions(operation)}
            times = EVOLUTION if isinstance(operation, Evolution) and flips else 1.0
            entries += times * (1 + len(flips)) * states
            seconds += STEP_SECONDS + times * ENTRY_OVERHEAD
            table = _table_bytes(operation, len(flips))
            shapes[operation.wires, len(flips), table] = table
        return GRADIENT * (seconds + ENTRY_SECONDS * entries), GRADIENT * entries, sum(shapes.values()), states

    def lower(self, queries: tuple[Query, ...], precision: str) -> SectorProgram:
        """One program for any queries of bits."""
        return self.sector.program(self.name)


def _table_bytes(operation: Operation, flips: int) -> int:
    """Bytes that an operation's tables have for each basis state: what evolutions and matrices take for an off-diagonal
    entry, and a sign for each Z word.
    """
    if isinstance(operation, Evolution):
        return 5 * flips + sum(1 for _, pauli_word in operation.terms if set(pauli_word) <= set("IZ"))
    return 8 * flips + 4 if flips else 1


def _flipped(change: Transition) -> Iterator[int]:
    triples = zip(change.wires, change.before, change.after, strict=True)
    return (wire for wire, before, after in triples if before != after)


class Sectors:
    """The state vector on the basis states of one sector of the conserved charges."""

    name = "sectors"

    def prepare(self, variants: CircuitVariants) -> Prepared:
        return PreparedSector(self.name, variants)
