"""Light cones of isometries that begin and end inside: contracted as networks, against the reference."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.plan.cones import runs
from qgl.query import Marginals
from tests.check.checking import program as program_from
from tests.kernels.cones.test_cones_run import reduced, simulator
from tests.reference.density import density_matrix

TEXT = """
visible v[5];
param piece[0..1] : isometry(0, 2);
param fill : isometry(2, 5);
channel start(a: isometry(0, 2), q: qubit) { fresh e; isometry(a) q, e; }
channel bridge(a: isometry(2, 5), b: qubit[2], g: qubit[2]) { fresh e; isometry(a) b, g, e; }
model { start(piece[0]) v[0]; start(piece[1]) v[3]; bridge(fill) [v[0], v[3]], v[1..2]; h v[4]; }
"""
REGIONS = Marginals(((0, 1, 2), (1, 3)))


def test_regions_and_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    """No class is run as a state; gradients are by the numbers of matrices that the isometries are nearest to."""
    monkeypatch.setattr(runs, "schedule", lambda one, whole: None)
    monkeypatch.setattr(runs, "WAYS", runs.WAYS[-1:])
    program = program_from(TEXT)
    inputs = np.random.default_rng(2).normal(size=sum(each.size for each in program.parameters))
    weights = [np.random.default_rng(k).normal(size=(2**k, 2**k)) for k in (3, 2)]
    with jax.enable_x64(True):
        run = simulator(program, [REGIONS])

        def loss(values: jax.Array) -> tuple[jax.Array, list[jax.Array]]:
            states = [*run.answer(values, REGIONS)]
            each = [jnp.sum(jnp.asarray(w) * s).real for w, s in zip(weights, states, strict=True)]
            return each[0] + each[1], states

        derivative, states = jax.jit(jax.grad(loss, has_aux=True))(jnp.asarray(inputs))

    def exact(values: NDArray[Any]) -> list[NDArray[Any]]:
        return [reduced(density_matrix(program, values), region) for region in REGIONS.regions]

    for state, expected in zip(states, exact(inputs), strict=True):
        np.testing.assert_allclose(state, expected, atol=1e-10)

    def total(values: NDArray[Any]) -> float:
        return float(sum(np.sum(w * s).real for w, s in zip(weights, exact(values), strict=True)))

    some = np.random.default_rng(3).normal(size=inputs.size)  # along one direction: there are 272 numbers
    step = 1e-5
    along = (total(inputs + step * some) - total(inputs - step * some)) / (2 * step)
    assert np.dot(np.asarray(derivative), some) == pytest.approx(along, abs=1e-7)
