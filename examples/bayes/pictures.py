"""The pictures of docs/systems/bayes.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qgl.runs.history import History

PUBLISHED = {"real Born machine, D = 2 (published)": 14.8696, "purified, D = 2, mu = 2 (published)": 15.1814}
STATES = ("parent", "left", "married", "left + married", "child", "left + child", "left + married + child", "divorced")


def training_curves(path: Path, born: History, purified: History, hidden_markov: float) -> None:
    """The likelihoods of both chains while they train, all starts, beside published figures and the classical model."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for history, colour, name in ((born, "tab:blue", "Born machine"), (purified, "tab:orange", "purified")):
        for seed in range(history.loss.shape[1]):
            label = f"{name}, D = 2" if seed == 0 else None
            axes.plot(np.arange(len(history.loss)), history.loss[:, seed], color=colour, lw=1, label=label)
    for (name, value), style in zip(PUBLISHED.items(), ("--", ":"), strict=True):
        axes.axhline(value, color="black", ls=style, lw=1, label=name)
    axes.axhline(hidden_markov, color="tab:green", lw=1, label="hidden Markov model, two states")
    axes.set(xlabel="step", ylabel="nats a row", ylim=(13, 18), title="lymphography: 148 rows, all at each step")
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=120)


def biofam_states(path: Path, data: NDArray[np.float64], model: NDArray[np.float64]) -> None:
    """How many are in which state at each age, shape (years, states): of the data and of strings of the model."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.4), layout="constrained")
    for place, (shares, title) in enumerate(((data, "data"), (model, "circuit, D = 2")), 1):
        axes = figure.add_subplot(1, 2, place)
        axes.stackplot(np.arange(15, 15 + len(shares)), shares.T, labels=STATES)
        axes.set(xlabel="age", title=title, xlim=(15, 14 + len(shares)), ylim=(0, 1))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=7)
    figure.savefig(path, dpi=120)
