"""The reports of every seed of a run, for their median and range."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from qgl.evaluate import Row
from qgl.model import Model
from qgl.program.calls.reports import ReportCall
from qgl.report.report import measure, plain
from qgl.runs.run import Run

SECONDS = 60.0  # for seeds beyond the best; those that are not reached are left out, and the report says so


def with_seeds(model: Model, run: Run, calls: Sequence[ReportCall], best: Sequence[Row]) -> list[dict[str, Any]]:
    """The `metrics` of a report: each row of the best seed as plain data, with what the other seeds have.

    `seeds` is a list with the value of each seed in order (None where it is not finite, has none, or was not measured),
    `median`, `low` and `high` are over those that have one. A run of one seed has only that.
    """
    rows = [asdict(row) for row in best]
    values: list[list[float | None]] = [[None] * len(run.losses) for _ in rows]
    begun, left_out = time.monotonic(), 0
    order = sorted(range(len(run.losses)), key=lambda seed: seed != run.best_seed)
    for seed in order if rows else ():
        if seed == run.best_seed:
            measured: Sequence[Row] = best
        elif time.monotonic() - begun > SECONDS:
            left_out += 1
            continue
        else:
            params = {name: value[seed] for name, value in run.all_params.items()}
            measured = measure(model, params, calls, bare=True)
        for place, row in enumerate(measured):
            values[place][seed] = None if row.value is None else plain(row.value)
    for row_, each in zip(rows, values, strict=True):
        known = [value for value in each if value is not None]
        row_["seeds"] = each
        row_["median"] = statistics.median(known) if known else None
        row_["low"], row_["high"] = (min(known), max(known)) if known else (None, None)
        if left_out:
            more = f"median and range leave out {left_out} of {len(run.losses)} seeds: they took too long to measure"
            row_["note"] = "; ".join(part for part in (row_["note"], more) if part)
    return rows
