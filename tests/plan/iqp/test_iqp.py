"""Circuits that only make phases: what is recognised, the formula, and exact words, against the density matrix."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.expression import Real, evaluate
from qgl.ir.circuit import Circuit
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.iqp.exact import MOST_DEPENDENCIES, ExactPauliWords, Incidence
from qgl.plan.iqp.form import IqpForm, NotIqpError, iqp_form
from qgl.plan.iqp.method import Iqp, PreparedIqpForm
from qgl.program.operations import Operation
from qgl.program.program import Program
from qgl.query import Expectation, GivenPauliWords, Probabilities, Samples
from tests.reference.density import lookup, probabilities
from tests.reference.iqp_programs import iqp_program
from tests.reference.programs import ANGLES, PARAMETERS, op, program_of, random_inputs

THETA = Real(0.0, ((1.0, ANGLES[0]),))
Values = NDArray[np.float64]


def formula_of(program: Program, bits_only: bool = True) -> IqpForm:
    return iqp_form(CircuitVariants(Circuit.of(program), bits_only).pure)


def angles_of(formula: IqpForm, inputs: Values) -> Values:
    return np.array([evaluate(g.angle, lookup(PARAMETERS, inputs)) for g in formula.generators])


def pauli_words(width: int) -> list[tuple[int, ...]]:
    return list(itertools.product((0, 1), repeat=width))


def wanted(program: Program, inputs: Values) -> Values:
    """<Z_a> of all words a, from the density matrix."""
    some = np.array(pauli_words(len(program.visible)))
    return np.asarray((-1.0) ** (some @ some.T) @ probabilities(program, inputs))


def by_formula(formula: IqpForm, inputs: Values) -> Values:
    """The formula of `qgl.plan.iqp.form`, word by word and string by string."""
    angles = angles_of(formula, inputs)
    means = []
    for pauli_word in pauli_words(len(formula.quarter_turns)):
        anticommuting = [len([p for p in g.positions if pauli_word[p]]) % 2 == 1 for g in formula.generators]
        draws = []
        for z in pauli_words(formula.variables):
            signs = [(-1) ** sum(z[v] for v in g.variables) for g in formula.generators]
            phase = 2 * sum(a * s for a, s, m in zip(angles, signs, anticommuting, strict=True) if m)
            draws.append(np.cos(phase + np.pi / 2 * np.dot(formula.quarter_turns, pauli_word)))
        means.append(np.mean(draws))
    return np.array(means)


def by_tables(exact: ExactPauliWords, angles: Values) -> Values:
    factors = np.concatenate([np.cos(2 * angles), np.sin(2 * angles), [1]])
    parts = np.zeros(exact.parts + 1)
    parts[-1] = 1
    for group in exact.products:
        np.add.at(parts, group.pauli_word, group.sign * factors[group.factor].prod(axis=1))
    return np.asarray(parts[exact.part].prod(axis=1))


def all_pauli_words(width: int) -> Expectation:
    return Expectation.of(["".join("IZ"[bit] for bit in pauli_word) for pauli_word in pauli_words(width)])


@pytest.mark.parametrize("seed", range(30))
def test_formula_and_exact_words_are_those_of_the_density_matrix(seed: int) -> None:
    program = iqp_program(seed, 1 + seed % 3, 1 + seed // 3 % 2, linear=seed % 2 == 0)
    inputs = random_inputs(seed)
    formula = formula_of(program, bits_only=seed % 5 > 0)
    expected = wanted(program, inputs)
    exact = Incidence(formula).exact(all_pauli_words(len(program.visible)).positions)
    assert isinstance(exact, ExactPauliWords)
    np.testing.assert_allclose(by_tables(exact, angles_of(formula, inputs)), expected, atol=1e-12)
    if formula.variables <= 6:
        np.testing.assert_allclose(by_formula(formula, inputs), expected, atol=1e-12)


def test_an_iqp_circuit_has_its_generators_and_nothing_else() -> None:
    gates = [op("rz", 0, args=[THETA]), op("rzz", 0, 2, args=[THETA]), op("rzz", 2, 0, args=[THETA])]
    layer = [op("h", wire) for wire in range(3)]
    formula = formula_of(program_of(3, 0, *layer, *gates, *layer, parameters=PARAMETERS))
    found = {(tuple(sorted(g.positions)), g.angle) for g in formula.generators}
    assert found == {((0,), THETA * -0.5), ((0, 2), THETA * -1.0)}
    assert formula.quarter_turns == (0, 0, 0)


def test_rotations_between_cx_are_words() -> None:
    ladder = [op("cx", 0, 1), op("cx", 1, 2), op("rz", 2, args=[THETA]), op("cx", 1, 2), op("cx", 0, 1)]
    layer = [op("h", wire) for wire in range(3)]
    formula = formula_of(program_of(3, 0, *layer, *ladder, *layer, parameters=PARAMETERS))
    (generator,) = formula.generators
    assert generator.positions == {0, 1, 2} and generator.angle == THETA * -0.5


REFUSED: list[tuple[str, list[Operation]]] = [
    ("superposition", [op("ry", 0, args=[0.4]), op("cz", 0, 1), op("h", 0)]),
    ("after a last layer", [op("h", 0), op("rz", 0, args=[THETA]), op("h", 0), op("cz", 0, 1), op("h", 0)]),
    ("not diagonal", [op("h", 0), op("rxx", 0, 1, args=[0.3])]),
    ("neither Z nor the equator", [op("h", 0), op("t", 0), op("cz", 0, 1), op("ry", 0, args=[0.4])]),
]


@pytest.mark.parametrize(("why", "operations"), REFUSED)
def test_other_circuits_are_refused_with_a_reason(why: str, operations: list[Operation]) -> None:
    program = program_of(2, 0, op("h", 1), *operations, parameters=PARAMETERS)
    with pytest.raises(NotIqpError, match=why):
        formula_of(program)
    cost = Iqp().prepare(CircuitVariants(Circuit.of(program), True)).cost(all_pauli_words(2), "single")
    assert why in cost.refusal


def test_a_trained_gate_that_is_not_diagonal_is_refused_without_any_pass() -> None:
    prepared = Iqp().prepare(CircuitVariants(Circuit.of(program_of(1, 0, op("ry", 0, args=[THETA]))), True))
    assert "not diagonal" in prepared.cost(all_pauli_words(1), "single").refusal
    assert isinstance(prepared, PreparedIqpForm) and "pure" not in prepared.variants.__dict__


def test_what_is_asked_decides() -> None:
    program = program_of(2, 0, op("h", 0), op("h", 1), op("rzz", 0, 1, args=[THETA]), parameters=PARAMETERS)
    prepared = Iqp().prepare(CircuitVariants(Circuit.of(program), True))
    assert not prepared.cost(all_pauli_words(2), "single").refusal
    assert not prepared.cost(GivenPauliWords(10, 100), "single").refusal
    assert "samples" in prepared.cost(GivenPauliWords(10), "single").refusal
    for query in (Probabilities(), Samples(5), Expectation.of(["XI"])):
        assert "Z words" in prepared.cost(query, "single").refusal


def dense_program(wires: int) -> Program:
    """All pairs on `wires` wires: the Pauli words that anticommute with many generators have many linear
    dependencies.
    """
    layer = [op("h", wire) for wire in range(wires)]
    pairs = itertools.combinations(range(wires), 2)
    gates = [op("rzz", a, b, args=[THETA * (1.0 + a + 0.1 * b)]) for a, b in pairs]
    return program_of(wires, 0, *layer, *gates, *layer, parameters=PARAMETERS)


def test_too_many_relations_are_refused() -> None:
    prepared = Iqp().prepare(CircuitVariants(Circuit.of(dense_program(12)), True))
    one, half = Expectation.of(["Z" + "I" * 11]), Expectation.of(["Z" * 6 + "I" * 6])
    assert not prepared.cost(one, "single").refusal  # a star, without a relation
    reason = prepared.cost(half, "single").refusal
    assert f"over {MOST_DEPENDENCIES}" in reason
    assert (
        "more than 63"
        in Iqp()
        .prepare(CircuitVariants(Circuit.of(dense_program(20)), True))
        .cost(Expectation.of(["Z" * 10 + "I" * 10]), "single")
        .refusal
    )


def test_relations_of_a_cycle_count() -> None:
    """Z on every second site of a ring anticommutes with all its edges, whose product is the identity: kappa = 1."""
    ring = [op("rzz", k, (k + 1) % 6, args=[THETA * (1.0 + k)]) for k in range(6)]
    layer = [op("h", wire) for wire in range(6)]
    program = program_of(6, 0, *layer, *ring, *layer, parameters=PARAMETERS)
    inputs = random_inputs(3)
    formula = formula_of(program)
    query = Expectation.of(["ZIZIZI", "ZZIIII", "IIIIII"])
    exact = Incidence(formula).exact(query.positions)
    assert isinstance(exact, ExactPauliWords)
    assert (
        sum(len(group.pauli_word) for group in exact.products) == 3
    )  # two sets for the first word, one for the second
    expected = wanted(program, inputs)[[0b101010, 0b110000, 0]]
    np.testing.assert_allclose(by_tables(exact, angles_of(formula, inputs)), expected, atol=1e-12)


def test_far_bits_are_parts_of_their_own() -> None:
    wires = 40
    layer = [op("h", wire) for wire in range(wires)]
    chain = [op("rzz", k, k + 1, args=[THETA]) for k in range(wires - 1)]
    formula = formula_of(program_of(wires, 0, *layer, *chain, *layer, parameters=PARAMETERS))
    positions = np.array([[0, 20], [0, -1], [20, 0], [3, 4], [-1, -1]], np.int32)
    exact = Incidence(formula).exact(positions)
    assert isinstance(exact, ExactPauliWords)
    assert exact.parts == 3 and (exact.part < 3).sum(axis=1).tolist() == [2, 1, 2, 1, 0]
    inputs = random_inputs(0)
    edge, end, middle = (np.cos(2 * angles_of(formula, inputs)[0]) ** power for power in (2, 1, 2))
    values = by_tables(exact, angles_of(formula, inputs))
    np.testing.assert_allclose(values, [end * middle, end, end * middle, edge, 1])
