"""What the planner makes of everything that a program asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qgl.compiler import circuit_of
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.strategies import NoGradient
from qgl.drawn import Drawing
from qgl.kernels.devices.memory import candidates_together, device_limit
from qgl.mixture import together
from qgl.model import Model
from qgl.parameters import Parameters
from qgl.plan.memory import for_arrays, process_bytes
from qgl.plan.model import Row, describe
from qgl.plan.planner import Weighed
from qgl.program.calls.gradients import Sweep
from qgl.program.calls.strategies import CMA, LayerwiseSearch
from qgl.program.program import Program, TrainSettings
from qgl.query import restricted
from qgl.readings import BasesShare, Readings
from qgl.report.planned_queries import OBJECTIVE, PlannedQueries, objective_of, planned_queries

CMA_MATRICES = (
    10  # of covariances and axes, each seed's: before and after a step, and in the library's copies; measured
)


@dataclass(frozen=True)
class Answer:
    """Some queries, what the planner makes of them, and how many circuits answer them at the same time.

    elements: of the mixture that answers them, each of which is asked
    """

    planned: PlannedQueries
    weighed: Weighed
    circuits: int
    elements: int = 1

    @property
    def memory(self) -> list[int]:
        """Bytes of arrays that each query takes which has a method."""
        return [self.circuits * row.candidates[0].cost.memory for row in self.weighed.rows if row.chosen]

    @property
    def compiling(self) -> list[int]:
        """Bytes that compiling each of these takes beyond what any takes."""
        return [row.candidates[0].cost.compiling for row in self.weighed.rows if row.chosen]

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
    parameters = Parameters(program.parameters)
    drawing = Drawing.of(program, parameters)
    circuit, settings = circuit_of(program), program.train
    readings = Readings(
        circuit,
        program.outputs,
        settings.precision,
        limit,
        told,
        drawing,
        settings.approximate,
        Model(program).differentiates_strings,
    )
    elements = len(parameters.weights)
    return [answer for planned in planned_queries(program) for answer in _answers(planned, readings, elements)]


def weigh_objective(model: Model) -> list[Answer]:
    """The planner's view of what training asks at each step."""
    elements = len(model.parameters.weights)
    return [answer for planned in objective_of(model) for answer in _answers(planned, model.readings, elements)]


def _answers(planned: PlannedQueries, readings: Readings, elements: int) -> Iterator[Answer]:
    """What is asked, in the words of what is put for it to the circuit, a mixture of so many elements."""
    for share in readings.shares(planned.queries):
        names, rows = share.purposes(planned.names), share.asked.count if isinstance(share, BasesShare) else 1
        mixed = elements // readings.rows if share.of_rows else elements
        circuits = together(planned.times, rows, mixed)
        yield Answer(PlannedQueries(planned.kind, names, planned.times * rows), share.weigh(), circuits, mixed)


def loss_memory(answers: Sequence[Answer]) -> int:
    """Bytes of arrays that one loss takes."""
    return sum(memory for answer in answers if answer.planned.kind == OBJECTIVE for memory in answer.memory)


def losses_together(answers: Sequence[Answer], settings: TrainSettings) -> int:
    """How many losses, or gradients, training asks for at the same time: those of all seeds, or of many candidates."""
    match settings.strategy:
        case CMA():  # of all seeds in one row
            return candidates_together(loss_memory(answers), 1)
        case LayerwiseSearch(draws=draws):
            return settings.seeds * min(draws, candidates_together(loss_memory(answers), settings.seeds))
        case _:
            return settings.seeds


def training_seconds(answers: Sequence[Answer], settings: TrainSettings) -> float:
    """The predicted time of all steps of all seeds, compilation not counted."""
    objective = (answer for answer in answers if answer.planned.kind == OBJECTIVE)
    chosen = (
        (answer.planned.times * answer.elements, row)
        for answer in objective
        for row in answer.weighed.rows
        if row.chosen
    )
    once = sum(times * row.candidates[0].cost.seconds for times, row in chosen)
    return once * settings.steps * settings.seeds


def process(answers: Sequence[Answer], program: Program, settings: TrainSettings) -> int:
    """Bytes of a process that trains `program` and answers all of it, one question after the other."""
    losses, most, compiling = losses_together(answers, settings), 0, 0
    for answer in answers:
        copies = losses if answer.planned.kind == OBJECTIVE else 1
        most = max([most, *(memory * copies for memory in answer.memory)])
        compiling = max([compiling, *answer.compiling])
    return process_bytes(most + compiling + _kept(program, settings))


def _kept(program: Program, settings: TrainSettings) -> int:
    """Bytes that a strategy keeps from step to step, where they are many."""
    if not isinstance(settings.strategy, CMA):
        return 0
    size = sum(parameter.size for parameter in program.parameters if parameter.kind == "param")
    return CMA_MATRICES * settings.seeds * size**2 * 8


def refusals(answers: Sequence[Answer], settings: TrainSettings) -> list[Diagnostic]:
    """Why a program is at fault: queries of its objective have no method, or nothing that it asks has one.

    The objective is asked for as `losses_together` says. Reports and samples that cannot be had are only told of.
    """
    planned = [answer for answer in answers if answer.planned.kind == OBJECTIVE]
    losses, seeds = losses_together(planned, settings), settings.seeds
    if not planned and not any(row.chosen for answer in answers for row in answer.weighed.rows):
        planned, losses, seeds = list(answers), 1, 1
    found = (refusal for each in planned for refusal in each.weighed.refusals(losses * each.circuits, seeds))
    return list(dict.fromkeys((*found, *without_gradient(answers, settings))))


def without_gradient(answers: Sequence[Answer], settings: TrainSettings) -> list[Diagnostic]:
    """What the objective asks of truncated sweeps, where it is trained along the gradient."""
    if not isinstance(settings.approximate, Sweep) or not settings.by_gradient:
        return []
    span, objective = settings.approximate.span, (each for each in answers if each.planned.kind == OBJECTIVE)
    rows = (row for each in objective for row in each.weighed.rows if row.chosen == Sweep.method)
    return [NoGradient(span, describe(row.query)) for row in rows]
