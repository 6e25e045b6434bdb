"""Answers of the kernels against the reference, on random programs and by both methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.check.program import Program
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.methods import Dense, DensityMatrix
from qgl.plan.model import Lowered, Plan, Row
from qgl.query import State
from tests.reference.density import density_matrix, gradient
from tests.reference.programs import EVERYTHING, random_inputs, random_program

METHODS = {"dense": Dense(), "density": DensityMatrix()}


def simulator(program: Program, method: str, bits_only: bool = False) -> Simulator:
    """A simulator by one method, whatever it costs."""
    circuit = Circuit.of(program)
    lowered: Lowered = METHODS[method].prepare(circuit, bits_only).lower()
    inputs = sum(parameter.size for parameter in circuit.parameters)
    rows = (Row(State(), method, ()),)
    return Simulator(Plan(rows, {method: lowered}, "double", bits_only, inputs, len(circuit.visible)))


def in_double(function: Callable[..., Any], *arguments: Any) -> Any:
    with jax.enable_x64(True):
        return jax.tree.map(np.asarray, jax.jit(function)(*(jnp.asarray(argument) for argument in arguments)))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("method", METHODS)
def test_state_and_gradient_of_random_programs(seed: int, method: str) -> None:
    features = {"dense": "unitary", "density": "everything"}
    program = random_program(seed) if features[method] == "unitary" else random_program(seed, EVERYTHING, live=4)
    inputs = random_inputs(seed)
    run = simulator(program, method)
    size = 2 ** len(program.visible)
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))

    def both(values: jax.Array) -> tuple[jax.Array, jax.Array]:
        loss = lambda v: jnp.sum(jnp.asarray(weights) * run.state(v)).real  # noqa: E731
        return run.state(values), jax.grad(loss)(values)

    state, slope = in_double(both, inputs)
    np.testing.assert_allclose(state, density_matrix(program, inputs), atol=1e-10)
    expected = gradient(lambda v: float(np.sum(weights * density_matrix(program, v)).real), inputs)
    np.testing.assert_allclose(slope, expected, atol=2e-7)
