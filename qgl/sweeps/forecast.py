"""What is told of a sweep before it is trained: sizes and predicted costs of every point, and of all together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.size import amount
from qgl.report.display import duration
from qgl.sweeps.grid import label
from qgl.sweeps.survey import Surveyed

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_COLUMNS = ("qubits", "operations", "trained", "steps", "seeds", "simulated by", "memory", "time")


def table(found: Sequence[Surveyed], swept: Sequence[str]) -> Table:
    """A line a point, for a terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    shown = Table(box=SIMPLE_HEAD, caption_justify="left")
    for name in (*swept, *_COLUMNS):
        shown.add_column(name, justify="left" if name in (*swept, "simulated by") else "right", no_wrap=True)
    for one in found:
        own = [label(one.point.constants, [name]).partition("=")[2] for name in swept]
        shown.add_row(*own, *_cells(one))
    shown.caption = "time and memory are rough; memory is of the whole process, and in time compilation is not counted"
    return shown


def _cells(one: Surveyed) -> tuple[str | Text, ...]:
    from rich.text import Text

    if one.faults:
        return ("", "", "", "", "", Text("at fault", "red"), "", "")
    time = "by shots" if one.seconds is None else _roughly(one.seconds)
    counts = (one.qubits, one.operations, one.trained, one.steps, one.seeds)
    return (*(f"{count:,}" for count in counts), one.method, amount(one.memory), time)


def total(found: Sequence[Surveyed], jobs: int) -> str:
    """`10 points, 2 at a time: about 12 min, compilation not counted`."""
    able = [one for one in found if not one.faults]
    points = f"{len(able)} point{'s' * (len(able) != 1)}, {jobs} at a time"
    seconds = [one.seconds for one in able]
    known = [second for second in seconds if second is not None]
    if len(known) < len(able):
        return f"{points}; how long they take is up to the engine"
    longest = max(known, default=0.0)
    return f"{points}: about {_roughly(max(longest, sum(known) / jobs))}, compilation not counted"


def _roughly(seconds: float) -> str:
    """Two digits are more than a prediction has."""
    return duration(seconds) if seconds >= 10 else f"{seconds:.1g} s"


def faults(found: Sequence[Surveyed]) -> list[tuple[tuple[Diagnostic, ...], list[str]]]:
    """What is wrong, each set of faults once, with the folders of the points that have it."""
    groups: dict[tuple[object, ...], tuple[tuple[Diagnostic, ...], list[str]]] = {}
    for one in found:
        if one.faults:
            key = tuple((fault.code, fault.message, fault.span and fault.span.start) for fault in one.faults)
            groups.setdefault(key, (one.faults, []))[1].append(one.point.folder)
    return list(groups.values())
