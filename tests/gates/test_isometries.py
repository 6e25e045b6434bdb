"""Isometries and wide unitaries as one matrix: records, derivatives, the same distribution by every method, emission,
starts near a given map, and what is refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.diagnostics.model import QglError
from qgl.expression import Input
from qgl.gates import GATES
from qgl.gates.isometries import completed, isometry_shape
from qgl.gates.unitaries import unitary_angles
from qgl.hardware.shifts import shifted_circuit
from qgl.ir.circuit import Circuit
from qgl.kernels.hermitian import nearest_isometry
from qgl.kernels.simulator import Simulator
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.network.columns import columns_of
from qgl.plan.network.tensors import network_of
from qgl.plan.planner import METHODS, Planner
from qgl.program.operations import GateApplication
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
hidden three : category(3);
param start : isometry(0, 1);
param grow : isometry(1, 3);
param mix : isometry([2, 3], [2, 3, 2]);
channel emit(a: isometry([3], [3, 2]), b: unitary(3), x: category(3), q: qubit) {
    fresh e;
    isometry(a) x, e;
    unitary(b) x, q;
}
model {
    isometry(start) memory;
    isometry(grow) memory, life[0];
    prepare(?) three;
    fresh e;
    isometry(mix) memory, three, e;
    emit(other, ?) three, life[1][0];
    ctrl unitary(?) memory, life[0], life[1][1];
    inverse unitary(?) life[0], life[1][0];
}
param other : isometry([3], [3, 2]);
"""


@pytest.fixture(scope="module")
def program() -> Program:
    return program_from(TEXT)


@pytest.fixture(scope="module")
def inputs(program: Program) -> NDArray[np.float64]:
    return np.random.default_rng(3).normal(size=sum(parameter.size for parameter in program.parameters))


@pytest.mark.parametrize("name", ["unitary3", "unitary4", "isometry4_2x2x2", "isometry1_3x2", "isometry6_6x2"])
def test_matrix_and_adjoint(name: str) -> None:
    gate = GATES[name]
    numbers = np.random.default_rng(1).normal(size=(2, len(gate.parameters)))
    expected = np.stack([gate_matrix(name, row.tolist()) for row in numbers])
    np.testing.assert_allclose(gate.matrix(np, *numbers.T), expected, atol=1e-12)
    assert gate.of_vector is not None
    np.testing.assert_allclose(gate.of_vector(np, numbers), expected, atol=1e-12)
    ((back, wires, again),) = gate.inverse(*numbers[0])
    assert wires == tuple(range(gate.qubits))
    adjoint = np.asarray(GATES[back].matrix(np, *map(np.asarray, again)))
    np.testing.assert_allclose(adjoint, expected[0].conj().T, atol=1e-12)
    whole = completed(expected[0])
    np.testing.assert_allclose(whole @ whole.conj().T, np.eye(2**gate.qubits), atol=1e-12)
    used = np.abs(expected[0]).max(0) > 0
    np.testing.assert_array_equal(whole[:, used], expected[0][:, used])


def test_names_of_no_record() -> None:
    wrong = ("unitary2", "unitary6", "isometry3_2x2", "isometry8_2x2", "isometry1_1", f"isometry1_{'x'.join('2' * 9)}")
    assert all(name not in GATES and isometry_shape(name) is None for name in wrong)
    assert unitary_angles(3) == 72 and len(GATES["unitary4"].parameters) == unitary_angles(4)


@pytest.mark.parametrize("shape", [(4, 2), (3, 3), (4, 1)])
def test_derivative_of_the_nearest_isometry(shape: tuple[int, int]) -> None:
    """By finite differences of A (A* A)^(-1/2); where two singular values are equal, too."""
    rng = np.random.default_rng(0)
    orthonormal = np.linalg.qr(rng.normal(size=(2, *shape)) + 1j * rng.normal(size=(2, *shape)))[0]
    matrices = orthonormal * np.array([2.0, 0.5])[:, None, None]
    way, weights = rng.normal(size=(2, 2, *shape)) + 1j * rng.normal(size=(2, 2, *shape))

    def value(a: Any) -> Any:
        found = nearest_isometry(a)
        return jnp.sum(jnp.abs(found * weights) ** 2) + jnp.sum((found * weights).real)

    def along(t: float) -> float:
        left, _, right = np.linalg.svd(matrices + t * way, full_matrices=False)
        found = (left @ right) * weights
        return float(np.sum(np.abs(found) ** 2) + np.sum(found.real))

    with jax.enable_x64(True):
        split = jax.jit(jax.grad(lambda x, y: value(x + 1j * y), (0, 1)))
        by_real, by_imaginary = map(np.asarray, split(jnp.asarray(matrices.real), jnp.asarray(matrices.imag)))
    found = np.sum(by_real * way.real + by_imaginary * way.imag)
    np.testing.assert_allclose(found, (along(1e-6) - along(-1e-6)) / 2e-6, rtol=1e-6)


