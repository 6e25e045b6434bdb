"""Words and regions by light cones, against the reference on random programs."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.cones.method import LightCones
from qgl.plan.planner import Planner
from qgl.plan.state.methods import StateVector
from qgl.program.program import Program
from qgl.query import Expectation, Marginals, Probabilities, Query
from tests.reference.density import density_matrix, gradient
from tests.reference.matrices import Matrix, pauli_matrix
from tests.reference.programs import (
    EVERYTHING,
    UNITARY,
    Features,
    op,
    parameter,
    program_of,
    random_inputs,
    random_program,
)


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
    pauli_words = ["".join(rng.choice(letters, qubits)) for _ in range(5)]
    regions = [rng.permutation(qubits)[: rng.integers(1, qubits + 1)] for _ in range(3)]
    return (
        Expectation.of(pauli_words),
        Marginals(tuple(tuple(map(int, region)) for region in regions), bits=seed % 4 < 2),
        pauli_words,
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("features", [UNITARY, EVERYTHING], ids=["unitary", "everything"])
def test_words_and_regions(seed: int, features: Features) -> None:
    program = random_program(seed, features, visible=(2, 4), operations=(3, 12))
    qubits, inputs = len(program.visible), random_inputs(seed)
    pauli_words, regions, spelled = random_queries(seed, qubits)
    rho = density_matrix(program, inputs)
    with jax.enable_x64(True):
        run = simulator(program, [pauli_words, regions])
        answer = jax.jit(lambda values: tuple(run.answers(values, [pauli_words, regions]).values()))
        values, states = answer(jnp.asarray(inputs))
    expected = [np.trace(pauli_matrix(pauli_word) @ rho).real for pauli_word in spelled]
    assert np.allclose(values, expected, atol=1e-10)
    for region, state in zip(regions.regions, states, strict=True):
        wanted = reduced(rho, region)
        assert np.allclose(state, wanted.diagonal().real if regions.bits else wanted, atol=1e-10)


@pytest.mark.parametrize("seed", range(2))
def test_gradients(seed: int) -> None:
    program = random_program(seed, EVERYTHING, visible=(3, 3), operations=(6, 10))
    inputs = random_inputs(seed)
    pauli_words, _, spelled = random_queries(seed, 3)
    weights = np.random.default_rng(seed).normal(size=len(spelled))
    total = np.sum(
        [weight * pauli_matrix(pauli_word) for weight, pauli_word in zip(weights, spelled, strict=True)], axis=0
    )
    expected = gradient(lambda values: float(np.trace(total @ density_matrix(program, values)).real), inputs)
    with jax.enable_x64(True):
        run = simulator(program, [pauli_words])
        found = jax.jit(jax.grad(lambda values: jnp.asarray(weights) @ run.answer(values, pauli_words)))(
            jnp.asarray(inputs)
        )
    assert np.allclose(found, expected, atol=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_pruning_by_a_cone_changes_no_answer(seed: int) -> None:
    """Cones leave out what the words cannot see; the state vector of the whole circuit has it all."""
    program = random_program(seed, EVERYTHING, visible=(4, 4), operations=(10, 16))
    pauli_words = random_queries(seed, 4)[0]
    with jax.enable_x64(True):
        inputs = jnp.asarray(random_inputs(seed))
        whole = Simulator(
            Planner(Circuit.of(program), "double", methods=(StateVector(),)).plan([pauli_words, Probabilities()])
        )
        pruned = simulator(program, [pauli_words])
        assert np.allclose(*(jax.jit(lambda x, run=run: run.answer(x, pauli_words))(inputs) for run in (whole, pruned)))


def test_chunks_of_tiles_change_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    program = program_of(
        40,
        0,
        *(op("rx", site, args=[Real(0.0, ((1.0, Input(0, site)),))]) for site in range(40)),
        *(op("rzz", site, site + 1, args=[0.3]) for site in range(39)),
        *(op("ry", site, args=[0.4]) for site in range(40)),
        parameters=[parameter("angles", 40)],
    )
    bonds = Expectation.sparse(np.stack([np.arange(39), np.arange(1, 40)], axis=1).astype(np.int32))
    inputs = jnp.asarray(np.random.default_rng(0).normal(size=40), jnp.float32)

    def derivative() -> np.ndarray[Any, Any]:
        run = Simulator(Planner(Circuit.of(program), methods=(LightCones(),)).plan([bonds]))
        return np.asarray(jax.jit(jax.grad(lambda values: jnp.sum(run.answer(values, bonds) ** 2)))(inputs))

    expected = derivative()
    monkeypatch.setattr("qgl.plan.cones.runs.TILE_CHUNK", 1)
    assert np.allclose(derivative(), expected, atol=1e-5)
