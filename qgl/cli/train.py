"""`qglc train`."""

from __future__ import annotations

import sys
import zipfile
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qgl.cli.options import SetOption, console_for, constants, open_file, tell_guesses, warn
from qgl.train.processes import Member, is_child, join, leave, supervise

if TYPE_CHECKING:
    from qgl.model import Model
    from qgl.runs.run import Run


class Precision(StrEnum):
    SINGLE = "single"
    DOUBLE = "double"


class Log(StrEnum):
    TENSORBOARD = "tensorboard"


@dataclass(frozen=True)
class _Options:
    """How a run is trained, whatever it is."""

    devices: int | None
    display: str
    pictures: bool
    log: str | None
    member: Member | None

    def train(self, model: Model, **what: Any) -> Run:
        from qgl.train.loop import command_line, train

        if self.member is not None:
            join(self.member)
        return train(
            model,
            **what,
            devices=self.devices,
            display=self.display,
            pictures=self.pictures,
            log=self.log,
            command=command_line(),
        )


def _member(coordinator: str | None, process: int | None, processes: int | None) -> Member | None:
    """The process that this one is of several; None if it is the only one."""
    given = {"--coordinator": coordinator, "--process": process, "--processes": processes}
    missing = [name for name, value in given.items() if value is None]
    if len(missing) == len(given):
        return None
    if coordinator is None or process is None or processes is None:
        raise typer.BadParameter(f"several processes also need {', '.join(missing)}")
    host, _, port = coordinator.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise typer.BadParameter(f"{coordinator} is not HOST:PORT", param_hint="--coordinator")
    if process >= processes:
        raise typer.BadParameter(f"of {processes} processes, the last is {processes - 1}", param_hint="--process")
    return Member(coordinator, process, processes)


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
    start: Annotated[
        Path | None,
        typer.Option(
            "--start",
            metavar="RUN|FILE",
            help="Begin with the parameters of a run, or with the arrays of an npz file by name.",
        ),
    ] = None,
    resume: Annotated[Path | None, typer.Option("--resume", metavar="DIR", help="Go on with a run.")] = None,
    devices: Annotated[
        int | None, typer.Option("--devices", min=1, max=4096, help="Devices that train together; of each process.")
    ] = None,
    coordinator: Annotated[
        str | None, typer.Option("--coordinator", metavar="HOST:PORT", help="Where several processes meet.")
    ] = None,
    process: Annotated[int | None, typer.Option("--process", min=0, help="This process, from 0.")] = None,
    processes: Annotated[int | None, typer.Option("--processes", min=1, help="Processes in all.")] = None,
    log: Annotated[
        Log | None, typer.Option("--log", help="Write the metrics into the folder for another program, too.")
    ] = None,
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
      qglc train bars.qgl --start runs/deep --steps 500
      qglc train bars.qgl --log tensorboard
      qglc train --resume runs/deep
      qglc train --resume runs/deep --steps 2000
      qglc train bars.qgl --devices 4
      qglc train bars.qgl --coordinator node0:7777 --process 0 --processes 2

    With several processes, each is started with the same program and options on a machine of its own, and process 0
    writes the folder.

    Exit status 130 if it was interrupted.
    """
    fresh_only = {"--out": out, "--set": settings, "--seed": seed, "--seeds": seeds, "--precision": precision}
    fresh_only["--start"] = start
    given = [name for name, value in fresh_only.items() if value not in (None, [])]
    if resume is not None and given:
        raise typer.BadParameter("a run goes on as it began; only --steps may change", param_hint=", ".join(given))
    if resume is None and file is None:
        raise typer.BadParameter("give a program, or a run to go on with by --resume", param_hint="FILE")
    member = _member(coordinator, process, processes)
    if member is not None and not is_child():
        raise typer.Exit(supervise(member, [sys.executable, "-P", "-m", "qgl.cli.member", *sys.argv[1:]]))
    from qgl.train.devices import ask_for
    from qgl.train.kept import compilation_cache

    compilation_cache.switch_on()
    ask_for(devices or 1)
    options = _Options(devices, "quiet" if quiet else "auto", not no_pictures, log, member)
    if resume is not None:
        run = _resume(resume, file, steps, options)
    else:
        changes = {"steps": steps, "seed": seed, "seeds": seeds}
        run = _begin(str(file), out, settings, changes, precision, start, options)
    if member is not None:
        leave()
    _tell(run, quiet or (member is not None and member.process > 0))


def _begin(
    file: str,
    out: Path | None,
    constant_settings: list[str] | None,
    changes: dict[str, Any],
    precision: str | None,
    start: Path | None,
    options: _Options,
) -> Run:
    from qgl.loading import loads
    from qgl.runs.folder import next_folder

    source, environment = open_file(file)
    model = loads(source, environment, precision=precision, **constants(constant_settings))
    warn(model.warnings)
    if options.display != "quiet":
        tell_guesses(model.program)
    settings = replace(model.program.train, **{name: value for name, value in changes.items() if value is not None})
    begun = None if start is None else _start(start, settings.seeds)
    if begun is not None:
        from qgl.train.opening import begun_with

        try:
            begun_with(model, begun, None, settings.seeds)
        except ValueError as error:
            raise typer.BadParameter(f"{start} does not fit the program: {error}", param_hint="--start") from None
    return options.train(model, settings=settings, out=out or next_folder(source.name), params=begun)


def _start(place: Path, seeds: int) -> dict[str, Any]:
    """The parameters of a run, of each seed where it has as many, else of its best; or the arrays of a file."""
    if place.is_dir():
        from qgl.runs.run import open_run

        run = open_run(place)
        return run.all_params if len(run.losses) == seeds else run.params
    import numpy as np

    try:
        with np.load(place, allow_pickle=False) as archive:
            return dict(archive)
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise typer.BadParameter(f"{place} is neither a run nor an npz file: {error}", param_hint="--start") from None


def _resume(folder: Path, file: str | None, steps: int | None, options: _Options) -> Run:
    from qgl.runs.reload import model_to_resume

    return options.train(model_to_resume(folder, file), resume=folder, steps=steps)


def _tell(run: Run, quiet: bool) -> None:
    """The report, or how to go on after an interruption."""
    if run.status == "interrupted":
        if not quiet:
            typer.echo(f"stopped at step {run.steps} and saved; go on with\n  qglc train --resume {run.path}", err=True)
        raise typer.Exit(130)
    if not quiet:
        from qgl.report.report import table

        shown = table(run.report)
        console_for(shown).print(shown)
        typer.echo(f"the run is in {run.path}")
