"""The state on a sector's basis states against dense matrices: values and gradients, in both precisions."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.kernels.state import chebyshev
from qgl.kernels.state.layered import LayeredRunner
from qgl.plan.planner import Planner
from qgl.plan.sectors.method import Sectors
from qgl.plan.sectors.tables import SectorProgram
from qgl.plan.state.layered import NotLayeredError, Pieces, layered
from qgl.program.program import Program
from qgl.query import Expectation, GivenPauliWords, GivenStrings, LogProb, Marginals, Probabilities, Query, Samples
from tests.reference.conserving import conserving
from tests.reference.density import gradient, probabilities
from tests.reference.programs import random_inputs

REAL = {"single": jnp.float32, "double": jnp.float64}


def simulator(program: Program, precision: str, *queries: Query) -> Simulator:
    planner = Planner(Circuit.of(program), precision, None, (Sectors(),))
    return Simulator(planner.plan(queries or (Probabilities(),)))


def value_and_gradient(
    program: Program, precision: str, inputs: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """p, and the gradient of weights . p."""
    with jax.enable_x64(precision == "double"):
        run = simulator(program, precision)

        def loss(x: jax.Array) -> tuple[jax.Array, jax.Array]:
            p = run.probabilities(x)
            return p @ jnp.asarray(weights, p.dtype), p

        derivative, p = jax.jit(jax.grad(loss, has_aux=True))(jnp.asarray(inputs, REAL[precision]))
        return np.asarray(p), np.asarray(derivative)


@pytest.mark.parametrize(
    ("seed", "precision"),
    [(0, "double"), (1, "single"), *(pytest.param(k, "double", marks=pytest.mark.slow) for k in range(2, 8))],
)
def test_random_programs_that_interfere(seed: int, precision: str) -> None:
    program = conserving(seed)
    inputs = random_inputs(seed, program.parameters)
    weights = np.random.default_rng(seed).normal(size=2 ** len(program.visible))
    p, derivative = value_and_gradient(program, precision, inputs, weights)
    assert p == pytest.approx(probabilities(program, inputs), abs=1e-10 if precision == "double" else 2e-5)
    along = np.random.default_rng(seed + 9).normal(size=inputs.shape)
    wanted = gradient(lambda t: weights @ probabilities(program, inputs + t * along), np.zeros(1))
    assert derivative @ along == pytest.approx(wanted[0], rel=1e-6 if precision == "double" else 2e-3, abs=1e-3)


PAULI_WORDS = """
visible v[3] = "010";
hidden h[2] = "01";
param a : real;
hamiltonian hop = X[v[2]] * X[h[1]] + Y[v[2]] * Y[h[1]] + 0.7 * Z[v[2]] * Z[h[0]];
model {
    evolve hop for a;
    exp(i * a * X[v[2]] * Z[h[1]] * X[v[0]]);
    exp(i * 0.6 * Z[v[0]] * Y[h[0]] * X[v[1]]);
    CONTROLLED
}
"""


@pytest.mark.parametrize("controlled", ["", "ctrl exp(i * 0.4 * Z[v[2]] * X[h[0]] * X[v[0]]) v[1];"])
def test_words_with_z_beside_what_they_flip(controlled: str) -> None:
    program = qgl.loads(PAULI_WORDS.replace("CONTROLLED", controlled)).program
    weights = np.random.default_rng(1).normal(size=8)
    p, derivative = value_and_gradient(program, "double", np.array([0.9]), weights)
    assert p == pytest.approx(probabilities(program, [0.9]), abs=1e-12)
    assert derivative == pytest.approx(
        gradient(lambda x: weights @ probabilities(program, x), np.array([0.9])), abs=1e-8
    )


LONG = """
lattice chain = line(6);
visible v on chain = neel;
param field[chain] : real;
param hop : real;
param time : real;
hamiltonian quench = sum((a, b) in edges(chain): hop * (X[a] * X[b] + Y[a] * Y[b]) + 0.25 * Z[a] * Z[b])
    + sum(a in chain: 0.5 * field[a] * Z[a]);
