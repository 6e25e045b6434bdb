"""Types of parameters and of the arguments of layers, channels and Hamiltonians."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple, TypeGuard

from qgl.check.declarations.registers import categories_of
from qgl.check.limits import MAX_INPUTS
from qgl.check.reporter import Reporter
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.values import Value
from qgl.diagnostics.size import ValueTooLarge
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.types import WrongParameter
from qgl.gates.codes import code_bits
from qgl.gates.generators import WIDEST_GENERATOR, generator_numbers
from qgl.gates.isometries import WIDEST_ISOMETRY, in_qubits, isometry_numbers
from qgl.gates.states import WIDEST_STATE, state_numbers
from qgl.gates.unitaries import WIDEST_UNITARY, unitary_angles
from qgl.record import record
from qgl.syntax import tree

NUMBERS = ("angle", "real", "probability")
OF_ROUTINE = (*NUMBERS, "unitary", "table", "phases", "levels", "generator", "isometry")
OF_PARAMETER = (*OF_ROUTINE, "state", "density", "category")
OF_ARGUMENT = (*OF_ROUTINE, "int", "bit", "qubit", "category")
WIDEST = {  # qubits
    "unitary": WIDEST_UNITARY,
    "generator": WIDEST_GENERATOR,
    "state": WIDEST_STATE,
    "density": WIDEST_STATE // 2,  # as a state of twice as many
    "isometry": WIDEST_ISOMETRY,
}
MAPS = ("identity", "copy")  # that an isometry may start near, by their names
_MANY = 64
Between = tuple[tuple[int, ...], tuple[int, ...]]  # of an isometry: the variables that go in and that come out
_NOTHING = (0, 0, "none", "")
INSIDE = {  # least and most numbers in parentheses, what they are, how it is written
    "unitary": (1, 1, "a number of qubits", "unitary(k)"),
    "table": (1, _MANY, "the numbers of values of the parents and of the child", "table(4, 8)"),
    "phases": (1, _MANY, "the numbers of values of the parents and of the child", "phases(4, 8)"),
    "levels": (1, 1, "a number of categories", "levels(6)"),
    "generator": (1, 1, "a number of qubits", "generator(k)"),
    "isometry": (2, 2, "what goes in and what comes out", "isometry(2, 3)"),
    "state": (1, 1, "a number of qubits", "state(n)"),
    "density": (1, 1, "a number of qubits", "density(n)"),
    "category": (1, 1, "a number of categories", "category(8)"),
}


def table_angles(values: Sequence[int]) -> int:
    """The number of angles of `table(...)`: for each value of the parents, one fewer than the child has values."""
    return prod(values[:-1]) * (values[-1] - 1)


def table_phases(values: Sequence[int]) -> int:
    """The number of angles of `phases(...)`."""
    return prod(values)


def level_angles(values: Sequence[int]) -> int:
    """The number of angles of `levels(d)`: those of a unitary of d dimensions up to its phase."""
    return values[0] ** 2 - 1


@record
class Formal:
    """A formal argument that is a number, or `size` numbers; those of an isometry `between` variables.

    `shape`: the dimensions of an array, if it has several.
    """

    name: str
    kind: str  # "angle" | "real" | "probability" | "int" | "bit"
    size: int | None = None
    between: Between | None = None
    shape: tuple[int, ...] = ()

    @property
    def dimensions(self) -> tuple[int, ...]:
        return self.shape or (() if self.size is None else (self.size,))


class QubitFormal(NamedTuple):
    """A formal argument of qubits: their number, None for a single one; the categories of a variable."""

    size: int | None
    categories: int | None = None


@dataclass
class Types:
    reporter: Reporter
    evaluator: Evaluator

    def of_parameter(self, type_: tree.Type, frame: Frame) -> tuple[str, int | None]:
        """(constraint, number of elements or None for one number)."""
        self.known(type_, OF_PARAMETER, "a parameter")
        return self._numbers(type_, frame)

    def of_argument(self, argument: tree.Argument, frame: Frame) -> Formal | QubitFormal:
        """A formal for numbers and bits, or for qubits."""
        type_ = argument.type
        if type_ is None:
            text = f"the argument `{argument.name.name}` needs a type"
            raise self.reporter.fault(WrongParameter(argument.span, text, "such as `a: angle` or `q: qubit`"))
        self.known(type_, OF_ARGUMENT, "an argument")
        if type_.name == "qubit":
            return QubitFormal(self._size(type_.sizes[0], frame) if type_.sizes else None)
        if type_.name == "category":
            count = categories_of(type_, frame, self.evaluator, self.reporter)
            return QubitFormal(code_bits(count), count)
        if len(type_.sizes) > 1:
            shape = tuple(self._size(each, frame) for each in type_.sizes)
            return Formal(argument.name.name, type_.name, self._counted(type_, prod(shape)), shape=shape)
        kind, size = self._numbers(type_, frame)
        return Formal(argument.name.name, kind, size, self.between(type_, frame))

    def known(self, type_: tree.Type, allowed: tuple[str, ...], whose: str) -> None:
        """
        Raises:
            FaultyError: the name of the type, or its form, is not one of those allowed; reported.
        """
        if type_.name not in allowed:
            near = nearest(type_.name, allowed)
            hint = f"did you mean `{near}`?" if near else f"types are {', '.join(allowed)}"
            raise self.reporter.fault(WrongParameter(type_.span, f"`{type_.name}` is not a type of {whose}", hint))
        count = len(type_.arguments)
        least, most, what, usage = INSIDE.get(type_.name, _NOTHING)
        if not least <= count <= most:
            text = f"`{type_.name}` takes {what} in parentheses"
            hint = f"write `{usage or type_.name}`" if usage else f"write `{type_.name}` or `{type_.name}[k]`"
            raise self.reporter.fault(WrongParameter(type_.span, text, hint))
        if type_.sizes and type_.name not in (*NUMBERS, "qubit"):
            raise self.reporter.fault(WrongParameter(type_.span, f"`{type_.name}` takes no size in brackets"))
        if len(type_.sizes) > 1 and (type_.name == "qubit" or allowed is OF_PARAMETER):
            hint = "" if type_.name == "qubit" else f"write `a[{type_.sizes[0].span.text[:20]}, ...] : {type_.name}`"
            raise self.reporter.fault(WrongParameter(type_.span, "one size belongs here", hint))

    def _size(self, expression: tree.Expression, frame: Frame) -> int:
        size = self.evaluator.integer(expression, frame, "a size")
        if size < 1:
            raise self.reporter.fault(WrongParameter(expression.span, f"a size is at least 1, not {size}"))
        return self._counted(expression, size)

    def _counted(self, node: tree.Node, size: int) -> int:
        if size > MAX_INPUTS:
            raise self.reporter.fault(ValueTooLarge(node.span, f"a size of {size:,}", f"{MAX_INPUTS:,}"))
        return size

    def _numbers(self, type_: tree.Type, frame: Frame) -> tuple[str, int | None]:
        if not type_.arguments or type_.name == "category":
            return type_.name, self._size(type_.sizes[0], frame) if type_.sizes else None
        if type_.name == "isometry":
            ingoing, outgoing = self._isometry(type_, frame)
            return "real", isometry_numbers(prod(ingoing), prod(outgoing))
        numbers = [self._size(argument, frame) for argument in type_.arguments]
        span = type_.arguments[0].span
        if type_.name in WIDEST:
            if numbers[0] > WIDEST[type_.name]:
                what = f"a {type_.name} of {numbers[0]} qubits"
                raise self.reporter.fault(ValueTooLarge(span, what, f"{WIDEST[type_.name]} qubits"))
            if type_.name in ("state", "density"):
                return type_.name, state_numbers((1 + (type_.name == "density")) * numbers[0])
            return "angle", {"unitary": unitary_angles, "generator": generator_numbers}[type_.name](numbers[0])
        size = {"table": table_angles, "phases": table_phases, "levels": level_angles}[type_.name](numbers)
        if not 1 <= size <= MAX_INPUTS:
            text = f"`{type_.span.text[:40]}` has {size:,} numbers"
            raise self.reporter.fault(WrongParameter(type_.span, text, "a variable has at least two values"))
        return "angle", size

    def between(self, type_: tree.Type | None, frame: Frame) -> Between | None:
        """What goes in and what comes out, as qubits where it can be: (2, 2) and (2, 2, 2) of `isometry(2, 3)`, (2, 2)
        and (2, 2, 6) of `isometry([4], [4, 6])`; None of other types.

        Raises:
            FaultyError: it is no isometry, or too wide; reported.
        """
        return self._isometry(type_, frame) if type_ is not None and type_.name == "isometry" else None

    def _isometry(self, type_: tree.Type, frame: Frame) -> Between:
        ingoing, outgoing = (self._variables(argument, frame) for argument in type_.arguments)
        if outgoing[: len(ingoing)] != ingoing or not outgoing:
            text = "what goes in is the first part of what comes out"
            hint = "write `isometry(2, 3)` for qubits, `isometry([4], [4, 6])` for variables of 4 and of 6 values"
            raise self.reporter.fault(WrongParameter(type_.span, text, hint))
        qubits = sum(map(code_bits, outgoing))
        if qubits > WIDEST_ISOMETRY:
            span = type_.arguments[1].span
            raise self.reporter.fault(
                ValueTooLarge(span, f"an isometry into {qubits} qubits", f"{WIDEST_ISOMETRY} qubits")
            )
        return ingoing, outgoing

    def _variables(self, argument: tree.Expression, frame: Frame) -> tuple[int, ...]:
        """How many values each variable has: two each of so many qubits, or as the list says."""
        value = self.evaluator.evaluate(argument, frame)
        most = WIDEST_ISOMETRY
        if _is_whole(value) and value >= 0:
            if value > most:
                raise self.reporter.fault(
                    ValueTooLarge(argument.span, f"an isometry of {value} qubits", f"{most} qubits")
                )
            return (2,) * value
        if not isinstance(value, tuple) or not all(_is_whole(each) and 2 <= each <= 1 << most for each in value):
            text = f"a number of qubits, or a list of numbers of values from 2 to {1 << most}, belongs here"
            raise self.reporter.fault(WrongParameter(argument.span, text))
        return in_qubits(value[: most + 1])


def _is_whole(value: Value) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
