"""Words and regions by light cones, against the reference on random programs."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.check.program import Program
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.cones import LightCones
from qgl.plan.planner import Planner
from qgl.query import Expectation, Marginals, Query
from tests.reference.density import density_matrix, gradient
from tests.reference.matrices import Matrix, word_matrix
from tests.reference.programs import EVERYTHING, UNITARY, Features, random_inputs, random_program


def simulator(program: Program, queries: list[Query]) -> Simulator:
    return Simulator(Planner(Circuit.of(program), "double", methods=(LightCones(),)).plan(queries))


def reduced(rho: Matrix, region: tuple[int, ...]) -> Matrix:
    qubits = len(rho).bit_length() - 1
    order = [*region, *(k for k in range(qubits) if k not in region)]
    tensor = rho.reshape((2,) * (2 * qubits)).transpose([*order, *(qubits + k for k in order)])
    shape = (2 ** len(region), 2 ** (qubits - len(region)))
    return np.asarray(np.einsum("ajbj->ab", tensor.reshape(shape * 2)))


def random_queries(seed: int, qubits: int) -> tuple[Expectation, Marginals, list[str]]:
    rng = np.random.default_rng(seed)
    letters = list("IXYZ" if seed % 2 else "IZ")
    words = ["".join(rng.choice(letters, qubits)) for _ in range(5)]
    regions = [rng.permutation(qubits)[: rng.integers(1, qubits + 1)] for _ in range(3)]
    return (
        Expectation.of(words),
        Marginals(tuple(tuple(map(int, region)) for region in regions), bits=seed % 4 < 2),
        words,
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("features", [UNITARY, EVERYTHING], ids=["unitary", "everything"])
def test_words_and_regions(seed: int, features: Features) -> None:
    program = random_program(seed, features, visible=(2, 4), operations=(3, 12))
    qubits, inputs = len(program.visible), random_inputs(seed)
    words, regions, spelled = random_queries(seed, qubits)
    rho = density_matrix(program, inputs)
    with jax.enable_x64(True):
        found = simulator(program, [words, regions]).answers(jnp.asarray(inputs), [words, regions])
    expected = [np.trace(word_matrix(word) @ rho).real for word in spelled]
    assert np.allclose(found[words], expected, atol=1e-10)
    for region, state in zip(regions.regions, found[regions], strict=True):
        wanted = reduced(rho, region)
        assert np.allclose(state, wanted.diagonal().real if regions.bits else wanted, atol=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_gradients(seed: int) -> None:
    program = random_program(seed, EVERYTHING, visible=(3, 3), operations=(6, 10))
    inputs = random_inputs(seed)
    words, _, spelled = random_queries(seed, 3)
    weights = np.random.default_rng(seed).normal(size=len(spelled))
    total = np.sum([weight * word_matrix(word) for weight, word in zip(weights, spelled, strict=True)], axis=0)
    expected = gradient(lambda values: float(np.trace(total @ density_matrix(program, values)).real), inputs)
    with jax.enable_x64(True):
        run = simulator(program, [words])
        found = jax.jit(jax.grad(lambda values: jnp.asarray(weights) @ run.answer(values, words)))(jnp.asarray(inputs))
    assert np.allclose(found, expected, atol=1e-7)
