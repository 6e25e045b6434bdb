"""Stochastic Pauli flips that are carried to the end of a circuit, against the density matrix."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.expression import Real
from qgl.ir.circuit import Circuit
from qgl.kernels.pauli_words import walsh_product
from qgl.kernels.simulator import Simulator
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.iqp.method import Iqp
from qgl.plan.pauli_flips import carry
from qgl.plan.planner import Planner
from qgl.plan.state.methods import StateVector
from qgl.program.operations import Operation
from qgl.program.program import Program
from qgl.query import Expectation, GivenPauliWords, Probabilities, Query, State
from tests.reference.density import density_matrix, gradient, probabilities
from tests.reference.programs import ANGLES, PARAMETERS, STRENGTHS, op, program_of, random_inputs

Values = NDArray[np.float64]
PAULI_WORDS = np.array(list(itertools.product((0, 1), repeat=3)), np.uint8)
ALL = Expectation.of(["".join("IZ"[bit] for bit in pauli_word) for pauli_word in PAULI_WORDS])
CLIFFORD = {"h": 1, "s": 1, "x": 1, "cx": 2, "cz": 2, "swap": 2, "sx": 1}
OTHER = {"t": 1, "rz": 1, "rx": 1, "ry": 1, "rzz": 2, "rxx": 2, "ccz": 3, "crz": 2, "pauli": 2, "evolve": 2}


def angle(rng: np.random.Generator) -> Real:
    return Real(0.2, ((1.3, ANGLES[int(rng.integers(len(ANGLES)))]),))


def flip_program(seed: int, others: int) -> Program:
    """Three visible wires, a hidden one and four flips; `others` gates that are not of the Clifford group."""
    rng = np.random.default_rng(seed)
    names = [*rng.choice(list(CLIFFORD), 8), *rng.choice(list(OTHER), others), *["flip"] * 6]
    operations: list[Operation] = [op("fresh", wire) for wire in range(4, 8)]
    operations += [op("ry", wire, args=[angle(rng)]) for wire in range(4, 8)]
    for name in map(str, rng.permutation(names)):
        if name == "flip":
            gate = str(rng.choice(["cx", "cy", "cz"]))
            operations.append(op(gate, int(rng.integers(4, 8)), int(rng.integers(4))))
            continue
        wires = [int(wire) for wire in rng.permutation(4)[: {**CLIFFORD, **OTHER}[name]]]
        if name == "pauli":
            operations.append(op(name, *wires, args=[angle(rng)], pauli_word="".join(rng.choice(list("XYZ"), 2))))
        elif name == "evolve":
            terms = ((Real(0.7), "XI"), (Real(0.4), "ZY"))
            operations.append(op(name, *wires, args=[angle(rng)], terms=terms))
        else:
            operations.append(
                op(name, *wires, args=[angle(rng)] if name[-2:] in ("rz", "rx", "ry", "zz", "xx") else [])
            )
    return program_of(3, 1, *operations, *(op("discard", wire) for wire in range(4, 8)), parameters=PARAMETERS)


def run(program: Program, method: StateVector | Iqp, *queries: Query) -> Simulator:
    return Simulator(Planner(Circuit.of(program), "double", methods=(method,)).plan(queries))


@pytest.mark.parametrize("seed", range(8))
def test_the_distribution_is_that_of_the_density_matrix(seed: int) -> None:
    program, inputs = flip_program(seed, seed % 4), random_inputs(seed)
    found = carry(CircuitVariants(Circuit.of(program), True).pure)
    assert seed % 4 or all(wire < 4 for operation in found.circuit.operations for wire in operation.wires)
    with jax.enable_x64(True):
        distribution = jax.jit(run(program, StateVector(), Probabilities()).probabilities)(jnp.asarray(inputs))
    np.testing.assert_allclose(distribution, probabilities(program, inputs), atol=1e-12)


def test_flips_stay_where_the_state_is_asked_for() -> None:
    program, inputs = flip_program(0, 0), random_inputs(0)
    with jax.enable_x64(True):
        state = jax.jit(run(program, StateVector(), Probabilities(), State()).state)(jnp.asarray(inputs))
    np.testing.assert_allclose(state, density_matrix(program, inputs), atol=1e-12)


def flips(*channels: Operation) -> Program:
    """An IQP circuit with flips on top: some of phases, two of sets of bits, and named channels."""
    layer = [op("h", wire) for wire in range(3)]
    phases = [
        op("rz", 0, args=[Real(0.0, ((1.0, ANGLES[0]),))]),
        op("rzz", 0, 1, args=[Real(0.3, ((1.0, ANGLES[1]),))]),
    ]
    phases.append(op("rzz", 1, 2, args=[Real(0.0, ((2.0, ANGLES[2]),))]))
    flips = [op("fresh", 3), op("fresh", 4)]
    flips += [op("ry", 3 + k, args=[Real(0.0, ((2.0, ANGLES[3 + k]),))]) for k in range(2)]
    before, after = [op("cz", 3, 0), op("cz", 3, 2)], [op("cx", 4, 1), op("cx", 4, 2)]
    return program_of(3, 0, *flips, *layer, *before, *phases, *layer, *after, *channels, parameters=PARAMETERS)


NOISE = (op("bit_flip", 0, args=[Real(0.0, ((1.0, STRENGTHS[0]),))]), op("bit_phase_flip", 2, args=[0.2]))


@pytest.mark.parametrize("method", [StateVector(), Iqp()])
def test_words_and_their_gradient(method: StateVector | Iqp) -> None:
    program, inputs = flips(*NOISE), random_inputs(1)
    weights = np.random.default_rng(0).normal(size=8)
    simulator = run(program, method, ALL)

    def wanted(x: Values) -> Values:
        return np.asarray((-1.0) ** (PAULI_WORDS.astype(int) @ PAULI_WORDS.T) @ probabilities(program, x))

    with jax.enable_x64(True):

        def total(x: jax.Array) -> tuple[jax.Array, jax.Array]:
            found = simulator.answer(x, ALL)
            return found @ weights, found

        derivatives, values = jax.jit(jax.grad(total, has_aux=True))(jnp.asarray(inputs))
    np.testing.assert_allclose(values, wanted(inputs), atol=1e-12)
    np.testing.assert_allclose(derivatives, gradient(lambda x: wanted(x) @ weights, inputs), atol=1e-7)


def test_estimates_of_words_are_unbiased() -> None:
    program, inputs, query = flips(*NOISE), random_inputs(1), GivenPauliWords(8, 50)
    simulator = run(program, Iqp(), query)
    exact = (-1.0) ** (PAULI_WORDS.astype(int) @ PAULI_WORDS.T) @ probabilities(program, inputs)
    keys = jax.random.split(jax.random.key(0), 400)
    x = jnp.asarray(inputs, jnp.float32)
    found = jax.jit(
        jax.vmap(lambda key: simulator.answers(x, (query,), key, {query: jnp.asarray(PAULI_WORDS)})[query])
    )(keys)
    means, squares = np.moveaxis(np.asarray(found, np.float64), 1, 0)
    for draws, value in ((means, exact), ((means**2 - squares / 50) * 50 / 49, exact**2)):
        assert np.all(np.abs(draws.mean(axis=0) - value) < 5 * draws.std(axis=0) / 20 + 1e-6)


def test_words_of_flips_alone_need_no_samples_at_any_width() -> None:
    """<Z_a> = product over the flips with an odd number of bits in a of cos(2 theta) (arXiv 2503.02934)."""
    n, rng = 300, np.random.default_rng(0)
    sets = [tuple(rng.permutation(n)[: 1 + k % 4]) for k in range(400)]
    thetas = rng.uniform(-0.3, 0.3, len(sets))
    operations = []
    for k, (members, theta) in enumerate(zip(sets, thetas, strict=True)):
        operations += [op("fresh", n + k), op("ry", n + k, args=[2 * theta])]
        operations += [op("cx", n + k, int(wire)) for wire in members]
    program, query = program_of(n, 0, *operations), GivenPauliWords(20, None)
    rows = (rng.random((20, n)) < 0.05).astype(np.uint8)
    odd = np.array([[rows[w, list(members)].sum() % 2 for members in sets] for w in range(20)])
    wanted = np.prod(np.where(odd == 1, np.cos(2 * thetas), 1), axis=1)
    simulator = run(program, Iqp(), query)
    with jax.enable_x64(True):
        found = jax.jit(lambda x: simulator.answers(x, (query,), None, {query: jnp.asarray(rows)})[query])(jnp.zeros(0))
    np.testing.assert_allclose(found, [wanted, wanted**2], atol=1e-12)


def test_products_over_odd_overlaps() -> None:
    factors = np.random.default_rng(0).normal(size=32)
    factors[[3, 9]] = 0
    odd = np.array([[(x & z).bit_count() % 2 for x in range(32)] for z in range(32)]) == 1
    np.testing.assert_allclose(walsh_product(jnp.asarray(factors)), np.where(odd, factors, 1).prod(axis=1), rtol=1e-5)
