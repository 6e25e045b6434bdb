"""`machine.png`: data, model and machine in one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qgl.bits.distribution import strings
from qgl.diagnostics.model import QglError
from qgl.evaluate.distributions import Real
from qgl.evaluate.metrics import sample_moments
from qgl.evaluate.pairs import Moments
from qgl.jobs.compare import Compared, Comparison, Measured
from qgl.program.program import DataSet
from qgl.report import pictures
from qgl.report.pictures import BLUE, ORANGE, VERMILION, Distribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BITS = 12  # up to which strings are shown as such
_MOST = 32  # strings that are shown
_INK = "#333333"
_SAMPLES = 2000  # rows of the data whose likelihood is shown


def machine(compared: Compared, found: Comparison) -> Figure:
    """Histograms of narrow strings; of wide ones, moments and likelihoods."""
    data = compared.model.program.learnt
    data = None if data is None else compared.setting.data.get(data.name)
    if data is not None and data.width != compared.model.width:
        data = None
    figure = _histogram(compared, data) if compared.model.width <= _BITS else _wide(compared, data)
    axis, head, below = figure.axes[0], _headline(found), _subtitle(found)
    axis.set_title(head, loc="left", fontsize=12, fontweight="bold", color=_INK, pad=26)
    axis.annotate(below, (0, 1), (0, 8), "axes fraction", "offset points", fontsize=9, color="#666666", va="bottom")
    needed = 1.2 + max(0.115 * len(head), 0.08 * len(below))  # inches: a long name of an engine is not cut off
    figure.set_figwidth(max(figure.get_figwidth(), needed))
    return figure


def _headline(found: Comparison) -> str:
    return pictures.verbatim(f"{found.job.request.engine}, {found.strings} strings")


def _subtitle(found: Comparison) -> str:
    gap = found.gap
    if gap.unit:
        return (
            f"{pictures.verbatim(gap.name)} of its strings {_short(gap.machine)} {gap.unit}, "
            f"of the model's own {_short(gap.shots_alone)}"
        )
    name = pictures.verbatim(gap.name.partition("(")[0])
    wording = f"{name} from the model {_short(gap.machine)}, by shots alone {_short(gap.shots_alone)}"
    return wording + ("" if gap.mitigated is None else f", readout mitigated {_short(gap.mitigated)}")


def _short(value: Measured) -> str:
    return f"{value.value:.3f} ± {value.error or 0:.3f}"


def _histogram(compared: Compared, data: DataSet | None) -> Figure:
    """A group of bars for each string: data, model, machine; diamonds where readout is mitigated."""
    p = compared.distribution.dense()
    kept = np.flatnonzero(p > 1e-9)
    distributions: dict[str, Distribution] = {} if data is None else {"data": (data.rows, data.weights)}
    distributions["model"] = (strings(kept, compared.model.width), p[kept])
    for name, counts in (("machine", compared.counts), ("mitigated", compared.mitigated)):
        if counts is not None:
            columns = counts.columns / counts.shots
            distributions[name] = (counts.rows, columns[:, 0])
            distributions[f"{name} error"] = (counts.rows, columns[:, 1:].std(axis=1, ddof=1))
    rows, each = pictures.joined(*distributions.values())
    heights = dict(zip(distributions, each, strict=True))
    first = heights["data" if data is not None else "model"]
    tallest = np.max([heights[name] for name in ("model", "machine", *(["data"] if data is not None else []))], axis=0)
    chosen = np.argsort(-tallest, kind="stable")[:_MOST]
    chosen = chosen[np.argsort(-first[chosen], kind="stable")] if len(rows) > _MOST else np.sort(chosen)
    labels = ["".join(map(str, rows[k])) for k in chosen]
    return _bars({name: height[chosen] for name, height in heights.items()}, labels, len(rows))


def _bars(heights: dict[str, Real], labels: list[str], of: int) -> Figure:
    figure, (axis,) = pictures.blank_figure(1, (max(6.4, 1.6 + 0.3 * len(labels)), 4.3))
    place = np.arange(len(labels), dtype=np.float64)
    colours = {"data": BLUE, "model": ORANGE, "machine": VERMILION}
    shown = [name for name in colours if name in heights]
    width = 0.84 / len(shown)
    for number, name in enumerate(shown):
        at = place + (number - (len(shown) - 1) / 2) * width
        axis.bar(at, heights[name], width=width, color=colours[name], label=name, lw=0)
        if name == "machine":
            _whiskers(axis, at, heights["machine"], heights["machine error"])
            if "mitigated" in heights:
                style: Any = {"fmt": "D", "ms": 4, "mfc": "white", "mec": _INK, "ecolor": _INK, "elinewidth": 0.9}
                axis.errorbar(at, heights["mitigated"], heights["mitigated error"], label="readout mitigated", **style)
    axis.set_xticks(place, labels, rotation=90, fontfamily="monospace", fontsize=8)
    axis.set_xlim(-0.7, len(labels) - 0.3)
    axis.set_ylim(0, None)
    axis.tick_params(axis="x", length=0)
    axis.grid(False, axis="x")
    axis.set_xlabel("bit string" if of == len(labels) else f"bit string, the {len(labels)} most likely of {of}")
    axis.set_ylabel("probability")
    axis.legend(loc="upper right", frameon=False, ncols=len(shown) + ("mitigated" in heights))
    top = axis.get_ylim()[1]
    axis.set_ylim(0, 1.12 * top)
    return figure


def _whiskers(axis: Axes, at: Real, values: Real, errors: Real) -> None:
    axis.errorbar(at, values, errors, fmt="none", ecolor=_INK, elinewidth=0.9)


def _wide(compared: Compared, data: DataSet | None) -> Figure:
    """Moments of the machine against those of the model, and how likely the strings of all are to the model."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(pictures.STYLE):
        figure = Figure(figsize=(9.4, 4.6), layout="constrained")
        left, right = figure.subplots(1, 2)
    chosen = Moments.of(compared.setting.neighbourhood)
    counts, width = compared.counts, compared.model.width
    ideal = compared.distribution.moments(chosen.positions)
    means = sample_moments(counts.rows, counts.columns[:, 0] / counts.shots, chosen.positions)
    pictures.scatter_moments(left, ideal, means, width, chosen.wording)
    left.set(xlabel="moment of the model", ylabel="of the machine")
    try:
        _likelihoods(right, compared, data)
    except QglError:
        right.set_axis_off()  # the model is too large to be asked
    return figure


def _likelihoods(axis: Axes, compared: Compared, data: DataSet | None) -> None:
    sets = {"model": (compared.sampled, ORANGE), "machine": (compared.machine, VERMILION)}
    if data is not None:
        some = np.random.default_rng(0).choice(len(data.rows), size=_SAMPLES, p=data.weights)
        sets = {"data": (data.rows[some], BLUE), **sets}
    values = {name: compared.likelihood(rows) for name, (rows, _) in sets.items()}
    every = np.concatenate(list(values.values()))
    edges = np.linspace(every.min(), np.quantile(every, 0.999), 41).tolist()
    for name, found in values.items():
        colour = sets[name][1]
        axis.hist(found, bins=edges, density=True, histtype="stepfilled", color=colour, alpha=0.18, lw=0)
        axis.hist(found, bins=edges, density=True, histtype="step", color=colour, lw=1.6, label=name)
        axis.axvline(float(found.mean()), color=colour, lw=1.0, ls="--")
    axis.set(xlabel="nats of a string, by the model", ylabel="density", yticks=[])
    axis.legend(loc="upper right", frameon=False)
