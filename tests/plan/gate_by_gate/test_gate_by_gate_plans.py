"""When strings are drawn gate by gate, along which line, and when that is refused."""

from __future__ import annotations

import numpy as np
import pytest

from qgl.diagnostics.model import QglError
from qgl.expression import Real
from qgl.ir.circuit import Circuit
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.gate_by_gate.method import LAGS, MOST_OPERATIONS, WIDEST, GateByGate
from qgl.plan.gate_by_gate.nodes import all_read, nodes_of
from qgl.plan.gate_by_gate.orders import orders
from qgl.plan.gate_by_gate.sweeps import sweeps_of
from qgl.plan.gate_by_gate.walk import TooWideError, _least_axes, walk_of
from qgl.plan.model import Cost
from qgl.plan.planner import Planner
from qgl.program.operations import Evolution, Operation
from qgl.program.program import Program
from qgl.query import Expectation, Samples
from tests.reference.programs import HERE, op, program_of


def cost(program: Program, shots: int = 100) -> Cost:
    return GateByGate().prepare(CircuitVariants(Circuit.of(program), True)).cost(Samples(shots), "single")


def coupled(qubits: int, pairs: list[tuple[int, int]], layers: int) -> Program:
    gates: list[Operation] = []
    for _ in range(layers):
        gates += [op("rx", k, args=[0.3]) for k in range(qubits)]
        gates += [op("rzz", a, b, args=[0.4]) for a, b in pairs]
    return program_of(qubits, 0, *gates, *(op("rx", k, args=[0.5]) for k in range(qubits)))


def grid(rows: int, columns: int, layers: int) -> Program:
    at = np.arange(rows * columns).reshape(rows, columns)
    pairs = [*zip(at[:, :-1].ravel().tolist(), at[:, 1:].ravel().tolist(), strict=True)]
    pairs += zip(at[:-1].ravel().tolist(), at[1:].ravel().tolist(), strict=True)
    return coupled(rows * columns, pairs, layers)


def test_a_grid_is_swept_across_its_shorter_side_whatever_the_declaration() -> None:
    wide, tall = cost(grid(6, 20, 2)), cost(grid(20, 6, 2))
    for one in (wide, tall):
        assert not one.refusal
        assert one.width <= 6 * 2 + 2, "two couplings of each row are cut, and two qubits are open"
        assert one.memory < 10**9
    assert cost(grid(6, 20, 2), 1000).seconds > 5 * wide.seconds


def test_independent_parts_are_no_wider_than_one_of_them() -> None:
    one = coupled(9, [(k, k + 1) for k in range(8)], 4)
    mixed = coupled(27, [(k, k + 3) for k in range(24)], 4)
    assert cost(mixed).width == cost(one).width
    assert cost(mixed).flops < 4 * cost(one).flops


def test_layers_far_beyond_a_window_of_qubits_are_taken_in_several_sweeps() -> None:
    gates: list[Operation] = []
    for layer in range(10):
        gates += [op("rx", k, args=[0.3]) for k in range(40)]
        gates += [op("rzz", k, k + 1, args=[0.4]) for k in range(layer % 2, 39, 2)]
    found = cost(program_of(40, 0, *gates, *(op("rx", k, args=[0.3]) for k in range(40))))
    assert int(dict(found.facts)["sweeps"]) > 1 and found.width < 10


def test_what_is_too_wide_or_too_long_is_refused() -> None:
    assert f"more than {WIDEST} axes" in cost(grid(9, 9, 4)).refusal
    assert f"{MOST_OPERATIONS:,} are the most" in cost(coupled(2, [(0, 1)] * 10_001, 2)).refusal
    with pytest.raises(QglError) as raised:
        Planner(Circuit.of(grid(9, 9, 4)), memory_limit=10**9).plan([Samples(10)])
    (fault,) = raised.value.diagnostics
    assert fault.code == "QGL0810" and "gate by gate" in str(fault)
    assert "approximate sweep" in str(fault.help), "what would answer, if it were allowed"


def test_other_questions_and_evolutions_are_refused() -> None:
    terms = ((Real(0.5), "XX"), (Real(0.3), "ZI"))
    evolution = program_of(2, 0, op("h", 0), Evolution((0, 1), HERE, Real(1.0), terms))
    assert "do not commute" in cost(evolution).refusal
    prepared = GateByGate().prepare(CircuitVariants(Circuit.of(coupled(2, [(0, 1)], 1)), True))
    assert "samples only" in prepared.cost(Expectation.of(["ZZ"]), "single").refusal


def test_it_is_asked_only_where_others_take_long() -> None:
    row = Planner(Circuit.of(coupled(12, [(k, k + 1) for k in range(11)], 2))).plan([Samples(10)]).rows[0]
    (candidate,) = [one for one in row.candidates if one.method == "gate by gate"]
    assert row.chosen != "gate by gate" and "not tried" in candidate.reason


def test_what_is_too_wide_at_last_is_refused_before_the_first_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qgl.plan.gate_by_gate.walk._Walker.sweep", lambda *_: pytest.fail("a sweep was gone through"))
    assert f"more than {WIDEST} axes" in cost(grid(9, 9, 8)).refusal


@pytest.mark.parametrize("program", [grid(3, 5, 2), coupled(12, [(k, k * 5 % 12) for k in range(12) if k % 3], 3)])
def test_the_bound_before_the_sweeps_is_no_more_than_what_they_take(program: Program) -> None:
    circuit = all_read(CircuitVariants(Circuit.of(program), True).pure)
    nodes = nodes_of(circuit)
    for _, order in orders(circuit, None):
        rank = [order.index(wire) for wire in range(len(order))]
        for lag in LAGS:
            sweeps = sweeps_of(nodes, rank, lag)
            axes = walk_of(nodes, sweeps, order, 40).work.axes
            assert _least_axes(nodes, sweeps, order) <= axes
            with pytest.raises(TooWideError):
                walk_of(nodes, sweeps, order, axes - 1)


def test_qubits_that_no_gate_acts_on_are_drawn() -> None:
    assert not cost(program_of(3, 0)).refusal


def test_two_wide_grids_that_share_no_gate_take_what_each_takes() -> None:
    one, rows, columns = grid(6, 12, 2), 6, 12
    at = np.arange(2 * rows * columns).reshape(rows, columns, 2)  # a qubit of each grid in turn
    pairs = [*zip(at[:, :-1].ravel().tolist(), at[:, 1:].ravel().tolist(), strict=True)]
    pairs += zip(at[:-1].ravel().tolist(), at[1:].ravel().tolist(), strict=True)
    both, alone = cost(coupled(2 * rows * columns, pairs, 2)), cost(one)
    assert not both.refusal
    assert both.width == alone.width
    assert both.seconds < 2.5 * alone.seconds
