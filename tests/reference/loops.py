"""Random circuits that are rolled up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from qgl.compiler import analyse, circuit_of
from qgl.data.environment import FolderEnvironment
from qgl.expression import Input, Real
from qgl.gates import GATES
from qgl.ir.circuit import Circuit
from qgl.program.operations import GateApplication
from qgl.program.rolled import Block, Lane, Operations
from qgl.source import Source, Span

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


def random_loops(rng: np.random.Generator) -> Circuit:
    """Of gates along registers, and of loops of a few gates whose rounds may have wires in common; of 40 inputs."""
    count = int(rng.integers(3, 9))
    program = analyse(
        Source("program.qgl", f"visible v[{count}]; param a[40]; model {{ h v; }}"), FolderEnvironment(Path())
    ).program
    blocks = [Block((random_lane(rng, count),)) for _ in range(int(rng.integers(2, 12)))]
    for _ in range(int(rng.integers(0, 3))):
        some = [random_lane(rng, count) for _ in range(int(rng.integers(1, 4)))]
        rounds = min(len(lane.wires) for lane in some)
        shuffled = (replace(lane, wires=rng.permuted(lane.wires, axis=0)) for lane in some)
        blocks.insert(int(rng.integers(0, len(blocks))), Block(tuple(one.part(np.arange(rounds)) for one in shuffled)))
    return replace(circuit_of(program), operations=Operations(blocks))


def unrolled(circuit: Circuit) -> Circuit:
    """The same gate by gate."""
    return replace(circuit, operations=tuple(circuit.operations))
