"""Light cones: what is in them, and what they cost."""

from __future__ import annotations

import time

from hypothesis import given, settings

from qgl.ir.circuit import Circuit
from qgl.passes.light_cone import light_cone
from qgl.program.operations import LIFETIME
from qgl.program.program import Program
from tests.reference.dependences import ancestors, exported
from tests.reference.programs import EVERYTHING, op, program_of, programs


def brick_wall(n: int, depth: int) -> Circuit:
    operations = []
    for layer in range(depth):
        operations += [op("ry", wire, args=[0.1]) for wire in range(n)]
        operations += [op("cx", wire, wire + 1) for wire in range(layer % 2, n - 1, 2)]
    return Circuit.of(program_of(n, 0, *operations))


@settings(max_examples=40)
@given(programs(EVERYTHING))
def test_cones_are_the_ancestors_in_the_exported_graph(program: Program) -> None:
    circuit = Circuit.of(program)
    graph = exported(circuit)
    of = [ancestors(graph, circuit, wire) for wire in circuit.visible]
    for positions in ([0], [len(of) - 1], range(len(of))):
        expected = sorted(set().union(*(of[position] for position in positions)))
        cone = light_cone(circuit, positions)
        kept = [operation for operation in cone.operations if not isinstance(operation, LIFETIME)]
        operations = [circuit.operations[k] for k in expected]
        assert kept == [operation for operation in operations if not isinstance(operation, LIFETIME)]


def test_cone_of_a_brick_wall_grows_by_one_site_a_layer() -> None:
    circuit = brick_wall(20, 4)
    assert light_cone(circuit, [10]).live_wires == tuple(range(6, 14))
    assert light_cone(circuit, [0]).live_wires == tuple(range(4))


def test_discards_and_resets_end_the_cone() -> None:
    circuit = Circuit.of(
        program_of(
            2,
            1,
            op("h", 0),
            op("cx", 0, 2),
            op("reset", 2),
            op("h", 2),
            op("cx", 2, 1),
            op("fresh", 3),
            op("cx", 1, 3),
            op("discard", 3),
        )
    )
    cone = light_cone(circuit, [1])
    assert cone.visible == (1,)
    assert [o.name for o in cone.operations] == ["reset", "h", "cx", "discard", "fresh", "cx", "discard"]


def test_condition_draws_in_the_measured_wire() -> None:
    circuit = Circuit.of(
        program_of(1, 2, op("h", 1), op("h", 2), op("measure", 1, bit=0), op("x", 0, condition=((0, True),)))
    )
    assert light_cone(circuit, [0]).live_wires == (0, 1)


def test_ten_thousand_sites() -> None:
    circuit = brick_wall(10_000, 4)
    start = time.perf_counter()
    edges = circuit.graph.number_of_edges()
    built = time.perf_counter() - start
    start = time.perf_counter()
    sizes = {len(light_cone(circuit, [position]).operations) for position in range(4000, 4100)}
    assert built < 20 and time.perf_counter() - start < 10  # seconds: quadratic cost would be minutes
    assert edges == 29_996 and max(sizes) < 60
