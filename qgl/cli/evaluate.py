"""`qglc evaluate`."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


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
) -> None:
    """Measure a trained model by the reports of its program, beside a floor and baselines.

    A program without reports is measured by kl, tv and moments of the data of its objective; beyond 24 bits by nll and
    moments.

    \b
    Examples:
      qglc evaluate runs/bars-2026-01-31-1
      qglc evaluate runs/bars-2026-01-31-1 --samples 10000
      qglc evaluate runs/bars-2026-01-31-1 --format json
    """
    from qgl.train import compilation_cache
    from qgl.train.reload import model_of
    from qgl.train.report import measure, metrics_table, reports_of
    from qgl.train.run import Run

    compilation_cache.switch_on()
    trained, model = Run.load(run), model_of(run)
    reports = reports_of(model.program)
    if samples is None:
        rows = measure(model, trained.params, reports)
    else:
        from qgl.evaluate import evaluate_samples, in_chunks
        from qgl.objectives import Setting

        drawn = in_chunks.sample(model, trained.params, samples, seed)
        rows = evaluate_samples(reports, Setting.of(model.program), drawn, seed)
    if output is EvaluationFormat.JSON:
        facts = {"run": str(run), "status": trained.status, "steps": trained.steps, "samples": samples}
        typer.echo(json.dumps({**facts, "metrics": [asdict(row) for row in rows]}, indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    Console().print(metrics_table(run.name, rows))
