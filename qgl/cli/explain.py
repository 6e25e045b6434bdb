"""`qglc explain`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qgl.cli.cone import draw_cone, region_of
from qgl.cli.options import FileArgument, Format, FormatOption, SetOption, constants, open_file, warn
from qgl.cli.waiting import Waiting

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from qgl.plan.model import Candidate, Row
    from qgl.program.program import Program
    from qgl.report.weighing import Answer

TOLD = 10**9  # bytes of a process from which on they are told
LONG = 1000  # operations from which on it is told which are looked at one by one
TOLD_SECONDS = 5.0  # of compiling, from which on it is told


def explain(
    file: FileArgument,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE", help="Draw the light cone of a region: .png, .svg or .pdf."),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            "--region",
            metavar="I,J,...",
            help="Visible qubits whose cone is drawn, by position from 0; the middle two by default.",
        ),
    ] = None,
    pauli_word: Annotated[
        str | None,
        typer.Option("--pauli-word", metavar="PAULI", help="A Pauli word whose cone is drawn, such as Z3*Z4."),
    ] = None,
    settings: SetOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Say how a program will be simulated, and why.

    For what the objective and the reports ask, and for sampling: the method, how many qubits it holds at once, its own
    figures, and rough time and memory of one value and gradient; then the other methods and why they are not taken.
    Nothing is run, but for the probability of outcomes that are required, where that is quick.

    \b
    Examples:
      qglc explain bars.qgl
      qglc explain chain.qgl --set n=10000
      qglc explain chain.qgl --picture cone.png --region 11,12
      qglc explain noise.qgl --format json
    """
    from qgl.compiler import analyse
    from qgl.diagnostics.model import QglError
    from qgl.diagnostics.terminal import console, json_text
    from qgl.report.weighing import refusals, weigh

    source, environment = open_file(file)
    positions = region_of(picture, region, pauli_word)
    analysed = analyse(source, environment, constants(settings))
    warn(analysed.warnings)
    program = analysed.program
    if picture is not None:
        draw_cone(program, picture, positions)
    with Waiting("planning") as waiting:
        answers = weigh(program, told=waiting.at)
        of_stages = [(stage, weigh(stage, told=waiting.at)) for stage in program.stages]
    if output is Format.JSON:
        stages = [{"stage": str(stage.stage), **to_json(stage, each)} for stage, each in of_stages]
        typer.echo(json_text({**to_json(program, answers), "stages": stages}))
    else:
        shown = console(highlight=False)
        show(shown, program, answers)
        for stage, each in of_stages:
            show_stage(shown, stage, each)
    asked = of_stages or [(program, answers)]
    faults = [fault for one, each in asked if not one.train.from_shots for fault in refusals(each, one.train)]
    if faults:
        raise QglError(dict.fromkeys(faults))


def wires_by_kind(program: Program) -> dict[str, int]:
    """Numbers of visible, hidden and fresh wires of a program as it is written."""
    kinds = [wire.kind for wire in program.wires]
    return {kind: kinds.count(kind) for kind in ("visible", "hidden", "fresh")}


def to_json(program: Program, answers: Sequence[Answer]) -> dict[str, Any]:
    """All figures as plain data."""
    from qgl.check.calls.strategies import cost_text
    from qgl.program.rolled import counts
    from qgl.report.weighing import process

    return {
        "wires": wires_by_kind(program),
        "operations": len(program.operations),
        "inputs": _inputs(program),
        "rolled": dict(zip(("blocks", "operations"), counts(program.operations), strict=True))
        | {"planned": _planned_as_loops(program)},
        "conserved": _conserved(program),
        "ensemble": ensemble_lines(program),
        "precision": program.train.precision,
        "approximate": _approximate(program),
        "strategy": {"name": program.train.strategy_name, "cost": list(cost_text(program))},
        "process_bytes": process(answers, program, program.train),
        "memory_limit_bytes": answers[0].weighed.limit if answers else None,
        "queries": [
            {
                "for": answer.purpose(row),
                "times": answer.planned.times,
                "elements": answer.elements,
                "visible": len(answer.weighed.seen),
                **row.to_json(),
            }
            for answer in answers
            for row in answer.weighed.rows
        ],
    }


def _rolled(program: Program) -> list[str]:
    """How much of the program is loops that are kept as such, and how much of a long one is not, in words."""
    from qgl.program.rolled import counts, first_alone

    blocks, inside = counts(program.operations)
    count = len(program.operations)
    lines = [f"rolled up: {inside:,} operations in {blocks:,} block{'s' * (blocks != 1)}"] if blocks else []
    alone = first_alone(program.operations)
    if alone is not None and count - inside >= LONG:
        lines.append(
            f"read one by one: {count - inside:,} operations, from `{alone.name}` in line {alone.span.line} on"
        )
    if not _planned_as_loops(program):
        lines.append(f"planned one by one: {count:,} operations, as some are not rolled up, or neither gates nor noise")
    return lines