model { evolve quench for time; swap v[0], v[3]; evolve quench for 1.0; }
"""


PAULIS = {"X": np.array([[0, 1], [1, 0]]), "Y": np.array([[0, -1j], [1j, 0]]), "Z": np.diag([1, -1])}


def pauli_word(letters: dict[int, str]) -> NDArray[np.complex128]:
    matrix = np.eye(1)
    for k in range(6):
        matrix = np.kron(matrix, PAULIS[letters[k]] if k in letters else np.eye(2))
    return matrix.astype(np.complex128)


FIELDS = np.stack([0.5 * pauli_word({k: "Z"}) for k in range(6)])
HOP = sum((pauli_word({k: letter, k + 1: letter}) for k in range(5) for letter in "XY"), np.zeros((64, 64)))
COUPLING = sum((0.25 * pauli_word({k: "Z", k + 1: "Z"}) for k in range(5)), np.zeros((64, 64)))


def exact(inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distribution of `LONG` by dense exponentials."""
    energy, states = np.linalg.eigh(np.tensordot(inputs[:6], FIELDS, 1) + inputs[6] * HOP + COUPLING)
    state = np.zeros(64, np.complex128)
    state[0b010101] = 1
    state = states @ (np.exp(-1j * inputs[7] * energy) * (states.conj().T @ state))
    state = state.reshape((2,) * 6).swapaxes(0, 3).reshape(64)
    state = states @ (np.exp(-1j * energy) * (states.conj().T @ state))
    distribution: NDArray[np.float64] = np.abs(state) ** 2
    return distribution


@pytest.mark.parametrize(("precision", "tolerance"), [("single", 2e-3), ("double", 1e-8)])
def test_long_evolutions_of_many_segments(precision: str, tolerance: float) -> None:
    """Times of 40 under fields of 10: about a thousand terms of the series."""
    program = qgl.loads(LONG).program
    inputs = np.array([9.1, -7.3, 8.2, -4.4, 3.1, 9.9, 0.31, 40.0])
    weights = np.random.default_rng(0).normal(size=64)
    p, derivative = value_and_gradient(program, precision, inputs, weights)
    assert p == pytest.approx(exact(inputs), abs=tolerance / 10)
    wanted = gradient(lambda x: weights @ exact(x), inputs, 1e-6)
    assert derivative / np.abs(wanted).max() == pytest.approx(wanted / np.abs(wanted).max(), abs=max(tolerance, 1e-5))


def test_every_question_of_bits() -> None:
    program = conserving(5)
    width, inputs = len(program.visible), random_inputs(1, program.parameters)
    p = probabilities(program, inputs)
    rows = ((np.arange(2**width)[:, None] >> np.arange(width - 1, -1, -1)) & 1).astype(np.uint8)
    letters = "".join("Z" if k % 2 == 0 else "I" for k in range(width))
    asked = (
        Probabilities(),
        LogProb.of(rows),
        GivenStrings(2),
        GivenPauliWords(1),
        Expectation.of([letters]),
        Marginals(((0, 2),), bits=True),
        Samples(2000),
    )
    with jax.enable_x64(True):
        run = simulator(program, "double", *asked)
        given: dict[Query, jax.Array] = {asked[2]: jnp.asarray(rows[:2]), asked[3]: jnp.asarray([[1] * width])}
        answers = jax.jit(lambda x, key: tuple(run.answers(x, asked, key, given).values()))
        found = dict(zip(asked, answers(jnp.asarray(inputs), jax.random.key(0)), strict=True))
    z = (1.0 - 2 * rows)[:, ::2].prod(axis=1) @ p
    assert found[asked[0]] == pytest.approx(p)
    assert np.exp(found[asked[1]]) == pytest.approx(p, abs=1e-12)
    assert np.exp(found[asked[2]]) == pytest.approx(p[:2], abs=1e-12)
    assert found[asked[3]][0] == pytest.approx([(1.0 - 2 * rows).prod(axis=1) @ p])
    assert found[asked[4]] == pytest.approx([z])
    assert found[asked[5]][0] == pytest.approx(np.bincount(rows[:, 0] * 2 + rows[:, 2], p, 4))
    drawn = np.bincount(np.asarray(found[asked[6]]) @ (1 << np.arange(width - 1, -1, -1)), minlength=2**width) / 2000
    assert np.abs(drawn - p).max() < 0.05
    assert (drawn[p < 1e-12] == 0).all()


def test_a_batch_is_what_its_rows_are() -> None:
    """All rows take as many terms as the one that needs most."""
    program = qgl.loads(LONG).program
    rows = np.random.default_rng(0).uniform(-3, 3, (4, 8))
    rows[:, -1] = [0.0, 0.5, 30.0, -2.0]
    with jax.enable_x64(True):
        run = simulator(program, "double")
        loss = jax.jit(jax.vmap(jax.value_and_grad(lambda x: run.probabilities(x)[11])))
        values, derivatives = loss(jnp.asarray(rows))
    for row, value, derivative in zip(rows, values, derivatives, strict=True):
        assert value == pytest.approx(exact(row)[11], abs=1e-10)
        assert derivative == pytest.approx(gradient(lambda x: exact(x)[11], row), abs=1e-5)


