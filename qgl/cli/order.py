"""`qglc order`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qgl.cli.options import FileArgument, Format, FormatOption, SetOption, constants, open_file, tell_guesses, warn
from qgl.cli.waiting import Waiting

if TYPE_CHECKING:
    from qgl.program.program import Program, StartFit


def order(
    file: FileArgument,
    fits: Annotated[
        int, typer.Option("--fits", min=1, max=1_000_000, help="Quick fits of a state that are made at most.")
    ] = 500,
    settings: SetOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Find an order of columns for starts from data.

    For each parameter that begins as a matrix product state of data, `~ mps(data, bond, ...)`: the order of the columns
    along the chain in which a state of that bond is nearest to the data, as far as a search finds it. It begins at the
    order of the program, and what it finds is never worse. The program is not changed: write the order down there, as
    `order = [...]` of `mps` and as the qubits that the cells act on.

    \b
    Examples:
      qglc order bars.qgl
      qglc order bars.qgl --set bond=4 --fits 2000
      qglc order bars.qgl --format json
    """
    from qgl.compiler import analyse
    from qgl.diagnostics.terminal import json_text, one_line

    source, environment = open_file(file)
    analysed = analyse(source, environment, constants(settings))
    warn(analysed.warnings)
    tell_guesses(analysed.program)
    starts = _starts(analysed.program)
    if not starts:
        raise typer.BadParameter("no parameter of the program begins as `~ mps(data, ...)`", param_hint="FILE")
    searches = [_searched(fit, names, fits) for fit, names in starts.items()]
    if output is Format.JSON:
        typer.echo(json_text(searches))
        return
    for each in searches:
        typer.echo(one_line(f"{', '.join(each['parameters'])}: mps({each['data']}, bond = {each['bond']})"))
        for which in ("given", "found"):
            typer.echo(f"  {which} order = {each[which]['order']}, KL {each[which]['kl']:.4g} nats")
        if each["found"] == each["given"]:
            typer.echo(f"  no better one is among the {fits} that were looked at at most")


def _starts(program: Program) -> dict[StartFit, list[str]]:
    """What is fitted, and the parameters that begin there; of several with the same state the first stands for all."""
    from qgl.program.program import StartFit

    states: dict[tuple[str, int, tuple[int, ...]], StartFit] = {}
    names: dict[StartFit, list[str]] = {}
    for parameter in program.parameters:
        fit = None if parameter.distribution is None else parameter.distribution.fit
        if isinstance(fit, StartFit):
            first = states.setdefault((fit.data.name, fit.bond, fit.order), fit)
            names.setdefault(first, []).append(parameter.name)
    return names


def _searched(fit: StartFit, names: list[str], fits: int) -> dict[str, Any]:
    """The order of a start and the one that is found, each with the divergence of the state that training begins at."""
    from qgl.bits.distribution import distinct
    from qgl.data.tensor_train.order import divergence, searched

    rows, weights, _ = distinct(fit.data.rows, fit.data.weights)
    rows, weights = rows[weights > 0], weights[weights > 0] / weights.sum()
    given = fit.order or tuple(range(fit.data.width))
    with Waiting(f"fitting states of `{fit.data.name}`") as waiting:

        def told(done: int, least: float) -> None:
            waiting.at(f"{done} of {fits}, least KL {least:.4g} nats")

        other = searched(rows, weights, fit.bond, given, fits, told)
        kls = {order: divergence(rows, weights, order, fit.bond) for order in (given, other)}
    best = min(kls, key=lambda order: kls[order])
    shown = {which: {"order": list(order), "kl": kls[order]} for which, order in (("given", given), ("found", best))}
    return {"parameters": names, "data": fit.data.name, "bond": fit.bond, **shown}
