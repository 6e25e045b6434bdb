"""Random circuits that are rolled up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from qgl.compiler import analyse, circuit_of
from qgl.data.environment import FolderEnvironment
from qgl.expression import Input, Real
from qgl.gates import CHANNELS as NAMED
from qgl.gates import GATES
from qgl.ir.circuit import Circuit
from qgl.program.operations import (
    ChannelApplication,
    Discard,
    Fresh,
    GateApplication,
    KrausChannel,
    Operation,
    PauliRotation,
)
from qgl.program.program import Wire
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
CHANNELS = {name: each for name, each in NAMED.items() if name != "reset"}
KRAUS = np.array([[[1, 0], [0, 0.6]], [[0, 0.8j], [0, 0]]])
ORIGIN = Span(Source("program.qgl", ""), 0, 0)


def random_lane(rng: np.random.Generator, wires: int) -> Lane:
    gate = GATES[str(rng.choice(NAMES))]
    controls = int(rng.integers(0, 4) == 0 and gate.qubits < 3)
    width = gate.qubits + controls
    rounds = int(rng.integers(1, wires // width + 1))
    table = rng.permutation(wires)[: rounds * width].reshape(rounds, width)
    free = [bool(rng.integers(0, 4)) for _ in gate.parameters]
    angles = tuple(Real(0.5 * k, ((1.0 + k, Input(0, 0)),) if each else ()) for k, each in enumerate(free))
    pattern: Operation = GateApplication((), ORIGIN, gate, angles, controls=controls)
    if gate.name in ("rzz", "rzx", "rxx") and rng.integers(0, 2):
        pattern = PauliRotation((), ORIGIN, angles[0], str(rng.choice(["XZ", "ZZ", "YX"])), controls=controls)
    return Lane(pattern, table, rng.integers(0, 40, size=(rounds, sum(free))))


def random_channels(rng: np.random.Generator, wires: int) -> Lane:
    """A named channel of strengths about 0.2, constant or of inputs, or Kraus operators; of 40 normal inputs."""
    name = str(rng.choice([*CHANNELS, "kraus"]))
    width = 1 if name == "kraus" else CHANNELS[name].qubits
    rounds = int(rng.integers(1, wires // width + 1))
    table = rng.permutation(wires)[: rounds * width].reshape(rounds, width)
    if name == "kraus":
        return Lane(KrausChannel((), ORIGIN, KRAUS), table, np.zeros((rounds, 0), np.int64))
    free = [bool(rng.integers(0, 4)) for _ in CHANNELS[name].parameters]
    strengths = tuple(Real(0.2, ((0.01 * (1 + k), Input(0, 0)),) if each else ()) for k, each in enumerate(free))
    pattern = ChannelApplication((), ORIGIN, CHANNELS[name], strengths)
    return Lane(pattern, table, rng.integers(0, 40, size=(rounds, sum(free))))


def random_loops(rng: np.random.Generator, noisy: bool = False) -> Circuit:
    """Of gates along registers, of loops of a few gates whose rounds may have wires in common, and of such with `fresh`
    qubits that end in their round; of 40 inputs. noisy: every third lane is of channels.
    """

    def lane() -> Lane:
        return random_channels(rng, count) if noisy and not rng.integers(0, 3) else random_lane(rng, count)

    count = int(rng.integers(3, 7))
    program = analyse(
        Source("program.qgl", f"visible v[{count}]; param a[40]; model {{ h v; }}"), FolderEnvironment(Path())
    ).program
    blocks = [Block((lane(),)) for _ in range(int(rng.integers(2, 12)))]
    for _ in range(int(rng.integers(0, 3))):
        some = [lane() for _ in range(int(rng.integers(1, 4)))]
        rounds = min(len(one.wires) for one in some)
        shuffled = (replace(one, wires=rng.permuted(one.wires, axis=0)) for one in some)
        blocks.insert(int(rng.integers(0, len(blocks))), Block(tuple(one.part(np.arange(rounds)) for one in shuffled)))
    circuit = circuit_of(program)
    wires = list(circuit.wires)
    for _ in range(int(rng.integers(0, 3))):
        block = with_fresh(rng, count, len(wires))
        wires += [Wire("fresh", "e", 0, None, ORIGIN)] * block.rounds
        blocks.insert(int(rng.integers(0, len(blocks) + 1)), block)
    return replace(circuit, wires=tuple(wires), operations=Operations(blocks))


def with_fresh(rng: np.random.Generator, wires: int, first: int) -> Block:
    """A loop in each of whose rounds a new wire is touched a few times and ends."""
    rounds = int(rng.integers(1, 3))
    new = first + np.arange(rounds)[:, None]
    none = np.zeros((rounds, 0), np.int64)
    made = [Lane(Fresh((0,), ORIGIN), new, none)]
    for _ in range(int(rng.integers(0, 5))):
        gate = GATES[str(rng.choice(["cx", "rzz", "su4", "rx", "swap", "cp"]))]
        old = np.stack([rng.permutation(wires)[: gate.qubits - 1] for _ in range(rounds)])
        table = np.concatenate([new, old] if rng.integers(0, 2) else [old, new], axis=1)
        angles = tuple(Real(0.1, ((1.0, Input(0, 0)),)) for _ in gate.parameters)
        inputs = rng.integers(0, 40, size=(rounds, len(angles)))
        made.append(Lane(GateApplication((), ORIGIN, gate, angles), table, inputs))
    return Block((*made, Lane(Discard((0,), ORIGIN), new, none)))


def unrolled(circuit: Circuit) -> Circuit:
    """The same gate by gate."""
    return replace(circuit, operations=tuple(circuit.operations))
