"""Reports from exact answers, against plain sums over strings and eigenvalues."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.bits.neighbourhood import Neighbourhood
from qgl.evaluate import Row, evaluate
from qgl.evaluate.distributions import DenseDistribution, ModelDistribution, ProductDistribution, QueriedDistribution
from qgl.evaluate.pairs import Moments
from qgl.objectives import Setting
from qgl.program.calls import reports
from qgl.program.calls.kernels import Gaussian
from qgl.program.calls.reports import MMD, NLL, REPORTS, TV, OfData, ReportCall
from qgl.program.program import DataSet
from qgl.query import Expectation, LogProb, Marginals, Probabilities, Query, State
from qgl.source import Source, Span

SPAN = Span(Source("test", "report"), 0, 6)
N = 4
STRINGS = list(itertools.product([0, 1], repeat=N))
KERNEL = Gaussian(variance=(0.7, 2.0), span=SPAN)


def random_state(seed: int) -> NDArray[np.complex128]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(16, 5)) + 1j * rng.normal(size=(16, 5))
    rho: NDArray[np.complex128] = root @ root.conj().T
    rho /= np.trace(rho)
    return rho


RHO = random_state(0)
P = np.real(np.diag(RHO))
ROWS = np.array([STRINGS[i] for i in (0, 3, 3, 7, 7, 7, 12, 15)], dtype=np.uint8)
DATA = {"d": DataSet("d", ROWS, np.full(8, 1 / 8), None, True, "", "")}
Q = {0: 1 / 8, 3: 2 / 8, 7: 3 / 8, 12: 1 / 8, 15: 1 / 8}


def reduced(rho: NDArray[np.complex128], kept: tuple[int, ...]) -> NDArray[np.complex128]:
    """Partial trace by summing matrix elements, kept qubits in the order given."""
    size = 2 ** len(kept)
    result = np.zeros((size, size), dtype=complex)
    for x, y in itertools.product(range(16), repeat=2):
        if all(STRINGS[x][k] == STRINGS[y][k] for k in range(N) if k not in kept):
            row = int("0" + "".join(str(STRINGS[x][k]) for k in kept), 2)
            column = int("0" + "".join(str(STRINGS[y][k]) for k in kept), 2)
            result[row, column] += rho[x, y]
    return result


def pauli(pauli_word: str) -> NDArray[np.complex128]:
    result = np.ones((1, 1), dtype=complex)
    for letter in pauli_word:
        result = np.kron(result, np.diag([1, -1]) if letter == "Z" else np.eye(2))
    return result


def answer(query: Query, condition: Any = None, given: Any = None) -> Any:
    match query:
        case Probabilities():
            return P
        case LogProb():
            return np.log([P[int("".join(map(str, row)), 2)] for row in query.rows])
        case Expectation():
            pauli_words = [
                "".join("Z" if k in positions else "I" for k in range(N)) for positions in query.positions.tolist()
            ]
            return np.array([np.real(np.trace(RHO @ pauli(pauli_word))) for pauli_word in pauli_words])
        case Marginals(regions, bits):
            assert all(regions)
            states = (reduced(RHO, region) for region in regions)
            return tuple(np.real(np.diag(state)) if bits else state for state in states)
        case State():
            return RHO
    raise AssertionError(query)


def report(name: str, **arguments: Any) -> tuple[Row, ...]:
    kind = REPORTS.table[name]
    defaults: dict[str, Any] = {"data": "d"} if issubclass(kind, OfData) else {}
    return evaluate([kind(**{**defaults, **arguments}, span=SPAN)], Setting.in_a_row(DATA, N), answer)


def column_of(row: Row, column: str) -> float | None:
    value: float | None = row.baselines[column] if column in row.baselines else getattr(row, column)
    return value


def moment_matrix(p: NDArray[np.float64]) -> NDArray[np.float64]:
    z = 1 - 2 * np.array(STRINGS, dtype=float)
    result: NDArray[np.float64] = np.einsum("x,xa,xb->ab", p, z, z)
    np.fill_diagonal(result, p @ z)
    return result


MARGINALS = ROWS.mean(axis=0)
INDEPENDENT = np.array([np.prod([m if b else 1 - m for m, b in zip(MARGINALS, x, strict=True)]) for x in STRINGS])
DENSE_Q = np.array([Q.get(x, 0.0) for x in range(16)])
COLUMNS = {"value": P, "floor": DENSE_Q, "independent": INDEPENDENT, "uniform": np.full(16, 1 / 16)}


@pytest.mark.parametrize(("column", "p"), COLUMNS.items(), ids=list(COLUMNS))
def test_distances(column: str, p: NDArray[np.float64]) -> None:
    """Each number, its floor and its baselines are the same metric of another distribution."""
    kernel = np.array(
        [
            [
                np.mean([np.exp(-sum(a != b for a, b in zip(x, y, strict=True)) / (2 * v)) for v in (0.7, 2.0)])
                for x in STRINGS
            ]
            for y in STRINGS
        ]
    )
    expected = {
        "nll": -sum(q * np.log(p[x]) for x, q in Q.items()),
        "kl": sum(q * np.log(q / p[x]) for x, q in Q.items()),
        "tv": np.abs(p - DENSE_Q).sum() / 2,
        "valid_rate": sum(p[x] for x in Q),
        "mmd": (p - DENSE_Q) @ kernel @ (p - DENSE_Q),
    }
    for name, value in expected.items():
        (row,) = report(name, kernel=KERNEL) if name == "mmd" else report(name)
        assert row.name == ("mmd(d, gaussian(variance = [0.7, 2]))" if name == "mmd" else f"{name}(d)")
        assert row.error is None
        assert column_of(row, column) == pytest.approx(value, abs=1e-12)
    differences = np.abs(moment_matrix(p) - moment_matrix(DENSE_Q))[np.triu_indices(N)]
    largest, mean = report("moments")
    assert column_of(largest, column) == pytest.approx(differences.max())
    assert column_of(mean, column) == pytest.approx(differences.mean())


def test_entropy_and_purity() -> None:
    (row,) = report("entropy")
    assert row.value == pytest.approx(-np.sum(P * np.log(P)))
    assert row.uniform == pytest.approx(4 * np.log(2))
    (row,) = report("purity")
    assert row.value == pytest.approx(np.real(np.trace(RHO @ RHO)))


@pytest.mark.parametrize(
    "regions", [((0,), (1,), (2,)), ((2, 0), (3,), (1,)), ((3,), (2, 1), (0,)), ((1, 3), (), (0,))]
)
def test_conditional_mutual_information(regions: tuple[tuple[int, ...], ...]) -> None:
    a, b, c = regions

    def shannon(kept: tuple[int, ...]) -> float:
        if not kept:
            return 0.0
        p = np.real(np.diag(reduced(RHO, kept)))
        return float(-np.sum(p * np.log(p)))

    def von_neumann(kept: tuple[int, ...]) -> float:
        if not kept:
            return 0.0
        values = np.linalg.eigvalsh(reduced(RHO, kept))
        values = values[values > 1e-12]
        return float(-np.sum(values * np.log(values)))

    for kind, entropy in (("classical", shannon), ("quantum", von_neumann)):
        (row,) = report("cmi", a=a, b=b, c=c, kind=kind)
        assert row.value == pytest.approx(entropy(a + b) + entropy(b + c) - entropy(b) - entropy(a + b + c))
        assert row.unit == "nats"


@pytest.mark.parametrize("seed", range(3))
def test_distributions_agree(seed: int) -> None:
    """The same questions to a product distribution, to its vector, and to one that has to ask."""
    ones = np.random.default_rng(seed).uniform(size=N)
    product = ProductDistribution(ones)
    p = product.dense()
    assert p is not None and p.sum() == pytest.approx(1)
    dense, rows = DenseDistribution(p), np.array(STRINGS, dtype=np.uint8)
    np.testing.assert_allclose(np.exp(product.log_prob(rows)), p, atol=1e-12)
    positions = Moments.of(Neighbourhood.row(N)).positions
    matrix = moment_matrix(p)[positions[:, 0], np.where(positions[:, 1] < 0, positions[:, 0], positions[:, 1])]
    np.testing.assert_allclose(dense.moments(positions), matrix, atol=1e-12)
    np.testing.assert_allclose(product.moments(positions), matrix, atol=1e-12)
    assert product.entropy() == pytest.approx(dense.entropy())
    regions = ((2, 0), (3,), (1, 3, 0))
    for one, other in zip(product.regions(regions), dense.regions(regions), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
    asked, held = QueriedDistribution(answer, N), DenseDistribution(P)
    np.testing.assert_allclose(asked.log_prob(rows), held.log_prob(rows))
    np.testing.assert_allclose(asked.moments(positions), held.moments(positions), atol=1e-12)
    for one, other in zip(asked.regions(regions), held.regions(regions), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
    assert asked.dense() is None and asked.entropy() is None


def test_conditional_likelihood() -> None:
    """Each row is asked under its own condition; the floor is the entropy of rows given conditions."""
    conditions = np.array([[0.0], [0.0], [1.0], [1.0]])
    rows = np.array([[0], [1], [1], [1]], dtype=np.uint8)
    data = {"d": DataSet("d", rows, np.full(4, 0.25), conditions, False, "", "")}
    one = {0.0: 0.3, 1.0: 0.9}

    def conditional(query: Query, condition: Any = None, given: Any = None) -> Any:
        assert isinstance(query, LogProb)
        p = one[float(condition[0])]
        return np.log([p if row[0] else 1 - p for row in query.rows])

    (row,) = evaluate([NLL("d", span=SPAN)], Setting.in_a_row(data, 1), conditional)
    assert row.value == pytest.approx(-np.mean(np.log([0.7, 0.3, 0.9, 0.9])))
    assert row.floor == pytest.approx(np.log(2) / 2)


def test_nothing_is_asked_that_no_report_needs() -> None:
    def refuse(query: Query, condition: Any = None, given: Any = None) -> Any:
        raise AssertionError(query)

    assert evaluate([], Setting.in_a_row(DATA, N), refuse) == ()


def test_data_that_are_samples_leave_a_floor_to_chance() -> None:
    """The floors against the mean distance of the distribution from fresh sets of as many rows."""
    rng, distribution, count = np.random.default_rng(7), np.random.default_rng(8).dirichlet(np.ones(16)), 60
    asked: list[ReportCall] = [TV("d", span=SPAN), MMD("d", KERNEL, span=SPAN), reports.Moments("d", span=SPAN)]

    def rows() -> tuple[Row, ...]:
        drawn = np.array(STRINGS, dtype=np.uint8)[rng.choice(16, count, p=distribution)]
        data = {"d": DataSet("d", drawn, np.full(count, 1 / count), None, False, "", "")}
        return evaluate(asked, Setting.in_a_row(data, N), lambda query, condition=None, given=None: distribution)

    for column in zip(*(rows() for _ in range(80)), strict=True):
        floors, values = ([getattr(row, name) for row in column] for name in ("floor", "value"))
        assert 0.7 < np.mean(floors) / np.mean(values) < 1.3, column[0].name


def test_a_sum_that_rounding_moved_is_no_bias_and_one_that_is_wrong_stays() -> None:
    right = np.array([0.1, 0.2, 0.3, 0.4])

    def held(factor: float) -> Any:
        return ModelDistribution(lambda query: (right * factor).astype(np.float32), 2).distribution.dense()

    assert np.allclose(held(1 + 1e-5), right, rtol=2e-7, atol=0)
    assert np.allclose(held(1.1), 1.1 * right)