def test_single_precision_is_orthonormal_whatever_the_condition() -> None:
    left = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 8, 4)))[0]
    found = np.asarray(nearest_isometry(jnp.asarray(left * np.geomspace(1, 1e-5, 4), jnp.complex64)))
    np.testing.assert_allclose(found.conj().swapaxes(1, 2) @ found, np.eye(4)[None].repeat(3, 0), atol=2e-6)


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


def test_what_an_isometry_brings_in_costs_no_columns() -> None:
    """From one qubit to three, half of the gates of a unitary of three."""
    program = program_from("visible v[3];\nparam a : isometry(1, 3);\nmodel { h v[0]; isometry(a) v; }")
    point = np.random.default_rng(0).normal(size=32)
    text = emission(Circuit.of(program), point, "portable")
    np.testing.assert_allclose(qiskit_distribution(text.text, {}), probabilities(program, point), atol=1e-9)
    assert text.text.count("cx ") <= 12


def test_open_numbers_are_not_emitted_and_have_no_shift_rule(program: Program) -> None:
    circuit = Circuit.of(program_from("visible v[2];\nparam a : isometry(1, 2);\nmodel { h v[0]; isometry(a) v; }"))
    with pytest.raises(QglError) as refused:
        emission(circuit, None, "portable")
    assert [(each.code, each.message) for each in refused.value.diagnostics] == [
        ("QGL1009", "an isometry of 2 qubits with open numbers has no gates")
    ]
    with pytest.raises(QglError) as unshifted:
        shifted_circuit(circuit)
    assert [found.code for found in unshifted.value.diagnostics] == ["QGL1164"]
    fixed = tuple(replace(each, kind="random") for each in circuit.parameters)
    assert shifted_circuit(replace(circuit, parameters=fixed)).places.size == 0


def test_a_unitary_of_three_qubits_has_open_gates_and_shifts() -> None:
    circuit = Circuit.of(program_from("visible v[3];\nmodel { unitary(?) v; }"))
    assert "input float" in emission(circuit, None, "portable").text
    shifted = shifted_circuit(circuit)
    point = np.random.default_rng(0).uniform(-3, 3, 72)
    elements = [{str(atom): factor for factor, atom in number.terms} for number in shifted.numbers]
    shares = np.array([[each.get(str(Input(0, k)), 0.0) for k in range(72)] for each in elements])
    assert np.abs(shares).sum(1).max() == 1  # every rotation has one angle of its own

    def mean(values: NDArray[np.float64], which: Circuit) -> float:
        return float(probabilities(which, values) @ [1, -2, 0, 3, 1, 1, -1, 2])

    which = np.arange(len(shifted.places))
    moved = shifted.shifted(np.tile(shares @ point, (len(which), 1)), which)
    found = shifted.derivatives(np.array([mean(row, shifted.circuit) for row in moved])) @ shares
    step = 1e-5
    for number in (0, 20, 47, 71):  # of the first, a rotation's, a later and the last angle
        by = step * np.eye(72)[number]
        expected = (mean(point + by, circuit) - mean(point - by, circuit)) / (2 * step)
        np.testing.assert_allclose(found[number], expected, atol=1e-7)


def test_a_unitary_too_wide_for_one_matrix_is_several() -> None:
    program = program_from("visible v[6];\nparam a : unitary(6);\nmodel { h v; unitary(a) v; }")
    gates = [each.gate.name for each in program.operations if isinstance(each, GateApplication)][6:]
    assert gates == ["unitary5", "uniform_rz6", "unitary5", "uniform_ry6", "unitary5", "uniform_rz6", "unitary5"]
    point = np.random.default_rng(0).uniform(-3, 3, unitary_angles(6))
    state = gate_matrix("unitary6", point.tolist()) @ np.full(64, 0.125)
    np.testing.assert_allclose(probabilities(program, point), np.abs(state) ** 2, atol=1e-12)


def test_a_chain_of_unitaries_is_swept_by_its_memory() -> None:
    """Expanded into gates, it had a bond of 2^1176."""
    text = "hidden m[2];\nvisible v[6];\nchannel cell(a: unitary(4), m: qubit[2], q: qubit) {\n    fresh e;\n"
    text += "    unitary(a) m, q, e;\n}\nmodel { for q in v { cell(?) m, q; } }"
    circuit = CircuitVariants(Circuit.of(program_from(text)), True).mixed
    assert columns_of(network_of(circuit, "pauli_transfer")).bits.max() == 4


