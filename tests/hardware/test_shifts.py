"""Shift rules against the derivative itself, with exact probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.compiler import circuit_of, planner
from qgl.diagnostics.model import QglError
from qgl.expression import Input, Real, apply
from qgl.gates import CHANNELS, GATES
from qgl.hardware.shifts import ShiftedCircuit, shift_rule, shifted_circuit
from qgl.kernels.expressions import evaluate
from qgl.kernels.simulator import Simulator
from qgl.plan.expressions import ExpressionBuilder
from qgl.program.operations import Operation
from qgl.program.program import Program
from qgl.query import Probabilities
from tests.reference.programs import EVERYTHING, op, parameter, program_of, random_inputs, random_program

PARAMETERS = (
    parameter("theta", 16),
    parameter("strength", 3, constraint="probability"),
    parameter("field", 2, constraint="real", kind="random"),
)


def theta(k: int) -> Real:
    return Real(0.0, ((1.0, Input(0, k)),))


def strength(k: int, scale: float = 1.0) -> Real:
    return Real(0.0, ((scale, Input(1, k)),))


def field(k: int) -> Real:
    return Real(0.0, ((1.0, Input(2, k)),))


def assert_rule_is_the_derivative(program: Program, seed: int = 0) -> ShiftedCircuit:
    """The gradient of an expectation by all that is trained, by shifts and by JAX."""
    circuit = circuit_of(program)
    shifted = shifted_circuit(circuit)
    builder = ExpressionBuilder([p.size for p in program.parameters])
    places = np.array([builder.row(number) for number in shifted.numbers], np.int64)
    expressions = builder.build()

    def numbers(inputs: jax.Array) -> jax.Array:
        return evaluate(expressions, inputs)[places]

    weights = np.random.default_rng(seed).normal(size=2 ** len(circuit.visible))  # of the strings, in one expectation
    with jax.enable_x64(True):
        inputs = jnp.asarray(random_inputs(seed, program.parameters))
        whole = Simulator(planner(circuit, "double").plan((Probabilities(),)))
        apart = Simulator(planner(shifted.circuit, "double").plan((Probabilities(),)))
        value, expected = jax.jit(jax.value_and_grad(lambda x: weights @ whole.probabilities(x)))(inputs)
        values, by_inputs = (np.asarray(jax.jit(f)(inputs)) for f in (numbers, jax.jacrev(numbers)))
        rows = np.tile(values, (1 + len(shifted.shifts), 1))
        rows[1:] = shifted.shifted(rows[1:], np.arange(len(shifted.shifts)))
        each = jax.jit(lambda rows: jax.lax.map(lambda row: weights @ apart.probabilities(row), rows))
        base, *expectations = np.asarray(each(jnp.asarray(rows)))
    trained = np.repeat([p.kind == "param" for p in program.parameters], [p.size for p in program.parameters])
    np.testing.assert_allclose(base, value, atol=1e-11)
    found = shifted.derivatives(np.array(expectations, np.float64)) @ by_inputs
    assert not len(shifted.shifts) or np.abs(expected[trained]).max() > 1e-3
    np.testing.assert_allclose(found[trained], expected[trained], atol=1e-10)
    return shifted


def mixed_first(qubits: int) -> list[Operation]:
    """Some superposition and entanglement to begin with."""
    turns = [op("u", k, args=(0.9 + 0.3 * k, 0.4 - k, 1.1 * k)) for k in range(qubits)]
    return [*turns, *(op("cx", k, k + 1) for k in range(qubits - 1))]


def mixed_last(qubits: int) -> list[Operation]:
    return [op("su2", k, args=(0.5 + k, 1.2 - 0.2 * k, 0.3)) for k in range(qubits)]


@pytest.mark.parametrize("controls", [0, 1, pytest.param(2, marks=pytest.mark.slow)])
def test_every_gate_with_angles(controls: int) -> None:
    """All of them in one circuit, every angle in several places, and in sums and functions."""
    operations = []
    for number, gate in enumerate(gate for gate in GATES.values() if gate.parameters):
        wires = tuple((number + k) % 4 for k in range(controls + gate.qubits))
        if len(wires) > 4:
            continue
        angles: list[Real] = [theta((number + 3 * k) % 16) for k in range(len(gate.parameters))]
        if number % 3 == 1:
            angles[0] = apply("sin", 2.0 * angles[0]) + field(0)
        operations.append(op(gate.name, *wires, args=angles, controls=controls))
    assert_rule_is_the_derivative(program_of(3, 1, *mixed_first(4), *operations, *mixed_last(4), parameters=PARAMETERS))


def test_words_and_product_formulas() -> None:
    terms = ((theta(3), "XYI"), (field(1), "IZZ"), (Real(0.7), "III"), (theta(4) * theta(5), "ZIX"))
    commuting = ((theta(6), "ZZI"), (Real(0.4), "IZZ"))
    operations = [
        op("pauli", 0, 1, 2, args=(theta(0),), pauli_word="XYZ"),
        op("pauli", 3, 1, args=(2.0 * theta(1),), pauli_word="Y", controls=1),
        op("pauli", 3, 0, 2, args=(theta(2),), pauli_word="ZX", controls=1),
        op("evolve", 1, 2, 3, args=(Real(0.3),), terms=commuting),
        op("evolve", 0, 1, 2, 3, args=(theta(7),), terms=commuting, controls=1),
    ]
    program = program_of(3, 1, *mixed_first(4), *operations, *mixed_last(4), parameters=PARAMETERS)
    assert_rule_is_the_derivative(program)
    formula = op("evolve", 1, 2, 3, args=(theta(7),), terms=terms, trotter=(2, 2))
    shifted = shifted_circuit(circuit_of(program_of(4, 0, *mixed_first(4), formula, parameters=PARAMETERS)))
    assert len(shifted.shifts) == 2 * (2 + 1 + 2) * 2  # the words of theta twice, the last once, in two slices
    exact = op("evolve", 1, 2, 3, args=(theta(7),), terms=terms)
    with pytest.raises(QglError, match="QGL1163"):
        shifted_circuit(circuit_of(program_of(4, 0, *mixed_first(4), exact, parameters=PARAMETERS)))


@pytest.mark.parametrize(
    "names",
    [
        ["bit_flip", "depolarizing", "amplitude_damping", "pauli_channel"],
        pytest.param(["dephasing", "bit_phase_flip", "phase_damping", "reset", "thermal"], marks=pytest.mark.slow),
        pytest.param(["depolarizing2"], marks=pytest.mark.slow),
    ],
)
def test_channels_with_trained_strength(names: list[str]) -> None:
    operations: list[Operation] = []
    for number, channel in enumerate(CHANNELS[name] for name in names):
        wires = tuple((number + k) % 3 for k in range(channel.qubits))
        strengths = [strength((number + k) % 3, 0.3) for k in range(len(channel.parameters))]
        operations.append(op(channel.name, *wires, args=strengths))
        operations.append(op("ry", wires[0], args=(theta(number),)))
    assert_rule_is_the_derivative(program_of(3, 0, *mixed_first(3), *operations, *mixed_last(3), parameters=PARAMETERS))


def test_feed_forward_takes_two_terms_and_a_control_takes_four() -> None:
    taken = ((0, True),)
    operations = [
        op("measure", 0, bit=0),
        op("rx", 1, args=(theta(0),), condition=taken),
        op("p", 1, args=(theta(1),), condition=taken),
        op("cry", 1, 2, args=(theta(2),), condition=taken),
        op("bit_flip", 2, args=(strength(0),), condition=((0, False),)),
        op("reset", 0, condition=taken),
        op("ry", 0, args=(theta(3),)),
    ]
    program = program_of(3, 0, *mixed_first(3), *operations, *mixed_last(3), parameters=PARAMETERS)
    shifted = assert_rule_is_the_derivative(program)
    assert np.bincount(shifted.places).tolist() == [2, 2, 4, 2, 2]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed: int) -> None:
    assert_rule_is_the_derivative(random_program(seed, EVERYTHING, evolve=False, operations=(8, 12)), seed)


def test_rules_are_those_of_the_papers() -> None:
    two, four = shift_rule(1, 1.0), shift_rule(2, 0.5)
    np.testing.assert_allclose(two.shifts, [np.pi / 2, -np.pi / 2])
    np.testing.assert_allclose(two.weights, [0.5, -0.5])
    plus, minus = ((np.sqrt(2) + sign) / (4 * np.sqrt(2)) for sign in (1, -1))
    np.testing.assert_allclose(four.shifts, np.array([1, 3, -3, -1]) * np.pi / 2)
    np.testing.assert_allclose(four.weights, [plus, -minus, minus, -plus])


def test_dead_rotations_cost_no_circuits() -> None:
    """A first rz does nothing to |0>, a last one nothing to the bits, and `random` inputs are not differentiated by."""
    operations: Sequence[Operation] = [
        op("su2", 0, args=(theta(0), theta(1), theta(2))),
        op("rz", 1, args=(theta(3),)),
        op("ry", 1, args=(field(0),)),
        op("cx", 0, 1),
    ]
    shifted = shifted_circuit(circuit_of(program_of(2, 0, *operations, parameters=PARAMETERS)))
    assert shifted.numbers == (theta(1), field(0))
    assert shifted.places.tolist() == [0, 0]