def _planned_as_loops(program: Program) -> bool:
    """Whether passes and methods look at loops as such, or there are few operations."""
    from qgl.compiler import circuit_of

    return len(program.operations) < LONG or circuit_of(program).lanes is not None


def _conserved(program: Program) -> list[str]:
    """What the program conserves, what it reaches, and whether what is emitted is something else, in words."""
    from qgl.passes.charges.description import description_of
    from qgl.passes.charges.unreachable import reach_of
    from qgl.passes.trotter import is_sliced
    from qgl.program.rolled import patterns

    lines = description_of(reach_of(program), program.wires)
    count = sum(map(is_sliced, patterns(program.operations)))
    if count:
        noun = "1 evolution is" if count == 1 else f"{count:,} evolutions are"
        lines.append(f"emitted: {noun} cut into slices; `report trotter_error` says what that changes")
    return lines


def ensemble_lines(program: Program) -> list[str]:
    """What a state that is an input costs on hardware, and how many runs post-selection keeps, in words."""
    from qgl.report.ensemble_costs import preparations, success_at_start

    lines = [
        f"inputs that are states of {qubits} qubit{'s' * (qubits > 1)} are prepared on hardware in {depth:,} layers "
        f"with {gates:,} gates on two qubits"
        for qubits, (gates, depth) in preparations(program).items()
    ]
    outcomes, chance = success_at_start(program)
    if outcomes:
        noun = "1 required outcome" if outcomes == 1 else f"{outcomes} required outcomes"
        known = "is not estimated" if chance is None else f"is {chance:.3g} at initial parameters"
        lines.append(f"post-selection: the probability of {noun} {known}; other runs are thrown away")
    return [*lines, *_drawn(program)]


def _approximate(program: Program) -> list[str]:
    """What answers may be approximated by, in words."""
    from qgl.program.calls.gradients import STRINGS, Sweep

    allowed = program.train.approximate
    if allowed is None:
        return []
    if isinstance(allowed, Sweep):
        bounded = (
            "" if allowed.tolerance is None else f", and a bound of the distance, which may be {allowed.tolerance:g}"
        )
        return [
            f"approximate: `sweep` keeps a bond of {allowed.bond:,} where {STRINGS:,} exact strings would take more "
            f"than {allowed.exact_within:g} s; each of its answers is told with an estimate of the error{bounded}"
        ]
    kept = [
        f"of at most {allowed.weight} letters" if allowed.weight is not None else "",
        f"with coefficients of at least {allowed.smallest:g}" if allowed.smallest else "",
        f"the {allowed.terms:,} largest" if allowed.terms is not None else "",
    ]
    within = "" if allowed.tolerance is None else f", which may be {allowed.tolerance:g}"
    kept_for = "" if allowed.refresh is None else f"; in training the same words for {allowed.refresh} steps"
    wording = ", ".join(filter(None, kept)) or "all of them: the answers are exact"
    return [
        f"approximate: `propagation` keeps Pauli words {wording}, where exact answers would take more than "
        f"{allowed.exact_within:g} s; each of its answers is told with an estimate of the error{within}{kept_for}"
    ]


def _drawn(program: Program) -> list[str]:
    """Which kept outcomes are drawn, and how many elements the ensemble has then, in words."""
    from qgl.ir.cut import cut_of
    from qgl.parameters import Parameters

    cut = cut_of(program)
    if cut is None:
        return []
    draws, kept = len(Parameters(program.parameters).weights), cut.drawn + cut.labels
    return [
        f"kept outcomes: {cut.drawn} of {kept} are drawn, {cut.labels} summed over: an ensemble of "
        f"{draws:,} x {2**cut.labels:,} elements"
    ]


def _inputs(program: Program) -> int:
    return sum(parameter.size for parameter in program.parameters)


# ---------------------------------------------------------------- text


