"""`qglc run`."""

from __future__ import annotations

from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qgl.cli.options import ConditionOption, Format, FormatOption, condition_of, trained
from qgl.cli.waiting import Waiting

if TYPE_CHECKING:
    from qgl.hardware.engines.cost import Cost
    from qgl.jobs.draft import Draft
    from qgl.jobs.store import JobFolder
    from qgl.model import Model
    from qgl.program.program import Program


class Mitigation(StrEnum):
    READOUT = "readout"


_SCALES = (1, 3, 5)  # of the noise
_MOST_CIRCUITS = 4096  # of a job about outputs


def run(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    engine: Annotated[
        str,
        typer.Option("--on", metavar="ENGINE", help="statevector, aer, aer:fake_torino, braket-local, ibm:NAME, ..."),
    ],
    shots: Annotated[int, typer.Option("--shots", metavar="N", min=2, max=10**8, help="How many strings.")] = 4096,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Where randomness starts.")] = 0,
    repeat: Annotated[bool, typer.Option("--repeat", help="Run again what was run already.")] = False,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Show exactly what would be sent; send and write nothing.")
    ] = False,
    max_qubits: Annotated[
        int | None, typer.Option("--max-qubits", metavar="N", min=1, help="The most qubits to use, by resetting them.")
    ] = None,
    condition: ConditionOption = None,
    mitigate: Annotated[
        Mitigation | None, typer.Option("--mitigate", help="Calibrate readout, to undo its errors (mthree).")
    ] = None,
    observable: Annotated[
        list[str] | None,
        typer.Option("--observable", metavar="PAULI", help="A Pauli word, such as Z[v[0]]*Z[v[1]]; may be repeated."),
    ] = None,
    bases: Annotated[
        str | None,
        typer.Option(
            "--bases",
            metavar="random|FILE",
            help="Strings in Pauli bases, --shots of each; -o FILE takes them, for `pauli_shots`.",
        ),
    ] = None,
    number: Annotated[
        int | None, typer.Option("-n", "--number", min=1, max=10_000, help="How many bases; 100, or those of FILE.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where strings with their bases go, an npz file.")
    ] = None,
    zne: Annotated[
        bool,
        typer.Option("--zne", help="Measure the Pauli words at 1, 3 and 5 times the noise, and extrapolate (mitiq)."),
    ] = False,
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget", metavar="USD|SECONDS", help="Refuse what takes more: 2.50 in US dollars, 30s of machine time."
        ),
    ] = None,
    outputs: Annotated[
        bool,
        typer.Option(
            "--outputs", help="Measure the numbers of `output` declarations, N shots of each circuit they take."
        ),
    ] = False,
    output: FormatOption = Format.TEXT,
) -> None:
    """Run a trained circuit on an engine, and keep the strings in the run's folder.

    A job is written down before it is sent. What was asked already is not run again without --repeat. A job that was
    broken off, or sent to a machine that answers later, goes on with `qglc fetch RUN`. Of a machine of a service it is
    said first how many seconds of it and how many US dollars the job takes, where that is known.

    \b
    Examples:
      qglc run runs/bars --on aer:fake_torino --shots 4096
      qglc run runs/bars --on aer:fake_torino --mitigate readout
      qglc run runs/bars --on aer:fake_torino --observable Z[pixel[0]]*Z[pixel[1]] --zne
      qglc run runs/features --on aer --outputs --shots 10000
      qglc run runs/bars --on ibm:ibm_torino --dry-run
      qglc run runs/bars --on ibm:ibm_torino --budget 30s
      qglc run runs/bars --on aer --bases random -n 200 --shots 10 -o shots.npz
    """
    if bases is None and (number is not None or out is not None):
        raise typer.BadParameter("it is of strings in bases: give --bases", param_hint="-n" if number else "-o")
    if zne and not observable:
        raise typer.BadParameter("it extrapolates Pauli words: give --observable PAULI", param_hint="--zne")
    from qgl.cli.fetch import go_on, tell
    from qgl.hardware.engines.cost import Budget, cost_of
    from qgl.hardware.engines.table import open_engine
    from qgl.jobs import dispatch, store
    from qgl.jobs.draft import draft, key_for
    from qgl.jobs.record import Request

    try:
        allowed = None if budget is None else Budget.of(budget)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--budget") from None
    trained_run, model = trained(folder)
    given = condition_of(condition, model.program)
    opened = open_engine(engine)
    if outputs:
        _outputs_fit(model, mitigate is not None or bool(observable) or bases is not None)
    request = Request(
        engine=opened.name,
        shots=shots,
        seed=seed,
        max_qubits=max_qubits,
        condition=None if given is None else tuple(given.tolist()),
        readout=mitigate is Mitigation.READOUT,
        words=tuple(dict.fromkeys((*_asked(model.program, observable), *_in_bases(model, bases, number, out, seed)))),
        scales=_SCALES if zne else (),
        outputs=outputs,
    )
    there = None if repeat else store.same_request(folder, key_for(trained_run, model, request))
    if there is not None and not dry:
        _already(folder, there, output)
        _keep(there, out, output)
        return
    if repeat:
        request = replace(request, repeat=dispatch.next_repeat(folder, request))
    with Waiting(f"making circuits for {opened.name}"):
        made = draft(trained_run, model, request, opened)
        cost = cost_of(opened, made.payload)
    if dry:
        _show(made, cost, there, output)
        return
    if output is Format.TEXT:
        _announce(made, cost)
    if allowed is not None:
        allowed.hold(opened.name, cost)
    begun = dispatch.begin(folder, made)
    if begun.job.tag != made.job.tag:
        _already(folder, begun, output)
        return
    go_on(folder, begun, opened, output)
    tell(folder, [begun], output)
    _keep(begun, out, output)


