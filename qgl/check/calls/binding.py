"""Reading calls of named things: placing arguments, checking their types and ranges, filling in defaults."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

from qgl.check.settings.unlisted_error import unlisted_error
from qgl.diagnostics.data import WrongRows
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.training import BadArgument, BadArguments, FormerName, NotACall, UnknownCallable, article
from qgl.program.calls.arguments import (
    POSITIVE,
    ArgumentType,
    BareName,
    Choice,
    Data,
    Names,
    PlainType,
    Region,
    Text,
    UnfitError,
    describe,
)
from qgl.program.calls.call import Call, Kind, Nested, Parameter, Rate, parameters, usage
from qgl.program.calls.table import KINDS
from qgl.program.program import DataSet
from qgl.record import record
from qgl.syntax import tree

C = TypeVar("C", bound=Call)
Evaluate = Callable[[tree.Expression], Any]
Report = Callable[[Diagnostic], None]


class Failure(Enum):
    """What an evaluation gives whose fault has been reported already."""

    FAILED = "failed"


FAILED = Failure.FAILED


@record
class Qubits:
    """The value of an expression that names qubits: their positions among the visible ones, in order.

    Hidden qubits are counted on after the visible ones; `hidden` is then what to say where only visible ones are read.
    """

    positions: tuple[int, ...]
    hidden: Diagnostic | None = None


@describe.register
def _(value: Qubits) -> str:
    return "qubits"


def bind(call: tree.Expression, kind: Kind[C], evaluate: Evaluate, report: Report) -> C | None:
    """A call (or a bare name, for a call without arguments) of a callable of `kind`, checked, defaults filled in.

    `evaluate` gives the value of an argument: a number, a constant `Real`, a bool, a string, a list, tuple or range of
    these, the `DataSet` that a name stands for, or `Qubits` for qubits (only reports ask for them). It must
    report unknown names and whatever else it cannot evaluate itself, and then give `FAILED`; that silences the
    consequences. Names such as `mean` in `combine = mean` and nested calls are not evaluated.

    None: a fault was reported, here or by `evaluate`. All faults of the call are reported, not only the first.
    Lists come back as tuples, data sets as their names, qubits as tuples of visible positions.
    """
    table = kind.table
    if not isinstance(call, tree.Call | tree.Name):
        report(NotACall(call.span, kind.wording, call.span.text[:60], usage(kind.classes[0])))
        return None
    name = call.function if isinstance(call, tree.Call) else call
    if name.name not in table:
        near, hint = nearest(name.name, table), _hint(kind, name.name)
        report(UnknownCallable(name.span, kind.wording, name.name, tuple(table), near, hint))
        return None
    callee = table[name.name]
    given = _place(call, callee, report) if isinstance(call, tree.Call) else {}
    if given is None or not _complete(call, callee, given, report):
        return None
    values = {
        parameter.name: _value(callee, parameter, given[parameter.name], evaluate, report)
        for parameter in parameters(callee)
        if parameter.name in given
    }
    return None if any(value is FAILED for value in values.values()) else callee(**values, span=call.span)


def _hint(kind: Kind[Any], name: str) -> str:
    """What a name is that exists as something else."""
    others = [other.wording for other in KINDS.values() if other is not kind and name in other.table]
    return f"`{name}` is {article(others[0])}, not {article(kind.wording)}" if others else ""


def _place(call: tree.Call, callee: type[Call], report: Report) -> dict[str, tree.Expression] | None:
    """Arguments by parameter name; None when they cannot be placed."""
    names = [parameter.name for parameter in parameters(callee)]
    positional = [parameter.name for parameter in parameters(callee) if not parameter.keyword_only]
    fine = True

    def fault(node: tree.Node, text: str, near: str | None = None) -> None:
        nonlocal fine
        fine = False
        report(BadArguments(node.span, callee.called, text, usage(callee), near))

    given = dict(zip(positional, call.arguments, strict=False))
    if len(call.arguments) > len(positional):
        surplus = call.arguments[len(positional)]
        if len(names) > len(positional):
            fault(surplus, "takes these arguments by name only")
        else:
            fault(surplus, f"takes {_count(len(names))}, not {len(call.arguments)}")
    for key, value in call.keywords:
        name = callee.former.get(key.name, key.name)
        if name not in names:
            fault(key, f"has no argument named `{name}`", nearest(name, names))
        elif name in given:
            fault(key, f"is given `{name}` twice")
        else:
            given[name] = value
        if name != key.name:
            report(FormerName(key.span, callee.called, key.name, name))
    return given if fine else None


def _count(number: int) -> str:
    return "no arguments" if number == 0 else f"{number} argument{'s' * (number != 1)}"


def _complete(call: tree.Node, callee: type[Call], given: dict[str, tree.Expression], report: Report) -> bool:
    """Whether all required arguments are there."""
    missing = [f"`{each.name}`" for each in parameters(callee) if each.required and each.name not in given]
    chosen = [name for name in callee.one_of if name in given]
    either = " or ".join(f"`{name}`" for name in callee.one_of)
    faults = []
    if missing:
        faults.append(f"needs {' and '.join(missing)}")
    if callee.one_of and not chosen:
        faults.append(f"needs {either}")
    if len(chosen) > 1:
        faults.append(f"takes {either}, not both")
    for fault in faults:
        report(BadArguments(call.span, callee.called, fault, usage(callee)))
    return not faults


def _value(
    callee: type[Call], parameter: Parameter, expression: tree.Expression, evaluate: Evaluate, report: Report
) -> Any:
    """The value of one argument; `FAILED` after a fault."""
    try:
        return read(parameter.type, expression, evaluate, report)
    except UnfitError as unfit:
        report(BadArgument(expression.span, callee.called, parameter.name, parameter.type.wording, str(unfit)))
        return FAILED


def read(kind: ArgumentType[Any], expression: tree.Expression, evaluate: Evaluate, report: Report) -> Any:
    """The value of an argument of some kind; `FAILED` where a fault was reported.

    Raises:
        UnfitError: the expression is of another kind.
    """
    match kind:
        case BareName():
            return expression.name if isinstance(expression, tree.Name) else _evaluated(Text(), expression, evaluate)
        case Names():
            return _names(expression)
        case Choice():
            written = expression.name if isinstance(expression, tree.Name) else expression.span.text
            if written not in kind.options:
                raise UnfitError(f"`{written}`")
            return written
        case Rate():
            if isinstance(expression, tree.Call) and expression.function.name in kind.schedules.table:
                return bind(expression, kind.schedules, evaluate, report) or FAILED
            return _evaluated(POSITIVE, expression, evaluate)
        case Nested() if isinstance(expression, tree.Call | tree.Name):
            return bind(expression, kind.kind, evaluate, report) or FAILED
    value = evaluate(expression)
    if isinstance(value, Failure):
        return value
    match kind:
        case PlainType():
            return kind.take(value)
        case Data() if isinstance(value, DataSet):
            if not kind.takes(value.holds):
                report(WrongRows(expression.span, value.name, value.holds, kind.of))
                return FAILED
            if value.listed or kind.rule_will_do:
                return value.name
            report(unlisted_error(value, expression.span))
            return FAILED
        case Region() if isinstance(value, Qubits):
            if value.hidden is None or kind.may_be_hidden:
                return value.positions
            report(value.hidden)
            return FAILED
        case Region(may_be_empty=True) if isinstance(value, list | tuple) and not value:
            return ()
    raise UnfitError(describe(value))


def _evaluated(kind: PlainType[Any], expression: tree.Expression, evaluate: Evaluate) -> Any:
    value = evaluate(expression)
    return value if isinstance(value, Failure) else kind.take(value)


def _names(expression: tree.Expression) -> tuple[str, ...]:
    """Names in a list, or one of them."""
    items = expression.items if isinstance(expression, tree.List) else (expression,)
    names = tuple(item.name for item in items if isinstance(item, tree.Name))
    if not names or len(names) < len(items):
        raise UnfitError(f"`{expression.span.text[:40]}`")
    return names
