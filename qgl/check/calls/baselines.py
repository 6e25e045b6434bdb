"""Whether the baselines that a program declares can be fitted to its data."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qgl.check.declarations.categories import Columns
from qgl.diagnostics.baselines import BaselineNeedsData, RepeatedBaseline, TooManyContexts, UnevenColumns
from qgl.diagnostics.model import Diagnostic
from qgl.program.calls.baselines import BASELINES, HMM, BaselineCall, Markov
from qgl.program.calls.call import Kind
from qgl.program.program import DataSet, Term
from qgl.syntax import tree

MOST_CONTEXTS = 64  # of a Markov chain at one place


def read_baselines(
    items: tuple[tree.Expression, ...],
    terms: tuple[Term, ...],
    data: Mapping[str, DataSet],
    bind: Callable[[tree.Expression, Kind[BaselineCall]], BaselineCall | None],
    report: Callable[[Diagnostic], None],
    faulty: bool = False,
    columns: Columns | None = None,
) -> tuple[BaselineCall, ...]:
    """Checked baselines in order of writing; those with a fault are left out.

    Args:
        items: the calls of all `baseline` declarations.
        terms: those of the objective, on whose first data set baselines are fitted.
        data: the data sets of the program.
        bind: see `qgl.check.settings.training.Scope`.
        report: takes the faults.
        faulty: whether the objective has a fault, so that what it lacks is not to be missed.
        columns: the categorical variables of the program or its data; None: plain bits.
    """
    target = next((data[name] for term in terms for name in term.call.data_sets if name in data), None)
    if target is not None and target.bases is not None:
        target = None  # bits in bases of their own have no distribution that a baseline is of
    calls: dict[str, BaselineCall] = {}
    for item in items:
        call = bind(item, BASELINES)
        if call is None:
            continue
        label = call.label
        if label in calls:
            report(RepeatedBaseline(item.span, label, calls[label].span))
        elif target is None:
            if not faulty:
                report(BaselineNeedsData(item.span, call.name))
        else:
            fault = _unfit(call, target, columns)
            if fault is None:
                calls[label] = call
            else:
                report(fault)
    return tuple(calls.values())


def _unfit(call: BaselineCall, data: DataSet, columns: Columns | None) -> Diagnostic | None:
    """Why a baseline cannot be fitted to the columns of a data set."""
    sizes = [count for count, _ in data.categories or columns or ((2, 1),)]
    order = call.order if isinstance(call, Markov) else 0
    if max(sizes) ** order > MOST_CONTEXTS:
        return TooManyContexts(call.span, order, max(sizes), MOST_CONTEXTS)
    if isinstance(call, Markov | HMM) and call.stationary and len(set(sizes)) > 1:
        return UnevenColumns(call.span, call.name, data.name, min(sizes), max(sizes))
    return None
