"""Pictures of a run: the course of the loss, data beside samples, moments of data and model.

Colours are those of Okabe and Ito, which readers with any colour vision can tell apart.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, indices
from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import PictureFailed
from qgl.diagnostics.terminal import one_line
from qgl.evaluate.metrics import sample_moments
from qgl.evaluate.pairs import Moments
from qgl.runs.files.atomic import put
from qgl.runs.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILION, PURPLE, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#8A8A8A"
CYCLE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE)
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.titlesize": 11,
    "figure.dpi": 130,
}
_PIXELS = 1000  # bits of a string that are shown
Distribution = tuple[NDArray[np.uint8], NDArray[np.float64]]  # strings (count, width) and their probabilities (count,)


def verbatim(text: str) -> str:
    """A text of a user's, such as the name of a file, which may be any bytes: its dollars begin no formula."""
    return one_line(text).replace("$", r"\$")


def attempted(path: Path, paint: Callable[[], Figure]) -> PictureFailed | None:
    """Draws a picture into a file of a run, sweep or job, or says why it could not: no number depends on a picture."""
    try:
        put(path, png(paint()))
    except Exception as error:  # of matplotlib and what it is given, of fonts, of the disk: each has kinds of its own
        faults = error.diagnostics if isinstance(error, QglError) else ()
        reason = "; ".join(fault.message for fault in faults) or f"{type(error).__name__}: {error}"
        return PictureFailed(None, str(path), " ".join(reason.split())[:300])
    return None


def png(figure: Figure) -> bytes:
    """The bytes of a figure as PNG, the same for the same figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": "qgl"}, facecolor="white")
    return buffer.getvalue()


def loss_curves(history: History, best: int, *, title: str, unit: str = "", floor: float | None = None) -> Figure:
    """Loss of every seed against the step, the best one foremost; terms and gradient norm of the best, if any, below.

    Args:
        unit: what the loss is counted in, such as "nats".
        floor: the least loss that any model can reach, drawn as a line.
    """
    several, sloped = len(history.terms) > 1, not np.isnan(history.gradient_norm).all()
    below = several + sloped
    figure, axes = blank_figure(1 + below, (6.4, 3.6 + 1.8 * below), heights=[2.4] + [1.3] * below)
    steps = np.arange(history.steps)
    top = axes[0]
    for seed in range(history.loss.shape[1]):
        if seed != best:
            top.plot(steps, history.loss[:, seed], color=GREY, lw=0.9, alpha=0.75)
    alone = history.loss.shape[1] == 1
    if not alone:
        top.plot([], [], color=GREY, lw=0.9, label="other seeds")
    top.plot(steps, history.loss[:, best], color=BLUE, lw=1.8, label="loss" if alone else f"best seed ({best})")
    shifted = floor if floor is not None and floor > 0 else None
    if shifted is not None:
        top.axhline(shifted, color=VERMILION, lw=1.2, ls="--", label=f"floor {shifted:.4g}")
    rescale(top, history.loss if shifted is None else np.append(history.loss, shifted))
    top.set_ylabel(f"loss ({unit})" if unit else "loss")
    top.set_title(verbatim(title), loc="left")
    top.legend(loc="upper right", frameon=False)
    if several:
        for colour, (name, values) in zip(CYCLE * len(history.terms), history.terms.items(), strict=False):
            axes[1].plot(steps, values[:, best], color=colour, lw=1.3, label=verbatim(name))
        rescale(axes[1], np.concatenate([values[:, best] for values in history.terms.values()]))
        axes[1].set_ylabel("terms")
        axes[1].legend(loc="upper right", frameon=False)
    if sloped:
        axes[-1].plot(steps, history.gradient_norm[:, best], color=GREEN, lw=1.1)
        rescale(axes[-1], history.gradient_norm[:, best])
        axes[-1].set_ylabel("gradient norm")
    axes[-1].set_xlabel("step")
    return figure


def images(data: NDArray[Any], model: NDArray[Any], shape: tuple[int, int], places: list[int]) -> Figure:
    """Rows of the data beside generated ones as small pictures, a one being dark.

    Args:
        data, model: strings, or numbers from 0 to 1, shape (count, width); at most 24 of each are shown.
        shape: rows and columns of a picture.
        places: for each bit, its pixel, counted row by row.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 0.6 + 4 * 0.6 * shape[0] / shape[1]), dpi=130, layout="constrained")
    halves: Any = figure.subfigures(1, 2, wspace=0.06)
    for half, (strings, name) in zip(halves, ((data, "data"), (model, "model")), strict=True):
        half.suptitle(name, fontsize=12)
        grid = half.subplots(4, 6, squeeze=False)
        for axis, row in zip(grid.flat, [*strings[:24], *[None] * 24], strict=False):
            show_pixels(axis, row, shape, places)
    return figure


