"""The ways to run a whole circuit: as a state vector and as a density matrix."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from qgl.ir.circuit import Circuit
from qgl.plan.costs import pass_seconds, query_memory
from qgl.plan.dense import dense_elements
from qgl.plan.density import density_elements
from qgl.plan.elements import Element
from qgl.plan.expressions import ExpressionBuilder
from qgl.plan.lower import Part, arrange, block_width, lower, widest_small
from qgl.plan.model import Cost, Prepared, StateProgram
from qgl.plan.places import dense_places, density_places
from qgl.plan.subject import Subject
from qgl.query import Query

BYTES = {"single": 8, "double": 16}
LARGEST = 30  # bits of a state: indices are 32-bit integers
MOST_BITS = 500  # beyond, times stay the same: they are out of reach in any case


@dataclass(frozen=True, eq=False)
class Whole:
    """A circuit made ready for a method that holds its whole state."""

    method: str
    circuit: Circuit
    elements: list[Element]
    bits: int  # of the state
    qubits: int
    visible: tuple[int, ...]
    unitary: bool

    @cached_property
    def parts(self) -> list[Part]:
        """The steps; one for each element where the state is too large for it to matter."""
        if self.bits > LARGEST:
            return [*self.elements]
        return arrange(self.elements, self.bits, self.block_width)

    @property
    def block_width(self) -> int:
        return max(widest_small(self.elements, self.bits), block_width(self.bits))

    def cost(self, query: Query, precision: str) -> Cost:
        """Of one value and gradient."""
        size = BYTES[precision] << self.bits
        steps = len(self.parts)
        # Un-applying needs the state, its cotangent and room for both to move; else states are kept at checkpoints.
        states = 6 if self.unitary else 6 + math.ceil(2 * steps**0.5)
        memory = states * size + int(query_memory(query, len(self.visible), precision))
        seconds, flops = pass_seconds(self.parts, min(self.bits, MOST_BITS), self.block_width, precision)
        refusal = f"states of more than {LARGEST} bits are not supported" if self.bits > LARGEST else ""
        return Cost(seconds, memory, flops, self.qubits, shared=seconds, refusal=refusal)

    def lower(self, queries: tuple[Query, ...], precision: str) -> StateProgram:
        """One program for any queries."""
        return self._program

    @cached_property
    def _program(self) -> StateProgram:
        expressions = ExpressionBuilder([parameter.size for parameter in self.circuit.parameters])
        arity = widest_small(self.elements, self.bits)
        tables = lower(self.parts, self.bits, arity, self.block_width, expressions, self.unitary)
        return StateProgram(self.method, tables, self.visible)


class Dense:
    """The state vector of all visible, hidden and discarded qubits; channels as gates on fresh qubits."""

    name = "dense"

    def prepare(self, subject: Subject) -> Prepared:
        pure = subject.pure
        place_of = dense_places(pure)
        elements = dense_elements(pure.operations, place_of)
        visible = tuple(place_of[wire] for wire in pure.visible)
        return Whole(self.name, pure, elements, len(place_of), len(place_of), visible, unitary=True)


class DensityMatrix:
    """The density matrix of the qubits that are alive at the same time; places of ended ones are used again."""

    name = "density"

    def prepare(self, subject: Subject) -> Prepared:
        mixed = subject.mixed
        allocation = density_places(mixed)
        elements = density_elements(mixed, allocation)
        visible = tuple(allocation.place_of[wire] for wire in mixed.visible)
        places = allocation.places
        return Whole(self.name, mixed, elements, 2 * places, places, visible, unitary=False)
