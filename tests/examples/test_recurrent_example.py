"""Contextual recurrent cells: the dense machine against the circuit, and every figure at a small size."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

import qgl
from examples.published import published
from examples.recurrent import reproduce
from examples.recurrent.machine import InputOutputHMM, Machine, sets, true_phases
from tests.reference.density import probabilities

FOLDER = Path(reproduce.__file__).parent
_, FIGURES = published("recurrent")
PARTS = (reproduce.circuit, reproduce.graph, reproduce.four, reproduce.classical)
ALL = np.array(list(itertools.product((0, 1), repeat=2)))


def test_the_machine_is_that_of_the_circuit() -> None:
    """Two tokens of each kind, random phases: all four answers by the dense reference of the program."""
    random = np.random.default_rng(0)
    phases = random.normal(size=len(sets(3, 3)))
    machine = Machine.of(3, 3, phases)
    program = qgl.load(FOLDER / "contextual.qgl", length=2).program
    assert [parameter.name for parameter in program.parameters] == ["z", "x", "k", "phase"]
    for tokens in [(0, 4), (8, 3), (7, 8), (5, 6)]:
        hot = np.zeros((2, 3, 3))
        hot[np.arange(2), np.array(tokens) // 3, np.array(tokens) % 3] = 1
        inputs = np.concatenate([hot[:, kind].ravel() for kind in range(3)] + [phases])
        expected = machine.likelihoods(np.tile(tokens, (4, 1)), ALL)
        np.testing.assert_allclose(probabilities(program, inputs), expected, atol=1e-12)


def test_the_floor_is_that_of_the_rows() -> None:
    assert reproduce.least(*reproduce.sequences()) == pytest.approx(2.297269, abs=1e-6)


def test_the_possible_answers_are_those_of_the_machine() -> None:
    kept = np.load(FOLDER / "possible.npz")["rows"]
    tokens, _ = reproduce.sequences()
    answers, row = Machine.of(3, 3, true_phases(3, 3)).possible(tokens)
    np.testing.assert_array_equal(kept[:, :6], answers)
    np.testing.assert_array_equal(kept[:, 6:], np.load(FOLDER / "hsmt.npz")["rows"][row, 6:])


def test_rows_of_a_machine_are_as_the_data_have_them() -> None:
    rows = reproduce.rows_of(4, 3, 50).astype(np.int64)
    tokens, answers = reproduce.tokens_of(rows[:, 6:], 4), rows[:, :6]
    assert rows.shape == (50, 6 + 6 * 12) and (rows[:, 6:].sum(axis=1) == 6).all()
    machine = Machine.of(4, 3, true_phases(4, 3))
    assert reproduce.forbidden(machine, tokens, answers) == 0 and len(np.unique(tokens)) == 12


def test_what_a_machine_draws_is_possible_and_as_likely_as_it_says() -> None:
    machine, random = Machine.of(3, 3, true_phases(3, 3)), np.random.default_rng(1)
    tokens = np.tile([8, 3], (4000, 1))
    drawn = machine.draw(tokens, random)
    expected = machine.likelihoods(np.tile([8, 3], (4, 1)), ALL)
    np.testing.assert_allclose(np.bincount(2 * drawn[:, 0] + drawn[:, 1], minlength=4) / 4000, expected, atol=0.03)
    assert reproduce.forbidden(machine, tokens, drawn) == 0


def test_expectation_maximisation_ascends_and_its_model_is_a_distribution() -> None:
    machine, random = Machine.of(3, 3, true_phases(3, 3)), np.random.default_rng(2)
    tokens = random.integers(0, 9, (200, 4))
    answers = machine.draw(tokens, random)
    likelihoods = []
    for steps in (1, 5, 20):
        fit = InputOutputHMM.fitted(tokens, answers, 3, 9, steps, 0)
        likelihoods.append(np.log(fit.likelihoods(tokens, answers)).mean())
    assert likelihoods == sorted(likelihoods)
    np.testing.assert_allclose(fit.likelihoods(np.tile([8, 3], (4, 1)), ALL).sum(), 1)
    drawn = fit.draw(np.tile([8, 3], (4000, 1)), random)
    expected = fit.likelihoods(np.tile([8, 3], (4, 1)), ALL)
    np.testing.assert_allclose(np.bincount(2 * drawn[:, 0] + drawn[:, 1], minlength=4) / 4000, expected, atol=0.03)


@pytest.mark.slow
def test_every_figure_is_measured() -> None:
    ours = {key: found for part in PARTS for key, found in part(True).items()}
    assert set(ours) == {figure.key for figure in FIGURES}
    assert abs(ours["truth"].value or 0) < 1e-4
