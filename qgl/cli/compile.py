"""`qglc compile`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qgl.cli.options import FileArgument, SetOption, constants, file_or_output, open_file, warn

if TYPE_CHECKING:
    from qgl.program.program import Program


class Stage(StrEnum):
    TREE = "tree"
    PROGRAM = "program"
    GRAPH = "graph"
    PLAN = "plan"
    QASM = "qasm"


class Form(StrEnum):
    TEXT = "text"
    JSON = "json"
    GRAPHML = "graphml"


def compile_(
    file: FileArgument,
    emit: Annotated[
        Stage,
        typer.Option(
            help="tree: what was read. program: with constants known, loops unrolled and names resolved. "
            "graph: operations and the wires between them, as NetworkX reads it. plan: a plan for each set of queries "
            "that the objective asks together, or for samples where there is none (`qglc explain` says more). "
            "qasm: OpenQASM 3 with free parameters."
        ),
    ] = Stage.PROGRAM,
    stage: Annotated[
        int | None,
        typer.Option("--stage", min=1, help="Of a program with stages, one of them, from 1; else the program itself."),
    ] = None,
    settings: SetOption = None,
    form: Annotated[
        Form | None,
        typer.Option(
            "--format",
            help="text for people, JSON for programs (node-link data of a graph), or GraphML of a graph. By default "
            "what the ending of -o says, else JSON of a graph and text of the others.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where to; standard output by default.")
    ] = None,
) -> None:
    """Show a stage of the compilation.

    \b
    Examples:
      qglc compile bars.qgl --emit tree
      qglc compile bars.qgl --emit graph > bars.json
      qglc compile bars.qgl --emit graph -o bars.graphml
      qglc compile bars.qgl --emit qasm --set depth=2
      qglc compile grown.qgl --emit plan --stage 1
    """
    from qgl.compiler import analyse
    from qgl.diagnostics.terminal import write_data

    out = file_or_output(out)
    form = _form(emit, form, out)
    source, environment = open_file(file)
    if emit is Stage.TREE:
        value = _tree(source)
    else:
        analysed = analyse(source, environment, constants(settings))
        warn(analysed.warnings)
        program = analysed.program
        if stage is not None and stage > len(program.stages):
            raise typer.BadParameter(f"the program has {len(program.stages)} stages", param_hint="--stage")
        program = program if stage is None else program.stages[stage - 1]
        value = _graphml(program) if form is Form.GRAPHML else _STAGES[emit](program)
    text = _shown(value, form)
    if out is None and form is Form.TEXT and not isinstance(value, str):
        typer.echo(text, nl=False)  # for people: control characters of names are made visible
        return
    if out is None:
        write_data(text)
        return
    from qgl.runs.files.atomic import write_text

    write_text(out, text)


def _form(emit: Stage, form: Form | None, out: Path | None) -> Form:
    """What to write: as asked, else by the ending of the file, else what is of most use."""
    if form is None:
        endings = {f".{each}": each for each in (Form.JSON, Form.GRAPHML)}
        usual = Form.JSON if emit is Stage.GRAPH else Form.TEXT
        form = usual if out is None else endings.get(out.suffix.lower(), usual)
    if form is Form.GRAPHML and emit is not Stage.GRAPH:
        raise typer.BadParameter("GraphML is for `--emit graph`", param_hint="--format")
    return form


def _shown(value: Any, form: Form) -> str:
    from qgl.cli.dump import outline, plain
    from qgl.diagnostics.terminal import json_text

    if form is Form.JSON:
        return json_text(plain(value)) + "\n"
    if isinstance(value, str):
        return value if value.endswith("\n") else value + "\n"
    return "".join(f"{line}\n" for line in outline(plain(value)))


def _tree(source: Any) -> Any:
    from qgl.diagnostics.model import QglError
    from qgl.syntax.parser import parse

    parsed = parse(source)
    if parsed.diagnostics:
        raise QglError(parsed.diagnostics)
    return {"declarations": parsed.file.declarations, "comments": parsed.file.comments}


def _program(program: Program) -> Any:
    from qgl.cli.dump import plain

    return {**plain(replace(program, stages=())), "stages": [str(each.stage) for each in program.stages]}


def _graph(program: Program) -> Any:
    from qgl.compiler import circuit_of
    from qgl.ir.exchange import node_link

    return node_link(circuit_of(program))


def _graphml(program: Program) -> str:
    from qgl.compiler import circuit_of
    from qgl.ir.exchange import graphml

    return graphml(circuit_of(program))


def _plan(program: Program) -> Any:
    from qgl.compiler import circuit_of, planner
    from qgl.model import Model
    from qgl.report.planned_queries import OBJECTIVE, planned_queries

    planned, train = planned_queries(program), program.train
    graded = Model(program).differentiates_strings
    planning = planner(circuit_of(program), train.precision, approximate=train.approximate, differentiates=graded)
    of_objective = [one for one in planned if one.kind == OBJECTIVE] or planned[-1:]
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
