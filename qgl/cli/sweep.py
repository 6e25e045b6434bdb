"""`qglc sweep`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qgl.cli.options import settings_of
from qgl.cli.train import Precision

if TYPE_CHECKING:
    from qgl.sweeps.grid import Grid
    from qgl.sweeps.survey import Surveyed
    from qgl.sweeps.sweep import Sweep

_MANY = 20  # points, whose checking takes a while


def sweep(
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="A program; not needed to resume.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUES", help="Values of a constant: 1..10, or 0.1,0.01, or one; may be repeated."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="The folder to make; runs/NAME-DATE-N by default.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Steps in all; with --resume, extends the runs.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, max=2**32 - 1, help="Where randomness starts.")] = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", min=1, max=4096, help="Independent starts of a point.")
    ] = None,
    precision: Annotated[Precision | None, typer.Option("--precision", help="Type of numbers.")] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Points at a time; what the machine allows by default.")
    ] = None,
    resume: Annotated[Path | None, typer.Option("--resume", metavar="DIR", help="Go on with a sweep.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all points, say what they cost, and end.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show nothing but faults.")] = False,
    no_pictures: Annotated[bool, typer.Option("--no-pictures", help="Draw no pictures of the runs.")] = False,
) -> None:
    """Train a program at every point of a grid of constants.

    Each point is a run folder in the folder of the sweep, as `qglc train --set` makes it, trained by a process of its
    own. All points are checked before the first is trained; one that is at fault stops no other. The folder has a table
    of medians and ranges over seeds (sweep.md, sweep.csv) and a picture (sweep.png).

    \b
    Examples:
      qglc sweep bars.qgl --set depth=1..10 --seeds 8 --out runs/depths
      qglc sweep bars.qgl --set depth=2,4,8 --set rate=0.1,0.01 --jobs 2 --out runs/grid
      qglc sweep bars.qgl --set depth=1..10 --dry-run
      qglc sweep --resume runs/depths

    Ctrl-C saves the points that are running; --resume goes on with these, and with those that failed.

    Exit status 130 if it was interrupted, 1 if a point failed.
    """
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # the accelerators are the processes'
    if resume is not None:
        fresh = {"FILE": file, "--set": settings, "--out": out, "--seed": seed, "--seeds": seeds}
        fresh |= {"--precision": precision, "--dry-run": dry_run or None}
        wrong = [name for name, value in fresh.items() if value not in (None, [])]
        if wrong:
            raise typer.BadParameter(
                "a sweep goes on as it began; only --steps may change", param_hint=", ".join(wrong)
            )
    elif file is None or file == "-":
        raise typer.BadParameter("give a program, or a sweep to go on with by --resume", param_hint="FILE")
    elif not settings:
        raise typer.BadParameter("say what to sweep, such as --set depth=1..10", param_hint="--set")
    from qgl.runs.folder import next_folder
    from qgl.sweeps.grid import Grid
    from qgl.sweeps.machine import Machine
    from qgl.sweeps.survey import Options
    from qgl.sweeps.sweep import look
    from qgl.sweeps.sweep import sweep as run

    how: dict[str, Any] = {"steps": steps, "jobs": jobs, "pictures": not no_pictures}
    how["display"] = "quiet" if quiet else "auto"
    if resume is not None:
        _tell_after(run(resume=resume, **how), quiet)
        return
    grid = Grid.of(settings_of(settings))
    if len(grid.points) > _MANY and not quiet:
        typer.echo(f"checking {len(grid.points):,} points", err=True)
    if dry_run:
        forecast = look(str(file), grid, Options(steps, seed, seeds, precision))
        _tell_before(grid, forecast, Machine.here().jobs(forecast, jobs, len(forecast)))
        raise typer.Exit(int(any(one.faults for one in forecast)))

    def tell(found: Sequence[Surveyed], jobs: int) -> None:
        _tell_before(grid, found, jobs, quiet)

    out = out or next_folder(str(file))
    done = run(str(file), grid.values, out=out, seed=seed, seeds=seeds, precision=precision, surveyed=tell, **how)
    _tell_after(done, quiet)


def _tell_before(grid: Grid, found: Sequence[Surveyed], jobs: int, quiet: bool = False) -> None:
    """Warnings and faults, and what the points will cost."""
    from qgl.cli.options import console_for
    from qgl.diagnostics.render import show
    from qgl.diagnostics.terminal import console as safe_console
    from qgl.sweeps.forecast import faults, table, total

    console = safe_console(stderr=True, highlight=False, soft_wrap=True)
    if not quiet:
        show({(w.code, w.message): w for one in found for w in one.warnings}.values())
    for wrong, folders in faults(found):
        console.print(f"at {', '.join(folders)}:")
        show(wrong)
    if not quiet:
        shown = table(found, grid.swept or tuple(grid.values))
        console_for(shown, stderr=True).print(shown)
        console.print(total(found, jobs))


def _tell_after(done: Sweep, quiet: bool) -> None:
    """The table, and how to go on after an interruption."""
    from qgl.cli.options import console_for
    from qgl.sweeps.pool import FAILED
    from qgl.sweeps.results import table

    if not quiet:
        shown = table(done.title, done.results, done.swept or tuple(done.results[0].point.constants))
        console_for(shown).print(shown)
    failed = [result for result in done.results if result.status == FAILED]
    for result in failed:
        typer.echo(f"{result.point.folder} failed: {result.message}", err=True)
    if done.interrupted:
        typer.echo(f"stopped and saved; go on with\n  qglc sweep --resume {done.path}", err=True)
        raise typer.Exit(130)
    if not quiet:
        typer.echo(f"the sweep is in {done.path}")
    if failed:
        raise typer.Exit(1)
