"""Passes on circuits that are rolled up: what they make is the same as gate by gate, and they make no object a gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.workloads import CHAIN, CHANNELS
from qgl.compiler import analyse, circuit_of
from qgl.data.environment import FolderEnvironment
from qgl.ir import lanes
from qgl.ir.circuit import Circuit
from qgl.passes.cancellation import cancel_pairs
from qgl.passes.dead_code import drop_dead
from qgl.passes.known_states import resolve_known
from qgl.passes.pipeline import standard
from qgl.program.operations import KrausChannel, Operation
from qgl.program.rolled import Lane, Operations
from qgl.source import Source
from tests.reference.loops import random_loops, unrolled

PASSES: dict[str, Callable[[Circuit], Circuit]] = {
    "cancel_pairs": cancel_pairs,
    "resolve_known": resolve_known,
    "drop_dead": lambda circuit: drop_dead(circuit, False),
    "drop_dead of bits": lambda circuit: drop_dead(circuit, True),
    "standard": lambda circuit: standard(circuit, False),
    "standard of bits": lambda circuit: standard(circuit, True),
    "standard with channels": lambda circuit: standard(circuit, True, keep_channels=True),
}


DILATING = ("standard", "standard of bits")  # which number new wires in the order of operations


def on_each_wire(circuit: Circuit) -> dict[int, list[Operation | str]]:
    """The operations on each wire in order, lists of matrices by what they say."""
    table: dict[int, list[Operation | str]] = {}
    for operation in circuit.operations:
        for wire in operation.wires:
            table.setdefault(wire, []).append(repr(operation) if isinstance(operation, KrausChannel) else operation)
    return table


@pytest.mark.parametrize(
    ("name", "noisy"),
    [(name, noisy) for name in PASSES for noisy in (False, True) if name not in DILATING or not noisy],
)
def test_passes_leave_the_same_of_random_loops(name: str, noisy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "FEWEST", 1)
    rng, stayed = np.random.default_rng(7), 0
    for _ in range(40):
        circuit = random_loops(rng, noisy)
        assert circuit.lanes is not None
        made = PASSES[name](circuit)
        assert on_each_wire(made) == on_each_wire(PASSES[name](unrolled(circuit)))
        stayed += made.lanes is not None
    assert stayed > 10


@pytest.mark.parametrize("text", [CHAIN, CHANNELS], ids=["chain", "channels"])
def test_passes_make_no_gate_of_a_loop(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = analyse(Source("program.qgl", text), FolderEnvironment(Path()), {"n": 80, "depth": 3}).program
    circuit = circuit_of(program)
    expected = on_each_wire(standard(unrolled(circuit), True))
    fresh = replace(circuit, operations=Operations(program.operations.pieces))  # type: ignore[attr-defined]
    with monkeypatch.context() as patched:
        patched.setattr(Lane, "unrolled", lambda self: pytest.fail("a loop was unrolled"))
        made = standard(fresh, True)
    assert on_each_wire(made) == expected


def test_a_loop_with_gates_right_behind_their_inverses_is_unrolled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "FEWEST", 1)
    text = """
    visible v[40];
    param a[40];
    model { rx(a) v; for k in 0..39 { ry(a[k]) v[k]; ry(-a[k]) v[k]; } for k in 0..39 { rx(-a[k]) v[k]; } h v; }
    """
    circuit = circuit_of(analyse(Source("program.qgl", text), FolderEnvironment(Path())).program)
    assert circuit.lanes is not None
    assert [operation.name for operation in cancel_pairs(circuit).operations] == ["h"] * 40


def test_states_of_wide_gates_are_told_apart() -> None:
    """65 wires of two states do not fit into a number of 64 bits."""
    states = np.zeros((3, 65), dtype=np.int64)
    states[1, 64] = 1
    assert [rows.tolist() for _, rows in lanes.groups(states)] == [[0, 2], [1]]
