"""A light cone on the picture of a circuit: what stands out, what is pale, and what is shown of a large circuit."""

from __future__ import annotations

from qgl.draw import cone, written
from qgl.draw.layout import arrange
from qgl.draw.light_cone import highlight
from qgl.ir.circuit import Circuit
from tests.reference.programs import op, program_of


def chain(sites: int) -> Circuit:
    gates = [op("h", k) for k in range(sites)]
    gates += [op("cx", k, k + 1) for k in range(0, sites - 1, 2)] + [op("cx", k, k + 1) for k in range(1, sites - 1, 2)]
    return Circuit.of(program_of(sites, 0, *gates))


def test_the_cone_stands_out_and_the_rest_is_pale() -> None:
    circuit = chain(12)
    part = highlight(circuit, [5, 6])
    inside = [circuit.operations[k] for k in sorted(part.inside)]
    assert [o.wires for o in inside if o.gate == "cx"] == [(4, 5), (6, 7), (5, 6)]
    layout = arrange(circuit, part=part)
    bright = [row.label for row in layout.rows if not row.pale]
    assert bright == ["v[4]", "v[5]", "v[6]", "v[7]"]
    assert [layout.rows[row].label for row in layout.asked] == ["v[5]", "v[6]"]
    assert sum(not mark.pale for mark in layout.marks) == len(inside)


def test_of_a_large_circuit_the_cone_and_its_neighbours_are_shown() -> None:
    layout = arrange(chain(1000), part=highlight(chain(1000), [500, 501]))
    assert len(layout.rows) <= 10 and any("of 1000 wires" in note for note in layout.notes)


def test_fresh_wires_of_the_cone_stand_out() -> None:
    gates = [op("h", 0), op("fresh", 2), op("cx", 0, 2), op("discard", 2), op("h", 1)]
    circuit = Circuit.of(program_of(2, 0, *gates))
    assert {circuit.operations[k].gate for k in highlight(circuit, [0]).inside} == {"h", "fresh", "cx", "discard"}
    assert {circuit.operations[k].gate for k in highlight(circuit, [1]).inside} == {"h"}


def test_the_same_cone_gives_the_same_file() -> None:
    files = [written(lambda: cone(chain(6), [2, 3], title="cone"), "svg") for _ in range(2)]
    assert files[0] == files[1] and files[0].startswith(b"<svg")
