"""Reading calls of named things: placing arguments, checking their types and ranges, filling in defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgl.check.calls.arguments import FAILED, Context, Failure, UnfitError
from qgl.check.calls.callables import KIND_WORDS, SIGNATURES
from qgl.check.calls.signature_types import Parameter, Signature
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.training import BadArgument, BadArguments, NotACall, UnknownCallable, article
from qgl.program.program import CallSpec
from qgl.syntax import tree

__all__ = ["bind", "nearest"]


def bind(
    call: tree.Expression,
    kind: str,
    evaluate: Callable[[tree.Expression], Any],
    report: Callable[[Diagnostic], None],
) -> CallSpec | None:
    """A call (or a bare name, for a call without arguments) of a callable of `kind`, checked, defaults filled in.

    `evaluate` gives the value of an argument: a number, a constant `Real`, a bool, a string, a list, tuple or range of
    these, the `DataSet` that a name stands for, or `Qubits` for qubits (only reports ask for them). It must
    report unknown names and whatever else it cannot evaluate itself, and then give `FAILED` of
    `qgl.check.calls.arguments`; that silences the consequences. Words such as `mean` in `combine = mean` and nested
    calls are not evaluated.

    None: a fault was reported, here or by `evaluate`. All faults of the call are reported, not only the first.
    Lists come back as tuples, data sets as their names, qubits as tuples of visible positions.
    """
    context = Context(evaluate, report, lambda nested, of: bind(nested, of, evaluate, report) or FAILED)
    if not isinstance(call, tree.Call | tree.Name):
        example = next(iter(SIGNATURES[kind].values())).usage
        report(NotACall(call.span, KIND_WORDS[kind], call.span.text[:60], example))
        return None
    name = call.function if isinstance(call, tree.Call) else call
    table = SIGNATURES[kind]
    if name.name not in table:
        report(
            UnknownCallable(
                name.span, KIND_WORDS[kind], name.name, tuple(table), nearest(name.name, table), _hint(kind, name.name)
            )
        )
        return None
    signature = table[name.name]
    given = _place(call, signature, report) if isinstance(call, tree.Call) else {}
    if given is None:
        return None
    if not _complete(call, signature, given, report):
        return None
    arguments: dict[str, Any] = {}
    for parameter in signature.parameters:
        if parameter.name in given:
            arguments[parameter.name] = _read(signature, parameter, given[parameter.name], context)
        else:
            arguments[parameter.name] = parameter.default
    if any(value is FAILED for value in arguments.values()):
        return None
    return CallSpec(signature.name, arguments, call.span)


def _hint(kind: str, name: str) -> str:
    """A further word on a name that exists as something else."""
    others = [KIND_WORDS[other] for other, table in SIGNATURES.items() if other != kind and name in table]
    return f"`{name}` is {article(others[0])}, not {article(KIND_WORDS[kind])}" if others else ""


def _place(
    call: tree.Call, signature: Signature, report: Callable[[Diagnostic], None]
) -> dict[str, tree.Expression] | None:
    """Arguments by parameter name; None when they cannot be placed."""
    names = [parameter.name for parameter in signature.parameters]
    positional = [parameter.name for parameter in signature.parameters if not parameter.keyword_only]
    fine = True

    def fault(node: tree.Node, text: str, near: str | None = None) -> None:
        nonlocal fine
        fine = False
        report(BadArguments(node.span, signature.name, text, signature.usage, near))

    given = dict(zip(positional, call.arguments, strict=False))
    if len(call.arguments) > len(positional):
        surplus = call.arguments[len(positional)]
        if len(names) > len(positional):
            fault(surplus, "takes these arguments by name only")
        else:
            fault(surplus, f"takes {_count(len(names))}, not {len(call.arguments)}")
    for key, value in call.keywords:
        if key.name not in names:
            fault(key, f"has no argument named `{key.name}`", nearest(key.name, names))
        elif key.name in given:
            fault(key, f"is given `{key.name}` twice")
        else:
            given[key.name] = value
    return given if fine else None


def _count(number: int) -> str:
    return "no arguments" if number == 0 else f"{number} argument{'s' * (number != 1)}"


def _complete(
    call: tree.Node, signature: Signature, given: dict[str, tree.Expression], report: Callable[[Diagnostic], None]
) -> bool:
    """Whether all required arguments are there."""
    missing = [f"`{p.name}`" for p in signature.parameters if p.required and p.name not in given]
    chosen = [name for name in signature.one_of if name in given]
    either = " or ".join(f"`{name}`" for name in signature.one_of)
    faults = []
    if missing:
        faults.append(f"needs {' and '.join(missing)}")
    if signature.one_of and not chosen:
        faults.append(f"needs {either}")
    if len(chosen) > 1:
        faults.append(f"takes {either}, not both")
    for fault in faults:
        report(BadArguments(call.span, signature.name, fault, signature.usage))
    return not faults


def _read(signature: Signature, parameter: Parameter, expression: tree.Expression, context: Context) -> Any | Failure:
    """The value of one argument."""
    try:
        return parameter.type.read(expression, context)
    except UnfitError as unfit:
        context.report(
            BadArgument(expression.span, signature.name, parameter.name, parameter.type.words, str(unfit)),
        )
        return FAILED
