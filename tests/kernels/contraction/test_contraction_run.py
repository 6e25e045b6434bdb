"""Contracted networks against the density matrix: values, phases, gradients; with legs open and closed."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.kernels.contraction.runner import letters_of
from qgl.kernels.simulator import Simulator
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.contraction import method as contraction
from qgl.plan.contraction.method import Contraction
from qgl.plan.planner import Planner
from qgl.plan.state.methods import DensityMatrix, StateVector
from qgl.program.operations import Operation
from qgl.program.program import Program
from qgl.query import (
    Expectation,
    GivenPauliWords,
    GivenStrings,
    LogProb,
    Marginals,
    Probabilities,
    Query,
    Samples,
    State,
)
from tests.reference.density import density_matrix, gradient
from tests.reference.matrices import pauli_matrix
from tests.reference.programs import (
    EVERYTHING,
    PARAMETERS,
    UNITARY,
    op,
    parameter,
    program_of,
    random_inputs,
    random_program,
)

PAULI_WORDS = ("ZII", "XYI", "IZZ", "YYX", "III", "IXZ")
STRINGS = np.array([[0, 1, 0], [1, 1, 1], [0, 0, 0]], np.uint8)
RNG = np.random.default_rng(11)
PLAIN = RNG.normal(size=len(PAULI_WORDS))


def some_program(seed: int) -> Program:
    features = EVERYTHING if seed % 2 else UNITARY
    return random_program(seed, features, visible=(3, 3), live=5, operations=(8, 14), evolve=False)


def simulator(program: Program, *queries: Query, precision: str = "double") -> Simulator:
    return Simulator(Planner(Circuit.of(program), precision, methods=(Contraction(least=0),)).plan(queries))


def in_double(function: Any, *arguments: Any) -> Any:
    with jax.enable_x64(True):
        return jax.tree.map(np.asarray, jax.jit(function)(*(jnp.asarray(argument) for argument in arguments)))


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No legs stay open, however few they are."""
    monkeypatch.setattr(contraction, "MOST_OPEN", {False: 0, True: 0})


