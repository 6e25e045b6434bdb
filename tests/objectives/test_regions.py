"""markov_nll and marginals against sums over all strings; regions of lattices."""

from __future__ import annotations

import itertools
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.bits.neighbourhood import Neighbourhood
from qgl.objectives import Objective, Setting, build
from qgl.objectives.regions import data_distributions
from qgl.program.calls import objectives
from qgl.program.calls.objectives import MarkovNLL
from qgl.program.program import DataSet
from qgl.query import Marginals
from qgl.source import Source, Span

SPAN = Span(Source("test", "nll"), 0, 3)
N = 5
STRINGS = np.array(list(itertools.product([0, 1], repeat=N)), dtype=np.uint8)
RNG = np.random.default_rng(11)
ROWS = RNG.integers(0, 2, (9, N)).astype(np.uint8)
WEIGHTS = RNG.dirichlet(np.ones(9))
DATA = {"d": DataSet("d", ROWS, WEIGHTS, None, False, "", "")}


def region_distribution(p: NDArray[np.float64], region: tuple[int, ...]) -> NDArray[np.float64]:
    distribution = np.zeros(2 ** len(region))
    for string, weight in zip(STRINGS, p, strict=True):
        distribution[int("0" + "".join(str(string[k]) for k in region), 2)] += weight
    return distribution


def loss(objective: Objective, p: NDArray[np.float64], tuples: bool = True) -> float:
    (query,) = objective.queries
    assert isinstance(query, Marginals) and query.bits
    distributions = tuple(jnp.asarray(region_distribution(p, region)) for region in query.regions)
    return float(objective.loss({query: distributions if tuples else jnp.stack(distributions)}, None))  # type: ignore[dict-item]


def chain(seed: int, radius: int) -> NDArray[np.float64]:
    """A distribution in which every bit depends on the `radius` bits before it."""
    rng = np.random.default_rng(seed)
    p = np.ones(len(STRINGS))
    for i in range(N):
        ones = rng.uniform(0.1, 0.9, 2 ** min(i, radius))
        given = np.array([int("0" + "".join(map(str, s[max(0, i - radius) : i])), 2) for s in STRINGS])
        p *= np.where(STRINGS[:, i] == 1, ones[given], 1 - ones[given])
    return p


@pytest.mark.parametrize("radius", [0, 1, 2, 4, 7])
def test_markov_nll_is_the_sum_of_conditionals(radius: int) -> None:
    objective = build(MarkovNLL("d", radius, span=SPAN), Setting.in_a_row(DATA, N))
    p = RNG.dirichlet(np.ones(2**N))
    expected = 0.0
    for row, weight in zip(ROWS, WEIGHTS, strict=True):
        for i in range(N):
            first = max(0, i - radius)
            upto, before = (p[(STRINGS[:, first:end] == row[first:end]).all(axis=1)].sum() for end in (i + 1, i))
            expected -= weight * np.log(upto / before)
    assert loss(objective, p) == pytest.approx(expected, rel=1e-5)
    assert loss(objective, p, tuples=False) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("radius", [0, 1, 3])
def test_markov_nll_is_nll_where_bits_depend_on_no_others(radius: int) -> None:
    objective = build(MarkovNLL("d", radius, span=SPAN), Setting.in_a_row(DATA, N))
    p = chain(radius, radius)
    places = ROWS @ (1 << np.arange(N - 1, -1, -1))
    assert loss(objective, p) == pytest.approx(-WEIGHTS @ np.log(p[places]), rel=1e-5)
    if radius:
        assert loss(objective, chain(9, N)) != pytest.approx(-WEIGHTS @ np.log(chain(9, N)[places]), rel=1e-3)


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("distance", ["tv", "kl", "hilbert_schmidt"])
def test_marginals_are_means_over_windows(size: int, distance: str) -> None:
    call = objectives.Marginals("d", size, distance, span=SPAN)
    objective = build(call, Setting.in_a_row(DATA, N))
    p = RNG.dirichlet(np.ones(2**N))
    q = np.zeros(2**N)
    np.add.at(q, ROWS @ (1 << np.arange(N - 1, -1, -1)), WEIGHTS)
    values = []
    for first in range(N - size + 1):
        region = tuple(range(first, first + size))
        a, b = region_distribution(p, region), region_distribution(q, region)
        seen = b > 0
        values.append(
            {
                "tv": np.abs(a - b).sum() / 2,
                "kl": (b[seen] * np.log(b[seen] / a[seen])).sum(),
                "hilbert_schmidt": ((a - b) ** 2).sum(),
            }[distance]
        )
    assert loss(objective, p) == pytest.approx(np.mean(values), rel=1e-5)
    assert abs(loss(objective, q)) < 1e-6


