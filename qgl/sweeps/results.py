"""What the points of a sweep came to: medians and ranges over seeds, as a table, Markdown and CSV."""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgl.report.display import duration, number
from qgl.runs.run import report_of
from qgl.sweeps.grid import Point
from qgl.sweeps.pool import FAILED, FINISHED
from qgl.syntax.literals import Value, written

if TYPE_CHECKING:
    from rich.table import Table

LOSS = "loss"
_LEGEND = "median over seeds [least, largest]; * the lowest median loss"
OF_BEST_SEEDS = (
    "loss: median over seeds [least, largest]; all else of the best seed, measured now; * the lowest median loss"
)


@dataclass(frozen=True)
class Spread:
    """A quantity over seeds; those without a finite value are left out. `low` and `high` are None of one value."""

    median: float
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, values: Sequence[float | None]) -> Spread | None:
        finite = [value for value in values if value is not None and math.isfinite(value)]
        if not finite:
            return None
        ends = (min(finite), max(finite)) if len(values) > 1 else (None, None)
        return cls(statistics.median(finite), *ends)

    def __str__(self) -> str:
        span = "" if self.low is None or self.high is None else f" [{number(self.low)}, {number(self.high)}]"
        return number(self.median) + span


@dataclass(frozen=True)
class Result:
    """What became of a point: `status` is finished, failed, interrupted or waiting, and `message` why it failed.

    figures  the loss and every report, by name
    units    of the figures that have one
    """

    point: Point
    status: str
    message: str = ""
    steps: int = 0
    seconds: float = 0.0
    seeds: int = 0
    figures: dict[str, Spread] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, point: Point, status: str, message: str, run: Path) -> Result:
        """Of a point whose run is in the folder `run`, if it came so far."""
        if status != FINISHED:
            return cls(point, status, message)
        report = report_of(run)
        figures = {LOSS: Spread.of(report["loss_of_seeds"])}
        of_all = [metric for metric in report["metrics"] if not metric.get("given")]  # not of one class by itself
        for metric in of_all:
            figures[metric["name"]] = Spread.of(metric.get("seeds") or [metric["value"]])
        known = {name: spread for name, spread in figures.items() if spread is not None}
        units = {metric["name"]: metric["unit"] for metric in of_all if metric["unit"]}
        return cls(point, status, message, report["steps"], report["seconds"], report["seeds"], known, units)

    def measured_by(self, values: Mapping[str, tuple[float | None, str]]) -> Result:
        """With its loss and these figures, by name with their units, in place of what the end of training measured."""
        figures = {name: Spread.of([value]) for name, (value, _) in values.items()}
        known = {name: spread for name, spread in figures.items() if spread is not None}
        loss = {LOSS: self.figures[LOSS]} if LOSS in self.figures else {}
        return replace(self, figures=loss | known, units={name: unit for name, (_, unit) in values.items() if unit})


def columns(results: Sequence[Result]) -> tuple[str, ...]:
    """The names of all figures, the loss first."""
    return tuple(dict.fromkeys([LOSS, *(name for result in results for name in result.figures)]))


def header(results: Sequence[Result], swept: Sequence[str]) -> list[str]:
    units = {name: unit for result in results for name, unit in result.units.items()}
    names = [f"{name} ({units[name]})" if name in units else name for name in columns(results)]
    return [*swept, "steps", "time", *names]


def best(results: Sequence[Result]) -> Result | None:
    """The finished point of the lowest median loss; None if none has one. Losses of other data are other losses."""
    finished = [result for result in results if result.status == FINISHED and LOSS in result.figures]
    return min(finished, key=lambda result: result.figures[LOSS].median, default=None)


def rows(results: Sequence[Result], swept: Sequence[str]) -> Iterator[list[str]]:
    lowest = best(results) if len(results) > 1 else None
    for result in results:
        own = [_shown(result.point.constants[name]) for name in swept]
        if result.status != FINISHED:
            yield [*own, result.status, "", *[""] * len(columns(results))]
            continue
        figures = [str(result.figures[name]) if name in result.figures else "-" for name in columns(results)]
        if result is lowest:
            figures[0] += " *"  # the loss comes first
        yield [*own, str(result.steps), duration(result.seconds), *figures]


def table(title: str, results: Sequence[Result], swept: Sequence[str], legend: str = _LEGEND) -> Table:
    """For a terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", caption_justify="left")
    for name in header(results, swept):
        shown.add_column(name, justify="left" if name in swept else "right", no_wrap=True)
    for row in rows(results, swept):
        shown.add_row(*row)
    shown.caption = Text(legend)
    return shown


def markdown(title: str, results: Sequence[Result], swept: Sequence[str], picture: str | None) -> str:
    """A page of Markdown."""
    names = header(results, swept)
    lines = [
        f"# {title}",
        "",
        f"| {' | '.join(names)} |",
        "|---" * len(swept) + "|---:" * (len(names) - len(swept)) + "|",
    ]
    lines += [f"| {' | '.join(row)} |" for row in rows(results, swept)]
    lines += ["", f"{_LEGEND.capitalize()}.", ""]
    for result in results:
        if result.status == FAILED:
            lines += [
                f"{result.point.folder} failed:",
                "",
                *(f"    {line}" for line in result.message.splitlines()),
                "",
            ]
    if picture is not None:
        lines += [f"![{title}]({picture})", ""]
    return "\n".join(lines)


def as_csv(results: Sequence[Result], constants: Sequence[str]) -> str:
    """A line a point; three columns a figure: median, least, largest."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = columns(results)
    parts = [f"{name} {part}" for name in names for part in ("median", "min", "max")]
    writer.writerow([*constants, "status", "steps", "seconds", "seeds", *parts])
    for result in results:
        own = [_shown(result.point.constants[name]) for name in constants]
        values: list[Any] = []
        for name in names:
            spread = result.figures.get(name)
            values += ["", "", ""] if spread is None else [spread.median, spread.low, spread.high]
        writer.writerow([*own, result.status, result.steps, result.seconds, result.seeds, *values])
    return stream.getvalue()


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else written(value)
