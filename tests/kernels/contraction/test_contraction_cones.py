"""Light cones too wide for a state are contracted, all members of a class at once."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.cones.method import LightCones
from qgl.plan.planner import Planner
from qgl.program.operations import Operation
from qgl.query import Expectation, Marginals
from tests.reference.density import gradient
from tests.reference.programs import op, parameter, program_of

STARS, ARMS = 2, 24


def stars() -> list[Operation]:
    """Centres that meet each of their arms twice, and turn in between; the arms turn before each time."""
    gates: list[Operation] = []
    for star in range(STARS):
        centre = star * (ARMS + 1)
        arms = range(centre + 1, centre + ARMS + 1)
        gates += [op("h", centre)]
        for _ in range(2):
            gates += [op("ry", arm, args=[Real(0.0, ((1 + 0.05 * (arm - centre), Input(0, star)),))]) for arm in arms]
            gates += [op("cz", centre, arm) for arm in arms]
            gates += [op("ry", centre, args=[0.7])]
    return gates


def turn(angle: float) -> np.ndarray[Any, Any]:
    return np.array([[np.cos(angle / 2), -np.sin(angle / 2)], [np.sin(angle / 2), np.cos(angle / 2)]])


def centre_values(theta: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """<Z> of every centre: the arms are a product for each history of the centre."""
    phase = [np.eye(2), np.diag([1.0, -1.0])]
    values = []
    for star in range(STARS):
        overlaps = np.ones((4, 4))  # between histories (first, second)
        for arm in range(1, ARMS + 1):
            angle = (1 + 0.05 * arm) * theta[star]
            states = [phase[b] @ turn(angle) @ phase[a] @ turn(angle)[:, 0] for a in (0, 1) for b in (0, 1)]
            overlaps *= np.array(states) @ np.array(states).T
        weights = np.array([turn(0.7)[b, a] / np.sqrt(2) for a in (0, 1) for b in (0, 1)])
        rho = (weights[:, None] * weights * overlaps).reshape(2, 2, 2, 2).sum(axis=(0, 2))
        rho = turn(0.7) @ rho @ turn(0.7).T
        values.append(rho[0, 0] - rho[1, 1])
    return np.array(values)


def test_the_centres_of_wide_stars() -> None:
    centres = [star * (ARMS + 1) for star in range(STARS)]
    program = program_of(STARS * (ARMS + 1), 0, *stars(), parameters=(parameter("theta", STARS),))
    pauli_words = Expectation.sparse(np.array([[centre] for centre in centres], np.int32))
    distributions = Marginals(((centres[1],),), bits=True)
    plan = Planner(Circuit.of(program), methods=(LightCones(),)).plan([pauli_words, distributions])
    facts = dict(plan.rows[0].candidates[0].cost.facts)
    assert facts["classes"] == 1 and facts["widest"] == ARMS + 1
    run = Simulator(plan)

    def ask(inputs: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        values, (distribution,) = run.answers(inputs, (pauli_words, distributions)).values()
        return jnp.sum(values), (values, distribution)

    theta = np.array([0.1, -0.15])
    derivative, (values, distribution) = jax.jit(jax.grad(ask, has_aux=True))(jnp.asarray(theta, jnp.float32))
    expected = centre_values(theta)
    np.testing.assert_allclose(values, expected, atol=1e-5)
    np.testing.assert_allclose(distribution, [(1 + expected[1]) / 2, (1 - expected[1]) / 2], atol=1e-5)
    np.testing.assert_allclose(derivative, gradient(lambda v: float(centre_values(v).sum()), theta), atol=1e-4)
