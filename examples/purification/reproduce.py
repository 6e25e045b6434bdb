"""Measures the figures of system G: python -m examples.purification.reproduce [--quick]."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

import qgl
from examples.published import Ours, main

HERE = Path(__file__).resolve().parent
NAME = "purification"
COUNTS = (1, 5, 20)


def purified(fidelity: float) -> tuple[float, float]:
    """Fidelity of the kept pair, and the probability that it is kept, by the formula of Bennett et al."""
    other = (1 - fidelity) / 3
    success = fidelity**2 + 2 * fidelity * other + 5 * other**2
    return (fidelity**2 + other**2) / success, success


def homogenised(count: int, eta: float, beta: float, *, coherent: bool) -> float:
    """Trace distance from the reservoir after `count` of its qubits, from the Bloch vectors of both."""
    state = np.array([np.sin(1.1) * np.cos(0.5), np.sin(1.1) * np.sin(0.5), np.cos(1.1)])
    reservoir = np.array([0, 0, np.tanh(beta)])
    cosine, sine = np.cos(eta), np.sin(eta)
    for _ in range(count):
        rotated = cosine * sine * np.cross(state, reservoir) if coherent else 0
        state = cosine**2 * state + sine**2 * reservoir + rotated
    return float(np.linalg.norm(state - reservoir) / 2)


def measure(quick: bool) -> Mapping[str, Ours]:
    """All figures; the quick version meets five qubits of the reservoir at most."""
    figures: dict[str, Ours] = {}
    for tenths in (6, 7, 8, 9):
        model = qgl.load(HERE / "bbpssw.qgl", precision="double", fidelity=tenths / 10)
        figures[f"fidelity_{tenths}"] = Ours(float(np.asarray(model.probabilities({}))[0]))
        figures[f"success_{tenths}"] = Ours(float(model.success({})))
    for kind in ("incoherent", "coherent"):
        found, errors = 0.0, []
        for count in COUNTS[: 2 if quick else 3]:
            given = {"count": count, "coherent": kind == "coherent"}
            model = qgl.load(HERE / "homogeniser.qgl", precision="double", **given)
            found = float(model.loss({}))
            errors.append(abs(found - homogenised(count, 0.4, 0.6, coherent=kind == "coherent")))
        figures[kind] = Ours(max(errors))
        figures[f"{kind}_20"] = Ours(found)
    return figures


if __name__ == "__main__":
    main(NAME, measure)
