"""`qglc fetch`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qgl.cli.options import Format, FormatOption

if TYPE_CHECKING:
    from qgl.diagnostics.model import Diagnostic
    from qgl.jobs.draft import AnyEngine
    from qgl.jobs.store import JobFolder


def fetch(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    job: Annotated[str | None, typer.Argument(metavar="JOB", help="A job's name or number; all by default.")] = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Go on with jobs that are not done: send what was not sent, run what was broken off, take what is ready.

    \b
    Examples:
      qglc fetch runs/bars
      qglc fetch runs/bars 3
    """
    from qgl.diagnostics.model import QglError
    from qgl.diagnostics.render import show as show_faults
    from qgl.hardware.engines.table import open_engine
    from qgl.jobs import store
    from qgl.runs import manifest

    manifest.load(folder)
    faults: list[Diagnostic] = []
    if job is not None:
        chosen = [store.find(folder, job)]
    else:
        folders, faults = store.jobs_of(folder)
        chosen = [each for each in folders if each.job.state not in ("done", "failed")]
        if not chosen and not faults and output is Format.TEXT:
            typer.echo("no job waits" if folders else f"no jobs yet; `qglc run {folder} --on aer` makes one")
            return
    for each in chosen:
        try:
            go_on(folder, each, open_engine(each.job.request.engine), output)
        except QglError as error:
            faults += error.diagnostics
    tell(folder, chosen, output)
    if faults:
        show_faults(tuple(faults))
        raise typer.Exit(1)


def go_on(run: Path, job: JobFolder, engine: AnyEngine, output: Format) -> None:
    """Takes a job as far as it goes. On a terminal it counts; Ctrl-C says how to go on."""
    from qgl.diagnostics.terminal import write_over
    from qgl.jobs.dispatch import carry_on

    counts = output is Format.TEXT and sys.stderr.isatty()

    def told(done: int, all_: int) -> None:
        if counts:
            write_over(f"{done} of {all_} strings", last=done == all_)

    try:
        carry_on(job, engine, told)
    except KeyboardInterrupt:
        typer.echo(f"\nstopped; what is there is kept; go on with\n  qglc fetch {run} {job.job.id}", err=True)
        raise typer.Exit(130) from None


def tell(run: Path, jobs: Sequence[JobFolder], output: Format) -> None:
    """How far jobs are, and what to do next."""
    from qgl.jobs import show

    if output is Format.JSON:
        from qgl.diagnostics.terminal import json_text

        typer.echo(json_text([show.facts(each) for each in jobs]))
        return
    for each in jobs:
        typer.echo(f"job {each.job.id}: {show.status(each)}")
        if each.has_samples():
            typer.echo(f"  strings  {each.path / 'samples.npz'}\n  compare  qglc evaluate {run}")
        elif each.job.state == "sent":
            typer.echo(f"  fetch    qglc fetch {run} {each.job.id}")
