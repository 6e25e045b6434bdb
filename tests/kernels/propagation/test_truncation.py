"""Truncated sums of Pauli words against the state vector: errors, their estimates, gradients, and what is kept."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.model import Method
from qgl.plan.planner import Planner
from qgl.plan.propagation.method import PauliPropagation
from qgl.plan.propagation.pauli_sum import Hashes
from qgl.plan.propagation.program import PropagationProgram
from qgl.plan.propagation.propagate import Limits
from qgl.plan.state.methods import StateVector
from qgl.query import Expectation
from tests.check.checking import program

Real = NDArray[np.float64]
BRICKS = """
const n = 12, depth = 8;
lattice ring = line(n);
visible v on ring;
model { repeat depth as l { rx(?) v; rz(?) v; for (a, b) in brick(ring, l) { rzz(?) a, b; } } rx(?) v; }
"""
PAULI_WORDS = Expectation.of(["IIIIIZIIIIII", "IIIIIZZIIIII", "IIIXIIZIIIII"])


def angles(deviation: float, depth: int = 8) -> Real:
    count = sum(parameter.size for parameter in program(BRICKS, depth=depth).parameters)
    return np.random.default_rng(0).normal(0, deviation, count)


def values(method: Method, inputs: Real, depth: int = 8) -> tuple[Real, Real]:
    """The means, and the gradient of their sum."""
    with jax.enable_x64(True):
        plan = Planner(Circuit.of(program(BRICKS, depth=depth)), "double", methods=(method,)).plan([PAULI_WORDS])
        run = Simulator(plan)

        @jax.jit
        def both(values: jax.Array) -> tuple[jax.Array, jax.Array]:
            def total(values: jax.Array) -> tuple[jax.Array, jax.Array]:
                means = run.answer(values, PAULI_WORDS)
                return jnp.sum(means), means

            (_, means), gradient = jax.value_and_grad(total, has_aux=True)(values)
            return means, gradient

        means, gradient = both(jnp.asarray(inputs))
    return np.asarray(means), np.asarray(gradient)


def test_errors_estimates_and_gradients() -> None:
    inputs = angles(0.5)
    exact, derivative = values(StateVector(), inputs)
    found, gradient = values(PauliPropagation(Limits(smallest=1e-4)), inputs)
    finer, _ = values(PauliPropagation(Limits(smallest=2.5e-5)), inputs)
    error, estimate = np.max(np.abs(found - exact)), np.max(np.abs(found - finer))
    assert 0 < error < 1e-3  # over seeds it lies between 2e-4 and 1.1e-3
    assert error / 4 < estimate < 4 * error
    assert np.linalg.norm(gradient - derivative) < 0.1 * np.linalg.norm(derivative)


def test_untruncated_sums_are_exact() -> None:
    drawn = angles(1.0, depth=3)
    inputs = np.where(np.arange(len(drawn)) % 3 == 0, drawn, 0.0)  # words that zero angles would make have a gradient
    exact, derivative = values(StateVector(), inputs, depth=3)
    found, gradient = values(PauliPropagation(Limits(weight=12)), inputs, depth=3)
    assert np.allclose(found, exact, atol=1e-9)
    assert np.allclose(gradient, derivative, atol=1e-9)


@pytest.mark.parametrize("limits", [Limits(weight=3), Limits(terms=50)], ids=["weight", "terms"])
def test_other_limits(limits: Limits) -> None:
    inputs = angles(0.2)
    exact, _ = values(StateVector(), inputs)
    found, _ = values(PauliPropagation(limits), inputs)
    assert 1e-12 < np.max(np.abs(found - exact)) < 0.1


def test_the_gradient_is_that_of_the_truncated_sum() -> None:
    circuit = Circuit.of(program(BRICKS, depth=4))
    prepared = PauliPropagation(Limits(smallest=1e-2, weight=5)).prepare(CircuitVariants(circuit, bits_only=False))
    lowered = prepared.lower((PAULI_WORDS,), "double")
    assert isinstance(lowered, PropagationProgram)
    numbers = np.random.default_rng(2).normal(0, 0.5, lowered.count)
    gradient = lowered.gradient(numbers, np.array([1.0, -2.0, 0.5]))
    for place in np.argsort(-np.abs(gradient))[:5]:
        step = np.zeros(lowered.count)
        step[place] = 1e-7  # so small that the same words are kept
        change = (lowered.means(numbers + step) - lowered.means(numbers - step)) @ [1.0, -2.0, 0.5]
        assert np.isclose(change / 2e-7, gradient[place], atol=1e-6)


def test_equal_hashes_of_unlike_words_are_found_and_other_hashes_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = Circuit.of(program(BRICKS))
    method = PauliPropagation(Limits(smallest=1e-3)).prepare(CircuitVariants(circuit, bits_only=False))
    lowered, seeds = method.lower((PAULI_WORDS,), "double"), set()
    assert isinstance(lowered, PropagationProgram)
    numbers = np.random.default_rng(1).normal(0, 0.5, lowered.count)
    expected = lowered.means(numbers)
    plain = Hashes.of

    def poor(wires: int, sums: int, seed: int) -> Hashes:
        seeds.add(seed)
        hashes = plain(wires, sums, seed)
        return Hashes(hashes.x % 8, hashes.z % 8, hashes.sums % 8) if seed < 2 else hashes

    monkeypatch.setattr(Hashes, "of", staticmethod(poor))
    again = replace(lowered, _made={})
    assert np.allclose(again.means(numbers), expected, atol=1e-12)
    assert seeds == {0, 1, 2}
