"""Energies and entropies of regions against dense NumPy, with their gradients; what is reported of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.evaluate.exact import evaluate
from qgl.ir.circuit import Circuit
from qgl.objectives.model import Setting
from qgl.objectives.states import reduced_states
from qgl.report.report import answerer
from tests.check.checking import pointed
from tests.reference.density import density_matrix
from tests.reference.matrices import Matrix, pauli_matrix

PROGRAM = """
lattice chain = line(3);
visible v on chain;
hidden h;
hamiltonian ising(g) = 0.5 - sum((a, b) in edges(chain): Z[a] * Z[b]) - g * sum(a in chain: X[a]);
model {
    ry(?) v; ry(?) h;
    cx h, v[1];
    for (a, b) in edges(chain) { rxx(?) a, b; rz(?) b; }
    amplitude_damping(0.3) v;
    rx(?) h;
}
objective OBJECTIVE;
report energy(ising(0.7)), expectation(X[v[0]] * Y[v[2]] - 2 * Z[v[1]] + 1), expectation(ising(0.7));
"""
ISING = 0.5 * np.eye(8) - sum(pauli_matrix(word) for word in ("ZZI", "IZZ"))
ISING = ISING - 0.7 * sum(pauli_matrix(word) for word in ("XII", "IXI", "IIX"))
OBSERVED = pauli_matrix("XIY") - 2 * pauli_matrix("IZI") + np.eye(8)


def shannon(p: NDArray[Any]) -> float:
    p = p[p > 1e-12]
    return float(-p @ np.log(p))


def whole(program: Any, point: NDArray[np.float64]) -> NDArray[np.complex128]:
    """The density matrix of visible and hidden qubits."""
    return density_matrix(replace(Circuit.of(program), visible=(*program.visible, *program.hidden)), point)


OBJECTIVES: dict[str, Callable[[Matrix], Any]] = {
    "energy(ising(0.7))": lambda rho: np.trace(reduced_states(rho, ((0, 1, 2),))[0] @ ISING).real,
    "energy(X[v[0]] * Y[v[2]] - 2 * Z[v[1]] + 1)": lambda rho: (
        np.trace(reduced_states(rho, ((0, 1, 2),))[0] @ OBSERVED).real
    ),
    "entropy(v[0..1])": lambda rho: shannon(np.diag(reduced_states(rho, ((0, 1),))[0]).real),
    "entropy(h)": lambda rho: shannon(np.diag(reduced_states(rho, ((3,),))[0]).real),
    "-0.5 * entropy([v[2], h], kind = quantum)": lambda rho: (
        -0.5 * shannon(np.linalg.eigvalsh(reduced_states(rho, ((2, 3),))[0]))
    ),
}


@pytest.mark.parametrize("text", OBJECTIVES)
def test_value_and_gradient(text: str) -> None:
    model = qgl.loads(PROGRAM.replace("OBJECTIVE", text), precision="double")
    ((term,),) = (model.objectives,)
    sizes = [parameter.size for parameter in model.program.parameters]
    point, line = np.random.default_rng(0).normal(size=(2, sum(sizes)))

    def params(flat: Any) -> Any:
        parts = jnp.split(flat, np.cumsum(sizes)[:-1])
        return {p.name: x.reshape(p.shape) for p, x in zip(model.program.parameters, parts, strict=True)}

    def loss(flat: Any) -> Any:
        return term.weight * term.objective.loss(model.answers(params(flat), term.objective.queries), None)

    with jax.enable_x64(True):
        value, gradient = jax.jit(jax.value_and_grad(loss))(jnp.asarray(point))
    exact, step = OBJECTIVES[text], 1e-5
    np.testing.assert_allclose(value, exact(whole(model.program, point)), atol=1e-9)
    ahead, behind = (exact(whole(model.program, point + sign * step * line)) for sign in (1, -1))
    np.testing.assert_allclose(np.asarray(gradient) @ line, (ahead - behind) / (2 * step), atol=1e-8)


def test_reports() -> None:
    model = qgl.loads(PROGRAM.replace("OBJECTIVE", "energy(ising(0.7))").replace("energy(ising(0.7)),", "energy,"))
    params = model.init(jax.random.key(0))
    rows = evaluate(model.program.reports, Setting.of(model.program), answerer(model, params))
    inputs = np.asarray(model.parameters.inputs(params, None, np.float32), np.float64)[0]
    rho = reduced_states(whole(model.program, inputs), ((0, 1, 2),))[0]
    expected = [np.trace(rho @ ISING).real, np.trace(rho @ OBSERVED).real, np.trace(rho @ ISING).real]
    assert [row.value for row in rows] == [pytest.approx(value, abs=1e-5) for value in expected]
    assert [row.name for row in rows][1] == "expectation(X[v[0]] * Y[v[2]] - 2 * Z[v[1]] + 1)"
    assert rows[0].floor == pytest.approx(np.linalg.eigvalsh(ISING)[0])
    assert [row.uniform for row in rows] == [0.5, 1.0, 0.5]


TOP = "visible v[3];\nhidden h[14];\nhamiltonian top = Z[v[0]];\nmodel { ry(?) v; ry(?) h; }\n"
FAULTS = [
    (TOP + "objective energy(Z[h[0]]);", "QGL0405", "Z[h[0]]"),
    (TOP + "objective energy(i * Z[v[0]]);", "QGL0312", "i * Z[v[0]]"),
    (TOP + "objective energy(3);", "QGL0703", "3"),
    (TOP + "objective entropy(h);", "QGL0702", "entropy(h)"),
    (TOP + "objective entropy([h[0], h[0]]);", "QGL0711", "entropy([h[0], h[0]])"),
    (TOP + "condition c;\nobjective energy(top);", "QGL0710", "energy(top)"),
    (TOP + "report energy;", "QGL0708", "energy"),
    (TOP + "objective energy(top);\ntrain { gradient parameter_shift(shots = 100); }", "QGL1160", "energy(top)"),
    (TOP + "objective entropy(v);\ntrain { gradient parameter_shift(shots = 100); }", "QGL1160", "entropy(v)"),
]


@pytest.mark.parametrize("text, code, place", FAULTS)
def test_faults(text: str, code: str, place: str) -> None:
    assert (code, place) in pointed(text)
