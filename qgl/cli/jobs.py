"""`qglc jobs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qgl.cli.options import Format, FormatOption


def jobs(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    output: FormatOption = Format.TEXT,
) -> None:
    """List what was run on engines: jobs, how far they are, and what their circuits take.

    \b
    Examples:
      qglc jobs runs/bars
      qglc jobs runs/bars --format json
    """
    from qgl.diagnostics.render import show as show_faults
    from qgl.diagnostics.terminal import console, json_text
    from qgl.jobs import show, store
    from qgl.runs import manifest

    manifest.load(folder)
    folders, faults = store.jobs_of(folder)
    if output is Format.JSON:
        typer.echo(json_text([show.facts(each) for each in folders]))
    elif folders:
        shown = console()
        if shown.width >= show.WIDE:
            shown.print(show.table(folder.name, folders))
        else:
            typer.echo("\n".join(show.lines(folders)))
    elif not faults:
        typer.echo(f"no jobs yet; `qglc run {folder} --on aer` makes one")
    if faults:
        show_faults(tuple(faults))
        raise typer.Exit(1)
