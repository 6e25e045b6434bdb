"""Names in expressions and operands, and the scopes that they are looked up in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from qgl.check.names.foreign import ALIASES
from qgl.check.names.index import Index, LocalName
from qgl.check.names.modules import EXPORTED, RESERVED, Module, Symbol, check_reserved
from qgl.check.names.scopes import Body, Local
from qgl.check.reporter import Reporter
from qgl.check.values.evaluate import PAULIS
from qgl.check.values.functions import USAGES
from qgl.diagnostics.names import (
    DuplicateName,
    UnknownFunction,
    UnknownGate,
    UnknownName,
    UsedAfterBlock,
    WrongKind,
)
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.types import ArgumentCount, FunctionArguments, MisplacedHole
from qgl.source import Span
from qgl.syntax import tree
from qgl.syntax.walk import uses_in

CALLABLE = ("layer", "channel", "Hamiltonian")


def _takes_arguments(symbol: Symbol) -> bool:
    """Whether what a name is declared as can be called."""
    return symbol.kind in CALLABLE or (symbol.kind == "data set" and bool(symbol.node.arguments))


class ExpressionResolver:
    """Looks at the expressions of one body after another; what a module is made of, `Resolver` knows."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self.index = Index()
        self.body = Body(Module(tree.File(None, (), ())))  # type: ignore[arg-type]
        self.holes = False
        self.main = True

    def look_at(self, node: tree.Expression, module: Module, known: Iterable[str] = ()) -> None:
        """Report names and functions of an expression outside of all bodies that stand for nothing; some are known."""
        self.body = Body(module, scopes=[{name: Local("value", node.span) for name in known}])
        self._expression(node)

    def _mark(self, module: Module, node: Any) -> None:
        """Note as used whatever is named in `node`, whose names somebody else checks."""
        for name, called in uses_in(node):
            symbol = module.names.get(name.name)
            if called and not (symbol is not None and _takes_arguments(symbol)):
                continue  # a call of the language, such as `stop target(0.1)` beside a data set `target`
            if symbol is not None:
                symbol.used = True
            self._note(name)

    def _note(self, name: tree.Name) -> None:
        """Put down which declaration a name stands for, if for any."""
        meant = self.body.find(name.name) or self.body.module.names.get(name.name)
        if meant is not None and meant.kind != "broken":
            self.index.uses.append((name.span, meant.span))

    # ------------------------------------------------------------ scopes

    def _add(self, name: tree.Name, kind: str, type_: tree.Type | None = None) -> None:
        check_reserved(name, self.reporter)
        scope = self.body.scopes[-1]
        if name.name in scope and kind != "broken":
            self.reporter.report(DuplicateName(name.span, name.name, scope[name.name].span))
            return
        scope[name.name] = Local(kind, name.span)
        if kind != "broken":
            extent = self.body.extents[-1] or Span(name.span.source, 0, len(name.span.source.text))
            self.index.locals.append(LocalName(name.name, kind, name.span, extent, type_.span.text if type_ else ""))

    def _unknown(self, node: tree.Name, wanted: str, known: Iterable[str], type_: type[UnknownName]) -> None:
        """Report a name that stands for nothing, with the nearest one that would fit."""
        if self.body.module.nameless:
            return
        ended = self.body.ended.get(node.name)
        if ended is not None and ended.kind == "broken":
            return
        if ended is not None:
            self.reporter.report(UsedAfterBlock(node.span, node.name, ended.kind, ended.span))
            return
        near = ALIASES.get(node.name.lower()) if type_ is UnknownGate else None
        if near is None and not self.reporter.is_full(type_):
            near = nearest(node.name, known)
        declared = None
        if near is not None:
            local, symbol = self.body.find(near), self.body.module.names.get(near)
            declared = local.span if local else symbol.span if symbol else None
        self.reporter.report(type_(node.span, node.name, wanted, near, declared))

    def _values(self) -> Iterator[str]:
        yield from self.body.names()
        yield from (name for name, symbol in self.body.module.names.items() if symbol.kind not in CALLABLE)

    # ------------------------------------------------------------ expressions

    def _expressions(self, expressions: Iterable[tree.Expression]) -> None:
        for expression in expressions:
            self._expression(expression)

    def _expression(self, node: tree.Expression) -> None:
        match node:
            case tree.Name():
                self._name(node)
            case tree.Hole():
                if not self.holes:
                    self.reporter.report(MisplacedHole(node.span))
            case tree.Unary(_, _, operand):
                self._expression(operand)
            case tree.Binary(_, _, left, right) | tree.Range(_, left, right):
                self._expressions((left, right))
            case tree.Call():
                self._call(node)
            case tree.Index(_, base, indices):
                if not (isinstance(base, tree.Name) and base.name in PAULIS):
                    self._expression(base)
                self._expressions(indices)
            case tree.List(_, items) | tree.Tuple(_, items):
                self._expressions(items)
            case tree.Reduce(_, _, targets, iterable, body):
                self._expression(iterable)
                with self.body.block(node.span):
                    self._targets(targets)
                    self._expression(body)
                for target in targets:
                    self.body.ended.pop(target.name, None)

    def _operand(self, node: tree.Expression) -> None:
        """What is written behind a gate: a qubit, a register, or an element of one."""
        match node:
            case tree.Name():
                self._name(node, "qubit or register")
            case tree.Index(_, base, indices):
                self._operand(base)
                self._expressions(indices)
            case _:
                self._expression(node)

    def _name(self, node: tree.Name, wanted: str = "value") -> None:
        self._note(node)
        if self.body.find(node.name) is not None:
            return
        symbol = self.body.module.names.get(node.name)
        if symbol is None:
            if node.name not in RESERVED:
                self._unknown(node, wanted, self._values(), UnknownName)
            return
        symbol.used = True
        if symbol.kind in CALLABLE:
            self.reporter.report(WrongKind(node.span, node.name, symbol.kind, "value", symbol.span))
        elif symbol.module is self.body.module and self._is_left_behind(symbol):
            text = (
                "an imported file gives only its layers, channels, Hamiltonians and constants; take this as an argument"
            )
            self.reporter.report(UnknownName(node.span, node.name, "value", None, symbol.span, text))

    def _is_left_behind(self, symbol: Symbol) -> bool:
        return not self.main and symbol.kind not in (*EXPORTED, "broken")

    def _call(self, node: tree.Call) -> None:
        name = node.function.name
        usage = USAGES.get(name)
        for argument in node.arguments:
            hamiltonian = self._named_hamiltonian(argument) if name == "expect" else None
            if hamiltonian is None:
                self._expression(argument)
            else:
                self._hamiltonian(hamiltonian, argument)
        self._expressions(value for _, value in node.keywords)
        if usage is None:
            symbol = self.body.module.names.get(name)
            if symbol is not None:
                symbol.used = True
                self._note(node.function)
            if symbol is not None and symbol.kind != "broken" and (symbol.kind != "data set" or self.body.where):
                self.reporter.report(WrongKind(node.function.span, name, symbol.kind, "function", symbol.span))
            elif symbol is None:
                self._unknown(node.function, "function", USAGES, UnknownFunction)
            return
        unknown = [each for k, (each, _) in enumerate(node.keywords) if k or each.name not in usage.named]
        if unknown:
            text = f"takes no argument `{unknown[0].name}`" if usage.named else "takes no named arguments"
            text = f"is given `{unknown[0].name}` twice" if unknown[0].name in usage.named else text
            self.reporter.report(FunctionArguments(unknown[0].span, name, text, usage.text))
        elif not usage.least <= len(node.arguments) <= usage.most:
            wanted = str(usage.least) if usage.least == usage.most else f"{usage.least} to {usage.most}"
            text = f"takes {wanted} argument{'s' * (usage.most != 1)}, not {len(node.arguments)}"
            self.reporter.report(FunctionArguments(node.span, name, text, usage.text))

    def _named_hamiltonian(self, node: tree.Expression) -> tree.Name | None:
        """The name of a declared Hamiltonian, if that, or a call of it, is what stands here."""
        name = node.function if isinstance(node, tree.Call) else node
        if not isinstance(name, tree.Name) or self.body.find(name.name) is not None:
            return None
        symbol = self.body.module.names.get(name.name)
        return name if symbol is not None and symbol.kind == "Hamiltonian" else None

    def _hamiltonian(self, name: tree.Name, target: tree.Expression) -> None:
        symbol = self.body.module.names.get(name.name)
        given = target.arguments if isinstance(target, tree.Call) else ()
        self._expressions(given)
        self._note(name)
        if symbol is None or self.body.find(name.name) is not None:
            known = [each for each, symbol in self.body.module.names.items() if symbol.kind == "Hamiltonian"]
            self._unknown(name, "Hamiltonian", known, UnknownName)
            return
        symbol.used = True
        if symbol.kind == "broken":
            return
        if symbol.kind != "Hamiltonian":
            self.reporter.report(WrongKind(name.span, name.name, symbol.kind, "Hamiltonian", symbol.span))
            return
        wanted = len(symbol.node.arguments)
        keywords = target.keywords if isinstance(target, tree.Call) else ()
        if len(given) != wanted or keywords:
            given_count = len(given) + len(keywords)
            self.reporter.report(ArgumentCount(target.span, name.name, wanted, given_count, declared=symbol.span))

    def _targets(self, targets: Sequence[tree.Name]) -> None:
        for target in targets:
            self._add(target, "value")

    def _initial(self, node: tree.Expression | None) -> None:
        match node:
            case None | tree.Name():
                if node is not None:
                    self._mark(self.body.module, node)
            case tree.Call(_, function, arguments, _) if function.name in ("angles", "rows"):
                self._expressions(arguments)
            case tree.Call():
                return
            case _:
                self._expression(node)
