"""Contraction paths, their groups, and what contraction offers."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from qgl.expression import Real
from qgl.ir.circuit import Circuit
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.contraction import method as contraction
from qgl.plan.contraction import scheme as contraction_scheme
from qgl.plan.contraction.method import Contraction
from qgl.plan.contraction.path import find_path
from qgl.plan.contraction.scheme import Leaf, schedule
from qgl.plan.model import Cost
from qgl.plan.planner import Planner
from qgl.plan.state.methods import DensityMatrix, StateVector
from qgl.program.operations import Operation
from qgl.program.program import Program
from qgl.query import Expectation, GivenStrings, Probabilities, Query
from tests.reference.programs import op, program_of


def ring(sites: int, layers: int) -> Program:
    gates: list[Operation] = []
    for _ in range(layers):
        gates += [op("ry", k, args=[0.1 * k]) for k in range(sites)]
        gates += [op("cz", k, (k + 1) % sites) for k in range(sites)]
    return program_of(sites, 0, *gates, *(op("rx", k, args=[0.4]) for k in range(sites)))


def cost(program: Program, query: Query, least: int = 0) -> Cost:
    return Contraction(least).prepare(CircuitVariants(Circuit.of(program), True)).cost(query, "single")


def test_large_contractions_of_one_form_are_one_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contraction_scheme, "SMALL", 0)
    leaves = [Leaf((0,), 0), Leaf((0, 1), 4), Leaf((2,), 2), Leaf((2, 3), 8), Leaf((1, 3), 12)]
    scheme = schedule(leaves, (), [2, 2, 2, 2], ((0, 1), (2, 3), (4, 5), (6, 7)), 2)
    assert [(source.count, source.shape) for source in scheme.once.sources] == [(2, (2,)), (3, (2, 2))]
    assert [len(group.left) for group in scheme.groups] == [2, 1, 1]
    assert scheme.groups[0].left.tolist() == [[1, 0], [1, 1]] and scheme.groups[0].right.tolist() == [[0, 0], [0, 1]]
    assert scheme.result == (4, 0) and scheme.axes == () and scheme.largest == 4
    assert scheme.work_once.large == 8 + 8 + 8 + 4 and scheme.work_once.small == 0


def test_small_contractions_are_tables() -> None:
    leaves = [Leaf((0,), 0), Leaf((0, 1), 4, sensitive=True), Leaf((1,), 0, varies=True)]
    scheme = schedule(leaves, (), [2, 2], ((0, 1), (2, 3)), 2)
    assert not scheme.groups and not scheme.once.sources and scheme.result == (0, 0)
    assert scheme.once.entries.tolist() == [0, 1, 4, 5, 6, 7] and len(scheme.once.small.outputs) == 2
    assert scheme.each.projections.tolist() == [0, 1] and len(scheme.each.entries) == 2
    assert np.count_nonzero(scheme.once.small.gradients) == 4


def test_a_path_is_found_again() -> None:
    labels = [(k, (k + 1) % 12, 12 + k) for k in range(12)] + [(12 + k,) for k in range(12)]
    first, second = (find_path(labels, (), [4] * 24) for _ in range(2))
    assert first == second and len(first) == 23
    leaves = [Leaf(some, 64 * k) for k, some in enumerate(labels)]
    assert schedule(leaves, (), [4] * 24, first, 4).largest <= 64
    assert find_path(labels[:1], (0, 1, 12), [4] * 24) == ()


def test_cost_grows_with_rows_and_the_figures_are_told() -> None:
    few, many = (cost(ring(20, 2), GivenStrings(count)) for count in (2, 2000))
    assert not few.refusal and few.seconds < many.seconds and few.memory < many.memory
    facts = {name: int(value) for name, value in few.facts}
    assert 40 < facts["tensors"] < 300 and facts["contractions"] < facts["tensors"] / 4 and facts["largest"] < 2**12


def test_few_qubits_are_left_to_states() -> None:
    assert "takes no time" in cost(ring(5, 1), Probabilities(), least=16).refusal


def test_what_is_too_much_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    pauli_word = Expectation.of(["Z" * 20])
    assert "words, given strings" in cost(ring(20, 2), Probabilities()).refusal
    monkeypatch.setattr(contraction, "MOST_TENSORS", 50)
    assert "50 are the most" in cost(ring(20, 2), pauli_word).refusal
    monkeypatch.setattr(contraction, "MOST_OPERATIONS", 60)
    assert "60 are the most" in cost(ring(20, 2), pauli_word).refusal


def test_a_tensor_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contraction, "MOST_NUMBERS", 4)
    assert "numbers arises" in cost(ring(20, 2), GivenStrings(1)).refusal


def test_evolution_under_words_that_do_not_commute_is_refused() -> None:
    terms = ((Real(1.0), "ZZ"), (Real(0.5), "XI"))
    program = program_of(3, 0, op("evolve", 0, 1, args=[0.3], terms=terms), op("cx", 1, 2))
    assert "commute" in cost(program, Probabilities()).refusal


def test_without_cotengra_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contraction, "find_spec", lambda name: None)
    assert "qglc[contraction]" in cost(ring(20, 1), GivenStrings(1)).refusal
    assert importlib.util.find_spec("cotengra") is not None


def test_chosen_for_the_likelihood_of_more_qubits_than_a_state_holds() -> None:
    """A grid of 6 x 6, on which no line is narrow."""
    side = 6
    gates = [op("ry", k, args=[0.3]) for k in range(side * side)]
    for row, column in np.ndindex(side, side):
        k = row * side + column
        gates += [op("cz", k, k + 1)] * (column + 1 < side) + [op("cz", k, k + side)] * (row + 1 < side)
    program = program_of(side * side, 0, *gates, *(op("rx", k, args=[0.4]) for k in range(side * side)))
    methods = (StateVector(), DensityMatrix(), Contraction())
    planner = Planner(Circuit.of(program), memory_limit=8 * 10**9, methods=methods)
    planned = planner.plan([GivenStrings(4)]).rows[0]
    assert planned.chosen == "contraction" and all(c.reason for c in planned.candidates[1:])
