"""A look at all names, before anything is computed.

Every body is looked at, also of layers that nothing calls and of loops that make no iteration: names, gates, the number
of arguments, places of `?`, and what a `layer` may not hold.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from functools import cache
from typing import Any

from qgl.check.names.callees import COUNTS, MULTI_QUBIT, Counts, counts_of_routine, widths_of
from qgl.check.names.modules import EXPORTED, RESERVED, Module, Symbol
from qgl.check.names.resolve_expressions import ExpressionResolver
from qgl.check.names.scopes import Body
from qgl.check.reporter import Reporter
from qgl.check.values.evaluate import PAULIS
from qgl.check.values.functions import USAGES
from qgl.check.values.types import MAPS, OF_ARGUMENT
from qgl.diagnostics.names import MistypedWidth, UnknownFunction, UnknownGate, UnknownName, WrongKind
from qgl.diagnostics.operators import WrongMethod
from qgl.diagnostics.registers import NotUnitary
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.training import UnknownCallable
from qgl.diagnostics.types import ArgumentCount, OperandCount, WrongParameter
from qgl.gates import GATES
from qgl.program.calls.arguments import Choice
from qgl.program.calls.call import parameters
from qgl.program.calls.table import KINDS
from qgl.source import Span
from qgl.syntax import tree
from qgl.syntax.walk import names_in

METHOD = {"order", "steps", "simulate"}
ROLES = ("gate", "function", "Hamiltonian", "value", "operand")
_CALLING = re.compile(r"(objective|report|baseline|optimizer|strategy|gradient|stop|data(?=.*=))(\s+\w+\s*=)?\s*")


@cache
def vocabulary() -> frozenset[str]:
    """All names that the language has: which of them fits a place, only what can be read says."""
    calls = [call for kind in KINDS.values() for call in kind.classes]
    types = (each.type for call in calls for each in parameters(call))
    choices = (option for type_ in types if isinstance(type_, Choice) for option in type_.options)
    return frozenset(
        (
            *RESERVED,
            *PAULIS,
            *COUNTS,
            *USAGES,
            *OF_ARGUMENT,
            *METHOD,
            "trotter",
            *choices,
            *(call.called for call in calls),
        )
    )


class Resolver(ExpressionResolver):
    """Looks at modules one after another; `calls` collects who calls whom, and where."""

    def __init__(self, reporter: Reporter) -> None:
        super().__init__(reporter)
        self.calls: dict[Symbol, dict[Symbol, Span]] = {}

    def module(self, module: Module, main: bool) -> None:
        self.main = main
        for symbol in module.own:
            if main or symbol.kind in EXPORTED:
                self._symbol(symbol)
        self._unread(module)
        if main:
            self.body = Body(module)
            for local in module.locals:
                self._mark(module, local.register)
                for bound in local.bounds:
                    self._expressions([each for each in (bound.argument, bound.limit) if each is not None])
            again = module.blocks.get("again")
            if isinstance(again, tree.Again):
                self._expressions([again.count, *(value for _, value in again.assignments)])
                for name, _ in again.assignments:
                    self._mark(module, name)
            for keyword in ("objective", "train"):
                self._mark(module, module.blocks.get(keyword))
            for item in (*module.reports, *module.baselines):
                self._mark(module, item)
            for stage in module.stages:
                self._stage(stage)
            model = module.blocks.get("model")
            if isinstance(model, tree.Model):
                self.body = Body(module, "model")
                self._block(model.body, model.span)

    # ------------------------------------------------------------ declarations

    def _symbol(self, symbol: Symbol) -> None:
        self.body = Body(symbol.module, extents=[symbol.node.span])
        match symbol.node:
            case tree.Lattice(_, _, value):
                self._expressions(value.arguments if isinstance(value, tree.Call) else ())
            case tree.Register(_, _, _, size, place, type_, initial):
                self._expressions([each for each in (size, place) if each is not None])
                self._type(type_)
                self._initial(initial)
            case tree.Data(_, _, value, arguments):
                self._arguments(arguments)
                self._mark(symbol.module, value)
            case tree.Parameter(_, _, _, dimensions, type_, distribution, draws):
                self._expressions([*dimensions, *([draws] if draws is not None else [])])
                self._type(type_)
                if isinstance(distribution, tree.Call):
                    given = [*distribution.arguments, *(value for _, value in distribution.keywords)]
                    maps = MAPS if distribution.function.name == "near" else ()
                    self._expressions(
                        [each for each in given if not (isinstance(each, tree.Name) and each.name in maps)]
                    )
            case tree.Routine(_, kind, _, arguments, body):
                self.body = Body(symbol.module, kind, symbol, extents=[symbol.node.span])
                for name in widths_of(symbol.node, symbol.module).values():
                    self._add(name, "width")
                    self._width(name, symbol)
                self._arguments(arguments)
                with self.body.block(symbol.node.span):
                    self._statements(body)
            case tree.Hamiltonian(_, _, arguments, value):
                self._arguments(arguments)
                self._expression(value)
            case tree.Output(_, _, dimensions, value):
                self._expressions([*dimensions, value])
            case tree.Broken():
                return
            case expression:
                self._expression(expression)

    def _width(self, name: tree.Name, symbol: Symbol) -> None:
        """That the width of an operand is no constant that is misspelt: nearly the name of one, and nowhere else."""
        constants = [each.name for each in symbol.module.of_kind("constant")]
        near = nearest(name.name, constants)
        if near is not None and sum(each.name == name.name for each in names_in(symbol.node)) == 1:
            self.reporter.report(MistypedWidth(name.span, name.name, near))

    def _stage(self, stage: tree.Stage) -> None:
        """The names of a stage; those of its objective, training and reports are checked by whoever reads them."""
        self.body = Body(self.body.module, extents=[stage.span])
        if stage.values is not None:
            self._expression(stage.values)
            self._add(stage.name, "value")
        for item in stage.items:
            match item:
                case tree.Constants(_, _, bindings):
                    self._expressions(value for _, value in bindings)
                    for name, _ in bindings:
                        self._note(name)
                case tree.Setting(_, _, values):
                    self._expressions(values)
                case _:
                    self._mark(self.body.module, item)

    def _type(self, type_: tree.Type | None) -> None:
        if type_ is not None:
            self._expressions([*type_.arguments, *type_.sizes])

    def _arguments(self, arguments: Sequence[tree.Argument]) -> None:
        for argument in arguments:
            self._type(argument.type)
            if argument.type is None and self.body.where:
                text = f"the argument `{argument.name.name}` needs a type"
                self.reporter.report(WrongParameter(argument.span, text, "such as `a: angle` or `q: qubit`"))
            kinds = {"qubit": "qubit", "category": "qubit", "bit": "bit"}
            self._add(argument.name, kinds.get(argument.type.name if argument.type else "", "value"), argument.type)

    # ------------------------------------------------------------ statements

    def _block(self, statements: Sequence[tree.Statement], extent: Span) -> None:
        with self.body.block(extent):
            self._statements(statements)

    def _statements(self, statements: Sequence[tree.Statement]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, node: Any) -> None:
        match node:
            case tree.Apply():
                self._apply(node)
            case tree.For(_, targets, iterable, body):
                self._expression(iterable)
                self._loop(targets, body, node.span)
            case tree.Repeat(_, count, variable, body):
                self._expression(count)
                self._loop([variable] if variable is not None else [], body, node.span)
            case tree.If(span, condition, then, otherwise):
                self._expression(condition)
                self._forbid_bits(condition)
                middle = otherwise[0].span.start if otherwise else span.end
                self._block(then, Span(span.source, span.start, middle))
                self._block(otherwise, Span(span.source, middle, span.end))
            case tree.Choose(_, selector, branches):
                self._expression(selector)
                self._forbid_bits(selector)
                for branch in branches:
                    self._block(branch.body, branch.span)
            case tree.Fresh(span, name, size, initial):
                self._forbid(span, name, "`fresh`")
                self._expressions([size] if size is not None else [])
                self._initial(initial)
                self._add(name, "qubit")
            case tree.Measure(span, operand, bit):
                self._forbid(span, operand, "a measurement")
                self._operand(operand)
                if bit is not None:
                    self._add(bit, "bit")
            case tree.Evolve():
                self._evolve(node)
            case tree.Let(_, name, value):
                self._expression(value)
                self._add(name, "value")
            case tree.Broken(span, _, names):
                for each in names:
                    self._add(tree.Name(span, each), "broken")
                self._mentioned(node)

    def _mentioned(self, broken: tree.Broken, roles: Container[str] = ROLES) -> None:
        """Report the names of what could not be read which stand for nothing at all, in some of their roles."""
        for each in broken.mentions:
            name, text = each.name, each.name.name
            self._note(name)
            symbol = self.body.module.names.get(text)
            if symbol is not None:
                symbol.used = True
            elif each.role not in roles or self.body.find(text) is not None or text in vocabulary():
                continue
            elif each.role == "gate":
                self._unknown(name, "gate, layer or channel", self._gates(), UnknownGate)
            elif each.role == "function":
                self._unknown(name, "function", USAGES, UnknownFunction)
            else:
                wanted = "value or qubit" if self.body.where else "value"
                self._unknown(
                    name, "Hamiltonian" if each.role == "Hamiltonian" else wanted, self._values(), UnknownName
                )

    def _called(self, broken: tree.Broken) -> None:
        """Report what a declaration or setting that could not be read calls, where there is no such thing."""
        for name in (each.name for each in broken.mentions if each.role == "function"):
            calling = _CALLING.fullmatch(broken.span.text[: name.span.start - broken.span.start])
            if calling and name.name not in vocabulary() and name.name not in self.body.module.names:
                kind = KINDS[calling[1]]
                near = nearest(name.name, kind.table)
                self.reporter.report(UnknownCallable(name.span, kind.wording, name.name, tuple(kind.table), near))

    def _unread(self, module: Module) -> None:
        """The names of declarations and settings that could not be read."""
        self.body = Body(module)
        for each in module.file.declarations:
            if isinstance(each, tree.Broken):
                self._mentioned(each, ROLES if each.keyword in ("const", "hamiltonian") else ("value",))
                self._called(each)
            elif isinstance(each, tree.Train | tree.Stage):
                for setting in each.broken:
                    self._mentioned(setting, ("value",))
                    self._called(setting)

    def _loop(self, targets: Sequence[tree.Name], body: Sequence[tree.Statement], extent: Span) -> None:
        with self.body.block(extent):
            self._targets(targets)
            self._block(body, extent)

    def _forbid(self, span: Span, end: tree.Node, what: str) -> None:
        if self.body.where == "layer":
            self.reporter.report(NotUnitary(Span(span.source, span.start, end.span.end), what, "in a `layer`"))

    def _forbid_bits(self, condition: tree.Expression) -> None:
        if self.body.where != "layer":
            return
        for name in names_in(condition):
            local = self.body.find(name.name)
            if local is not None and local.kind == "bit":
                what = "a condition on a measured bit"
                self.reporter.report(NotUnitary(condition.span, what, "in a `layer`"))

    def _evolve(self, node: tree.Evolve) -> None:
        target = node.hamiltonian
        name = target.function if isinstance(target, tree.Call) else target
        if not isinstance(name, tree.Name):
            self.reporter.report(UnknownName(target.span, target.span.text[:40], "Hamiltonian"))
        else:
            self._hamiltonian(name, target)
        if not isinstance(node.time, tree.Hole):
            self._expression(node.time)
        method = node.method
        if method is None:
            return
        self._expressions([*method.arguments, *(value for _, value in method.keywords)])
        if method.function.name != "trotter":
            text = f"there is no method `{method.function.name}`; there is `trotter`"
            self.reporter.report(WrongMethod(method.function.span, text))
        for key, _ in method.keywords:
            if key.name not in METHOD:
                self.reporter.report(WrongMethod(key.span, f"`trotter` has no argument `{key.name}`"))
        if len(method.arguments) > 2:
            self.reporter.report(WrongMethod(method.span, "`trotter` takes an order and a number of steps"))

    # ------------------------------------------------------------ gates

    def _apply(self, node: tree.Apply) -> None:
        self.holes = node.gate.name == "exp"
        for argument in node.arguments:
            if not isinstance(argument, tree.Hole) or node.gate.name == "kraus":
                self._expression(argument)
        self.holes = False
        for operand in node.operands:
            self._operand(operand)
        self._expressions(each.count for each in node.modifiers if each.count is not None)
        symbol = self.body.module.names.get(node.gate.name)
        local = self.body.find(node.gate.name)
        counts = COUNTS.get(node.gate.name)
        if counts is None:
            self._note(node.gate)
        if counts is None and symbol is not None and local is None and symbol.kind in ("layer", "channel"):
            symbol.used = True
            counts = counts_of_routine(symbol.name, symbol.node, symbol.span)
            if self.body.owner is not None:
                self.calls.setdefault(self.body.owner, {}).setdefault(symbol, node.gate.span)
        if counts is not None:
            self._counts(node, counts)
        elif local is not None and local.kind != "broken":
            wording = {"qubit": "qubit", "bit": "measured bit"}.get(local.kind, "value")
            self.reporter.report(WrongKind(node.gate.span, node.gate.name, wording, "gate", local.span))
        elif symbol is not None and local is None:
            symbol.used = True
            if symbol.kind != "broken":
                self.reporter.report(WrongKind(node.gate.span, node.gate.name, symbol.kind, "gate", symbol.span))
        elif local is None:
            self._unknown(node.gate, "gate, layer or channel", self._gates(), UnknownGate)

    def _gates(self) -> Iterator[str]:
        known = self.body.module.names.items()
        in_layer = self.body.where == "layer"
        yield from (*GATES, "exp", *MULTI_QUBIT) if in_layer else COUNTS
        kinds = ("layer",) if in_layer else ("layer", "channel")
        yield from (name for name, symbol in known if symbol.kind in kinds)

    def _counts(self, node: tree.Apply, counts: Counts) -> None:
        given = len(node.arguments)
        if not counts.arguments[0] <= given <= counts.arguments[1]:
            wanted = counts.arguments[0] if given < counts.arguments[0] else counts.arguments[1]
            span = node.gate.span
            self.reporter.report(ArgumentCount(span, counts.name, wanted, given, counts.usage, counts.declared))
        given_count = len(node.operands)
        controlled = any(modifier.kind == "ctrl" for modifier in node.modifiers)
        least, most = counts.operands
        if not controlled and not least <= given_count <= most:
            wanted = least if given_count < least else most
            span = node.gate.span
            self.reporter.report(OperandCount(span, counts.name, wanted, given_count, counts.usage, counts.declared))
        if counts.unitary:
            return
        what = f"the channel `{counts.name}`"
        if self.body.where == "layer":
            self.reporter.report(NotUnitary(node.gate.span, what, "in a `layer`"))
        if node.modifiers:
            where = f"after `{node.modifiers[-1].kind}`"
            self.reporter.report(NotUnitary(node.gate.span, what, where))
