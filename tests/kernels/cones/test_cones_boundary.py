"""Light cones against the boundary contraction, on a chain too long for anything else."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.boundary.method import BoundaryContraction
from qgl.plan.cones.method import LightCones
from qgl.plan.planner import Planner
from qgl.query import Expectation
from tests.reference.programs import op, parameter, program_of

SITES = 200


def test_two_hundred_sites_with_a_discarded_qubit_in_every_brick() -> None:
    made = []
    fresh = SITES
    for layer in range(2):
        for site in range(SITES):
            made.append(op("ry", site, args=[Real(0.2, ((1.0, Input(0, site)),))]))
        for site in range(layer, SITES - 1, 2):
            made += [op("fresh", fresh), op("rzx", site, fresh, args=[0.5]), op("rzz", fresh, site + 1, args=[0.7])]
            made += [op("cx", site, site + 1), op("discard", fresh)]
            fresh += 1
    circuit = Circuit.of(program_of(SITES, 0, *made, parameters=[parameter("angles", SITES)]))
    pauli_words = Expectation.sparse(np.stack([np.arange(0, 199, 9), np.arange(1, 200, 9)], axis=1).astype(np.int32))
    inputs = np.random.default_rng(5).normal(size=SITES)
    values, derivatives = [], []
    with jax.enable_x64(True):
        for method in (LightCones(), BoundaryContraction()):
            run = Simulator(Planner(circuit, "double", methods=(method,)).plan([pauli_words]))

            def loss(inputs: jax.Array, run: Simulator = run) -> tuple[jax.Array, jax.Array]:
                found = run.answer(inputs, pauli_words)
                return jnp.sum(jnp.sin(3 * found)), found

            derivative, found = jax.jit(jax.grad(loss, has_aux=True))(jnp.asarray(inputs))
            values.append(np.asarray(found))
            derivatives.append(np.asarray(derivative))
    assert np.allclose(values[0], values[1], atol=1e-9)
    assert np.allclose(derivatives[0], derivatives[1], atol=1e-8)
    assert np.abs(derivatives[0]).max() > 0.1
