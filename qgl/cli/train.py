"""`qglc train`."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qgl.cli.options import SetOption, constants, open_file, warn

if TYPE_CHECKING:
    from qgl.train.run import Run


class Precision(StrEnum):
    SINGLE = "single"
    DOUBLE = "double"


def train(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="A program, or - for standard input; not needed to resume.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="The folder to make; runs/NAME-DATE-N by default.")
    ] = None,
    settings: SetOption = None,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Steps in all; with --resume, extends the run.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, max=2**32 - 1, help="Where randomness starts.")] = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", min=1, max=4096, help="Independent starts that are trained together.")
    ] = None,
    precision: Annotated[Precision | None, typer.Option("--precision", help="Type of numbers.")] = None,
    resume: Annotated[Path | None, typer.Option("--resume", metavar="DIR", help="Go on with a run.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show nothing but faults.")] = False,
    no_pictures: Annotated[bool, typer.Option("--no-pictures", help="Draw no pictures.")] = False,
) -> None:
    """Train the model of a program; the run becomes a folder.

    The folder holds the program, its data, weights, metrics of every step, a report and pictures, and is all that
    sample, evaluate and emit need. Ctrl-C saves; --resume goes on to the same numbers as an unbroken run.

    \b
    Examples:
      qglc train bars.qgl
      qglc train bars.qgl --out runs/deep --set depth=20 --seeds 8
      qglc train --resume runs/deep
      qglc train --resume runs/deep --steps 2000

    Exit status 130 if it was interrupted.
    """
    fresh_only = {"--out": out, "--set": settings, "--seed": seed, "--seeds": seeds, "--precision": precision}
    given = [name for name, value in fresh_only.items() if value not in (None, [])]
    if resume is not None and given:
        raise typer.BadParameter("a run goes on as it began; only --steps may change", param_hint=", ".join(given))
    if resume is None and file is None:
        raise typer.BadParameter("give a program, or a run to go on with by --resume", param_hint="FILE")
    from qgl.train import compilation_cache

    compilation_cache.switch_on()
    display = "quiet" if quiet else "auto"
    if resume is not None:
        run = _resume(resume, file, steps, display, not no_pictures)
    else:
        changes = {"steps": steps, "seed": seed, "seeds": seeds}
        run = _begin(str(file), out, settings, changes, precision, display, not no_pictures)
    _tell(run, quiet)


def _begin(
    file: str,
    out: Path | None,
    constant_settings: list[str] | None,
    changes: dict[str, Any],
    precision: str | None,
    display: str,
    pictures: bool,
) -> Run:
    from qgl.model import loads
    from qgl.train.loop import command_line, train
    from qgl.train.run_folder import next_folder

    source, environment = open_file(file)
    model = loads(source, environment, precision=precision, **constants(constant_settings))
    warn(model.warnings)
    settings = replace(model.program.train, **{name: value for name, value in changes.items() if value is not None})
    folder = out or next_folder(source.name)
    return train(model, settings, out=folder, display=display, pictures=pictures, command=command_line())


def _resume(folder: Path, file: str | None, steps: int | None, display: str, pictures: bool) -> Run:
    from qgl.train.loop import command_line, train
    from qgl.train.reload import model_to_resume

    model = model_to_resume(folder, file)
    return train(model, resume=folder, steps=steps, display=display, pictures=pictures, command=command_line())


def _tell(run: Run, quiet: bool) -> None:
    """The report, or how to go on after an interruption."""
    if run.status == "interrupted":
        if not quiet:
            typer.echo(f"stopped at step {run.steps} and saved; go on with\n  qglc train --resume {run.path}", err=True)
        raise typer.Exit(130)
    if not quiet:
        from rich.console import Console

        from qgl.train.report import table

        Console().print(table(run.report))
        typer.echo(f"the run is in {run.path}")
