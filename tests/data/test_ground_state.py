"""Ground states as data, against dense matrices and the free fermions of the Ising chain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.gates.algebra import PAULI
from qgl.loading import loads
from qgl.model import Model
from qgl.source import Source

PROGRAM = """
const n = {n}, field = 1.0;
lattice chain = line(n);
visible v on chain;
hamiltonian ising(g) =
    sum((a, b) in edges(chain): -Z[a] * Z[b] + 0.3 * X[a] * Y[b]) - sum(a in chain: g * X[a] + 0.1 * Z[a]);
data target = ground_state({call});
model {{ ry(?) v; for (a, b) in edges(chain) {{ cz a, b; }} ry(?) v; }}
objective {objective};
"""
TURNS = {"x": np.array([[1, 1], [1, -1]]) / np.sqrt(2), "y": np.array([[1, -1j], [1, 1j]]) / np.sqrt(2), "z": np.eye(2)}


def model(n: int, call: str, objective: str = "nll(target)") -> Model:
    return loads(PROGRAM.format(n=n, call=call, objective=objective))


def codes(text: str, tmp_path: Path) -> list[str]:
    return [d.code for d in diagnose(Source("t.qgl", text), FolderEnvironment(tmp_path))[1]]


def kron(factors: Sequence[NDArray[Any]]) -> NDArray[Any]:
    product: NDArray[Any] = np.eye(1)
    for factor in factors:
        product = np.kron(product, factor)
    return product


def dense(n: int, g: float) -> NDArray[np.complex128]:
    """The program's Hamiltonian."""

    def pauli_word(**letters: str) -> NDArray[np.complex128]:
        return kron([PAULI[letters.get(f"q{k}", "I")] for k in range(n)])

    total = np.zeros((2**n, 2**n), np.complex128)
    for k in range(n - 1):
        total += -pauli_word(**{f"q{k}": "Z", f"q{k + 1}": "Z"}) + 0.3 * pauli_word(**{f"q{k}": "X", f"q{k + 1}": "Y"})
    for k in range(n):
        total -= g * pauli_word(**{f"q{k}": "X"}) + 0.1 * pauli_word(**{f"q{k}": "Z"})
    return total


@pytest.mark.parametrize(("n", "basis"), [(3, "x"), (3, "y"), (3, "z"), (9, "y")])
def test_distribution_and_state_are_those_of_the_dense_matrix(n: int, basis: str) -> None:
    data = model(n, f"ising(1.5 * field), basis = {basis}").program.data["target"]
    state = kron([TURNS[basis]] * n) @ np.linalg.eigh(dense(n, 1.5))[1][:, 0]
    assert data.state is not None
    assert abs(np.vdot(state, data.state)) == pytest.approx(1.0, abs=1e-9)
    distribution = np.zeros(2**n)
    distribution[data.rows @ (1 << np.arange(n)[::-1])] = data.weights
    assert distribution == pytest.approx(np.abs(state) ** 2, abs=1e-9)
    assert data.exact


def test_the_ising_chain_has_the_energy_of_free_fermions() -> None:
    n = 12
    text = f"""
lattice chain = line({n});
visible v on chain;
hamiltonian ising = -sum((a, b) in edges(chain): Z[a] * Z[b]) - sum(a in chain: X[a]);
data target = ground_state(ising);
model {{ ry(?) v; }}
objective nll(target);
"""
    state = loads(text).program.data["target"].state
    assert state is not None
    index, energy = np.arange(2**n), 0.0
    for k in range(n):
        energy -= float(np.vdot(state, state[index ^ (1 << k)]).real)
    for k in range(n - 1):
        signs = 1 - 2 * ((index >> k ^ index >> k + 1) & 1)
        energy -= float(signs @ np.abs(state) ** 2)
    singular = np.linalg.svd(np.eye(n) + np.eye(n, k=1), compute_uv=False)
    assert energy == pytest.approx(-singular.sum(), abs=1e-8)


def test_the_hash_is_of_the_hamiltonian() -> None:
    first, again, other = (model(3, f"ising({g})").program.data["target"].sha256 for g in (1.0, 1.0, 1.1))
    assert first == again
    assert first != other


def test_marginals_compare_states() -> None:
    made = model(3, "ising(field)", "marginals(target, size = 2, distance = tv)")
    assert 0 < float(made.loss(made.init(jax.random.key(0)))) < 1


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("ising", "QGL0301"),
        ("ising(1, 2)", "QGL0301"),
        ("ising(g = 1)", "QGL0301"),
        ("chain", "QGL0303"),
        ("n", "QGL0703"),
        ("ising(1.0), basis = w", "QGL0703"),
        ("unheard", "QGL0201"),
    ],
)
def test_what_is_no_hamiltonian_is_refused(call: str, code: str, tmp_path: Path) -> None:
    assert code in codes(PROGRAM.format(n=3, call=call, objective="nll(target)"), tmp_path)


@pytest.mark.parametrize(
    ("terms", "code"),
    [("X[v[0]] + a * Z[v[1]]", "QGL0703"), ("X[v[0]] + X[v[1]] + Z[m]", "QGL0405"), ("X[v[0]]", "QGL0750")],
)
def test_hamiltonians_that_give_no_data(terms: str, code: str, tmp_path: Path) -> None:
    text = f"""
visible v[2];
hidden m;
param a : angle;
hamiltonian g = {terms};
data target = ground_state(g);
model {{ rx(a) v; h m; }}
objective nll(target);
"""
    assert code in codes(text, tmp_path)


def test_a_hamiltonian_is_data_nowhere_else(tmp_path: Path) -> None:
    text = PROGRAM.format(n=3, call="ising(1.0)", objective="nll(target) + nll(ising)")
    assert "QGL0703" in codes(text, tmp_path) or "QGL0301" in codes(text, tmp_path)


def test_too_many_qubits(tmp_path: Path) -> None:
    assert "QGL0610" in codes(PROGRAM.format(n=15, call="ising(1.0)", objective="nll(target)"), tmp_path)
