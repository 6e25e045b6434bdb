"""What a program will ask of its circuit: the terms of its objective, its reports, and samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from qgl.check.program import Program
from qgl.evaluate.exact import title
from qgl.model import Model
from qgl.query import Query, Samples, reads_only_bits
from qgl.train.report import measure, reports_of

OBJECTIVE, REPORT, SAMPLE = "objective", "report", "sample"
SHOTS = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """Queries that are asked together, and so planned together.

    kind   what for: `OBJECTIVE`, `REPORT` or `SAMPLE`
    names  for each query the terms or the report that it is for
    times  how often they are asked: once for each value of the condition inputs
    """

    kind: str
    names: dict[Query, str]
    times: int = 1

    @property
    def queries(self) -> tuple[Query, ...]:
        return tuple(self.names)


def asked_of(program: Program) -> tuple[Asked, ...]:
    """Everything that training, the reports and sampling ask; nothing is run."""
    model = _Listener(program)
    found = [*_objective(model), *_reports(model)]
    return (*found, Asked(SAMPLE, {Samples(SHOTS): SAMPLE}))


def _objective(model: Model) -> Iterator[Asked]:
    """Terms with the same conditions are asked together, what reads bits only by itself."""
    shares: dict[tuple[bytes, bool], dict[Query, list[str]]] = {}
    times: dict[bytes, int] = {}
    for term in model.objectives:
        conditions = term.objective.conditions
        group = b"" if conditions is None else conditions.tobytes()
        times[group] = 1 if conditions is None else len(conditions)
        for query in term.objective.queries:
            share = shares.setdefault((group, reads_only_bits(query)), {})
            share.setdefault(query, []).append(term.label)
    for (group, _), share in shares.items():
        yield Asked(OBJECTIVE, {query: ", ".join(names) for query, names in share.items()}, times[group])


def _reports(model: Model) -> Iterator[Asked]:
    """What each report asks first, and mostly all: it is told to start, and listened to."""
    for call in reports_of(model.program):
        try:
            measure(model, {}, (call,))
        except _HeardError as heard:
            yield Asked(REPORT, dict.fromkeys(heard.queries, title(call)))


class _HeardError(Exception):
    def __init__(self, queries: Iterable[Query]) -> None:
        self.queries = tuple(queries)


class _Listener(Model):
    """A model that takes down what it is asked, and does not answer."""

    def answers(self, params: Any, queries: Iterable[Query], *_: Any, **__: Any) -> NoReturn:
        raise _HeardError(queries)

    def plan(self, *queries: Query) -> NoReturn:
        raise _HeardError(queries)
