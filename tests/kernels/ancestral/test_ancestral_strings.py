"""Ancestral likelihoods and samples against dense states, and against a formula where no state could be held."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.bits.distribution import strings
from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.ancestral.method import TOGETHER, Ancestral
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.model import Plan, Row
from qgl.plan.planner import Planner
from qgl.program.operations import Operation
from qgl.program.program import Program
from qgl.query import GivenStrings, LogProb, Query, Samples
from tests.reference.density import gradient, probabilities
from tests.reference.programs import PARAMETERS, op, program_of, random_inputs

Array = NDArray[Any]
ANGLES = [Real(0.0, ((1.0, Input(0, k)),)) for k in range(6)]


def network() -> Program:
    """Rotations under controls of all kinds: gates, phases, chosen angles, Pauli words, controls of controls."""
    a = ANGLES
    gates = [
        *(op("ry", 0, args=[a[0]]), op("h", 1), op("rx", 1, args=[a[1]])),
        *(op("cry", 0, 1, args=[a[2]]), op("rz", 0, args=[a[3]])),
        *(op("h", 2), op("cp", 0, 2, args=[a[4]]), op("ry", 2, args=[0.4])),
        op("uniform_ry3", 0, 1, 3, args=[a[5], 0.3, -0.8, a[0]]),
        *(op("pauli", 2, 3, args=[a[1]], pauli_word="ZY"), op("rx", 3, args=[0.7])),
        *(op("ccx", 1, 2, 4), op("ry", 4, args=[a[2]]), op("cz", 4, 0), op("h", 4)),
        *(op("ry", 5, args=[a[3]]), op("rx", 0, 2, 5, args=[a[4]], controls=2)),
        *(op("z", 5, 3, controls=1), op("ry", 5, args=[1.1]), op("cx", 3, 5)),
    ]
    return program_of(6, 0, *gates, parameters=PARAMETERS)


def path(pictures: int, pixels: int) -> tuple[Program, Array]:
    """Rows of qubits, each turned under the control of two in the row before; and its angles, (pictures, pixels, 3)."""
    angles = np.random.default_rng(3).uniform(0.2, 2.5, (pictures, pixels, 3))
    gates: list[Operation] = []
    for s, row in enumerate(angles):
        for q, (own, near, next_to) in enumerate(row):
            wire, before = s * pixels + q, (s - 1) * pixels
            gates.append(op("ry", wire, args=[own]))
            if s:
                gates.append(op("cry", before + q, wire, args=[near]))
                gates.append(op("cry", before + (q + 1) % pixels, wire, args=[next_to]))
    return program_of(pictures * pixels, 0, *gates), angles


def chances(angles: Array, rows: Array) -> Array:
    """The same in closed form: the chance of one for each bit of `rows`, both of shape (batch, pictures, pixels)."""
    rows = rows.reshape(len(rows), *angles.shape[:2])
    before = np.concatenate([np.zeros_like(rows[:, :1]), rows[:, :-1]], axis=1)
    turned = angles[..., 0] + before * angles[..., 1] + np.roll(before, -1, axis=2) * angles[..., 2]
    return np.asarray(np.sin(turned / 2) ** 2)


def by_ancestral(program: Program, *queries: Query) -> Simulator:
    """A simulator by this method, whatever others would take."""
    circuit = Circuit.of(program)
    lowered = Ancestral().prepare(CircuitVariants(circuit, True)).lower(queries, "double")
    rows = tuple(Row(query, "ancestral", ()) for query in queries)
    inputs = sum(parameter.size for parameter in circuit.parameters)
    seen = tuple(range(len(circuit.visible)))
    return Simulator(Plan(rows, {"ancestral": lowered}, "double", True, inputs, seen))


def test_likelihoods_and_their_gradients_are_those_of_the_state() -> None:
    program, query = network(), LogProb.of(strings(np.arange(64), 6))
    inputs = random_inputs(1)
    weights = np.random.default_rng(2).normal(size=64)
    with jax.enable_x64(True):
        run = by_ancestral(program, query)
        p = jax.jit(lambda inputs: jnp.exp(run.answer(inputs, query)))
        found = np.asarray(p(jnp.asarray(inputs)))
        derivative = np.asarray(jax.grad(lambda inputs: jnp.dot(p(inputs), weights))(jnp.asarray(inputs)))
    np.testing.assert_allclose(found, probabilities(program, inputs), atol=1e-12)
    expected = gradient(lambda inputs: float(probabilities(program, inputs) @ weights), inputs)
    np.testing.assert_allclose(derivative, expected, atol=1e-7)


def test_samples_come_as_often_as_the_state_says() -> None:
    program, shots = network(), 20_000
    inputs = random_inputs(1)
    run = by_ancestral(program, Samples(shots))
    drawn = np.asarray(run.sample(jnp.asarray(inputs, jnp.float32), jax.random.key(5), shots))
    often = np.bincount(drawn @ (1 << np.arange(5, -1, -1)), minlength=64) / shots
    expected = probabilities(program, inputs)
    assert np.abs(often - expected).max() < 5 * np.sqrt(expected.max() / shots)
    assert not often[expected < 1e-12].any(), "a string that cannot come is not drawn"


def test_hidden_qubits_are_drawn_and_not_read_out() -> None:
    flip = [op("ry", 0, args=[1.2]), op("ry", 2, args=[0.9]), op("cx", 2, 0), op("cry", 0, 1, args=[2.0])]
    program, shots = program_of(2, 1, *flip), 20_000
    drawn = np.asarray(by_ancestral(program, Samples(shots)).sample(jnp.zeros(0), jax.random.key(0), shots))
    assert drawn.shape == (shots, 2)
    often = np.bincount(drawn @ [2, 1], minlength=4) / shots
    np.testing.assert_allclose(often, probabilities(program, np.zeros(0)), atol=0.02)


def test_a_path_of_hundreds_of_qubits_has_its_closed_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """In batches as well, of which the last is not full."""
    program, angles = path(8, 40)
    rows = np.random.default_rng(0).integers(0, 2, (7, 320)).astype(np.uint8)
    one = chances(angles, rows).reshape(7, 320)
    expected = np.log(np.where(rows == 1, one, 1 - one)).sum(axis=1)
    given, some = GivenStrings(7), Samples(2_000)
    plan = Planner(Circuit.of(program), "double").plan((given, some))
    assert {row.chosen for row in plan.rows} == {"ancestral"}
    monkeypatch.setattr("qgl.plan.ancestral.method.TOGETHER", 2 * 3 * 320 * 3)
    with jax.enable_x64(True):
        run = Simulator(plan)
        np.testing.assert_allclose(run.log_prob(jnp.zeros(0), rows), expected, rtol=1e-10)
    assert TOGETHER > 2 * 320 * 3 * 7
    monkeypatch.undo()
    drawn = np.asarray(run.sample(jnp.zeros(0), jax.random.key(1), 2_000))
    gap = drawn - chances(angles, drawn).reshape(drawn.shape)
    assert np.abs(gap.mean(axis=0)).max() < 5 * 0.5 / np.sqrt(2_000), "each bit is one as often as those before say"
