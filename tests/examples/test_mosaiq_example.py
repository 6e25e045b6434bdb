"""MosaiQ at a reduced size: figures, gradients by parameter shifts, and its circuits as OpenQASM that Qiskit reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit_qasm3_import import parse

import qgl
from examples.mosaiq.reproduce import SMALL, digits, trousers_by_critic, trousers_by_kernel
from examples.published import published
from qgl.ir.circuit import Circuit
from qgl.qasm import emit
from qgl.query import Numbers

_, FIGURES = published("mosaiq")
PROGRAM = Path(__file__).parents[2] / "examples" / "mosaiq" / "critic.qgl"


@pytest.fixture(scope="module")
def model() -> qgl.Model:
    return qgl.load(PROGRAM, precision="double", **SMALL)


@pytest.fixture(scope="module")
def params(model: qgl.Model) -> dict[str, Any]:
    with jax.enable_x64(True):
        return dict(model.init(jax.random.key(3)))


@pytest.mark.slow
def test_every_figure_is_measured() -> None:
    ours = {**trousers_by_critic(True), **trousers_by_kernel(True), **digits(True)}
    assert set(ours) | {"published_batch", "real_batch"} >= {figure.key for figure in FIGURES}
    assert ours["angles"].value == 240
    assert ours["trouser_mean"].value == pytest.approx(26.968, abs=0.01)


def test_gradients_are_those_of_parameter_shifts(model: qgl.Model, params: dict[str, Any]) -> None:
    """Of the loss against a critic: by the chain rule through the features, whose derivatives are shifts of pi / 2."""
    with jax.enable_x64(True):
        critic = model.adversary.start(jax.random.key(1), jnp.float64)
        gradient = np.asarray(jax.jit(jax.grad(lambda p: model.terms(p, None, critic)[0]))(params)["w"])

        def loss(numbers: jax.Array) -> jax.Array:
            return model.adversary.against(critic).loss({Numbers(): (weights, numbers)}, None)

        def features(w: Any) -> jax.Array:
            return jnp.asarray(model.outputs({**params, "w": w})["feature"])

        weights = jnp.asarray(model.weights(params))
        by_features = jax.jit(jax.grad(loss))(features(params["w"]))
        shifted = np.zeros(gradient.shape)
        for place in np.ndindex(*gradient.shape):
            step = np.zeros(gradient.shape)
            step[place] = np.pi / 2
            derivative = (features(params["w"] + step) - features(params["w"] - step)) / 2
            shifted[place] = float(jnp.sum(by_features * derivative))
    assert np.abs(gradient).max() > 1e-4
    np.testing.assert_allclose(gradient, shifted, atol=1e-10)


def test_qiskit_reads_the_circuits_and_finds_the_features(model: qgl.Model, params: dict[str, Any]) -> None:
    with jax.enable_x64(True):
        found = np.asarray(model.outputs(params)["feature"])
        inputs = np.asarray(model.parameters.inputs(params, None, jnp.float64))
    for row, features in zip(inputs[:2], found[:2], strict=True):
        circuit = parse(emit(Circuit.of(model.program), row, "qiskit"))
        circuit.remove_final_measurements()
        state = Statevector(circuit)
        width = circuit.num_qubits
        for qubit, feature in enumerate(features):
            mean = state.expectation_value(SparsePauliOp.from_sparse_list([("X", [qubit], 1.0)], width)).real
            assert mean == pytest.approx(feature, abs=1e-9)
