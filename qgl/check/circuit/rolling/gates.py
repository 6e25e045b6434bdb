"""Gates along registers, and loops of gates, as blocks of operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qgl.check.circuit.application import Operand
from qgl.check.circuit.binding import reals
from qgl.check.circuit.recorder import Recorder
from qgl.check.circuit.rolling.columns import Column, Columns, Inputs, Ints, Row, UnrolledError, in_each, items_of
from qgl.check.limits import OPERATION, Budget
from qgl.check.names.callees import BUILT_IN, MULTI_QUBIT, Callee
from qgl.check.values.frame import Frame
from qgl.check.values.functions import is_number
from qgl.check.values.lattices import Lattice
from qgl.check.values.types import Formal
from qgl.check.values.values import Array, Qubit, Site, Value
from qgl.expression import Input, Real
from qgl.gates import CHANNELS, GATES
from qgl.program.operations import GateApplication
from qgl.program.rolled import Block, Lane
from qgl.record import record
from qgl.syntax import tree

FEWEST = 32  # rounds from which on a block is worth its while
_NONE = np.zeros((1, 0), dtype=np.int64)

Angles = tuple[tuple[Real, ...], Ints]  # of the first round, and the elements of their inputs in all


@record(eq=False)
class _Draft:
    """A gate of a loop as far as it is known before its `?` are counted; `angles` has None for each of these."""

    node: tree.Apply
    callee: Callee
    wires: Ints
    angles: tuple[Angles | None, ...]


@dataclass
class Roller:
    """`wires_on` gives the qubit on each site of a lattice, `warn` is told the numbers of the first round."""

    recorder: Recorder
    columns: Columns
    budget: Budget
    wires_on: Callable[[Lattice], list[int]]
    warn: Callable[[tree.Apply, list[Value] | None, Frame], None]

    def gate(self, node: tree.Apply, callee: Callee, values: list[Value] | None, operands: Sequence[Operand]) -> bool:
        """Whether a gate along registers was noted as a block."""
        rounds = len(operands[0].wires) if operands else 0
        try:
            self._worthwhile(rounds, 1)
            along = all(not each.single and len(each.wires) == rounds for each in operands)
            if not along or values is None or not _rolls(callee, len(operands), len(values)):
                return False
            wires = np.array([each.wires for each in operands], dtype=np.int64).T
            given = zip(node.arguments, values, callee.numbers, strict=True)
            angles = tuple(self._angles(*each, wires) for each in given)
            self._emit([_draft(node, callee, wires, angles)], rounds)
        except UnrolledError:
            return False
        return True

    def loop(
        self, targets: Sequence[str], items: Sequence[Value], body: Sequence[tree.Statement], frame: Frame
    ) -> bool:
        """Whether a loop whose variables are `targets` was noted as a block."""
        rounds = len(items)
        try:
            self._worthwhile(rounds, len(body))
            if not all(isinstance(each, tree.Apply) for each in body):
                return False
            inner = frame.inner()
            if targets:
                inner.names |= dict(zip(targets, items_of(items, len(targets)), strict=True))
            self._emit([self._drafted(each, inner, rounds) for each in body if isinstance(each, tree.Apply)], rounds)
        except UnrolledError:
            return False
        return True

    def _worthwhile(self, rounds: int, lanes: int) -> None:
        fits = 0 < rounds * lanes * OPERATION < self.budget.left
        if rounds < FEWEST or not fits or not self.recorder.rolls:
            raise UnrolledError

    # ------------------------------------------------------------ one statement of a loop

    def _drafted(self, node: tree.Apply, frame: Frame, rounds: int) -> _Draft:
        callee = BUILT_IN.get(node.gate.name)
        if node.modifiers or callee is None or not _rolls(callee, len(node.operands), len(node.arguments)):
            raise UnrolledError
        wires = [self._wires(self.columns.read(each, frame), rounds) for each in node.operands]
        holes = [isinstance(each, tree.Hole) for each in node.arguments]
        values = [
            None if hole else self.columns.read(each, frame) for each, hole in zip(node.arguments, holes, strict=True)
        ]
        self.warn(node, [None if isinstance(each, Column | Row | Inputs) else each for each in values], frame)
        given = zip(node.arguments, values, callee.numbers, strict=True)
        angles = tuple(None if value is None else _fitted(value, formal) for _, value, formal in given)
        return _draft(node, callee, np.stack(wires, axis=1), angles)

    def _wires(self, value: Value, rounds: int) -> Ints:
        """The wires of an operand that is one qubit, or a site with one on it."""
        if isinstance(value, Qubit):
            return in_each(np.array([value.wire]), rounds)
        if isinstance(value, Site):
            value = Column("site", np.array([value.number]), value.lattice)
        if not isinstance(value, Column) or value.of == "int":
            raise UnrolledError
        if value.of == "wire":
            return in_each(value.numbers, rounds)
        assert value.lattice is not None
        lattice = value.lattice
        on = self.columns.table(lattice, "on", None, lambda: np.array(self.wires_on(lattice), dtype=np.int64))
        if on[value.numbers].min() < 0:
            raise UnrolledError
        return in_each(on[value.numbers], rounds)

    # ------------------------------------------------------------ numbers

    def _angles(self, node: tree.Expression, value: Value, formal: Formal, wires: Ints) -> Angles | None:
        """Those of a gate along registers: of an array the part of each application, or one for all."""
        if isinstance(node, tree.Hole):
            return None
        if isinstance(value, Array) and len(value.dimensions) == len(formal.dimensions) + 1:
            dimension, single = value.dimensions[0], wires.shape[1] == 1
            positions = self.columns.at_wires(dimension, wires[:, 0]) if single and dimension.keys is not None else None
            if positions is None:
                if dimension.extent != len(wires):
                    raise UnrolledError
                positions = np.arange(dimension.extent, dtype=np.int64)
            value = self.columns.part(Row(value, np.array([value.offset])), [Column("int", positions)])
        return _fitted(value, formal)

    def _emit(self, drafts: Sequence[_Draft], rounds: int) -> None:
        """Note the block. Now that nothing can stop it, `?` get their inputs."""
        lanes = []
        for draft in drafts:
            given = zip(draft.node.arguments, draft.callee.numbers, draft.angles, strict=True)
            known = [self._new(*each[:2], draft.callee.name, rounds) if each[2] is None else each[2] for each in given]
            first = tuple(angle for angles, _ in known for angle in angles)
            elements = [in_each(_NONE, rounds), *(in_each(each, rounds) for _, each in known)]
            pattern = GateApplication(tuple(draft.wires[0].tolist()), draft.node.span, GATES[draft.callee.name], first)
            lanes.append(Lane(pattern, draft.wires, np.concatenate(elements, axis=1)))
        self.budget.spend(OPERATION * rounds * len(lanes), drafts[0].node.span)
        self.recorder.roll(Block(tuple(lanes)))

    def _new(self, node: tree.Expression, formal: Formal, gate: str, rounds: int) -> Angles:
        """The inputs that a `?` makes in all rounds."""
        assert isinstance(node, tree.Hole)
        parameter, element = self.recorder.holes(node, gate, formal.kind, formal.size, rounds)
        size = formal.size or 1
        return _inputs(parameter, element + np.arange(rounds * size, dtype=np.int64).reshape(rounds, size))


def _rolls(callee: Callee, operands: int, arguments: int) -> bool:
    """Whether a gate that is written with so many operands and arguments is a plain one of the library."""
    plain = callee.name in GATES and callee.name not in MULTI_QUBIT and callee.name not in CHANNELS
    numbers = all(formal.kind in ("angle", "real") and formal.between is None for formal in callee.numbers)
    single = callee.qubits == (None,) * operands
    return plain and numbers and single and arguments == len(callee.numbers)


def _draft(node: tree.Apply, callee: Callee, wires: Ints, angles: tuple[Angles | None, ...]) -> _Draft:
    """A draft, if no qubit stands twice in one gate.

    Raises:
        UnrolledError: one does.
    """
    ordered = np.sort(wires, axis=1)
    if (ordered[:, 1:] == ordered[:, :-1]).any():
        raise UnrolledError
    return _Draft(node, callee, wires, angles)


def _fitted(value: Value, formal: Formal) -> Angles:
    """A value that fits what a gate takes.

    Raises:
        UnrolledError: it does not, or not plainly.
    """
    if formal.size is None:
        if isinstance(value, Inputs):
            return (value.first,), value.elements
        if not (is_number(value) or isinstance(value, Real)):
            raise UnrolledError
        return reals(value), _NONE
    array, offsets = (value.first, value.offsets) if isinstance(value, Row) else (value, None)
    if not isinstance(array, Array) or tuple(each.extent for each in array.dimensions) != formal.dimensions:
        raise UnrolledError
    start = np.array([array.offset]) if offsets is None else offsets
    return _inputs(array.parameter, start[:, None] + np.arange(formal.size, dtype=np.int64))


def _inputs(parameter: int, elements: Ints) -> Angles:
    """Inputs by themselves, shape (rounds, inputs)."""
    first = tuple(Real(0.0, ((1.0, Input(parameter, element)),)) for element in elements[0].tolist())
    return first, elements
