"""Light cones: what is in them, and what they cost."""

from __future__ import annotations

import time

from qgl.ir.circuit import Circuit
from qgl.passes.light_cone import cone_wires, light_cone
from tests.reference.programs import op, program_of


def brick_wall(n: int, depth: int) -> Circuit:
    operations = []
    for layer in range(depth):
        operations += [op("ry", wire, args=[0.1]) for wire in range(n)]
        operations += [op("cx", wire, wire + 1) for wire in range(layer % 2, n - 1, 2)]
    return Circuit.of(program_of(n, 0, *operations))


def test_cone_of_a_brick_wall_grows_by_one_site_a_layer() -> None:
    circuit = brick_wall(20, 4)
    assert cone_wires(circuit, [10]) == frozenset(range(6, 14))
    assert cone_wires(circuit, [0]) == frozenset(range(4))


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
    assert cone_wires(circuit, [0]) == {0, 1}


def test_ten_thousand_sites() -> None:
    circuit = brick_wall(10_000, 4)
    start = time.perf_counter()
    edges = circuit.graph.number_of_edges()
    built = time.perf_counter() - start
    start = time.perf_counter()
    sizes = {len(light_cone(circuit, [position]).operations) for position in range(4000, 4100)}
    assert built < 20 and time.perf_counter() - start < 10  # seconds: quadratic cost would be minutes
    assert edges > 60_000 and max(sizes) < 60
