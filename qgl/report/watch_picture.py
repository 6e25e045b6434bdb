"""A picture of what was watched: the loss and the reports against the step, median and range over seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qgl.program.calls.reports import REPORTS, Generalisation, ValidRate
from qgl.report.pictures import CYCLE, GREY, blank_figure, rescale, verbatim
from qgl.runs.history import History
from qgl.runs.watched import Watched

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHARES = [each.called for each in REPORTS.classes if issubclass(each, Generalisation | ValidRate)]
_PARTS = "part of strings"  # the axis of reports that lie between 0 and 1


def watch_curves(
    history: History, watched: Watched, *, title: str, loss: str, unit: str = "", best: NDArray[np.int64] | None = None
) -> Figure:
    """The loss, on one axis with reports of its own name, so that overfitting is seen; others below, an axis a kind.

    Args:
        loss: what the loss is, such as `nll(seen)`.
        unit: what it is counted in, such as "nats".
        best: the step of each seed's best measurement, if training went by one.
    """
    kind = loss.partition("(")[0]
    groups: dict[str, list[str]] = {kind: []}
    for name in watched.values:
        own = name.partition("(")[0]
        groups.setdefault(_PARTS if own in _SHARES else own, []).append(name)
    figure, axes = blank_figure(
        len(groups), (8.4, 3.4 + 2.0 * (len(groups) - 1)), heights=[2.0] + [1.3] * (len(groups) - 1)
    )
    for axis, (group, names) in zip(axes, groups.items(), strict=True):
        colours = iter(CYCLE * (1 + len(names)))
        drawn = []
        if group == kind:
            _band(axis, np.arange(history.steps), history.loss, next(colours), f"loss, {loss}")
            drawn.append(history.loss)
        for name in names:
            _band(axis, watched.steps, watched.values[name], next(colours), name)
            drawn.append(watched.values[name])
        if group == _PARTS:
            axis.set_ylim(-0.03, 1.03)
        else:
            rescale(axis, np.concatenate([values.ravel() for values in drawn]))
        axis.set_ylabel(verbatim(f"{group} ({unit})" if group == kind and unit else group))
        if axis is not axes[0]:
            axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
    for number, step in enumerate(np.unique(best) if best is not None else ()):
        if step >= 0:
            label = "best measurement of a seed" if number == 0 else None
            axes[0].axvline(step, color=GREY, lw=0.8, ls=":", label=label)
    axes[0].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
    axes[0].set_title(verbatim(title), loc="left")
    axes[-1].set_xlabel("step")
    return figure


def _band(axis: Axes, steps: NDArray[Any], values: NDArray[np.float64], colour: str, label: str) -> None:
    """The median over seeds, and their range; shape (steps, seeds)."""
    known = np.isfinite(values).any(axis=1)
    steps, values = steps[known], values[known]
    if not len(steps):
        return
    axis.plot(steps, np.nanmedian(values, axis=1), color=colour, lw=1.5, label=verbatim(label))
    if values.shape[1] > 1:
        low, high = np.nanmin(values, axis=1), np.nanmax(values, axis=1)
        axis.fill_between(steps, low, high, color=colour, alpha=0.18, lw=0)
