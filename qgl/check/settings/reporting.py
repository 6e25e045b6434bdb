"""Checked reports, of a program and of what its training watches."""

from __future__ import annotations

from dataclasses import replace

from qgl.check.calls.kernels import of_integers
from qgl.check.settings.fit import Scope, fits, narrow_enough, words_agree
from qgl.diagnostics.training import ConditionalModel, OverlappingRegions, ReportNeedsData
from qgl.program.program import CallSpec, Term
from qgl.syntax import tree

WITHOUT_DATA = ("correlation_length",)  # reports that can do without the data set that they take


def read_reports(
    items: tuple[tree.Expression, ...], terms: tuple[Term, ...], scope: Scope, faulty: bool = False
) -> tuple[CallSpec, ...]:
    """Checked reports in order of writing; `faulty`: the objective has a fault, and what it lacks is not to be missed.

    A report of a data set that names none stands for one report for each data set of the objective `terms`; an `mmd`
    without a kernel takes that of the objective's first `mmd`, and its words; a `markov_gap` takes the radius of its
    `markov_nll`.
    """
    calls = (scope.bind(item, "report") for item in items)
    return tuple(report for call in calls if call is not None for report in completed(call, terms, scope, faulty))


def completed(call: CallSpec, terms: tuple[Term, ...], scope: Scope, faulty: bool) -> tuple[CallSpec, ...]:
    """The reports that one call stands for, with what it takes from the objective; none after a fault."""
    used = tuple(dict.fromkeys(term.call.arguments["data"] for term in terms))
    mmds = [term.call for term in terms if term.call.name == "mmd"]
    radii = [term.call.arguments["radius"] for term in terms if term.call.name == "markov_nll"]
    arguments, missing = call.arguments, ""
    if call.name == "mmd" and arguments["kernel"] is None:
        given = {name: value for name, value in arguments.items() if value is not None}
        arguments = {**mmds[0].arguments, "data": None, **given} if mmds else arguments
        missing = "" if mmds else "kernel"
    if call.name == "markov_gap" and arguments["radius"] is None:
        arguments = {"radius": radii[0] if radii else None}
        missing = "" if radii else "radius"
    open_ = "data" in arguments and arguments["data"] is None and (used or call.name not in WITHOUT_DATA)
    if open_ and not used and not missing:
        missing = "data set"
    if missing:
        if not faulty:
            scope.report(ReportNeedsData(call.span, call.name, missing))
        return ()
    filled = [{**arguments, "data": name} for name in used] if open_ else [arguments]
    reports = (replace(call, arguments=each) for each in filled)
    return tuple(report for report in reports if _report_fits(report, scope))


def _report_fits(call: CallSpec, scope: Scope) -> bool:
    if scope.conditions and call.arguments.get("data") is None:
        scope.report(ConditionalModel(call.span, call.name))
        return False
    regions = [position for key in ("a", "b", "c", "region") for position in call.arguments.get(key) or ()]
    repeated = {position for position in regions if regions.count(position) > 1}
    if repeated:
        scope.report(OverlappingRegions(call.span, min(repeated), call.name))
    if repeated or not fits(call, scope):
        return False
    if call.name == "mmd":
        way_out = "leave it out, or take a kernel of bits"
        exact = of_integers(call.arguments["kernel"])
        return words_agree(call, "report", scope) and (not exact or narrow_enough(call, scope.visible, way_out, scope))
    if call.name == "purity" or (call.name == "entropy" and not regions):
        return narrow_enough(call, scope.visible, "leave it out, or take `entropy` of a region", scope)
    return narrow_enough(call, len(regions), "take smaller regions", scope)
