"""The values of expressions. A fault is reported where it is and raised as `FaultyError` to who needs the value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from qgl.check.limits import ITEMS, Budget
from qgl.check.names.modules import Symbol
from qgl.check.reporter import FaultyError, Reporter, every
from qgl.check.values import operators
from qgl.check.values.conditions import are_outcomes, comparison, conjunction, is_condition, negation
from qgl.check.values.frame import POISON, Frame
from qgl.check.values.functions import USAGES, Functions, is_number
from qgl.check.values.indexing import Indexing
from qgl.check.values.lattices import Lattice
from qgl.check.values.numbers import COMPARISONS, Arithmetic
from qgl.check.values.operators import Operator
from qgl.check.values.values import Array, Group, Qubit, Site, Value, describe
from qgl.diagnostics.names import UnknownName
from qgl.diagnostics.registers import NotACondition, NotAQubit
from qgl.diagnostics.types import BackwardsRange, LoopTargets, MisplacedHole, WrongType
from qgl.expression import FUNCTIONS as REAL_FUNCTIONS
from qgl.expression import Function, Real, real
from qgl.source import Span
from qgl.syntax import tree

PAULIS = ("X", "Y", "Z")


class World(Protocol):
    """What the evaluator asks about declarations."""

    def value_of(self, symbol: Symbol) -> Value: ...

    def qubit_on(self, site: Site, span: Span) -> int: ...

    def data_of(self, symbol: Symbol, node: tree.Call, frame: Frame) -> Value: ...

    def declared_hamiltonian(self, expression: tree.Expression, frame: Frame) -> Operator | None: ...

    def categories(self, value: Real) -> int | None: ...


class Evaluator:
    """Expressions to values."""

    def __init__(
        self,
        reporter: Reporter,
        budget: Budget,
        world: World,
        visible: Callable[[], tuple[int, ...]],
        name_of: Callable[[int], str],
    ) -> None:
        self.reporter = reporter
        self.budget = budget
        self.world = world
        self.arithmetic = Arithmetic(reporter)
        self.functions = Functions(reporter, self.arithmetic, visible, name_of)
        self.indexing = Indexing(reporter, self.functions)
        self.hole: Callable[[tree.Hole], Real] | None = None
        self._methods: Mapping[type, Callable[[Any, Frame], Value]] = {
            tree.Number: self._literal,
            tree.String: self._literal,
            tree.Boolean: self._literal,
            tree.Name: self._name,
            tree.Hole: self._hole,
            tree.Unary: self._unary,
            tree.Binary: self._binary,
            tree.Call: self._call,
            tree.Index: self._index,
            tree.Range: self._range,
            tree.List: self._list,
            tree.Tuple: self._list,
            tree.Reduce: self._reduce,
        }

    def evaluate(self, expression: tree.Expression, frame: Frame) -> Value:
        """The value.

        Raises:
            FaultyError: it has none, which has been reported.
            TooLargeError: it is too large to build, which has been reported.
        """
        self.budget.spend(1, expression.span)
        return self._methods[type(expression)](expression, frame)

    def all_of(self, expressions: Sequence[tree.Expression], frame: Frame) -> list[Value]:
        """All values; every expression is looked at before a fault of one is raised."""
        return every(lambda each: self.evaluate(each, frame), expressions)

    # ------------------------------------------------------------ particular kinds of value

    def integer(self, expression: tree.Expression, frame: Frame, wanted: str = "a whole number") -> int:
        value = self.evaluate(expression, frame)
        if isinstance(value, Site):
            return value.number
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.reporter.fault(WrongType(expression.span, wanted, describe(value), _whole(value)))
        return value

    def number(self, expression: tree.Expression, frame: Frame) -> int | float:
        """A number that is known at compile time."""
        value = self.evaluate(expression, frame)
        if isinstance(value, Real) and value.is_constant:
            return value.constant
        if not is_number(value):
            raise self.reporter.fault(
                WrongType(expression.span, "a number that is known at compile time", describe(value))
            )
        return value  # type: ignore[no-any-return]

    def wire(self, value: Value, span: Span) -> int:
        """The one qubit that `value` stands for."""
        if isinstance(value, Qubit):
            return value.wire
        if isinstance(value, Site):
            return self.world.qubit_on(value, span)
        if isinstance(value, Group) and len(value.wires) == 1:
            return value.wires[0]
        hint = "name its register, such as `v[0]`" if isinstance(value, int) else ""
        if isinstance(value, Group) and value.categories is not None:
            hint = "its qubits are `[0]`, `[1]` and so on, the most significant bit of a category first"
        raise self.reporter.fault(NotAQubit(span, describe(value), hint))

    def items(self, expression: tree.Expression, frame: Frame) -> Sequence[Value]:
        """What a loop over `expression` runs over; a range stays a range, so that its length costs nothing."""
        value = self.evaluate(expression, frame)
        if isinstance(value, range):
            return value
        if isinstance(value, Group | tuple | Lattice | Array):
            elements = self.functions.items(value, expression.span)
            self.budget.spend(len(elements) // ITEMS, expression.span)
            return elements
        hint = "a loop over a count is `repeat n as k { ... }` or `for k in 0..n-1`" if is_number(value) else ""
        raise self.reporter.fault(
            WrongType(expression.span, "a register, a lattice, a range or a list", describe(value), hint)
        )

    def bind(self, targets: tuple[tree.Name, ...], item: Value, frame: Frame) -> None:
        """Give the variables of a loop their values."""
        if len(targets) == 1:
            frame.names[targets[0].name] = item
            return
        parts = item if isinstance(item, tuple) else None
        if parts is None or len(parts) != len(targets):
            shown = f"{len(parts)} parts" if parts is not None else describe(item)
            span = targets[0].span.to(targets[-1].span)
            text = f"{len(targets)} variables for each item, but an item is {shown}"
            raise self.reporter.fault(LoopTargets(span, text))
        for target, part in zip(targets, parts, strict=True):
            frame.names[target.name] = part

    # ------------------------------------------------------------ leaves

    def _literal(self, node: tree.Number | tree.String | tree.Boolean, frame: Frame) -> Value:
        return self.arithmetic.checked(node.value, node.span) if is_number(node.value) else node.value  # type: ignore[arg-type]

    def _name(self, node: tree.Name, frame: Frame) -> Value:
        value = frame.find(node.name)
        if value is not None:
            if value is POISON:
                raise FaultyError
            return value
        symbol = frame.module.names.get(node.name)
        if symbol is not None:
            symbol.used = True
            if symbol.kind == "output":
                self.functions.final_state(node.span, f"the output `{node.name}`").asks()
            return self.world.value_of(symbol)
        if node.name == "pi":
            return math.pi
        if node.name == "i":
            return operators.IMAGINARY_UNIT
        if node.name in PAULIS:
            raise self.reporter.fault(WrongType(node.span, f"`{node.name}[q]` of a qubit", f"`{node.name}` alone"))
        if not self.reporter.has_errors and not frame.module.broken:  # for callers that have not looked at names before
            self.reporter.report(UnknownName(node.span, node.name, "value"))
        raise FaultyError

    def _hole(self, node: tree.Hole, frame: Frame) -> Value:
        if self.hole is None:
            raise self.reporter.fault(MisplacedHole(node.span))
        return self.hole(node)

    # ------------------------------------------------------------ operators

    def _unary(self, node: tree.Unary, frame: Frame) -> Value:
        value = self.evaluate(node.operand, frame)
        if node.operator == "not":
            if not is_condition(value):
                raise self.reporter.fault(NotACondition(node.operand.span, describe(value)))
            return negation(value)
        if isinstance(value, Operator):
            self.budget.spend(len(value.terms), node.span)
            return operators.scale(value, -1.0) if node.operator == "-" else value
        return self._each(lambda x: -x if node.operator == "-" else x, (value,), (node.operand.span,), node.span)

    def _numeric(self, value: Value, span: Span) -> int | float | Real:
        if isinstance(value, Site):
            return value.number
        if isinstance(value, Real) or is_number(value):
            return value  # type: ignore[no-any-return]
        hint = ""
        if isinstance(value, Array | tuple):
            hint = "give an index for one of them"
        raise self.reporter.fault(WrongType(span, "a number", describe(value), hint))

    def _binary(self, node: tree.Binary, frame: Frame) -> Value:
        name = node.operator
        if name in ("and", "or"):
            return self._logical(node, frame)
        left, right = self.all_of((node.left, node.right), frame)
        if name in COMPARISONS:
            return self._compare(node, left, right)
        if isinstance(left, Operator) or isinstance(right, Operator):
            return self._operators(node, left, right)

        def made(x: int | float | Real, y: int | float | Real) -> Value:
            if isinstance(x, Real) or isinstance(y, Real):
                self.budget.spend(_terms(x) + _terms(y), node.span)
                return self.arithmetic.real_binary(name, x, y, node.span)
            return self.arithmetic.binary(name, x, y, node.span)

        return self._each(made, (left, right), (node.left.span, node.right.span), node.span)

    def _each(self, made: Callable[..., Value], values: Sequence[Value], spans: Sequence[Span], span: Span) -> Value:
        """What is made of numbers; in outputs, of the items of lists of one length, one after another."""
        lists = [value for value in values if isinstance(value, tuple | range | Array)]
        if self.functions.reader is None or not lists:
            return made(*map(self._numeric, values, spans))
        if len(set(map(len, lists))) > 1:
            lengths = " and ".join(str(len(value)) for value in lists)
            raise self.reporter.fault(WrongType(span, "lists of one length", f"lists of {lengths}"))
        length = len(lists[0])
        self.budget.spend(length * len(values), span)
        columns = [tuple(value) if isinstance(value, tuple | range | Array) else (value,) * length for value in values]
        return tuple(self._each(made, row, spans, span) for row in zip(*columns, strict=True))

    def _logical(self, node: tree.Binary, frame: Frame) -> Value:
        values = []
        for side in (node.left, node.right):
            value = self.evaluate(side, frame)
            if not is_condition(value):
                raise self.reporter.fault(NotACondition(side.span, describe(value)))
            values.append(value)
            if isinstance(value, bool) and value == (node.operator == "or"):
                return value  # the other side is not asked, so that it may be out of range
        return conjunction(node.operator, values[0], values[1])

    def _compare(self, node: tree.Binary, left: Value, right: Value) -> Value:
        several = are_outcomes(left) or are_outcomes(right)
        if several or (is_condition(left) and is_condition(right)) or is_condition(left) != is_condition(right):
            order = comparison(node.operator, left, right)
            if order is None:
                raise self.reporter.fault(NotACondition(node.span, "this comparison"))
            return order
        if isinstance(left, str) and isinstance(right, str) and node.operator in ("==", "!="):
            return (left == right) == (node.operator == "==")
        same = isinstance(left, Site | Qubit) and type(left) is type(right)
        if same and node.operator in ("==", "!="):
            return (left == right) == (node.operator == "==")
        x, y = self._numeric(left, node.left.span), self._numeric(right, node.right.span)
        for value, side in ((x, node.left), (y, node.right)):
            if isinstance(value, Real) and not value.is_constant:
                raise self.reporter.fault(NotACondition(side.span, describe(value)))
        plain = [value.constant if isinstance(value, Real) else value for value in (x, y)]
        return self.arithmetic.compare(node.operator, plain[0], plain[1])

    def _operators(self, node: tree.Binary, left: Value, right: Value) -> Value:
        sides = []
        for value, side in ((left, node.left), (right, node.right)):
            known = isinstance(value, Operator)
            sides.append(value if known else operators.number(self._numeric(value, side.span)))
        x, y = sides
        self.budget.spend(len(x.terms) + len(y.terms), node.span)
        match node.operator:
            case "+":
                return operators.total((x, y))
            case "-":
                return operators.total((x, operators.scale(y, -1.0)))
            case "*":
                self.budget.spend(len(x.terms) * len(y.terms), node.span)
                return x * y
            case "/" if not isinstance(right, Operator):
                one = self._numeric(right, node.right.span)
                inverse: Any = (
                    self.arithmetic.real_binary("/", 1.0, one, node.span)
                    if isinstance(one, Real)
                    else self.arithmetic.binary("/", 1.0, one, node.span)
                )
                return operators.scale(x, inverse)
        text = f"`{node.operator}` is for numbers; this is {describe(left if isinstance(left, Operator) else right)}"
        raise self.reporter.fault(WrongType(node.span, "a sum or a product", text))

    # ------------------------------------------------------------ the rest

    def _call(self, node: tree.Call, frame: Frame) -> Value:
        name, usage = node.function.name, USAGES.get(node.function.name)
        symbol = frame.module.names.get(name) if usage is None else None
        if symbol is not None and symbol.kind == "data set":
            return self.world.data_of(symbol, node, frame)
        named = [each.name for each, _ in node.keywords]
        faulty = usage is None or len(set(named)) < len(named) or not set(named) <= set(usage.named)
        if usage is None or faulty or not usage.least <= len(node.arguments) <= usage.most:
            raise FaultyError  # reported by the look at names
        declared = self.world.declared_hamiltonian(node.arguments[0], frame) if name == "expect" else None
        given = (*node.arguments, *(value for _, value in node.keywords))
        values = self.all_of(given, frame) if declared is None else [declared]
        self.budget.spend(self.functions.steps(name, values), node.span)
        if name in REAL_FUNCTIONS and self.functions.reader is not None:
            spans = [argument.span for argument in node.arguments]
            return self._each(lambda *numbers: self.functions.call(node, list(numbers)), values, spans, node.span)
        return self._counted(self.functions.call(node, values), node)

    def _counted(self, value: Value, node: tree.Expression) -> Value:
        """`value`, its items counted: they have been made for it."""
        if isinstance(value, tuple | Group):
            self.budget.spend(len(value), node.span)
        return value

    def _index(self, node: tree.Index, frame: Frame) -> Value:
        if isinstance(node.base, tree.Name) and node.base.name in PAULIS:
            if len(node.indices) != 1:
                raise self.reporter.fault(WrongType(node.span, "one qubit", f"{len(node.indices)} indices"))
            wire = self.wire(self.evaluate(node.indices[0], frame), node.indices[0].span)
            return operators.pauli(node.base.name, wire)
        base, *indices = self.all_of((node.base, *node.indices), frame)
        return self._counted(self._indexed(node, base, indices), node)

    def _indexed(self, node: tree.Index, base: Value, indices: list[Value]) -> Value:
        """`base[indices]`; of an index that is a category, what each of them has, and which it is to be."""
        for k, index in enumerate(indices):
            count = self.world.categories(index) if isinstance(index, Real) else None
            if count is not None:
                values = [self._indexed(node, base, [*indices[:k], each, *indices[k + 1 :]]) for each in range(count)]
                return self._chosen(index, values, node)
        return self.indexing.index(node, base, indices)

    def _chosen(self, category: Real, values: list[Value], node: tree.Index) -> Value:
        """A number, or a list of them, that depends on a category."""
        self.budget.spend(len(values), node.span)
        if all(isinstance(value, Real) or is_number(value) for value in values):
            return Real(0.0, ((1.0, Function("choose", (category, *map(real, values)))),))
        lists = [tuple(value) for value in values if isinstance(value, tuple | range | Array)]
        if len(lists) < len(values) or len(set(map(len, lists))) > 1:
            shown = next((value for value in values if not isinstance(value, tuple | range | Array)), values[0])
            raise self.reporter.fault(WrongType(node.span, "a number for each category", describe(shown)))
        return tuple(self._chosen(category, list(row), node) for row in zip(*lists, strict=True))

    def _range(self, node: tree.Range, frame: Frame) -> Value:
        ends: list[int] = []
        for side, value in zip((node.first, node.last), self.all_of((node.first, node.last), frame), strict=True):
            number = value.number if isinstance(value, Site) else value
            if isinstance(number, bool) or not isinstance(number, int):
                raise self.reporter.fault(WrongType(side.span, "a whole number", describe(value)))
            ends.append(number)
        first, last = ends
        if last < first - 1:
            raise self.reporter.fault(BackwardsRange(node.span, first, last))
        return range(first, last + 1)

    def _list(self, node: tree.List | tree.Tuple, frame: Frame) -> Value:
        return tuple(self.all_of(node.items, frame))

    def _reduce(self, node: tree.Reduce, frame: Frame) -> Value:
        items = self.items(node.iterable, frame)
        self.budget.enter(len(items), node.span)
        values: list[Value] = []
        inner = frame.inner()
        for item in items:
            self.budget.spend(1, node.span)
            self.bind(node.targets, item, inner)
            value = self.evaluate(node.body, inner)
            plain = isinstance(value, Operator) or node.operator == "list"
            values.append(value if plain else self._numeric(value, node.body.span))
        self.budget.leave()
        if node.operator == "list":
            return self._counted(tuple(values), node)
        if any(isinstance(value, Operator) for value in values):
            return self._reduce_operators(node, values)
        if node.operator == "sum":
            return self._sum(node, values)
        product: int | float | Real = 1
        for value in values:
            if isinstance(product, Real) or isinstance(value, Real):
                self.budget.spend(_terms(product) + _terms(value), node.span)
                product = self.arithmetic.real_binary("*", product, value, node.span)
            else:
                product = self.arithmetic.binary("*", product, value, node.span)
        return product

    def _reduce_operators(self, node: tree.Reduce, values: list[Value]) -> Operator:
        all_ = [value if isinstance(value, Operator) else operators.number(value) for value in values]
        if node.operator == "sum":
            return operators.total(all_)
        product = all_[0]
        for each in all_[1:]:
            self.budget.spend(len(product.terms) * len(each.terms), node.span)
            product = product * each
        return product

    def _sum(self, node: tree.Reduce, values: list[Value]) -> int | float | Real:
        plain = [value for value in values if not isinstance(value, Real)]
        constant = self.arithmetic.checked(sum(plain), node.span)
        if len(plain) == len(values):
            return constant
        terms: dict[Any, float] = {}
        for value in values:
            if isinstance(value, Real):
                constant += value.constant
                for coefficient, atom in value.terms:
                    terms[atom] = terms.get(atom, 0.0) + coefficient
        kept = tuple((coefficient, atom) for atom, coefficient in terms.items() if coefficient != 0)
        return self.arithmetic.bounded(Real(float(constant), kept), node.span)


def _terms(value: Real | float) -> int:
    """Steps of going through the terms of a number once."""
    return len(value.terms) // ITEMS if isinstance(value, Real) else 0


def _whole(value: Value) -> str:
    """How a whole number is written that was given with a point, or made by a division."""
    if not isinstance(value, float):
        return ""
    if value.is_integer() and abs(value) < 1e6:
        return f"a whole number has no point: write `{value:.0f}`; the quotient of whole numbers is `div(a, b)`"
    return "`floor(x)`, `ceil(x)` and `round(x)` give whole numbers"