def _asked(program: Program, observable: list[str] | None) -> list[str]:
    return [_pauli_word(program, text) for text in observable or ()]


def _in_bases(model: Model, written: str | None, number: int | None, out: Path | None, seed: int) -> list[str]:
    """Bases as Pauli words that touch every qubit: each is measured by a circuit of its own."""
    from qgl.cli.bases import bases_of, named

    if written is None:
        return []
    named(out)
    count = 100 if number is None and written == "random" else number
    bases = bases_of(written, count, model.width, seed)
    return ["".join("IXYZ"[letter] for letter in row) for row in bases.tolist()]


def _keep(job: JobFolder, out: Path | None, output: Format) -> None:
    """Writes the strings of a job with their bases, if they are wanted; those of a job that waits come with the next
    call.
    """
    if out is None:
        return
    import numpy as np

    from qgl.cli.bases import archive
    from qgl.runs.files.atomic import write_bytes

    if not job.has_samples():
        typer.echo(f"{out} is not written yet: the same command writes it once the strings are there", err=True)
        return
    width = job.job.model["width"]
    strings, bases = [], []
    for item, found in zip(job.job.items, job.all_strings(), strict=True):
        if item.scale == 1 and item.role != "readout":
            letters = np.array(["IXYZ".index(letter) for letter in item.basis or "Z" * width], np.uint8)
            strings.append(found)
            bases.append(np.tile(letters, (len(found), 1)))
    write_bytes(out, archive(np.concatenate(strings), np.concatenate(bases)))
    if output is Format.TEXT:
        typer.echo(f"strings with their bases: {out}")


def _outputs_fit(model: Model, more: bool) -> None:
    """That a job can be about the numbers of outputs."""
    from qgl.jobs.output_circuits import OutputCircuits

    if not model.program.outputs.declared:
        raise typer.BadParameter("the program declares no `output`", param_hint="--outputs")
    if more:
        raise typer.BadParameter("it goes without --observable, --bases, --zne and --mitigate", param_hint="--outputs")
    circuits = len(OutputCircuits.of(model.program).bases) * len(model.parameters.weights)
    if circuits > _MOST_CIRCUITS:
        why = f"the outputs of all elements take {circuits:,} circuits, more than {_MOST_CIRCUITS:,}"
        raise typer.BadParameter(why, param_hint="--outputs")


def _already(folder: Path, there: JobFolder, output: Format) -> None:
    from qgl.cli.fetch import tell

    if output is Format.TEXT:
        typer.echo(f"this was asked already, as job {there.job.id}; --repeat runs it again", err=True)
    tell(folder, [there], output)


def _pauli_word(program: Program, text: str) -> str:
    """A letter of IXYZ for each visible qubit."""
    from qgl.cli.observable import observable

    observed = observable(program, text)
    if observed.letters is None:
        raise typer.BadParameter(
            f"{text!r} is a region, no Pauli word such as Z[v[3]]*Z[v[4]]", param_hint="--observable"
        )
    letters = dict(zip(observed.positions, observed.letters, strict=True))
    return "".join(letters.get(position, "I") for position in range(len(program.visible)))


def _announce(made: Draft, cost: Cost | None) -> None:
    from qgl.jobs import show

    typer.echo(f"{made.job.request.engine}: {'; '.join(show.circuits(made.job))}")
    if made.job.figures:
        typer.echo(show.figures(made.job.figures))
    if cost is not None:
        typer.echo(f"takes {cost}")


def _show(made: Draft, cost: Cost | None, there: JobFolder | None, output: Format) -> None:
    """What would be sent, all of it."""
    from qgl.diagnostics.terminal import json_text

    job = made.job
    if output is Format.JSON:
        items = [
            {"role": item.role, "shots": item.shots, "text": text}
            for item, text in zip(job.items, made.texts or [None] * len(job.items), strict=True)
        ]
        facts = {"engine": job.request.engine, "settings": dict(job.settings), "figures": dict(job.figures)}
        same = there.job.id if there else None
        typer.echo(json_text({**facts, "cost": cost and asdict(cost), "items": items, "same_as": same}))
        return
    _announce(made, cost)
    for name, value in job.settings.items():
        typer.echo(f"{name}: {json_text(value, None)}")
    for item, text in zip(job.items, made.texts, strict=False):
        typer.echo(f"\n--- {item.file}, {item.shots} shots ---\n{text}", nl=False)
    if not made.texts:
        typer.echo("the engine takes the circuit itself, no text")
    typer.echo("\nnothing was sent or written")
    if there is not None:
        typer.echo(f"this was asked already, as job {there.job.id}: without --repeat it would not be run")
