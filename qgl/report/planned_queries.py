"""What a program will ask of its circuit: the terms of its objective, its reports, and samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from qgl.check.settings.fit import EXACT_WIDTH
from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import TooLarge
from qgl.evaluate.exact import evaluate
from qgl.evaluate.table.classes import classes, labelled
from qgl.evaluate.table.evaluation import Answerer
from qgl.evaluate.table.titles import title
from qgl.model import Model
from qgl.objectives import Setting
from qgl.program.calls.reports import DenoisingGap, ReportCall
from qgl.program.program import Program, TrainSettings
from qgl.query import LogProb, Numbers, Probabilities, Query, Samples
from qgl.report.report import at_the_end, reports_of
from qgl.source import Span

OBJECTIVE, REPORT, WATCH, SAMPLE = "objective", "report", "watch", "sample"
SHOTS = 1000


@dataclass(frozen=True, slots=True)
class PlannedQueries:
    """Queries that are asked together, and so planned together.

    kind   what for: `OBJECTIVE`, `REPORT`, `WATCH` or `SAMPLE`
    names  for each query the terms or the report that it is for
    times  how often they are asked: once for each value of the condition inputs
    """

    kind: str
    names: dict[Query, str]
    times: int = 1

    @property
    def queries(self) -> tuple[Query, ...]:
        return tuple(self.names)


def planned_queries(program: Program) -> tuple[PlannedQueries, ...]:
    """Everything that training, the reports and sampling ask; nothing is run."""
    model = Model(program)
    planned = [*_objective(model), *_reports(model, reports_of(program)), *_watched(model, program.train)]
    sampled: Query = Numbers() if program.outputs.declared else Samples(SHOTS)
    return (*planned, PlannedQueries(SAMPLE, {sampled: SAMPLE}))


def objective_of(model: Model) -> tuple[PlannedQueries, ...]:
    """What training asks at each step; nothing is run."""
    return tuple(_objective(model))


def refused_reports(model: Model, settings: TrainSettings) -> Iterator[str]:
    """What can be told before a training of reports that will have no value, in the words of `qglc explain`."""
    for planned in (*_watched(model, settings), *_reports(model, at_the_end(model.program))):
        for row in (row for weighed in model.readings.weigh(planned.queries) for row in weighed.rows):
            if not row.chosen:
                from qgl.plan.model import NO_METHOD, describe

                purpose = f"{planned.kind} {', '.join(planned.names.values())}"
                reasons = [f"    not {each.method}: {each.reason}" for each in row.candidates]
                yield "\n".join([f"warning: {purpose}: {describe(row.query)}", f"  {NO_METHOD}", *reasons])


def _objective(model: Model) -> Iterator[PlannedQueries]:
    """Terms with the same conditions are asked together; which of them are planned together, `Readings.shares` says."""
    groups: dict[bytes, dict[Query, list[str]]] = {}
    times: dict[bytes, int] = {}
    for term in model.objectives:
        conditions = term.objective.conditions
        group = b"" if conditions is None else conditions.tobytes()
        times[group] = 1 if conditions is None else len(conditions)
        for query in term.objective.queries:
            groups.setdefault(group, {}).setdefault(query, []).append(term.label)
    for group, named in groups.items():
        yield PlannedQueries(OBJECTIVE, {query: ", ".join(names) for query, names in named.items()}, times[group])


def _watched(model: Model, settings: TrainSettings) -> Iterator[PlannedQueries]:
    """What is asked of each seed while training."""
    for planned in _reports(model, settings.watched):
        often = f", every {settings.every} steps" + (f" of {settings.seeds} seeds" if settings.seeds > 1 else "")
        yield PlannedQueries(WATCH, {query: name + often for query, name in planned.names.items()}, planned.times)


def _reports(model: Model, calls: Sequence[ReportCall]) -> Iterator[PlannedQueries]:
    """What each report asks first, and mostly all: it is told to start, and listened to."""
    setting = Setting.of(model.program)
    for call in (each for each in calls if not isinstance(each, DenoisingGap)):  # which asks nothing, and takes minutes
        heard = _first_of(call, setting, _listen)
        if heard == Probabilities() and not _has_probabilities(model):
            heard = _first_of(call, setting, _refusing(call.span)) or heard
        if heard is not None:
            data = labelled(call, setting)
            yield PlannedQueries(REPORT, {heard: title(call)}, 1 if data is None else len(classes(data, setting)))


def _first_of(call: ReportCall, setting: Setting, answer: Answerer) -> Query | None:
    """What a report asks first of who gives no answers."""
    try:
        evaluate((call,), setting, answer)
    except _HeardError as heard:
        return heard.query
    return None


def _has_probabilities(model: Model) -> bool:
    """Whether some method has all probabilities; else a report that can do with strings asks for these."""
    return all(row.chosen for weighed in model.readings.weigh((Probabilities(),)) for row in weighed.rows)


class _HeardError(Exception):
    def __init__(self, query: Query) -> None:
        self.query = query


def _refusing(span: Span) -> Answerer:
    """As `_listen`, of a model whose probabilities no method has."""

    def answer(query: Query, condition: Any = None, given: Any = None) -> NoReturn:
        if query == Probabilities():
            raise QglError([TooLarge(span, "all probabilities", (), 0, "", "", ())])
        raise _HeardError(query)

    return answer


def _listen(query: Query, condition: Any = None, given: Any = None) -> NoReturn:
    """Takes down what is asked, and does not answer; see `qgl.evaluate.in_chunks` for likelihoods."""
    raise _HeardError(Probabilities() if isinstance(query, LogProb) and query.width <= EXACT_WIDTH else query)
