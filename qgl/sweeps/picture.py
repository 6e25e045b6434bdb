"""The picture of a sweep: every figure against the first constant that is a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qgl.report.pictures import CYCLE, blank_figure, verbatim
from qgl.sweeps.grid import label
from qgl.sweeps.pool import FINISHED
from qgl.sweeps.results import LOSS, Result, Spread, columns
from qgl.syntax.literals import Value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST = 5  # figures that are drawn
_LINES = 12  # that have names in a legend
_DECADES = 30  # an axis is logarithmic where values span more than this factor


def is_worth(results: Sequence[Result], swept: Sequence[str]) -> bool:
    """Whether there is something to draw: two points came to an end, and something was swept."""
    return sum(result.status == FINISHED for result in results) >= 2 and bool(swept)


def draw(title: str, results: Sequence[Result], swept: Sequence[str], unit: str = "") -> Figure:
    """A panel a figure, a line of medians with a band from least to largest; colours are the other constants."""
    finished = [result for result in results if result.status == FINISHED]
    across = next((name for name in swept if all(_is_number(r.point.constants[name]) for r in results)), swept[0])
    places = _places([result.point.constants[across] for result in results])
    others = [name for name in swept if name != across]
    lines: dict[str, list[Result]] = {}
    for result in finished:
        lines.setdefault(label(result.point.constants, others), []).append(result)
    names = columns(finished)[:_MOST]
    figure, axes = blank_figure(len(names), (6.4, 1.2 + 2.2 * len(names)))
    for axis, name in zip(axes, names, strict=True):
        for number, (wording, members) in enumerate(lines.items()):
            points = [(places[str(r.point.constants[across])], r.figures[name]) for r in members if name in r.figures]
            _line(axis, sorted(points, key=lambda pair: pair[0]), CYCLE[number % len(CYCLE)], wording)
        _scale(axis, name, finished)
        axis.set_ylabel(verbatim(f"{name} ({unit})" if unit and name == LOSS else name))
    _across(axes[-1], across, places)
    axes[0].set_title(verbatim(title), loc="left")
    if 1 < len(lines) <= _LINES:
        axes[0].legend(frameon=False, fontsize=8)
    return figure


def _places(values: Sequence[Value]) -> dict[str, float]:
    """Where each value stands: numbers where they are, other values in a row."""
    if all(_is_number(value) for value in values):
        return {str(value): float(value) for value in values if isinstance(value, int | float)}
    return {text: float(place) for place, text in enumerate(dict.fromkeys(map(str, values)))}


def _across(axis: Any, name: str, places: dict[str, float]) -> None:
    """The axis of the constant."""
    axis.set_xlabel(verbatim(name))
    low, high = min(places.values()), max(places.values())
    if low > 0 and high > _DECADES * low:
        axis.set_xscale("log")
    elif len(places) <= 20:
        axis.set_xticks(list(places.values()), [verbatim(text) for text in places])


def _line(axis: Any, found: Sequence[tuple[float, Spread]], colour: str, wording: str) -> None:
    axis.plot(
        [x for x, _ in found], [s.median for _, s in found], "o-", color=colour, lw=1.6, ms=4, label=verbatim(wording)
    )
    band = [(x, s.low, s.high) for x, s in found if s.low is not None]
    if band:
        axis.fill_between(*zip(*band, strict=True), color=colour, alpha=0.18, lw=0)


def _scale(axis: Any, name: str, results: Sequence[Result]) -> None:
    spreads = [result.figures[name] for result in results if name in result.figures]
    ends = [end for s in spreads for end in (s.median, s.low, s.high) if end is not None]
    finite = np.array(ends)
    if finite.size and finite.min() > 0 and finite.max() > _DECADES * finite.min():
        axis.set_yscale("log")


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
