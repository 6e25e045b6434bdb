"""Strings that cannot come, and those that hardly can, by every method: values and gradients against the reference."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.bits.distribution import strings
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.contraction.method import Contraction
from qgl.plan.planner import METHODS, Planner
from qgl.program.program import Program
from qgl.query import GivenStrings, LogProb, log_floor
from tests.check.checking import program as program_from
from tests.reference.density import gradient, probabilities

# what is impossible is so by rounding: a half turn, two roots of one, a cosine that only just vanishes
CANCELLING = """
visible v[4];
model {
    rx(pi) v[0];
    rx(?) v[1]; rx(pi / 2) v[2]; rz(?) v[1]; rx(pi / 2) v[2];
    h v[3]; rz(0.3) v[3]; rz(-0.3) v[3]; h v[3];
    ry(?) v[3]; cx v[1], v[0];
}
"""
FLIPPED = """
visible v[3];
hidden m;
model {
    h v[0]; rz(0.2) v[0]; rz(-0.2) v[0]; h v[0]; rx(pi) v[1];
    ry(?) v[2]; bit_flip(0.3) v[2]; ry(?) m; cx m, v[1];
}
"""
CONSERVED = """
lattice chain = line(4);
visible v on chain = neel;
param t[2] : real;
hamiltonian hop = sum((a, b) in edges(chain): X[a] * X[b] + Y[a] * Y[b]);
model { evolve hop for t[0]; rz(?) v; evolve hop for t[1]; }
"""
CHAIN = """
visible v[8];
model {
    prepare([0.5, 0.5]) v[0];
    for k in 1..7 { prepare([[1, 0], [0.5, 0.5]]) v[k - 1], v[k]; }
    rz(?) v;
}
"""
CONTROLLED = """
visible v[4];
model {
    ry(?) v[0]; rx(pi) v[1]; cx v[0], v[1];
    rx(pi / 2) v[2]; cx v[0], v[2]; rx(pi / 2) v[2];
    ry(?) v[3]; cry(?) v[2], v[3];
}
"""
PROGRAMS = {
    "controlled": CONTROLLED,
    "cancelling": CANCELLING,
    "flipped": FLIPPED,
    "conserved": CONSERVED,
    "chain": CHAIN,
}
ALWAYS = Contraction(least=0)  # a contraction along a path, however small the circuit
CASES = [
    *(("cancelling", name) for name in ("state vector", "density matrix", "boundary", "contraction")),
    *(("flipped", name) for name in ("state vector", "density matrix", "boundary", "contraction")),
    *(("conserved", name) for name in ("state vector", "sectors", "density matrix")),
    ("controlled", "ancestral"),
    *(("chain", name) for name in ("state vector", "density matrix", "boundary", "contraction")),
]


def strings_of(width: int) -> NDArray[np.uint8]:
    return strings(np.arange(2**width), width)


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("program, method", CASES)
def test_every_method_tells_them_alike(program: str, method: str, precision: str) -> None:
    checked: Program = program_from(PROGRAMS[program])
    inputs = np.random.default_rng(5).uniform(0.4, 1.2, sum(each.size for each in checked.parameters))
    width = len(checked.visible)
    expected, every = probabilities(checked, inputs), strings_of(width)
    impossible = expected < 1e-14
    assert 0 < impossible.sum() < len(every) and expected[~impossible].min() > 1e-6
    methods = (ALWAYS,) if method == ALWAYS.name else tuple(each for each in METHODS if each.name == method)
    run = Simulator(Planner(Circuit.of(checked), precision, methods=methods).plan((LogProb.of(every),)))
    weights = np.random.default_rng(6).uniform(size=len(every))

    @jax.jit
    def values(inputs: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        found, back = jax.vjp(lambda x: run.answer(x, LogProb.of(every)), inputs)
        seeds = (jnp.asarray(np.where(rows, weights, 0), found.dtype) for rows in (~impossible, impossible))
        (of_possible,), (of_impossible,) = map(back, seeds)
        return found, of_possible, of_impossible

    with jax.enable_x64(precision == "double"):
        known: Any = jnp.asarray(inputs)
        found, of_possible, of_impossible = values(known)
    assert (np.asarray(found, np.float64)[impossible] <= log_floor(width)).all()
    np.testing.assert_array_equal(of_impossible, 0)
    exact = precision == "double"
    np.testing.assert_allclose(found[~impossible], np.log(expected[~impossible]), atol=1e-8 if exact else 1e-3)
    derivatives = gradient(lambda x: weights[~impossible] @ np.log(probabilities(checked, x)[~impossible]), inputs)
    np.testing.assert_allclose(of_possible, derivatives, atol=1e-5 if exact else 1e-2)


@pytest.mark.parametrize("width", [30, 200])
@pytest.mark.parametrize("precision", ["single", "double"])
def test_an_impossible_string_of_a_sweep_costs_what_its_width_says(width: int, precision: str) -> None:
    """Whatever was scaled before the zero: it came at -88.7 at any width, likelier than 1...1."""
    model = qgl.loads(CHAIN.replace("[8]", f"[{width}]").replace("1..7", f"1..{width - 1}"), precision=precision)
    strings = np.zeros((3, width), np.uint8)
    strings[1] = 1
    strings[2, width // 2] = 1
    params = model.init(jax.random.key(0))
    found = np.asarray(model.log_prob(params, strings), np.float64)
    np.testing.assert_allclose(found[:2], [np.log(0.5), width * np.log(0.5)], rtol=1e-5)
    assert found[2] <= log_floor(width) < -3.6 * width


@pytest.mark.parametrize("precision", ["single", "double"])
def test_a_small_probability_that_has_its_digits_is_told(precision: str) -> None:
    """-82.7 nats, far below what rounding leaves of a cancelled amplitude."""
    text = """
    visible v[12];
    model { ry(0.002) v; for k in 0..10 { cz v[k], v[k + 1]; } rz(0.3) v; ry(0.0001) v; }
    """
    model = qgl.loads(text, precision=precision)
    strings = np.array([[1] * k + [0] * (12 - k) for k in (0, 3, 5)], np.uint8)
    expected = probabilities_of_amplitudes(strings)
    found = np.asarray(model.log_prob({}, strings))
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert expected.min() < -60


def probabilities_of_amplitudes(strings: NDArray[np.uint8]) -> NDArray[np.float64]:
    """log p of the circuit above, from its state vector in long double numbers."""
    number, width = np.clongdouble, 12

    def turned(state: NDArray[Any], angle: float) -> NDArray[Any]:
        half = np.longdouble(angle) / 2
        matrix = np.array([[np.cos(half), -np.sin(half)], [np.sin(half), np.cos(half)]], number)
        for axis in range(width):
            state = np.moveaxis(np.tensordot(matrix, state, (1, axis)), 0, axis)
        return state

    state = np.zeros((2,) * width, number)
    state[(0,) * width] = 1
    state = turned(state, 0.002)
    every = strings_of(width).astype(np.int64)
    signs = (-1.0) ** (every[:, 1:] * every[:, :-1]).sum(axis=1)
    phases = np.exp(number(-0.15j)) ** (1 - 2 * every).sum(axis=1)
    state = turned(state * (signs * phases).reshape(state.shape), 0.0001)
    amplitudes = state.reshape(-1)[strings.astype(np.int64) @ (1 << np.arange(width - 1, -1, -1))]
    return np.asarray(2 * np.log(np.abs(amplitudes)), np.float64)


def test_strings_that_come_with_the_call_are_told_alike_and_over_seeds() -> None:
    checked: Program = program_from(CANCELLING)
    query = GivenStrings(16)
    run = Simulator(Planner(Circuit.of(checked), "single").plan((query,)))
    inputs = jnp.asarray(np.random.default_rng(5).uniform(0.4, 1.2, (3, 3)), jnp.float32)
    rows = jnp.asarray(strings_of(4))

    def total(inputs: jax.Array) -> tuple[jax.Array, jax.Array]:
        found = run.answers(inputs, (query,), given={query: rows})[query]
        return jnp.sum(found), found

    derivatives, found = jax.jit(jax.vmap(jax.grad(total, has_aux=True)))(inputs)
    impossible = np.array([probabilities(checked, np.asarray(one, np.float64)) for one in inputs]) < 1e-14
    np.testing.assert_array_equal(np.asarray(found) <= log_floor(4), impossible)
    assert np.isfinite(derivatives).all() and np.abs(derivatives).max() < 1e3
