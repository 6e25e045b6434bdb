"""Light cones: pieces, classes, and what they cost."""

from __future__ import annotations

import jax
import jax.extend
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.cones.kinds import kinds_of
from qgl.plan.cones.method import LightCones
from qgl.plan.cones.tables import ConeProgram
from qgl.plan.cones.wire_segments import ALL, BITS, segments_of
from qgl.plan.model import Plan
from qgl.plan.planner import Planner
from qgl.program.operations import LIFETIME, Operation
from qgl.program.program import Program
from qgl.query import Expectation, Marginals, Query, Samples
from tests.reference.dependences import ancestors, exported, forgets, seen
from tests.reference.programs import EVERYTHING, op, parameter, program_of, programs


def angle(number: int, factor: float = 1.0) -> list[Real]:
    return [Real(0.0, ((factor, Input(0, number)),))]


def chain(sites: int, depth: int, ring: bool = False, shared: bool = False, disorder: bool = False) -> Circuit:
    """Layers of rx and rz on every site, then rzz on every other bond."""
    made: list[Operation] = []
    count = 0

    def add(gate: str, *wires: int) -> None:
        nonlocal count
        number = len({o.name for o in made}) if shared else count
        factor = 1.0 + 0.1 * count if disorder else 1.0
        made.append(op(gate, *wires, args=angle({"rx": 0, "rz": 1, "rzz": 2}[gate] if shared else number, factor)))
        count += 1

    for layer in range(depth):
        for site in range(sites):
            add("rx", site)
            add("rz", site)
        for site in range(layer % 2, sites if ring else sites - 1, 2):
            add("rzz", site, (site + 1) % sites)
    size = 3 if shared else count
    return Circuit.of(program_of(sites, 0, *made, parameters=[parameter("angles", size)]))


def bonds(sites: int, ring: bool = False) -> Expectation:
    pairs = [sorted((site, (site + 1) % sites)) for site in range(sites if ring else sites - 1)]
    return Expectation.sparse(np.array(pairs, np.int32))


def planned(circuit: Circuit, *queries: Query) -> Plan:
    return Planner(circuit, methods=(LightCones(),)).plan(queries)


def answered(circuit: Circuit, inputs: jax.Array, *queries: Query) -> list[jax.Array]:
    run = Simulator(planned(circuit, *queries))
    found: list[jax.Array] = jax.jit(lambda inputs: list(run.answers(inputs, queries).values()))(inputs)
    return found


def facts(plan: Plan) -> dict[str, int | float | str]:
    return dict(plan.rows[0].candidates[0].cost.facts)


@settings(max_examples=60)
@given(programs(EVERYTHING))
def test_cones_are_what_networkx_finds_in_a_graph_of_all_that_is_seen(program: Program) -> None:
    circuit = Circuit.of(program)
    segments = segments_of(circuit, kinds_of(circuit).diagonal)
    blind = segments_of(circuit, [(False,) * len(operation.wires) for operation in circuit.operations])
    graph = exported(circuit)
    for position, wire in enumerate(circuit.visible):
        for level in (BITS, ALL):
            assert set(segments.cone(position, level).operations) == seen(circuit, wire, level == BITS)
        whole = {k for k in ancestors(graph, circuit, wire) if not ends(circuit.operations[k])}
        assert set(blind.cone(position, ALL).operations) == whole


def ends(operation: Operation) -> bool:
    return isinstance(operation, LIFETIME) or forgets(operation)


def test_a_long_chain_has_a_handful_of_classes() -> None:
    plan = planned(chain(1000, 4), bonds(1000))
    assert facts(plan) == {"cones": 999, "classes": 6, "widest": 8}


def test_a_ring_has_two_classes() -> None:
    """Where the register ends, a bond is read the other way round: the canonical form goes by what is read first."""
    assert facts(planned(chain(40, 4, ring=True), bonds(40, ring=True)))["classes"] in (2, 3)


def test_members_that_share_their_parameters_are_run_once() -> None:
    plan = planned(chain(60, 4, shared=True), bonds(60))
    assert facts(plan)["cones"] == facts(plan)["classes"] == 6


def test_coefficients_that_differ_from_site_to_site_are_numbers_of_members() -> None:
    plan = planned(chain(80, 2, disorder=True), bonds(80))
    assert facts(plan)["classes"] == facts(planned(chain(80, 2), bonds(80)))["classes"]


def test_the_order_of_writing_makes_no_classes() -> None:
    circuit = chain(60, 2)
    order = np.random.default_rng(1).permutation(60).tolist()
    layers = [circuit.operations[:120], circuit.operations[120:150], circuit.operations[150:270]]
    mixed = [o for layer in (layers[0], layers[2]) for site in order for o in layer if o.wires == (site,)]
    pairs = sorted(layers[1], key=lambda o: order[o.wires[0]])
    shuffled = circuit.with_operations([*mixed[:120], *pairs, *mixed[120:], *circuit.operations[270:]])
    assert facts(planned(shuffled, bonds(60)))["classes"] == facts(planned(circuit, bonds(60)))["classes"]


def size_of(jaxpr: jax.extend.core.Jaxpr) -> int:
    inner = (part for equation in jaxpr.eqns for part in jax.extend.core.jaxprs_in_params(equation.params))
    return len(jaxpr.eqns) + sum(size_of(part) for part in inner)


