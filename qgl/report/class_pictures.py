"""Pictures of labelled data, a row a class: rows beside strings of the model under the label, or their marginals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import indices
from qgl.check.declarations.categories import Columns
from qgl.evaluate import in_chunks
from qgl.evaluate.correlations import names_and_centres
from qgl.evaluate.table.classes import classes
from qgl.model import Model
from qgl.objectives import Setting
from qgl.program.program import DataSet
from qgl.report.pictures import BLUE, ORANGE, STYLE, show_pixels, verbatim
from qgl.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CLASSES, _EACH, _VARIABLES = 12, 6, 6
_SAMPLES = 500


@dataclass(frozen=True, eq=False)
class ClassRows:
    """Strings of one class: drawn of the data by their weights, and of the model under the label, shape (count, n)."""

    given: str
    data: NDArray[np.uint8]
    model: NDArray[np.uint8]


def drawn_by_class(model: Model, run: Run, data: DataSet, seed: int) -> list[ClassRows]:
    """As many strings of the data and of the model for each of the first classes of labelled data."""
    drawn = []
    for one in classes(data, Setting.of(model.program))[:_CLASSES]:
        own, random = one.setting.data[data.name], np.random.default_rng([seed, one.number])
        rows = own.rows[random.choice(len(own.rows), size=_SAMPLES, p=own.weights)]
        strings = in_chunks.sample(model, run.params, _SAMPLES, seed, one.condition)
        drawn.append(ClassRows(one.given, rows, strings))
    return drawn


def images_by_class(each: Sequence[ClassRows], shape: tuple[int, int], places: list[int]) -> Figure:
    """Pictures, a one being dark: a row a class, of the data on the left and of the model on the right."""
    from matplotlib.figure import Figure

    size = (1.4 + 2 * _EACH * 0.62, 0.5 + len(each) * 0.62 * shape[0] / shape[1])
    figure = Figure(figsize=size, dpi=130, layout="constrained")
    halves: Any = figure.subfigures(1, 2, wspace=0.05)
    for half, name in zip(halves, ("data", "model"), strict=True):
        half.suptitle(name, fontsize=12)
        for axes, one in zip(half.subplots(len(each), _EACH, squeeze=False), each, strict=True):
            for axis, row in zip(axes, one.data if name == "data" else one.model, strict=False):
                show_pixels(axis, row, shape, places)
            if name == "data":
                label = verbatim(one.given.partition(" = ")[2])
                axes[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=10)
    return figure


def marginals_by_class(each: Sequence[ClassRows], data: DataSet, columns: Columns) -> Figure:
    """How often each value of a variable comes, under data and model: a row a class, a column a variable; of bits how
    often each is one, all in one column.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    names, centres = names_and_centres(data, len(columns))
    bits = not centres and all(column == (2, 1) for column in columns)
    shown = 1 if bits else min(len(columns), _VARIABLES)
    with rc_context(STYLE):
        wide = 6.4 if bits else 1.0 + 2.4 * shown
        figure = Figure(figsize=(wide, 0.9 + 1.3 * len(each)), layout="constrained")
        axes: Any = figure.subplots(len(each), shown, squeeze=False, sharex="col", sharey="col")
    starts = np.cumsum([0, *(width for _, width in columns)]).tolist()
    for row, one in zip(axes, each, strict=True):
        row[0].set_ylabel(verbatim(one.given.partition(" = ")[2]), rotation=0, ha="right", va="center")
        for k, axis in enumerate(row):
            if bits:
                _bars(axis, np.arange(len(columns)), *(rows.mean(axis=0) for rows in (one.data, one.model)))
                axis.xaxis.get_major_locator().set_params(integer=True)
                continue
            _bars(axis, centres[k] if centres else np.arange(columns[k][0]), *_shares(one, starts[k], *columns[k]))
    for k, axis in enumerate(axes[-1]):
        axis.set_xlabel("bit" if bits else verbatim(names[k].strip("`")))
    what = "how often a bit is one" if bits else "how often a value comes"
    handles, names_of = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names_of, title=what, loc="outside upper center", ncols=2, frameon=False, fontsize=9)
    return figure


def _shares(one: ClassRows, start: int, values: int, bits: int) -> list[NDArray[np.float64]]:
    """How often each value of a variable comes, under data and model."""
    codes = (indices(rows[:, start : start + bits]) for rows in (one.data, one.model))
    return [np.bincount(each, minlength=2**bits)[:values] / _SAMPLES for each in codes]


def _bars(axis: Axes, places: NDArray[Any], data: NDArray[np.float64], model: NDArray[np.float64]) -> None:
    gaps = np.diff(places)
    width = float(gaps[gaps > 0].min()) * 0.4 if (gaps > 0).any() else 0.4
    axis.bar(places - width / 2, data, width=width, color=BLUE, label="data")
    axis.bar(places + width / 2, model, width=width, color=ORANGE, label="model")
    axis.set_yticks([])
