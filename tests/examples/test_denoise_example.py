"""The denoiser at a reduced size: what it learns, and that its iterations lead from noise to what it was shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pennylane as qml
import pytest
from numpy.typing import NDArray
from qiskit.quantum_info import Operator
from qiskit_qasm3_import import parse

import qgl
from examples.denoise.reproduce import convolution, single
from qgl.evaluate.outputs import rows
from qgl.report.report import measure

SINGLE = Path(__file__).parents[2] / "examples" / "denoise" / "single.qgl"
PROGRAM = Path(__file__).parents[2] / "examples" / "denoise" / "q_dense.qgl"


def test_pictures_get_cleaner(tmp_path: Path) -> None:
    model = qgl.load(PROGRAM, side=4, qubits=4, layers=4, levels=3, count=20)
    data = model.program.data["steps"]
    assert data.numbers is not None and data.conditions is not None
    run = model.train(out=tmp_path / "run", steps=120, display="quiet", pictures=False)
    error = measure(model, run.params, model.program.reports[:1], bare=True)[0].value
    assert error is not None and error < 0.85 * np.mean((data.numbers - data.conditions) ** 2)
    found = rows.iterations(model, run.params, 40, 3)["picture"]
    assert found.shape == (3, 40, 4, 4)
    clean = model.program.data["clean"].numbers
    assert clean is not None
    apart = [np.abs(each.reshape(40, 16).mean(axis=0) - clean.mean(axis=0)).mean() for each in found]
    assert apart[2] < apart[0]


@pytest.mark.slow
def test_single_sampling_is_measured() -> None:
    figures = single(True)
    assert figures["single_infidelity"].value is not None and 0 < figures["single_infidelity"].value < 1
    assert figures["single_best"].value in range(1, 21)


@pytest.mark.slow
def test_the_convolution_is_measured() -> None:
    figures = {key: found.value for key, found in convolution(True).items()}
    still, linear = figures["conv_still"], figures["conv_linear"]
    assert figures["conv_numbers"] == 96 and still is not None and linear is not None and linear < still


def test_its_layers_are_the_strongly_entangling_ones_of_pennylane() -> None:
    model = qgl.load(PROGRAM, side=4, qubits=4, layers=5, count=3, precision="double")
    with jax.enable_x64(True):
        params = model.init(jax.random.key(2))
    angles = np.pi * np.tanh(np.asarray(params["w"]))
    picture = np.linspace(0.1, 1, 16)
    found = np.asarray(model.probabilities(params, picture))

    wires = range(4)
    prepared = qml.StatePrep(picture / np.linalg.norm(picture), wires=wires)
    script = qml.tape.QuantumScript(
        [prepared, qml.StronglyEntanglingLayers(angles, wires=wires)], [qml.probs(wires=wires)]
    )
    (expected,) = qml.execute([script], qml.device("default.qubit", wires=4))
    np.testing.assert_allclose(found, np.asarray(expected), atol=1e-6)


def test_a_whole_generation_is_one_circuit() -> None:
    """The unitary is read off what one step makes of basis states; its fourth power is one text that Qiskit reads."""

    def made(times: int, picture: NDArray[np.floating[Any]]) -> NDArray[np.complex128]:
        model = qgl.load(SINGLE, side=2, qubits=2, layers=2, count=3, iterations=times, precision="double")
        with jax.enable_x64(True):
            params = model.init(jax.random.key(0))
        circuit = parse(model.qasm(params, "qiskit", condition=picture))
        circuit.remove_final_measurements()
        return np.asarray(Operator(circuit.reverse_bits()).data[:, 0])

    unitary = np.column_stack([made(1, column) for column in np.eye(4)])
    np.testing.assert_allclose(unitary.conj().T @ unitary, np.eye(4), atol=1e-9)
    picture = np.linspace(0.1, 0.9, 4)
    wanted = np.linalg.matrix_power(unitary, 4) @ picture / np.linalg.norm(picture)
    np.testing.assert_allclose(np.abs(made(4, picture)) ** 2, np.abs(wanted) ** 2, atol=1e-9)