def test_the_number_of_turns_is_one_for_a_batch() -> None:
    turns = jax.vmap(chebyshev.largest_of_batch)(jnp.array([3.0, 7.0, 5.0]))
    assert turns.tolist() == [7.0, 7.0, 7.0]
    nested = jax.vmap(jax.vmap(chebyshev.largest_of_batch))(jnp.array([[3.0, 7.0], [9.0, 1.0]]))
    assert nested.tolist() == [[9.0, 9.0]] * 2


def test_bessel_functions() -> None:
    """The series of exp(-i z x) at points of [-1, 1] is the function."""
    x = np.linspace(-1, 1, 7)
    with jax.enable_x64(True):
        for z in (0.0, 0.3, -11.0, chebyshev.SEGMENT):
            c = np.asarray(chebyshev.series(jnp.asarray(z)))
            order = np.arange(len(c))
            total = (c * (-1j) ** order * np.cos(order * np.arccos(x)[:, None])).sum(axis=1)
            assert total == pytest.approx(np.exp(-1j * z * x), abs=1e-13)


LAYERS = """
lattice chain = line(4);
hidden bath on chain[0] = neel;
visible v on chain[1..3] = neel;
param field[3, chain] : real;
param turn[3] : angle;
hamiltonian quench(k) = sum((a, b) in edges(chain): 0.25 * (X[a] * X[b] + Y[a] * Y[b] + Z[a] * Z[b]))
    + sum(a in chain: 0.5 * field[k, a] * Z[a]);
model {{ {start} repeat {layers} as k {{ {layer} }} }}
"""
CONSERVING = "evolve quench(k) for 2.0; rz(turn[k]) v; swap v[0], bath[0];"
FREE = "evolve quench(k) for 1.0; ry(turn[k]) v; cx v[0], bath[0]; cx v[2], v[1]; rz(turn[k]) v[0];"


@pytest.mark.parametrize(
    ("start", "layer", "kind"), [("", CONSERVING, SectorProgram), ("h v[0];", FREE, Pieces), ("", FREE, Pieces)]
)
def test_layers_one_by_one_are_the_circuit_that_ends_there(start: str, layer: str, kind: type) -> None:
    whole = qgl.loads(LAYERS.format(start=start, layers=3, layer=layer))
    program = layered(whole.circuit, {"field", "turn"})
    assert isinstance(program.program, kind)
    assert program.layers == 3
    inputs = np.random.default_rng(0).normal(size=15)
    with jax.enable_x64(True):
        runner = LayeredRunner(program)
        traces = []

        def traced(k: jax.Array, inputs: jax.Array, state: jax.Array) -> jax.Array:
            traces.append(k)
            return runner.step(k, inputs, state)

        step = jax.jit(traced)
        state = runner.start(jnp.asarray(inputs))
        for k in range(3):
            state = step(k, jnp.asarray(inputs), state)
            so_far = qgl.loads(LAYERS.format(start=start, layers=k + 1, layer=layer))
            found = runner.answers(k + 1, jnp.asarray(inputs), state, {Probabilities(): None})[Probabilities()]
            assert found == pytest.approx(probabilities(so_far.program, inputs), abs=1e-12)
    assert len(traces) == 1  # one program for all layers


def test_candidates_for_a_layer_side_by_side() -> None:
    whole = qgl.loads(LAYERS.format(start="", layers=3, layer=CONSERVING))
    rows = np.random.default_rng(0).normal(size=(5, 15))
    with jax.enable_x64(True):
        runner = LayeredRunner(layered(whole.circuit, {"field", "turn"}))
        state = runner.start(jnp.asarray(rows[0]))
        together = jax.jit(jax.vmap(runner.step, in_axes=(None, 0, None)))(1, jnp.asarray(rows), state)
        for row, found in zip(rows, together, strict=True):
            assert found == pytest.approx(np.asarray(runner.step(1, jnp.asarray(row), state)), abs=1e-12)


def test_what_is_not_layered_is_refused() -> None:
    crossed = "rz(turn[k]) v[0]; rz(turn[2 - k]) v[1];"
    with pytest.raises(NotLayeredError, match="comes after layer"):
        layered(qgl.loads(LAYERS.format(start="h v;", layers=3, layer=crossed)).circuit, {"turn"})
    both = "rz(turn[k] + turn[0]) v[0];"
    with pytest.raises(NotLayeredError, match="at once"):
        layered(qgl.loads(LAYERS.format(start="h v;", layers=3, layer=both)).circuit, {"turn"})
