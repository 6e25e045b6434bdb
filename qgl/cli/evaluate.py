"""`qglc evaluate`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qgl.cli.options import console_for, trained
from qgl.cli.waiting import Waiting

if TYPE_CHECKING:
    from qgl.diagnostics.model import Diagnostic
    from qgl.evaluate.distributions import Drawn
    from qgl.jobs.compare import Compared, Comparison
    from qgl.jobs.store import JobFolder
    from qgl.model import Model
    from qgl.runs.run import Run


class EvaluationFormat(StrEnum):
    TABLE = "table"
    JSON = "json"


def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
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

    If the run has jobs that are done (`qglc run`), the machine's strings are measured too, beside those of the model
    and the data, and the gap between model and machine is named. `machine.png` in the job's folder shows them. A job
    that is damaged is named, the others are measured, and the exit status is 1.

    \b
    Examples:
      qglc evaluate runs/bars-2026-01-31-1
      qglc evaluate runs/bars-2026-01-31-1 --samples 10000
      qglc evaluate runs/bars-2026-01-31-1 --format json
    """
    from qgl.baselines import distributions, fitted
    from qgl.report.report import measure, metrics_table, reports_of
    from qgl.train import compilation_cache

    compilation_cache.switch_on()
    found_run, model = trained(run)
    reports, baselines = reports_of(model.program), fitted(model.program)
    with Waiting("measuring"):
        if samples is None:
            rows = measure(model, found_run.params, reports, baselines)
        else:
            from qgl.evaluate import evaluate_samples, in_chunks
            from qgl.objectives import Setting

            drawn = in_chunks.sample(model, found_run.params, samples, seed)
            rows = evaluate_samples(reports, Setting.of(model.program), drawn, seed, distributions(baselines))
    beside = distributions(baselines) if model.program.baselines else None
    faults: list[Diagnostic] = []
    comparisons = list(_jobs(run, model, found_run, seed, beside, not no_pictures, faults))
    if output is EvaluationFormat.JSON:
        from qgl.diagnostics.terminal import json_text
        from qgl.jobs.tables import facts

        known = {"run": str(run), "status": found_run.status, "steps": found_run.steps, "samples": samples}
        known |= {"metrics": [asdict(row) for row in rows], "baselines": [each.facts for each in baselines]}
        known |= {"jobs": [facts(each) for each in comparisons]}
        typer.echo(json_text(known))
    else:
        from qgl.jobs.tables import tables

        shown = [metrics_table(run.name, rows, baselines), *(table for each in comparisons for table in tables(each))]
        console_for(*shown).print(*shown, sep="\n")
    if faults:
        raise typer.Exit(1)


def _jobs(
    folder: Path,
    model: Model,
    run: Run,
    seed: int,
    baselines: Mapping[str, Drawn] | None,
    pictures: bool,
    faults: list[Diagnostic],
) -> Iterator[Comparison]:
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

    jobs, unread = store.jobs_of(folder)
    faults += unread
    show_faults(tuple(unread))
    for job in jobs:
        if job.job.state != "done":
            typer.echo(f"job {job.job.id} is left out: {show.status(job)}", err=True)
            continue
        try:
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
