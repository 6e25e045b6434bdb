"""Reading `watch ...` and `stop early(...)`: reports that are measured while a model trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qgl.check.calls.watch_table import BETTER
from qgl.check.settings.fit import Scope
from qgl.check.settings.reporting import completed, read_reports
from qgl.diagnostics.training import RepeatedSetting
from qgl.diagnostics.watching import NoBetter, NothingWatched, OneEarlyStop
from qgl.program.program import CallSpec, Term, TrainSettings
from qgl.syntax import tree


def read_watch(setting: tree.Setting, terms: tuple[Term, ...], scope: Scope) -> Mapping[str, Any]:
    """The settings `watch` and `every` that a line `watch nll(unseen), every(10);` gives."""
    reports: list[tree.Expression] = []
    every: list[tree.Expression] = []
    for value in setting.values:
        name = value.function if isinstance(value, tree.Call) else value
        (every if isinstance(name, tree.Name) and name.name == "every" else reports).append(value)
    found: dict[str, Any] = {"watch": read_reports(tuple(reports), terms, scope, not terms)}
    if len(every) > 1:
        scope.report(RepeatedSetting(every[1].span, "every", every[0].span))
    elif every:
        call = scope.bind(every[0], "watch")
        if call is not None:
            found["every"] = call.arguments["steps"]
    return found


def early_of(settings: TrainSettings) -> CallSpec | None:
    """The rule `early(...)` of a run, if it has one."""
    return next((call for call in settings.stop if call.name == "early"), None)


def complete_early(settings: TrainSettings, terms: tuple[Term, ...], scope: Scope) -> TrainSettings:
    """The settings with the report of `early` as `read_reports` would have it; faults are reported."""
    rules: list[CallSpec] = []
    for call in settings.stop:
        if call.name != "early":
            rules.append(call)
            continue
        if any(rule.name == "early" for rule in rules):
            scope.report(OneEarlyStop(call.span))
            continue
        report: CallSpec = call.arguments["report"]
        if report.name not in BETTER:
            scope.report(NoBetter(report.span, report.name, tuple(BETTER)))
            continue
        for each in completed(report, terms, scope, not terms)[:1]:
            rules.append(replace(call, arguments={**call.arguments, "report": each}))
    return replace(settings, stop=tuple(rules))


def watch_faults(settings: TrainSettings, setting: tree.Setting | None, scope: Scope) -> None:
    """Reports a `watch` that names nothing to measure, where no stopping rule does."""
    alone = setting is not None and all(value.span.text.startswith("every") for value in setting.values)
    if setting is not None and alone and early_of(settings) is None:
        scope.report(NothingWatched(setting.span))


def watched(settings: TrainSettings) -> tuple[CallSpec, ...]:
    """All reports that are measured while training, that of `early` first, each once."""
    early = early_of(settings)
    found: list[CallSpec] = []
    for call in (*([early.arguments["report"]] if early else []), *settings.watch):
        if not any(_same(call, other) for other in found):
            found.append(call)
    return tuple(found)


def _same(a: object, b: object) -> bool:
    """Whether two arguments say the same, wherever they are written."""
    if isinstance(a, CallSpec) and isinstance(b, CallSpec):
        names = a.arguments.keys()
        return a.name == b.name and all(_same(a.arguments[name], b.arguments.get(name)) for name in names)
    return a == b
