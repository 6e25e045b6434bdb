"""What elaborated programs mean, against matrices written here and the slow reference."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.bits.chow_liu import mutual_information, spanning_tree
from tests.check.checking import program
from tests.reference.density import density_matrix, probabilities

Matrix = NDArray[Any]
I2, X, Y, Z = np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1])
H = (X + Z) / np.sqrt(2)
S = np.diag([1, 1j])
START = "angles([(0.3, 0.4), (1.1, -0.7), (2.0, 0.9)])"


def kron(*matrices: Matrix) -> Matrix:
    product: Matrix = reduce(np.kron, matrices)
    return product


def rotation(pauli_word: Matrix, angle: float) -> Matrix:
    """exp(-i angle word / 2)."""
    matrix: Matrix = np.cos(angle / 2) * np.eye(len(pauli_word)) - 1j * np.sin(angle / 2) * pauli_word
    return matrix


def start() -> Matrix:
    """The state of three qubits that `START` declares."""
    angles = [(0.3, 0.4), (1.1, -0.7), (2.0, 0.9)]
    return kron(*(np.array([np.cos(t / 2), np.exp(1j * f) * np.sin(t / 2)]) for t, f in angles))


def density(body: str, more: str = "", inputs: NDArray[np.float64] | None = None) -> Matrix:
    found = program(f"visible v[3] = {START};\n{more}\nmodel {{ {body} }}")
    return density_matrix(found, np.zeros(0) if inputs is None else inputs)


def assert_acts_as(body: str, unitary: Matrix, more: str = "", inputs: NDArray[np.float64] | None = None) -> None:
    state = unitary @ start()
    assert np.allclose(density(body, more, inputs), np.outer(state, state.conj()), atol=1e-12)


def test_initial_states() -> None:
    found = program(
        'visible a = minus;\nvisible b[2] = neel;\nvisible c[2] = "10";\n'
        "visible d[1] = angles([(0.5, 0.6)]);\nmodel { id a; id b; id c; id d; }"
    )
    one = np.array([0, 1])
    zero = np.array([1, 0])
    angle = np.array([np.cos(0.25), np.exp(0.6j) * np.sin(0.25)])
    state = kron(np.array([1, -1]) / np.sqrt(2), zero, one, one, zero, angle)
    assert np.allclose(density_matrix(found), np.outer(state, state.conj()))


def test_first_declared_visible_qubit_is_the_leftmost_bit() -> None:
    found = program("hidden g;\nvisible a;\nvisible b[2];\nmodel { x b[1]; x g; id a; id b; }")
    assert int(np.argmax(probabilities(found))) == 0b001


LAYER = "layer f(a: angle, q: qubit, r: qubit) { h q; rx(a) q; s r; cx q, r; exp(i * a * Z[q] * X[r]); rx(2 * a) r; }"


def layer(a: float) -> Matrix:
    """`LAYER` on two qubits."""
    cx = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])
    pauli_word = np.cos(a) * np.eye(4) + 1j * np.sin(a) * kron(Z, X)
    unitary: Matrix = kron(I2, rotation(X, 2 * a)) @ pauli_word @ cx @ kron(rotation(X, a) @ H, S)
    return unitary


def test_inverse_of_a_layer() -> None:
    assert_acts_as("inverse f(0.7) v[0], v[1]; id v;", kron(layer(0.7).conj().T, I2), LAYER)


def test_control_of_a_layer_keeps_global_phases() -> None:
    unitary = layer(0.7)
    controlled = np.block([[np.eye(4), np.zeros((4, 4))], [np.zeros((4, 4)), unitary]])
    assert_acts_as("ctrl f(0.7) v[0], v[1], v[2];", controlled, LAYER)
    inverse = np.block([[np.eye(4), np.zeros((4, 4))], [np.zeros((4, 4)), unitary.conj().T]])
    assert_acts_as("inverse ctrl f(0.7) v[0], v[1], v[2];", inverse, LAYER)
    assert_acts_as("ctrl inverse f(0.7) v[0], v[1], v[2];", inverse, LAYER)


@pytest.mark.parametrize(
    "gate", ["iswap", "su4([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5])"]
)
def test_inverses_that_are_several_gates(gate: str) -> None:
    assert_acts_as(f"{gate} v[2], v[0]; inverse {gate} v[2], v[0]; id v;", np.eye(8))
    assert_acts_as(f"ctrl {gate} v[1], v[2], v[0]; ctrl inverse {gate} v[1], v[2], v[0];", np.eye(8))


@pytest.mark.parametrize("slices", ["", " by trotter(order = 1, steps = 2, simulate = true)"])
def test_a_constant_in_a_hamiltonian_is_a_phase_that_a_control_sees(slices: str) -> None:
    more = f"hamiltonian g = 0.3 * Z[v[1]] + 2;\nlayer f() {{ evolve g for 0.5{slices}; }}"
    phases = np.diag(np.exp(-0.5j * (0.3 * np.diag(Z) + 2)))
    unitary = kron(np.block([[np.eye(2), np.zeros((2, 2))], [np.zeros((2, 2)), phases]]), I2)
    assert_acts_as("ctrl f v[0]; id v;", unitary, more)


def test_evolution_and_its_slices() -> None:
    terms = [0.5 * kron(X, I2, I2), 0.3 * kron(Z, Z, I2), -0.2 * kron(I2, Y, X)]
    more = "hamiltonian g = 0.5 * X[v[0]] + 0.3 * Z[v[0]] * Z[v[1]] - 0.2 * X[v[2]] * Y[v[1]];"
    values, vectors = np.linalg.eigh(sum(terms))
    assert_acts_as("evolve g for 0.8;", vectors @ np.diag(np.exp(-0.8j * values)) @ vectors.conj().T, more)

    def slice_of(order: int, time: float) -> Matrix:
        forward = [np.linalg.eigh(term) for term in terms]
        steps = [v @ np.diag(np.exp(-1j * time / order * e)) @ v.conj().T for e, v in forward]
        return reduce(lambda done, each: each @ done, steps if order == 1 else steps + steps[::-1], np.eye(8))

    for order in (1, 2):
        body = f"evolve g for 0.8 by trotter(order = {order}, steps = 3, simulate = true);"
        assert_acts_as(body, np.linalg.matrix_power(slice_of(order, 0.8 / 3), 3), more)


def test_products_of_paulis_on_one_qubit() -> None:
    more = "hamiltonian g = i * X[v[0]] * Y[v[0]] + Z[v[1]] * Z[v[1]] * X[v[2]];"
    values = np.exp(-0.4j * np.linalg.eigvalsh(-kron(Z, I2, I2)))
    assert len(values) == 8
    h = -kron(Z, I2, I2) + kron(I2, I2, X)
    energies, vectors = np.linalg.eigh(h)
    assert_acts_as("evolve g for 0.4; id v;", vectors @ np.diag(np.exp(-0.4j * energies)) @ vectors.conj().T, more)


def branch(state: Matrix, measured: dict[int, int], unitary: Matrix) -> Matrix:
    """Unnormalised state after outcomes of some qubits and then `unitary`."""
    projectors = [np.diag([1 - measured[k], measured[k]]) if k in measured else I2 for k in range(3)]
    kept = unitary @ kron(*projectors) @ state
    return np.outer(kept, kept.conj())


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("m[0]", lambda a, b: a),
        ("not m[0]", lambda a, b: not a),
        ("m[0] and m[1]", lambda a, b: a and b),
        ("m[0] == 0 and m[1] == true", lambda a, b: not a and b),
        ("m[0] or not m[1]", lambda a, b: a or not b),
        ("m[0] != m[1]", lambda a, b: a != b),
        ("not (m[0] == m[1] and m[0])", lambda a, b: not (a == b and a)),
    ],
)
def test_conditions_and_their_else(condition: str, holds) -> None:  # type: ignore[no-untyped-def]
    body = f"measure v[0..1] -> m; if {condition} {{ h v[2]; x v[0]; }} else {{ s v[2]; h v[1]; }}"
    then, otherwise = kron(X, I2, H), kron(I2, H, S)
    expected = sum(
        branch(start(), {0: a, 1: b}, then if holds(bool(a), bool(b)) else otherwise) for a in (0, 1) for b in (0, 1)
    )
    assert np.allclose(density(body), expected, atol=1e-12)


def test_measurement_in_a_branch_with_two_cases() -> None:
    body = "measure v[0..1] -> m; if m[0] or m[1] { h v[2]; measure v[2] -> k; if k { x v[0]; } else { h v[1]; } }"
    expected = np.zeros((8, 8), dtype=np.complex128)
    for a in (0, 1):
        for b in (0, 1):
            if not (a or b):
                expected += branch(start(), {0: a, 1: b}, np.eye(8))
                continue
            for c, unitary in ((1, kron(X, I2, I2)), (0, kron(I2, H, I2))):
                kept = kron(np.diag([1 - a, a]), np.diag([1 - b, b]), np.diag([1 - c, c]) @ H) @ start()
                expected += np.outer(unitary @ kept, (unitary @ kept).conj())
    assert np.allclose(density(body), expected, atol=1e-12)


def test_unitary_of_three_qubits_reaches_every_direction() -> None:
    found = program("visible v[3];\nparam u : unitary(3);\nmodel { unitary(u) v; }")
    assert found.parameters[0].shape == (72,)
    rng = np.random.default_rng(0)
    point = rng.uniform(-np.pi, np.pi, 72)

    def unitary(angles: NDArray[np.float64]) -> Matrix:
        from qgl.expression import evaluate
        from tests.reference.density import lookup, operators_of

        atoms = lookup(found.parameters, angles)
        total = np.eye(8, dtype=np.complex128)
        for operation in found.operations:
            (small,) = operators_of(operation, lambda number: evaluate(number, atoms))
            k = len(operation.wires)
            rest = [w for w in range(3) if w not in operation.wires]
            order = [*operation.wires, *rest]
            full = np.kron(small, np.eye(2 ** (3 - k))).reshape((2,) * 6)
            back = [order.index(w) for w in range(3)]
            total = full.transpose([*back, *(3 + b for b in back)]).reshape(8, 8) @ total
        return total

    here = unitary(point)
    assert np.allclose(here @ here.conj().T, np.eye(8))
    directions = []
    for k in range(72):
        step = np.zeros(72)
        step[k] = 1e-6
        directions.append(((unitary(point + step) - unitary(point - step)) / 2e-6 @ here.conj().T).ravel())
    stacked = np.array([[*d.real, *d.imag] for d in directions])
    assert np.linalg.matrix_rank(stacked, tol=1e-6) == 63  # all of su(8)


def test_latent_and_condition_inputs_are_numbers() -> None:
    more = "latent z ~ bernoulli(0.5);\ncondition c;\nparam w;"
    unitary = kron(rotation(X, 0.7 * 1 + 2 * 0.25), I2, I2)
    assert_acts_as("rx(w * z + 2 * c) v[0]; id v;", unitary, more, np.array([1.0, 0.25, 0.7]))


def test_mutual_information_by_its_definition() -> None:
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 2, (40, 4)).astype(np.uint8)
    rows[:, 3] = rows[:, 0] ^ (rng.random(40) < 0.1)
    weights = rng.random(40)
    weights /= weights.sum()
    found = mutual_information(rows, weights)
    for a in range(4):
        for b in range(4):
            total = 0.0
            for x in (0, 1):
                for y in (0, 1):
                    joint = weights[(rows[:, a] == x) & (rows[:, b] == y)].sum()
                    p, q = weights[rows[:, a] == x].sum(), weights[rows[:, b] == y].sum()
                    total += joint * np.log(joint / (p * q)) if joint > 0 else 0.0
            assert np.isclose(found[a, b], total)
    assert (0, 3) in spanning_tree(rows, weights)
