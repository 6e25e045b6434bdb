"""Statements to operations: loops unrolled, layers and channels expanded, conditions attached."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from qgl.check.apply import Applier
from qgl.check.branches import Conjunction, is_condition, split
from qgl.check.declarations import Declarations
from qgl.check.evaluate import POISON, Frame
from qgl.check.evolve import Evolver
from qgl.check.initial import Initial
from qgl.check.lattices import Lattice
from qgl.check.limits import MAX_QUBITS, Budget
from qgl.check.modules import Symbol
from qgl.check.program import Operation, Parameter, Wire
from qgl.check.reporter import FaultyError, Reporter
from qgl.check.types import Formal
from qgl.check.values import Array, Bit, Dimension, Group, Qubit, Value, describe
from qgl.diagnostics.registers import NotACondition, NotAQubit, WrongRegisterSize
from qgl.diagnostics.size_of_program import TooManyQubits
from qgl.diagnostics.types import WrongType
from qgl.expression import Input, Real
from qgl.source import Span
from qgl.syntax import tree


@dataclass(slots=True)
class _Anonymous:
    """A parameter that a `?` makes: how many times its place was reached."""

    parameter: int
    size: int | None
    count: int = 0


class Elaborator:
    """Builds `operations`. `wires` and `parameters` start with the declared ones and grow."""

    def __init__(self, declarations: Declarations, reporter: Reporter, budget: Budget) -> None:
        self.declarations = declarations
        self.evaluator = declarations.evaluator
        self.reporter = reporter
        self.budget = budget
        self.operations: list[Operation] = []
        self.wires: list[Wire] = declarations.wires
        self.parameters: list[Parameter | None] = declarations.parameters
        self.bits = 0
        self.under: tuple[Conjunction, ...] = ((),)
        self.reached: set[Symbol] = set()
        self.channel_calls: list[tuple[str, Span, frozenset[int]]] = []
        self._channel_depth = 0
        self._anonymous: dict[tuple[int, int, str, int | None], _Anonymous] = {}
        self._names = set(declarations.main.names)
        self.initial = Initial(reporter, self.evaluator)
        self.applier = Applier(self)
        self.evolver = Evolver(self)
        self._methods: Mapping[type, Callable[[Any, Frame], None]] = {
            tree.Apply: self.applier.apply,
            tree.For: self._for,
            tree.Repeat: self._repeat,
            tree.If: self._if,
            tree.Fresh: self._fresh,
            tree.Measure: self._measure,
            tree.Evolve: self.evolver.evolve,
            tree.Let: self._let,
            tree.Broken: self._broken,
        }
        self._blocks: list[list[tuple[int, Span]]] = []

    # ------------------------------------------------------------ results

    @contextmanager
    def channel(self, name: str, span: Span) -> Iterator[None]:
        """A call of a channel; the wires that it touches are noted, unless it is part of another call."""
        first = len(self.operations)
        self._channel_depth += 1
        try:
            yield
        finally:
            self._channel_depth -= 1
        if self._channel_depth == 0:
            touched = frozenset(wire for each in self.operations[first:] for wire in each.wires)
            self.channel_calls.append((name, span, touched))

    def emit(self, gate: str, wires: tuple[int, ...], span: Span, args: tuple[Real, ...] = (), **more: Any) -> None:
        """Append an operation, under each of the conditions that hold here."""
        self.budget.spend(1 + len(args), span)
        for condition in self.under:
            self.operations.append(Operation(gate, wires, span, args, condition=condition, **more))

    def hole(self, node: tree.Hole, gate: str, kind: str, size: int | None) -> Value:
        """A new element, or vector of `size` elements, of the anonymous parameter of a `?`."""
        key = (id(node.span.source), node.span.start, kind, size)
        found = self._anonymous.get(key)
        if found is None:
            number = next(k for k in range(1, len(self._names) + 2) if f"{gate}_{k}" not in self._names)
            name = f"{gate}_{number}"
            self._names.add(name)
            found = self._anonymous[key] = _Anonymous(len(self.parameters), size)
            self.parameters.append(self.declarations.anonymous(name, kind, (), node.span))
        element = found.count
        found.count += 1
        if size is None:
            return Real(0.0, ((1.0, Input(found.parameter, element)),))
        return Array(found.parameter, "?", element * size, (Dimension(size, f"0..{size - 1}"),), node.span)

    def finished_parameters(self) -> tuple[Parameter, ...]:
        """All parameters, those of `?` with the number of times that their place was reached."""
        shapes = {
            each.parameter: (each.count,) if each.size is None else (each.count, each.size)
            for each in self._anonymous.values()
        }
        return tuple(
            replace(parameter, shape=shapes[k]) if k in shapes else parameter
            for k, parameter in enumerate(self.parameters)
            if parameter is not None
        )

    @contextmanager
    def captured(self) -> Iterator[list[Operation]]:
        """Operations go to the list that is given, not to the program."""
        outer, self.operations = self.operations, []
        try:
            yield self.operations
        finally:
            self.operations = outer

    # ------------------------------------------------------------ programs

    def registers(self) -> None:
        """The initial states of all registers."""
        for group, symbol in zip(self.declarations.groups, self._register_symbols(), strict=True):
            initial = symbol.node.initial
            if initial is not None:
                try:
                    self._prepare(initial, group.wires, group.lattice, group.sites, Frame({}, symbol.module))
                except FaultyError:
                    continue

    def _register_symbols(self) -> list[Symbol]:
        main = self.declarations.main
        return [symbol for symbol in main.of_kind("visible register", "hidden register") if symbol.state == "done"]

    def _prepare(
        self,
        initial: tree.Expression,
        wires: Sequence[int],
        lattice: Lattice | None,
        sites: tuple[int, ...],
        frame: Frame,
    ) -> None:
        for gate, position, angles in self.initial.steps(initial, len(wires), lattice, sites, frame):
            self.emit(gate, (wires[position],), initial.span, angles)

    def dry_run(self, symbol: Symbol) -> None:
        """Go through the body of a routine that nothing calls, with stand-ins for its arguments."""
        frame = Frame({}, symbol.module)
        try:
            for argument in symbol.node.arguments:
                formal = self.declarations.types.of_argument(argument, Frame({}, symbol.module))
                stand_in = self._stand_in(argument, formal)
                if stand_in is None:
                    return
                frame.names[argument.name.name] = stand_in
        except FaultyError:
            return
        self.block(symbol.node.body, frame)

    def _stand_in(self, argument: tree.Argument, formal: Formal | tuple[int | None]) -> Value | None:
        if isinstance(formal, tuple):
            size = formal[0]
            wires = tuple(self._new_wires(argument.name, size or 1))
            return Qubit(wires[0]) if size is None else Group(argument.name.name, wires, None, (), argument.span)
        if formal.kind in ("int", "bit"):
            return None
        number = len(self.parameters)
        self.parameters.append(self.declarations.anonymous(formal.name, formal.kind, (), argument.span))
        if formal.size is None:
            return Real(0.0, ((1.0, Input(number, 0)),))
        return Array(number, formal.name, 0, (Dimension(formal.size, f"0..{formal.size - 1}"),), argument.span)

    # ------------------------------------------------------------ blocks

    def block(self, statements: Sequence[tree.Statement], frame: Frame) -> None:
        """Statements in order, and the end of the `fresh` qubits among them. `frame` is the block's own."""
        self._blocks.append([])
        for statement in statements:
            try:
                self._methods[type(statement)](statement, frame)
            except FaultyError:
                for name in _declared(statement):
                    frame.names[name] = POISON
        for wire, span in reversed(self._blocks.pop()):
            self.operations.append(Operation("discard", (wire,), span))

    def _broken(self, node: tree.Broken, frame: Frame) -> None:
        raise FaultyError

    def _let(self, node: tree.Let, frame: Frame) -> None:
        frame.names[node.name.name] = self.evaluator.evaluate(node.value, frame)

    def _for(self, node: tree.For, frame: Frame) -> None:
        items = self.evaluator.items(node.iterable, frame)
        with closing(self._turns(len(items), node.iterable.span)) as turns:
            for turn in turns:
                inner = frame.inner()
                self.evaluator.bind(node.targets, items[turn], inner)
                self.block(node.body, inner)

    def _repeat(self, node: tree.Repeat, frame: Frame) -> None:
        count = self.evaluator.integer(node.count, frame, "a number of turns")
        if count < 0:
            raise self.reporter.fault(WrongType(node.count.span, "a number of turns", f"{count}"))
        with closing(self._turns(count, node.count.span)) as turns:
            for turn in turns:
                inner = frame.inner()
                if node.variable is not None:
                    inner.names[node.variable.name] = turn
                self.block(node.body, inner)

    def _turns(self, count: int, span: Span) -> Generator[int, None, None]:
        """0..count-1, while the budget lasts. The first two turns tell what the others will cost."""
        budget, costs = self.budget, []
        budget.enter(count, span)
        try:
            for turn in range(count):
                before = budget.left
                budget.spend(1, span)
                yield turn
                if turn < 2:
                    costs.append(before - budget.left)
                    if turn == 1:
                        budget.foresee(min(costs), count - 2, span)
        finally:
            budget.leave()

    def _if(self, node: tree.If, frame: Frame) -> None:
        formula = self.evaluator.evaluate(node.condition, frame)
        if not is_condition(formula):
            raise self.reporter.fault(NotACondition(node.condition.span, describe(formula)))
        outer = self.under
        holds, fails = split(formula, outer)
        self.budget.spend(len(holds) + len(fails), node.condition.span)
        for under, body in ((holds, node.then), (fails, node.otherwise)):
            if under:
                self.under = under
                try:
                    self.block(body, frame.inner())
                finally:
                    self.under = outer

    # ------------------------------------------------------------ fresh qubits and measurements

    def _new_wires(self, name: tree.Name, size: int) -> range:
        first = len(self.wires)
        if first + size > MAX_QUBITS * 4:
            raise self.reporter.fault(
                TooManyQubits(name.span, "the program", f"{first + size:,} qubits", MAX_QUBITS * 4)
            )
        self.budget.spend(size, name.span)
        for position in range(size):
            self.wires.append(Wire("fresh", name.name, position, None, name.span))
        return range(first, first + size)

    def _fresh(self, node: tree.Fresh, frame: Frame) -> None:
        size = 1 if node.size is None else self.evaluator.integer(node.size, frame, "the number of qubits")
        if size < 1:
            assert node.size is not None
            raise self.reporter.fault(
                WrongRegisterSize(node.size.span, f"a register has at least one qubit, not {size}")
            )
        wires = tuple(self._new_wires(node.name, size))
        for wire in wires:
            self.operations.append(Operation("fresh", (wire,), node.span))
            self._blocks[-1].append((wire, node.span))
        single = node.size is None
        frame.names[node.name.name] = (
            Qubit(wires[0]) if single else Group(node.name.name, wires, None, (), node.name.span)
        )
        if node.initial is not None:
            outer, self.under = self.under, ((),)
            try:
                self._prepare(node.initial, wires, None, (), frame)
            except FaultyError:
                return  # the name is good all the same
            finally:
                self.under = outer

    def _measure(self, node: tree.Measure, frame: Frame) -> None:
        value = self.evaluator.evaluate(node.operand, frame)
        single = not isinstance(value, Group | tuple)
        members = (value,) if single else tuple(value)
        if not members:
            raise self.reporter.fault(NotAQubit(node.operand.span, describe(value)))
        bits = [self._measured(node, self.evaluator.wire(member, node.operand.span)) for member in members]
        if node.bit is not None:
            frame.names[node.bit.name] = bits[0] if single else tuple(bits)

    def _measured(self, node: tree.Measure, wire: int) -> Bit:
        """Measure one wire; under several conditions, once under each into a bit of its own."""
        numbers: list[tuple[Conjunction, int]] = []
        for condition in self.under:
            self.budget.spend(1, node.span)
            bit = None
            if node.bit is not None:
                bit = self.bits
                self.bits += 1
                numbers.append((condition, bit))
            self.operations.append(Operation("measure", (wire,), node.span, bit=bit, condition=condition))
        return Bit(node.bit.name if node.bit else "", tuple(numbers))


def _declared(statement: Any) -> tuple[str, ...]:
    """Names that a statement would have given to its block."""
    match statement:
        case tree.Fresh(_, name) | tree.Let(_, name):
            return (name.name,)
        case tree.Measure(_, _, bit) if bit is not None:
            return (bit.name,)
        case tree.Broken(_, _, names):
            return names
        case _:
            return ()
