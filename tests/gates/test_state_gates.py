"""States as gates and as inputs: matrices, definitions, emission, what is refused."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray
from qiskit.quantum_info import Statevector
from qiskit_qasm3_import import parse

import qgl
from qgl.diagnostics.model import QglError
from qgl.expression import evaluate
from qgl.gates import GATES
from qgl.gates.states import state_numbers

Numbers = NDArray[np.float64]


def numbers_of(qubits: int, *, sparse: bool) -> Numbers:
    rng = np.random.default_rng([qubits, sparse])
    numbers = rng.normal(size=state_numbers(qubits))
    return numbers * (rng.random(numbers.size) < 0.4) + np.eye(1, numbers.size)[0] if sparse else numbers


def matrix_of(name: str, numbers: Sequence[float] | Numbers) -> NDArray[np.complex128]:
    return np.asarray(GATES[name].matrix(np, *map(np.asarray, numbers)))


def embedded(matrix: NDArray[np.complex128], on: Sequence[int], qubits: int) -> NDArray[np.complex128]:
    """A matrix on some qubits as one on all of them."""
    tensor = np.eye(2**qubits, dtype=np.complex128).reshape((2,) * qubits + (2**qubits,))
    small = matrix.reshape((2,) * (2 * len(on)))
    moved = np.tensordot(small, tensor, axes=(range(len(on), 2 * len(on)), on))
    return np.asarray(np.moveaxis(moved, range(len(on)), on), np.complex128).reshape(2**qubits, 2**qubits)


@pytest.mark.parametrize("qubits", [1, 2, 3, 5])
@pytest.mark.parametrize("sparse", [False, True])
def test_matrix_inverse_and_definition(qubits: int, sparse: bool) -> None:
    numbers = numbers_of(qubits, sparse=sparse)
    state = numbers[0::2] + 1j * numbers[1::2]
    matrix = matrix_of(f"state{qubits}", numbers)
    np.testing.assert_allclose(matrix[:, 0], state / np.linalg.norm(state), atol=1e-14)
    np.testing.assert_allclose(matrix @ matrix.conj().T, np.eye(2**qubits), atol=1e-14)
    np.testing.assert_allclose(matrix_of(f"unstate{qubits}", numbers) @ matrix, np.eye(2**qubits), atol=1e-14)
    for name in (f"state{qubits}", f"unstate{qubits}"):
        product = np.eye(2**qubits, dtype=np.complex128)
        definition = GATES[name].definition
        assert definition is not None
        for part in definition(*numbers):
            angles = [evaluate(angle, lambda _: 0.0) for angle in part.angles]
            product = embedded(matrix_of(part.name, angles), part.qubits, qubits) @ product
        np.testing.assert_allclose(product, matrix_of(name, numbers), atol=1e-13)


def test_no_state_at_all_is_no_number() -> None:
    with np.errstate(invalid="ignore"):
        assert np.isnan(matrix_of("state1", [0.0] * 4)).any()


def test_derivatives_where_amplitudes_vanish() -> None:
    def fidelity(numbers: jax.Array) -> jax.Array:
        return jnp.abs(GATES["state2"].matrix(jnp, *numbers)[3, 0]) ** 2

    with jax.enable_x64(True):
        numbers = jnp.asarray([1.0, 0, 0, 0, 0, 0, 0, 1.0])
        gradient = np.asarray(jax.jit(jax.grad(fidelity))(numbers))
    np.testing.assert_allclose(gradient, [-0.5, 0, 0, 0, 0, 0, 0, 0.5], atol=1e-12)  # |a3|^2 / (|a0|^2 + |a3|^2)


def test_the_same_state_by_name_by_amplitudes_and_in_a_product() -> None:
    amplitudes = np.array([0.5, -0.1, 0.7])
    model = qgl.loads(
        "condition c[3];\nlatent s : state(1) ~ haar() draws 1;\nvisible v[2] = amplitudes(c, pad = 0.2);\n"
        "hidden w[3] = [1, s, 0];\nmodel { rz(0.1) v; }",
        precision="double",
    )
    with jax.enable_x64(True):
        params = model.init(jax.random.key(0))
    state = np.array([*amplitudes, 0.2])
    p = state**2 / np.sum(state**2)
    np.testing.assert_allclose(model.probabilities(params, amplitudes), p, atol=1e-14)
    words = [f"{'I' * k}Z" for k in range(2, 5)]
    from qgl.query import Expectation

    means = model.answer(params, Expectation.of([word.ljust(5, "I") for word in words]), amplitudes)
    drawn = np.asarray(params["s"])[0]
    polarisation = (drawn[0] ** 2 + drawn[1] ** 2 - drawn[2] ** 2 - drawn[3] ** 2) / np.sum(drawn**2)
    np.testing.assert_allclose(means, [-1, polarisation, 1], atol=1e-12)


def test_haar_states_have_the_second_moments_of_the_measure() -> None:
    model = qgl.loads("latent z : state(2) ~ haar() draws 20000;\nvisible v[2] = z;\nmodel { id v; }")
    drawn = np.asarray(model.init(jax.random.key(4))["z"], np.float64)
    np.testing.assert_allclose(np.sum(drawn**2, axis=1), 1, atol=1e-6)
    populations = drawn[:, 0::2] ** 2 + drawn[:, 1::2] ** 2
    np.testing.assert_allclose(populations.mean(axis=0), 1 / 4, atol=0.01)
    np.testing.assert_allclose((populations**2).mean(axis=0), 2 / 20, atol=0.01)  # 2 / (d (d + 1))


@pytest.mark.parametrize("qubits", [2, 5])
def test_openqasm_prepares_the_state(qubits: int) -> None:
    text = f"random z : state({qubits}) ~ haar();\nvisible v[{qubits}] = z;\nmodel {{ id v; }}"
    model = qgl.loads(text, precision="double")
    with jax.enable_x64(True):
        params = model.init(jax.random.key(1))
    circuit = parse(model.qasm(params, "qiskit"))
    circuit.remove_final_measurements()
    numbers = np.asarray(params["z"])
    wanted = numbers[0::2] + 1j * numbers[1::2]
    found = Statevector(circuit).reverse_qargs().data
    assert abs(np.vdot(wanted, found)) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("param z : state(1);\nvisible v = z;\nmodel { h v; }", "QGL0318"),
        ("latent z : state(1) ~ normal(0, 1) draws 2;\nvisible v = z;\nmodel { h v; }", "QGL0316"),
        ("latent z ~ haar() draws 2;\nvisible v;\nmodel { rx(z) v; }", "QGL0316"),
        ("latent z : state(2) ~ haar() draws 2;\nvisible v = z;\nmodel { h v; }", "QGL0412"),
        ("latent z : state(1) ~ haar() draws 2;\nvisible v[2] = [z, 2];\nmodel { h v; }", "QGL0412"),
        ("latent z : state(11) ~ haar() draws 2;\nvisible v[11] = z;\nmodel { h v; }", "QGL0803"),
        ("visible v = amplitudes([0, 0]);\nmodel { h v; }", "QGL0412"),
        ("visible v[2] = amplitudes([1, 2, 3]);\nmodel { h v; }", "QGL0412"),
        ("visible v = amplitudes([1, 2, 3]);\nmodel { h v; }", "QGL0412"),
        ("visible v[2];\nmodel { h v; postselect(2) v[0]; }", "QGL0303"),
        ("visible v[13];\nmodel { h v; postselect(0) v; }", "QGL0803"),
        ("visible v[2];\nlayer a(q: qubit) { postselect(0) q; }\nmodel { a v; }", "QGL0407"),
    ],
)
def test_refused(text: str, code: str) -> None:
    with pytest.raises(QglError) as caught:
        qgl.loads(text)
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == [code]
