"""Runs, plans, sweeps, jobs and diagnostics as HTML, all of it escaped: texts and pictures of a run come from files."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.terminal import console

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console

    from qgl.jobs.store import JobFolder
    from qgl.plan.model import Plan
    from qgl.runs.run import Run
    from qgl.sweeps.sweep import Sweep

COLUMNS = 110  # of a table
_PICTURES = ("loss.png", "watch.png", "samples.png", "classes.png", "pictures.png")
_PRE = "<pre style='white-space:pre;overflow-x:auto;line-height:1.25;font-family:monospace'>{code}</pre>"


def as_html(tell: Callable[[Console], None]) -> str:
    """What `tell` prints to a console, as one block of HTML."""
    recorded = console(file=io.StringIO(), record=True, width=COLUMNS, highlight=False, force_jupyter=False)
    tell(recorded)
    return recorded.export_html(inline_styles=True, code_format=_PRE)


def diagnostics(faults: Iterable[Diagnostic]) -> str:
    """Faults with the place underlined."""
    from qgl.diagnostics.render import to_text

    return f"<pre style='white-space:pre;overflow-x:auto'>{escape(to_text(faults))}</pre>"


def run(shown: Run) -> str:
    """The report of a run, its loss and, from its folder, its other pictures."""
    from qgl.report import report
    from qgl.runs.files.plain import picture

    told = report.table(shown.report) if shown.report else repr(shown)
    text = as_html(lambda console: console.print(told))
    if shown.path is None:
        return text + _image(shown.plot("loss"))
    drawn = [content for content in (picture(shown.path / name) for name in _PICTURES) if content]
    return text + ("".join(map(_embedded, drawn)) or _image(shown.plot("loss")))


def plan(shown: Plan) -> str:
    """Every query of a plan with the methods that can answer it."""
    from qgl.cli.explain import show_rows

    return as_html(lambda console: show_rows(console, shown.rows))


def sweep(shown: Sweep) -> str:
    """The points of a sweep."""
    from qgl.sweeps import results

    return as_html(lambda console: console.print(results.table(shown.title, shown.results, shown.swept)))


def job(shown: JobFolder) -> str:
    """How far a job is, and what it takes."""
    from qgl.jobs import show

    return as_html(lambda console: console.print("\n".join(show.lines([shown]))))


SHOWN: dict[tuple[str, str], Callable[[Any], str]] = {
    ("qgl.runs.run", "Run"): run,
    ("qgl.plan.model", "Plan"): plan,
    ("qgl.sweeps.sweep", "Sweep"): sweep,
    ("qgl.jobs.store", "JobFolder"): job,
}


def register(formatter: Any) -> None:
    """Tells IPython's formatter of HTML how our objects are shown; none of their modules is loaded for it."""
    for (module, name), function in SHOWN.items():
        formatter.for_type_by_name(module, name, function)


def _image(figure: Figure) -> str:
    from qgl.report.pictures import png

    return _embedded(png(figure))


def _embedded(content: bytes) -> str:
    encoded = base64.b64encode(content).decode()
    return f"<img style='max-width:100%' src='data:image/png;base64,{encoded}'>"
