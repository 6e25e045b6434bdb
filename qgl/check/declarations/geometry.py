"""Lattices as a program declares them."""

from __future__ import annotations

from qgl.check.environment import Environment
from qgl.check.limits import MAX_ITEMS, MAX_SITES
from qgl.check.names.modules import Symbol
from qgl.check.reporter import Reporter
from qgl.check.values import lattices
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.lattices import EXTENTS, Lattice
from qgl.check.values.values import Site, Value
from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import TooManyQubits, ValueTooLarge
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.types import WrongGeometry
from qgl.source import Span
from qgl.syntax import tree


def read_lattice(symbol: Symbol, evaluator: Evaluator, environment: Environment, reporter: Reporter) -> Lattice:
    """The lattice that `symbol` declares.

    Raises:
        FaultyError: its declaration has a fault; reported.
    """
    call = symbol.node.value
    kinds = (*EXTENTS, "graph")
    if not isinstance(call, tree.Call) or call.keywords:
        raise reporter.fault(WrongGeometry(call.span, f"a lattice is one of {', '.join(kinds)}, with its sizes"))
    kind = call.function.name
    if kind not in kinds:
        text = f"there is no lattice `{kind}`; there are {', '.join(kinds)}"
        raise reporter.fault(WrongGeometry(call.function.span, text, nearest(kind, kinds)))
    wanted = EXTENTS.get(kind, 1)
    if len(call.arguments) != wanted:
        plural = "s" * (wanted != 1)
        text = f"`{kind}` takes {wanted} argument{plural}, not {len(call.arguments)}"
        raise reporter.fault(WrongGeometry(call.span, text))
    frame = Frame({}, symbol.module)
    if kind == "graph":
        argument = call.arguments[0]
        value = evaluator.evaluate(argument, frame)
        if isinstance(value, str):
            return _from_file(symbol, value, argument.span, environment, reporter)
        return _graph(symbol.name, argument, value, reporter)
    extents = []
    for position, argument in enumerate(call.arguments):
        extent = evaluator.integer(argument, frame)
        least = 0 if kind == "tree" and position == 1 else 1
        if extent < least:
            raise reporter.fault(WrongGeometry(argument.span, f"`{kind}` needs at least {least} here, not {extent}"))
        extents.append(min(extent, MAX_SITES + 1))
    sites, edges = lattices.count(kind, tuple(extents), MAX_SITES)
    if sites > MAX_SITES:
        raise reporter.fault(TooManyQubits(call.span, f"the lattice `{symbol.name}`", "too many sites", MAX_SITES))
    if edges > MAX_ITEMS:
        raise reporter.fault(ValueTooLarge(call.span, f"this list of {edges:,} edges", f"{MAX_ITEMS:,}"))
    return lattices.build(symbol.name, kind, tuple(extents))


def _from_file(symbol: Symbol, path: str, span: Span, environment: Environment, reporter: Reporter) -> Lattice:
    try:
        return lattices.from_file(symbol.name, environment.load_graph(path, span.source, span))
    except QglError as error:
        raise reporter.faults(error) from None


def _graph(name: str, expression: tree.Expression, value: Value, reporter: Reporter) -> Lattice:
    edges: list[tuple[int, int]] = []
    for edge in value if isinstance(value, tuple) else ():
        pair = tuple(end.number if isinstance(end, Site) else end for end in edge) if isinstance(edge, tuple) else ()
        if len(pair) == 2 and all(isinstance(end, int) and end >= 0 for end in pair) and pair[0] != pair[1]:
            edges.append((pair[0], pair[1]))
    if not isinstance(value, tuple) or not edges or len(edges) != len(value):
        text = (
            "`graph` takes a list of pairs of different site numbers, such as `[(0, 1), (1, 2)]`, or the name of a file"
        )
        raise reporter.fault(WrongGeometry(expression.span, text))
    if max(max(edge) for edge in edges) >= MAX_SITES:
        raise reporter.fault(TooManyQubits(expression.span, f"the lattice `{name}`", "too many sites", MAX_SITES))
    return lattices.graph(name, edges)
