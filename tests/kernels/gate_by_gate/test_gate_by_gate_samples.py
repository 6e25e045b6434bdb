"""Gate-by-gate sampling: the distribution of what is drawn, worked out exactly, and draws of wide circuits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.ir.circuit import Circuit
from qgl.kernels.gate_by_gate.sampling import Sampler
from qgl.kernels.network.tensors import tensor_tables
from qgl.kernels.simulator import Simulator
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.cones.method import LightCones
from qgl.plan.gate_by_gate.method import GateByGate
from qgl.plan.gate_by_gate.nodes import Nodes, all_read, nodes_of
from qgl.plan.gate_by_gate.sweeps import sweeps_of
from qgl.plan.gate_by_gate.walk import Draw, Walk, walk_of
from qgl.plan.planner import Planner
from qgl.program.operations import Operation
from qgl.program.program import Program
from qgl.query import Expectation, Samples
from tests.reference.density import probabilities
from tests.reference.programs import EVERYTHING, UNITARY, op, program_of, random_inputs, random_program

LAGS = (0, 1, math.inf)
MOST_DRAWS = 13
Array = NDArray[Any]
NOTHING = np.zeros(0)


def bricks(qubits: int, layers: int) -> Program:
    """Rotations that all differ, and couplings of neighbours in turn."""
    gates: list[Operation] = []
    for layer in range(layers):
        gates += [op("rx", k, args=[0.7 + 0.3 * k - 0.2 * layer]) for k in range(qubits)]
        gates += [op("rzz", k, k + 1, args=[0.9 - 0.1 * k]) for k in range(layer % 2, qubits - 1, 2)]
    return program_of(qubits, 0, *gates, *(op("ry", k, args=[0.4 + k]) for k in range(qubits)))


def mixed() -> Program:
    """Gates of two qubits, an exchange, a discarded qubit, a hidden one and noise."""
    return program_of(
        3,
        1,
        *(op("ry", k, args=[0.5 + 0.4 * k]) for k in range(4)),
        op("fresh", 4),
        op("crx", 0, 4, args=[1.1]),
        op("cx", 4, 1),
        op("discard", 4),
        op("swap", 1, 2),
        op("rxx", 0, 1, args=[0.8]),
        op("iswap", 2, 3),
        op("amplitude_damping", 1, args=[0.3]),
        op("ry", 2, args=[-0.6]),
        op("cz", 0, 2),
        op("h", 0),
    )


def parts() -> Program:
    """Two pairs of qubits that never meet, declared in turns."""
    first, second = ([op("ry", k, args=[0.6 + k]), op("ry", k + 2, args=[1.0 - k]), op("cx", k, k + 2)] for k in (0, 1))
    return program_of(4, 0, *first, *second, *(op("rx", k, args=[0.3 + k]) for k in range(4)))


def sampler(program: Program, inputs: Array) -> tuple[Circuit, Nodes, list[Array]]:
    """The circuit whose every wire is read, its nodes, and the numbers of its tensors."""
    circuit = all_read(CircuitVariants(Circuit.of(program), True).pure)
    nodes = nodes_of(circuit)
    with jax.enable_x64(True):
        tables = jax.jit(lambda values: tensor_tables(nodes.network, values))(jnp.asarray(inputs, jnp.float64))
    values = [np.asarray(table) for table in tables]
    return circuit, nodes, [values[tensor.table][tensor.row] for tensor in nodes.tensors]


def walk(circuit: Circuit, nodes: Nodes, order: Sequence[int], lag: float) -> tuple[Walk, int]:
    """The steps along a line, and the number of sweeps."""
    rank = [0] * len(circuit.wires)
    for place, wire in enumerate(order):
        rank[wire] = place
    sweeps = sweeps_of(nodes, rank, lag)
    return walk_of(nodes, sweeps, order, most=30), len(sweeps.acting)


def distribution(circuit: Circuit, steps: Walk, tensors: list[Array], visible: int) -> Array | None:
    """The distribution of strings, as each way in which the draws can come out has a shot of its own.

    None where there are too many of them.
    """
    draws = sum(len(step.wires) for step in steps.steps if isinstance(step, Draw))
    if draws > MOST_DRAWS:
        return None
    ways, weights = np.arange(2**draws), np.ones(2**draws)
    places = iter(range(draws))

    def choose(ones: Array) -> Array:
        chosen = (ways >> next(places) & 1).astype(bool)
        probability = np.where(chosen, ones, 1 - ones)
        weights[:] = np.where(weights > 0, weights * np.where(np.isnan(probability), 0.0, probability), 0.0)
        return chosen

    with np.errstate(invalid="ignore", divide="ignore"):  # ways that cannot come have no distribution
        bits = Sampler(steps, tensors, len(circuit.wires)).bits(len(ways), choose)
    codes = (1 << np.arange(visible - 1, -1, -1)) @ bits[list(circuit.visible[:visible])]
    return np.bincount(codes, weights, 2**visible)


def compare(program: Program, inputs: Array = NOTHING, seed: int = 0) -> list[int]:
    """Every lag and two lines of wires against the judge; how many sweeps there were."""
    circuit, nodes, tensors = sampler(program, inputs)
    visible = len(program.visible)
    right = probabilities(program, inputs)
    counts = []
    for order in (list(circuit.visible), np.random.default_rng(seed).permutation(circuit.visible).tolist()):
        for lag in LAGS:
            steps, sweeps = walk(circuit, nodes, order, lag)
            drawn = distribution(circuit, steps, tensors, visible)
            if drawn is not None:
                np.testing.assert_allclose(drawn, right, atol=1e-12)
                counts.append(sweeps)
                single = distribution(circuit, steps, [each.astype(np.complex64) for each in tensors], visible)
                assert single is not None
                np.testing.assert_allclose(single, right, atol=1e-5)
    return counts


@pytest.mark.parametrize(("program", "sweeps"), [(bricks(4, 2), 3), (bricks(3, 3), 3), (mixed(), 2), (parts(), 2)])
def test_what_is_drawn_has_the_exact_distribution(program: Program, sweeps: int) -> None:
    counts = compare(program)
    assert max(counts) >= sweeps and min(counts) == 1, f"one sweep and several were held: {counts}"


def test_random_programs_with_channels_measurements_and_resets() -> None:
    held: list[int] = []
    for seed in (1, 3, 4, 8, 12, 16):
        features = UNITARY if seed % 2 else EVERYTHING
        program = random_program(seed, features, visible=(2, 4), operations=(3, 9), evolve=False, live=4)
        held += compare(program, random_inputs(seed, program.parameters), seed)
    assert len(held) > 15 and max(held) > 1


def grid(rows: int, columns: int) -> Program:
    """Two layers of couplings of all neighbours, which no order by columns and no cone makes small."""
    gates: list[Operation] = []
    qubit = np.arange(rows * columns).reshape(rows, columns)
    edges = [*zip(qubit[:, :-1].ravel(), qubit[:, 1:].ravel(), strict=True)]
    edges += zip(qubit[:-1].ravel(), qubit[1:].ravel(), strict=True)
    rng = np.random.default_rng(2)
    for _ in range(2):
        gates += [op("rx", int(k), args=[rng.normal()]) for k in qubit.ravel()]
        gates += [op("rzz", int(a), int(b), args=[rng.normal()]) for a, b in edges]
    return program_of(qubit.size, 0, *gates, *(op("rx", int(k), args=[rng.normal()]) for k in qubit.ravel()))


def test_draws_of_a_grid_have_the_means_of_light_cones() -> None:
    program, shots, width = grid(3, 10), 400, 30
    run = Simulator(Planner(Circuit.of(program), methods=(GateByGate(),)).plan([Samples(shots), Samples(20)]))
    drawn = jax.jit(run.sample, static_argnums=2)
    strings = np.asarray(drawn(jnp.zeros(0), jax.random.key(3), shots))
    assert strings.shape == (shots, width) and strings.dtype == np.uint8
    few, again, other = (np.asarray(drawn(jnp.zeros(0), jax.random.key(seed), 20)) for seed in (3, 3, 4))
    assert np.array_equal(few, again) and not np.array_equal(few, other)
    pairs = np.array([[k, k + 1] for k in range(width - 1)], np.int32)
    query = Expectation.sparse(pairs)
    exact = np.asarray(
        Simulator(Planner(Circuit.of(program), methods=(LightCones(),)).plan([query])).answer(jnp.zeros(0), query)
    )
    means = np.prod(1 - 2.0 * strings[:, pairs], axis=2).mean(axis=0)
    squares = np.sum((means - exact) ** 2 / (1 - exact**2) * shots)
    assert squares < width - 1 + 4 * math.sqrt(2 * (width - 1)), "four deviations of chi-square above its mean"


def test_work_that_is_alike_is_done_once() -> None:
    """A dense block is run once for all shots, whatever their number, and each part of the circuit by itself."""
    circuit, nodes, tensors = sampler(parts(), NOTHING)
    steps, _ = walk(circuit, nodes, [0, 2, 1, 3], math.inf)
    assert [bool(segment.alike) for segment in steps.segments] == [True, True, False]
    drawn = Sampler(steps, tensors, len(circuit.wires))
    first = drawn.bits(64, lambda ones: ones > 0.5)
    assert np.array_equal(first, np.repeat(drawn.bits(1, lambda ones: ones > 0.5), 64, axis=1))
