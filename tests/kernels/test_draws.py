"""Strings that are drawn come as often as they should, by every method, at the widths at which sums round."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chisquare

import qgl
from qgl.kernels.final_state import draw, fractions
from qgl.kernels.simulator import Simulator
from qgl.plan.boundary.method import BoundaryContraction
from qgl.plan.model import Method
from qgl.plan.planner import Planner
from qgl.plan.sectors.method import Sectors
from qgl.plan.state.methods import DensityMatrix, StateVector
from qgl.plan.trajectories.method import Trajectories
from qgl.query import Samples
from tests.reference.density import probabilities

LEAST = 1e-4  # of the probability of a chi-square as large; keys are fixed


def likely(drawn: NDArray[np.int64], distribution: NDArray[np.float64]) -> float:
    """The probability that numbers drawn from `distribution` differ from it by as much as these; what cannot come must
    not.
    """
    counts, possible = np.bincount(drawn, minlength=len(distribution)), distribution > 1e-12
    assert not counts[~possible].any()
    if possible.sum() == 1:
        return 1.0
    return float(chisquare(counts[possible], distribution[possible] / distribution[possible].sum() * len(drawn)).pvalue)


@pytest.mark.parametrize("form", ["even", "uneven", "gaps"])
def test_as_many_strings_as_a_test_can_hold(form: str) -> None:
    """24 bits in single precision: sums of all with random numbers of 23 bits never drew half of the last ones."""
    bits, shots = 24, 200_000
    random = np.random.default_rng(0)
    distribution = (
        np.ones(2**bits, np.float32) if form == "even" else random.exponential(size=2**bits).astype(np.float32)
    )
    if form == "gaps":
        distribution *= random.random(2**bits) < 0.1
    at = np.asarray(jax.jit(draw, static_argnums=2)(jnp.asarray(distribution), jax.random.key(5), shots))
    exact = distribution.astype(np.float64) / distribution.sum(dtype=np.float64)
    assert (distribution[at] > 0).all()
    for place in (0, 5, 12, bits - 8):  # eight neighbouring bits
        part = exact.reshape(2 ** (bits - 8 - place), 256, -1).sum(axis=(0, 2))
        assert likely(at >> place & 255, part) > LEAST
    last = exact.reshape(16, -1, 16).sum(axis=1).reshape(-1)  # the first and the last bits together
    assert likely((at >> (bits - 4) << 4) + (at & 15), last) > LEAST


def test_distributions_of_any_length_and_rare_strings() -> None:
    drawn = jax.jit(draw, static_argnums=2)
    for length in (1, 2, 3, 5, 37):
        distribution = np.random.default_rng(length).random(length)
        distribution[length // 2] = 0 if length > 1 else 1
        at = np.asarray(drawn(jnp.asarray(distribution), jax.random.key(length), 50_000))
        assert likely(at, distribution / distribution.sum()) > LEAST
    rare = np.array([1.0, 0, 3e-4, 0, 0, 3e-6, 2e-8, 1.0])
    counts = np.bincount(np.asarray(drawn(jnp.asarray(rare), jax.random.key(0), 4_000_000)), minlength=8)
    assert counts[[1, 3, 4]].tolist() == [0, 0, 0]
    assert counts[2] == pytest.approx(600, abs=100) and counts[5] == pytest.approx(6, abs=8) and counts[6] < 3
    numbers = np.asarray(fractions(jax.random.key(1), (1_000_000,), jnp.float32))
    assert 0 < numbers.min() < 1e-5 and numbers.mean() == pytest.approx(0.5, abs=2e-3)


CONSERVING = """
visible v[4] = "0110";
hamiltonian hop = sum((a, b) in chain(v): X[a] * X[b] + Y[a] * Y[b]) + 0.7 * Z[v[0]];
model { evolve hop for 0.9; rz(0.4) v[1]; iswap v[1], v[2]; evolve hop for 0.3; }
"""
CHAIN = """
visible v[5];
model { ry(0.9) v; for k in 0..3 { cx v[k], v[k + 1]; ry(0.3 * (k + 1)) v[k]; rx(0.7) v[k + 1]; } NOISE }
"""
NOISY = CHAIN.replace("NOISE", "amplitude_damping(0.3) v; rx(0.2) v;")
CIRCUITS: dict[str, tuple[Method, str]] = {
    "state vector": (StateVector(), CHAIN.replace("NOISE", "")),
    "dilated": (StateVector(), CHAIN.replace("NOISE", "amplitude_damping(0.3) v[2]; rx(0.2) v;")),
    "flips": (StateVector(), CHAIN.replace("NOISE", "bit_flip(0.2) v;")),
    "density matrix": (DensityMatrix(), NOISY),
    "sectors": (Sectors(), CONSERVING),
    "amplitudes": (BoundaryContraction(), CHAIN.replace("NOISE", "")),
    "pauli_transfer": (BoundaryContraction(), NOISY),
    "trajectories": (Trajectories(), NOISY),
}


@pytest.mark.parametrize("name", CIRCUITS)
def test_every_method(name: str) -> None:
    method, text = CIRCUITS[name]
    model, shots = qgl.loads(text), 5_000 if name == "trajectories" else 40_000
    query = Samples(shots)
    run = Simulator(Planner(model.circuit, "single", None, (method,)).plan((query,)))
    rows = np.asarray(
        jax.jit(lambda key: run.answers(jnp.zeros(0, jnp.float32), [query], key)[query])(jax.random.key(3))
    )
    assert likely(rows @ (1 << np.arange(model.width)[::-1]), probabilities(model.program)) > LEAST


def test_mixtures_of_many_circuits() -> None:
    """Each circuit comes as often as its weight says."""
    text = "visible v[6]; latent z[6] ~ bernoulli(0.3); model { for k in 0..5 { rx(pi * z[k]) v[k]; } }"
    rows = np.asarray(qgl.loads(text).sample({}, jax.random.key(0), 20_000))
    weights = np.array([0.3 ** bin(k).count("1") * 0.7 ** (6 - bin(k).count("1")) for k in range(64)])
    assert likely(rows @ (1 << np.arange(6)[::-1]), weights) > LEAST
