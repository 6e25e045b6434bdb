"""`exp` in all rounds of a loop: its exponent is read once, as any, with names in the place of what varies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from qgl.check.circuit.rolling.angles import plain
from qgl.check.circuit.rolling.columns import Columns, Inputs, Ints, UnrolledError, in_each
from qgl.check.reporter import FaultyError
from qgl.check.values.frame import Frame
from qgl.check.values.functions import is_number
from qgl.check.values.operators import PauliWord
from qgl.check.values.values import Qubit, Value
from qgl.expression import Input, Real
from qgl.program.operations import PauliRotation
from qgl.program.rolled import Lane, is_plain
from qgl.source import Span
from qgl.syntax import tree
from qgl.syntax.walk import names_in

STAND_IN = 1 << 40  # the first qubit that stands for one in each round: no wire has that number
LETTERS = ("X", "Y", "Z")


@dataclass
class Exponent:
    """An exponent whose qubits and numbers stand for those of all rounds.

    wires_of  the wires of an index of a Pauli matrix, shape (rounds,)
    hole      the inputs of a `?`
    exponent_of   the Pauli word of an exponent, and its angle
    """

    rounds: int
    columns: Columns
    wires_of: Callable[[Value], Ints]
    hole: Callable[[tree.Hole], Inputs]
    exponent_of: Callable[[Value, Span], tuple[PauliWord, Real]]
    _wires: list[Ints] = field(default_factory=list)
    _elements: list[Ints] = field(default_factory=list)
    _names: dict[str, Value] = field(default_factory=dict)

    def lane(self, node: tree.Expression, frame: Frame, span: Span) -> Lane:
        """The rotations of all rounds.

        Raises:
            UnrolledError: they are not alike, or have a fault.
        """
        written, inner = self._named(node, frame), frame.inner()
        inner.names |= self._names
        try:
            pauli_word, angle = self.exponent_of(self.columns.evaluator.evaluate(written, inner), node.span)
        except FaultyError:
            raise UnrolledError from None
        wires = np.stack([self._wires[wire - STAND_IN] for wire, _ in pauli_word], axis=1)
        letters = [letter for _, letter in pauli_word]
        order = np.argsort(wires, axis=1, kind="stable")
        if len(set(letters)) > 1 and (order != order[:1]).any():
            raise UnrolledError
        spelled = "".join(letters[place] for place in order[0].tolist())
        pattern = PauliRotation((), span, angle, spelled)
        atoms = [atom for _, atom in angle.terms if isinstance(atom, Input)]
        if not is_plain(pattern) or len({atom.parameter for atom in atoms}) < len(atoms):
            raise UnrolledError
        none = np.zeros((self.rounds, 0), np.int64)
        elements = np.concatenate([none, *(self._elements[atom.element] for atom in atoms)], axis=1)
        return Lane(pattern, np.take_along_axis(wires, order, axis=1), elements)

    def _named(self, node: tree.Expression, frame: Frame) -> tree.Expression:
        """The same with names for the qubits of Pauli matrices and for numbers that depend on inputs."""
        match node:
            case tree.Hole():
                return self._number(node, self.hole(node))
            case tree.Index(_, tree.Name(_, letter), (index,)) if (
                letter in LETTERS and frame.find(letter) is None and not _has_hole(index)
            ):
                self._wires.append(self.wires_of(self.columns.read(index, frame)))
                return replace(node, indices=(self._name(index, Qubit(STAND_IN + len(self._wires) - 1)),))
            case tree.Name(_, "i") if frame.find("i") is None:
                return node
            case tree.Unary() if _is_operator(node, frame):
                return replace(node, operand=self._named(node.operand, frame))
            case tree.Binary() if _is_operator(node, frame):
                return replace(node, left=self._named(node.left, frame), right=self._named(node.right, frame))
        if _has_hole(node):
            raise UnrolledError
        value = self.columns.read(node, frame)
        if isinstance(value, Real):
            (number,), elements = plain((value,))
            value = Inputs(number, elements)
        if isinstance(value, Inputs):
            return self._number(node, value)
        if not is_number(value):
            raise UnrolledError
        return node

    def _number(self, node: tree.Expression, value: Inputs) -> tree.Expression:
        terms = []
        for (factor, atom), column in zip(value.first.terms, value.elements.T, strict=True):
            assert isinstance(atom, Input)
            terms.append((factor, Input(atom.parameter, len(self._elements))))
            self._elements.append(in_each(column[:, None], self.rounds))
        return self._name(node, Real(value.first.constant, tuple(terms)))

    def _name(self, node: tree.Expression, value: Value) -> tree.Expression:
        name = f"the {len(self._names)}. of an exponent"
        self._names[name] = value
        return tree.Name(node.span, name)


def _is_operator(node: tree.Expression, frame: Frame) -> bool:
    """Whether there are Pauli matrices in it, or `i`, or a `?`."""
    own = (*LETTERS, "i")
    return _has_hole(node) or any(each.name in own and frame.find(each.name) is None for each in names_in(node))


def _has_hole(node: object) -> bool:
    waiting = [node]
    while waiting:
        match waiting.pop():
            case tree.Hole():
                return True
            case tuple() as parts:
                waiting.extend(parts)
            case tree.Node() as inner:
                waiting.extend(getattr(inner, name) for name in inner.__dataclass_fields__ if name != "span")
    return False
