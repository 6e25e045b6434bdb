"""What may be typed at a place: names that are seen there, words that fit, arguments, snippets, files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from qgl.check.names.callees import COUNTS
from qgl.check.names.index import LocalName
from qgl.check.names.modules import Symbol
from qgl.check.settings.training import SETTINGS
from qgl.check.values.functions import USAGES
from qgl.check.values.types import OF_ARGUMENT, OF_PARAMETER
from qgl.editor import expected
from qgl.editor.analysis import Analysis
from qgl.editor.context import Context, context_at
from qgl.editor.describe import Described, declared
from qgl.editor.expected import Expected
from qgl.editor.vocabulary import documentation
from qgl.editor.vocabulary.keywords import DECLARATION, KEYWORDS
from qgl.editor.vocabulary.table import DISTRIBUTIONS, INITIAL, LATTICES
from qgl.program.calls.arguments import Choice, Data, Flag, Names, Region
from qgl.program.calls.call import Call, parameters
from qgl.program.calls.operators import Channels, DrawnSpins, Spins
from qgl.record import record
from qgl.source import Source

MOST_FILES = 200
_VALUES = ("constant", "parameter", "random input", "latent input", "condition input", "lattice")
_REGISTERS = ("visible register", "hidden register")


@record
class Item:
    """`insert` is what is put in; a `snippet` has places to fill in. Items are shown by `rank`, then by label."""

    label: str
    kind: str  # "gate", "function", "value", "qubit", "keyword", "type", "argument", "setting", "file", "snippet", ...
    insert: str
    rank: int = 1
    snippet: bool = False
    detail: str = ""
    described: Described | None = None


def complete(source: Source, offset: int, analysis: Analysis, snippets: bool = True) -> list[Item]:
    """What fits at a place of `source`, which may be a few keys ahead of what was analysed."""
    context = context_at(source, offset)
    if context.inside == "comment":
        return []
    if context.inside == "string":
        return list(_files(context, analysis.path.parent))
    wanted = expected.expected(context)
    if context.accepted and "NAME" not in context.accepted:  # a keyword or a mark must follow
        wanted = Expected((expected.NOTHING,))
    items: dict[str, Item] = {}
    for item in (
        *_arguments(wanted),
        *_of_argument(wanted),
        *_named(context, wanted, analysis, offset),
        *_vocabulary(context, wanted),
    ):
        items.setdefault(item.label, item)
    for item in _keywords(context, snippets):
        items.setdefault(item.label, item)
    return sorted(items.values(), key=lambda item: (item.rank, item.label))


# ---------------------------------------------------------------- names of the program


def _named(context: Context, wanted: Expected, analysis: Analysis, offset: int) -> Iterator[Item]:
    """Names that the program declares and that fit."""
    begun = context.statement
    own = context.tokens[begun].start_pos if begun < len(context.tokens) else None
    for items in analysis.seen_at(offset):
        if isinstance(items, Symbol) and own is not None and _declares(items, own):
            continue  # what is being declared is not used by itself
        if _fits(items, wanted, context):
            shown = declared(items, analysis)
            kind = "value" if isinstance(items, LocalName) else items.kind
            insert, snippet = items.name, False
            if isinstance(items, Symbol) and items.kind in ("layer", "channel") and expected.GATE in wanted.sorts:
                insert, snippet = _applied(items), True
            yield Item(items.name, kind, insert, 0, snippet, shown.detail, shown)


def _declares(symbol: Symbol, start: int) -> bool:
    return bool(symbol.node.span.start == start and symbol.kind != "constant")


def _applied(symbol: Symbol) -> str:
    """A layer with places for its arguments and operands."""
    names = [(a.name.name, a.type is not None and a.type.name in ("qubit", "category")) for a in symbol.node.arguments]
    numbers = [name for name, is_qubit in names if not is_qubit]
    qubits = [name for name, is_qubit in names if is_qubit]
    places = iter(range(1, len(names) + 1))
    inner = ", ".join(f"${{{next(places)}:{name}}}" for name in numbers)
    operands = ", ".join(f"${{{next(places)}:{name}}}" for name in qubits)
    return f"{symbol.name}{f'({inner})' if inner else ''} {operands};"


def _fits(found: Symbol | LocalName, wanted: Expected, context: Context) -> bool:
    sorts = wanted.sorts
    if isinstance(found, LocalName):
        if found.kind == "qubit":
            return expected.QUBIT in sorts or (expected.VALUE in sorts and context.call is not None)
        return expected.VALUE in sorts or (expected.QUBIT in sorts and not found.type)  # a loop may run over qubits
    if wanted.argument is not None:
        return _suits(found, wanted)
    kind = found.kind
    if wanted.kind is not None:
        return False
    if kind in _REGISTERS:
        return bool({expected.QUBIT, expected.REGISTER, expected.VALUE} & set(sorts))
    if kind in ("layer", "channel"):
        return expected.GATE in sorts and (kind == "layer" or context.routine != "layer")
    if kind == "Hamiltonian":
        return expected.HAMILTONIAN in sorts or (
            expected.VALUE in sorts and "expect" in {c.head for c in context.calls}
        )
    if kind == "data set":
        return expected.DATA in sorts
    if kind == "output":
        return expected.OUTPUT in sorts
    if kind == "constant":
        return bool({expected.VALUE, expected.CONSTANT} & set(sorts))
    if kind == "condition input" and expected.CONDITION in sorts:
        return True
    return kind in _VALUES and expected.VALUE in sorts


def _suits(symbol: Symbol, wanted: Expected) -> bool:
    """Whether a declared name may be the value of an argument."""
    assert wanted.argument is not None
    match wanted.argument.type:
        case Data():
            return symbol.kind == "data set"
        case Region():
            return symbol.kind in _REGISTERS
        case Spins() | DrawnSpins():
            return symbol.kind == "Hamiltonian"
        case Channels():
            return symbol.kind in ("layer", "channel")
        case Names(of=of):
            return symbol.kind == "output" if of == "outputs" else symbol.kind in ("parameter", "random input")
        case Choice():
            return False
        case _:
            return symbol.kind in ("constant", "lattice")


# ---------------------------------------------------------------- words of the language


def _arguments(wanted: Expected) -> Iterator[Item]:
    """Arguments that a call may still be given by name; not where the value of one is written already."""
    if wanted.callee is None:
        return
    for each in parameters(wanted.callee):
        if each.name not in wanted.named:
            text = Described(f"{each.name} = ...", each.doc)
            yield Item(f"{each.name} =", "argument", f"{each.name} = ", 1, False, each.doc, text)


def _of_argument(wanted: Expected) -> Iterator[Item]:
    """Words that an argument may be."""
    argument = wanted.argument
    if argument is not None and isinstance(argument.type, Choice):
        for option in argument.type.options:
            yield Item(option, "choice", option, 0, False, argument.doc)
    if argument is not None and isinstance(argument.type, Flag):
        for option in ("true", "false"):
            yield Item(option, "choice", option, 0, False, argument.doc)
    if wanted.kind is not None:
        for callee in wanted.kind.classes:
            described = documentation.of_call(callee, wanted.kind)
            yield Item(callee.called, "function", _call_snippet(callee), 0, True, described.detail, described)


def _call_snippet(callee: type[Call]) -> str:
    """A call with places for the arguments that it must have."""
    required = [each.name for each in parameters(callee) if each.required]
    if not required and not parameters(callee):
        return callee.called
    inner = ", ".join(f"${{{k}:{name}}}" for k, name in enumerate(required, 1))
    return f"{callee.called}({inner}$0)" if not required else f"{callee.called}({inner})"


def _vocabulary(context: Context, wanted: Expected) -> Iterator[Item]:
    sorts = wanted.sorts
    if expected.GATE in sorts:
        for name, counts in COUNTS.items():
            if counts.unitary or (
                context.routine != "layer" and (context.last is None or context.last.type not in ("INVERSE", "CTRL"))
            ):
                described = documentation.of_gate(name)
                yield Item(name, "gate", name, 1, False, described.detail if described else "", described)
    if expected.SETTING in sorts:
        for name, rule in SETTINGS.items():
            described = documentation.of_setting(name, rule)
            yield Item(name, "setting", f"{name} ${{1}};", 0, True, described.detail, described)
    if expected.TYPE in sorts:
        for name in OF_ARGUMENT if context.call is not None else OF_PARAMETER:
            yield Item(name, "type", name, 0, False, documentation.TYPES[name])
    others = {expected.LATTICE: LATTICES, expected.DISTRIBUTION: DISTRIBUTIONS, expected.INITIAL: INITIAL}
    for sort, names in others.items():
        if sort in sorts:
            for name in names:
                described = documentation.of_function(name)
                yield Item(name, "function", name, 0, False, described.code if described else sort, described)
    if expected.METHOD in sorts:
        yield Item("trotter", "function", "trotter(order = ${1:2}, steps = ${2:4})", 0, True, "a product formula")
    if expected.BOUND in sorts:
        for name, insert in (("depth", "depth <= ${1:12}"), ("cone", "cone(${1:2}) <= ${2:12}")):
            yield Item(name, "keyword", insert, 0, True, "a bound of the circuit")
    if expected.VALUE in sorts and wanted.kind is None and _is_value(wanted):
        for name in USAGES:
            described = documentation.of_function(name)
            yield Item(name, "function", f"{name}($0)", 2, True, described.detail if described else "", described)
        yield Item("pi", "constant", "pi", 2, False, "3.14159...")


def _is_value(wanted: Expected) -> bool:
    return wanted.argument is None or not isinstance(
        wanted.argument.type, Data | Choice | Names | Region | Spins | Flag
    )


def _keywords(context: Context, snippets: bool) -> Iterator[Item]:
    """Keywords that may follow, with a snippet of what they begin."""
    for text in context.keywords:
        keyword = KEYWORDS[text]
        if keyword.kind == DECLARATION and context.written and (text != "channel" or context.call is not None):
            continue  # the name of an argument, which is told as such
        described = documentation.of_keyword(text)
        begins = snippets and bool(keyword.snippet) and (not context.written or keyword.kind == "reduction")
        insert, kind = (keyword.snippet, "snippet") if begins else (text, "keyword")
        yield Item(text, kind, insert, 3, begins, keyword.doc, described)
    if context.block == "stage" and not context.written:
        yield Item("set", "keyword", "set ${1:name} = ${2:value};", 1, True, "a constant of the stage")


# ---------------------------------------------------------------- files


def _files(context: Context, folder: Path) -> Iterator[Item]:
    """Files of the program's folder, for what names one."""
    suffixes = {"import": (".qgl",), "csv": (".csv", ".txt"), "npz": (".npz",), "graph": (".json", ".graphml")}
    head = context.call.head if context.call else context.first
    typed, _, _ = context.typed.rpartition("/")
    try:
        within = (folder / typed).resolve()
        if not within.is_relative_to(folder.resolve()):
            return
        entries = sorted(os.scandir(within), key=lambda entry: entry.name)[:MOST_FILES]
    except (OSError, ValueError):
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield Item(f"{entry.name}/", "folder", f"{entry.name}/", 1)
        elif head not in suffixes or entry.name.endswith(suffixes[head]):
            yield Item(entry.name, "file", entry.name, 0)
