"""Measures the figures of system N: python -m examples.eye.reproduce [--quick]."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import qgl
from examples.published import Ours, main
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "eye"
DEPTHS = {3: 2, 4: 3}  # of the circuits of so many qubits
MARKOV = "markov(order = 1, stationary = true)"


def measure(quick: bool) -> Mapping[str, Ours]:
    """All figures; the quick version makes a few steps on a few rows."""
    figures: dict[str, Ours] = {}
    beaten = 0
    for n, depth in DEPTHS.items():
        critic, likelihood = (divergence(name, quick, n=n, depth=depth) for name in ("critic", "likelihood"))
        figures[f"markov_{n}"] = Ours(critic["baselines"][MARKOV])
        figures[f"critic_{n}"] = Ours.of_seeds(critic["seeds"])
        figures[f"nll_{n}"] = best(likelihood)
        beaten += sum(seed > critic["baselines"][MARKOV] for seed in critic["seeds"])
    pairs = divergence("windows", quick, **({"depth": 1} if quick else {}))
    return figures | {
        "order": Ours(float(beaten)),
        "pairs_markov": Ours(pairs["baselines"][MARKOV]),
        "pairs_independent": Ours(pairs["baselines"]["independent"]),
        "pairs_circuit": best(pairs),
        "pairs_floor": Ours(pairs["floor"]),
    }


def divergence(name: str, quick: bool, **constants: Any) -> Mapping[str, Any]:
    """The row of the report that holds the second half of the data against the trained model."""
    model = qgl.load(HERE / f"{name}.qgl", **constants | ({"half": 500} if quick else {}))
    report = train(model, steps=5 if quick else None, display="quiet").report["metrics"]
    found: Mapping[str, Any] = next(row for row in report if row["name"] == "js(unseen)")
    return found


def best(row: Mapping[str, Any]) -> Ours:
    """The least of the seeds, and their range."""
    return Ours(min(row["seeds"]), min(row["seeds"]), max(row["seeds"]))


if __name__ == "__main__":
    main(NAME, measure)
