"""Measures the figures of system 6: python -m examples.graphstates.reproduce [--quick] [--only PART]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import qgl
from examples.published import Ours, main
from qgl.gates.cartan import su4_angles
from qgl.model import Model
from qgl.train.loop import train
from qgl.train.trainable import Params

HERE = Path(__file__).resolve().parent
NAME = "graphstates"
COUPLINGS = [0.6, -0.4, 0.8, 0.3, -0.7, 0.5]  # those of the program
SHOTS = 200_000
H = np.array([[1, 1], [1, -1]]) / np.sqrt(2)


def closed(quick: bool) -> Mapping[str, Ours]:
    """Maps in closed form: the field itself, and how often they succeed."""
    model = ring(quick)
    params, exact = closed_form(COUPLINGS[:3] if quick else COUPLINGS)
    difference = abs(float(model.success(params)) - exact)
    return {
        "closed_kl": Ours(float(model.loss(params))),
        "closed_success": Ours(exact, note="by formula"),
        "success_error": Ours(difference),
    }


def trained(quick: bool) -> Mapping[str, Ours]:
    """Maps that are trained: the ring and the board."""
    figures = {}
    for name, model in (("ring", ring(quick)), ("board", qgl.load(HERE / "board.qgl"))):
        run = train(model, steps=2 if quick else None, display="quiet")
        figures[f"{name}_kl"] = Ours(float(run.losses.min()), note=f"best of {len(run.losses)} seeds")
        figures[f"{name}_success"] = Ours(float(model.success(run.params)))
    return figures


def shots(quick: bool) -> Mapping[str, Ours]:
    """The ring as OpenQASM on Qiskit's simulator of shots, of which those that fail are thrown away."""
    from qiskit import qasm3, transpile
    from qiskit_aer import AerSimulator

    model, count = ring(quick), 2_000 if quick else SHOTS
    params, success = closed_form(COUPLINGS[:3] if quick else COUPLINGS)
    simulator = AerSimulator(seed_simulator=0)
    circuit = transpile(qasm3.loads(model.qasm(params, profile="qiskit")), simulator)
    counts = simulator.run(circuit, shots=count).result().get_counts()
    kept = np.zeros(2**model.width)
    for text, times in counts.items():
        bits = text.replace(" ", "")[::-1]  # the first bit first: the string, then what is required to be zero
        kept[int(bits[: model.width], 2)] += times * ("1" not in bits[model.width :])
    spread = np.sqrt(success * (1 - success) / count)
    p = np.asarray(model.probabilities(params), np.float64)
    distance = np.abs(kept / kept.sum() - p).sum() / 2
    by_chance = np.sqrt(p * (1 - p) / (2 * np.pi * kept.sum())).sum()  # half the mean of |x|, x normal, of each string
    return {
        "shots_success": Ours(
            float(abs(kept.sum() / count - success) / spread), note=f"{kept.sum():,.0f} of {count:,}"
        ),
        "shots_distance": Ours(float(distance), note=f"{by_chance:.2g} is expected of so many shots"),
    }


def ring(quick: bool) -> Model:
    couplings = COUPLINGS[:3] if quick else COUPLINGS
    return qgl.load(HERE / "ring.qgl", n=len(couplings), couplings=couplings)


def closed_form(couplings: Sequence[float]) -> tuple[Params, float]:
    """diag(e^(J / 2), e^(-J / 2)) H on the ancilla of each edge, divided by its norm; and the probability of success.

    That is the mean over all strings of the product of the weights of the edges, each divided by its larger one.
    """
    angles = [su4_angles(dilated(np.diag(np.exp([j / 2, -j / 2]) / np.exp(abs(j) / 2)) @ H)) for j in couplings]
    n = len(couplings)
    z = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
    weights = np.exp((z * np.roll(z, -1, axis=1)) @ np.array(couplings) - np.abs(couplings).sum())
    return {"m": jnp.asarray(np.array(angles))}, float(weights.mean())


def dilated(matrix: NDArray[np.float64]) -> NDArray[np.complex128]:
    """A unitary on a qubit and a fresh one that does a map of norm at most one where the fresh one is found in zero."""
    left, values, right = np.linalg.svd(matrix)
    missing = left @ np.diag(np.sqrt(np.clip(1 - values**2, 0, None))) @ right
    whole = np.zeros((2, 2, 2, 2), np.complex128)  # qubit and fresh one after, before
    whole[:, 0, :, 0], whole[:, 1, :, 0] = matrix, missing
    whole[:, 0, :, 1], whole[:, 1, :, 1] = -missing, matrix
    return whole.reshape(4, 4)


if __name__ == "__main__":
    main(NAME, closed, trained, shots)
