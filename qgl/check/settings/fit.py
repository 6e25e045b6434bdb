"""What objectives, settings and reports are checked against, and whether they go with data, registers and inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qgl.check.calls.callables import SIGNATURES
from qgl.check.calls.kernels import kernel_faults
from qgl.check.calls.signatures import bind
from qgl.check.declarations.categories import disagreement
from qgl.diagnostics.categories import CategoriesDiffer
from qgl.diagnostics.data import ConditionWidth, DataWidth
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.training import BadArguments, ConditionalModel, TooWideForExact
from qgl.program.program import CallSpec, DataSet, Variable
from qgl.source import Span
from qgl.syntax import tree

EXACT_WIDTH = 24  # visible bits up to which all probabilities are held


@dataclass(frozen=True)
class Scope:
    """What the checker tells of a program.

    evaluate      see `qgl.check.calls.signatures.bind`
    data          the data sets that could be loaded, by name, and where each was declared
    visible       the number of visible qubits; None when registers are faulty, which silences comparisons with it
    conditions    the number of condition inputs (elements); None when these are faulty
    variables     the categorical variables among the visible qubits
    """

    evaluate: Callable[[tree.Expression], Any]
    report: Callable[[Diagnostic], None]
    data: Mapping[str, DataSet]
    data_spans: Mapping[str, Span]
    visible: int | None
    visible_span: Span | None
    conditions: int | None = 0
    variables: tuple[Variable, ...] = ()

    def bind(self, call: tree.Expression, kind: str) -> CallSpec | None:
        return bind(call, kind, self.evaluate, self.report)


def fits(call: CallSpec, scope: Scope) -> bool:
    """Whether the data set of an objective or report goes with the registers and inputs of the program."""
    given = (str(call.arguments.get(argument)) for argument in ("data", "seen", "valid"))
    found = [_goes_with(call, scope.data[name], scope) for name in given if name in scope.data]
    return all(found)


def _goes_with(call: CallSpec, data: DataSet, scope: Scope) -> bool:
    faults: list[Diagnostic] = []
    declared = scope.data_spans.get(data.name)
    if scope.visible is not None and data.width != scope.visible:
        faults.append(DataWidth(call.span, data.name, data.width, scope.visible, declared, scope.visible_span))
    apart = None if scope.visible is None else disagreement(data, scope.variables, scope.visible)
    if apart is not None:
        faults.append(CategoriesDiffer(call.span, data.name, apart[0], declared, apart[1].span))
    columns = 0 if data.conditions is None else int(data.conditions.shape[1])
    if scope.conditions is not None and columns != scope.conditions:
        faults.append(ConditionWidth(call.span, data.name, columns, scope.conditions, declared))
    elif columns and call.name != "nll":
        faults.append(ConditionalModel(call.span, call.name))
    for fault in faults:
        scope.report(fault)
    return not faults


def narrow_enough(call: CallSpec, width: int | None, way_out: str, scope: Scope) -> bool:
    """Whether a quantity that is made of the probabilities of all strings of `width` bits can be had."""
    if width is None or width <= EXACT_WIDTH:
        return True
    scope.report(TooWideForExact(call.span, f"`{call.name}`", width, EXACT_WIDTH, way_out))
    return False


def words_agree(call: CallSpec, kind: str, scope: Scope) -> bool:
    """Whether the words of an `mmd` are given in one way."""
    words, samples, weight, reach = (call.arguments[name] for name in ("words", "samples", "weight", "reach"))
    fault = ""
    if weight is None and reach is not None:
        fault = "has a `reach` but no `weight`: the two give a set of words"
    elif weight is not None and (words is not None or samples is not None):
        fault = "has `weight`, which is for a fixed set of words, beside `words` or `samples`, which are for drawn ones"
    if fault:
        scope.report(BadArguments(call.span, "mmd", fault, SIGNATURES[kind]["mmd"].usage))
    unfit = kernel_faults(call)
    for each in unfit:
        scope.report(each)
    return not fault and not unfit
