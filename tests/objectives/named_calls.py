"""A stand-in for the checker: expressions from text, and an evaluator that knows numbers, lists and a few names."""

from __future__ import annotations

from typing import Any

import numpy as np

from qgl.check.calls.binding import FAILED, Qubits
from qgl.check.settings.fit import Scope
from qgl.diagnostics.model import Diagnostic
from qgl.program.program import DataSet
from qgl.source import Source
from qgl.syntax import tree
from qgl.syntax.parser import parse

DATA = DataSet("d", np.zeros((2, 3), np.uint8), np.full(2, 0.5), None, False, "", "")
WIDE = DataSet("wide", np.zeros((2, 30), np.uint8), np.full(2, 0.5), None, False, "", "")
GIVEN = DataSet("given", np.zeros((2, 3), np.uint8), np.full(2, 0.5), np.array([[0.0], [1.0]]), False, "", "")
NAMES: dict[str, Any] = {
    "d": DATA,
    "wide": WIDE,
    "given": GIVEN,
    "w": 0.5,
    "v": Qubits((0, 1, 2)),
    "faulty": FAILED,
}


def evaluate(expression: tree.Expression) -> Any:
    match expression:
        case tree.Number() | tree.String() | tree.Boolean():
            return expression.value
        case tree.Name():
            return NAMES[expression.name]
        case tree.List():
            return [evaluate(item) for item in expression.items]
        case tree.Range():
            return range(evaluate(expression.first), evaluate(expression.last) + 1)
        case tree.Unary(operator="-"):
            return -evaluate(expression.operand)
        case tree.Binary(operator="*"):
            return evaluate(expression.left) * evaluate(expression.right)
        case tree.Index():
            return Qubits((evaluate(expression.indices[0]),))
        case _:
            raise AssertionError(expression)


class Checker:
    """A scope with three visible qubits and the list of faults that were reported to it."""

    def __init__(self, visible: int | None = 3, conditions: int = 0) -> None:
        self.faults: list[Diagnostic] = []
        data = {"d": DATA, "wide": WIDE, "given": GIVEN}
        self.scope = Scope(evaluate, self.faults.append, data, {}, visible, None, conditions)

    @property
    def codes(self) -> list[str]:
        for fault in self.faults:
            assert fault.message and isinstance(fault.label, str) and isinstance(fault.help, str)
            assert fault.span is not None
        return [fault.code for fault in self.faults]

    @property
    def places(self) -> list[str]:
        """The text under the carets."""
        return [fault.span.text for fault in self.faults if fault.span]


def declaration(text: str) -> Any:
    """The one declaration in `text`."""
    parsed = parse(Source("test", text))
    assert not parsed.diagnostics, parsed.diagnostics
    return parsed.file.declarations[0]


def expression(text: str) -> tree.Expression:
    value: tree.Expression = declaration(f"objective {text};").value
    return value
