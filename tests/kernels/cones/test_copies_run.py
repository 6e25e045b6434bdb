"""Pauli words of loops as copies of few: the same plan and the same answers as gate by gate, and no gate is made."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.workloads import CHAIN, CHANNELS
from qgl.bits.distinct import Known, distinct_rows
from qgl.compiler import analyse, circuit_of
from qgl.data.environment import FolderEnvironment
from qgl.ir import lanes
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.cones.copies import pattern, representatives
from qgl.plan.cones.method import LightCones
from qgl.plan.model import Plan
from qgl.plan.planner import Planner
from qgl.program.rolled import Lane
from qgl.query import Expectation
from qgl.source import Source
from tests.reference.loops import random_loops, unrolled

Numbers = NDArray[np.float64]


def planned(circuit: Circuit, query: Expectation) -> Plan:
    return Planner(circuit, methods=(LightCones(),)).plan([query])


def values_and_gradient(plan: Plan, query: Expectation, inputs: Numbers) -> tuple[Numbers, Numbers]:
    """Of the words, and of a sum of them with different weights."""
    run = Simulator(plan)
    weights = np.cos(np.arange(query.count))

    def weighted(inputs: jax.Array) -> tuple[jax.Array, jax.Array]:
        values = run.answers(inputs, [query])[query]
        return jnp.vdot(values, jnp.asarray(weights)), values

    with jax.enable_x64(True):
        (_, values), gradient = jax.jit(jax.value_and_grad(weighted, has_aux=True))(jnp.asarray(inputs))
        return np.asarray(values), np.asarray(gradient)


def figures(plan: Plan) -> dict[str, float | str]:
    """What the runs are, and what they take."""
    cost, sizes = plan.rows[0].candidates[0].cost, plan.lowered["cones"].sizes()
    kept = {name: sizes[name] for name in ("batches", "tiles", "tile_steps", "blocks", "numbers")}
    return kept | dict(cost.facts) | {"flops": cost.flops}


def chain(sites: int, depth: int, text: str = CHAIN) -> Circuit:
    return circuit_of(analyse(Source("x.qgl", text), FolderEnvironment(Path()), {"n": sites, "depth": depth}).program)


def random_words(rng: np.random.Generator, count: int, wires: int) -> Expectation:
    """Pauli words of one to three letters, and the identity."""
    positions = np.full((count, 3), -1, np.int32)
    for row in positions[1:]:
        weight = int(rng.integers(1, min(3, wires) + 1))
        row[:weight] = np.sort(rng.permutation(wires)[:weight])
    return Expectation.sparse(
        positions, np.where(positions < 0, 0, rng.integers(1, 4, positions.shape)).astype(np.uint8)
    )


@pytest.mark.parametrize(("seed", "noisy"), [(1, False), (3, False), (4, True), (7, True)])
def test_random_loops(seed: int, noisy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "FEWEST", 1)
    monkeypatch.setattr(representatives, "FEWEST", 1)
    monkeypatch.setattr(representatives, "PATIENCE", 1000)
    rng = np.random.default_rng(seed)
    circuit = random_loops(rng, noisy)
    query, inputs = random_words(rng, 12, len(circuit.visible)), rng.normal(size=40)
    assert representatives.representatives(circuit, [query]) is not None
    values, gradient = values_and_gradient(planned(circuit, query), query, inputs)
    expected = values_and_gradient(planned(unrolled(circuit), query), query, inputs)
    np.testing.assert_allclose(values, expected[0], atol=1e-10)
    np.testing.assert_allclose(gradient, expected[1], atol=1e-10)


@pytest.mark.parametrize("text", [CHAIN, CHANNELS], ids=["chain", "channels"])
def test_a_chain_has_the_same_plan_and_the_same_answers(text: str) -> None:
    circuit = chain(70, 2, text)
    pairs = np.stack([np.arange(69), np.arange(1, 70)], axis=1).astype(np.int32)
    query = Expectation.sparse(pairs)
    plan, reference = planned(circuit, query), planned(unrolled(circuit), query)
    assert figures(plan) == figures(reference)
    inputs = np.random.default_rng(3).normal(size=plan.inputs)
    made, expected = (values_and_gradient(each, query, inputs) for each in (plan, reference))
    np.testing.assert_allclose(made[0], expected[0], atol=1e-12)
    np.testing.assert_allclose(made[1], expected[1], atol=1e-12)


def test_a_long_chain_is_planned_without_a_gate_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern, "TOGETHER", 150)
    query = Expectation.sparse(np.stack([np.arange(399), np.arange(1, 400)], axis=1).astype(np.int32))
    expected = [planned(unrolled(chain(400, 4, text)), query) for text in (CHAIN, CHANNELS)]
    monkeypatch.setattr(Lane, "unrolled", lambda self: pytest.fail("a loop was unrolled"))
    assert [figures(planned(chain(400, 4, text), query)) for text in (CHAIN, CHANNELS)] == list(map(figures, expected))


def test_rows_are_told_apart_whatever_their_codes_are(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(5).integers(0, 3, size=(60, 3))
    first, number = distinct_rows(rows)
    np.testing.assert_array_equal(rows[first][number], rows)
    assert len(np.unique(rows, axis=0)) == len(first)
    monkeypatch.setattr("qgl.bits.distinct._mixed", lambda rows: np.zeros(len(rows), np.int64))
    for one, other in zip(distinct_rows(rows), (first, number), strict=True):
        np.testing.assert_array_equal(one, other)


def test_rows_that_are_known_keep_their_numbers() -> None:
    known = Known(2)
    numbers, new = known.numbers(np.array([[3, 1], [0, 2], [3, 1]]))
    assert numbers.tolist() == [0, 1, 0]
    assert new.tolist() == [[3, 1], [0, 2]]
    numbers, new = known.numbers(np.array([[5, 5], [0, 2]]))
    assert numbers.tolist() == [2, 1]
    assert new.tolist() == [[5, 5]]
