"""When runs with drawn outcomes are offered, and what they cost."""

from __future__ import annotations

import numpy as np
import pytest

from qgl.ir.circuit import Circuit
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.model import Cost
from qgl.plan.planner import Planner
from qgl.plan.trajectories.method import MOST_AMPLITUDES, Trajectories, batches
from qgl.program.operations import Operation
from qgl.program.program import Program
from qgl.query import Expectation, GivenPauliWords, LogProb, Probabilities, Query, Samples
from tests.reference.programs import op, program_of


def chain(qubits: int, layers: int) -> Program:
    gates: list[Operation] = []
    for _ in range(layers):
        gates += [op("ry", k, args=[0.4]) for k in range(qubits)]
        gates += [op("cx", k, k + 1) for k in range(qubits - 1)]
        gates += [op("depolarizing", k, args=[0.1]) for k in range(qubits)]
    return program_of(qubits, 0, *gates)


def cost(program: Program, query: Query) -> Cost:
    return Trajectories().prepare(CircuitVariants(Circuit.of(program), True)).cost(query, "single")


@pytest.mark.parametrize(
    "query", [Probabilities(), LogProb.of(np.zeros((1, 3), np.uint8)), Expectation.of(["ZII"]), GivenPauliWords(4)]
)
def test_exact_answers_are_refused(query: Query) -> None:
    assert "samples = ..." in cost(chain(3, 2), query).refusal


def test_a_circuit_without_anything_to_draw_is_refused() -> None:
    assert "same" in cost(program_of(2, 0, op("h", 0), op("cx", 0, 1)), Samples(5)).refusal


def test_places_are_those_of_the_qubits_alive_at_once() -> None:
    for layers in (2, 6):
        found = cost(chain(5, layers), GivenPauliWords(4, samples=10))
        assert found.width == 7  # each depolarizing channel borrows two qubits
        assert dict(found.facts)["outcomes"] == 10 * layers - 5 - 2  # no phases at the end; the last two are traced out
        assert not found.refusal


def test_time_and_memory_grow_with_the_runs_until_memory_is_bounded() -> None:
    few, many, most = (cost(chain(8, 3), GivenPauliWords(4, samples=runs)) for runs in (10, 100, 100_000))
    assert few.seconds < many.seconds < most.seconds
    assert few.memory < many.memory
    assert int(dict(most.facts)["together"]) <= MOST_AMPLITUDES >> most.width
    assert batches(10, 30) == (10, 1) and batches(10, 3) == (1, 10)


def test_chosen_for_noise_on_more_qubits_than_a_density_matrix_holds() -> None:
    gates = [op("ry", k, args=[0.4]) for k in range(16)]
    for reach in (1, 3, 5, 7):
        gates += [op("cx", k, (k + reach) % 16) for k in range(16)]
        gates += [op("amplitude_damping", k, args=[0.1]) for k in range(16)]
    planner = Planner(Circuit.of(program_of(16, 0, *gates)), memory_limit=8 * 10**9)
    query = GivenPauliWords(10, samples=20)
    assert planner.plan([query]).rows[0].chosen == "trajectories"


def test_not_chosen_where_one_exact_run_is_cheaper() -> None:
    planner = Planner(Circuit.of(chain(3, 1)), memory_limit=8 * 10**9)
    assert planner.plan([GivenPauliWords(10, samples=1000)]).rows[0].chosen != "trajectories"
