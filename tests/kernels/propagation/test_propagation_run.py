"""Untruncated propagation against the reference on random programs: words, regions and gradients."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.planner import Planner
from qgl.plan.propagation.method import PauliPropagation
from qgl.plan.propagation.propagate import Limits
from qgl.program.program import Program
from qgl.query import Query
from tests.kernels.cones.test_cones_run import random_queries, reduced
from tests.reference.density import density_matrix, gradient
from tests.reference.matrices import pauli_matrix
from tests.reference.programs import EVERYTHING, UNITARY, Features, random_inputs, random_program


def simulator(program: Program, queries: list[Query], limits: Limits | None = None) -> Simulator:
    method = PauliPropagation(limits or Limits())
    return Simulator(Planner(Circuit.of(program), "double", methods=(method,)).plan(queries))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("features", [UNITARY, EVERYTHING], ids=["unitary", "everything"])
def test_words_and_regions(seed: int, features: Features) -> None:
    program = random_program(seed, features, visible=(2, 4), operations=(3, 12))
    qubits, inputs = len(program.visible), random_inputs(seed)
    pauli_words, regions, spelled = random_queries(seed, qubits)
    rho = density_matrix(program, inputs)
    with jax.enable_x64(True):
        run = simulator(program, [pauli_words, regions])
        values, states = run.answers(jnp.asarray(inputs), [pauli_words, regions]).values()
    expected = [np.trace(pauli_matrix(pauli_word) @ rho).real for pauli_word in spelled]
    assert np.allclose(values, expected, atol=1e-10)
    for state, region in zip(states, regions.regions, strict=True):
        exact = reduced(rho, region)
        assert np.allclose(state, np.diag(exact).real if regions.bits else exact, atol=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_gradients(seed: int) -> None:
    program = random_program(seed, EVERYTHING, visible=(3, 3), operations=(6, 10))
    inputs = random_inputs(seed)
    pauli_words, _, spelled = random_queries(seed, 3)
    weights = np.random.default_rng(seed).normal(size=len(spelled))
    pairs = zip(weights, spelled, strict=True)
    total = np.sum([weight * pauli_matrix(pauli_word) for weight, pauli_word in pairs], axis=0)
    expected = gradient(lambda values: float(np.trace(total @ density_matrix(program, values)).real), inputs)
    with jax.enable_x64(True):
        run = simulator(program, [pauli_words])
        loss = jax.jit(jax.grad(lambda values: jnp.asarray(weights) @ run.answer(values, pauli_words)))
        assert np.allclose(loss(jnp.asarray(inputs)), expected, atol=1e-7)
