"""Measures the figures of system 17: python -m examples.propagation.reproduce [--quick] [--only NAME]."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
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
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.cones.method import LightCones
from qgl.plan.model import Method
from qgl.plan.planner import Planner
from qgl.plan.propagation.method import PauliPropagation
from qgl.plan.propagation.numbers import Numbers
from qgl.plan.propagation.program import Batches
from qgl.plan.propagation.program import PropagationProgram as Program
from qgl.plan.propagation.propagate import Limits, Propagation
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
EFFICIENT = """
const n = 64, layers = 4;
lattice sites = line(n);
visible v on sites;
model {
    repeat layers {
        rx(?) v;
        rz(?) v;
        rx(?) v;
        for (p, q) in edges(sites) { ryy(?) p, q; }
    }
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


def peak(quick: bool) -> Mapping[str, Ours]:
    """The most words at a time of <Z> in the middle of 64 qubits, nothing dropped; angles from our own seed."""
    constants: dict[str, Any] = {"n": 8, "layers": 2} if quick else {}
    program = _program(EFFICIENT, lambda n: [[n // 2]], Limits(), **constants)
    angles = np.random.default_rng(42).normal(0, 0.5, program.count)
    batch = Batches(program.steps.steps, program.pauli_words, seed=0)(0)
    run = Propagation(batch, Numbers(angles, ()), Limits())
    run.run()
    return {"peak_64": Ours(float(run.most))}


def wide(quick: bool) -> Mapping[str, Ours]:
    """Processor seconds of the gradient of all two-point words of neighbours on a thousand qubits."""
    constants: dict[str, Any] = {"n": 12, "depth": 2} if quick else {"n": 1000}
    program = _program(BRICKS, lambda n: [[k, k + 1] for k in range(n - 1)], Limits(smallest=1e-4), **constants)
    angles = np.random.default_rng(1).normal(0, 0.5, program.count)
    program.means(angles[: program.count])  # hashes and masks are made here
    start = time.process_time()
    program.gradient(angles, np.ones(len(program.pauli_words)))
    return {"wide_gradient": Ours(time.process_time() - start)}


def _program(text: str, pauli_words: Callable[[int], list[list[int]]], limits: Limits, **constants: Any) -> Program:
    circuit = qgl.loads(text, **constants).circuit
    query = Expectation.sparse(np.array(pauli_words(len(circuit.visible)), np.int32))
    method = PauliPropagation(limits)
    program = method.prepare(CircuitVariants(circuit, bits_only=False)).lower((query,), "double")
    assert isinstance(program, Program)
    return program


def grid(quick: bool) -> Mapping[str, Ours]:
    """Bars and stripes on a grid, trained by means of pixels and neighbours, beside independent pixels."""
    constants: dict[str, Any] = {"side": 2, "depth": 1} if quick else {}
    run = qgl.load(HERE / "grid.qgl", **constants).train(display="quiet", pictures=False)
    row = run.report["metrics"][0]
    return {
        "grid_mmd": Ours(row["value"]),
        "grid_estimate": Ours(row.get("truncation")),
        "grid_independent": Ours(row["baselines"]["independent"]),
    }


def _by(method: Method, circuit: Circuit, pauli_word: Expectation, inputs: NDArray[np.float64]) -> float:
    """The mean by one method: a program would be answered by the quickest."""
    run = Simulator(Planner(circuit, "double", methods=(method,)).plan([pauli_word]))
    with jax.enable_x64(True):
        return float(run.answer(jnp.asarray(inputs), pauli_word)[0])


def _mean(model: qgl.Model, kick: str) -> float:
    return float(model.loss({"kick": jnp.asarray(float(kick))}))


if __name__ == "__main__":
    main(NAME, exact, twenty, bricks, peak, wide, grid)
