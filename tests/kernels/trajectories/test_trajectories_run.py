"""Trajectories against the density matrix: values and gradients agree within the errors that the draws show."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.planner import Planner
from qgl.plan.trajectories.method import Trajectories
from qgl.program.operations import Operation
from qgl.program.program import Program
from qgl.query import GivenPauliWords, Query, Samples
from tests.reference.density import gradient, probabilities
from tests.reference.programs import EVERYTHING, PARAMETERS, op, program_of, random_inputs, random_program

GROUPS, RUNS = 48, 40
PAULI_WORDS = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 1], [0, 0, 0]], np.uint8)


def simulator(program: Program, *queries: Query) -> Simulator:
    return Simulator(Planner(Circuit.of(program), methods=(Trajectories(),)).plan(queries))


def noisy(layers: int = 2) -> Program:
    """Three visible qubits, a hidden one, and noise of trained strength."""
    strength = [Real(0.0, ((1.0, Input(1, k)),)) for k in range(3)]
    turn = [Real(0.0, ((1.0, Input(0, k)),)) for k in range(6)]
    gates: list[Operation] = [op("h", k) for k in range(4)]
    for layer in range(layers):
        gates += [op("ry", k, args=[turn[k]]) for k in range(4)]
        gates += [op("rzz", k, k + 1, args=[turn[4]]) for k in range(3)]
        gates += [op("depolarizing", 0, args=[strength[0]]), op("amplitude_damping", 1, args=[strength[1]])]
        gates += [op("reset", 3), op("rx", 2, args=[turn[5]]), op("thermal", 2, args=[strength[2], strength[1]])]
        gates += [op("measure", layer, bit=layer), op("ry", 2, args=[turn[1]], condition=((layer, True),))]
    return program_of(3, 1, *gates, parameters=PARAMETERS)


def transform(program: Program, inputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """<Z_w> of `PAULI_WORDS`."""
    strings = np.indices((2,) * 3).reshape(3, -1)
    return np.asarray((-1.0) ** (PAULI_WORDS @ strings) @ probabilities(program, inputs))


def check(program: Program, inputs: np.ndarray[Any, Any]) -> None:
    """Means, unbiased squares, and the gradient of a mixture of them."""
    query = GivenPauliWords(len(PAULI_WORDS), RUNS)
    run = simulator(program, query)
    plain, square = np.array([0.7, -1.1, 0.4, 0.3]), np.array([-0.6, 0.5, 0.9, 0.2])

    def loss(values: jax.Array, key: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        mean, squares = run.answers(values, (query,), key, {query: jnp.asarray(PAULI_WORDS)})[query]
        unbiased = (mean**2 - squares / RUNS) * RUNS / (RUNS - 1)
        return plain @ mean + square @ unbiased, (mean, unbiased)

    keys = jax.random.split(jax.random.key(5), GROUPS)
    many = jax.jit(jax.vmap(jax.grad(loss, has_aux=True), in_axes=(None, 0)))
    derivatives, (means, squares) = many(jnp.asarray(inputs, jnp.float32), keys)

    def exact(values: np.ndarray[Any, Any]) -> float:
        found = transform(program, values)
        return float(plain @ found + square @ found**2)

    values = transform(program, inputs)
    within(np.asarray(means), values)
    within(np.asarray(squares), values**2)
    within(np.asarray(derivatives), gradient(exact, inputs))


def within(draws: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> None:
    """The mean over groups is what is expected, within 4.5 standard errors."""
    error = draws.std(axis=0, ddof=1) / len(draws) ** 0.5
    assert (np.abs(draws.mean(axis=0) - expected) <= 4.5 * error + 1e-5).all()


def test_noise_measurements_and_resets_have_unbiased_values_and_gradients() -> None:
    check(noisy(), random_inputs(3))


@pytest.mark.parametrize("seed", [9, 15, 22])
def test_random_noisy_programs(seed: int) -> None:
    program = random_program(seed, EVERYTHING, visible=(3, 3), hidden=(1, 1), live=5, operations=(8, 10), evolve=False)
    check(program, random_inputs(seed))


def test_the_mean_of_other_runs_takes_noise_away() -> None:
    """A word whose value hardly depends on the outcomes has a gradient with hardly any noise."""
    strength = Real(0.0, ((1.0, Input(1, 0)),))
    gates = [op("ry", 0, args=[0.3]), op("ry", 1, args=[Real(0.0, ((1.0, Input(0, 0)),))])]
    gates += [op(name, 0, args=[strength]) for name in ("amplitude_damping", "bit_flip", "amplitude_damping")]
    program = program_of(2, 0, *gates, parameters=PARAMETERS)
    query = GivenPauliWords(1, 16)
    run = simulator(program, query)

    def value(inputs: jax.Array, key: jax.Array) -> jax.Array:
        answers = run.answers(inputs, (query,), key, {query: jnp.array([[0, 1]], jnp.uint8)})
        return jnp.asarray(answers[query][0, 0])

    inputs = random_inputs(2)
    derivative = jax.jit(jax.grad(value))(jnp.asarray(inputs, jnp.float32), jax.random.key(0))
    expected = np.zeros(len(inputs))
    expected[0] = -np.sin(inputs[0])
    np.testing.assert_allclose(derivative, expected, atol=1e-5)


def test_samples_follow_the_distribution() -> None:
    program, inputs, shots = noisy(), random_inputs(4), 6_000
    run = simulator(program, Samples(shots))
    draw = jax.jit(lambda v, key: run.sample(v, key, shots))
    draws = np.asarray(draw(jnp.asarray(inputs, jnp.float32), jax.random.key(1)))
    assert draws.shape == (shots, 3) and draws.dtype == np.uint8
    counts = np.bincount(draws @ np.array([4, 2, 1]), minlength=8)
    expected = shots * probabilities(program, inputs)
    chi = float(((counts - expected) ** 2 / expected).sum())
    assert chi < 24.3  # the 0.1 % quantile of chi-square with 7 degrees of freedom


def test_a_key_is_needed() -> None:
    query = GivenPauliWords(1, 3)
    run = simulator(noisy(1), query)
    with pytest.raises(ValueError, match="need a key"):
        run.answers(jnp.asarray(random_inputs(0), jnp.float32), (query,), None, {query: jnp.asarray(PAULI_WORDS[:1])})
