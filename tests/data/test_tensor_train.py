"""Matrix product states of data, their staircases, Cartan angles, and programs that start there."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.data.tensor_train.fit import fitted, likelihood, right_canonical, roots_of
from qgl.data.tensor_train.order import divergence, searched
from qgl.data.tensor_train.staircases import staircases
from qgl.gates import GATES
from qgl.gates.cartan import su4_angles
from tests.check.checking import pointed

RNG = np.random.default_rng(0)


def rows_of(width: int, count: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Different strings and their probabilities."""
    index = np.sort(RNG.choice(2**width, count, replace=False))
    return (index[:, None] >> np.arange(width - 1, -1, -1) & 1).astype(np.uint8), RNG.dirichlet(np.ones(count))


def dense(tensors: Any) -> Any:
    """All amplitudes."""
    state: Any = np.ones((1, 1))
    for tensor in tensors:
        state = np.einsum("xl,lsk->xsk", state, tensor).reshape(-1, tensor.shape[2])
    return state[:, 0]


def prepared(layers: Any, width: int) -> Any:
    """What staircases make of zeros, one cell after another."""
    state = np.eye(2**width, dtype=np.complex128)[0]
    for cells in layers:
        for place, cell in enumerate(cells):
            state = np.einsum("ab,xby->xay", cell, state.reshape(2**place, 4, -1)).reshape(-1)
    return state


def random_state(width: int, bond: int) -> Any:
    sizes = [min(bond, 2**k, 2 ** (width - k)) for k in range(width + 1)]
    parts = [RNG.normal(size=(2, a, 2, b)) for a, b in pairwise(sizes)]
    return right_canonical([real + 1j * imaginary for real, imaginary in parts])


def test_the_state_of_the_square_roots() -> None:
    rows, weights = rows_of(6, 20)
    expected = np.zeros(64)
    expected[rows @ 2 ** np.arange(5, -1, -1)] = np.sqrt(weights)
    np.testing.assert_allclose(dense(roots_of(rows, weights, 64)), expected, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(dense(right_canonical(roots_of(rows, weights, 64)))), 1, atol=1e-12)


def test_likelihood_and_its_derivative() -> None:
    rows, weights = rows_of(5, 9)
    tensors, way = random_state(5, 3), random_state(5, 3)
    scaled = [3 * a for a in tensors]  # of no norm in particular
    value, gradients = likelihood(scaled, rows, weights)
    psi = dense(tensors)[rows @ [16, 8, 4, 2, 1]]
    np.testing.assert_allclose(value, -weights @ np.log(np.abs(psi) ** 2), rtol=1e-10)

    def along(t: float) -> float:
        return likelihood([a + t * b for a, b in zip(scaled, way, strict=True)], rows, weights)[0]

    found = sum(np.sum(g.conj() * b).real for g, b in zip(gradients, way, strict=True))
    np.testing.assert_allclose(found, (along(1e-6) - along(-1e-6)) / 2e-6, rtol=1e-6)


def test_a_bond_that_holds_the_data_fits_them() -> None:
    rows, weights = rows_of(5, 4)
    value, _ = likelihood(fitted(rows, weights, 4), rows, weights)
    assert value + weights @ np.log(weights) < 1e-5


@pytest.mark.parametrize("bond, layers", [(2, 1), (2, 3), (1, 1), (4, 1), (4, 3)])
def test_staircases(bond: int, layers: int) -> None:
    """Exact for a bond of two; of a larger one each further staircase comes nearer."""
    tensors = random_state(7, bond)
    cells = staircases(tensors, layers)
    np.testing.assert_allclose(
        cells @ cells.conj().swapaxes(-1, -2), np.eye(4) + np.zeros((layers, 6, 1, 1)), atol=1e-12
    )
    overlap = abs(dense(tensors).conj() @ prepared(cells, 7)) ** 2
    if bond <= 2:
        assert overlap == pytest.approx(1, abs=1e-12)
    else:
        fewer = abs(dense(tensors).conj() @ prepared(staircases(tensors, max(1, layers - 1)), 7)) ** 2
        assert 0.3 < fewer <= overlap + 1e-9 and overlap < 1


SPECIAL = [GATES[name].matrix(np) for name in ("cx", "cz", "swap", "iswap")]


@pytest.mark.parametrize("unitary", [*SPECIAL, np.eye(4), np.kron(GATES["h"].matrix(np), GATES["s"].matrix(np))])
def test_cartan_angles_of_special_gates(unitary: Any) -> None:
    built = GATES["su4"].matrix(np, *map(np.asarray, su4_angles(np.asarray(unitary, np.complex128))))
    assert abs(np.trace(unitary.conj().T @ built)) == pytest.approx(4, abs=1e-9)


def test_cartan_angles() -> None:
    for _ in range(20):
        unitary = np.linalg.qr(RNG.normal(size=(4, 4)) + 1j * RNG.normal(size=(4, 4)))[0]
        built = GATES["su4"].matrix(np, *map(np.asarray, su4_angles(unitary)))
        assert abs(np.trace(unitary.conj().T @ built)) == pytest.approx(4, abs=1e-9)


PROGRAM = """
visible v[4];
data d = cardinality(4, 2);
param stair[2, 3] : CELL ~ mps(d, bond = BOND, layers = 2);
model { repeat 2 as l { for t in 0..2 { APPLY(stair[l, t]) v[t], v[t + 1]; } } }
objective kl(d);
"""


