"""Measures the figures of system F: python -m examples.thermal.reproduce [--quick]."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import qgl
from examples.published import Ours, main
from qgl.evaluate.states.quantum import von_neumann
from qgl.model import Model
from qgl.objectives.markov_nll import windows
from qgl.objectives.states import reduced_states
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "thermal"
SMALL: dict[str, dict[str, Any]] = {"gibbs6": {"depth": 1, "steps": 3}, "chain": {"n": 6, "depth": 2, "steps": 2}}


def infinite(field: float, beta: float) -> float:
    """Free energy a site of the infinite chain (Pfeuty 1970): -1/beta times the mean of log(2 cosh(beta e(k)))."""
    k = (np.arange(100_000) + 0.5) / 100_000 * np.pi
    modes = np.sqrt(1 + field**2 + 2 * field * np.cos(k))
    return float(-np.mean(np.logaddexp(beta * modes, -beta * modes)) / beta)


def measure(quick: bool) -> Mapping[str, Ours]:
    """All figures; the quick version makes a few steps on six sites."""
    model, report = trained("gibbs6", quick)
    exact = report["free_energy(ising, beta = 1)"]["floor"]
    figures = {
        "exact_6": Ours(exact),
        "kl_6": Ours(min(report["free_energy(ising, beta = 1)"]["seeds"]) - exact, note="one seed"),
    }
    state = model.program.data["hot"].state
    assert state is not None
    figures |= {f"markov_{radius}": Ours(excess(state, radius)) for radius in (1, 2, 3)}
    model, report = trained("chain", quick)
    n = model.width
    found = report["free_energy(ising, beta = 0.5, markov(radius = 2))"]
    wider = report["free_energy(ising, beta = 0.5, markov(radius = 4))"]
    note = "it is no bound: a Markov entropy is at least the entropy"
    figures |= {
        "site": Ours((found["value"] - found["floor"]) / n, note=note),
        "site_wider": Ours((wider["value"] - wider["floor"]) / n),
        "infinite": Ours(found["floor"] / n - infinite(1.0, 0.5)),
    }
    return figures


def trained(name: str, quick: bool) -> tuple[Model, Mapping[str, Mapping[str, Any]]]:
    """A model, and the rows of its report by name."""
    model = qgl.load(HERE / f"{name}.qgl", **(SMALL[name] if quick else {}))
    run = train(model, model.program.train, display="quiet")
    return model, {row["name"]: row for row in run.report["metrics"]}


def excess(state: np.ndarray[Any, np.dtype[np.complex128]], radius: int) -> float:
    """By how much a Markov entropy is above that of the state, nats."""
    width = len(state).bit_length() - 1
    regions = windows(width, radius + 1)
    total = sum(map(von_neumann, reduced_states(state, regions)))
    total -= sum(map(von_neumann, reduced_states(state, tuple(region[:-1] for region in regions[1:]))))
    return total - von_neumann(state)


if __name__ == "__main__":
    main(NAME, measure)
