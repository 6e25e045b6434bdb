"""The ways to run a whole circuit: as a state vector and as a density matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from qgl.bits import ragged
from qgl.expression import real
from qgl.ir.circuit import Circuit
from qgl.plan.axes import state_axes
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.costs import pass_seconds, query_memory, states_drawn_from, states_held
from qgl.plan.expressions import ExpressionBuilder
from qgl.plan.model import Cost, Prepared, StateProgram
from qgl.plan.pauli_flips import PauliFlip
from qgl.plan.state.density_matrix import density_elements
from qgl.plan.state.elements import Element, Start
from qgl.plan.state.lower import Part, arrange, block_width, lower, widest_small
from qgl.plan.state.places import places_of
from qgl.plan.state.state_vector import begun, dense_elements
from qgl.plan.state.tables import NO_FLIPS, FlipTable, Tables
from qgl.query import Query, Samples

BYTES = {"single": 8, "double": 16}
BLOCKS = 10  # matrices of the size of a block that are held for each step
LEAST_MEMORY = 20_000  # bytes of a program whatever it holds
FLIP_SECONDS = 3e-9  # of a bit and an amplitude, value and gradient: the distribution under flips
LARGEST = 30  # bits of a state: indices are 32-bit integers


@dataclass(frozen=True, eq=False)
class FullState:
    """A circuit made ready for a method that holds its whole state, as what axes begin in and a sequence of elements.

    bits is the width of the state, qubits what is simulated at once.
    """

    circuit: Circuit
    elements: list[Element]
    bits: int
    qubits: int
    visible: tuple[int, ...]
    unitary: bool
    flips: tuple[PauliFlip, ...] = ()
    starts: tuple[Start, ...] = ()

    @cached_property
    def parts(self) -> list[Part]:
        """The steps; one for each element where the state is too large for it to matter."""
        if self.bits > LARGEST:
            return [*self.elements]
        return arrange(self.elements, self.bits, self.block_width)

    @property
    def block_width(self) -> int:
        """Axes of a block."""
        return max(widest_small(self.elements, self.bits), block_width(self.bits))

    def memory(self, query: Query, precision: str) -> int:
        """Bytes of value and gradient, or of the samples."""
        samples = isinstance(query, Samples)
        states = states_drawn_from(self.parts) if samples else states_held(self.parts, self.unitary)
        blocks = BLOCKS * len(self.parts) << 2 * self.block_width
        held = BYTES[precision] * ((states << self.bits) + blocks)
        if self.flips:
            held += BYTES[precision] * (len(self.visible) + 2 << len(self.visible))
        return held + LEAST_MEMORY + int(query_memory(query, len(self.visible), precision))

    @cached_property
    def tables(self) -> tuple[Tables, FlipTable]:
        """The steps, and the flips that act after them."""
        expressions = ExpressionBuilder([parameter.size for parameter in self.circuit.parameters])
        arity, width = widest_small(self.elements, self.bits), len(self.visible)
        flips = flip_table(self.flips, width, expressions) if self.flips else NO_FLIPS
        return lower(self.parts, self.bits, arity, self.block_width, expressions, self.unitary, self.starts), flips


def flip_table(flips: tuple[PauliFlip, ...], width: int, expressions: ExpressionBuilder) -> FlipTable:
    """Stochastic flips of some of `width` bits."""
    rows: dict[int, list[int]] = {}
    for flip in flips:
        mask = sum(1 << (width - 1 - axis) for axis in flip.positions)
        rows.setdefault(mask, []).append(expressions.row(flip.angle))
    return FlipTable(np.array(list(rows), np.int32), ragged.table(rows.values(), expressions.row(real(0.0))))


@dataclass(frozen=True, eq=False)
class PreparedFullState:
    """A circuit made ready for a method that holds its whole state; no state is made before it is known to be in reach.

    least is the number of bits that the state has at the least, whatever the passes find.
    """

    method: str
    variants: CircuitVariants
    least: int
    make: Callable[[CircuitVariants], FullState]

    @cached_property
    def whole(self) -> FullState:
        """The circuit as elements of a state."""
        return self.make(self.variants)

    def cost(self, query: Query, precision: str) -> Cost:
        """Of one value and gradient."""
        refusal = f"a state of more than {LARGEST} bits is not supported"
        if self.least > LARGEST:
            return Cost(0.0, BYTES[precision] << self.least, 0.0, self.variants.width, refusal=refusal)
        whole = self.whole
        memory = whole.memory(query, precision)
        if whole.bits > LARGEST:
            return Cost(0.0, memory, 0.0, whole.qubits, refusal=refusal)
        seconds, flops = pass_seconds(whole.parts, whole.bits, whole.block_width, precision)
        facts: tuple[tuple[str, int], ...] = (("steps", len(whole.parts)), ("gates", len(whole.elements)))
        if whole.flips:
            facts = (*facts, ("flips", len(whole.flips)))
            seconds += FLIP_SECONDS * (len(whole.visible) << len(whole.visible))
        return Cost(seconds, memory, flops, whole.qubits, shared=seconds, facts=facts)

    def lower(self, queries: tuple[Query, ...], precision: str) -> StateProgram:
        """One program for any queries."""
        tables, flips = self.whole.tables
        return StateProgram(self.method, tables, self.whole.visible, flips)


@dataclass(frozen=True)
class StateVector:
    """The state vector of all visible, hidden and discarded qubits; channels as gates on fresh qubits.

    flips: those qubits that are stochastic Pauli flips (`qgl.plan.pauli_flips`) are left out, where bits alone are
    asked for.
    """

    flips: bool = True
    name: ClassVar[str] = "state vector"

    def prepare(self, variants: CircuitVariants) -> Prepared:
        carried = self.flips and variants.bits_only
        return PreparedFullState(self.name, variants, variants.width, _without_flips if carried else _state_vector)


class DensityMatrix:
    """The density matrix of the qubits that are alive at the same time; axes of ended ones are used again."""

    name = "density matrix"

    def prepare(self, variants: CircuitVariants) -> Prepared:
        return PreparedFullState(self.name, variants, 2 * variants.width, _density_matrix)


def _state_vector(variants: CircuitVariants) -> FullState:
    return _vector(variants.pure)


def _without_flips(variants: CircuitVariants) -> FullState:
    return _vector(variants.carried.circuit, variants.carried.flips)


def _vector(pure: Circuit, flips: tuple[PauliFlip, ...] = ()) -> FullState:
    axis_of = state_axes(pure)
    operations, starts = begun(pure.operations, axis_of)
    elements = dense_elements(operations, axis_of)
    visible = tuple(axis_of[wire] for wire in pure.visible)
    return FullState(pure, elements, len(axis_of), len(axis_of), visible, True, flips, tuple(starts))


def _density_matrix(variants: CircuitVariants) -> FullState:
    mixed = variants.mixed
    places = places_of(mixed)
    elements, starts = density_elements(mixed, places)
    visible = tuple(places.ket[wire] // 2 for wire in mixed.visible)
    return FullState(mixed, elements, 2 * places.pairs, places.pairs, visible, unitary=False, starts=tuple(starts))
