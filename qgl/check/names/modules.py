"""Files and what they declare: imports, and one name space for each file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from qgl.check.environment import Environment
from qgl.check.limits import MAX_IMPORTS
from qgl.check.reporter import Reporter
from qgl.diagnostics.model import Diagnostic, QglError
from qgl.diagnostics.names import DeepImports, DuplicateName, ImportCycle, ReservedName
from qgl.diagnostics.registers import RepeatedBlock
from qgl.gates import CHANNELS, GATES
from qgl.gates.uniform import FAMILIES
from qgl.source import Source, Span
from qgl.syntax import tree

RESERVED = {
    "i": "the imaginary unit",
    "X": "a Pauli matrix",
    "Y": "a Pauli matrix",
    "Z": "a Pauli matrix",
    "pi": "the number 3.14159...",
}
# Of the form of a gate, but no record.
SPECIAL = ("exp", "unitary", "generator", "isometry", "prepare", "levels", *FAMILIES, "kraus", "reset", "postselect")
PARAMETER_KINDS = {
    "param": "parameter",
    "random": "random input",
    "latent": "latent input",
    "condition": "condition input",
}
ONCE = {tree.Again: "again", tree.Model: "model", tree.Objective: "objective", tree.Train: "train"}
EXPORTED = {"constant", "layer", "channel", "Hamiltonian"}


class Parsed(Protocol):
    """What a parser gives."""

    @property
    def file(self) -> tree.File: ...

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]: ...


@dataclass(eq=False)
class Symbol:
    """A declared name. `value` is computed when it is first asked for; `state` is then "done" or "failed"."""

    name: str
    kind: str
    span: Span
    node: Any
    module: Module
    used: bool = False
    state: str = "new"
    value: Any = None


@dataclass(eq=False)
class Module:
    """One file: its own symbols in order, and all names that are seen in it."""

    file: tree.File
    own: list[Symbol] = field(default_factory=list)
    names: dict[str, Symbol] = field(default_factory=dict)
    blocks: dict[str, Any] = field(default_factory=dict)
    locals: list[tree.Local] = field(default_factory=list)
    reports: list[tree.Expression] = field(default_factory=list)
    baselines: list[tree.Expression] = field(default_factory=list)
    stages: list[tree.Stage] = field(default_factory=list)
    imports: list[tuple[Span, Source]] = field(default_factory=list)  # paths, and what is there
    broken: bool = False  # some declaration could not be read
    nameless: bool = False  # and it is not known what it would have declared

    def of_kind(self, *kinds: str) -> Iterator[Symbol]:
        return (symbol for symbol in self.own if symbol.kind in kinds)


def load(
    file: tree.File, environment: Environment, parse: Callable[[Source], Parsed], reporter: Reporter
) -> tuple[Module, tuple[Module, ...]]:
    """The module of `file`, and it with all modules that it imports, each once."""
    loader = _Loader(environment, parse, reporter)
    main = loader.module(file, ())
    return main, tuple(loader.modules.values())


@dataclass
class _Loader:
    environment: Environment
    parse: Callable[[Source], Parsed]
    reporter: Reporter
    modules: dict[int, Module] = field(default_factory=dict)

    def module(self, file: tree.File, importers: tuple[Source, ...]) -> Module:
        module = Module(file)
        self.modules[id(file.source)] = module
        for declaration in file.declarations:
            self._declare(module, declaration)
        for declaration in file.declarations:
            if isinstance(declaration, tree.Import):
                self._import(module, declaration, (*importers, file.source))
        return module

    def _declare(self, module: Module, declaration: tree.Declaration) -> None:
        match declaration:
            case tree.Const(_, bindings):
                for name, value in bindings:
                    self._add(module, name, "constant", value)
            case tree.Lattice(_, name):
                self._add(module, name, "lattice", declaration)
            case tree.Register(_, kind, name):
                self._add(module, name, f"{kind} register", declaration)
            case tree.Data(_, name):
                self._add(module, name, "data set", declaration)
            case tree.Parameter(_, kind, name):
                self._add(module, name, PARAMETER_KINDS[kind], declaration)
            case tree.Routine(_, kind, name):
                self._add(module, name, kind, declaration)
            case tree.Hamiltonian(_, name):
                self._add(module, name, "Hamiltonian", declaration)
            case tree.Output(_, name):
                self._add(module, name, "output", declaration)
            case tree.Local():
                module.locals.append(declaration)
            case tree.Report(_, items):
                module.reports.extend(items)
            case tree.Baseline(_, items):
                module.baselines.extend(items)
            case tree.Stage():
                module.stages.append(declaration)
            case tree.Again() | tree.Model() | tree.Objective() | tree.Train():
                self._add_block(module, declaration)
            case tree.Broken(_, keyword, names):
                self._add_broken(module, declaration, keyword, names)

    def _add(self, module: Module, name: tree.Name, kind: str, node: Any) -> None:
        check_reserved(name, self.reporter)
        first = module.names.get(name.name)
        if first is not None:
            self.reporter.report(DuplicateName(name.span, name.name, first.span))
            first.state = "failed"  # which of the two is meant is not known
            return
        if kind in ("layer", "channel") and (name.name in GATES or name.name in CHANNELS or name.name in SPECIAL):
            kind = "channel" if name.name in (*CHANNELS, "kraus") else "gate"
            self.reporter.report(DuplicateName(name.span, name.name, None, f"a built-in {kind}"))
        symbol = Symbol(name.name, kind, name.span, node, module)
        module.names[name.name] = symbol
        module.own.append(symbol)

    def _add_block(self, module: Module, declaration: tree.Again | tree.Model | tree.Objective | tree.Train) -> None:
        keyword = ONCE[type(declaration)]
        first = module.blocks.get(keyword)
        if first is None:
            module.blocks[keyword] = declaration
            return
        source, start = declaration.span.source, declaration.span.start
        place = Span(source, start, start + len(keyword))
        first_place = Span(source, first.span.start, first.span.start + len(keyword))
        self.reporter.report(RepeatedBlock(place, keyword, first_place))

    def _add_broken(self, module: Module, declaration: tree.Broken, keyword: str, names: tuple[str, ...]) -> None:
        module.broken = True
        if keyword in ONCE.values():
            module.blocks.setdefault(keyword, declaration)
        elif not names and keyword not in ("report", "baseline", "local", "stage"):
            module.nameless = True
        for name in names:
            symbol = Symbol(name, "broken", declaration.span, declaration, module, used=True, state="failed")
            module.names.setdefault(name, symbol)

    def _import(self, module: Module, declaration: tree.Import, importers: tuple[Source, ...]) -> None:
        path = declaration.path
        try:
            source = self.environment.open_import(path.value, module.file.source, path.span)
        except QglError as error:
            for diagnostic in error.diagnostics:
                self.reporter.report(diagnostic)
            module.broken = module.nameless = True
            return
        module.imports.append((path.span, source))
        if source in importers:
            chain = (*importers[importers.index(source) :], source)
            self.reporter.report(ImportCycle(path.span, tuple(each.name for each in chain)))
            module.broken = module.nameless = True
            return
        if len(importers) > MAX_IMPORTS:
            self.reporter.report(DeepImports(path.span, MAX_IMPORTS))
            module.broken = module.nameless = True
            return
        imported = self.modules.get(id(source)) or self._read(source, importers)
        module.nameless |= imported.nameless
        module.broken |= imported.broken
        for symbol in imported.own:
            if symbol.kind in EXPORTED:
                self._bring_in(module, symbol, path.span)
        for name, symbol in imported.names.items():
            if symbol.kind == "broken":
                module.names.setdefault(name, symbol)

    def _read(self, source: Source, importers: tuple[Source, ...]) -> Module:
        parsed = self.parse(source)
        for diagnostic in parsed.diagnostics:
            self.reporter.report(diagnostic)
        return self.module(parsed.file, importers)

    def _bring_in(self, module: Module, symbol: Symbol, span: Span) -> None:
        first = module.names.setdefault(symbol.name, symbol)
        if first is symbol or first.kind == "broken":
            return
        if first.module is module:
            self.reporter.report(DuplicateName(first.span, symbol.name, symbol.span, "imported already"))
        else:
            self.reporter.report(DuplicateName(span, symbol.name, first.span, "imported from two files"))


def check_reserved(name: tree.Name, reporter: Reporter) -> None:
    if name.name in RESERVED:
        reporter.report(ReservedName(name.span, name.name, RESERVED[name.name]))
