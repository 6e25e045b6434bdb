"""Reports of regions and correlations, and of registers too wide for a vector."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.bits.neighbourhood import Neighbourhood
from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import TooLarge
from qgl.evaluate import Row, evaluate, evaluate_samples, in_chunks
from qgl.evaluate.correlations import Shells
from qgl.evaluate.metrics import sample_moments
from qgl.evaluate.pairs import Moments
from qgl.objectives import Setting
from qgl.program.calls.reports import REPORTS, CorrelationLength, Entropy, Purity
from qgl.program.program import DataSet
from qgl.query import Marginals, Probabilities, Query, State
from qgl.report.report import measure, reports_of, with_gaps
from qgl.source import Source, Span

SPAN = Span(Source("test", "report"), 0, 6)
N = 6
STRINGS = np.array(list(itertools.product([0, 1], repeat=N)), dtype=np.uint8)
FLIP = 0.2


def chain(width: int, flip: float, shots: int, seed: int) -> NDArray[np.uint8]:
    """Samples of a stationary chain of bits, each different from the one before with probability `flip`."""
    rng = np.random.default_rng(seed)
    steps = (rng.random((shots, width)) < flip).astype(np.uint8)
    steps[:, 0] = rng.integers(0, 2, shots)
    return (np.cumsum(steps, axis=1) % 2).astype(np.uint8)


CHAIN = 0.5 * np.prod(np.where(STRINGS[:, 1:] == STRINGS[:, :-1], 1 - FLIP, FLIP), axis=1)
ALL = Setting.in_a_row({"d": DataSet("d", STRINGS, CHAIN, None, True, "", "")}, N)


def report(name: str, p: NDArray[np.float64], **arguments: Any) -> tuple[Row, ...]:
    def answer(query: Query, condition: Any = None, given: Any = None) -> Any:
        assert query == Probabilities()
        return p

    return evaluate([REPORTS.table[name](**arguments, span=SPAN)], ALL, answer)


def shannon(p: NDArray[np.float64], kept: list[int]) -> float:
    distribution: dict[tuple[int, ...], float] = {}
    for string, weight in zip(STRINGS[:, kept].tolist(), p, strict=True):
        distribution[tuple(string)] = distribution.get(tuple(string), 0.0) + weight
    return float(-sum(w * np.log(w) for w in distribution.values()))


def test_entropy_of_a_region() -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(2**N))
    (row,) = report("entropy", p, region=(4, 1), kind="classical")
    assert row.name == "entropy([4, 1])" and row.value == pytest.approx(shannon(p, [4, 1]))
    assert row.uniform == pytest.approx(2 * np.log(2))
    (row,) = report("entropy", p, region=(1, 2, 3), kind="classical")
    assert row.name == "entropy([1..3])" and row.value == pytest.approx(shannon(p, [1, 2, 3]))
    rho = np.diag([0.5, 0.25, 0.25, 0.0])

    def answer(query: Query, condition: Any = None, given: Any = None) -> Any:
        assert query in (Marginals(((1, 4),)), State())
        return (rho,) if isinstance(query, Marginals) else rho

    for region in ((4, 1), None):
        (row,) = evaluate([Entropy(region, "quantum", span=SPAN)], ALL, answer)
        assert row.value == pytest.approx(1.5 * np.log(2)) and "quantum" in row.name


@pytest.mark.parametrize("radius", [0, 1, 3, 5])
def test_markov_gap_is_the_information_beyond_the_window(radius: int) -> None:
    p = np.random.default_rng(1).dirichlet(np.ones(2**N))
    gaps = [0.0]
    for first in range(N - radius - 1):
        inner = list(range(first + 1, first + radius + 1))
        ends = [first], [first + radius + 1]
        parts = shannon(p, ends[0] + inner), shannon(p, inner + ends[1]), shannon(p, inner)
        gaps.append(parts[0] + parts[1] - parts[2] - shannon(p, [*ends[0], *inner, *ends[1]]))
    largest, mean = report("markov_gap", p, radius=radius)
    assert largest.name == f"markov_gap({radius}), largest" and largest.unit == "nats"
    assert largest.value == pytest.approx(max(gaps))
    assert mean.value == pytest.approx(np.mean(gaps[1:] or gaps))
    assert report("markov_gap", CHAIN, radius=1)[0].value == pytest.approx(0, abs=1e-12)


def test_correlation_length_of_a_chain() -> None:
    xi = -1 / np.log(1 - 2 * FLIP)
    (row,) = report("correlation_length", CHAIN, data="d", reach=8)
    assert row.value == pytest.approx(xi) and row.floor == pytest.approx(xi)
    (row,) = report("correlation_length", np.full(2**N, 2.0**-N), data=None, reach=8)
    assert row.value is None and row.floor is None
    rows = chain(40, FLIP, 3000, 0)
    setting = Setting.in_a_row({"d": DataSet("d", rows, np.full(3000, 1 / 3000), None, False, "", "")}, 40)
    call = CorrelationLength("d", 8, span=SPAN)
    (row,) = evaluate_samples([call], setting, chain(40, FLIP, 3000, 1))
    assert row.value is not None and row.error is not None and row.floor is not None
    assert abs(row.value - xi) < 5 * row.error < 1
    assert row.floor == pytest.approx(xi, abs=5 * row.error)


def test_correlations_that_sampling_makes_are_not_taken_for_any() -> None:
    shells = Shells.of(Neighbourhood.row(30), 8)
    found = [
        shells.length(sample_moments(chain(30, 0.5, 200, seed), np.full(200, 1 / 200), shells.positions), 200)
        for seed in range(20)
    ]
    assert sum(length is not None for length in found) <= 2


def test_moments_of_a_wide_register_are_those_of_near_pairs() -> None:
    chosen = Moments.of(Neighbourhood.row(10), most=39)
    assert chosen.reach == 3 and chosen.wording == ", pairs within 3"
    expected = [(k, -1) for k in range(10)] + [(a, b) for a in range(10) for b in range(a + 1, min(a + 4, 10))]
    assert [tuple(place) for place in chosen.positions.tolist()] == expected
    assert Moments.of(Neighbourhood.row(9), most=45).reach is None
    rows = chain(10, 0.3, 50, 3)
    signs = 1.0 - 2.0 * rows
    values = sample_moments(rows, np.full(50, 1 / 50), chosen.positions)
    np.testing.assert_allclose(
        values, [np.mean(signs[:, a] * (signs[:, b] if b >= 0 else 1)) for a, b in expected], atol=1e-12
    )


def test_what_is_too_large_has_no_value_but_a_reason() -> None:
    def answer(query: Query, condition: Any = None, given: Any = None) -> Any:
        raise QglError([TooLarge(None, "State", (), 10**9, "40 visible", "", ())])

    purity, entropy = evaluate([Purity(span=SPAN), Entropy((0,), "quantum", span=SPAN)], ALL, answer)
    assert purity.value is None and purity.note == "purity(): no method can answer this: State"
    assert entropy.note.startswith("entropy([0], quantum): ")


PROGRAM = """
const n = 40;
data seen = strings(["0000000000000000000000000000000000000000", "1111111111111111111111111111111111111111"]);
lattice line = line(n);
visible v on line;
model { ry(?) v; for (a, b) in brick(line, 0) { rzz(?) a, b; rx(0.3) a; } }
objective markov_nll(seen, radius = 1);
"""


def test_a_wide_program_has_reports_of_its_own_and_the_gap_beside_its_objective() -> None:
    program = qgl.loads(PROGRAM).program
    assert [call.name for call in reports_of(program)] == ["nll", "moments", "markov_gap"]
    asked = qgl.loads(
        PROGRAM + "report markov_gap, markov_gap(radius = 2), correlation_length, entropy(v[0..2]);"
    ).program
    assert [getattr(call, "radius", None) for call in with_gaps(asked)] == [1, 2, None, None]
    narrow = qgl.loads('data d = strings(["01"]); visible v[2]; model { ry(?) v; } objective nll(d);').program
    assert [call.name for call in reports_of(narrow)] == ["kl", "tv", "moments"]


def test_a_wide_program_is_measured() -> None:
    """Pairs of qubits are independent of each other, so that everything can be said from their states."""
    model = qgl.loads(PROGRAM + "report moments, cmi(v[0], v[1], v[2]), entropy(v[4..6]), entropy(v[2..3], quantum);")
    params = model.init(jax.random.key(0))
    moments, mean, cmi, entropy, quantum, gap, _ = measure(model, params, with_gaps(model.program))
    states = [np.asarray(state) for state in model.marginals(params, [(2 * k, 2 * k + 1) for k in range(20)])]
    distributions = [np.real(np.diag(state)).reshape(2, 2) for state in states]
    z = np.array([1.0, -1.0])
    single = np.array(
        [
            value
            for distribution in distributions
            for value in (distribution.sum(axis=1) @ z, distribution.sum(axis=0) @ z)
        ]
    )
    two = np.outer(single, single)
    for k, distribution in enumerate(distributions):
        two[2 * k, 2 * k + 1] = z @ distribution @ z
    differences = np.concatenate([np.abs(single), np.abs(two - 1)[np.triu_indices(40, 1)]])
    assert moments.value == pytest.approx(differences.max(), abs=1e-5)
    assert mean.value == pytest.approx(differences.mean(), abs=1e-5)
    assert cmi.value == pytest.approx(0, abs=1e-5)

    def h(distribution: NDArray[np.float64]) -> float:
        return float(-np.sum(distribution * np.log(np.maximum(distribution, 1e-30))))

    assert entropy.value == pytest.approx(h(distributions[2]) + h(distributions[3].sum(axis=1)), abs=1e-5)
    values = np.linalg.eigvalsh(states[1])
    assert quantum.value == pytest.approx(h(values[values > 1e-9]), abs=1e-4)
    assert gap.value == pytest.approx(0, abs=1e-5)


def test_log_likelihoods_in_chunks_are_those_of_all_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    model = qgl.loads("visible v[26]; model { ry(?) v[0..3]; cx v[0], v[25]; }")
    params = model.init(jax.random.key(0))
    monkeypatch.setattr("qgl.evaluate.in_chunks._BITS", 26 * 4)
    rows = np.zeros((6, 26), np.uint8)
    rows[:, :4] = np.random.default_rng(0).integers(0, 2, (6, 4))
    rows[:, 25] = rows[:, 0]
    ones = np.sin(np.asarray(params["ry_1"], dtype=np.float64) / 2) ** 2
    expected = np.log(np.where(rows[:, :4] == 1, ones, 1 - ones)).sum(axis=1)
    np.testing.assert_allclose(in_chunks.log_prob(model, params, rows), expected, atol=1e-4)


def test_samples_come_in_chunks_of_one_size(monkeypatch: pytest.MonkeyPatch) -> None:
    model = qgl.loads("visible v[3]; model { h v; }")
    whole = in_chunks.sample(model, {}, 40, 3)
    assert whole.shape == (40, 3) and (in_chunks.sample(model, {}, 40, 3) == whole).all()
    monkeypatch.setattr("qgl.evaluate.in_chunks._DRAWN_BITS", 3 * 16)
    parts = in_chunks.sample(model, {}, 40, 3)
    assert parts.shape == (40, 3) and (parts[:8] != parts[16:24]).any()
