"""Statements to operations: loops unrolled, layers and channels expanded, conditions attached."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from typing import Any

from qgl.check.circuit.apply import Applier
from qgl.check.circuit.binding import Binder
from qgl.check.circuit.evolve import Evolver
from qgl.check.circuit.recorder import Recorder
from qgl.check.declarations.declarations import Declarations
from qgl.check.declarations.initial import Initial
from qgl.check.limits import FAULT, STATEMENT, Budget
from qgl.check.names.modules import Symbol
from qgl.check.reporter import FaultyError, Reporter
from qgl.check.values.conditions import Conjunction, Formula, comparison, is_condition, split, value_count
from qgl.check.values.frame import POISON, Frame
from qgl.check.values.types import Formal, QubitFormal
from qgl.check.values.values import Array, Bit, Dimension, Group, Outcomes, Qubit, Value, describe
from qgl.diagnostics.registers import NotACondition, NotAQubit, WrongBranches, WrongRegisterSize
from qgl.diagnostics.types import WrongType
from qgl.expression import Input, Real
from qgl.program.operations import Discard, Fresh, Measurement, applied
from qgl.source import Span
from qgl.syntax import tree


class Elaborator:
    """Goes through statements and tells the recorder what they do."""

    def __init__(self, declarations: Declarations, recorder: Recorder, reporter: Reporter, budget: Budget) -> None:
        self.declarations = declarations
        self.evaluator = declarations.evaluator
        self.recorder = recorder
        self.reporter = reporter
        self.budget = budget
        self.initial = Initial(reporter, self.evaluator, recorder.row)
        binder = Binder(reporter, recorder.parameters, recorder.hole)
        self.evolver = Evolver(recorder, self.evaluator, reporter, budget, binder)
        self.applier = Applier(
            recorder, declarations, reporter, budget, binder, self.evolver, declarations.wires_on, self.block
        )
        self._methods: Mapping[type, Callable[[Any, Frame], None]] = {
            tree.Apply: self.applier.apply,
            tree.For: self._for,
            tree.Repeat: self._repeat,
            tree.If: self._if,
            tree.Choose: self._choose,
            tree.Fresh: self._fresh,
            tree.Measure: self._measure,
            tree.Evolve: self.evolver.evolve,
            tree.Let: self._let,
            tree.Broken: self._broken,
        }
        self._blocks: list[list[tuple[int, Span]]] = []

    # ------------------------------------------------------------ programs

    def registers(self) -> None:
        """The initial states of all registers."""
        for group, symbol in zip(self.declarations.groups, self._register_symbols(), strict=True):
            initial = symbol.node.initial
            if initial is not None:
                try:
                    self._prepare(initial, group, Frame({}, symbol.module))
                except FaultyError as fault:
                    self.reporter.give_up(fault)

    def _register_symbols(self) -> list[Symbol]:
        main = self.declarations.main
        return [symbol for symbol in main.of_kind("visible register", "hidden register") if symbol.state == "done"]

    def _prepare(
        self,
        initial: tree.Expression,
        group: Group,
        frame: Frame,
    ) -> None:
        wires, steps = group.wires, list(self.initial.steps(initial, group, frame))
        beyond = max((position for _, positions, _ in steps for position in positions), default=0) + 1 - len(wires)
        others = tuple(self.recorder.fresh_wires(tree.Name(initial.span, "mixing"), max(beyond, 0)))
        self.recorder.operations += [Fresh((wire,), initial.span) for wire in others]
        for gate, positions, numbers in steps:
            touched = tuple((*wires, *others)[position] for position in positions)
            self.recorder.emit(applied(gate, touched, initial.span, numbers))
        self.recorder.operations += [Discard((wire,), initial.span) for wire in others]

    def dry_run(self, symbol: Symbol) -> None:
        """Go through the body of a routine that nothing calls, with stand-ins for its arguments where there are any."""
        if self.applier.generic(symbol):
            return
        frame = Frame({}, symbol.module)
        try:
            for argument in symbol.node.arguments:
                formal = self.declarations.types.of_argument(argument, Frame({}, symbol.module))
                stand_in = self._stand_in(argument, formal)
                if stand_in is None:
                    return
                frame.names[argument.name.name] = stand_in
        except FaultyError as fault:
            self.reporter.give_up(fault)
            return
        self.block(symbol.node.body, frame)

    def _stand_in(self, argument: tree.Argument, formal: Formal | QubitFormal) -> Value | None:
        if isinstance(formal, tuple):
            size = formal.size
            wires = tuple(self.recorder.fresh_wires(argument.name, size or 1))
            group = Group(argument.name.name, wires, None, (), argument.span, formal.categories)
            return Qubit(wires[0]) if size is None else group
        if formal.kind in ("int", "bit"):
            return None
        number = len(self.recorder.parameters)
        self.recorder.parameters.append(self.declarations.anonymous(formal.name, formal.kind, (), argument.span))
        if formal.size is None:
            return Real(0.0, ((1.0, Input(number, 0)),))
        dimensions = tuple(Dimension(size, f"0..{size - 1}", between=formal.between) for size in formal.dimensions)
        return Array(number, formal.name, 0, dimensions, argument.span)

    # ------------------------------------------------------------ blocks

    def block(self, statements: Sequence[tree.Statement], frame: Frame) -> None:
        """Statements in order, and the end of the `fresh` qubits among them. `frame` is the block's own."""
        self._blocks.append([])
        for statement in statements:
            self.budget.spend(STATEMENT, statement.span)
            try:
                self._methods[type(statement)](statement, frame)
            except FaultyError as fault:
                self.budget.spend(FAULT, statement.span)
                self.reporter.give_up(fault)
                for name in _declared(statement):
                    frame.names[name] = POISON
        for wire, span in reversed(self._blocks.pop()):
            self.recorder.operations.append(Discard((wire,), span))

    def _broken(self, node: tree.Broken, frame: Frame) -> None:
        raise FaultyError

    def _let(self, node: tree.Let, frame: Frame) -> None:
        name, handed_in = node.name.name, frame.is_handed_in(node.value)
        frame.names[name] = self.evaluator.evaluate(node.value, frame)
        frame.lets = frame.lets or set()
        (frame.lets.discard if handed_in else frame.lets.add)(name)

    def _for(self, node: tree.For, frame: Frame) -> None:
        items = self.evaluator.items(node.iterable, frame)
        if self.applier.roller.loop([each.name for each in node.targets], items, node.body, frame):
            return
        with closing(self._iterations(len(items), node.iterable.span)) as iterations:
            for iteration in iterations:
                inner = frame.inner()
                self.evaluator.bind(node.targets, items[iteration], inner)
                self.block(node.body, inner)

    def _repeat(self, node: tree.Repeat, frame: Frame) -> None:
        count = self.evaluator.integer(node.count, frame, "a number of iterations")
        if count < 0:
            raise self.reporter.fault(WrongType(node.count.span, "a number of iterations", f"{count}"))
        variables = [] if node.variable is None else [node.variable.name]
        if self.applier.roller.loop(variables, range(count), node.body, frame):
            return
        with closing(self._iterations(count, node.count.span)) as iterations:
            for iteration in iterations:
                inner = frame.inner()
                if node.variable is not None:
                    inner.names[node.variable.name] = iteration
                self.block(node.body, inner)

    def _iterations(self, count: int, span: Span) -> Generator[int, None, None]:
        """0..count-1, while the budget lasts. The first two iterations tell what the others will cost."""
        budget, costs = self.budget, []
        budget.enter(count, span)
        try:
            for iteration in range(count):
                before = budget.left
                budget.spend(1, span)
                yield iteration
                if iteration < 2:
                    costs.append(before - budget.left)
                    if iteration == 1:
                        budget.foresee(min(costs), count - 2, span)
        finally:
            budget.leave()

    def _if(self, node: tree.If, frame: Frame) -> None:
        formula = self.evaluator.evaluate(node.condition, frame)
        if not is_condition(formula):
            raise self.reporter.fault(NotACondition(node.condition.span, describe(formula)))
        holds, fails = self._split(formula, node.condition.span)
        self._branch(holds, node.then, frame)
        self._branch(fails, node.otherwise, frame)

    def _choose(self, node: tree.Choose, frame: Frame) -> None:
        """As `if k == 0 { ... } if k == 1 { ... }` and so on: what comes later sees conditions alone."""
        selector, span, count = self.evaluator.evaluate(node.selector, frame), node.selector.span, len(node.branches)
        if type(selector) is int:
            if not 0 <= selector < count:
                raise self.reporter.fault(
                    WrongBranches(span, f"there is no branch {selector}: the last is {count - 1}")
                )
            self.block(node.branches[selector].body, frame.inner())
            return
        values = value_count(selector)
        if not values:
            hint = f"measure it: `measure {span.text[:40]} -> k;`" if isinstance(selector, Qubit | Group) else ""
            raise self.reporter.fault(WrongType(span, "a measured outcome or a whole number", describe(selector), hint))
        if values != count:
            told = values if values < 1_000_000 else f"2^{values.bit_length() - 1}"
            text = f"the outcome has {told} values, and the branches here are {count}"
            place = node.branches[values].span if count > values else span
            raise self.reporter.fault(WrongBranches(place, text))
        for number, branch in enumerate(node.branches):
            formula = comparison("==", selector, number)
            assert formula is not None  # since it may be that number
            self._branch(self._split(formula, span)[0], branch.body, frame)

    def _split(self, formula: Formula, span: Span) -> tuple[tuple[Conjunction, ...], tuple[Conjunction, ...]]:
        return split(formula, self.recorder.under, lambda steps: self.budget.spend(steps, span))

    def _branch(self, under: tuple[Conjunction, ...], body: Sequence[tree.Statement], frame: Frame) -> None:
        """A block of what happens under conditions; nothing where they cannot hold."""
        if not under:
            return
        outer, self.recorder.under = self.recorder.under, under
        try:
            self.block(body, frame.inner())
        finally:
            self.recorder.under = outer

    # ------------------------------------------------------------ fresh qubits and measurements

    def _fresh(self, node: tree.Fresh, frame: Frame) -> None:
        size = 1 if node.size is None else self.evaluator.integer(node.size, frame, "the number of qubits")
        if size < 1:
            assert node.size is not None
            raise self.reporter.fault(
                WrongRegisterSize(node.size.span, f"a register has at least one qubit, not {size}")
            )
        wires = tuple(self.recorder.fresh_wires(node.name, size))
        for wire in wires:
            self.recorder.operations.append(Fresh((wire,), node.span))
            self._blocks[-1].append((wire, node.span))
        group = Group(node.name.name, wires, None, (), node.name.span)
        frame.names[node.name.name] = Qubit(wires[0]) if node.size is None else group
        if node.initial is not None:
            outer, self.recorder.under = self.recorder.under, ((),)
            try:
                self._prepare(node.initial, group, frame)
            except FaultyError as fault:
                self.reporter.give_up(fault)  # the name is good all the same
            finally:
                self.recorder.under = outer

    def _measure(self, node: tree.Measure, frame: Frame) -> None:
        if node.keep:
            self.recorder.whatever_happens(node.span, "kept")
        value = self.evaluator.evaluate(node.operand, frame)
        single = not isinstance(value, Group | tuple)
        members = (value,) if single else tuple(value)
        if not members:
            raise self.reporter.fault(NotAQubit(node.operand.span, describe(value)))
        name = node.bit.name if node.bit is not None else node.operand.span.text
        labels = [name if single else f"{name}[{k}]" for k in range(len(members))] if node.keep else [""] * len(members)
        wires = [self.evaluator.wire(member, node.operand.span) for member in members]
        bits = [self._measured(node, wire, label) for wire, label in zip(wires, labels, strict=True)]
        if node.bit is not None:
            several = isinstance(value, Group) and value.categories
            outcome = Outcomes(bits, several) if several else tuple(bits)
            frame.names[node.bit.name] = bits[0] if single else outcome

    def _measured(self, node: tree.Measure, wire: int, label: str) -> Bit:
        """Measure one wire; under several conditions, once under each into a bit of its own."""
        numbers: list[tuple[Conjunction, int]] = []
        for condition in self.recorder.under:
            self.budget.spend(1, node.span)
            bit = None
            if node.bit is not None:
                bit = self.recorder.bits
                self.recorder.bits += 1
                numbers.append((condition, bit))
            measured = Measurement((wire,), node.span, bit, label, drawn=node.drawn, condition=condition)
            self.recorder.operations.append(measured)
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
