"""Columns of numbers, of the data beside those of a model: each by itself, its quantiles, and every two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qgl.report.pictures import BLUE, GREY, ORANGE, STYLE, verbatim

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Real = NDArray[np.float64]
_COLUMNS, _ROWS, _BINS = 6, 800, 24


def columns(names: tuple[str, ...], data: Real, model: Real) -> Figure:
    """A square of the first columns, at most six: histograms on the diagonal, every two columns of the data below it
    and of the model above it, with their correlations; and below the square, quantiles of the model against those of
    the data.

    Args:
        names: of the columns; none: they are numbered.
        data, model: rows of numbers, shape (rows, columns).
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    count = min(data.shape[1], _COLUMNS)
    shown = [verbatim(name) for name in names[:count]] or [f"column {k}" for k in range(count)]
    with rc_context(STYLE):
        figure = Figure(figsize=(1.2 + 1.9 * count, 1.2 + 1.9 * (count + 1)), layout="constrained")
        axes: Any = figure.subplots(count + 1, count, squeeze=False)
    for row in range(count):
        for column in range(count):
            axis = axes[row, column]
            if row == column:
                _histograms(axis, data[:, row], model[:, row])
            else:
                _scatter(axis, *((data, BLUE) if row > column else (model, ORANGE)), column, row)
            if column == 0:
                axis.set_ylabel(shown[row])
    for column in range(count):
        _quantiles(axes[count, column], data[:, column], model[:, column])
        axes[count, column].set_xlabel(shown[column])
    axes[count, 0].set_ylabel("quantiles of the model")
    axes[0, 0].legend(frameon=False, fontsize=8)
    figure.suptitle("data on and below the diagonal, the model on and above it; last row: quantiles", fontsize=10)
    return figure


def _histograms(axis: Axes, data: Real, model: Real) -> None:
    both = np.concatenate([data, model])
    edges = np.linspace(both.min(), both.max() + (both.max() == both.min()), _BINS + 1)
    for values, colour, label in ((model, ORANGE, "model"), (data, BLUE, "data")):
        heights, _ = np.histogram(values, edges, density=True)
        axis.stairs(heights, edges, color=colour, fill=colour == ORANGE, alpha=0.85, lw=1.3, label=label)
    axis.set_yticks([])


def _scatter(axis: Axes, rows: Real, colour: str, column: int, row: int) -> None:
    axis.scatter(rows[:_ROWS, column], rows[:_ROWS, row], s=4, color=colour, alpha=0.5, lw=0)
    x, y = rows[:, column], rows[:, row]
    spread = x.std() * y.std()
    if spread > 0:
        axis.set_title(f"{float(((x - x.mean()) * (y - y.mean())).mean() / spread):.2f}", fontsize=9, loc="right")


def _quantiles(axis: Axes, data: Real, model: Real) -> None:
    shares = np.arange(1, 100) / 100
    ideal, found = np.quantile(data, shares), np.quantile(model, shares)
    ends = [float(ideal[0]), float(ideal[-1])]
    axis.plot(ends, ends, color=GREY, lw=1)
    axis.plot(ideal, found, ".", ms=3, color=BLUE)