START = "visible v[3];\nparam a[2] : isometry(1, 3) ~ {};\nmodel {{ h v[0]; isometry(a[0]) v; }}"


def test_starts_near_a_map() -> None:
    def start(distribution: str) -> NDArray[np.complex128]:
        numbers = np.asarray(qgl.loads(START.format(distribution)).init(jax.random.key(0))["a"])
        return numbers[..., 0::2] + 1j * numbers[..., 1::2]

    kept = np.eye(8)[:, [0, 4]].ravel()
    np.testing.assert_array_equal(start("near(identity, 0)"), [kept, kept])
    np.testing.assert_array_equal(start("near(copy, 0)")[1], np.eye(8)[:, [0, 6]].ravel())
    given = start("near([[1, 0], [0, i], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0.5, 0]], deviation = 0)")[0]
    np.testing.assert_array_equal(given.reshape(8, 2)[[0, 1, 7]], [[1, 0], [0, 1j], [0.5, 0]])
    near = start("near(identity, 0.1)")
    assert 0.01 < np.abs(near[0] - near[1]).max() < 1 and np.abs(near - kept).max() < 1
    distribution = qgl.loads(START.format("near(copy, 0)"))
    found = np.asarray(distribution.probabilities(distribution.init(jax.random.key(0))))
    np.testing.assert_allclose(found[[0, 6]], 0.5, atol=1e-6)


FAULTS = [
    ("visible v[9];\nparam a : isometry(1, 9);\nmodel { isometry(a) v; }", "QGL0803", "9"),
    ("param a : isometry(3, 2);\nvisible v[2];\nmodel { isometry(a) v; }", "QGL0318", "isometry(3, 2)"),
    ("param a : isometry([3], [2, 3]);\nvisible v[2];\nmodel { isometry(a) v; }", "QGL0318", "isometry([3], [2, 3])"),
    ("param a : isometry(2);\nvisible v[2];\nmodel { isometry(a) v; }", "QGL0318", "isometry(2)"),
    ("param a : isometry(0.5, 2);\nvisible v[2];\nmodel { isometry(a) v; }", "QGL0318", "0.5"),
    ("param a : isometry(1, 2);\nvisible v[3];\nmodel { isometry(a) v; }", "QGL0411", "isometry"),
    ("param a : angle[5];\nvisible v[2];\nmodel { isometry(a) v; }", "QGL0303", "a"),
    (
        "param a : isometry(2, 2);\nchannel c(b: isometry(1, 3), q: qubit[3]) { isometry(b) q; }\n"
        "visible v[3];\nmodel { c(a) v; }",
        "QGL0304",
        "a",
    ),
    ("visible v[2];\nmodel { isometry(?) v; }", "QGL0310", "?"),
    ("param a : isometry(1, 2);\nvisible v[2];\nmodel { inverse isometry(a) v; }", "QGL0407", "isometry"),
    ("param a : isometry(1, 2);\nvisible v[2] = plus;\nmodel { isometry(a) v; }", "QGL0426", "isometry(a) v;"),
    (START.format("constant(0)"), "QGL0316", "constant(0)"),
    (START.format("normal(0, 0)"), "QGL0316", "normal(0, 0)"),
    (START.format("near(identity)"), "QGL0316", "near(identity)"),
    (START.format("near(identity, -1)"), "QGL0316", "near(identity, -1)"),
    (START.format("near([[1, 0]], 0)"), "QGL0316", "[[1, 0]]"),
    (START.format("near([[1, 1]] , 0)").replace("(1, 3)", "(1, 1)"), "QGL0316", "[[1, 1]]"),
    (START.format("near([[1, 1], [1, 1]], 0)").replace("(1, 3)", "(1, 1)"), "QGL0316", "[[1, 1], [1, 1]]"),
    (START.format("near(copy, 0)").replace("(1, 3)", "(1, 1)"), "QGL0316", "copy"),
    ("visible v;\nparam a ~ near(identity, 0);\nmodel { rx(a) v; }", "QGL0316", "near(identity, 0)"),
]


@pytest.mark.parametrize("text, code, place", FAULTS)
def test_faults(text: str, code: str, place: str) -> None:
    assert (code, place) in pointed(text)


def test_new_qubits_are_those_that_were_reset() -> None:
    body = "h v[1]; if_ reset v[1]; isometry(a) v;"
    text = f"visible v[2];\nhidden m;\nparam a : isometry(1, 2);\nmodel {{ measure m -> k; {body} }}"
    program_from(text.replace("if_ ", ""))
    conditional = text.replace("if_ reset v[1];", "if k == 1 { reset v[1]; }")
    assert [code for code, _ in pointed(conditional)] == ["QGL0426"]
