"""Data sets: those that a program declares, and those of given arguments, each made once.

`data noised(t) = through(states, scramble(t));` declares a data set for each value of `t`; `noised(3)`, called from an
objective, a report or another data set, is one of them and has that name.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from qgl.check.calls.binding import FAILED, bind
from qgl.check.environment import Environment
from qgl.check.limits import CALL, Budget
from qgl.check.names.modules import Module, Symbol
from qgl.check.reporter import FaultyError, Reporter
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.types import Types
from qgl.check.values.values import Value
from qgl.diagnostics.model import QglError
from qgl.diagnostics.names import DefinitionCycle
from qgl.diagnostics.size import ValueTooLarge
from qgl.diagnostics.types import ArgumentCount
from qgl.program.calls.arguments import describe
from qgl.program.calls.data_sources import SOURCES, GroundStates, RunWeights, Through
from qgl.program.process import Process
from qgl.program.program import DataSet, Parameter
from qgl.record import record
from qgl.source import Span
from qgl.syntax import tree

MOST_BYTES = 2**31  # of all data sets that have arguments
_KINDS = ("int", "real")
Latents = tuple[tuple[int, Parameter], ...]


@record
class DataFamily:
    """What the name of a data set with arguments stands for by itself."""

    usage: str


@describe.register
def _(value: DataFamily) -> str:
    return f"a data set for each value of its arguments, `{value.usage}`"


class Settings(Protocol):
    """The value of an argument of a data source, names of `frame` being known, and a look at its names only."""

    def value(self, expression: tree.Expression, frame: Frame | None = None) -> Any: ...

    def look_at(self, expression: tree.Expression, frame: Frame) -> None: ...


class Loaded:
    """Data sets that are made already, for the same file with other constants perhaps, and what those with arguments
    take.
    """

    def __init__(self) -> None:
        self.sets: dict[Hashable, DataSet] = {}
        self.bytes = 0


class DataSets:
    """`made` are all data sets by name, `noised(3)` among them, and `spans` say where each is declared. `process` gives
    what the layer or channel of a `through` does to states of so many qubits, `latents` what `ground_states` draws.
    """

    def __init__(
        self,
        main: Module,
        environment: Environment,
        evaluator: Evaluator,
        types: Types,
        reporter: Reporter,
        budget: Budget,
        settings: Settings,
        loaded: Loaded,
    ) -> None:
        self.main = main
        self.environment = environment
        self.evaluator = evaluator
        self.types = types
        self.reporter = reporter
        self.budget = budget
        self.settings = settings
        self.process: Callable[[Through, int], Process] = _none
        self.latents: Callable[[GroundStates], Latents] = _no_latents
        self.made: dict[str, DataSet] = {}
        self.spans: dict[str, Span] = {symbol.name: symbol.span for symbol in main.of_kind("data set")}
        self._active: list[Symbol] = []
        self._faulty: set[str] = set()
        self._called: set[Symbol] = set()
        self.has_faults = False
        self._loaded = loaded

    def weights(self, call: RunWeights) -> DataSet:
        """What a run handed out for a parameter, which is kept with the data of the program.

        Raises:
            FaultyError: there is no such run, or it has no such parameter; reported.
        """
        name = f"{call.path}:{call.parameter}"
        if name not in self.made:
            try:
                self.made[name] = self.environment.load_data(name, call, self.made)
            except QglError as error:
                raise self.reporter.faults(error) from None
        return self.made[name]

    def declared(self, symbol: Symbol) -> DataSet | DataFamily:
        """What a declared name stands for.

        Raises:
            FaultyError: the data set has a fault, which has been reported.
        """
        formals = symbol.node.arguments
        if formals:
            self._kinds(formals)
            return DataFamily(f"{symbol.name}({', '.join(each.name.name for each in formals)})")
        return self._make(symbol, symbol.name, Frame({}, self.main))

    def called(self, symbol: Symbol, node: tree.Call, frame: Frame) -> DataSet:
        """The data set of given arguments.

        Raises:
            FaultyError: it has a fault, which has been reported.
        """
        self._called.add(symbol)
        formals: tuple[tree.Argument, ...] = symbol.node.arguments
        given = len(node.arguments)
        if given != len(formals) or node.keywords:
            usage = f"{symbol.name}({', '.join(each.name.name for each in formals)})" if formals else symbol.name
            raise self.reporter.fault(ArgumentCount(node.span, symbol.name, len(formals), given, usage, symbol.span))
        values = [self._number(*each, frame) for each in zip(node.arguments, self._kinds(formals), strict=True)]
        name = f"{symbol.name}({', '.join(map(repr, values))})"
        if name in self.made:
            return self.made[name]
        if symbol in self._active:
            cycle = (*self._active[self._active.index(symbol) :], symbol)
            raise self.reporter.fault(DefinitionCycle(symbol.span, tuple(each.name for each in cycle)))
        if name in self._faulty:
            raise FaultyError
        self.budget.spend(CALL, node.span)
        names: dict[str, Value] = {each.name.name: value for each, value in zip(formals, values, strict=True)}
        self.spans[name] = symbol.span
        self._active.append(symbol)
        try:
            made = self._make(symbol, name, Frame(names, self.main))
        except FaultyError:
            self._faulty.add(name)
            raise
        finally:
            self._active.pop()
        if self._loaded.bytes > MOST_BYTES:
            what = f"`{name}`, with the other data sets that have arguments,"
            raise self.reporter.fault(ValueTooLarge(node.span, what, f"{MOST_BYTES >> 30} GB in all"))
        return made

    def unreached(self) -> None:
        """A look at the data sets with arguments that nothing calls."""
        for symbol in self.main.of_kind("data set"):
            if symbol.node.arguments and symbol not in self._called and symbol.state != "failed":
                frame = Frame({each.name.name: 0 for each in symbol.node.arguments}, self.main)

                def look(expression: tree.Expression, frame: Frame = frame) -> Any:
                    self.settings.look_at(expression, frame)
                    return FAILED

                bind(symbol.node.value, SOURCES, look, self.reporter.report)

    def _make(self, symbol: Symbol, name: str, frame: Frame) -> DataSet:
        self.has_faults, before = True, self.has_faults
        call = bind(symbol.node.value, SOURCES, partial(self.settings.value, frame=frame), self.reporter.report)
        if call is None:
            raise FaultyError
        if isinstance(call, Through):
            call = replace(call, process=self.process(call, self.made[call.data].width))
        drawn: Hashable = call.process.digest if isinstance(call, Through) and call.process else ""
        if isinstance(call, GroundStates):
            call = replace(call, latents=self.latents(call))
            drawn = call.latents
        key = (name, call, drawn, *map(id, self.made.values()))  # one of which an argument may name
        if key not in self._loaded.sets:
            try:
                self._loaded.sets[key] = self.environment.load_data(name, call, self.made)
            except QglError as error:
                raise self.reporter.faults(error) from None
            self._loaded.bytes += size_of(self._loaded.sets[key]) if symbol.node.arguments else 0
        data = self.made[name] = self._loaded.sets[key]
        self.has_faults = before
        return data

    def _kinds(self, formals: tuple[tree.Argument, ...]) -> list[str]:
        for each in formals:
            if each.type is not None:
                self.types.known(each.type, _KINDS, "an argument of a data set")
        return ["" if each.type is None else each.type.name for each in formals]

    def _number(self, expression: tree.Expression, kind: str, frame: Frame) -> int | float:
        """An argument of a data set; one of type `real` is a decimal, so that `f(1)` and `f(1.0)` are the same."""
        if kind == "int":
            return self.evaluator.integer(expression, frame)
        value = self.evaluator.number(expression, frame)
        return float(value) if kind == "real" else value


def _none(call: Through, qubits: int) -> Process:
    raise FaultyError


def _no_latents(call: GroundStates) -> Latents:
    raise FaultyError


def size_of(data: DataSet) -> int:
    """Bytes that its arrays take."""
    arrays = (data.rows, data.weights, data.conditions, data.state, data.states, data.numbers, data.bases)
    return sum(array.nbytes for array in arrays if array is not None)
