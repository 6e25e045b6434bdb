"""Pictures of the three phases: loss and probes after each layer, and the error of Trotter slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from examples.published import PICTURES
from qgl.report.pictures import BLUE, ORANGE, VERMILION, blank_figure, png

Real = NDArray[np.float64]
COLOURS = {"mbl": BLUE, "anderson": ORANGE, "thermal": VERMILION}
NAMES = {"mbl": "many-body localised", "anderson": "Anderson localised", "thermal": "thermal"}


def write_loss(losses: Mapping[str, Real]) -> None:
    """Loss of the phases after each layer, shape (layers, seeds)."""
    figure, (axis,) = blank_figure(1, (6.4, 3.8))
    for name, values in losses.items():
        _band(axis, np.arange(1, len(values) + 1), values, name)
    axis.set(yscale="log", xlabel="layers", ylabel="MMD", title="Eight seeds: median and range")
    axis.legend(frameon=False)
    _write(figure, "loss")


def write_probes(probes: Mapping[str, tuple[Real, Real]]) -> None:
    """Entropy and Hamming distance of the phases after each number of layers, from none on."""
    figure, axes = blank_figure(2, (6.4, 6.0))
    for name, pair in probes.items():
        for axis, values in zip(axes, pair, strict=True):
            _band(axis, np.arange(len(values)), values, name)
    axes[0].set(ylabel="entropy of half of the chain, nats", title="Eight seeds: median and range")
    axes[1].set(ylabel="Hamming distance from the start", xlabel="layers")
    axes[0].legend(frameon=False)
    _write(figure, "probes")


def write_trotter(errors: Mapping[int, Mapping[int, float]]) -> None:
    """Total variation distance of the sliced distribution from the exact one, by order and number of slices."""
    figure, (axis,) = blank_figure(1, (6.4, 3.8))
    for (order, found), colour in zip(errors.items(), (VERMILION, BLUE), strict=True):
        axis.plot(list(found), list(found.values()), "o-", color=colour, label=f"order {order}")
    axis.set(xscale="log", yscale="log", xlabel="slices of a layer", ylabel="total variation")
    axis.set_title("Two layers of duration 10: error of the distribution")
    axis.legend(frameon=False)
    _write(figure, "trotter")


def _band(axis: Any, at: NDArray[np.int64], values: Real, name: str) -> None:
    axis.plot(at, np.median(values, axis=1), color=COLOURS[name], label=NAMES[name])
    axis.fill_between(at, values.min(axis=1), values.max(axis=1), color=COLOURS[name], alpha=0.2, linewidth=0)


def _write(figure: Figure, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"systems-mbl-{name}.png").write_bytes(png(figure))
