"""Types of parameters and of the arguments of layers, channels and Hamiltonians."""

from __future__ import annotations

from dataclasses import dataclass

from qgl.check.evaluate import Evaluator, Frame
from qgl.check.limits import MAX_INPUTS
from qgl.check.reporter import Reporter
from qgl.check.signatures import nearest
from qgl.diagnostics.size import ValueTooLarge
from qgl.diagnostics.types import WrongParameter
from qgl.syntax import tree

NUMBERS = ("angle", "real", "probability")
OF_PARAMETER = (*NUMBERS, "unitary")
OF_ARGUMENT = (*NUMBERS, "unitary", "int", "bit", "qubit")
MAX_UNITARY = 10


def unitary_angles(qubits: int) -> int:
    """The number of angles of `unitary(qubits)`: 3, 15, and then those of the quantum Shannon form."""
    if qubits == 1:
        return 3
    angles = 15
    for k in range(3, qubits + 1):
        angles = 4 * angles + 3 * 2 ** (k - 1)
    return angles


@dataclass(frozen=True, slots=True)
class Formal:
    """A formal argument that is a number, or `size` numbers."""

    name: str
    kind: str  # "angle" | "real" | "probability" | "int" | "bit"
    size: int | None = None


@dataclass
class Types:
    reporter: Reporter
    evaluator: Evaluator

    def of_parameter(self, type_: tree.Type, frame: Frame) -> tuple[str, int | None]:
        """(constraint, number of elements or None for one number)."""
        self.known(type_, OF_PARAMETER, "a parameter")
        return self._numbers(type_, frame)

    def of_argument(self, argument: tree.Argument, frame: Frame) -> Formal | tuple[int | None]:
        """A formal for numbers and bits; for qubits a tuple of their number, None for a single one."""
        type_ = argument.type
        if type_ is None:
            text = f"the argument `{argument.name.name}` needs a type"
            raise self.reporter.fault(WrongParameter(argument.span, text, "such as `a: angle` or `q: qubit`"))
        self.known(type_, OF_ARGUMENT, "an argument")
        if type_.name == "qubit":
            return (None if type_.size is None else self._size(type_.size, frame),)
        kind, size = self._numbers(type_, frame)
        return Formal(argument.name.name, kind, size)

    def known(self, type_: tree.Type, allowed: tuple[str, ...], whose: str) -> None:
        """
        Raises:
            FaultyError: the name of the type, or its form, is not one of those allowed; reported.
        """
        if type_.name not in allowed:
            near = nearest(type_.name, allowed)
            hint = f"did you mean `{near}`?" if near else f"types are {', '.join(allowed)}"
            raise self.reporter.fault(WrongParameter(type_.span, f"`{type_.name}` is not a type of {whose}", hint))
        if (type_.argument is not None) != (type_.name == "unitary"):
            text = "`unitary` takes a number of qubits" if type_.name == "unitary" else f"`{type_.name}` takes none"
            hint = "write `unitary(k)`" if type_.name == "unitary" else f"write `{type_.name}` or `{type_.name}[k]`"
            raise self.reporter.fault(WrongParameter(type_.span, f"{text} in parentheses", hint))
        if type_.size is not None and type_.name in ("unitary", "int", "bit"):
            raise self.reporter.fault(WrongParameter(type_.span, f"`{type_.name}` takes no size in brackets"))

    def _size(self, expression: tree.Expression, frame: Frame) -> int:
        size = self.evaluator.integer(expression, frame, "a size")
        if size < 1:
            raise self.reporter.fault(WrongParameter(expression.span, f"a size is at least 1, not {size}"))
        if size > MAX_INPUTS:
            raise self.reporter.fault(ValueTooLarge(expression.span, f"a size of {size:,}", f"{MAX_INPUTS:,}"))
        return size

    def _numbers(self, type_: tree.Type, frame: Frame) -> tuple[str, int | None]:
        if type_.name == "unitary":
            assert type_.argument is not None
            qubits = self._size(type_.argument, frame)
            if qubits > MAX_UNITARY:
                what = f"a unitary of {qubits} qubits"
                raise self.reporter.fault(ValueTooLarge(type_.argument.span, what, f"{MAX_UNITARY} qubits"))
            return "angle", unitary_angles(qubits)
        return type_.name, None if type_.size is None else self._size(type_.size, frame)