def show_pixels(axis: Axes, row: NDArray[Any] | None, shape: tuple[int, int], places: list[int]) -> None:
    """One picture in axes of its own, as `images` has many; nothing where there is none."""
    axis.set_xticks([])
    axis.set_yticks([])
    if row is None:
        axis.set_axis_off()
        return
    pixels = np.zeros(shape[0] * shape[1])
    pixels[places] = row
    axis.imshow(pixels.reshape(shape), cmap="Greys", vmin=0, vmax=1.15, interpolation="nearest")
    for spine in axis.spines.values():
        spine.set_color("#B0B0B0")


def strings(data: NDArray[np.uint8], model: NDArray[np.uint8]) -> Figure:
    """Rows of the data above generated ones as one picture each, a string a line and a bit a pixel, a one being dark.

    Args:
        data, model: strings, shape (count, width); of longer ones, the first `_PIXELS` bits are shown.
    """
    figure, axes = blank_figure(2, (9.6, 4.2))
    width = data.shape[1]
    for axis, rows, name in zip(axes, (data, model), ("data", "model"), strict=True):
        axis.imshow(rows[:, :_PIXELS], cmap="Greys", vmin=0, vmax=1.15, interpolation="nearest", aspect="auto")
        axis.set_ylabel(name)
        axis.set_yticks([])
        axis.grid(False)
    axes[-1].set_xlabel("bit" if width <= _PIXELS else f"bit, the first {_PIXELS} of {width}")
    return figure


def histogram(data: Distribution, model: Distribution, *, most: int = 32, sampled: int | None = None) -> Figure:
    """Probabilities of the most likely strings under data and model, side by side.

    Args:
        sampled: the number of samples that the model's distribution is made of, for the legend; None if it is exact.
    """
    figure, (axis,) = blank_figure(1, (7.6, 3.9))
    strings, both = joined(data, model)
    order = np.argsort(-np.max(both, axis=0), kind="stable")[:most]
    order = order[np.argsort(-both[0, order], kind="stable")]
    place = np.arange(order.size)
    axis.bar(place - 0.2, both[0, order], width=0.4, color=BLUE, label="data")
    label = "model" if sampled is None else f"model ({sampled} samples)"
    axis.bar(place + 0.2, both[1, order], width=0.4, color=ORANGE, label=label)
    names = ["".join(str(bit) for bit in strings[k]) for k in order]
    short = len(names[0]) <= 20 if names else False
    axis.set_xticks(place, names if short else [str(k + 1) for k in place], rotation=90 if short else 0)
    if short:
        for tick in axis.get_xticklabels():
            tick.set_fontfamily("monospace")
            tick.set_fontsize(8)
    axis.grid(False, axis="x")
    axis.set_xlabel("bit string" if short else "bit string, most likely first")
    axis.set_ylabel("probability")
    shown = both[:, order].sum(axis=1)
    if len(strings) > most:
        axis.set_title(
            f"the {most} most likely of {len(strings)} strings ({shown[0]:.0%} of data, {shown[1]:.0%} of model)",
            loc="left",
        )
    axis.legend(loc="upper right", frameon=False)
    return figure


