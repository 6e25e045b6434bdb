"""Gates by their generators: matrices, derivatives, the same distribution by every method, emission, what is
refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.gates import GATES
from qgl.gates.generators import generator_numbers, hermitian
from qgl.hardware.shifts import shifted_circuit
from qgl.ir.circuit import Circuit
from qgl.kernels.hermitian import exponential
from qgl.kernels.simulator import Simulator
from qgl.plan.planner import METHODS, Planner
from qgl.program.program import Program
from qgl.qasm import emission
from qgl.query import Expectation, LogProb
from tests.check.checking import pointed
from tests.check.checking import program as program_from
from tests.qasm.readers import qiskit_distribution
from tests.reference.density import probabilities
from tests.reference.matrices import gate_matrix

TEXT = """
hidden memory;
visible life[2] : category(4);
param last : generator(2);
layer turn(a: generator(2), x: category(4)) { generator(a) x; }
model {
    for x in life { generator(?) memory, x; }
    turn(last) life[0];
    ctrl generator(?) memory, life[1][0];
    inverse generator(?) life[1];
}
"""


@pytest.fixture(scope="module")
def program() -> Program:
    return program_from(TEXT)


@pytest.fixture(scope="module")
def inputs(program: Program) -> NDArray[np.float64]:
    return np.random.default_rng(3).uniform(-2, 2, sum(parameter.size for parameter in program.parameters))


def flat(qubits: int, numbers: Any) -> Any:
    return exponential(hermitian(jnp, qubits, numbers))


@pytest.mark.parametrize("qubits", [1, 2, 3])
def test_matrix_and_inverse(qubits: int) -> None:
    gate = GATES[f"generator{qubits}"]
    numbers = np.random.default_rng(qubits).uniform(-6, 6, (2, generator_numbers(qubits)))
    expected = np.stack([gate_matrix(gate.name, row.tolist()) for row in numbers])
    np.testing.assert_allclose(gate.matrix(np, *numbers.T), expected, atol=1e-12)
    with jax.enable_x64(True):
        np.testing.assert_allclose(flat(qubits, jnp.asarray(numbers)), expected, atol=1e-12)
    ((name, wires, back),) = gate.inverse(*numbers[0])
    assert (name, wires) == (gate.name, tuple(range(qubits)))
    undone = np.asarray(gate.matrix(np, *map(np.asarray, back))) @ expected[0]
    np.testing.assert_allclose(undone, np.eye(2**qubits), atol=1e-12)


def test_one_qubit_is_a_rotation() -> None:
    for place, name in enumerate(("rx", "ry", "rz")):
        numbers = [np.asarray(0.7 * (k == place)) for k in range(3)]
        found = GATES["generator1"].matrix(np, *numbers)
        np.testing.assert_allclose(found, GATES[name].matrix(np, np.asarray(0.7)), atol=1e-14)
    assert all(name not in GATES for name in ("generator", "generator0", "generator6", "generator12"))


def test_the_default_distribution_is_near_that_of_haar() -> None:
    """E |u|^4 = 2 / (d (d + 1)) of an entry of a d x d unitary."""
    numbers = np.random.default_rng(0).uniform(-np.pi, np.pi, (15, 4000))
    entries = np.abs(GATES["generator2"].matrix(np, *numbers)) ** 4
    np.testing.assert_allclose(entries.mean() * 4 * 5 / 2, 1, atol=0.05)


@pytest.mark.parametrize("scale", [0.0, 1e-7, 1.0, 20.0])
def test_derivative_by_finite_differences(scale: float) -> None:
    """Also where all eigenvalues are equal, or nearly."""
    numbers, direction = np.random.default_rng(3).normal(size=(2, 15)) * [[scale], [1.0]]

    def along(t: float) -> Any:
        return gate_matrix("generator2", (numbers + t * direction).tolist())

    with jax.enable_x64(True):
        point, way = jnp.asarray(numbers), jnp.asarray(direction)
        along_way = jax.jit(lambda a, b: jax.jvp(lambda c: flat(2, c), (a,), (b,)))
        value, derivative = map(np.asarray, along_way(point, way))
        back = np.asarray(jax.jit(jax.grad(lambda a: jnp.sum(jnp.abs(flat(2, a)[0, :2]) ** 2)))(point))
    np.testing.assert_allclose(value, along(0.0), atol=1e-12)
    np.testing.assert_allclose(derivative, (along(1e-5) - along(-1e-5)) / 2e-5, atol=1e-8)
    expected = 2 * np.sum((value.conj() * derivative).real[0, :2])
    np.testing.assert_allclose(back @ direction, expected, atol=1e-10)


def test_single_precision_is_unitary_and_smooth_at_zero() -> None:
    large = jnp.asarray(np.random.default_rng(0).uniform(-30, 30, (3, 63)), jnp.float32)
    matrices = np.asarray(flat(3, large))
    np.testing.assert_allclose(matrices @ matrices.conj().swapaxes(1, 2), np.eye(8)[None].repeat(3, 0), atol=2e-5)
    derivative = jax.jit(jax.grad(lambda a: jnp.abs(flat(3, a)[1, 2]) ** 2 + flat(3, a)[0, 0].imag))(jnp.zeros(63))
    assert np.isfinite(derivative).all() and np.abs(derivative).max() > 0.01


@pytest.mark.parametrize("name", ["state vector", "density matrix", "boundary", "cones"])
def test_methods(name: str, program: Program, inputs: NDArray[np.float64]) -> None:
    """Answers, and the derivative of their weighted sum along a line."""
    strings = (np.arange(16)[:, None] >> np.arange(3, -1, -1) & 1).astype(np.uint8)
    query: Any = Expectation.of(["ZIII", "IZZI", "ZZZZ"]) if name == "cones" else LogProb.of(strings)

    def reference(point: NDArray[np.float64]) -> NDArray[np.float64]:
        distribution = probabilities(program, point)
        signs = 1.0 - 2.0 * strings
        parities = np.stack([signs[:, columns].prod(1) for columns in ([0], [1, 2], [0, 1, 2, 3])])
        return np.asarray(parities @ distribution if name == "cones" else np.log(distribution))

    expected = reference(inputs)
    rng = np.random.default_rng(5)
    weights, line = rng.normal(size=len(expected)), rng.normal(size=len(inputs))
    methods = tuple(method for method in METHODS if method.name == name)
    run = Simulator(Planner(Circuit.of(program), "double", methods=methods).plan((query,)))

    def total(values: Any) -> tuple[Any, Any]:
        answer = run.answer(values, query)
        return jnp.asarray(weights) @ answer, answer

    with jax.enable_x64(True):
        (_, answer), derivative = jax.jit(jax.value_and_grad(total, has_aux=True))(jnp.asarray(inputs))
    np.testing.assert_allclose(answer, expected, atol=1e-9)
    step = 1e-5
    along = weights @ (reference(inputs + step * line) - reference(inputs - step * line)) / (2 * step)
    np.testing.assert_allclose(np.asarray(derivative) @ line, along, rtol=1e-6)


@pytest.mark.parametrize("profile", ["portable", "qiskit"])
def test_the_emitted_distribution(profile: str, program: Program, inputs: NDArray[np.float64]) -> None:
    text = emission(Circuit.of(program), inputs, profile)
    np.testing.assert_allclose(qiskit_distribution(text.text, {}), probabilities(program, inputs), atol=1e-7)


def test_open_numbers_are_not_emitted_and_have_no_shift_rule(program: Program) -> None:
    with pytest.raises(QglError) as refused:
        emission(Circuit.of(program), None, "portable")
    assert [found.code for found in refused.value.diagnostics] == ["QGL1009"]
    with pytest.raises(QglError) as unshifted:
        shifted_circuit(Circuit.of(program))
    assert [found.code for found in unshifted.value.diagnostics] == ["QGL1164"]
    fixed = tuple(replace(each, kind="random") for each in program.parameters)
    assert shifted_circuit(Circuit.of(replace(program, parameters=fixed))).places.size == 0


FAULTS = [
    ("visible v[6];\nmodel { generator(?) v; }", "QGL0803", "generator"),
    ("param a : generator(6);\nvisible v[2];\nmodel { generator(a) v; }", "QGL0803", "6"),
    ("param a : generator(3);\nvisible v[2];\nmodel { generator(a) v; }", "QGL0304", "a"),
    ("param a : generator;\nvisible v[2];\nmodel { generator(a) v; }", "QGL0318", "generator"),
]


@pytest.mark.parametrize("text, code, place", FAULTS)
def test_faults(text: str, code: str, place: str) -> None:
    assert (code, place) in pointed(text)
