"""What a name is, in a line of code and some sentences: its type, its shape, how many numbers it has."""

from __future__ import annotations

from math import prod

from qgl.check.declarations.data_sets import DataFamily
from qgl.check.names.index import LocalName
from qgl.check.names.modules import Symbol
from qgl.check.values.lattices import Lattice
from qgl.check.values.values import Array, Group, Qubit
from qgl.diagnostics.model import plural
from qgl.editor.analysis import Analysis
from qgl.program.program import DataSet, Parameter
from qgl.record import record
from qgl.source import Span

MOST_SHOWN = 80  # characters of a value
_LOCAL = {
    "qubit": "qubit or register of a block",
    "bit": "measured bit",
    "width": "how many qubits a call of this layer or channel gives",
}


@record
class Described:
    """`code` is how it is declared or called, `text` says more, in Markdown; `detail` is a short form of both."""

    code: str
    text: str
    detail: str = ""


def declared(found: Symbol | LocalName, analysis: Analysis) -> Described:
    """What a name that the program declares is."""
    if isinstance(found, LocalName):
        return _local(found)
    head = _head(found)
    facts = _facts(found, analysis)
    text = "\n\n".join(part for part in (facts, _comment(found)) if part)
    return Described(head, text, facts.split("\n")[0] or found.kind)


def _local(local: LocalName) -> Described:
    kind = _LOCAL.get(local.kind, "value of a block")
    if local.type:
        return Described(f"{local.name}: {local.type}", "argument", local.type)
    line = local.span.source.line_text(local.span.line - 1).strip()
    return Described(line[:200], kind, kind)


def _head(symbol: Symbol) -> str:
    """Its declaration, up to where its body begins."""
    if symbol.kind == "constant":
        return f"const {symbol.name} = {symbol.node.span.text}"
    text: str = symbol.node.span.text
    if symbol.kind in ("layer", "channel"):
        text = text.partition("{")[0]
    return text.strip().rstrip(";")[:400]


def _facts(symbol: Symbol, analysis: Analysis) -> str:
    value = symbol.value if symbol.state == "done" else None
    where = "" if symbol.module is analysis.module else f", from `{symbol.span.source.name}`"
    numbers = next((p for p in analysis.parameters if p.span == symbol.span), None)
    if numbers is not None:
        return f"{symbol.kind}: {shape_of(numbers)}{_distribution(numbers)}"
    match value:
        case DataSet() as data:
            return f"data set: {data_text(data)}"
        case DataFamily(usage=usage):
            return f"a data set for each value of its arguments, `{usage}`"
        case Group() as group:
            width = f", {plural(len(group.wires), 'qubit')}" if len(group.wires) != len(group) else ""
            return f"{symbol.kind}: {group.wording}{width}{_on(group)}"
        case Qubit():
            return f"{symbol.kind}: one qubit"
        case Lattice() as lattice:
            return f"lattice: {plural(lattice.sites, 'site')}, {plural(len(lattice.edges), 'edge')}"
        case Array() as array:
            return f"{symbol.kind}: shape ({', '.join(str(each.extent) for each in array.dimensions)})"
    if symbol.kind == "constant" and symbol.state == "done":
        return f"constant: {_shown(value)}{where}"
    if symbol.kind in ("layer", "channel"):
        count = sum(p.size for p in analysis.parameters if _within(p.span, symbol))
        own = f"; its `?` are {plural(count, 'number')} in all" if count else ""
        return f"{symbol.kind}{where}{own}"
    return f"{symbol.kind}{where}"


def _within(span: Span, symbol: Symbol) -> bool:
    extent = symbol.node.span
    return span.source is extent.source and extent.start <= span.start and span.end <= extent.end


def shape_of(parameter: Parameter) -> str:
    """`shape (3, 4), 12 numbers of type angle`."""
    if not parameter.shape:
        return f"one number of type {parameter.constraint}"
    shape = ", ".join(map(str, parameter.shape)) + ("," if len(parameter.shape) == 1 else "")
    return f"shape ({shape}), {plural(prod(parameter.shape), 'number')} of type {parameter.constraint}"


def _distribution(parameter: Parameter) -> str:
    given = parameter.distribution
    if given.name == "given":
        return ", given with each row"
    arguments = ", ".join(f"{value:.6g}" for value in given.arguments)
    verb = "starting from" if parameter.kind == "param" else "drawn from"
    draws = f", {plural(parameter.draws, 'draw')}" if parameter.draws else ""
    return f", {verb} `{given.name}({arguments})`{draws}"


def data_text(data: DataSet) -> str:
    """Rows, columns and what they are."""
    labels = "" if data.labels is None else f"; {plural(len(data.labels.names), 'label')}: {data.labels.wording}"
    if data.numbers is not None:
        return f"{data.numbers.shape[0]:,} rows of {plural(int(data.numbers.shape[1]), 'real number')}{labels}"
    rows = (
        "a rule"
        if not data.listed
        else f"{plural(len(data.rows), 'string')}"
        if data.exact
        else (f"{plural(data.count, 'row')}")
    )
    kind = " (the distribution itself)" if data.exact else ""
    conditions = "" if data.conditions is None else f", each with {plural(int(data.conditions.shape[1]), 'condition')}"
    return f"{rows} of {plural(data.width, 'bit')}{kind}{conditions}{labels}"


def _on(group: Group) -> str:
    return f" on the lattice `{group.lattice.name}`" if group.lattice is not None else ""


def _shown(value: object) -> str:
    text = "true" if value is True else "false" if value is False else f"{value}"
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, tuple):
        text = f"a list of {len(value)}: [{', '.join(map(str, value[:12]))}{', ...' if len(value) > 12 else ''}]"
    elif isinstance(value, range):
        text = f"{value.start}..{value.stop - 1}"
    return f"`{text[:MOST_SHOWN]}`"


def _comment(symbol: Symbol) -> str:
    """The comment behind a declaration on its line, or those on the lines right above it."""
    source, node = symbol.span.source, symbol.node
    first, last = source.line_of(min(node.span.start, symbol.span.start)), source.line_of(node.span.end)
    behind = source.line_text(last)[node.span.end - source.line_starts[last] :]
    _, mark, text = behind.partition("//")
    if mark:
        return text.strip()
    lines: list[str] = []
    while first > 0 and (line := source.line_text(first - 1).strip()).startswith("//"):
        lines.insert(0, line.lstrip("/").strip())
        first -= 1
    return "" if first == 0 else " ".join(lines)  # what the file begins with is of the file
