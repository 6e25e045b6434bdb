"""Gates along registers, and loops, as blocks of operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from qgl.check.circuit.application import Operand
from qgl.check.circuit.rolling.angles import fitted, is_rolled
from qgl.check.circuit.rolling.columns import Column, Ints, Row, UnrolledError, items_of
from qgl.check.circuit.rolling.rounds import Rounds
from qgl.check.circuit.rolling.several import Matrices
from qgl.check.circuit.rolling.surroundings import Surroundings
from qgl.check.limits import MAX_QUBITS, OPERATION, Budget
from qgl.check.names.callees import Callee
from qgl.check.names.modules import Symbol
from qgl.check.values.frame import Frame
from qgl.check.values.types import Formal
from qgl.check.values.values import Array, Value
from qgl.program.rolled import Block
from qgl.source import Span
from qgl.syntax import tree

FEWEST = 32  # rounds from which on a block is worth its while


@dataclass
class Roller:
    """`reached` are the layers and channels that were called in loops."""

    around: Surroundings
    budget: Budget
    reached: set[Symbol] = field(default_factory=set)

    def gate(self, node: tree.Apply, callee: Callee, values: list[Value] | None, operands: Sequence[Operand]) -> bool:
        """Whether a gate along registers was noted as a block."""

        def read(rounds: Rounds, given: list[Value], wires: Ints) -> None:
            if not is_rolled(callee, wires.shape[1], len(given)):
                raise UnrolledError
            formals = zip(given, callee.numbers, strict=True)
            rounds.gate(node, callee, [None if v is None else fitted(v, f) for v, f in formals], wires)

        return self._along(node, callee, values, operands, read)

    def kraus(self, node: tree.Apply, matrices: Matrices, operands: Sequence[Operand]) -> bool:
        """Whether Kraus operators on each qubit of registers were noted as a block."""
        callee = Callee("kraus", (), (None,))
        return self._along(node, callee, [], operands, lambda rounds, _, wires: rounds.kraus(node, matrices, wires))

    def call(
        self, node: tree.Apply, symbol: Symbol, callee: Callee, values: list[Value] | None, operands: Sequence[Operand]
    ) -> bool:
        """Whether a layer or channel along registers was noted as a block."""
        return self._along(
            node,
            callee,
            values,
            operands,
            lambda rounds, given, wires: rounds.call(node, symbol, given, [(own[:, None], True) for own in wires.T]),
        )

    def _along(
        self,
        node: tree.Apply,
        callee: Callee,
        values: list[Value] | None,
        operands: Sequence[Operand],
        read: Callable[[Rounds, list[Value], Ints], None],
    ) -> bool:
        if callee.qubits == (None,) and len(operands) > 1:  # on each qubit of all
            operands = [Operand(tuple(wire for each in operands for wire in each.wires), False, node.span)]
        rounds = len(operands[0].wires) if operands else 0
        try:
            self._worthwhile(rounds, 1)
            along = all(not each.single and len(each.wires) == rounds for each in operands)
            if not along or values is None or callee.qubits != (None,) * len(operands):
                return False
            if len(values) != len(callee.numbers):
                return False
            wires = np.array([each.wires for each in operands], dtype=np.int64).T
            given = zip(values, callee.numbers, strict=True)
            made = Rounds(self.around, rounds, self.budget.left)
            read(made, [self._spread(value, formal, wires) for value, formal in given], wires)
            self._note(made, node.span)
        except UnrolledError:
            return False
        return True

    def loop(
        self, targets: Sequence[str], items: Sequence[Value], body: Sequence[tree.Statement], frame: Frame
    ) -> bool:
        """Whether a loop whose variables are `targets` was noted as a block."""
        try:
            self._worthwhile(len(items), len(body))
            inner, rounds = frame.inner(), Rounds(self.around, len(items), self.budget.left)
            if targets:
                inner.names |= dict(zip(targets, items_of(items, len(targets)), strict=True))
            rounds.block(body, inner)
            self._note(rounds, body[0].span)
        except UnrolledError:
            return False
        return True

    def _worthwhile(self, rounds: int, lanes: int) -> None:
        fits = 0 < rounds * lanes * OPERATION < self.budget.left
        if rounds < FEWEST or not fits or not self.around.recorder.rolls:
            raise UnrolledError

    def _spread(self, value: Value, formal: Formal, wires: Ints) -> Value:
        """A number of something along registers: of an array the part of each application, or one for all."""
        if not isinstance(value, Array) or len(value.dimensions) != len(formal.dimensions) + 1:
            return value
        columns, dimension, single = self.around.columns, value.dimensions[0], wires.shape[1] == 1
        positions = columns.at_wires(dimension, wires[:, 0]) if single and dimension.keys is not None else None
        if positions is None:
            if dimension.extent != len(wires):
                raise UnrolledError
            positions = np.arange(dimension.extent, dtype=np.int64)
        return columns.part(Row(value, np.array([value.offset])), [Column("int", positions)])

    def _note(self, rounds: Rounds, span: Span) -> None:
        recorder = self.around.recorder
        many = len(recorder.wires) + rounds.new_wires > MAX_QUBITS * 4
        if many or not rounds.lanes or rounds.cost >= self.budget.left:
            raise UnrolledError
        self.budget.spend(rounds.cost, span)
        lanes = rounds.settled()
        calls = []
        for name, at, first, last in rounds.calls:
            calls.append((name, at, np.concatenate([lane.wires for lane in lanes[first:last]], axis=1)))
        recorder.roll(Block(lanes), calls)
        self.reached.update(rounds.reached)
