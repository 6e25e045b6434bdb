"""`qglc explain`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from qgl.cli.options import FileArgument, Format, FormatOption, SetOption, constants, open_file, warn

if TYPE_CHECKING:
    from qgl.check.program import Program
    from qgl.plan.model import Candidate, Plan
    from qgl.query import Query


def explain(file: FileArgument, settings: SetOption = None, output: FormatOption = Format.TEXT) -> None:
    """Say how a program will be simulated, and why.

    For what the objective asks and for sampling: the method, how many qubits it holds at once, its steps, and rough
    figures of time and memory for one value and gradient; then the other methods and why they are not taken. Nothing
    is run.

    \b
    Examples:
      qglc explain bars.qgl
      qglc explain bars.qgl --set depth=20
      qglc explain noise.qgl --format json
    """
    from qgl.compiler import analyse, circuit_of, plan_queries

    source, environment = open_file(file)
    analysed = analyse(source, environment, constants(settings))
    warn(analysed.warnings)
    program = analysed.program
    asked = asked_queries(program)
    plan = plan_queries(circuit_of(program), [query for _, query in asked], program.train.precision)
    if output is Format.JSON:
        facts = {"wires": wires_by_kind(program), **plan.to_json()}
        for row, (purpose, _) in zip(facts["queries"], asked, strict=False):
            row["for"] = purpose
        typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        _show(program, plan, {query: purpose for purpose, query in reversed(asked)})


def asked_queries(program: Program) -> list[tuple[str, Query]]:
    """What the objective and sampling ask of the circuit, with what it is for; no query twice."""
    import numpy as np

    from qgl.query import LogProb, Probabilities, Samples

    asked: dict[Query, str] = {}
    for term in program.objective:
        query: Query = Probabilities()
        if term.call.name in ("nll", "kl"):
            query = LogProb.of(np.unique(program.data[term.call.arguments["data"]].rows, axis=0))
        asked[query] = f"{asked[query]}, {term.call.name}" if query in asked else term.call.name
    asked[Samples(1000)] = "sample"
    return [(purpose, query) for query, purpose in asked.items()]


def wires_by_kind(program: Program) -> dict[str, int]:
    """Numbers of visible, hidden and fresh wires of a program as it is written."""
    kinds = [wire.kind for wire in program.wires]
    return {kind: kinds.count(kind) for kind in ("visible", "hidden", "fresh")}


def _show(program: Program, plan: Plan, purposes: dict[Query, str]) -> None:
    from rich.console import Console
    from rich.table import Table

    from qgl.plan.model import describe

    console = Console(highlight=False)
    counts = ", ".join(f"{count} {kind}" for kind, count in wires_by_kind(program).items() if count)
    console.print(f"{program.source.name}: {counts} qubits, {len(program.operations)} operations, {plan.inputs} inputs")
    table = Table("for", "query", "method", "qubits", "time", "memory", "not taken because", box=None, pad_edge=False)
    for row in plan.rows:
        for k, candidate in enumerate(row.candidates):
            head = (purposes[row.query], describe(row.query)) if k == 0 else ("", "")
            table.add_row(*head, *_cells(candidate), style="" if k == 0 else "dim")
    console.print(table)
    for name, lowered in plan.lowered.items():
        size = lowered.sizes()
        kinds = ", ".join(f"{size[key]} {key.removesuffix('_steps')}" for key in size if key.endswith("_steps"))
        console.print(f"{name}: {size['steps']} steps ({kinds}) from {size['small_matrices']} gates")
    console.print("Time is for one value and gradient on two cores, good to a factor of three.", style="dim")


def _cells(candidate: Candidate) -> tuple[str, ...]:
    from qgl.diagnostics.size import amount

    cost = candidate.cost
    figures = (str(cost.width), duration(cost.seconds), amount(cost.memory))
    return candidate.method, *figures, candidate.reason


def duration(seconds: float) -> str:
    """`3.1 ms`."""
    for unit, scale in (("us", 1e-6), ("ms", 1e-3)):
        if seconds < 999.5 * scale:
            return f"{seconds / scale:.2g} {unit}" if seconds < 99.5 * scale else f"{seconds / scale:.0f} {unit}"
    return f"{seconds:.3g} s"
