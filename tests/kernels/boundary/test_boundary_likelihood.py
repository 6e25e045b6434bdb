"""Likelihoods by boundary contraction against the reference, and on long chains against what is known of them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.boundary.method import BoundaryContraction
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.model import Plan
from qgl.plan.planner import Planner
from qgl.program.operations import Operation
from qgl.program.program import Program
from qgl.query import GivenStrings, LogProb
from tests.reference.density import gradient, probabilities
from tests.reference.programs import EVERYTHING, op, parameter, program_of, random_inputs, random_program


def planned(program: Program, *queries: Any, precision: str = "double") -> Plan:
    return Planner(Circuit.of(program), precision, methods=(BoundaryContraction(),)).plan(queries)


def check(program: Program, inputs: np.ndarray[Any, Any]) -> Plan:
    """log p of all strings that are likely enough, and the gradient of a weighted sum of them."""
    n = len(program.visible)
    strings = (np.arange(2**n)[:, None] >> np.arange(n - 1, -1, -1) & 1).astype(np.uint8)
    expected = probabilities(program, inputs)
    strings = strings[expected > 1e-9][:64]
    query = LogProb.of(strings)
    run = Simulator(planned(program, query))
    weights = np.random.default_rng(5).normal(size=len(strings))

    def loss(values: jax.Array) -> tuple[jax.Array, jax.Array]:
        answer = run.answer(values, query)
        return jnp.sum(jnp.asarray(weights) * answer), answer

    with jax.enable_x64(True):
        derivative, answer = jax.jit(jax.grad(loss, has_aux=True))(jnp.asarray(inputs))
    index = strings.astype(int) @ 2 ** np.arange(n - 1, -1, -1)
    np.testing.assert_allclose(answer, np.log(expected[index]), atol=1e-7)

    def reference(values: np.ndarray[Any, Any]) -> float:
        return float(weights @ np.log(probabilities(program, values)[index]))

    derivatives = gradient(reference, inputs)
    np.testing.assert_allclose(derivative, derivatives, atol=1e-5 * (1 + np.abs(derivatives).max()))
    return run.plan


@pytest.mark.parametrize("seed", range(3))
def test_random_unitary_programs(seed: int) -> None:
    program = random_program(seed, visible=(2, 4), operations=(8, 18), evolve=False)
    check(program, random_inputs(seed))


@pytest.mark.parametrize("seed", range(3))
def test_random_programs_with_channels_and_measurements(seed: int) -> None:
    program = random_program(
        200 + seed, EVERYTHING, live=4, visible=(2, 3), operations=(6, 12), evolve=False, kraus=False
    )
    check(program, random_inputs(seed))


def angle(k: int) -> Real:
    return Real(0.0, ((1.0, Input(0, k)),))


def brick_chain(n: int, depth: int, shared: bool = True) -> Program:
    """RX and RZ on every site, then RZZ on alternate bonds."""
    gates: list[Operation] = []
    for layer in range(depth):
        gates += [op("rx", k, args=[angle(3 * layer) + 0.1 * (k % 3)]) for k in range(n)]
        gates += [op("rz", k, args=[angle(3 * layer + 1)]) for k in range(n)]
        gates += [op("rzz", k, k + 1, args=[angle(3 * layer + 2)]) for k in range(layer % 2, n - 1, 2)]
    return program_of(n, 0, *gates, parameters=(parameter("theta", 3 * depth),))


def channel_chain(n: int, depth: int) -> Program:
    """Bricks of a channel with a fresh qubit that meets both neighbours and is discarded."""
    gates: list[Operation] = []
    fresh = n
    for layer in range(depth):
        for k in range(layer % 2, n - 1, 2):
            gates += [
                op("fresh", fresh),
                op("su4", k, fresh, args=[angle(j) * (1 + layer) for j in range(15)]),
                op("su4", fresh, k + 1, args=[angle(15 + j) for j in range(15)]),
                op("discard", fresh),
            ]
            fresh += 1
    return program_of(n, 0, *gates, parameters=(parameter("theta", 30),))


def test_brick_chain_has_the_bond_of_its_crossing_gates() -> None:
    plan = check(brick_chain(6, 4), np.random.default_rng(0).normal(size=12))
    assert dict(plan.rows[0].candidates[0].cost.facts)["bond"] == 4


def test_discarded_qubit_of_each_brick_crosses_once() -> None:
    plan = check(channel_chain(4, 2), np.random.default_rng(0).normal(size=30))
    assert dict(plan.rows[0].candidates[0].cost.facts)["bond"] == 4


def test_hidden_memory_along_a_sequence() -> None:
    n = 5
    gates = [op("ry", wire, args=[angle(wire % 4)]) for wire in range(n + 2)]
    for k in range(n):
        gates += [op("su4", n, n + 1, args=[angle(j % 4) * (1 + j) for j in range(15)])]
        gates += [op("cry", n, k, args=[angle(k % 4)]), op("rxx", n + 1, k, args=[angle(2)])]
        gates += [op("amplitude_damping", n, args=[0.2])]
    program = program_of(n, 2, *gates, parameters=(parameter("theta", 4),))
    plan = check(program, np.random.default_rng(1).normal(size=4))
    assert dict(plan.rows[0].candidates[0].cost.facts)["bond"] == 16


def test_order_of_columns_follows_the_couplings_of_the_circuit() -> None:
    n = 8
    place = np.random.default_rng(4).permutation(n)
    gates = [op("h", wire) for wire in range(n)]
    for layer in range(2):
        gates += [op("rzz", int(place[k]), int(place[k + 1]), args=[angle(k)]) for k in range(n - 1)]
        gates += [op("rx", wire, args=[angle(layer)]) for wire in range(n)]
    program = program_of(n, 0, *gates, parameters=(parameter("theta", n),))
    plan = check(program, np.random.default_rng(1).normal(size=n))
    facts = dict(plan.rows[0].candidates[0].cost.facts)
    assert facts["order"] == "reverse Cuthill-McKee" and facts["bond"] == 4


def test_ladder_declared_leg_by_leg_is_swept_rung_by_rung() -> None:
    rungs = 40
    pairs = [(k, k + 1) for leg in (0, rungs) for k in range(leg, leg + rungs - 1)]
    pairs += [(k, k + rungs) for k in range(rungs)]
    gates = [op("h", wire) for wire in range(2 * rungs)] + [op("rzz", *pair, args=[0.3]) for pair in pairs]
    gates += [op("rx", wire, args=[0.4]) for wire in range(2 * rungs)]
    facts = dict(planned(program_of(2 * rungs, 0, *gates), GivenStrings(2)).rows[0].candidates[0].cost.facts)
    assert facts["bond"] in (4, 8) and facts["classes"] in range(12)


def test_many_strings_are_swept_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    program = brick_chain(5, 3)
    inputs = np.random.default_rng(0).normal(size=9)
    strings = (np.arange(32)[:, None] >> np.arange(4, -1, -1) & 1).astype(np.uint8)[:31]
    query = LogProb.of(strings)
    found = []
    for kept in (1 << 29, 1 << 11):
        monkeypatch.setattr("qgl.plan.boundary.costs.KEPT", kept)
        run = Simulator(planned(program, query))
        with jax.enable_x64(True):
            found.append(
                jax.jit(jax.value_and_grad(lambda v, r: r.answer(v, query).sum(), 0), static_argnums=1)(inputs, run)
            )
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, rtol=1e-9), *found)


def test_batches_of_inputs_are_mapped() -> None:
    program = brick_chain(6, 3)
    query = LogProb.of(np.random.default_rng(0).integers(0, 2, (4, 6)).astype(np.uint8))
    run = Simulator(planned(program, query, precision="single"))
    batch = jnp.asarray(np.random.default_rng(1).normal(size=(3, 9)), jnp.float32)
    step = jax.value_and_grad(lambda v: run.answer(v, query).sum())
    values, derivatives = jax.jit(jax.vmap(step))(batch)
    for k in range(3):
        value, derivative = jax.jit(step)(batch[k])
        np.testing.assert_allclose(values[k], value, rtol=1e-4)
        np.testing.assert_allclose(derivatives[k], derivative, rtol=1e-3, atol=1e-3)


def test_impossible_strings_are_finite_and_single_precision_is_kept() -> None:
    program = program_of(3, 0, op("h", 0), op("cx", 0, 1), op("cx", 1, 2))
    query = GivenStrings(3)
    run = Simulator(planned(program, query, precision="single"))
    rows = jnp.array([[0, 0, 0], [1, 1, 1], [0, 1, 0]], jnp.uint8)
    answer = jax.jit(run.log_prob)(jnp.zeros(0, jnp.float32), rows)
    assert answer.dtype == jnp.float32
    np.testing.assert_allclose(answer[:2], np.log(0.5), rtol=1e-6)
    assert np.isfinite(answer[2]) and answer[2] < -50


def test_a_long_product_of_known_pairs_in_single_precision() -> None:
    n = 4000
    gates = [op("ry", k, args=[angle(0)]) for k in range(0, n, 2)] + [op("cx", k, k + 1) for k in range(0, n, 2)]
    program = program_of(n, 0, *gates, parameters=(parameter("theta", 1),))
    bits = np.random.default_rng(0).integers(0, 2, (5, n // 2)).astype(np.uint8)
    query = LogProb.of(np.repeat(bits, 2, axis=1))
    run = Simulator(planned(program, query, precision="single"))
    theta = 1.1
    value, derivative = jax.jit(jax.value_and_grad(lambda v: run.answer(v, query).sum()))(
        jnp.array([theta], jnp.float32)
    )
    ones, zeros = bits.sum(), bits.size - bits.sum()
    expected = 2 * (ones * np.log(np.sin(theta / 2)) + zeros * np.log(np.cos(theta / 2)))
    np.testing.assert_allclose(value, expected, rtol=2e-6)
    np.testing.assert_allclose(derivative, [ones / np.tan(theta / 2) - zeros * np.tan(theta / 2)], rtol=1e-4)


def test_wide_bonds_are_refused_with_their_place() -> None:
    n, rng = 60, np.random.default_rng(2)
    gates = [op("h", wire) for wire in range(n)]
    gates += [op("rzz", *map(int, rng.choice(n, 2, replace=False)), args=[0.3]) for _ in range(300)]
    gates += [op("rx", wire, args=[0.3]) for wire in range(n)]
    cost = (
        BoundaryContraction()
        .prepare(CircuitVariants(Circuit.of(program_of(n, 0, *gates)), True))
        .cost(GivenStrings(4), "single")
    )
    assert "the bond is 2^" in cost.refusal and "between v[" in cost.refusal
