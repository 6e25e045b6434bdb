"""Measures the figures of system 17: python -m examples.propagation.reproduce [--quick] [--only NAME]."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import qgl
from examples.published import Ours, main
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.cones.method import LightCones
from qgl.plan.model import Method
from qgl.plan.planner import Planner
from qgl.plan.propagation.method import PauliPropagation
from qgl.plan.propagation.propagate import Limits
from qgl.plan.state.methods import StateVector
from qgl.query import Expectation

HERE = Path(__file__).resolve().parent
NAME = "propagation"
KICKS = ("0.2", "0.3", "0.5", "0.7")
BRICKS = """
const n = 12, depth = 8;
lattice sites = line(n);
visible v on sites;
model {
    repeat depth as l {
        rx(?) v;
        rz(?) v;
        for (p, q) in brick(sites, l) { rzz(?) p, q; }
    }
    rx(?) v;
}
"""


def exact(quick: bool) -> Mapping[str, Ours]:
    """Five layers: nothing dropped, against light cones."""
    circuit = qgl.load(HERE / "kicked.qgl", layers=2 if quick else 5).circuit
    pauli_word = Expectation.sparse(np.array([[62]], np.int32))
    errors = []
    for kick in KICKS[:1] if quick else (*KICKS, "1.0"):
        by_cones, propagated = (
            _by(method, circuit, pauli_word, np.array([float(kick)]))
            for method in (LightCones(), PauliPropagation(Limits()))
        )
        errors.append(abs(by_cones - propagated))
    return {"five_layers": Ours(max(errors))}


def twenty(quick: bool) -> Mapping[str, Ours]:
    """Twenty layers: beside published values, with estimates of the errors."""
    constants: dict[str, Any] = {"layers": 3} if quick else {}
    model = qgl.load(HERE / "kicked.qgl", **constants)
    figures: dict[str, Ours] = {}
    for kick in KICKS[:1] if quick else KICKS:
        mean = _mean(model, kick)
        figures[f"mean_{kick}"] = Ours(mean)
        figures[f"estimate_{kick}"] = Ours(abs(mean - _mean(model.refined, kick)))
    return figures


def bricks(quick: bool) -> Mapping[str, Ours]:
    """Twelve qubits, eight layers of bricks: errors against the state vector, and their estimates."""
    constants: dict[str, Any] = {"n": 6, "depth": 3} if quick else {}
    circuit = qgl.loads(BRICKS, **constants).circuit
    middle = len(circuit.visible) // 2
    pauli_word = Expectation.sparse(np.array([[middle - 1, middle]], np.int32))
    methods = (StateVector(), PauliPropagation(Limits(smallest=1e-4)), PauliPropagation(Limits(smallest=0.25e-4)))
    count = sum(parameter.size for parameter in circuit.parameters)
    errors, ratios = [], []
    for seed in range(1 if quick else 8):
        inputs = np.random.default_rng(seed).normal(0, 0.5, count)
        right, coarse, fine = (_by(method, circuit, pauli_word, inputs) for method in methods)
        errors.append(abs(coarse - right))
        ratios.append(abs(coarse - fine) / max(errors[-1], 1e-12))
    return {"error_12": Ours.of_seeds(errors), "ratio_12": Ours.of_seeds(ratios)}


def _by(method: Method, circuit: Circuit, pauli_word: Expectation, inputs: NDArray[np.float64]) -> float:
    """The mean by one method: a program would be answered by the quickest."""
    run = Simulator(Planner(circuit, "double", methods=(method,)).plan([pauli_word]))
    with jax.enable_x64(True):
        return float(run.answer(jnp.asarray(inputs), pauli_word)[0])


def _mean(model: qgl.Model, kick: str) -> float:
    return float(model.loss({"kick": jnp.asarray(float(kick))}))


if __name__ == "__main__":
    main(NAME, exact, twenty, bricks)