def show(console: Console, program: Program, answers: Sequence[Answer]) -> None:
    """The figures as people read them."""
    from qgl.check.calls.strategies import cost_text
    from qgl.report.weighing import process

    counts = ", ".join(f"{count:,} {kind}" for kind, count in wires_by_kind(program).items() if count)
    operations, inputs = len(program.operations), _inputs(program)
    console.print(f"{program.source.name}: {counts} qubits; {operations:,} operations, {inputs:,} inputs")
    for line in (*_rolled(program), *_conserved(program), *ensemble_lines(program), *_approximate(program)):
        console.print(line)
    blocks: dict[tuple[Row, int, int], list[str]] = {}
    for answer in answers:
        for row in answer.weighed.rows:
            asked = row, answer.planned.times, answer.elements
            blocks.setdefault(asked, []).append(answer.purpose(row))
    for asked, purposes in blocks.items():
        _block(console, *asked, ", ".join(purposes))
    if strategy := cost_text(program):
        console.print()
        for line in strategy:
            console.print(line, soft_wrap=True)
    if program.train.from_shots is not None:
        from qgl.model import Model
        from qgl.train.shots import cost

        console.print()
        console.print(f"training from shots, {cost(Model(program), program.train, program.train.steps)}")
    console.print()
    console.print("Time and memory are of one value and gradient on two cores; time is rough.", style="dim")
    if (compiled := _compiled(answers)) > TOLD_SECONDS:
        about = f"{compiled:.0f} s"
        console.print(f"Tracing and compiling take about {about} of processor time at the first start.", style="dim")
    if (taken := process(answers, program, program.train)) > TOLD:
        from qgl.diagnostics.size import amount

        console.print(f"A process that trains takes about {amount(taken)} in all.", style="dim")


def _compiled(answers: Sequence[Answer]) -> float:
    """Processor seconds of compiling all that the objective asks, or else the dearest of the questions."""
    costs = [
        (answer.planned.kind == "objective", row.candidates[0].cost.compiled)
        for answer in answers
        for row in answer.weighed.rows
        if row.chosen
    ]
    objective = sum(compiled for trained, compiled in costs if trained)
    return objective or max((compiled for _, compiled in costs), default=0.0)


def show_rows(console: Console, rows: Sequence[Row]) -> None:
    """Queries that nothing is said of but what they ask, with the methods that can answer them."""
    for number, row in enumerate(rows):
        _block(console, row, 1, 1, f"query {number + 1}")


def show_stage(console: Console, program: Program, answers: Sequence[Answer]) -> None:
    """What one stage trains, how its objective is simulated, and about how long that takes."""
    from rich.text import Text

    from qgl.diagnostics.size import duration
    from qgl.report.weighing import training_seconds

    moved = {name: int(mask.sum()) for name, mask in (program.moved or {}).items() if mask.any()}
    trained = sum(parameter.size for parameter in program.parameters if parameter.kind == "param")
    what = "all parameters" if program.moved is None else ", ".join(f"{n:,} of `{name}`" for name, n in moved.items())
    console.print()
    console.print(Text(f"{program.stage}", "bold"))
    counts = f"{len(program.operations):,} operations; moves {what or 'nothing'}, of {trained:,} trained in all"
    console.print(f"  {counts}", soft_wrap=True)
    for line in _drawn(program):
        console.print(f"  {line}", soft_wrap=True)
    for answer in answers:
        for row in answer.weighed.rows if answer.planned.kind == "objective" else ():
            _block(console, row, answer.planned.times, answer.elements, answer.purpose(row))
    if program.train.from_shots is None:
        about = duration(training_seconds(answers, program.train))
        console.print(f"  {program.train.steps:,} steps take about {about}, compilation not counted", soft_wrap=True)


def _block(console: Console, row: Row, times: int, elements: int, purposes: str) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from qgl.plan.model import NO_METHOD, describe

    each = f", for each of {times:,} conditions" if times > 1 else ""
    each += f", of each of the {elements:,} circuits of a mixture" if elements > 1 else ""
    console.print()
    console.print(Text.assemble((purposes, "bold"), f": {describe(row.query)}{each}"))
    able = [candidate for candidate in row.candidates if not candidate.refused]
    if able:
        console.print(_table(row, able))
    else:
        console.print(f"  {NO_METHOD}", style="red")
    if row.because:
        console.print(Padding(Text(f"truncated: {row.because}"), (0, 0, 0, 4), expand=False))
    for candidate in row.candidates:
        if candidate.refused:
            console.print(
                Padding(Text(f"not {candidate.method}: {candidate.reason}", "dim"), (0, 0, 0, 4), expand=False)
            )


def _table(row: Row, able: Sequence[Candidate]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(min_width=14, no_wrap=True)
    for width in (9, 7, 7):
        table.add_column(justify="right", min_width=width, no_wrap=True)
    table.add_column(ratio=1)
    for candidate in able:
        taken = candidate.method == row.chosen
        name = f"{'>' if taken else ' '} {candidate.method}"
        table.add_row(name, *_cells(candidate), style="" if taken else "dim")
    return table


def _cells(candidate: Candidate) -> tuple[str, ...]:
    from qgl.diagnostics.size import amount, duration

    cost = candidate.cost
    facts = ", ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}" for name, value in cost.facts
    )
    wording = "; ".join(part for part in (facts, candidate.reason) if part)
    qubits = f"{cost.width:,} qubit{'' if cost.width == 1 else 's'}" if cost.width else ""
    return qubits, duration(cost.seconds), amount(cost.memory), wording
