"""Initial product states, as operations on qubits that are in zero."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qgl.check.reporter import Reporter
from qgl.check.values.degrees import in_degrees
from qgl.check.values.evaluate import Evaluator, Frame
from qgl.check.values.functions import is_number
from qgl.check.values.lattices import Lattice
from qgl.check.values.values import Array, Value, describe
from qgl.diagnostics.registers import WrongInitial
from qgl.diagnostics.suggest import nearest
from qgl.expression import Real, real
from qgl.source import Span
from qgl.syntax import tree

STATES = ("zero", "one", "plus", "minus", "neel")

Step = tuple[str, int, tuple[Real, ...]]  # gate, position in the register, angles
_UNIFORM = {"zero": (), "one": ("x",), "plus": ("h",), "minus": ("x", "h")}


@dataclass
class Initial:
    reporter: Reporter
    evaluator: Evaluator

    def steps(
        self, expression: tree.Expression, size: int, lattice: Lattice | None, sites: tuple[int, ...], frame: Frame
    ) -> Iterator[Step]:
        """Gates that prepare the state of `size` qubits.

        Raises:
            FaultyError: the expression is no initial state for them; reported.
        """
        span = expression.span
        if isinstance(expression, tree.Name) and expression.name in STATES:
            return self._named(expression.name, size, lattice, sites)
        if isinstance(expression, tree.Call):
            return self._angles(expression, size, frame)
        if isinstance(expression, tree.Name):
            known = frame.module.names.get(expression.name)
            if known is None and frame.find(expression.name) is None:
                near = nearest(expression.name, STATES)
                raise self.reporter.fault(WrongInitial(span, f"there is no initial state `{expression.name}`", near))
        value = self.evaluator.evaluate(expression, frame)
        if not isinstance(value, str):
            raise self.reporter.fault(WrongInitial(span, f"an initial state belongs here, not {describe(value)}"))
        if set(value) - {"0", "1"}:
            raise self.reporter.fault(WrongInitial(span, "the string of an initial state has characters 0 and 1 only"))
        self._sized(len(value), size, "characters", span)
        return ((("x"), position, ()) for position, character in enumerate(value) if character == "1")

    def _named(self, name: str, size: int, lattice: Lattice | None, sites: tuple[int, ...]) -> Iterator[Step]:
        if name == "neel":
            odd = [lattice.parity(site) for site in sites] if lattice else [position % 2 for position in range(size)]
            return (("x", position, ()) for position in range(size) if odd[position])
        return ((gate, position, ()) for position in range(size) for gate in _UNIFORM[name])

    def _sized(self, found: int, wanted: int, things: str, span: Span) -> None:
        if found != wanted:
            qubits = "is 1 qubit" if wanted == 1 else f"are {wanted} qubits"
            text = f"this state has {found} {things}, but there {qubits}"
            raise self.reporter.fault(WrongInitial(span, text))

    def _angles(self, call: tree.Call, size: int, frame: Frame) -> Iterator[Step]:
        name = call.function.name
        if name != "angles" or len(call.arguments) != 1 or call.keywords:
            near = nearest(name, (*STATES, "angles")) if name != "angles" else None
            text = "`angles` takes one list" if name == "angles" else f"there is no initial state `{name}`"
            raise self.reporter.fault(WrongInitial(call.span, text, near))
        span = call.arguments[0].span
        value = self.evaluator.evaluate(call.arguments[0], frame)
        if not isinstance(value, tuple | Array):
            raise self.reporter.fault(WrongInitial(span, f"a list of angles belongs here, not {describe(value)}"))
        self._sized(len(value), size, "angles", span)
        for warning in in_degrees(call.arguments[0], value):
            self.reporter.report(warning)
        return iter([step for position, item in enumerate(value) for step in self._rotation(item, position, span)])

    def _rotation(self, item: Value, position: int, span: Span) -> Iterator[Step]:
        if isinstance(item, tuple) and len(item) == 2:
            yield "ry", position, (self._angle(item[0], span),)
            yield "p", position, (self._angle(item[1], span),)
        else:
            yield "ry", position, (self._angle(item, span),)

    def _angle(self, value: Value, span: Span) -> Real:
        if not isinstance(value, Real) and not is_number(value):
            raise self.reporter.fault(WrongInitial(span, f"angles are numbers or pairs of them, not {describe(value)}"))
        return real(value)
