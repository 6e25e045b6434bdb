"""A discrepancy as it was trained, and as strings that are drawn show it.

Source: "train on classical, deploy on quantum" and its discrepancy where answers are truncated, arXiv 2511.01845.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import TooLarge
from qgl.evaluate.distributions import Real
from qgl.evaluate.row import Row
from qgl.evaluate.sampled import Counts, evaluate_counts
from qgl.objectives.model import Setting
from qgl.program.calls.reports import Deployment


def deployment(
    call: Deployment, trained: Row, draw: Callable[[int], tuple[Any, Real]], setting: Setting
) -> Iterator[Row]:
    """Both rows; that of the strings says how far it is from the other, and is without a value where none can be drawn.

    Args:
        call: the report.
        trained: the discrepancy by the method that answers the objective.
        draw: distinct strings of so many of the model, shape (D, n), and how often each came, shape (D,).
        setting: the data of the program.
    """
    yield replace(trained, name=f"{trained.name}, as trained")
    name = f"{trained.name}, from {call.shots:,} strings"
    try:
        counts = Counts.counted(*draw(call.shots), seed=0)
    except QglError as error:
        (fault,) = error.diagnostics[:1]
        if not isinstance(fault, TooLarge):
            raise
        yield Row(name, None, note=f"{name}: {fault.message}; a machine draws them: `qglc run`")
        return
    (row,) = evaluate_counts([call], setting, counts)
    yield replace(row, name=name, note=_apart(name, trained, row))


def _apart(name: str, trained: Row, drawn: Row) -> str:
    """How far the two are from each other."""
    if trained.value is None or drawn.value is None or not drawn.error:
        return drawn.note
    deviations = abs(drawn.value - trained.value) / drawn.error
    return f"{name}: {deviations:.1f} standard errors from what was trained"
