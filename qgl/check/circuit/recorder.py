"""What a program does, noted operation by operation while it is read.

Wires and parameters start with those that the program declares; `fresh` and `?` add to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from qgl.check.declarations.declarations import Declarations
from qgl.check.limits import ITEMS, MAX_QUBITS, OPERATION, Budget
from qgl.check.reporter import Reporter
from qgl.check.values.conditions import Conjunction
from qgl.check.values.values import Array, Dimension, Value
from qgl.diagnostics.registers import OutcomeUnderCondition
from qgl.diagnostics.size import TooManyQubits
from qgl.expression import Input, Real
from qgl.program.operations import Operation
from qgl.program.program import DataSet, Distribution, Parameter, Table, Wire
from qgl.program.rolled import Block, Ints, Operations, Piece, touched
from qgl.source import Span
from qgl.syntax import tree

ChannelCall = tuple[str, Span, frozenset[int]]  # its name, and the wires that it touches
RolledCall = tuple[str, Span, Ints]  # the same in each round of a block, shape (rounds, wires)
Place = tuple[int, int, str, int | None]  # of a `?`: its source, where it stands, its kind and size


@dataclass(slots=True)
class _Anonymous:
    """A parameter that a `?` makes: how many times its place was reached."""

    parameter: int
    size: int | None
    count: int = 0


class Recorder:
    """`under` holds the conditions that hold at present: an operation is noted once under each of them."""

    def __init__(self, declarations: Declarations, reporter: Reporter, budget: Budget) -> None:
        self.reporter = reporter
        self.budget = budget
        self.operations: list[Operation] = []
        self.may_roll = True  # whether whoever reads the operations knows blocks
        self._blocks: list[tuple[int, Block]] = []  # with the number of single operations before them
        self._captures = 0
        self.wires: list[Wire] = declarations.wires
        self.parameters: list[Parameter | None] = declarations.parameters
        self.bits = 0
        self.under: tuple[Conjunction, ...] = ((),)
        self.channel_calls: list[ChannelCall | tuple[RolledCall, ...]] = []
        self._channel_depth = 0
        self._anonymous: dict[Place, _Anonymous] = {}
        self._declared = declarations
        self._names = set(declarations.main.names)

    @contextmanager
    def channel(self, name: str, span: Span) -> Iterator[None]:
        """A call of a channel; the wires that it touches are noted, unless it is part of another call."""
        first, blocks = len(self.operations), len(self._blocks)
        self._channel_depth += 1
        try:
            yield
        finally:
            self._channel_depth -= 1
        if self._channel_depth == 0:
            noted: list[Piece] = [*self.operations[first:], *(block for _, block in self._blocks[blocks:])]
            self.channel_calls.append((name, span, frozenset(touched(Operations(noted)))))

    def emit(self, operation: Operation) -> None:
        """Append an operation, under each of the conditions that hold here."""
        work = OPERATION + len(operation.numbers) + len(operation.wires) // ITEMS
        self.budget.spend(work * len(self.under), operation.span)
        for condition in self.under:
            self.operations.append(replace(operation, condition=condition) if condition else operation)

    @property
    def rolls(self) -> bool:
        """Whether a block can be noted here: under no condition, and where nobody looks at operations one by one."""
        return self.may_roll and self.under == ((),) and not self._captures

    def roll(self, block: Block, calls: Sequence[RolledCall] = ()) -> None:
        """Note a block, where `rolls`, and the calls of channels in each round."""
        self._blocks.append((len(self.operations), block))
        if calls and not self._channel_depth:
            self.channel_calls.append(tuple(calls))

    def finished_operations(self) -> Operations:
        """All that was noted, in order."""
        pieces: list[Piece] = []
        place = 0
        for before, block in self._blocks:
            pieces += self.operations[place:before]
            pieces.append(block)
            place = before
        return Operations([*pieces, *self.operations[place:]])

    def whatever_happens(self, span: Span, what: str) -> None:
        """That no condition holds here: an outcome labels all elements of the ensemble, or none.

        Raises:
            FaultyError: one does; reported.
        """
        if self.under != ((),):
            raise self.reporter.fault(OutcomeUnderCondition(span, what))

    def hole(self, node: tree.Hole, gate: str, kind: str, size: int | None) -> Value:
        """A new element, or vector of `size` elements, of the anonymous parameter of a `?`."""
        parameter, element = self.holes(node, gate, kind, size, 1)
        if size is None:
            return Real(0.0, ((1.0, Input(parameter, element)),))
        return Array(parameter, "?", element, (Dimension(size, f"0..{size - 1}"),), node.span)

    def holes(self, node: tree.Hole, gate: str, kind: str, size: int | None, count: int) -> tuple[int, int]:
        """New elements, or vectors, for a `?` that is reached `count` times: the parameter and the first element."""
        key = self.place_of(node, kind, size)
        anonymous = self._anonymous.get(key)
        if anonymous is None:
            anonymous = self._anonymous[key] = _Anonymous(len(self.parameters), size)
            self.parameters.append(self._declared.anonymous(self._unique(gate), kind, (), node.span))
        element = anonymous.count * (size or 1)
        anonymous.count += count
        return anonymous.parameter, element

    def place_of(self, node: tree.Hole, kind: str, size: int | None) -> Place:
        """What `?` of one parameter have in common."""
        return (id(node.span.source), node.span.start, kind, size)

    def parameter_at(self, place: Place) -> int | None:
        """The parameter of a `?` that was reached before."""
        known = self._anonymous.get(place)
        return None if known is None else known.parameter

    def row(self, data: DataSet, span: Span) -> tuple[Real, ...]:
        """The bits of one row of data, over which the model is a mixture."""
        name = self._unique("rows")
        number = len(self.parameters)
        distribution = Distribution("rows", (), fit=Table(data))
        self.parameters.append(Parameter("latent", name, (data.width,), "real", distribution, None, span))
        return tuple(Real(0.0, ((1.0, Input(number, k)),)) for k in range(data.width))

    def _unique(self, stem: str) -> str:
        """A name that nothing has yet: `rx_1`."""
        number = next(k for k in range(1, len(self._names) + 2) if f"{stem}_{k}" not in self._names)
        self._names.add(f"{stem}_{number}")
        return f"{stem}_{number}"

    def finished_parameters(self) -> tuple[Parameter, ...]:
        """All parameters, those of `?` with the number of times that their place was reached."""
        shapes = {
            each.parameter: (each.count,) if each.size is None else (each.count, each.size)
            for each in self._anonymous.values()
        }
        return tuple(
            replace(parameter, shape=shapes[k]) if k in shapes else parameter
            for k, parameter in enumerate(self.parameters)
            if parameter is not None
        )

    @contextmanager
    def captured(self) -> Iterator[list[Operation]]:
        """Operations go to the list that is given, not to the program."""
        outer, self.operations = self.operations, []
        self._captures += 1
        try:
            yield self.operations
        finally:
            self._captures -= 1
            self.operations = outer

    def fresh_wires(self, name: tree.Name, size: int) -> range:
        """Numbers of new wires for a `fresh` register.

        Raises:
            FaultyError: there are too many; reported.
        """
        first = len(self.wires)
        if first + size > MAX_QUBITS * 4:
            raise self.reporter.fault(
                TooManyQubits(name.span, "the program", f"{first + size:,} qubits", MAX_QUBITS * 4)
            )
        self.budget.spend(size, name.span)
        for position in range(size):
            self.wires.append(Wire("fresh", name.name, position, None, name.span))
        return range(first, first + size)

    def fresh_in_rounds(self, wires: Sequence[tuple[tree.Name, int]], rounds: int) -> None:
        """New wires, as many in each round: the names of their registers, and their positions there."""
        self.wires += [Wire("fresh", name.name, position, None, name.span) for name, position in wires] * rounds
