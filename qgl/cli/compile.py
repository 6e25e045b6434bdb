"""`qglc compile`."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qgl.cli.options import FileArgument, Format, FormatOption, SetOption, constants, open_file, warn

if TYPE_CHECKING:
    from qgl.program.program import Program


class Stage(StrEnum):
    TREE = "tree"
    PROGRAM = "program"
    GRAPH = "graph"
    PLAN = "plan"
    QASM = "qasm"


def compile_(
    file: FileArgument,
    emit: Annotated[
        Stage,
        typer.Option(
            help="tree: what was read. program: with constants known, loops unrolled and names resolved. "
            "graph: operations and the wires between them. plan: a plan for each set of queries that the objective "
            "asks together, or for samples where there is none (`qglc explain` says more). "
            "qasm: OpenQASM 3 with free parameters."
        ),
    ] = Stage.PROGRAM,
    settings: SetOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Show a stage of the compilation.

    \b
    Examples:
      qglc compile bars.qgl --emit tree
      qglc compile bars.qgl --emit graph --format json
      qglc compile bars.qgl --emit qasm --set depth=2
    """
    from qgl.cli.dump import outline, plain
    from qgl.compiler import analyse
    from qgl.diagnostics.terminal import json_text, write_data

    source, environment = open_file(file)
    if emit is Stage.TREE:
        value = _tree(source)
    else:
        analysed = analyse(source, environment, constants(settings))
        warn(analysed.warnings)
        value = _STAGES[emit](analysed.program)
    if output is Format.JSON:
        typer.echo(json_text(plain(value)))
    elif isinstance(value, str):
        write_data(value if value.endswith("\n") else value + "\n")
    else:
        for line in outline(plain(value)):
            typer.echo(line)


def _tree(source: Any) -> Any:
    from qgl.diagnostics.model import QglError
    from qgl.syntax.parser import parse

    parsed = parse(source)
    if parsed.diagnostics:
        raise QglError(parsed.diagnostics)
    return {"declarations": parsed.file.declarations, "comments": parsed.file.comments}


def _program(program: Program) -> Any:
    return program


def _graph(program: Program) -> Any:
    from qgl.compiler import circuit_of

    graph = circuit_of(program).graph
    nodes = [{"node": k, **_facts(program, operation)} for k, operation in enumerate(program.operations)]
    edges = [{"from": a, "to": b, **facts} for a, b, facts in graph.edges(data=True)]
    return {"nodes": nodes, "edges": edges}


def _facts(program: Program, operation: Any) -> dict[str, Any]:
    return {"gate": operation.gate, "wires": [str(program.wires[w]) for w in operation.wires], "span": operation.span}


def _plan(program: Program) -> Any:
    from qgl.compiler import circuit_of, planner
    from qgl.report.planned_queries import OBJECTIVE, asked_of

    asked = asked_of(program)
    planning = planner(circuit_of(program), program.train.precision)
    of_objective = [one for one in asked if one.kind == OBJECTIVE] or asked[-1:]
    return [planning.plan(one.queries).to_json() for one in of_objective]


def _qasm(program: Program) -> Any:
    from qgl.compiler import circuit_of
    from qgl.qasm import emit

    return emit(circuit_of(program), None, "portable")


_STAGES: dict[Stage, Callable[[Program], Any]] = {
    Stage.PROGRAM: _program,
    Stage.GRAPH: _graph,
    Stage.PLAN: _plan,
    Stage.QASM: _qasm,
}