@pytest.mark.parametrize("cell", ["unitary(2)", "generator(2)", "isometry(2, 2)"])
def test_a_program_starts_as_the_state(cell: str) -> None:
    text = PROGRAM.replace("CELL", cell).replace("BOND", "2").replace("APPLY", cell.split("(")[0])
    model = qgl.loads(text)
    params = model.init(jax.random.key(0))
    data = model.program.data["d"]
    state = dense(fitted(data.rows, data.weights, 2))
    np.testing.assert_allclose(np.asarray(model.probabilities(params)), np.abs(state) ** 2, atol=2e-6)


def test_the_order_of_the_chain_is_the_programs() -> None:
    """Pairs of equal bits that lie apart: exact in the order that joins them, and in no other for a bond of two."""
    text = """
    const order = [2, 0, 3, 1];
    visible v[4];
    data d = strings(["0000", "0101", "1010", "1111"]);
    param stair[3] : unitary(2) ~ mps(d, bond = 2, order = order);
    model { for t in 0..2 { unitary(stair[t]) v[order[t]], v[order[t + 1]]; } }
    objective kl(d);
    """
    for order, expected in (("[2, 0, 3, 1]", 0), ("0..3", np.log(2))):
        model = qgl.loads(text.replace("[2, 0, 3, 1];", f"{order};"))
        p = np.asarray(model.probabilities(model.init(jax.random.key(0))))
        assert -np.mean(np.log(4 * p[[0, 5, 10, 15]])) == pytest.approx(expected, abs=1e-5)


def test_a_start_is_below_random_ones() -> None:
    text = PROGRAM.replace("CELL", "unitary(2)").replace("BOND", "3").replace("APPLY", "unitary")

    def loss(text: str, seed: int) -> float:
        model = qgl.loads(text)
        (term,) = model.objectives
        params = model.init(jax.random.key(seed))
        return float(term.objective.loss(model.answers(params, term.objective.queries), None))

    start = loss(text, 0)
    drawn = text.replace("mps(d, bond = 3, layers = 2)", "uniform(-pi, pi)")
    assert start < 0.6 * min(loss(drawn, seed) for seed in range(4))
    assert loss(text, 3) == start


def faulty(start: str, cell: str = "unitary(2)", shape: str = "2, 3") -> str:
    text = PROGRAM.replace("CELL ~ mps(d, bond = BOND, layers = 2)", f"{cell} ~ {start}").replace("2, 3]", f"{shape}]")
    return text.replace("APPLY(stair[l, t]) v[t], v[t + 1]", "id v[t]")


FAULTS = [
    ("mps(d)", {}),
    ("mps(2, bond = 2)", {}),
    ("mps(d, bond = 1, layers = 2)", {}),
    ("mps(d, bond = 2, layers = 0)", {}),
    ("mps(d, bond = 2, layers = 2, deviation = -1)", {}),
    ("mps(d, bond = 2)", {}),
    ("mps(d, bond = 2, layers = 2, order = 2)", {}),
    ("mps(d, bond = 2, layers = 2, order = [0, 1, 2])", {}),
    ("mps(d, bond = 2, layers = 2, order = [0, 1, 2, 2])", {}),
    ("mps(d, bond = 2, layers = 2, order = [0, 1, 2, true])", {}),
    ("mps(d, bond = 2, layers = 2)", {"cell": "unitary(1)"}),
    ("mps(d, bond = 2, layers = 2)", {"cell": "isometry(1, 2)"}),
    ("mps(d, bond = 2, layers = 2)", {"shape": "2, 4"}),
]


@pytest.mark.parametrize("start, other", FAULTS)
def test_faults(start: str, other: dict[str, str]) -> None:
    assert ("QGL0316", start) in pointed(faulty(start, **other))


def test_the_order_that_is_found_is_the_best_of_all() -> None:
    """Each of the 12 chains of four columns, against what a search with so many fits finds."""
    rows = np.array([[0, 0, 0, 0], [0, 1, 0, 1], [1, 0, 1, 0], [1, 1, 1, 1], [1, 1, 0, 1]], np.uint8)
    weights = np.array([0.3, 0.2, 0.25, 0.15, 0.1])
    every = {min(order, order[::-1]) for order in permutations(range(4))}
    values = {order: divergence(rows, weights, order, 2, steps=25) for order in every}
    assert len(values) == 12 and max(values.values()) > min(values.values()) + 0.01
    fits = list[tuple[int, float]]()
    found = searched(rows, weights, 2, tuple(range(4)), 12, lambda *told: fits.append(told))
    assert values[found] == pytest.approx(min(values.values()), abs=1e-4)
    assert [count for count, _ in fits] == list(range(1, 13)) and fits[-1][1] == min(values.values())


@pytest.mark.parametrize("width", [2, 3])
def test_a_search_among_few_orders_ends(width: int) -> None:
    rows, weights = rows_of(width, 3)
    fits = list[int]()
    found = searched(rows, weights, 2, tuple(range(width)), 100, lambda count, least: fits.append(count))
    assert sorted(found) == list(range(width)) and found == searched(rows, weights, 2, tuple(range(width)), 100)
    assert len(fits) == (1 if width == 2 else 3)
