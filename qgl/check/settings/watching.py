"""Reading `watch ...` and `stop early(...)`: reports that are measured while a model trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qgl.check.settings.fit import Scope
from qgl.check.settings.reporting import completed, read_reports
from qgl.diagnostics.training import BadArguments, RepeatedSetting
from qgl.diagnostics.watching import NoBetter, NothingWatched, OneEarlyStop
from qgl.program.calls.call import usage
from qgl.program.calls.reports import BETTER, DenoisingGap
from qgl.program.calls.stops import WATCH, Early, StopCall
from qgl.program.program import Term, TrainSettings
from qgl.syntax import tree


def read_watch(setting: tree.Setting, terms: tuple[Term, ...], scope: Scope) -> Mapping[str, Any]:
    """The settings `watch` and `every` that a line `watch nll(unseen), every(10);` gives."""
    reports: list[tree.Expression] = []
    every: list[tree.Expression] = []
    for value in setting.values:
        name = value.function if isinstance(value, tree.Call) else value
        (every if isinstance(name, tree.Name) and name.name == "every" else reports).append(value)
    settings: dict[str, Any] = {"watch": read_reports(tuple(reports), terms, scope, not terms)}
    for gap in (each for each in settings["watch"] if isinstance(each, DenoisingGap)):
        scope.report(BadArguments(gap.span, gap.name, "is of data, which training does not change", usage(type(gap))))
    if len(every) > 1:
        scope.report(RepeatedSetting(every[1].span, "every", every[0].span))
    elif every:
        call = scope.bind(every[0], WATCH)
        if call is not None:
            settings["every"] = call.steps
    return settings


def complete_early(settings: TrainSettings, terms: tuple[Term, ...], scope: Scope) -> TrainSettings:
    """The settings with the report of `early` as `read_reports` would have it; faults are reported."""
    rules: list[StopCall] = []
    for call in settings.stop:
        if not isinstance(call, Early):
            rules.append(call)
            continue
        if any(isinstance(rule, Early) for rule in rules):
            scope.report(OneEarlyStop(call.span))
            continue
        report = call.report
        if type(report) not in BETTER:
            scope.report(NoBetter(report.span, report.name, tuple(each.called for each in BETTER)))
            continue
        for each in completed(report, terms, scope, not terms)[:1]:
            rules.append(replace(call, report=each))
    return replace(settings, stop=tuple(rules))


def watch_faults(settings: TrainSettings, setting: tree.Setting | None, scope: Scope) -> None:
    """Reports a `watch` that names nothing to measure, where no stopping rule does."""
    alone = setting is not None and all(value.span.text.startswith("every") for value in setting.values)
    if setting is not None and alone and settings.early is None:
        scope.report(NothingWatched(setting.span))
