"""The planner: what it chooses, what it refuses, and what it says."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from qgl.check.program import Operation, Program
from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import TooLarge, amount
from qgl.ir.circuit import Circuit
from qgl.plan.memory import available
from qgl.plan.planner import plan
from qgl.query import Expectation, LogProb, Probabilities, Samples, State
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
    assert methods(program_of(4, 1, op("h", 0), *(op("cx", k, k + 1) for k in range(4)))) == ["dense"]


def test_many_channels_on_few_qubits_run_as_a_density_matrix() -> None:
    made = plan(Circuit.of(noisy(3, 8)), [Probabilities()])
    assert made.rows[0].chosen == "density"
    loser = made.rows[0].candidates[1]
    assert loser.method == "dense" and loser.cost is not None and loser.cost.width > 40
    assert "may be used" in loser.reason


def test_one_channel_on_many_qubits_is_dilated() -> None:
    gates = [op("h", k) for k in range(10)] + [op("cx", k, k + 1) for k in range(9)]
    assert methods(program_of(10, 0, *gates, op("amplitude_damping", 4, args=[0.2]), op("h", 4))) == ["dense"]


def test_places_of_discarded_qubits_are_used_again_in_a_density_matrix() -> None:
    gates = [op("h", 0)]
    for wire in range(2, 12):
        gates += [op("fresh", wire), op("cx", 0, wire), op("cry", wire, 1, args=[0.3]), op("discard", wire)]
    made = plan(Circuit.of(program_of(2, 0, *gates)), [State()])
    widths = {c.method: c.cost.width for c in made.rows[0].candidates if c.cost is not None}
    assert (widths["dense"], widths["density"]) == (12, 3)


def test_bits_alone_allow_a_smaller_circuit() -> None:
    circuit = Circuit.of(program_of(2, 0, op("h", 0), op("cx", 0, 1), op("rz", 1, args=[0.3])))
    bits = plan(circuit, [Probabilities(), Samples(10)])
    both = plan(circuit, [Probabilities(), Expectation.of(["XI"])])
    assert bits.bits_only and not both.bits_only
    counts = [p.lowered["dense"].sizes()["small_matrices"] for p in (bits, both)]
    assert counts == [2, 3]


def test_what_does_not_fit_is_refused_with_the_figures_and_the_place() -> None:
    circuit = Circuit.of(program_of(34, 0, *(op("h", k) for k in range(34))))
    with pytest.raises(QglError) as caught:
        plan(circuit, [Probabilities()], memory_limit=16 * 10**9)
    (fault,) = caught.value.diagnostics
    assert isinstance(fault, TooLarge) and fault.code == "QGL0810"
    assert "34 qubits" in fault.message and "16 GB" in fault.message
    assert fault.label == "34 qubits" and fault.span is circuit.wires[0].span
    assert "halves" in fault.help


def test_channels_that_make_it_wide_are_pointed_at() -> None:
    circuit = Circuit.of(noisy(12, 10))
    with pytest.raises(QglError) as caught:
        plan(circuit, [Probabilities()], memory_limit=10**8)
    (fault,) = caught.value.diagnostics
    assert isinstance(fault, TooLarge)
    assert "discarded qubits" in fault.label and "fewer channels" in fault.help
    widths = {method: qubits for method, qubits, _ in fault.figures}
    assert widths["density"] == 12 and widths["dense"] > 200


def test_a_thousand_wires_are_refused_and_not_overflowed() -> None:
    circuit = Circuit.of(program_of(1200, 0, *(op("h", k) for k in range(1200))))
    with pytest.raises(QglError, match="QGL0810"):
        plan(circuit, [Probabilities(), State()])


def test_memory_limit_decides() -> None:
    circuit = Circuit.of(program_of(12, 0, *(op("h", k) for k in range(12))))
    assert plan(circuit, [Probabilities()], memory_limit=10**7).rows[0].chosen == "dense"
    with pytest.raises(QglError):
        plan(circuit, [State()], memory_limit=10**7)
    with pytest.raises(QglError):
        plan(circuit, [Probabilities()], memory_limit=10**4)


def test_plan_as_json_has_the_figures_of_every_candidate() -> None:
    query = LogProb.of(np.array([[0, 1, 0]], np.uint8))
    facts = json.loads(json.dumps(plan(Circuit.of(noisy(3, 2)), [query], precision="double").to_json()))
    assert facts["precision"] == "double" and facts["visible"] == 3
    (row,) = facts["queries"]
    assert row["query"] == "LogProb of 1 strings" and {c["method"] for c in row["candidates"]} >= {"dense", "density"}
    able = [c for c in row["candidates"] if c["method"] in ("dense", "density")]
    assert all(c["memory_bytes"] > 0 and c["flops"] > 0 for c in able)
    assert facts["methods"][row["method"]]["steps"] >= 1


def test_amounts_and_available_memory() -> None:
    assert [amount(x) for x in (12, 137e9, 2.0**70, 2.0**500)] == ["12 B", "137 GB", "1.18e+03 EB", "10^151 bytes"]
    assert available() > 10**8


def test_planning_does_not_load_jax() -> None:
    code = "import sys, qgl.plan.planner; print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
