"""Bayesian networks of qubits as a method: likelihoods of strings of all qubits, and ancestral sampling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from qgl.plan.ancestral.tables import AncestralProgram, levels_of, tables_of, wires_of
from qgl.plan.ancestral.turns import NotAncestralError, Turn, hold_to_turns, turns_of
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.model import Cost, Prepared
from qgl.query import GivenStrings, LogProb, Query, Samples

MOST_OPERATIONS = 200_000
TOGETHER = 1 << 22  # amplitudes of all rounds that are held at once, of strings that go side by side
TURN_SECONDS = {"single": 8e-9, "double": 13e-9}  # of a string, for each choice of a cell in a round
TABLE_SECONDS = 60e-9  # of a matrix, for each choice
ROUND_SECONDS = 5e-6
GRADIENT = 4.0
AMPLITUDE_BYTES = {"single": 8, "double": 16}
TABLE_BYTES = 16  # of a choice: four entries of the pool
HELD = 6.0  # arrays of the size of a round's matrices or amplitudes that value and gradient hold


@dataclass(frozen=True, eq=False)
class _Shape:
    """Sizes of the tables: see `AncestralProgram`."""

    cells: int
    rounds: int
    choices: int
    levels: int
    widest: int  # cells of a level
    hidden: int

    @property
    def table(self) -> int:
        """Matrices."""
        return self.rounds * (self.cells + 1) * self.choices


def together(count: int, cells: int, rounds: int) -> int:
    """Strings that go side by side, of `count`."""
    return max(1, min(count, TOGETHER // (2 * cells * rounds)))


@dataclass(frozen=True, eq=False)
class PreparedAncestral:
    """A circuit made ready; its turns are looked for when a cost is first wanted."""

    name: str
    variants: CircuitVariants

    @property
    def _is_large(self) -> bool:
        """Whether it is not even gone through, nor are its channels dilated."""
        return len(self.variants.circuit.operations) > MOST_OPERATIONS

    @cached_property
    def _turns(self) -> list[Turn] | str:
        """The turns, or why there are none."""
        if self._is_large:
            count = len(self.variants.circuit.operations)
            return f"{count:,} operations; {MOST_OPERATIONS:,} are the most"
        try:
            hold_to_turns(self.variants.pure)
            return turns_of(self.variants.pure.operations)
        except NotAncestralError as error:
            return str(error)

    @cached_property
    def _shape(self) -> _Shape:
        turns, visible = self._turns, self.variants.pure.visible
        assert not isinstance(turns, str)
        wires = wires_of(turns, visible)
        own, levels = dict.fromkeys(wires, 0), levels_of(turns, wires)
        for turn in turns:
            own[turn.wire] += 1
        sizes = dict.fromkeys(levels.values(), 0)
        for level in levels.values():
            sizes[level] += 1
        rounds = max(1, *own.values())
        choices = 1 << max((len(turn.inside) for turn in turns), default=0)
        return _Shape(len(wires), rounds, choices, len(sizes), max(sizes.values()), len(wires) - len(visible))

    def cost(self, query: Query, precision: str) -> Cost:
        """Of one value and gradient, or of all shots, which have none."""
        match query:
            case LogProb():
                count, gradient = len(query.rows), GRADIENT
            case GivenStrings(count):
                gradient = GRADIENT
            case Samples(count):
                gradient = 1.0
            case _:
                return Cost.refused("answers strings only: their likelihoods, and samples")
        if self._is_large:
            return Cost.refused(str(self._turns))
        pure = self.variants.pure
        if len(pure.live_wires) > len(pure.visible) and not isinstance(query, Samples):
            return Cost.refused("likelihoods take the bits of all qubits, and some are hidden")
        if isinstance(self._turns, str):
            return Cost.refused(self._turns)
        shape = self._shape
        side_by_side = together(count, shape.cells, shape.rounds)
        rows = shape.levels * shape.widest if isinstance(query, Samples) else shape.cells
        work = gradient * count * shape.rounds * rows * shape.choices
        batches = -(-count // side_by_side) * shape.rounds * (shape.levels if isinstance(query, Samples) else 1)
        seconds = work * TURN_SECONDS[precision] + gradient * shape.table * TABLE_SECONDS + batches * ROUND_SECONDS
        number = AMPLITUDE_BYTES[precision]
        memory = shape.table * (TABLE_BYTES + HELD * 4 * number) + count * (shape.cells + 4)
        if isinstance(query, Samples):
            memory += side_by_side * (number * shape.widest * HELD * shape.choices + 4 * shape.cells)
        else:
            memory += number * side_by_side * shape.cells * (2 * shape.rounds + HELD * (2 + shape.choices))
        facts = (("cells", shape.cells), ("rounds", shape.rounds), ("levels", shape.levels), ("together", side_by_side))
        return Cost(seconds, int(memory), 8 * work, 1, facts=facts)

    def lower(self, queries: tuple[Query, ...], precision: str) -> AncestralProgram:
        """One program for any strings and numbers of shots."""
        turns, circuit = self._turns, self.variants.pure
        assert not isinstance(turns, str)
        sizes = [parameter.size for parameter in circuit.parameters]
        return tables_of(self.name, turns, circuit.visible, sizes)


class Ancestral:
    """Bits one after another, each from those that control it, where every qubit is turned under controls alone."""

    name = "ancestral"

    def prepare(self, variants: CircuitVariants) -> Prepared:
        return PreparedAncestral(self.name, variants)
