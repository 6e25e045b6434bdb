"""`qglc evaluate`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from qgl.cli.options import console_for, trained
from qgl.cli.waiting import Waiting

if TYPE_CHECKING:
    from rich.table import Table

    from qgl.baselines import Fitted
    from qgl.diagnostics.model import Diagnostic
    from qgl.evaluate import Row
    from qgl.jobs.compare import Compared, Comparison
    from qgl.jobs.output_numbers import OutputNumbers
    from qgl.jobs.store import JobFolder
    from qgl.model import Model
    from qgl.runs.run import Run


class EvaluationFormat(StrEnum):
    TABLE = "table"
    JSON = "json"


def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run, or of a sweep.")],
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples", metavar="N", min=2, max=10**8, help="Estimate from N samples, as hardware gives them."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Where randomness starts.")] = 0,
    output: Annotated[
        EvaluationFormat, typer.Option("--format", help="A table for people, JSON for programs.")
    ] = EvaluationFormat.TABLE,
    no_pictures: Annotated[bool, typer.Option("--no-pictures", help="Draw no machine.png of jobs.")] = False,
) -> None:
    """Measure a trained model by the reports of its program, beside a floor and baselines.

    A program without reports is measured by kl, tv and moments of the data of its objective; beyond 24 bits by nll and
    moments.

    Of a sweep, every finished point is measured, in one table; the best one, of the lowest median loss, is marked and
    shown beside floor and baselines as well.

    If the run has jobs that are done (`qglc run`), the machine's strings are measured too, beside those of the model
    and the data, and the gap between model and machine is named. `machine.png` in the job's folder shows them. A job
    that is damaged is named, the others are measured, and the exit status is 1.

    \b
    Examples:
      qglc evaluate runs/bars-2026-01-31-1
      qglc evaluate runs/bars-2026-01-31-1 --samples 10000
      qglc evaluate runs/bars-2026-01-31-1 --format json
      qglc evaluate runs/depths
    """
    from qgl.sweeps.folder import is_sweep
    from qgl.train.kept import compilation_cache

    compilation_cache.switch_on()
    how = _How(samples, seed, not no_pictures)
    facts, tables, faulty = _of_sweep(run, how) if is_sweep(run) else _of_run(run, how).shown
    if output is EvaluationFormat.JSON:
        from qgl.diagnostics.terminal import json_text

        typer.echo(json_text(facts))
    else:
        console_for(*tables).print(*tables, sep="\n")
    if faulty:
        raise typer.Exit(1)


class _How(NamedTuple):
    samples: int | None
    seed: int
    pictures: bool


class _Shown(NamedTuple):
    """What is told of a folder, for programs and for people; `faulty` if some of it could not be measured."""

    facts: dict[str, Any]
    tables: tuple[Table, ...]
    faulty: bool


class _Measured(NamedTuple):
    """A run that was measured: the rows of its reports, and what is told of it."""

    rows: Sequence[Row]
    shown: _Shown


def _of_run(folder: Path, how: _How) -> _Measured:
    """Measures a run, and its jobs.

    Raises:
        QglError: it is no run, or not one that can be asked.
    """
    from qgl.baselines import fitted
    from qgl.jobs import output_numbers as outputs
    from qgl.jobs import tables
    from qgl.report.report import measure, measure_samples, metrics_table, reports_of

    run, model = trained(folder)
    reports, baselines = reports_of(model.program), fitted(model.program)
    with Waiting("measuring"):
        if how.samples is None:
            rows = measure(model, run.params, reports, baselines)
        else:
            rows = measure_samples(model, run.params, reports, how.samples, how.seed, baselines)
    beside = baselines if model.program.baselines else ()
    faults: list[Diagnostic] = []
    comparisons = list(_jobs(folder, model, run, how.seed, beside, how.pictures, faults))
    known = {"run": str(folder), "status": run.status, "steps": run.steps, "samples": how.samples}
    known |= {"metrics": [asdict(row) for row in rows], "baselines": [each.facts for each in baselines]}
    known |= {
        "jobs": [
            outputs.facts(each) if isinstance(each, outputs.OutputNumbers) else tables.facts(each)
            for each in comparisons
        ]
    }
    shown = [
        table
        for each in comparisons
        for table in ([outputs.table(each)] if isinstance(each, outputs.OutputNumbers) else tables.tables(each))
    ]
    return _Measured(rows, _Shown(known, (metrics_table(folder.name, rows, baselines), *shown), bool(faults)))


def _of_sweep(folder: Path, how: _How) -> _Shown:
    """Measures every finished point of a sweep. One that cannot be measured is told of, and stops no other.

    Raises:
        QglError: the sweep is damaged, or no point of it is finished (QGL0944).
    """
    from qgl.diagnostics.model import QglError
    from qgl.diagnostics.render import show as show_faults
    from qgl.diagnostics.render import to_text
    from qgl.diagnostics.sweeps import NothingFinished
    from qgl.sweeps import results
    from qgl.sweeps.pool import FAILED, FINISHED
    from qgl.sweeps.sweep import Sweep

    sweep = Sweep.load(folder)
    if not any(result.status == FINISHED for result in sweep.results):
        raise QglError([NothingFinished(None, str(folder), len(sweep.results))])
    measured: dict[str, _Shown] = {}
    points, faulty = [], False
    for result in sweep.results:
        try:
            if result.status == FINISHED:
                rows, measured[result.point.folder] = _of_run(folder / result.point.folder, how)
                result = result.measured_by({row.name: (row.value, row.unit) for row in rows})
        except QglError as error:
            show_faults(error.diagnostics)
            result, faulty = replace(result, status=FAILED, message=to_text(error.diagnostics).strip()), True
        points.append(result)
    best = results.best(points)
    told = []
    for result in points:
        own = measured.get(result.point.folder)
        facts = own.facts if own else {"status": result.status, "message": result.message}
        told.append({"constants": result.point.constants, **facts})
    known = {"sweep": str(folder), "best": best and best.point.folder, "points": told}
    swept = sweep.swept or tuple(points[0].point.constants)
    shown = [results.table(f"{sweep.title}, measured", points, swept, results.OF_BEST_SEEDS)]
    if best is not None:
        shown += measured[best.point.folder].tables
    return _Shown(known, tuple(shown), faulty or any(own.faulty for own in measured.values()))


def _jobs(
    folder: Path,
    model: Model,
    run: Run,
    seed: int,
    baselines: Sequence[Fitted],
    pictures: bool,
    faults: list[Diagnostic],
) -> Iterator[Comparison | OutputNumbers]:
    """Comparisons of the jobs that are done. What cannot be read or drawn is said on standard error.

    faults: takes those of jobs that cannot be measured, so that the verb fails once it has shown the others.
    """
    from qgl.jobs import store

    if not store.folders(folder):
        return
    from qgl.diagnostics.model import QglError
    from qgl.diagnostics.render import show as show_faults
    from qgl.jobs import show
    from qgl.jobs.compare import Compared
    from qgl.jobs.draft import weights_hash
    from qgl.jobs.output_numbers import measured

    jobs, unread = store.jobs_of(folder)
    faults += unread
    show_faults(tuple(unread))
    for job in jobs:
        if job.job.state != "done":
            typer.echo(f"job {job.job.id} is left out: {show.status(job)}", err=True)
            continue
        try:
            if job.job.request.outputs:
                yield measured(job, model)
                continue
            compared = Compared(job, model, seed, baselines)
            comparison = compared.compared(weights_hash(run.params))
            if pictures:
                _draw(job, compared, comparison)
        except QglError as error:
            faults += error.diagnostics
            show_faults(error.diagnostics)
            continue
        yield comparison


def _draw(job: JobFolder, compared: Compared, found: Comparison) -> None:
    """`machine.png`; why there is none is said as a warning."""
    from qgl.diagnostics.render import show as show_faults
    from qgl.jobs.picture import machine
    from qgl.report.pictures import attempted

    failure = attempted(job.own / "machine.png", lambda: machine(compared, found))
    if failure is not None:
        show_faults((failure,))
