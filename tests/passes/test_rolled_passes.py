"""Passes on circuits that are rolled up: what they make is the same as gate by gate, and they make no object a gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.workloads import CHAIN
from qgl.compiler import analyse, circuit_of
from qgl.data.environment import FolderEnvironment
from qgl.expression import Input, Real
from qgl.gates import GATES
from qgl.ir import lanes
from qgl.ir.circuit import Circuit
from qgl.passes.cancellation import cancel_pairs
from qgl.passes.dead_code import drop_dead
from qgl.passes.known_states import resolve_known
from qgl.passes.pipeline import standard
from qgl.program.operations import GateApplication, Operation
from qgl.program.rolled import Block, Lane, Operations
from qgl.source import Source, Span

PASSES: dict[str, Callable[[Circuit], Circuit]] = {
    "cancel_pairs": cancel_pairs,
    "resolve_known": resolve_known,
    "drop_dead": lambda circuit: drop_dead(circuit, False),
    "drop_dead of bits": lambda circuit: drop_dead(circuit, True),
    "standard": lambda circuit: standard(circuit, False),
    "standard of bits": lambda circuit: standard(circuit, True),
}
NAMES = (
    "x",
    "h",
    "s",
    "z",
    "rx",
    "rz",
    "p",
    "cx",
    "cz",
    "cp",
    "swap",
    "iswap",
    "rzz",
    "rzx",
    "rxx",
    "su2",
    "su4",
    "ccx",
)
ORIGIN = Span(Source("program.qgl", ""), 0, 0)


def random_lane(rng: np.random.Generator, wires: int) -> Lane:
    gate = GATES[str(rng.choice(NAMES))]
    rounds = int(rng.integers(1, wires // gate.qubits + 1))
    table = rng.permutation(wires)[: rounds * gate.qubits].reshape(rounds, gate.qubits)
    free = [bool(rng.integers(0, 4)) for _ in gate.parameters]
    angles = tuple(Real(0.5 * k, ((1.0 + k, Input(0, 0)),) if each else ()) for k, each in enumerate(free))
    return Lane(GateApplication((), ORIGIN, gate, angles), table, rng.integers(0, 40, size=(rounds, sum(free))))


def random_circuit(rng: np.random.Generator) -> Circuit:
    """Of gates along registers, and of loops of a few gates whose rounds may have wires in common."""
    count = int(rng.integers(3, 9))
    program = analyse(Source("program.qgl", f"visible v[{count}]; model {{ h v; }}"), FolderEnvironment(Path())).program
    blocks = [Block((random_lane(rng, count),)) for _ in range(int(rng.integers(2, 12)))]
    for _ in range(int(rng.integers(0, 3))):
        some = [random_lane(rng, count) for _ in range(int(rng.integers(1, 4)))]
        rounds = min(len(lane.wires) for lane in some)
        shuffled = (replace(lane, wires=rng.permuted(lane.wires, axis=0)) for lane in some)
        blocks.insert(int(rng.integers(0, len(blocks))), Block(tuple(one.part(np.arange(rounds)) for one in shuffled)))
    return replace(circuit_of(program), operations=Operations(blocks))


def unrolled(circuit: Circuit) -> Circuit:
    return replace(circuit, operations=tuple(circuit.operations))


def on_each_wire(circuit: Circuit) -> dict[int, list[Operation]]:
    table: dict[int, list[Operation]] = {}
    for operation in circuit.operations:
        for wire in operation.wires:
            table.setdefault(wire, []).append(operation)
    return table


@pytest.mark.parametrize("name", PASSES)
def test_passes_leave_the_same_of_random_loops(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "FEWEST", 1)
    rng, stayed = np.random.default_rng(7), 0
    for _ in range(40):
        circuit = random_circuit(rng)
        assert circuit.lanes is not None
        made = PASSES[name](circuit)
        assert on_each_wire(made) == on_each_wire(PASSES[name](unrolled(circuit)))
        stayed += made.lanes is not None
    assert stayed > 10


def test_passes_make_no_gate_of_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    program = analyse(Source("program.qgl", CHAIN), FolderEnvironment(Path()), {"n": 80, "depth": 3}).program
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
