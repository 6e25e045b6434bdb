"""Words, marginals and samples by boundary contraction against the reference."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.boundary.method import BoundaryContraction
from qgl.plan.boundary.windows import windows
from qgl.plan.planner import Planner
from qgl.program.program import Program
from qgl.query import Expectation, GivenPauliWords, Marginals, Samples
from tests.kernels.boundary.test_boundary_likelihood import brick_chain, channel_chain
from tests.reference.density import density_matrix, gradient, probabilities
from tests.reference.matrices import pauli_matrix
from tests.reference.programs import EVERYTHING, op, parameter, program_of, random_inputs, random_program


def simulator(program: Program, *queries: Any, precision: str = "double") -> Simulator:
    return Simulator(Planner(Circuit.of(program), precision, methods=(BoundaryContraction(),)).plan(queries))


def reduced(rho: np.ndarray[Any, Any], region: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """The reduced density matrix of qubits of rho, in the order of `region`."""
    n = len(rho).bit_length() - 1
    pauli_words = list(product("IXYZ", repeat=len(region)))
    total = np.zeros((2 ** len(region),) * 2, complex)
    for letters in pauli_words:
        pauli_word = ["I"] * n
        for place, letter in zip(region, letters, strict=True):
            pauli_word[place] = letter
        total += np.trace(pauli_matrix("".join(pauli_word)) @ rho) * pauli_matrix("".join(letters)) / 2 ** len(region)
    return total


def check(program: Program, inputs: np.ndarray[Any, Any]) -> None:
    """All words, some marginals and distributions, given words, and the gradient of a weighted sum of all words."""
    n = len(program.visible)
    rho = density_matrix(program, inputs)
    names = ["".join(letters) for letters in product("IXYZ", repeat=n)][:: max(1, 4**n // 90)]
    bits = np.array(list(product((0, 1), repeat=n)), np.uint8)
    pauli_words, given = Expectation.of(names), GivenPauliWords(len(bits))
    regions = ((0,), (n - 1, 0), tuple(range(n)))
    states, distributions = Marginals(regions), Marginals(regions, bits=True)
    run = simulator(program, pauli_words, states, distributions, given)
    weights = np.random.default_rng(3).normal(size=len(names))

    def loss(values: jax.Array) -> tuple[jax.Array, Any]:
        answers = run.answers(values, (pauli_words, states, distributions, given), given={given: jnp.asarray(bits)})
        return jnp.sum(jnp.asarray(weights) * answers[pauli_words]), tuple(answers.values())

    with jax.enable_x64(True):
        derivative, answers = jax.jit(jax.grad(loss, has_aux=True))(jnp.asarray(inputs))
    matrices = [pauli_matrix(name) for name in names]
    np.testing.assert_allclose(answers[0], [np.trace(matrix @ rho).real for matrix in matrices], atol=1e-10)
    for region, state, distribution in zip(regions, answers[1], answers[2], strict=True):
        np.testing.assert_allclose(state, reduced(rho, region), atol=1e-10)
        np.testing.assert_allclose(distribution, np.diagonal(reduced(rho, region)).real, atol=1e-10)
    z_words = np.array([np.trace(pauli_matrix("".join("IZ"[bit] for bit in row)) @ rho).real for row in bits])
    np.testing.assert_allclose(answers[3], np.stack([z_words, z_words**2]), atol=1e-10)
    observable = np.tensordot(weights, matrices, 1)
    derivatives = gradient(lambda v: float(np.trace(observable @ density_matrix(program, v)).real), inputs)
    np.testing.assert_allclose(derivative, derivatives, atol=1e-6 * (1 + np.abs(derivatives).max()))


@pytest.mark.parametrize("seed", range(2))
def test_random_unitary_programs(seed: int) -> None:
    check(random_program(20 + seed, visible=(3, 4), operations=(10, 16), evolve=False), random_inputs(seed))


@pytest.mark.parametrize("seed", range(2))
def test_random_programs_with_channels_and_measurements(seed: int) -> None:
    program = random_program(
        300 + seed, EVERYTHING, live=4, visible=(2, 3), operations=(6, 12), evolve=False, kraus=False
    )
    check(program, random_inputs(seed))


def test_chain_of_channels() -> None:
    check(channel_chain(5, 2), np.random.default_rng(0).normal(size=30))


def triangle_and_pair(n: int, _: int) -> Program:
    """Pure, where the bit of a qubit is read in one column and needed by a gate in the next."""
    angles = [Real(0.1 + 0.2 * k, ((1.0, Input(0, k)),)) for k in range(15)]
    return program_of(
        n,
        0,
        *(op("su4", *pair, args=angles) for pair in ((0, 1), (2, 0), (3, 4))),
        op("rzx", 1, 2, args=[0.4]),
        parameters=[parameter("theta", 15)],
    )


@pytest.mark.parametrize("make", [channel_chain, brick_chain, triangle_and_pair])
def test_samples_follow_the_distribution(make: Callable[[int, int], Program]) -> None:
    """Of a chain of channels by the network in Pauli-transfer form, of a pure one by amplitudes."""
    program, shots = make(5, 3), 20000
    inputs = np.random.default_rng(2).normal(size=sum(parameter.size for parameter in program.parameters))
    run = simulator(program, Samples(shots), precision="single")
    drawn = jax.jit(lambda key: run.sample(jnp.asarray(inputs, jnp.float32), key, shots))
    draws = np.asarray(drawn(jax.random.key(3)))
    assert draws.shape == (shots, 5) and draws.dtype == np.uint8
    p = probabilities(program, inputs)
    counts = np.bincount(draws.astype(int) @ 2 ** np.arange(4, -1, -1), minlength=32)
    statistic = float(np.sum((counts - shots * p) ** 2 / (shots * p)))
    assert statistic < 70  # 31 degrees of freedom: beyond with probability 1e-4


def test_rounding_of_the_trace_does_not_add_up_along_a_chain() -> None:
    """In single precision the trace of what is contracted is off 1, here by some 2e-4, and every value with it."""
    n, rng = 2000, np.random.default_rng(4)
    program, inputs = channel_chain(n, 2), 0.3 * rng.normal(size=30)
    places = np.arange(0, n, 40, dtype=np.int32)
    pauli_words = Expectation.sparse(places[:, None], np.full((len(places), 1), 3, np.uint8))
    bits = np.zeros((len(places), n), np.uint8)
    bits[np.arange(len(places)), places] = 1
    given = GivenPauliWords(len(bits))

    def values(precision: str) -> list[np.ndarray[Any, Any]]:
        run = simulator(program, pauli_words, given, precision=precision)
        with jax.enable_x64(precision == "double"):
            numbers = jnp.asarray(inputs, "float32" if precision == "single" else "float64")
            answers = run.answers(numbers, (pauli_words, given), given={given: jnp.asarray(bits)})
            return [np.asarray(answers[pauli_words]), np.asarray(answers[given])[0]]

    single, double = values("single"), values("double")
    assert np.abs(double[0]).min() > 0.1  # so that a factor is seen
    np.testing.assert_allclose(double[0], double[1], rtol=1e-9)
    np.testing.assert_allclose(single[0], double[0], rtol=1e-5)
    np.testing.assert_allclose(single[1], double[0], rtol=n * 6e-8)  # a rounding a site, as the whole chain is crossed


@pytest.mark.slow
def test_words_cost_their_windows_and_not_the_chain() -> None:
    n = 60
    places = np.stack([np.arange(n - 2), np.arange(2, n)], axis=1).astype(np.int32)
    near = Expectation.sparse(places, np.tile(np.array([[1, 3]], np.uint8), (n - 2, 1)))
    assert windows(near, np.arange(n, dtype=np.int32)).count == 3
    inputs = np.random.default_rng(0).normal(size=12)
    found = []
    for size in (n, n + 20):
        ends = Expectation.sparse(np.array([[size - 1, -1]], np.int32), np.array([[3, 0]], np.uint8))
        run = simulator(brick_chain(size, 4), near, ends)
        with jax.enable_x64(True):
            found.append(np.asarray(run.answer(jnp.asarray(inputs), near)))
    np.testing.assert_allclose(found[0][:50], found[1][:50], atol=1e-12)  # a word does not know how long the chain is
