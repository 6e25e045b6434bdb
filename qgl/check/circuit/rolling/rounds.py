"""The body of a loop in all of its rounds at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from qgl.check.circuit.rolling.angles import NONE, Angles, array_of, fitted, is_rolled
from qgl.check.circuit.rolling.columns import (
    Column,
    Inputs,
    Ints,
    UnrolledError,
    Wide,
    in_each,
    is_varied,
)
from qgl.check.circuit.rolling.counted import Counted
from qgl.check.circuit.rolling.exponents import Exponent
from qgl.check.circuit.rolling.several import Matrices, kraus_matrices, of_qubits
from qgl.check.circuit.rolling.surroundings import Surroundings
from qgl.check.circuit.transform import controlled, inverse
from qgl.check.declarations.initial import STATES, named_state
from qgl.check.limits import CALL, OPERATION
from qgl.check.names.callees import BUILT_IN, MULTI_QUBIT, RESET, Callee
from qgl.check.names.modules import Symbol
from qgl.check.values.frame import Frame
from qgl.check.values.functions import is_number
from qgl.check.values.types import NUMBERS, Formal
from qgl.check.values.values import Group, Qubit, Site, Value
from qgl.expression import Input, Real
from qgl.gates import CHANNELS
from qgl.program.operations import Discard, Fresh, KrausChannel, Operation, Unitary, applied
from qgl.program.rolled import Lane, by_columns, of_columns
from qgl.source import Span
from qgl.syntax import tree

SHORT = 32  # turns of a loop in the body, from which on it had better be rolled up itself
MOST_LANES = 256


@dataclass
class Rounds:
    """What happens in `count` rounds, as far as it was read; `room` are the steps that it may take."""

    around: Surroundings
    count: int
    room: int
    lanes: list[Lane] = field(default_factory=list)
    calls: list[tuple[str, Span, int, int]] = field(default_factory=list)  # of channels: from which lane to which
    reached: list[Symbol] = field(default_factory=list)
    _within: int = 0  # channels

    def __post_init__(self) -> None:
        self.counted = Counted(self.around.recorder, self.count)

    # ------------------------------------------------------------ statements

    def block(self, statements: Sequence[tree.Statement], frame: Frame) -> None:
        """Statements in order, and the ends of the `fresh` qubits among them.

        Raises:
            UnrolledError: one of them is not alike in all rounds, or of a kind that is not read so.
        """
        ends: list[tuple[Ints, Span]] = []
        for statement in statements:
            match statement:
                case tree.Apply():
                    self._apply(statement, frame)
                case tree.Let(_, name, value):
                    self._let(name.name, value, frame)
                case tree.Fresh():
                    ends += self._begin(statement, frame)
                case tree.For() | tree.Repeat():
                    self._loop(statement, frame)
                case _:
                    raise UnrolledError
        for wires, span in reversed(ends):
            self._emit(Discard((0,), span), wires)

    def _let(self, name: str, value: tree.Expression, frame: Frame) -> None:
        handed_in = frame.is_handed_in(value)
        frame.names[name] = self.around.columns.read(value, frame)
        frame.lets = frame.lets or set()
        (frame.lets.discard if handed_in else frame.lets.add)(name)

    def _begin(self, node: tree.Fresh, frame: Frame) -> list[tuple[Ints, Span]]:
        """New wires, and the state that they start in."""
        size = 1 if node.size is None else self._integer(node.size, frame)
        initial = node.initial
        if size < 1 or (initial is not None and not (isinstance(initial, tree.Name) and initial.name in STATES)):
            raise UnrolledError
        if self.cost + self.count * size > self.room:
            raise UnrolledError
        numbers = self.counted.fresh(node.name, size)
        for position in range(size):
            self._emit(Fresh((0,), node.span), numbers[:, position : position + 1])
        frame.names[node.name.name] = Column("wire", numbers[:, 0]) if node.size is None else Wide(numbers)
        if initial is not None:
            for gate, positions, given in named_state(initial.name, size):
                self._emit(applied(gate, positions, initial.span, given), numbers[:, positions])
        return [(numbers[:, position : position + 1], node.span) for position in range(size)]

    def _loop(self, node: tree.For | tree.Repeat, frame: Frame) -> None:
        """A loop in the body, which is the same in all rounds and too short to be rolled up itself."""
        if isinstance(node, tree.Repeat):
            targets = [] if node.variable is None else [node.variable.name]
            items: Sequence[Value] = range(self._integer(node.count, frame))
        else:
            targets, items = [each.name for each in node.targets], self.around.columns.items(node.iterable, frame)
        if len(items) >= SHORT:
            raise UnrolledError
        for item in items:
            inner, parts = frame.inner(), item if len(targets) > 1 else (item,)
            if targets and (not isinstance(parts, tuple) or len(parts) != len(targets)):
                raise UnrolledError
            inner.names |= dict(zip(targets, parts, strict=False))
            self.block(node.body, inner)

    # ------------------------------------------------------------ gates and calls

    def _apply(self, node: tree.Apply, frame: Frame) -> None:
        name, start = node.gate.name, len(self.lanes)
        inverted, controls = self._modifiers(node, frame)
        operands = [self._operand(each, frame) for each in node.operands]
        values = [] if name in ("exp", "kraus") else self._values(node, frame)
        given, own = [wires for wires, _ in operands[:controls]], operands[controls:]
        if controls and not all(single for _, single in (operands[:controls] if name not in BUILT_IN else operands)):
            raise UnrolledError
        symbol = frame.module.names.get(name)
        if name == "exp":
            self._exponential(node, frame, own)
        elif name == "kraus":
            self._kraus(node, frame, own)
        elif name in MULTI_QUBIT:
            self._several(node, values, own)
        elif name in BUILT_IN:
            callee = RESET if name == "reset" and not node.arguments else BUILT_IN[name]
            self._along(node, callee, values, own, not controls)
        elif symbol is not None and symbol.kind in ("layer", "channel") and frame.find(name) is None:
            self.call(node, symbol, values, own)
        else:
            raise UnrolledError
        if controls or inverted:
            made = self.lanes[start:]
            whole = [[lane] for lane in made] if name in BUILT_IN else [made]
            self.lanes[start:] = [lane for each in whole for lane in self._transformed(each, given, inverted)]

    def _values(self, node: tree.Apply, frame: Frame) -> list[Value]:
        """The numbers in parentheses, None for a `?`."""
        read = self.around.columns.read
        values = [None if isinstance(each, tree.Hole) else read(each, frame) for each in node.arguments]
        self.around.warn(node, [None if is_varied(each) else each for each in values], frame)
        return values

    def _exponential(self, node: tree.Apply, frame: Frame, operands: Sequence[object]) -> None:
        if operands or len(node.arguments) != 1 or isinstance(node.arguments[0], tree.Hole):
            raise UnrolledError
        around, formal = self.around, Formal("a", "angle")

        def hole(each: tree.Hole) -> Inputs:
            angles, elements = self.counted.hole(each, formal, "exp")
            return Inputs(angles[0], elements)

        exponent = Exponent(self.count, around.columns, self._wires, hole, around.exponent_of)
        lane = exponent.lane(node.arguments[0], frame, node.span)
        self._emit(lane.pattern, lane.wires, lane.elements)

    def _modifiers(self, node: tree.Apply, frame: Frame) -> tuple[bool, int]:
        inverted = sum(each.kind == "inverse" for each in node.modifiers) % 2 == 1
        counts = [
            1 if each.count is None else self._integer(each.count, frame)
            for each in node.modifiers
            if each.kind == "ctrl"
        ]
        if any(not 1 <= each <= 1000 for each in counts) or sum(counts) > len(node.operands):
            raise UnrolledError
        return inverted, sum(counts)

    def _transformed(self, lanes: Sequence[Lane], controls: Sequence[Ints], inverted: bool) -> list[Lane]:
        """Lanes of gates undone, or under controls."""
        if not all(isinstance(lane.pattern, Unitary) for lane in lanes):
            raise UnrolledError
        if inverted:
            lanes = [lane.become(each) for lane in reversed(lanes) for each in inverse([lane.numbered])]
        made: list[Lane] = []
        for lane in lanes:
            count = len(controls)
            wires = np.concatenate([*controls, lane.wires], axis=1)
            numbered = lane.numbered
            assert isinstance(numbered, Unitary)
            moved = replace(numbered, wires=tuple(count + wire for wire in numbered.wires))
            (pattern,) = controlled([moved], tuple(range(count))) if count else (moved,)
            made.append(_lane(pattern, wires, lane.elements))
        return made

    def _along(
        self, node: tree.Apply, callee: Callee, values: list[Value], operands: list[tuple[Ints, bool]], spread: bool
    ) -> None:
        """A gate or channel of the library on qubits, or along registers; `spread`: those of one qubit on any number of
        operands.
        """
        if spread and callee.qubits == (None,) and len(operands) > 1:
            operands = [(np.concatenate([wires for wires, _ in operands], axis=1), False)]
        widths = {wires.shape[1] for wires, _ in operands}
        if not is_rolled(callee, len(operands), len(values)) or len(widths) != 1:
            raise UnrolledError
        if len({single for _, single in operands}) != 1:
            raise UnrolledError
        angles = [None if v is None else fitted(v, f) for v, f in zip(values, callee.numbers, strict=True)]
        for run in range(*widths):
            self.gate(node, callee, angles, np.stack([wires[:, run] for wires, _ in operands], axis=1))

    def gate(self, node: tree.Apply, callee: Callee, angles: Sequence[Angles | None], wires: Ints) -> None:
        """A gate or channel in each round, on wires of shape (rounds, qubits); an angle is None that is a `?`."""
        start = len(self.lanes)
        numbers, elements = self._together(node, callee, angles)
        self._emit(applied(callee.name, (), node.span, numbers), wires, elements)
        if callee.name in CHANNELS:
            self._called(callee.name, node.span, start)

    def kraus(self, node: tree.Apply, matrices: Matrices, wires: Ints) -> None:
        """Constant Kraus operators in each round, on wires of shape (rounds, qubits)."""
        start = len(self.lanes)
        self._emit(KrausChannel((), node.span, matrices), wires)
        self._called("kraus", node.span, start)

    def _kraus(self, node: tree.Apply, frame: Frame, operands: list[tuple[Ints, bool]]) -> None:
        matrices = kraus_matrices(node, self.around.columns.evaluator, frame)
        wires = np.concatenate([wires for wires, _ in operands], axis=1)
        qubits = int(matrices.shape[1]).bit_length() - 1
        if qubits > 1 and wires.shape[1] != qubits:
            raise UnrolledError
        for run in wires.T[:, :, None] if qubits == 1 else [wires]:
            self.kraus(node, matrices, run)

    def _several(self, node: tree.Apply, values: list[Value], operands: list[tuple[Ints, bool]]) -> None:
        """A gate on any number of qubits, once in each round."""
        callee, build = of_qubits(node, [wires.shape[1] for wires, _ in operands])
        if len(values) != len(callee.numbers):
            raise UnrolledError
        angles = [None if v is None else fitted(v, f) for v, f in zip(values, callee.numbers, strict=True)]
        numbers, elements = self._together(node, callee, angles)
        wires = np.concatenate([wires for wires, _ in operands], axis=1)
        _apart(wires)
        for piece in build(by_columns(numbers)):
            lane = of_columns(piece, wires, elements)
            self._emit(lane.pattern, lane.wires, lane.elements)

    def _together(
        self, node: tree.Apply, callee: Callee, angles: Sequence[Angles | None]
    ) -> tuple[tuple[Real, ...], Ints]:
        """All numbers of a gate or channel, an angle being None that is a `?`.

        Raises:
            UnrolledError: one may be no probability where one belongs.
        """
        given = zip(node.arguments, callee.numbers, angles, strict=True)
        known = [
            self.counted.hole(argument, formal, callee.name) if each is None else each
            for argument, formal, each in given
        ]
        firsts = tuple(first for first, _ in known)
        chances = [first for formal, first in zip(callee.numbers, firsts, strict=True) if formal.kind == "probability"]
        if callee.name == "pauli_channel":
            chances.append(sum(chances, ()))
        if not all(self._probable(each, node.span) for each in chances):
            raise UnrolledError
        elements = np.concatenate([in_each(NONE, self.count), *(in_each(e, self.count) for _, e in known)], axis=1)
        return sum(firsts, ()), elements

    def call(self, node: tree.Apply, symbol: Symbol, values: list[Value], operands: list[tuple[Ints, bool]]) -> None:
        """A layer or channel, called once in each round."""
        called = self.around.called(symbol, [wires.shape[1] for wires, _ in operands])
        sizes, formals = called.callee.qubits, called.callee.numbers
        if len(sizes) != len(operands) or len(formals) != len(values):
            raise UnrolledError
        inner = Frame(dict(called.widths), symbol.module)
        for name, size, (wires, single) in zip(called.operands, sizes, operands, strict=True):
            if wires.shape[1] != (size or 1) or (size is None and not single):
                raise UnrolledError
            inner.names[name] = Column("wire", wires[:, 0]) if size is None else Wide(wires)
        if operands:
            _apart(np.concatenate([wires for wires, _ in operands], axis=1))
        for name, argument, value, formal in zip(called.numbers, node.arguments, values, formals, strict=True):
            inner.names[name] = self._bound(argument, value, formal, called.callee.name)
        self.reached.append(symbol)
        start, channel = len(self.lanes), symbol.kind == "channel"
        self._within += channel
        self.block(symbol.node.body, inner)
        self._within -= channel
        if channel:
            self._called(symbol.name, node.span, start)

    def _called(self, name: str, span: Span, start: int) -> None:
        """Notes a channel, the lanes of which begin at `start`, unless it is part of another."""
        if not self._within:
            self.calls.append((name, span, start, len(self.lanes)))

    def _operand(self, node: tree.Expression, frame: Frame) -> tuple[Ints, bool]:
        """The wires of an operand in all rounds, shape (rounds, wires), and whether it is written as one qubit."""
        value = self.around.columns.read(node, frame)
        if isinstance(value, Wide):
            return in_each(value.wires, self.count), False
        if isinstance(value, Group) and not value.members and value.categories is None:
            return in_each(np.array([value.wires], dtype=np.int64), self.count), False
        return self._wires(value)[:, None], True

    def _wires(self, value: Value) -> Ints:
        """The wires of an operand that is one qubit, or a site with one on it."""
        if isinstance(value, Qubit):
            return in_each(np.array([value.wire]), self.count)
        if isinstance(value, Site):
            value = Column("site", np.array([value.number]), value.lattice)
        if not isinstance(value, Column) or value.of == "int":
            raise UnrolledError
        if value.of == "wire":
            return in_each(value.numbers, self.count)
        assert value.lattice is not None
        lattice, around = value.lattice, self.around
        on = around.columns.table(lattice, "on", None, lambda: np.array(around.wires_on(lattice), dtype=np.int64))
        if on[value.numbers].min() < 0:
            raise UnrolledError
        return in_each(on[value.numbers], self.count)

    # ------------------------------------------------------------ numbers

    def _integer(self, node: tree.Expression, frame: Frame) -> int:
        value = self.around.columns.read(node, frame)
        if type(value) is not int or value < 0:
            raise UnrolledError
        return value

    def _bound(self, node: tree.Expression, value: Value, formal: Formal, gate: str) -> Value:
        """What an argument of a layer or channel stands for in its body."""
        if value is None:
            angles, elements = self.counted.hole(node, formal, gate)
            return (
                Inputs(angles[0], elements) if formal.size is None else array_of(angles[0], elements, formal, node.span)
            )
        if formal.size is not None:
            if formal.kind not in NUMBERS or formal.between is not None:
                raise UnrolledError
            numbers, _ = fitted(value, formal)
            if formal.kind == "probability" and not self._probable(numbers[:1], node.span):
                raise UnrolledError
            return value
        if isinstance(value, Site):
            return value.number
        if isinstance(value, Column) and value.of == "site":
            value = Column("int", value.numbers)
        whole = (isinstance(value, Column) and value.of == "int") or type(value) is int
        if whole and formal.kind in ("int", "angle", "real"):
            return value
        if formal.kind in NUMBERS and (isinstance(value, Inputs | Real) or is_number(value)):
            if formal.kind == "probability" and not self._probable(fitted(value, formal)[0], node.span):
                raise UnrolledError
            return value
        raise UnrolledError

    def _probable(self, numbers: Sequence[Real], span: Span) -> bool:
        """Whether the sum of numbers of the first round is a probability, as then those of all rounds are."""
        atoms = {atom.parameter for number in numbers for _, atom in number.terms if isinstance(atom, Input)}
        if all(parameter < len(self.around.recorder.parameters) for parameter in atoms):
            return self.around.is_probable(numbers, span)
        return len(numbers) == 1 and self.counted.is_chance(numbers[0])

    def _emit(self, pattern: Operation, wires: Ints, elements: Ints | None = None) -> None:
        self.lanes.append(_lane(pattern, wires, in_each(NONE, self.count) if elements is None else elements))
        if len(self.lanes) > MOST_LANES or self.cost > self.room:
            raise UnrolledError

    # ------------------------------------------------------------ the end

    @property
    def cost(self) -> int:
        """Steps of the budget."""
        return CALL * len(self.reached) + self.count * (OPERATION * len(self.lanes) + self.counted.wires_of_round)

    @property
    def new_wires(self) -> int:
        """How many wires `fresh` makes."""
        return self.count * self.counted.wires_of_round

    def settled(self) -> tuple[Lane, ...]:
        """All lanes; now that nothing can stop it, wires and inputs get their numbers, and the recorder is told."""
        return self.counted.settled(self.lanes)


def _lane(pattern: Operation, wires: Ints, elements: Ints) -> Lane:
    """A lane, if no qubit stands twice in one operation."""
    _apart(wires)
    return Lane(replace(pattern, wires=tuple(wires[0].tolist())), wires, elements)


def _apart(wires: Ints) -> None:
    """That no qubit stands twice in a row.

    Raises:
        UnrolledError: one does.
    """
    ordered = np.sort(wires, axis=1)
    if (ordered[:, 1:] == ordered[:, :-1]).any():
        raise UnrolledError
