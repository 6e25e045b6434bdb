"""The distance of the emitted circuit from the exact one: measured against dense matrices, and its bound."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from scipy.linalg import expm

import qgl
from qgl.expression import evaluate
from qgl.passes.trotter import error_bound, is_sliced, trotterized
from qgl.program.operations import Evolution
from qgl.program.program import Program
from qgl.report.report import measure
from tests.reference.density import operators_of, probabilities
from tests.reference.matrices import Matrix, pauli_matrix

TEXT = """
visible v[3] = "010";
param j : real ~ constant(0.7);
hamiltonian ring = sum((a, b) in ring(v): j * (X[a] * X[b] + Y[a] * Y[b]) + 0.3 * Z[a] * Z[b])
    + 0.9 * Z[v[0]] - 0.4 * X[v[1]] * Y[v[2]] + 0.2 * X[v[0]];
model {{ evolve ring for 1.5 by trotter(order = {order}, steps = {steps}{more}); }}
report trotter_error;
"""


def program(order: int, steps: int, more: str = "") -> Program:
    return qgl.loads(TEXT.format(order=order, steps=steps, more=more)).program


@pytest.mark.parametrize(("order", "steps"), [(1, 4), (1, 16), (2, 4), (2, 16)])
def test_the_bound_holds_and_is_not_idle(order: int, steps: int) -> None:
    (operation,) = [o for o in program(order, steps).operations if isinstance(o, Evolution)]
    whole = expm(
        -1.5j * sum(evaluate(c, lambda _: 0.7) * pauli_matrix(pauli_word) for c, pauli_word in operation.terms)
    )
    product: Matrix = np.eye(8, dtype=np.complex128)
    for part in trotterized([operation]):
        (matrix,) = operators_of(part, lambda number: evaluate(number, lambda _: 0.7))
        product = _embedded(matrix, part.wires) @ product
    error = np.linalg.norm(product - whole, 2)
    bound = error_bound(operation, lambda number: evaluate(number, lambda _: 0.7))
    assert bound is not None
    assert error <= bound <= 20 * error


def _embedded(matrix: Matrix, wires: tuple[int, ...]) -> Matrix:
    columns = []
    for state in np.eye(8):
        tensor = state.reshape(2, 2, 2).astype(np.complex128)
        k = len(wires)
        moved = np.tensordot(matrix.reshape((2,) * 2 * k), tensor, axes=(range(k, 2 * k), wires))
        columns.append(np.moveaxis(moved, range(k), wires).reshape(8))
    return np.array(columns).T


def test_slices_are_those_of_the_checker() -> None:
    """`simulate = true` makes the slices while the program is checked."""
    for order in (1, 2):
        ours = qgl.loads(TEXT.format(order=order, steps=3, more="")).emitted.program
        theirs = program(order, 3, ", simulate = true")
        assert probabilities(ours, [0.7]) == pytest.approx(probabilities(theirs, [0.7]), abs=1e-12)


def test_the_report() -> None:
    model = qgl.loads(TEXT.format(order=1, steps=3, more=""))
    exact, bound = measure(model, model.init(jax.random.key(0)), model.program.reports)
    wanted = np.abs(probabilities(model.program, [0.7]) - probabilities(model.emitted.program, [0.7])).sum() / 2
    assert exact.value == pytest.approx(wanted, abs=1e-5)
    assert exact.value is not None
    assert bound.value is not None
    assert exact.value > 1e-3
    assert exact.value <= bound.value <= 1


def test_what_is_emitted_as_it_is_has_no_error() -> None:
    text = "visible v[2] = plus; hamiltonian h = Z[v[0]] * Z[v[1]]; model { evolve h for 1.0; } report trotter_error;"
    model = qgl.loads(text)
    assert not any(map(is_sliced, model.program.operations))
    assert [row.value for row in measure(model, {}, model.program.reports)] == pytest.approx([0, 0], abs=1e-6)
    lost = qgl.loads(text.replace("h = ", "h = X[v[0]] + "))
    (row,) = measure(lost, {}, lost.program.reports)
    assert row.value is None
    assert "cannot be emitted" in row.note
