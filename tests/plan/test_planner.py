"""The planner: what it chooses, what it refuses, and what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import TooLarge, amount
from qgl.ir.circuit import Circuit
from qgl.plan.memory import available
from qgl.plan.model import Cost, Method
from qgl.plan.planner import METHODS, Planner, _assign, plan
from qgl.plan.state.methods import DensityMatrix, StateVector
from qgl.program.operations import Operation
from qgl.program.program import Program
from qgl.query import Expectation, GivenStrings, LogProb, Marginals, Probabilities, Query, Samples, State
from qgl.source import Source, Span
from tests.reference.programs import op, program_of


def noisy(qubits: int, layers: int) -> Program:
    gates: list[Operation] = []
    for _ in range(layers):
        gates += [op("ry", k, args=[0.4]) for k in range(qubits)]
        gates += [op("cx", k, k + 1) for k in range(qubits - 1)]
        gates += [op("depolarizing", k, args=[0.1]) for k in range(qubits)]
    return program_of(qubits, 0, *gates)


def methods(program: Program) -> list[str]:
    return [row.chosen for row in plan(Circuit.of(program), [Probabilities()]).rows]


def test_a_pure_circuit_runs_as_a_state_vector() -> None:
    assert methods(program_of(4, 1, op("h", 0), *(op("cx", k, k + 1) for k in range(4)))) == ["state vector"]


def test_many_channels_on_few_qubits_run_as_a_density_matrix() -> None:
    made = plan(Circuit.of(noisy(3, 8)), [Probabilities()])
    assert made.rows[0].chosen == "density matrix"
    loser = next(candidate for candidate in made.rows[0].candidates if candidate.method == "state vector")
    assert loser.cost.width > 40
    assert "may be used" in loser.reason


def test_one_channel_on_many_qubits_is_dilated() -> None:
    gates = [op("h", k) for k in range(10)] + [op("cx", k, k + 1) for k in range(9)]
    assert methods(program_of(10, 0, *gates, op("amplitude_damping", 4, args=[0.2]), op("h", 4))) == ["state vector"]


def test_places_of_discarded_qubits_are_used_again_in_a_density_matrix() -> None:
    gates = [op("h", 0)]
    for wire in range(2, 12):
        gates += [op("fresh", wire), op("cx", 0, wire), op("cry", wire, 1, args=[0.3]), op("discard", wire)]
    made = plan(Circuit.of(program_of(2, 0, *gates)), [State()])
    widths = {c.method: c.cost.width for c in made.rows[0].candidates if c.cost is not None}
    assert (widths["state vector"], widths["density matrix"]) == (12, 3)


def test_bits_alone_allow_a_smaller_circuit() -> None:
    circuit = Circuit.of(program_of(2, 0, op("h", 0), op("cx", 0, 1), op("rz", 1, args=[0.3])))
    planner = Planner(circuit, methods=(StateVector(),))
    bits = planner.plan([Probabilities(), Samples(10)])
    both = planner.plan([Probabilities(), Expectation.of(["XI"])])
    assert bits.bits_only and not both.bits_only
    counts = [p.lowered["state vector"].sizes()["small_matrices"] for p in (bits, both)]
    assert counts == [2, 3]


def refusal(circuit: Circuit, query: Query, limit: int, methods: tuple[Method, ...] = METHODS) -> TooLarge:
    with pytest.raises(QglError) as caught:
        Planner(circuit, memory_limit=limit, methods=methods).plan([query])
    (fault,) = caught.value.diagnostics
    assert isinstance(fault, TooLarge) and fault.code == "QGL0810"
    return fault


def test_all_probabilities_of_a_wide_register_are_refused_with_the_figures_and_the_place() -> None:
    circuit = Circuit.of(program_of(34, 0, *(op("h", k) for k in range(34))))
    fault = refusal(circuit, Probabilities(), 16 * 10**9)
    assert "16 GB" in fault.message
    assert fault.label == "34 qubits; 2^34 numbers are asked for" and fault.span is circuit.wires[0].span
    assert fault.qubits == "34 visible" and "ask for less" in fault.help
    assert any(str(attempt).startswith("state vector: 34 qubits at once, needs ") for attempt in fault.attempts)


def test_the_line_of_the_long_gates_across_the_widest_cut_is_pointed_at() -> None:
    near, far = Source("near.qgl", "cz a, b;"), Source("far.qgl", "cz a, z;")
    gates = [replace(op("cz", k, k + 1), span=Span(near, 0, 8)) for k in range(35)]
    gates += [replace(op("cz", k, 35 - k), span=Span(far, 0, 8)) for k in range(16)]
    circuit = Circuit.of(program_of(36, 0, *(op("h", k) for k in range(36)), *gates, *(op("h", k) for k in range(36))))
    fault = refusal(circuit, GivenStrings(8), 10**9, (StateVector(), DensityMatrix()))
    assert fault.span is not None and fault.span.source is far
    assert (
        fault.label
        == "16 of the 17 gates that cross the cut between v[17] and v[18], the longest reaching over 35 qubits"
    )
    assert "local v within 1" in fault.help and "light cones" in fault.help


def test_layers_of_short_gates_are_told_by_their_number() -> None:
    gates = [op("cx", k, k + 1) for _ in range(7) for k in range(39)]
    fault = refusal(Circuit.of(program_of(40, 0, *gates)), Samples(5), 10**9, (StateVector(), DensityMatrix()))
    assert fault.label.startswith("all 7 gates that cross the cut between") and "fewer layers" in fault.help


def test_the_widest_light_cone_is_told() -> None:
    gates = [op("h", k) for k in range(40)] + [op("rxx", k, k + 1, args=[0.3]) for k in range(39)]
    gates += [op("rxx", 0, 39, args=[0.3]), *(op("rx", k, args=[0.4]) for k in range(40))]
    query = Marginals(((1, 2), (0, 39)))
    fault = refusal(Circuit.of(program_of(40, 0, *gates)), query, 10**9, (StateVector(), DensityMatrix()))
    assert fault.label == "40 gates of the light cone of v[0], v[39], which holds 40 qubits"
    assert "approximate" not in fault.help


def test_truncation_is_named_where_it_would_answer() -> None:
    gates = [op("h", k) for k in range(40)] + [op("rxx", k, k + 1, args=[0.3]) for k in range(39)]
    query = Expectation.sparse(np.array([[0, 39]], np.int32))
    fault = refusal(Circuit.of(program_of(40, 0, *gates)), query, 10**9, (StateVector(), DensityMatrix()))
    assert "`approximate propagation(smallest = 1e-4)`" in fault.help


def test_channels_that_make_it_wide_are_told() -> None:
    fault = refusal(Circuit.of(noisy(12, 10)), Probabilities(), 10**8, (StateVector(), DensityMatrix()))
    assert "fewer channels" in fault.help
    widths = {attempt.method: attempt.qubits for attempt in fault.attempts}
    assert widths["density matrix"] == 12 and widths["state vector"] > 200


def test_a_state_that_cannot_fit_is_refused_without_a_pass() -> None:
    circuit = Circuit.of(program_of(40, 0, *(op("h", k) for k in range(40))))
    weighed = Planner(circuit, methods=(StateVector(), DensityMatrix())).weigh([Samples(5)])
    assert not weighed.rows[0].chosen
    assert not {"pure", "mixed"} & vars(weighed.variants).keys()


def test_work_that_is_shared_is_counted_once() -> None:
    alone, joint = Cost(1.0, 1, 1.0, 1), Cost(1.5, 1, 1.0, 1, shared=1.4)
    queries: tuple[Query, ...] = (Samples(1), Samples(2), Probabilities())
    pairs = {query: {"alone": alone, "joint": joint} for query in queries}
    both = {query: ["alone", "joint"] for query in pairs}
    assert set(_assign(both, pairs).values()) == {"joint"}
    assert set(_assign({Samples(1): ["alone", "joint"]}, pairs).values()) == {"alone"}
    pairs[State()] = {"alone": Cost(0.01, 1, 1.0, 1), "joint": joint}
    chosen = _assign({query: ["alone", "joint"] for query in pairs}, pairs)
    assert chosen.pop(State()) == "alone" and set(chosen.values()) == {"joint"}


def test_a_thousand_wires_are_refused_and_not_overflowed() -> None:
    circuit = Circuit.of(program_of(1200, 0, *(op("h", k) for k in range(1200))))
    with pytest.raises(QglError, match="QGL0810"):
        plan(circuit, [Probabilities(), State()])
    json.dumps([row.to_json() for row in Planner(circuit).weigh([Probabilities()]).rows])


def test_memory_limit_decides() -> None:
    circuit = Circuit.of(program_of(12, 0, *(op("h", k) for k in range(12))))
    limited = [Planner(circuit, memory_limit=limit, methods=(StateVector(),)) for limit in (10**7, 10**4)]
    assert limited[0].plan([Probabilities()]).rows[0].chosen == "state vector"
    with pytest.raises(QglError):
        limited[0].plan([State()])
    with pytest.raises(QglError):
        limited[1].plan([Probabilities()])


def test_plan_as_json_has_the_figures_of_every_candidate() -> None:
    query = LogProb.of(np.array([[0, 1, 0]], np.uint8))
    facts = json.loads(json.dumps(plan(Circuit.of(noisy(3, 2)), [query], precision="double").to_json()))
    assert facts["precision"] == "double" and facts["visible"] == 3
    (row,) = facts["queries"]
    assert row["query"] == "LogProb of 1 string" and {c["method"] for c in row["candidates"]} >= {
        "state vector",
        "density matrix",
    }
    able = [c for c in row["candidates"] if c["method"] in ("state vector", "density matrix")]
    assert all(c["memory_bytes"] > 0 and c["flops"] > 0 for c in able)
    assert facts["methods"][row["method"]]


def test_amounts_and_available_memory() -> None:
    assert [amount(x) for x in (12, 137e9, 2.0**70, 2.0**500)] == ["12 B", "137 GB", "1.18e+03 EB", "10^151 bytes"]
    assert available() > 10**8


def test_planning_does_not_load_jax() -> None:
    code = "import sys, qgl.plan.planner; print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_last_resort_is_not_asked_where_another_method_is_quick() -> None:
    gates = [op("ry", k, args=[0.3 * k]) for k in range(40)] + [op("cx", k, k + 1) for k in range(39)]
    query = GivenStrings(4)
    row = Planner(Circuit.of(program_of(40, 0, *gates))).weigh([query]).rows[0]
    assert row.chosen == "boundary"
    assert {c.method: c.reason for c in row.candidates}["contraction"] == "not tried, as others are quick"
