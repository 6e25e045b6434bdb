"""From reductions of the LALR parser to nodes of the tree, bottom up and without recursion.

Each method is called with the children of one rule of `grammar/qgl.lark` and is named after the rule or its alias.
Children are nodes, tuples and tokens, in order of writing; no token is dropped, so that spans are exact.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, TypeVar

from lark import Token

from qgl.diagnostics import lexical
from qgl.diagnostics import syntax as faults
from qgl.diagnostics.model import Diagnostic
from qgl.record import record
from qgl.source import Source, Span
from qgl.syntax import tree
from qgl.syntax.keywords import read_number
from qgl.syntax.walk import declared_by

MAX_DEPTH = 200
MAX_BLOCKS = 64
_BOUNDS = ("depth", "cone")

Children = list[Any]
T = TypeVar("T", bound="tree.Node | _Block")


class Builder:
    """Makes nodes of one source. Faults that only reading a token's text can show go to `report`."""

    def __init__(self, source: Source, report: Callable[[Diagnostic], None]) -> None:
        self.source = source
        self.report = report
        self._heights: dict[int, int] = {}  # by id() of a living node: nesting of expressions or of statements
        self._extents: dict[int, Span] = {}  # by id(): span with the parentheses around the node
        self._spoiled: list[int] = []  # offsets of faults in what is not yet a whole statement or declaration

    # ------------------------------------------------------------ helpers

    def _extent(self, item: Any) -> Span:
        if isinstance(item, Token):
            return Span(self.source, item.start_pos or 0, item.end_pos or 0)
        extent: Span = self._extents.get(id(item), item.span)
        return extent

    def _span(self, children: Children) -> Span:
        return self._extent(children[0]).to(self._extent(children[-1]))

    def _name(self, token: Token) -> tree.Name:
        return tree.Name(self._extent(token), unicodedata.normalize("NFC", str(token)))

    def _names(self, children: Iterable[Any]) -> tuple[tree.Name, ...]:
        return tuple(self._name(c) for c in children if isinstance(c, Token) and c.type == "NAME")

    def _made(self, node: T, children: Iterable[Any], limit: int = MAX_DEPTH) -> T:
        """Note how deep a new node is, and refuse it once, where it passes the limit."""
        below = max((self._heights.get(id(child), 0) for child in children), default=0)
        self._heights[id(node)] = below + 1
        self._extents.pop(id(node), None)  # an id may have served a node that is gone
        if below == limit:
            self._fault(faults.ExpressionTooDeep(node.span, limit))
        return node

    def _fault(self, diagnostic: Diagnostic) -> None:
        self.report(diagnostic)
        self._spoiled.append(diagnostic.span.start if diagnostic.span else 0)

    def whole(self, node: T) -> T | tree.Broken:
        """A statement, setting or declaration; `Broken` if a fault was found in it, not counting those inside of it."""
        start, end = node.span.start, node.span.end
        if not any(start <= offset < end for offset in self._spoiled):
            return node
        self._spoiled = [offset for offset in self._spoiled if not start <= offset < end]
        keyword = re.match(r"\w+", node.span.text)
        broken = tree.Broken(node.span, keyword[0] if keyword else "", declared_by(node))
        self._heights[id(broken)] = self._heights.get(id(node), 0)
        return broken

    # ------------------------------------------------------------ expressions

    def number(self, children: Children) -> tree.Number:
        span, text = self._extent(children[0]), str(children[0])
        value = read_number(text)
        if value is None:
            self._fault(lexical.MalformedNumber(span, text))
        return self._made(tree.Number(span, 0 if value is None else value), ())

    def string(self, children: Children) -> tree.String:
        return self._made(self._string(children[0]), ())

    def _string(self, token: Token) -> tree.String:
        span = self._extent(token)
        body = str(token)[1:-1]
        for escape in re.finditer(r"\\(.)", body):
            if escape[1] not in '"\\':
                start = span.start + 1 + escape.start()
                self._fault(lexical.UnknownEscape(Span(self.source, start, start + 2), escape[0]))
        return tree.String(span, re.sub(r"\\(.)", r"\1", body))

    def boolean(self, children: Children) -> tree.Boolean:
        return self._made(tree.Boolean(self._extent(children[0]), children[0] == "true"), ())

    def name(self, children: Children) -> tree.Name:
        return self._made(self._name(children[0]), ())

    def hole(self, children: Children) -> tree.Hole:
        return self._made(tree.Hole(self._extent(children[0])), ())

    def unary(self, children: Children) -> tree.Unary:
        operator, operand = children
        return self._made(tree.Unary(self._span(children), str(operator), operand), (operand,))

    def binary(self, children: Children) -> tree.Binary:
        left, operator, right = children
        return self._made(tree.Binary(self._span(children), str(operator), left, right), (left, right))

    def interval(self, children: Children) -> tree.Range:
        first, _, last = children
        return self._made(tree.Range(self._span(children), first, last), (first, last))

    def index(self, children: Children) -> tree.Index:
        indices = _nodes(children[1:])
        return self._made(tree.Index(self._span(children), children[0], indices), (children[0], *indices))

    def brackets(self, children: Children) -> tree.List:
        items = _nodes(children)
        return self._made(tree.List(self._span(children), items), items)

    def parentheses(self, children: Children) -> tree.Tuple:
        items = _nodes(children)
        return self._made(tree.Tuple(self._span(children), items), items)

    def group(self, children: Children) -> tree.Expression:
        node: tree.Expression = children[1]
        self._extents[id(node)] = self._span(children)
        return node

    def reduce(self, children: Children) -> tree.Reduce:
        operator, _, targets, _, iterable, _, body, _ = children
        node = tree.Reduce(self._span(children), str(operator), targets, iterable, body)
        return self._made(node, (iterable, body))

    def keyword(self, children: Children) -> tuple[tree.Name, tree.Expression]:
        return self._name(children[0]), children[2]

    def actuals(self, children: Children) -> _Actuals:
        return _Actuals(self._span(children), children)

    def call(self, children: Children) -> tree.Call:
        name, actuals = children
        node = tree.Call(self._span(children), self._name(name), actuals.positional, actuals.keywords)
        if actuals.late is not None:
            self._fault(faults.PositionalAfterKeyword(actuals.late.span))
        return self._made(node, (*actuals.positional, *(value for _, value in actuals.keywords)))

    # ------------------------------------------------------------ statements

    def block(self, children: Children) -> _Block:
        statements = tuple(child for child in children if not isinstance(child, Token))
        return self._made(_Block(self._span(children), statements), statements, MAX_BLOCKS)

    def targets(self, children: Children) -> tuple[tree.Name, ...]:
        return self._names(children)

    def modifier(self, children: Children) -> tree.Modifier:
        count = children[2] if len(children) > 1 else None
        return tree.Modifier(self._span(children), str(children[0]), count)

    def apply(self, children: Children) -> tree.Apply:
        modifiers = tuple(child for child in children if isinstance(child, tree.Modifier))
        rest = children[len(modifiers) :]
        arguments: tuple[tree.Expression, ...] = ()
        if isinstance(rest[1], _Actuals):
            arguments = rest[1].positional
            if rest[1].keywords:
                self._fault(faults.KeywordOfGate(rest[1].keywords[0][0].span, str(rest[0])))
        operands = tuple(c for c in _nodes(rest[1:]) if not isinstance(c, _Actuals))
        return tree.Apply(self._span(children), modifiers, self._name(rest[0]), arguments, operands)

    def for_statement(self, children: Children) -> tree.For:
        _, targets, _, iterable, block = children
        return self._made(tree.For(self._span(children), targets, iterable, block.statements), (block,))

    def repeat(self, children: Children) -> tree.Repeat:
        variable = self._name(children[3]) if len(children) == 5 else None
        block = children[-1]
        return self._made(tree.Repeat(self._span(children), children[1], variable, block.statements), (block,))

    def if_statement(self, children: Children) -> tree.If:
        _, condition, then, *rest = children
        otherwise: tuple[tree.Statement, ...] = ()
        if rest:
            otherwise = rest[1].statements if isinstance(rest[1], _Block) else (rest[1],)
        node = tree.If(self._span(children), condition, then.statements, otherwise)
        return self._made(node, (then, *rest[1:]), MAX_BLOCKS)

    def choose(self, children: Children) -> tree.Choose:
        blocks = [child for child in children if isinstance(child, _Block)]
        branches = tuple(tree.Branch(block.span, block.statements) for block in blocks)
        return self._made(tree.Choose(self._span(children), children[1], branches), blocks)

    def fresh(self, children: Children) -> tree.Fresh:
        initial = _after(children, "ASSIGN")
        return tree.Fresh(self._span(children), self._name(children[1]), _size(children), initial)

    def measure(self, children: Children) -> tree.Measure:
        bit = _after(children, "ARROW")
        endings = [child for child in children[2:-1] if child is not bit and child.type == "NAME"]
        for ending, wanted in zip(endings, ("keep", "drawn"), strict=False):
            if ending != wanted:
                self._fault(faults.UnknownEnding(self._extent(ending), str(ending), "measure"))
        keep, drawn = bool(endings), len(endings) > 1
        return tree.Measure(self._span(children), children[1], bit and self._name(bit), keep, drawn)

    def _is_anew(self, children: Children) -> bool:
        """Whether a name that nothing else takes stands at the end, behind `draws`; there is one that is wanted."""
        last = children[-2]
        if not isinstance(last, Token) or last.type != "NAME" or _after(children, "DRAWS") is None:
            return False
        if last != "anew":
            self._fault(faults.UnknownEnding(self._extent(last), str(last), "draws"))
        return True

    def evolve(self, children: Children) -> tree.Evolve:
        return tree.Evolve(self._span(children), children[1], children[3], _after(children, "BY"))

    def let(self, children: Children) -> tree.Let:
        return tree.Let(self._span(children), self._name(children[1]), children[3])

    # ------------------------------------------------------------ declarations

    def file(self, children: Children) -> tuple[tree.Declaration, ...]:
        return tuple(children)

    def import_declaration(self, children: Children) -> tree.Import:
        return tree.Import(self._span(children), self._string(children[1]))

    def binding(self, children: Children) -> tuple[tree.Name, tree.Expression]:
        return self._name(children[0]), children[2]

    def const(self, children: Children) -> tree.Const:
        return tree.Const(self._span(children), _pairs(children))

    def lattice(self, children: Children) -> tree.Lattice:
        return tree.Lattice(self._span(children), self._name(children[1]), children[3])

    def size(self, children: Children) -> _Size:
        return _Size(self._span(children), children[1])

    def register(self, children: Children) -> tree.Register:
        place, type_, initial = (_after(children, terminal) for terminal in ("ON", "COLON", "ASSIGN"))
        name, kind = self._name(children[1]), str(children[0])
        return tree.Register(self._span(children), kind, name, _size(children), place, type_, initial)

    def within(self, children: Children) -> tree.Bound:
        return tree.Bound(self._span(children), "within", None, children[1])

    def bound(self, children: Children) -> tree.Bound:
        kind = str(children[0])
        argument = _after(children, "LEFT_PARENTHESIS")
        if kind not in (*_BOUNDS, "channel"):
            self._fault(faults.UnknownBound(self._extent(children[0]), kind))
        elif (kind == "cone") != (argument is not None):
            self._fault(faults.BoundArgument(self._span(children), kind))
        return tree.Bound(self._span(children), kind, argument, children[-1])

    def local(self, children: Children) -> tree.Local:
        return tree.Local(self._span(children), self._name(children[1]), _nodes(children[2:]))

    def data(self, children: Children) -> tree.Data:
        arguments = children[2] if isinstance(children[2], tuple) else ()
        return tree.Data(self._span(children), self._name(children[1]), children[-2], arguments)

    def dimensions(self, children: Children) -> _Dimensions:
        return _Dimensions(self._span(children), _nodes(children))

    def type_name(self, children: Children) -> tree.Type:
        name = self._name(children[0]).name
        return tree.Type(self._span(children), name, _nodes(children[1:]), _dimensions(children))

    def parameter(self, children: Children) -> tree.Parameter:
        return tree.Parameter(
            self._span(children),
            str(children[0]),
            self._name(children[1]),
            _dimensions(children),
            _after(children, "COLON"),
            _after(children, "TILDE"),
            _after(children, "DRAWS"),
            self._is_anew(children),
        )

    def argument(self, children: Children) -> tree.Argument:
        return tree.Argument(self._span(children), self._name(children[0]), _after(children, "COLON"))

    def formals(self, children: Children) -> tuple[tree.Argument, ...]:
        return _nodes(children)

    def routine(self, children: Children) -> tree.Routine:
        kind, name, arguments, block = children
        return tree.Routine(self._span(children), str(kind), self._name(name), arguments, block.statements)

    def hamiltonian(self, children: Children) -> tree.Hamiltonian:
        arguments = children[2] if isinstance(children[2], tuple) else ()
        return tree.Hamiltonian(self._span(children), self._name(children[1]), arguments, children[-2])

    def output(self, children: Children) -> tree.Output:
        return tree.Output(self._span(children), self._name(children[1]), _dimensions(children), children[-2])

    def assignment(self, children: Children) -> tuple[tree.Name, tree.Expression]:
        return self._name(children[0]), children[2]

    def again(self, children: Children) -> tree.Again:
        return tree.Again(self._span(children), children[1], _pairs(children))

    def model(self, children: Children) -> tree.Model:
        return tree.Model(self._span(children), children[1].statements)

    def objective(self, children: Children) -> tree.Objective:
        return tree.Objective(self._span(children), children[1])

    def broken_setting(self, children: Children) -> Any:
        return children[0]

    def setting(self, children: Children) -> tree.Setting:
        return tree.Setting(self._span(children), self._name(children[0]), _nodes(children[1:]))

    def train(self, children: Children) -> tree.Train:
        settings = tuple(child for child in children if isinstance(child, tree.Setting))
        broken = tuple(child for child in children if isinstance(child, tree.Broken))
        return tree.Train(self._span(children), settings, broken)

    def constants(self, children: Children) -> tree.Constants:
        return tree.Constants(self._span(children), self._name(children[0]), _pairs(children))

    def stage(self, children: Children) -> tree.Stage:
        opening = next(k for k, child in enumerate(children) if child == "{")
        items = _nodes(children[opening:])
        broken = tuple(item for item in items if isinstance(item, tree.Broken))
        read = tuple(item for item in items if not isinstance(item, tree.Broken))
        return tree.Stage(self._span(children), self._name(children[1]), _after(children[:opening], "IN"), read, broken)

    def report_declaration(self, children: Children) -> tree.Report:
        return tree.Report(self._span(children), _nodes(children))

    def baseline_declaration(self, children: Children) -> tree.Baseline:
        return tree.Baseline(self._span(children), _nodes(children))