def test_distributions_of_regions_are_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    regions = ((0, 1, 2), (4, 0, 2), (1, 3, 4))
    q = np.zeros(2**N)
    np.add.at(q, ROWS @ (1 << np.arange(N - 1, -1, -1)), WEIGHTS)
    monkeypatch.setattr("qgl.objectives.regions._AT_ONCE", 1)
    np.testing.assert_allclose(
        data_distributions(ROWS, WEIGHTS, regions), [region_distribution(q, region) for region in regions]
    )


def test_regions_are_connected_sets() -> None:
    board = Neighbourhood(
        tuple(range(9)),
        tuple(
            [(3 * r + c, 3 * r + c + 1) for r in range(3) for c in range(2)]
            + [(3 * r + c, 3 * r + c + 3) for r in range(2) for c in range(3)]
        ),
    )
    assert board.regions(1, 99) == tuple((k,) for k in range(9))
    assert board.regions(2, 99) == tuple(sorted(board.edges))
    assert len(board.regions(3, 99) or ()) == 22  # 6 straight, 16 bent
    assert board.regions(3, 21) is None
    assert board.near(2)[0].tolist() == [1, 2, 3, 4, 6]
    row = Neighbourhood.row(6)
    assert row.regions(4, 9) == ((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5))
    assert row.regions(7, 9) == ()
    assert row.near(2)[3].tolist() == [1, 2, 4, 5]
    # positions 0 and 2 on neighbouring sites, position 1 on the site of 0
    assert [k.tolist() for k in Neighbourhood((0, 0, 1), ((0, 1),)).near(1)] == [[1, 2], [0, 2], [0, 1]]


def test_a_program_trains_on_both() -> None:
    model = qgl.loads(
        """data seen = strings(["0001", "0011", "0110", "1100"]);
        lattice board = grid(2, 2); visible v on board;
        model { ry(?) v; for (a, b) in edges(board) { rxx(?) a, b; } ry(?) v; }
        objective markov_nll(seen, radius = 1) + 0.5 * marginals(seen, size = 2, distance = tv);"""
    )
    assert [len(term.objective.queries[0].regions) for term in model.objectives] == [3, 4]  # type: ignore[union-attr]
    params = model.init(jax.random.key(0))
    value, gradient = model.value_and_grad(params)
    p = np.asarray(model.probabilities(params), dtype=np.float64)
    q = np.zeros(16)
    q[[1, 3, 6, 12]] = 0.25
    total = 0.0
    for i in range(4):
        keep = tuple(k for k in range(4) if k not in (i - 1, i))
        pair, single = (distribution.reshape((2,) * 4).sum(axis=keep) for distribution in (p, q))
        if i == 0:
            total -= (single * np.log(pair)).sum()
        else:
            total -= (single * np.log(pair / pair.sum(axis=1, keepdims=True))).sum()
    cubes = p.reshape((2,) * 4), q.reshape((2,) * 4)
    for kept in ((0, 1), (0, 2), (1, 3), (2, 3)):
        rest = tuple(k for k in range(4) if k not in kept)
        total += 0.5 * np.abs(cubes[0].sum(axis=rest) - cubes[1].sum(axis=rest)).sum() / 2 / 4
    assert value == pytest.approx(total, rel=1e-5)
    assert all(np.isfinite(part).all() for part in gradient.values())


def test_too_many_regions_or_none_are_refused_at_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'data d = strings(["01"]); visible v[2]; model { ry(?) v; } objective marginals(d, size = 3);'
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads(text)
    (fault,) = caught.value.diagnostics
    assert fault.code == "QGL0714" and fault.span is not None and "no connected region of 3" in fault.message
    monkeypatch.setattr(sys.modules["qgl.bits.regions"], "MOST_REGIONS", 1)
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads(text.replace("size = 3", "size = 1"))
    assert "more than 1 connected" in caught.value.diagnostics[0].message
