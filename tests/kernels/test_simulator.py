"""Answers of the kernels against the reference, on random programs and by both methods."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.model import Method, Plan, Row, StateProgram
from qgl.plan.state.methods import DensityMatrix, StateVector
from qgl.program.operations import Operation
from qgl.program.program import Program
from qgl.query import Expectation, LogProb, Marginals, Probabilities, State
from tests.reference.density import density_matrix, gradient
from tests.reference.matrices import pauli_matrix
from tests.reference.programs import (
    EVERYTHING,
    op,
    parameter,
    program_of,
    random_inputs,
    random_program,
    random_unitary,
)

METHODS: dict[str, Method] = {"state vector": StateVector(), "density matrix": DensityMatrix()}


def simulator(program: Program, method: str, bits_only: bool = False) -> Simulator:
    """A simulator by one method, whatever it costs."""
    circuit = Circuit.of(program)
    lowered = METHODS[method].prepare(CircuitVariants(circuit, bits_only)).lower((), "double")
    inputs = sum(parameter.size for parameter in circuit.parameters)
    rows = (Row(Probabilities(), method, ()),)
    seen = tuple(range(len(circuit.visible)))
    return Simulator(Plan(rows, {method: lowered}, "double", bits_only, inputs, seen))


def in_double(function: Callable[..., Any], *arguments: Any) -> Any:
    """`function` compiled and called in double precision; NumPy arrays come back."""
    with jax.enable_x64(True):
        return jax.tree.map(np.asarray, jax.jit(function)(*(jnp.asarray(argument) for argument in arguments)))


def check_state_and_gradient(program: Program, method: str, inputs: np.ndarray[Any, Any]) -> None:
    """The state, phases included, and the gradient of a random real-linear function of it."""
    run = simulator(program, method)
    size = 2 ** len(program.visible)
    rng = np.random.default_rng(7)
    weights = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))

    def loss(values: jax.Array) -> tuple[jax.Array, jax.Array]:
        state = run.state(values)
        return jnp.sum(jnp.asarray(weights) * state).real, state

    derivative, state = in_double(jax.grad(loss, has_aux=True), inputs)
    np.testing.assert_allclose(state, density_matrix(program, inputs), atol=1e-10)
    expected = gradient(lambda v: float(np.sum(weights * density_matrix(program, v)).real), inputs)
    np.testing.assert_allclose(derivative, expected, atol=2e-7)


@pytest.mark.parametrize("seed", range(8))
def test_random_unitary_programs_by_state_vector(seed: int) -> None:
    check_state_and_gradient(random_program(seed, operations=(6, 16)), "state vector", random_inputs(seed))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(5))
def test_random_programs_with_channels_and_measurements(seed: int, method: str) -> None:
    program = random_program(100 + seed, EVERYTHING, live=3, operations=(2, 7), visible=(1, 2))
    check_state_and_gradient(program, method, random_inputs(seed))


def angle(k: int) -> Real:
    return Real(0.0, ((1.0, Input(0, k)),))


ANGLES = (parameter("theta", 6),)


def check_small(operations: list[Operation], visible: int, hidden: int = 0) -> None:
    start = [op("ry", wire, args=[0.3 + wire]) for wire in range(visible + hidden)]
    program = program_of(visible, hidden, *start, *operations, parameters=ANGLES)
    check_state_and_gradient(program, "state vector", np.random.default_rng(3).normal(size=6))


def test_wide_words_and_controls() -> None:
    check_small(
        [
            op("pauli", 4, 0, 2, 1, args=[angle(0)], pauli_word="XYZY"),
            op("pauli", 3, 0, 1, 2, 4, args=[angle(1)], pauli_word="ZZXY", controls=1),
            op("x", 0, 1, 2, 3, 4, controls=4),
            op("ry", 4, 2, 1, 0, args=[angle(2)], controls=3),
            op("cx", 1, 2, 3, 4, controls=2),
            op("unitary", 0, 4, 2, 1, matrices=random_unitary(5, 2)[None], controls=2),
            op("p", 0, 1, 2, 3, 4, args=[angle(3)], controls=4),
        ],
        5,
    )


def test_wide_constant_unitary() -> None:
    check_small([op("unitary", 3, 0, 2, 1, matrices=random_unitary(8, 4)[None]), op("rx", 2, args=[angle(0)])], 4, 1)


def test_long_evolution_in_segments() -> None:
    terms = tuple(
        (Real(c), pauli_word) for c, pauli_word in ((1.5, "ZZII"), (1.0, "IXXI"), (-2.0, "YIIY"), (0.7, "IIIZ"))
    )
    check_small([op("evolve", 3, 1, 0, 2, args=[angle(0) * 4.0], terms=terms)], 4)


def test_controlled_evolution_with_free_coefficients() -> None:
    terms = ((angle(1), "ZZ"), (angle(2) * 0.5, "XI"), (Real(0.4), "II"), (angle(3), "YX"))
    check_small([op("evolve", 2, 0, 3, 1, args=[angle(0)], terms=terms, controls=2), op("h", 2), op("h", 0)], 4)


def test_evolution_under_commuting_words_has_phases_under_control() -> None:
    terms = ((angle(1), "XX"), (angle(2), "YY"), (Real(0.4), "II"), (angle(3), "ZZ"))
    check_small([op("evolve", 2, 0, 1, args=[angle(0)], terms=terms, controls=1), op("h", 2)], 3)


def test_iqp_circuit_is_one_diagonal_run() -> None:
    rng = np.random.default_rng(0)
    gates = [op("h", wire) for wire in range(6)]
    for k in range(40):
        wires = rng.permutation(6)[: rng.integers(1, 6)]
        gates.append(op("pauli", *map(int, wires), args=[angle(k % 6)], pauli_word="Z" * len(wires)))
    gates += [op("cp", 0, 3, args=[angle(2)]), op("ccz", 5, 2, 1), op("t", 4), op("crz", 1, 5, args=[angle(0)])]
    gates += [op("h", wire) for wire in range(6)]
    program = program_of(6, 0, *gates, parameters=ANGLES)
    lowered = simulator(program, "state vector").plan.lowered["state vector"]
    assert isinstance(lowered, StateProgram)
    tables = lowered.tables
    assert len(tables.diagonals.z) == 1
    check_state_and_gradient(program, "state vector", rng.normal(size=6))


def test_queries_agree_with_the_density_matrix() -> None:
    program = random_program(12, visible=(4, 4), hidden=(1, 1), operations=(24, 24))
    inputs = random_inputs(12)
    rho = density_matrix(program, inputs)
    pauli_words = ["".join(letters) for letters in product("IXYZ", repeat=4)][::5]
    regions = ((0,), (2, 1), (3, 0, 2))
    rows = np.array([[0, 1, 0, 1], [1, 1, 1, 1], [0, 1, 0, 1]], np.uint8)
    for method in METHODS:
        run = simulator(program, method)

        def ask(values: jax.Array, run: Simulator = run) -> Any:
            asked = (Probabilities(), LogProb.of(rows), Expectation.of(pauli_words), Marginals(regions), State())
            return tuple(run.answers(values, asked).values())

        p, log_p, values, marginals, state = in_double(ask, inputs)
        np.testing.assert_allclose(p, np.diagonal(rho).real, atol=1e-12)
        np.testing.assert_allclose(log_p, np.log(np.diagonal(rho).real[[5, 15, 5]]), atol=1e-9)
        np.testing.assert_allclose(state, rho, atol=1e-12)
        expected = [np.trace(pauli_matrix(pauli_word) @ rho).real for pauli_word in pauli_words]
        np.testing.assert_allclose(values, expected, atol=1e-12)
        tensor = rho.reshape((2,) * 8)
        for region, marginal in zip(regions, marginals, strict=True):
            keep = "abcd"
            rows_, columns = list(keep), [c.upper() if k in region else c for k, c in enumerate(keep)]
            out = "".join(rows_[k] for k in region) + "".join(columns[k] for k in region)
            reduced = np.einsum(f"{''.join(rows_)}{''.join(columns)}->{out}", tensor)
            np.testing.assert_allclose(marginal, reduced.reshape(marginal.shape), atol=1e-12)


def test_gradient_of_expectations_in_shared_bases_and_alone() -> None:
    pauli_words = ("ZZI", "IZZ", "XXI", "IXX", "XIX", "YZI", "IYY")
    program = random_program(21, visible=(3, 3), hidden=(1, 1), operations=(15, 15))
    inputs = random_inputs(21)
    weights = np.arange(1.0, 8.0)
    run = simulator(program, "state vector")
    derivative = in_double(jax.grad(lambda v: jnp.sum(weights * run.expectation(v, pauli_words))), inputs)
    observable = sum(weight * pauli_matrix(pauli_word) for weight, pauli_word in zip(weights, pauli_words, strict=True))
    expected = gradient(lambda v: float(np.trace(observable @ density_matrix(program, v)).real), inputs)
    np.testing.assert_allclose(derivative, expected, atol=2e-7)


def test_samples_follow_the_distribution() -> None:
    program = random_program(4, visible=(3, 3), operations=(12, 12))
    inputs = random_inputs(4)
    run = simulator(program, "state vector")
    drawn = jax.jit(lambda key: run.sample(jnp.asarray(inputs, jnp.float32), key, 20000))
    draws = np.asarray(drawn(jax.random.key(1)))
    assert draws.shape == (20000, 3) and draws.dtype == np.uint8
    counts = np.bincount(draws @ np.array([4, 2, 1]), minlength=8) / 20000
    np.testing.assert_allclose(counts, np.diagonal(density_matrix(program, inputs)).real, atol=0.02)


def test_single_precision_and_batches_of_inputs() -> None:
    program = random_program(31, operations=(14, 14))
    run = simulator(program, "state vector")
    batch = np.stack([random_inputs(k) for k in range(3)])
    loss = lambda v: jnp.sum(run.probabilities(v)[::2])  # noqa: E731
    values, derivatives = jax.jit(jax.vmap(jax.value_and_grad(loss)))(jnp.asarray(batch, jnp.float32))
    assert values.dtype == jnp.float32
    exact = in_double(jax.vmap(jax.value_and_grad(loss)), batch)
    np.testing.assert_allclose(values, exact[0], atol=2e-6)
    np.testing.assert_allclose(derivatives, exact[1], atol=2e-5)


def test_a_plan_for_bits_refuses_to_show_phases() -> None:
    run = simulator(random_program(2), "state vector", bits_only=True)
    with pytest.raises(ValueError, match="bits only"):
        run.state(jnp.asarray(random_inputs(2), jnp.float32))


def layered(qubits: int, layers: int) -> Program:
    angles = iter(range(10**6))
    gates = [
        op(name, *wires, args=[angle(next(angles) % 6)])
        for _ in range(layers)
        for name, count in (("rx", 1), ("rz", 1), ("rxx", 2), ("cry", 2))
        for wires in [tuple((k + j) % qubits for j in range(count)) for k in range(qubits)]
    ]
    return program_of(qubits, 0, *gates, parameters=ANGLES)


def equations(jaxpr: Any) -> int:
    """Equations of a jaxpr, inner ones included."""
    total = 0
    for equation in jaxpr.eqns:
        inner = [value for value in jax.tree.leaves(list(equation.params.values())) if hasattr(value, "eqns")]
        inner += [v.jaxpr for v in jax.tree.leaves(list(equation.params.values())) if hasattr(v, "jaxpr")]
        total += 1 + sum(equations(part) for part in inner)
    return total


def test_the_computation_does_not_grow_with_the_number_of_gates() -> None:
    def size(layers: int) -> int:
        run = simulator(layered(6, layers), "state vector")
        traced = jax.make_jaxpr(jax.grad(lambda v: jnp.sum(run.probabilities(v)[:3])))(jnp.zeros(6))
        return equations(traced.jaxpr)

    assert size(12) == size(30)


@pytest.mark.parametrize("method", METHODS)
def test_strengths_at_the_ends_of_their_range_have_finite_gradients(method: str) -> None:
    strength = parameter("p", 3, constraint="probability")
    gates = [
        op("h", 0),
        op("amplitude_damping", 0, args=[Real(0.0, ((1.0, Input(0, 0)),))]),
        op("depolarizing", 0, args=[Real(0.0, ((1.0, Input(0, 1)),))]),
        op("bit_flip", 0, args=[Real(0.0, ((1.0, Input(0, 2)),))]),
    ]
    run = simulator(program_of(1, 0, *gates, parameters=(strength,)), method)

    step = jax.jit(jax.value_and_grad(lambda logits: run.probabilities(jax.nn.sigmoid(logits))[0]))
    for logits in ([40.0, 40.0, -120.0], [-120.0, -120.0, 40.0]):
        value, derivative = step(jnp.array(logits, jnp.float32))
        assert np.isfinite(value) and np.isfinite(derivative).all()
