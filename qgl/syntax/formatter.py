"""The canonical form of a program: one way to write a tree, with the comments and the blank lines of its writer.

Every comment stays between the same two tokens; a block stays on one line if it was written so and fits. Digits of
numbers stay as written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from qgl.diagnostics.model import QglError
from qgl.diagnostics.syntax import CannotFormat
from qgl.source import Source, Span
from qgl.syntax import tree
from qgl.syntax.comments import Comments, after, has_line_end, text_of
from qgl.syntax.keywords import read_number
from qgl.syntax.layout import BLANK, HARD, LINE, SOFT, Document, Group, Line, group, indent, join, lay_out
from qgl.syntax.parser import parse
from qgl.syntax.walk import same
from qgl.syntax.weaving import weave

_LOOSEST_FIRST = ("or", "and", "not", "== != < <= > >=", "..", "+ -", "* / %")
_LEVELS = {"**": 9} | {name: level for level, names in enumerate(_LOOSEST_FIRST, 1) for name in names.split()}
_SIGN, _ATOM = 8, 10
_CLOSING = {"(": ")", "[": "]"}


def format_file(file: tree.File) -> str:
    """The canonical text of a file that was read without a fault.

    Raises:
        QglError: reading it would not give the same tree with the same comments (QGL0121); it is not given out then.
    """
    formatter = _Formatter(file)
    body = formatter.sequence(file.declarations, 0, len(file.source.text))
    whole = weave(Group(tuple(body)), file.source, formatter.comments.inside())
    text = lay_out(whole) + "\n" if body else ""
    again = parse(Source(file.source.name, text))
    changed = list(_changed(file, again.file))
    if again.diagnostics or changed:
        raise QglError([CannotFormat(changed[0] if changed else None)])
    return text


def _changed(file: tree.File, again: tree.File) -> Iterator[Span | None]:
    """The places of the declarations and comments that would be others."""
    for one, other in zip_longest(file.declarations, again.declarations):
        if not same(one, other):
            yield one.span if one else None
    for comment, written in zip_longest(file.comments, again.comments):
        if comment is None or written is None or comment.text.split() != written.text.split():
            yield comment.span if comment else None


class _Formatter:
    def __init__(self, file: tree.File) -> None:
        self.source = file.source
        self.comments = Comments(file)

    # ------------------------------------------------------------ sequences

    def sequence(self, items: Sequence[tree.Node], start: int, end: int, separator: Line = HARD) -> list[Document]:
        """Declarations, statements or settings between two offsets, with the comments between and after them."""
        parts: list[Document] = []
        last = start

        def add(document: Document, begin: int, finish: int) -> None:
            nonlocal last
            if parts:
                gap = self.source.line_of(begin) - self.source.line_of(last)
                parts.append(BLANK if gap > 1 else separator)
            parts.append(document)
            last = finish

        for item in items:
            for comment in self.comments.between(last, item.span.start):
                add(text_of(comment), comment.span.start, comment.span.end)
            add(self._item(item), item.span.start, item.span.end)
            for comment in self.comments.trailing(item.span.end):
                parts += after(comment)
                last = comment.span.end
        for comment in self.comments.between(last, end):
            add(text_of(comment), comment.span.start, comment.span.end)
        return parts

    def _block(self, items: Sequence[tree.Node], header: int) -> tuple[Document, int]:
        """A block in braces whose header ends at the offset `header`, and the offset of its closing brace."""
        start = self.comments.find("{", header) + 1
        close = self.comments.find("}", items[-1].span.end if items else start)
        on_one_line = not has_line_end(self.source.text[header:close])
        separator = LINE if on_one_line else HARD
        begin = self.comments.first_line(start, items[0].span.start if items else close)
        body = self.sequence(items, begin, close, separator)
        if not body:
            return "{ }", close
        return Group(("{", indent(separator, *body), separator, "}"), sealed=False), close

    # ------------------------------------------------------------ declarations and statements

    def _item(self, item: tree.Node) -> Document:
        method: Callable[[tree.Node], Document] = getattr(self, f"_{type(item).__name__.lower()}")
        return method(item)

    def _import(self, item: tree.Import) -> Document:
        return group("import ", self.expression(item.path), ";")

    def _const(self, item: tree.Const) -> Document:
        bindings = [group(self._name(name), " = ", self.expression(value)) for name, value in item.bindings]
        return group("const ", _separated(bindings), ";")

    def _lattice(self, item: tree.Lattice) -> Document:
        return group("lattice ", self._name(item.name), self._value(item.value), ";")

    def _register(self, item: tree.Register) -> Document:
        place: list[Document] = [" on ", self.expression(item.place)] if item.place else []
        name, type_ = self._name(item.name), self._typed(item.type)
        return group(f"{item.kind} ", name, *self._size(item.size), *place, *type_, *self._initial(item), ";")

    def _initial(self, item: tree.Register | tree.Fresh) -> list[Document]:
        return [" = ", self.expression(item.initial)] if item.initial else []

    def _size(self, size: tree.Expression | None) -> list[Document]:
        return ["[", self.expression(size), "]"] if size else []

    def _local(self, item: tree.Local) -> Document:
        name = self._name(item.register)
        bounds = [self._bound(bound) for bound in item.bounds]
        return group("local ", name, " ", _separated(bounds), ";")

    def _bound(self, bound: tree.Bound) -> Document:
        if bound.kind == "within":
            return group("within ", self.expression(bound.limit, _LEVELS["+"]))
        argument: list[Document] = ["(", self.expression(bound.argument), ")"] if bound.argument else []
        return group(bound.kind, *argument, " <= ", self.expression(bound.limit, _LEVELS["+"]))

    def _data(self, item: tree.Data) -> Document:
        return group("data ", self._with_formals(item), self._value(item.value), ";")

    def _parameter(self, item: tree.Parameter) -> Document:
        parts: list[Document] = [f"{item.kind} ", self._name(item.name)]
        if item.dimensions:
            parts.append(self._listed("[", item.dimensions))
        parts += self._typed(item.type)
        if item.distribution:
            parts += [" ~ ", self.expression(item.distribution)]
        if item.draws:
            parts += [" draws ", self.expression(item.draws), " anew" * item.anew]
        return group(*parts, ";")

    def _typed(self, item: tree.Type | None) -> list[Document]:
        return [" : ", self._type(item)] if item else []

    def _type(self, item: tree.Type) -> Document:
        inside = [self.expression(argument) for argument in item.arguments]
        arguments: list[Document] = ["(", _separated(inside), ")"] if inside else []
        return group(item.name, *arguments, *([self._listed("[", item.sizes)] if item.sizes else []))

    def _formals(self, arguments: Sequence[tree.Argument]) -> Document:
        return self._bracketed("(", [self._formal(argument) for argument in arguments])

    def _formal(self, argument: tree.Argument) -> Document:
        kind: list[Document] = [": ", self._type(argument.type)] if argument.type else []
        return group(self._name(argument.name), *kind)

    def _routine(self, item: tree.Routine) -> Document:
        head = group(f"{item.kind} ", self._name(item.name), self._formals(item.arguments), " ")
        header = item.arguments[-1].span.end if item.arguments else item.name.span.end
        return group(head, self._block(item.body, header)[0])

    def _hamiltonian(self, item: tree.Hamiltonian) -> Document:
        return group("hamiltonian ", self._with_formals(item), self._value(item.value), ";")

    def _with_formals(self, item: tree.Data | tree.Hamiltonian) -> Document:
        formals: list[Document] = [self._formals(item.arguments)] if item.arguments else []
        return group(self._name(item.name), *formals)

    def _output(self, item: tree.Output) -> Document:
        dimensions = [self._listed("[", item.dimensions)] if item.dimensions else []
        return group("output ", self._name(item.name), *dimensions, self._value(item.value), ";")

    def _again(self, item: tree.Again) -> Document:
        updates = [group(self._name(name), self._value(value), ";") for name, value in item.assignments]
        return group("again ", self.expression(item.count), " {", indent(LINE, *join((LINE,), updates)), LINE, "}")

    def _model(self, item: tree.Model) -> Document:
        return group("model ", self._block(item.body, item.span.start)[0])

    def _objective(self, item: tree.Objective) -> Document:
        return group("objective ", indent(self.expression(item.value)), ";")

    def _train(self, item: tree.Train) -> Document:
        return group("train ", self._block(item.settings, item.span.start)[0])

    def _setting(self, item: tree.Setting) -> Document:
        name = self._name(item.name)
        return group(name, " ", _separated([self.expression(value) for value in item.values]), ";")

    def _constants(self, item: tree.Constants) -> Document:
        bindings = [group(self._name(name), " = ", self.expression(value)) for name, value in item.bindings]
        return group(self._name(item.keyword), " ", _separated(bindings), ";")

    def _stage(self, item: tree.Stage) -> Document:
        values: list[Document] = [] if item.values is None else [" in ", self.expression(item.values)]
        header = item.name if item.values is None else item.values
        head = group("stage ", self._name(item.name), *values, " ")
        return group(head, self._block(item.items, header.span.end)[0])

    def _report(self, item: tree.Report) -> Document:
        return group("report ", _separated([self.expression(part) for part in item.items]), ";")

    def _baseline(self, item: tree.Baseline) -> Document:
        return group("baseline ", _separated([self.expression(part) for part in item.items]), ";")

    def _apply(self, item: tree.Apply) -> Document:
        parts: list[Document] = []
        for modifier in item.modifiers:
            parts += [modifier.kind, *(["(", self.expression(modifier.count), ") "] if modifier.count else [" "])]
        parts.append(self._name(item.gate))
        if item.arguments or not item.operands:
            parts.append(self._listed("(", item.arguments))
        if item.operands:
            parts += [" ", _separated([self.expression(operand) for operand in item.operands])]
        return group(*parts, ";")

    def _targets(self, targets: Sequence[tree.Name]) -> Document:
        names = join((", ",), map(self._name, targets))
        return group(*names) if len(targets) == 1 else group("(", *names, ")")

    def _for(self, item: tree.For) -> Document:
        head = group("for ", self._targets(item.targets), " in ", self.expression(item.iterable), " ")
        return group(head, self._block(item.body, item.iterable.span.end)[0])

    def _repeat(self, item: tree.Repeat) -> Document:
        count = self.expression(item.count)
        variable: list[Document] = [" as ", self._name(item.variable)] if item.variable else []
        header = item.variable or item.count
        return group(group("repeat ", count, *variable, " "), self._block(item.body, header.span.end)[0])

    def _if(self, item: tree.If, chained: bool = False) -> Document:
        head = group("if ", self.expression(item.condition), " ")
        then, close = self._block(item.then, item.condition.span.end)
        parts: list[Document] = [head, then]
        match item.otherwise:
            case ():
                pass
            case (tree.If() as inner,):
                parts += [" else ", self._if(inner, chained=True)]
            case _:
                parts += [" else ", self._block(item.otherwise, close + 1)[0]]
        return Group(tuple(parts), sealed=not chained)

    def _choose(self, item: tree.Choose) -> Document:
        """On one line, or with every branch on lines of its own."""
        head = group("choose ", self.expression(item.selector), " ")
        blocks = [group(self._block(branch.body, branch.span.start)[0]) for branch in item.branches]
        return group(head, *join((LINE, "or "), blocks))

    def _fresh(self, item: tree.Fresh) -> Document:
        return group("fresh ", self._name(item.name), *self._size(item.size), *self._initial(item), ";")

    def _measure(self, item: tree.Measure) -> Document:
        operand = self.expression(item.operand)
        bit = [" -> ", self._name(item.bit)] if item.bit else []
        return group("measure ", operand, *bit, " keep" * item.keep, " drawn" * item.drawn, ";")

    def _evolve(self, item: tree.Evolve) -> Document:
        parts: list[Document] = ["evolve ", self.expression(item.hamiltonian), " for ", self.expression(item.time)]
        if item.method:
            parts.append(indent(LINE, "by ", self.expression(item.method)))
        return group(*parts, ";")

    def _let(self, item: tree.Let) -> Document:
        return group("let ", self._name(item.name), self._value(item.value), ";")

    # ------------------------------------------------------------ expressions

    def _name(self, name: tree.Name) -> Document:
        return name.name

    def _value(self, value: tree.Expression) -> Document:
        """`= value`; a long sum goes to lines of its own."""
        if isinstance(value, tree.Binary):
            return Group((" =", Group((LINE, self.expression(value)), indented=True)))
        return Group((" = ", self.expression(value)), sealed=False)

    def _listed(self, opening: str, items: Sequence[tree.Expression]) -> Document:
        dense = opening == "[" and len(items) > 1 and all(map(_is_small, items))
        return self._bracketed(opening, [self.expression(item) for item in items], dense)

    def _bracketed(self, opening: str, items: Sequence[Document], dense: bool = False) -> Document:
        if not items:
            return opening + _CLOSING[opening]
        parts: list[Document] = [SOFT]
        for k, item in enumerate(items):
            piece = (*(LINE,) * (k > 0), item, *(",",) * (k < len(items) - 1))
            parts += [Group(piece)] if dense and k > 0 else piece
        return group(opening, indent(*parts), SOFT, _CLOSING[opening])

    def expression(self, node: tree.Expression, level: int = 0, tight: bool = False) -> Document:
        """An expression in parentheses if it binds looser than `level`; without spaces around operators if `tight`."""
        own = _level(node)
        if own < level:
            return group("(", indent(SOFT, self._bare(node, own, False)), SOFT, ")")
        return self._bare(node, own, tight)

    def _bare(self, node: tree.Expression, own: int, tight: bool) -> Document:
        match node:
            case tree.Name(name=name):
                return name
            case tree.Number():
                return _digits(node)
            case tree.String(value=value):
                return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
            case tree.Boolean(value=truth):
                return "true" if truth else "false"
            case tree.Hole():
                return "?"
            case tree.Unary(operator=operator, operand=operand):
                sign = "not " if operator == "not" else operator
                return Group((sign, self.expression(operand, own, tight)), sealed=False)
            case tree.Binary():
                return self._binary(node, own, tight)
            case tree.Range(first=first, last=last):
                return group(self.expression(first, own + 1, True), "..", self.expression(last, own + 1, True))
            case tree.Index(base=base, indices=indices):
                return group(self.expression(base, _ATOM), self._listed("[", indices))
            case tree.List(items=items):
                return self._listed("[", items)
            case tree.Tuple(items=items):
                return self._listed("(", items)
            case tree.Call():
                return self._call(node)
            case tree.Reduce(operator=operator, targets=targets, iterable=iterable, body=body):
                head = group(self._targets(targets), " in ", self.expression(iterable), ":")
                return group(f"{operator}(", indent(SOFT, head, LINE, self.expression(body)), SOFT, ")")

    def _call(self, node: tree.Call) -> Document:
        items = [*map(self.expression, node.arguments), *map(self._keyword, node.keywords)]
        return group(self._name(node.function), self._bracketed("(", items))

    def _keyword(self, pair: tuple[tree.Name, tree.Expression]) -> Document:
        return group(self._name(pair[0]), " = ", self.expression(pair[1]))

    def _binary(self, node: tree.Binary, own: int, tight: bool) -> Document:
        """A chain of operators of one level, broken before the operators if it is too long."""
        if node.operator == "**":
            left, right = self.expression(node.left, _ATOM, tight), self.expression(node.right, _SIGN, tight)
            return Group((left, "**", right), sealed=False)
        chain: list[tree.Binary] = []
        first: tree.Expression = node
        while isinstance(first, tree.Binary) and _level(first) == own and (not chain or own != _LEVELS["=="]):
            chain.append(first)
            first = first.left
        step = own + 1
        parts: list[Document] = [self.expression(first, step, tight)]
        for link in reversed(chain):
            if tight:
                parts += [link.operator, self.expression(link.right, step, tight)]
            else:
                parts += [LINE, f"{link.operator} ", self.expression(link.right, step)]
        return Group(tuple(parts))


def _separated(items: Sequence[Document]) -> Document:
    """Items with commas and without brackets."""
    return items[0] if len(items) == 1 else indent(*join((",", LINE), items))


def _is_small(node: tree.Expression) -> bool:
    """Whether a list of such items reads best with many on a line."""
    match node:
        case tree.Unary(operand=operand):
            return isinstance(operand, tree.Number)
        case tree.Tuple(items=items):
            return all(isinstance(item, tree.Number) for item in items)
    return isinstance(node, tree.Number | tree.Name | tree.String | tree.Boolean)


def _level(node: tree.Expression) -> int:
    match node:
        case tree.Binary(operator=operator):
            return _LEVELS[operator]
        case tree.Unary(operator=operator):
            return _LEVELS["not"] if operator == "not" else _SIGN
        case tree.Range():
            return _LEVELS[".."]
    return _ATOM


def _digits(node: tree.Number) -> str:
    written = node.span.text
    value = read_number(written)
    return written if value == node.value and type(value) is type(node.value) else repr(node.value)