def numbers(data: Distribution, model: Distribution, *, sampled: int | None = None) -> Figure:
    """Probabilities of whole numbers under data and model, the first bit being the most significant one.

    Args:
        sampled: the number of samples that the model's distribution is made of, for the legend; None if it is exact.
    """
    figure, (axis,) = blank_figure(1, (7.6, 3.9))
    label = "model" if sampled is None else f"model ({sampled} samples)"
    for (rows, weights), colour, name in ((model, ORANGE, label), (data, BLUE, "data")):
        p = np.bincount(indices(rows), weights=weights, minlength=2 ** rows.shape[1])
        edges = np.arange(p.size + 1) - 0.5
        axis.stairs(p, edges, color=colour, fill=colour == ORANGE, alpha=0.85, lw=1.4, label=name)
    axis.set(xlabel="number", ylabel="probability", xlim=(-0.5, p.size - 0.5))
    axis.set_ylim(bottom=0)
    axis.legend(loc="upper right", frameon=False)
    return figure


def moments(data: Distribution, model: Distribution, chosen: Moments) -> Figure:
    """The chosen moments of the model against those of the data; on the diagonal they agree."""
    figure, (axis,) = blank_figure(1, (4.6, 4.6))
    both = [sample_moments(*distribution, chosen.positions) for distribution in (data, model)]
    scatter_moments(axis, both[0], both[1], data[0].shape[1], chosen.wording)
    axis.set(xlabel="moment of the data", ylabel="of the model")
    return figure


def scatter_moments(
    axis: Axes, ideal: NDArray[np.float64], found: NDArray[np.float64], width: int, wording: str
) -> None:
    """Moments against ideal ones, the first `width` of them of single bits; `wording` say which pairs there are."""
    one_data, two_data = np.split(ideal, [width])
    one_model, two_model = np.split(found, [width])
    axis.plot([-1, 1], [-1, 1], color=GREY, lw=1)
    many = width > 100
    size, alpha = (4, 0.3) if many else (16, 0.75)
    label = r"$\langle Z_a Z_b\rangle$" + wording
    axis.scatter(two_data, two_model, s=size, color=BLUE, alpha=alpha, label=label, lw=0)
    label = r"$\langle Z_a\rangle$"
    axis.scatter(one_data, one_model, s=8 if many else 30, color=VERMILION, marker="D", label=label, lw=0)
    both = np.concatenate([one_data, two_data, one_model, two_model])
    low, high = max(-1.05, both.min() - 0.1), min(1.05, both.max() + 0.1)
    axis.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    axis.legend(loc="upper left", frameon=False)


def empirical(rows: NDArray[np.uint8]) -> Distribution:
    """The distribution of samples: distinct strings and their frequencies."""
    return distinct(rows, np.full(len(rows), 1.0 / len(rows)))[:2]


def joined(*distributions: Distribution) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """All strings of some distributions, and their probabilities under each, shape (distributions, count)."""
    strings, _, place = distinct(
        np.concatenate([distribution[0] for distribution in distributions]),
        np.ones(sum(len(distribution[0]) for distribution in distributions)),
    )
    ends = np.cumsum([len(distribution[0]) for distribution in distributions])
    each = [
        np.bincount(place[end - len(distribution[0]) : end], weights=distribution[1], minlength=len(strings))
        for distribution, end in zip(distributions, ends, strict=True)
    ]
    return strings, np.stack(each)


def blank_figure(rows: int, size: tuple[float, float], heights: list[float] | None = None) -> tuple[Figure, list[Axes]]:
    """A figure of some rows of axes, `size` in inches, in the style of all pictures."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(rows, 1, sharex=rows > 1, squeeze=False, height_ratios=heights)
    return figure, [axis for (axis,) in axes]


def rescale(axis: Any, values: NDArray[np.float64]) -> None:
    """A logarithmic axis where all values are positive and span more than a factor of ten."""
    finite = values[np.isfinite(values)]
    if finite.size and finite.min() > 0 and finite.max() > 10 * finite.min():
        axis.set_yscale("log")