def test_the_computation_does_not_grow_with_the_chain() -> None:
    def equations(sites: int) -> int:
        circuit, query = chain(sites, 4), bonds(sites)
        run = Simulator(planned(circuit, query))
        loss = jax.value_and_grad(lambda inputs: jnp.sum(run.answer(inputs, query) ** 2))
        return size_of(jax.make_jaxpr(loss)(jnp.zeros(circuit.parameters[0].size)).jaxpr)

    assert equations(100) <= equations(600) == equations(1200)


def test_far_words_are_products() -> None:
    circuit = chain(30, 2)
    singles = Expectation.sparse(np.array([[0], [12], [29]], np.int32))
    far = Expectation.sparse(np.array([[0, 12, 29], [0, 29, -1]], np.int32))
    inputs = jnp.asarray(np.random.default_rng(0).normal(size=circuit.parameters[0].size), jnp.float32)
    first, second = answered(circuit, inputs, singles, far)
    one = np.asarray(first)
    assert np.allclose(second, [one.prod(), one[0] * one[2]], atol=1e-6)


def test_untouched_qubits_read_zero() -> None:
    pauli_word = Expectation.sparse(np.array([[0, 2]], np.int32))
    assert np.allclose(answered(Circuit.of(program_of(3, 0)), jnp.zeros(0), pauli_word)[0], 1)


def test_what_is_asked_of_all_qubits_is_refused() -> None:
    cost = LightCones().prepare(CircuitVariants(chain(8, 2), True)).cost(Samples(3), "single")
    assert "words and regions" in cost.refusal


def test_cones_of_one_width_are_few_batches_whatever_their_classes() -> None:
    """Random bonds: nearly every cone is a class of its own."""
    rng = np.random.default_rng(3)
    made = [op("rx", site, args=angle(site)) for site in range(40)]
    for number in range(30):
        first, second = rng.permutation(40)[:2].tolist()
        made.append(op("rzz", first, second, args=angle(40 + number)))
    made += [op("rx", site, args=angle(70 + site)) for site in range(40)]
    circuit = Circuit.of(program_of(40, 0, *made, parameters=[parameter("angles", 110)]))
    plan = planned(circuit, bonds(40))
    program = plan.lowered["cones"]
    assert isinstance(program, ConeProgram)
    assert int(facts(plan)["classes"]) > 10 and len(program.batches) <= 3


def test_regions_are_tensor_products_of_their_pieces() -> None:
    circuit = chain(12, 1)
    near, far = Marginals(((0, 1), (6, 7)), bits=True), Marginals(((7, 0, 6, 1),), bits=True)
    inputs = jnp.asarray(np.random.default_rng(2).normal(size=circuit.parameters[0].size), jnp.float32)
    pairs, quadruple = answered(circuit, inputs, near, far)
    first, second = (np.asarray(distribution).reshape(2, 2) for distribution in pairs)
    expected = np.einsum("ab,cd->dacb", first, second).ravel()
    assert np.allclose(quadruple[0], expected, atol=1e-6)


def test_cones_of_too_many_forms_are_refused_before_they_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    variants = CircuitVariants(chain(12, 2), True)
    assert not LightCones().prepare(variants).cost(bonds(12), "single").refusal
    monkeypatch.setattr("qgl.plan.cones.method.LISTED", 5)
    prepared = LightCones().prepare(variants)
    refusal = prepared.cost(bonds(12), "single").refusal
    assert "forms" in refusal
    assert prepared.cost(bonds(12), "single").refusal == refusal


def test_cones_that_are_the_whole_circuit_are_not_told_apart() -> None:
    """Of a deep ring every Pauli word sees every gate: what a state answers once, cones would answer a dozen times."""
    deep, shallow = chain(12, 12, ring=True), chain(12, 2, ring=True)
    cost = LightCones().prepare(CircuitVariants(deep, False)).cost(bonds(12, ring=True), "single")
    assert cost.refusal == "its 12 light cones are the whole circuit each"
    assert Planner(deep).plan((bonds(12, ring=True),)).rows[0].chosen == "state vector"
    assert not LightCones().prepare(CircuitVariants(shallow, False)).cost(bonds(12, ring=True), "single").refusal
    one = Expectation.sparse(np.array([[0, 1]], np.int32))
    assert not LightCones().prepare(CircuitVariants(deep, False)).cost(one, "single").refusal


def test_cones_on_all_wires_of_few_operations_are_told_apart() -> None:
    """A ladder of gates joins all wires, and each Pauli word sees one of many rotations at its end."""
    made = [op("cx", site, site + 1) for site in range(9)]
    made += [op("rx", site, args=angle(k)) for site in range(10) for k in range(30)]
    circuit = Circuit.of(program_of(10, 0, *made, parameters=[parameter("angles", 30)]))
    query = Expectation.sparse(np.array([[8], [9]], np.int32))
    assert not LightCones().prepare(CircuitVariants(circuit, False)).cost(query, "single").refusal


def test_a_refused_cone_says_how_many_qubits_it_has() -> None:
    made = [op("rxx", a, b, args=angle(a)) for _ in range(3) for a in range(40) for b in range(a)]
    made += [op("ry", site, args=angle(site)) for site in range(40)]
    circuit = Circuit.of(program_of(40, 0, *made, parameters=[parameter("angles", 40)]))
    cost = (
        LightCones()
        .prepare(CircuitVariants(circuit, True))
        .cost(Expectation.sparse(np.array([[0]], np.int32)), "single")
    )
    assert cost.refusal.startswith("a light cone of 40 qubits: ") and cost.width == 40
