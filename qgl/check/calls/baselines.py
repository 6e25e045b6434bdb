"""Baselines: classical models that are fitted to the rows of the objective and stand beside the circuit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qgl.check.calls.arguments import Flag, Integer, Interval, Number
from qgl.check.calls.signature_types import NOT_NEGATIVE, Signature, optional, written
from qgl.diagnostics.baselines import BaselineNeedsData, RepeatedBaseline, TooManyContexts, UnevenColumns
from qgl.diagnostics.model import Diagnostic
from qgl.program.program import CallSpec, DataSet, Term
from qgl.syntax import tree

MOST_CONTEXTS = 64  # of a Markov chain at one place

_STATIONARY = optional("stationary", Flag(), False, "whether all columns share their tables; else each has its own")

BASELINES = (
    Signature("baseline", "independent", "Independent columns with the frequencies of the data.", ()),
    Signature(
        "baseline",
        "markov",
        "A Markov chain over the columns in their order, by counting.",
        (
            optional("order", Integer(0, 12), 1, "how many columns before a column its distribution depends on"),
            optional(
                "smoothing", NOT_NEGATIVE, 0.5, "added to each count of samples; a distribution is taken as it is"
            ),
            _STATIONARY,
        ),
    ),
    Signature(
        "baseline",
        "hmm",
        "A hidden Markov model over the columns in their order, by expectation maximisation.",
        (
            optional("states", Integer(1, 64), 4, "states of the memory"),
            optional("restarts", Integer(1, 100), 4, "random starts, the best of which is kept"),
            optional("steps", Integer(1, 100_000), 200, "steps of each start at most"),
            _STATIONARY,
        ),
    ),
    Signature(
        "baseline",
        "rbm",
        "A restricted Boltzmann machine on the bits, by persistent contrastive divergence.",
        (
            optional("units", Integer(1, 1024), 8, "hidden units"),
            optional("rate", Number(Interval(0.0, 1.0, open_low=True)), 0.5, "step size at the start; it falls to 0"),
            optional("steps", Integer(1, 1_000_000), 3000, "steps, each on a batch of 100 rows"),
        ),
    ),
)
_DEFAULTS = {row.name: {each.name: each.default for each in row.parameters} for row in BASELINES}
_SIZES = ("order", "states", "units")  # what a table of results always says of a baseline


def label(call: CallSpec) -> str:
    """`hmm(states = 4)`: a baseline as a program would write it, with its size, and what is not at its default."""
    defaults = _DEFAULTS[call.name]
    given = [
        f"{name} = {written(value)}"
        for name, value in call.arguments.items()
        if name in _SIZES or defaults[name] != value
    ]
    return f"{call.name}({', '.join(given)})" if given else call.name


def read_baselines(
    items: tuple[tree.Expression, ...],
    terms: tuple[Term, ...],
    data: Mapping[str, DataSet],
    bind: Callable[[tree.Expression, str], CallSpec | None],
    report: Callable[[Diagnostic], None],
    faulty: bool = False,
) -> tuple[CallSpec, ...]:
    """Checked baselines in order of writing; those with a fault are left out.

    Args:
        items: the calls of all `baseline` declarations.
        terms: those of the objective, on whose first data set baselines are fitted.
        data: the data sets of the program.
        bind: see `qgl.check.settings.training.Scope`.
        report: takes the faults.
        faulty: whether the objective has a fault, so that what it lacks is not to be missed.
    """
    target = next(
        (data[term.call.arguments["data"]] for term in terms if term.call.arguments.get("data") in data), None
    )
    found: dict[str, CallSpec] = {}
    for item in items:
        call = bind(item, "baseline")
        if call is None:
            continue
        name = label(call)
        if name in found:
            report(RepeatedBaseline(item.span, name, found[name].span))
        elif target is None:
            if not faulty:
                report(BaselineNeedsData(item.span, call.name))
        else:
            fault = _unfit(call, target)
            if fault is None:
                found[name] = call
            else:
                report(fault)
    return tuple(found.values())


def _unfit(call: CallSpec, data: DataSet) -> Diagnostic | None:
    """Why a baseline cannot be fitted to the columns of a data set."""
    sizes = [count for count, _ in data.categories or ((2, 1),)]
    order = call.arguments.get("order", 0)
    if max(sizes) ** order > MOST_CONTEXTS:
        return TooManyContexts(call.span, order, max(sizes), MOST_CONTEXTS)
    if call.arguments.get("stationary") and len(set(sizes)) > 1:
        return UnevenColumns(call.span, call.name, data.name, min(sizes), max(sizes))
    return None
