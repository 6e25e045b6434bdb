"""Whether the labels of data sets are the categories of the model's first `condition` input."""

from __future__ import annotations

from collections.abc import Callable

from qgl.diagnostics.categories import LabelsDiffer
from qgl.diagnostics.model import Diagnostic
from qgl.program.calls.objectives import ObjectiveCall
from qgl.program.calls.reports import ReportCall
from qgl.program.program import Program


def labels_fit(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether all data that the program learns and is measured by have the labels that its category has."""
    learnt = program.labels
    calls: list[ObjectiveCall | ReportCall] = [
        *(term.call for term in program.objective),
        *program.reports,
        *program.train.watch,
    ]
    given = next((each for each in program.parameters if each.kind == "condition"), None)
    for call in calls:
        for data in (program.data[name] for name in call.data_sets):
            fault = ""
            if data.conditions is None and data.labels is None:
                continue
            if (data.labels and data.labels.names) != (learnt and learnt.names):
                ours, theirs = (each.wording if each is not None else "no labels" for each in (data.labels, learnt))
                fault = f"it has {ours}, and what the model learns {theirs}"
            elif learnt is not None and given is not None and given.categories not in (None, len(learnt.names)):
                fault = f"it has {len(learnt.names)}, {learnt.listed}, and `{given.name}` {given.categories} categories"
            if fault:
                report(LabelsDiffer(call.span, data.name, fault, None if given is None else given.span))
                return False
    return True