# ---------------------------------------------------------------- parts of rules that are no nodes of the tree


@record
class _Block:
    span: Span
    statements: tuple[tree.Statement, ...]


class _Actuals:
    """Arguments of a call; `late` is the first positional one after a keyword."""

    __slots__ = ("keywords", "late", "positional", "span")

    def __init__(self, span: Span, children: Children) -> None:
        self.span = span
        self.positional = _nodes(children)
        self.keywords = _pairs(children)
        self.late: tree.Expression | None = None
        seen = False
        for child in children:
            seen = seen or isinstance(child, tuple)
            if seen and isinstance(child, tree.Node):
                self.late = child  # type: ignore[assignment]
                break


@record
class _Size:
    span: Span
    value: tree.Expression


@record
class _Dimensions:
    span: Span
    items: tuple[tree.Expression, ...]


def _nodes(children: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(child for child in children if isinstance(child, tree.Node))


def _pairs(children: Children) -> tuple[tuple[tree.Name, tree.Expression], ...]:
    return tuple(child for child in children if isinstance(child, tuple))


def _after(children: Children, terminal: str) -> Any:
    """The child that follows the token of a type, None if there is no such token."""
    for token, child in pairwise(children):
        if isinstance(token, Token) and token.type == terminal:
            return child
    return None


def _dimensions(children: Children) -> tuple[tree.Expression, ...]:
    return next((child.items for child in children if isinstance(child, _Dimensions)), ())


def _size(children: Children) -> Any:
    return next((child.value for child in children if isinstance(child, _Size)), None)