def values_of(rho: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.array([np.trace(pauli_matrix(pauli_word) @ rho).real for pauli_word in PAULI_WORDS])


@pytest.mark.parametrize("seed", [0, 3, 9])
def test_open_legs_are_the_state(seed: int) -> None:
    program, inputs = some_program(seed), random_inputs(seed)
    run = simulator(program, State())
    weights = RNG.normal(size=(8, 8)) + 1j * RNG.normal(size=(8, 8))

    def loss(values: jax.Array) -> tuple[jax.Array, jax.Array]:
        state = run.state(values)
        return jnp.sum(jnp.asarray(weights) * state).real, state

    derivative, state = in_double(jax.grad(loss, has_aux=True), inputs)
    np.testing.assert_allclose(state, density_matrix(program, inputs), atol=1e-12)
    expected = gradient(lambda v: float(np.sum(weights * density_matrix(program, v)).real), inputs)
    np.testing.assert_allclose(derivative, expected, atol=2e-7)


def test_open_legs_are_the_distribution_where_bits_are_enough() -> None:
    program, inputs = some_program(9), random_inputs(9)
    asked = (Probabilities(), Expectation.of(["ZIZ"]), LogProb.of(STRINGS))
    run = simulator(program, *asked, Samples(5000))
    p, pauli_words, logs = in_double(lambda v: tuple(run.answers(v, asked).values()), inputs)
    expected = np.diagonal(density_matrix(program, inputs)).real
    np.testing.assert_allclose(p, expected, atol=1e-12)
    np.testing.assert_allclose(pauli_words[0], expected @ np.array([1, -1, 1, -1, -1, 1, -1, 1]), atol=1e-12)
    np.testing.assert_allclose(logs, np.log(expected[[2, 7, 0]]), atol=1e-9)
    draw = jax.jit(lambda v, key: run.sample(v, key, 5000))
    draws = np.asarray(draw(jnp.asarray(inputs, jnp.float32), jax.random.key(0)))
    counts = np.bincount(draws @ np.array([4, 2, 1]), minlength=8) / 5000
    np.testing.assert_allclose(counts, expected, atol=0.03)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("seed", [1, 2])
def test_words_and_regions_with_closed_legs(seed: int) -> None:
    program, inputs = some_program(seed), random_inputs(seed)
    asked = (Expectation.of(PAULI_WORDS), Marginals(((0, 2), (1,))))
    run = simulator(program, *asked)

    def loss(values: jax.Array) -> tuple[jax.Array, Any]:
        pauli_words, marginals = run.answers(values, asked).values()
        return jnp.asarray(PLAIN) @ pauli_words, (pauli_words, marginals)

    derivative, (pauli_words, marginals) = in_double(jax.grad(loss, has_aux=True), inputs)
    rho = density_matrix(program, inputs)
    np.testing.assert_allclose(pauli_words, values_of(rho), atol=1e-12)
    tensor = rho.reshape((2,) * 6)
    np.testing.assert_allclose(marginals[0], np.einsum("abcAbC->acAC", tensor).reshape(4, 4), atol=1e-12)
    np.testing.assert_allclose(marginals[1], np.einsum("abcaBc->bB", tensor), atol=1e-12)
    expected = gradient(lambda v: float(PLAIN @ values_of(density_matrix(program, v))), inputs)
    np.testing.assert_allclose(derivative, expected, atol=2e-7)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("seed", [0, 9])  # amplitudes; Pauli components, as something is traced out
def test_likelihoods_with_closed_legs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contraction, "ROW_NUMBERS", 1)  # one row after another
    program, inputs = some_program(seed), random_inputs(seed)
    query = GivenStrings(len(STRINGS))
    run = simulator(program, query)
    projections = run.plan.to_json()["methods"]["contraction"]
    assert projections["strings_tensors"] > 1

    def loss(values: jax.Array) -> tuple[jax.Array, jax.Array]:
        logs = run.log_prob(values, STRINGS)
        return jnp.asarray(PLAIN[:3]) @ logs, logs

    derivative, logs = in_double(jax.grad(loss, has_aux=True), inputs)

    def exact(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.asarray(np.log(np.diagonal(density_matrix(program, values)).real[[2, 7, 0]]))

    np.testing.assert_allclose(logs, exact(inputs), atol=1e-8)
    np.testing.assert_allclose(
        derivative, gradient(lambda v: float(PLAIN[:3] @ exact(v)), inputs), rtol=1e-6, atol=2e-6
    )


@pytest.mark.usefixtures("closed")
def test_distributions_and_words_given_later() -> None:
    program, inputs = some_program(7), random_inputs(7)
    given = np.array([[1, 0, 1], [0, 0, 0]], np.uint8)
    asked = (Marginals(((2, 0),), bits=True), GivenPauliWords(2))
    run = simulator(program, *asked)
    distributions, pauli_words = in_double(
        lambda v, w: tuple(run.answers(v, asked, given={asked[1]: w}).values()), inputs, given
    )
    p = np.diagonal(density_matrix(program, inputs)).real.reshape(2, 2, 2)
    np.testing.assert_allclose(distributions[0], p.sum(axis=1).T.ravel(), atol=1e-12)
    z = np.array([1, -1])
    value = np.einsum("abc,a,c->", p, z, z)
    np.testing.assert_allclose(pauli_words, [[value, 1], [value**2, 1]], atol=1e-12)


def wide(sites: int, layers: int) -> Program:
    """A chain with a discarded qubit in every fourth place."""
    gates: list[Operation] = []
    for layer in range(layers):
        gates += [op("ry", k, args=[Real(0.2 * k, ((1.0, Input(0, k % 6)),))]) for k in range(sites)]
        gates += [op("cx", k, k + 1) for k in range(layer % 2, sites - 1, 2)]
    gates += [op("amplitude_damping", k, args=[Real(0.0, ((1.0, Input(1, 0)),))]) for k in range(0, sites, 4)]
    return program_of(sites, 0, *gates, parameters=PARAMETERS)


def test_forty_qubits_of_which_a_few_are_looked_at() -> None:
    """The light cone of two sites as the whole state of a short chain has it."""
    inputs = jnp.asarray(random_inputs(1), jnp.float32)
    pauli_words = np.array([[18, 21], [20, 21]], np.int32)
    query = Expectation.sparse(pauli_words)
    circuit = Circuit.of(wide(40, 5))
    values = [
        jax.jit(partial(Simulator(Planner(circuit, methods=methods).plan([query])).answer, query=query))(inputs)
        for methods in ((Contraction(least=0),), (StateVector(), DensityMatrix()))
    ]
    np.testing.assert_allclose(values[0], values[1], atol=2e-6)


def test_likelihoods_of_three_hundred_qubits_do_not_vanish() -> None:
    """Products of Bell pairs: log p is known, and p is below the least positive number."""
    sites = 300
    gates: list[Operation] = []
    for k in range(0, sites, 2):
        gates += [op("ry", k, args=[Real(0.0, ((1.0, Input(0, 0)),))]), op("cx", k, k + 1)]
    program = program_of(sites, 0, *gates, parameters=(parameter("theta", 1),))
    strings = np.zeros((2, sites), np.uint8)
    strings[1, :100] = 1
    run = simulator(program, GivenStrings(1), precision="single")
    theta = 0.8
    logs, derivative = jax.jit(jax.vmap(jax.value_and_grad(lambda v, x: run.log_prob(v, x[None])[0]), (None, 0)))(
        jnp.array([theta], jnp.float32), jnp.asarray(strings)
    )
    down, up = np.log(np.cos(theta / 2) ** 2), np.log(np.sin(theta / 2) ** 2)
    np.testing.assert_allclose(logs, [150 * down, 50 * up + 100 * down], rtol=1e-5)
    falls, rises = -np.tan(theta / 2), 1 / np.tan(theta / 2)
    np.testing.assert_allclose(derivative[:, 0], [150 * falls, 50 * rises + 100 * falls], rtol=1e-4)


def test_letters_of_sparse_words() -> None:
    pauli_words = Expectation.sparse(np.array([[0, 2], [1, -1]], np.int32), np.array([[1, 3], [2, 0]], np.uint8))
    assert letters_of(pauli_words, 3).tolist() == [[1, 0, 3], [0, 2, 0]]


@pytest.mark.usefixtures("closed")
def test_what_it_does_not_answer() -> None:
    prepared = Contraction(least=0).prepare(CircuitVariants(Circuit.of(some_program(1)), True))
    assert "words, given strings and small regions" in prepared.cost(Samples(3), "single").refusal
