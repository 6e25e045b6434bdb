"""What the planner makes of everything that a program asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qgl.compiler import circuit_of
from qgl.diagnostics.model import Diagnostic
from qgl.kernels.memory import device_limit
from qgl.model import Model
from qgl.plan.memory import for_arrays, process_bytes
from qgl.plan.model import Row
from qgl.plan.planner import Weighed
from qgl.program.program import Program
from qgl.query import restricted
from qgl.readings import Readings
from qgl.report.planned_queries import OBJECTIVE, PlannedQueries, objective_of, planned_queries


@dataclass(frozen=True)
class Answer:
    """Some queries, and what the planner makes of them."""

    planned: PlannedQueries
    weighed: Weighed

    def purpose(self, row: Row) -> str:
        """`objective nll`."""
        names = [
            name for query, name in self.planned.names.items() if restricted(query, self.weighed.seen) == row.query
        ]
        kind = self.planned.kind
        return kind if names == [kind] else f"{kind} {', '.join(dict.fromkeys(names))}"


def weigh(program: Program, memory_limit: int | None = None, told: Callable[[str], None] | None = None) -> list[Answer]:
    """The planner's view of everything that a program asks.

    memory_limit: bytes of arrays, None: what this machine has. told: hears what is looked at.
    """
    limit = memory_limit or device_limit() or for_arrays()  # read once, so that all figures are held against one limit
    readings = Readings(circuit_of(program), program.train.precision, limit, told)
    return [answer for planned in planned_queries(program) for answer in _answers(planned, readings)]


def weigh_objective(model: Model) -> list[Answer]:
    """The planner's view of what training asks at each step."""
    return [answer for planned in objective_of(model) for answer in _answers(planned, model.readings)]


def _answers(planned: PlannedQueries, readings: Readings) -> Iterator[Answer]:
    """What is asked, in the words of what is put to the circuit for it."""
    for share in readings.shares(planned.queries):
        names = {put: planned.names[query] for query, put in share.asked.items()}
        if share.required is not None:
            names.setdefault(share.required.success, f"{', '.join(names.values())}: success of post-selection")
        yield Answer(PlannedQueries(planned.kind, names, planned.times), share.weigh())


def process(answers: Sequence[Answer], seeds: int) -> int:
    """Bytes of a process that answers all of it, one question after the other; the objective for all seeds at once."""
    most = 0
    for answer in answers:
        copies = seeds if answer.planned.kind == OBJECTIVE else 1
        most = max([most, *(row.candidates[0].cost.memory * copies for row in answer.weighed.rows if row.chosen)])
    return process_bytes(most)


def refusals(answers: Sequence[Answer], seeds: int) -> list[Diagnostic]:
    """Why a program is at fault: queries of its objective have no method, or nothing that it asks has one.

    The objective is asked for all `seeds` at once. Reports and samples that cannot be had are only told of.
    """
    planned = [answer for answer in answers if answer.planned.kind == OBJECTIVE]
    if not planned and not any(row.chosen for answer in answers for row in answer.weighed.rows):
        planned, seeds = list(answers), 1
    return list(dict.fromkeys(refusal for answer in planned for refusal in answer.weighed.refusals(seeds)))
