"""The values that settings take: of arguments of objectives, reports and data sets, whose numbers are known."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from qgl.check.calls.binding import FAILED, Qubits
from qgl.check.declarations.data_sets import DataFamily
from qgl.check.declarations.hamiltonians import Hamiltonians
from qgl.check.names.callees import counts_of_routine
from qgl.check.names.modules import Module, Symbol
from qgl.check.names.resolve_expressions import CALLABLE, ExpressionResolver
from qgl.check.reporter import FaultyError, Reporter
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.operators import Operator
from qgl.check.values.values import Group, Qubit, Site, Value, describe
from qgl.diagnostics.registers import HiddenReadOut
from qgl.diagnostics.types import ArgumentCount, WrongType
from qgl.expression import Real
from qgl.program.calls.operators import AppliedChannel
from qgl.program.program import DataSet, Wire
from qgl.source import Span
from qgl.syntax import tree


class SettingValues:
    """Reads them. `wires` are all that are declared so far; `visible` gives those of the visible registers."""

    def __init__(
        self,
        main: Module,
        evaluator: Evaluator,
        hamiltonians: Hamiltonians,
        wires: list[Wire],
        visible: Callable[[], tuple[int, ...]],
        reporter: Reporter,
    ) -> None:
        self.main = main
        self.evaluator = evaluator
        self.hamiltonians = hamiltonians
        self.wires = wires
        self.visible = visible
        self.reporter = reporter
        self.names = ExpressionResolver(reporter)

    def look_at(self, expression: tree.Expression, frame: Frame) -> None:
        """Report names that stand for nothing in an argument of a setting, those of `frame` being known."""
        parts = [expression]
        if self.called_of(expression) is not None:
            parts = [*expression.arguments] if isinstance(expression, tree.Call) else []
        for part in parts:
            self.names.look_at(part, self.main, frame.names)

    def value(self, expression: tree.Expression, frame: Frame | None = None) -> Any:
        """The value of an argument of an objective, report or data set, as `qgl.check.calls.binding.bind` wants
        it. Names of `frame` are seen in it: arguments of a data set, say.
        """
        frame = frame or Frame({}, self.main)
        try:
            self.look_at(expression, frame)
            symbol = self.called_of(expression)
            if symbol is not None:
                given = expression.arguments if isinstance(expression, tree.Call) else ()
                arguments = self.evaluator.all_of(given, frame)
                if symbol.kind != "Hamiltonian":
                    return self._applied(symbol, expression, arguments)
                width = len(self.visible())
                return self.hamiltonians.of_numbers(symbol, expression, arguments, self.read_out, width)
            value = self.evaluator.evaluate(expression, frame)
            if isinstance(value, Operator) and not value.is_number:
                return self.hamiltonians.written(value, expression.span, self.read_out, len(self.visible()))
            wires = self.wires_of(value, expression.span)
            if wires is None:
                self._plain(value, expression.span)
                return value
            return self.read_out(wires, expression.span)
        except FaultyError:
            return FAILED

    def called_of(self, expression: tree.Expression) -> Symbol | None:
        """The Hamiltonian, layer or channel that an expression names, with its arguments perhaps."""
        name = expression.function if isinstance(expression, tree.Call) else expression
        symbol = self.main.names.get(name.name) if isinstance(name, tree.Name) else None
        return symbol if symbol is not None and symbol.kind in CALLABLE else None

    def _applied(self, symbol: Symbol, expression: tree.Expression, arguments: list[Value]) -> AppliedChannel:
        """A layer or channel with its numbers, which are known."""
        counts = counts_of_routine(symbol.name, symbol.node, symbol.span)
        keywords = expression.keywords if isinstance(expression, tree.Call) else ()
        if keywords or len(arguments) != counts.arguments[0]:
            wanted = (symbol.name, counts.arguments[0], len(arguments), counts.usage, symbol.span)
            raise self.reporter.fault(ArgumentCount(expression.span, *wanted))
        self._plain(tuple(arguments), expression.span)
        return AppliedChannel(symbol.name, tuple(arguments))

    def read_out(self, wires: Sequence[int], span: Span) -> Qubits:
        """Where qubits stand in a reading of all of them."""
        places = self._places
        unseen = [wire for wire in wires if self.wires[wire].kind != "visible"]
        faults = [HiddenReadOut(span, f"`{self.wires[wire]}`", self.wires[wire].span) for wire in unseen]
        return Qubits(tuple(places[wire] for wire in wires), faults[0] if faults else None)

    @functools.cached_property
    def _places(self) -> dict[int, int]:
        """Where each declared qubit stands in a reading of all of them: visible ones, then hidden ones."""
        visible = self.visible()
        hidden = (wire for wire, each in enumerate(self.wires) if each.kind == "hidden")
        return {wire: place for place, wire in enumerate((*visible, *hidden))}

    def _plain(self, value: Value, span: Span) -> None:
        """That `value` is made of numbers, truth values, strings and data sets."""
        if isinstance(value, tuple):
            for each in value:
                self._plain(each, span)
        elif not isinstance(value, int | float | str | range | DataSet | DataFamily) and not (
            isinstance(value, Real) and value.is_constant
        ):
            raise self.reporter.fault(WrongType(span, "a value that is known at compile time", describe(value)))

    def wires_of(self, value: Value, span: Span) -> tuple[int, ...] | None:
        if isinstance(value, Group):
            return value.wires
        if isinstance(value, Qubit | Site):
            return (self.evaluator.wire(value, span),)
        if isinstance(value, tuple) and value and all(isinstance(each, Qubit | Site | Group) for each in value):
            registers = [self.wires_of(each, span) or () for each in value]
            return tuple(wire for wires in registers for wire in wires)
        return None
