"""Measures the figures of system F: python -m examples.thermal.reproduce [--quick] [--only PART]."""

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
from qgl.report.report import measure as rows_of
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "thermal"
SMALL: dict[str, dict[str, Any]] = {
    "gibbs6": {"depth": 1, "steps": 3},
    "syk6": {"n": 3, "steps": 20},
    "chain": {"n": 6, "depth": 2, "radius": 2, "steps": 2},
}
FEW = (8, 10)  # sites of chains whose entropy is exact, and whose ends are alike


def infinite(field: float, beta: float) -> float:
    """Free energy a site of the infinite chain (Pfeuty 1970): -1/beta times the mean of log(2 cosh(beta e(k)))."""
    k = (np.arange(100_000) + 0.5) / 100_000 * np.pi
    modes = np.sqrt(1 + field**2 + 2 * field * np.cos(k))
    return float(-np.mean(np.logaddexp(beta * modes, -beta * modes)) / beta)


def six_sites(quick: bool) -> Mapping[str, Ours]:
    """The short Ising chain, exactly."""
    model, _, report = trained("gibbs6", quick)
    row = report["free_energy(ising, beta = 1)"]
    figures = {"exact_6": Ours(row["floor"]), "kl_6": Ours(min(row["seeds"]) - row["floor"], note="one seed")}
    state = model.program.data["hot"].state
    assert state is not None
    return figures | {f"markov_{radius}": Ours(excess(state, radius)) for radius in (1, 2, 3)}


def majoranas(quick: bool) -> Mapping[str, Ours]:
    """The Sachdev-Ye-Kitaev model, exactly."""
    _, _, report = trained("syk6", quick)
    row = report["free_energy(syk, beta = 4)"]
    return {
        "syk_exact": Ours(row["floor"]),
        "syk_mixed": Ours(4 * (row["uniform"] - row["floor"])),
        "syk_kl": Ours(4 * (row["value"] - row["floor"]), note="one seed"),
    }


def chain(quick: bool) -> Mapping[str, Ours]:
    """A thousand sites, by two radii; and what two more sites add to a short chain, exactly."""
    model, params, report = trained("chain", quick)
    radius = int(model.program.constants["radius"])
    near, wider = (report[f"free_energy(ising, beta = 0.5, markov(radius = {r}))"] for r in (radius, radius + 2))
    above = [above_exact(params, {**(SMALL["chain"] if quick else {}), "n": few}) for few in FEW]
    return {
        "site": Ours((near["value"] - near["floor"]) / model.width, note="a Markov entropy is at least the entropy"),
        "site_wider": Ours((wider["value"] - wider["floor"]) / model.width),
        "site_few": Ours((above[1] - above[0]) / (FEW[1] - FEW[0])),
        "infinite": Ours(near["floor"] / model.width - infinite(1.0, 0.5)),
    }


def above_exact(params: Mapping[str, Any], constants: Mapping[str, Any]) -> float:
    """By how much the free energy of a short chain is above the exact one, its entropy exact."""
    model = qgl.load(HERE / "chain.qgl", **constants)
    rows = rows_of(model, dict(params), model.program.reports[:1], bare=True)
    (exact,) = (row for row in rows if row.name.endswith(", exact"))
    assert exact.value is not None and exact.floor is not None
    return exact.value - exact.floor


def trained(name: str, quick: bool) -> tuple[Model, Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
    """A model, its trained parameters, and the rows of its report by name."""
    model = qgl.load(HERE / f"{name}.qgl", **(SMALL[name] if quick else {}))
    run = train(model, model.program.train, display="quiet")
    return model, run.params, {row["name"]: row for row in run.report["metrics"]}


def excess(state: np.ndarray[Any, np.dtype[np.complex128]], radius: int) -> float:
    """By how much a Markov entropy is above that of the state, nats."""
    width = len(state).bit_length() - 1
    regions = windows(width, radius + 1)
    total = sum(map(von_neumann, reduced_states(state, regions)))
    total -= sum(map(von_neumann, reduced_states(state, tuple(region[:-1] for region in regions[1:]))))
    return total - von_neumann(state)


if __name__ == "__main__":
    main(NAME, six_sites, majoranas, chain)
