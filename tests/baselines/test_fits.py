"""Fits of baselines: to data whose best distribution is known, against the libraries, and the same again."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hmmlearn.hmm import CategoricalHMM
from numpy.typing import NDArray

from qgl.baselines import hmm as hidden
from qgl.baselines.boltzmann import Machine, MixedDistribution, SampledDistribution, rbm
from qgl.baselines.columns import Columns, Table
from qgl.baselines.hmm import _distribution, _step, hmm
from qgl.baselines.markov import markov
from qgl.evaluate.distributions import DenseDistribution, UnansweredError

RANDOM = np.random.default_rng(3)


def table(rows: list[list[int]], sizes: tuple[int, ...], count: int = 0, weights: list[float] | None = None) -> Table:
    widths = tuple(max(1, (size - 1).bit_length()) for size in sizes)
    shares = np.array(weights or [1.0] * len(rows))
    return Table(Columns(sizes, widths), np.array(rows), shares / shares.sum(), count)


WALK = [
    list(row)
    for row in itertools.product(range(3), repeat=4)
    if all(abs(a - b) == 1 for a, b in itertools.pairwise(row))
]


def divergence(found: Table, logs: NDArray[np.float64]) -> float:
    return float(found.weights @ (np.log(found.weights) - logs))


def test_a_markov_chain_is_counted() -> None:
    data = table([[0, 0, 1], [0, 1, 1], [1, 1, 1]], (2, 2, 2), weights=[1, 1, 2])
    distribution, parameters = markov(
        data, order=1, smoothing=0.5, stationary=False
    )  # of a distribution nothing is smoothed
    assert parameters == 1 + 2 + 2
    dense = distribution.dense()
    assert dense is not None
    assert dense[[0b001, 0b011, 0b111]] == pytest.approx([0.25, 0.25, 0.5])
    shared, parameters = markov(data, order=1, smoothing=0.0, stationary=True)
    assert parameters == 1 + 2
    assert np.exp(shared.log_prob(np.array([[0, 1, 1], [0, 0, 0]]))) == pytest.approx([0.5 * 2 / 3, 0.5 / 9])


def test_smoothing_is_added_to_counts() -> None:
    distribution, _ = markov(table([[0], [1]], (3,), count=8, weights=[6, 2]), order=0, smoothing=0.5, stationary=False)
    assert distribution.steps[0][:, 0, 0] == pytest.approx(np.array([6.5, 2.5, 0.5]) / 9.5)


def test_a_chain_of_the_right_order_is_the_distribution() -> None:
    """A walk has its memory in the last value; order 2 needs no less."""
    data = table(WALK, (3,) * 4)
    for order in (1, 2, 3):
        distribution, _ = markov(data, order=order, smoothing=0.0, stationary=False)
        assert divergence(data, distribution.log_prob_of(data.values)) == pytest.approx(0, abs=1e-9)
    distribution, _ = markov(data, order=0, smoothing=0.0, stationary=False)
    assert divergence(data, distribution.log_prob_of(data.values)) > 0.5


def test_a_hidden_markov_model_learns_a_walk() -> None:
    data = table(WALK, (3,) * 4)
    found = hmm(data, states=3, restarts=3, steps=300, stationary=False, seed=0)
    assert found.parameters == 2 + 3 * 6 + 4 * 6
    assert divergence(data, found.distribution.log_prob_of(data.values)) < 0.02
    again = hmm(data, states=3, restarts=3, steps=300, stationary=False, seed=0)
    assert (again.distribution.log_prob_of(data.values) == found.distribution.log_prob_of(data.values)).all()


def test_a_fit_is_cut_short_only_where_nobody_says_how_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    data, taken = table(WALK, (3,) * 4), list[int]()
    monkeypatch.setattr(hidden, "_by_columns", lambda *given: taken.append(given[3]))
    notes = [hmm(data, 2, 1, steps, stationary=False, seed=0).note for steps in (None, 7)]
    monkeypatch.setattr(hidden, "_WORK", 1.0)
    notes += [hmm(data, 2, 1, steps, stationary=False, seed=0).note for steps in (None, 7)]
    assert taken == [200, 7, 5, 7]
    short = "the best of 1 starts of 5 steps, cut short: `steps` asks for more"
    assert notes == [f"the best of 1 starts of {count} steps" for count in (200, 7)] + [short, notes[1]]


def test_our_step_is_that_of_hmmlearn() -> None:
    """hmmlearn has one table for all columns; with a state for each (column, state) it has ours."""
    columns, states, size = 3, 2, 2
    rows = RANDOM.integers(0, size, (40, columns))
    start = RANDOM.dirichlet(np.ones(states))
    moves = [RANDOM.dirichlet(np.ones(states), states) for _ in range(columns - 1)]
    emits = [RANDOM.dirichlet(np.ones(size), states) for _ in range(columns)]
    model = CategoricalHMM(columns * states, n_features=size, n_iter=1, tol=0, init_params="", implementation="scaling")
    model.startprob_ = np.concatenate([start, np.zeros((columns - 1) * states)])
    model.transmat_ = np.eye(columns * states)
    for place, move in enumerate(moves):
        at = place * states
        model.transmat_[at : at + states] = 0
        model.transmat_[at : at + states, at + states : at + 2 * states] = move
    model.emissionprob_ = np.concatenate(emits)
    model.fit(rows.reshape(-1, 1), [columns] * len(rows))
    data = table(rows.tolist(), (size,) * columns, count=len(rows))
    after = _step(data, start, moves, emits)
    assert after[0] == pytest.approx(model.startprob_[:states])
    assert np.concatenate(after[2]) == pytest.approx(model.emissionprob_)
    for place in range(columns - 1):
        at = place * states
        assert after[1][place] == pytest.approx(model.transmat_[at : at + states, at + states : at + 2 * states])
    logs = _distribution(data, start, moves, emits).log_prob_of(data.values)
    assert after[3] == pytest.approx(float(data.weights @ logs))


def test_a_stationary_model_has_one_table() -> None:
    data = table(WALK, (3,) * 4)
    found = hmm(data, states=3, restarts=2, steps=50, stationary=True, seed=0)
    assert found.parameters == 2 + 6 + 6
    first, last = (step.sum(axis=2) for step in (found.distribution.steps[0], found.distribution.steps[3]))
    assert first == pytest.approx(last)
    assert divergence(data, found.distribution.log_prob_of(data.values)) < 0.6


def test_a_boltzmann_machine_is_a_vector_a_mixture_and_samples() -> None:
    data = table([[0] * 6, [1] * 6], (2,) * 6)
    machine = rbm(data, units=3, rate=0.5, steps=1000, seed=0)
    assert machine.parameters == 18 + 6 + 3
    dense, mixed = machine.distribution(RANDOM), MixedDistribution(machine)
    assert isinstance(dense, DenseDistribution) and dense.p[[0, 63]].sum() > 0.8
    rows = RANDOM.integers(0, 2, (9, 6)).astype(np.uint8)
    places, regions = np.array([[0, -1], [2, 5]], dtype=np.int32), ((3,), (4, 1))
    assert mixed.log_prob(rows) == pytest.approx(dense.log_prob(rows))
    assert mixed.moments(places) == pytest.approx(dense.moments(places))
    for one, other in zip(mixed.regions(regions), dense.regions(regions), strict=True):
        assert one == pytest.approx(other)


def test_a_boltzmann_machine_that_is_known_from_samples() -> None:
    random = np.random.default_rng(5)
    machine = Machine(random.normal(0, 0.5, (6, 3)), random.normal(0, 0.5, 6), random.normal(0, 0.5, 3))
    places, distribution = np.array([[0, -1], [2, 5]], dtype=np.int32), machine.distribution(random)
    drawn = SampledDistribution(machine, machine.swept(distribution.sample(4000, random), 50, random))
    assert drawn.moments(places) == pytest.approx(distribution.moments(places), abs=0.06)
    assert drawn.regions(((3, 1),))[0] == pytest.approx(distribution.regions(((3, 1),))[0], abs=0.04)
    assert drawn.sample(10, random).shape == (10, 6)
    with pytest.raises(UnansweredError, match=r"2\^3 terms"):
        drawn.log_prob(drawn.rows)
