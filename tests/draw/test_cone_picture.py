"""A light cone on the picture of a circuit: what stands out, what is pale, and what is shown of a large circuit."""

from __future__ import annotations

from qgl.draw import cone, written
from qgl.draw.layout import arrange
from qgl.draw.light_cone import highlight
from qgl.draw.picture import MOST_PIXELS
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
    assert [o.wires for o in inside if o.name == "cx"] == [(4, 5), (6, 7), (5, 6)]
    layout = arrange(circuit, part=part)
    bright = [row.label for row in layout.rows if not row.pale]
    assert bright == ["v[4]", "v[5]", "v[6]", "v[7]"]
    assert [layout.rows[row].label for row in layout.read] == ["v[5]", "v[6]"]
    assert sum(not mark.pale for mark in layout.marks) == len(inside)


def test_of_a_large_circuit_the_cone_and_its_neighbours_are_shown() -> None:
    layout = arrange(chain(1000), part=highlight(chain(1000), [500, 501]))
    assert len(layout.rows) <= 10 and any("of 1000 wires" in note for note in layout.notes)


def test_fresh_wires_of_the_cone_stand_out() -> None:
    gates = [op("h", 0), op("fresh", 2), op("cx", 0, 2), op("discard", 2), op("h", 1)]
    circuit = Circuit.of(program_of(2, 0, *gates))
    state = highlight(circuit, [0], states=[0])
    assert {circuit.operations[k].name for k in state.inside} == {"h", "fresh", "cx", "discard"}
    assert {circuit.operations[k].name for k in highlight(circuit, [0]).inside} == {"h"}  # a control keeps the bit
    assert {circuit.operations[k].name for k in highlight(circuit, [1]).inside} == {"h"}


def test_what_keeps_the_bits_that_are_read_is_not_in_the_cone() -> None:
    gates = [op("h", k) for k in range(4)] + [op("cx", 0, 1), op("cx", 2, 3), op("cz", 1, 2), op("rz", 2, args=[0.3])]
    circuit = Circuit.of(program_of(4, 0, *gates))
    assert highlight(circuit, [1]).wires == {circuit.visible[k] for k in (0, 1)}
    assert highlight(circuit, [1], states=[1]).wires == {circuit.visible[k] for k in (0, 1, 2)}


def test_of_a_cone_larger_than_the_picture_both_rails_and_the_end_are_shown() -> None:
    sites = 30
    gates = [gate for k in range(sites - 1) for gate in (op("cx", sites + k, k), op("cx", k, k + 1), op("h", k + 1))]
    circuit = Circuit.of(program_of(sites, sites, *gates))
    layout = arrange(circuit, wires=10, columns=5, part=highlight(circuit, [20]))
    assert {row.kind for row in layout.rows} == {"visible", "hidden"} and len(layout.rows) <= 11
    assert layout.columns == 5 and max(mark.column for mark in layout.marks if not mark.pale) == 4
    assert any("the last 5 columns" in note for note in layout.notes)


def test_a_long_picture_is_bounded_in_pixels() -> None:
    figure = cone(chain(80), list(range(20, 60)), wires=80)
    assert max(figure.get_size_inches()) * figure.dpi <= MOST_PIXELS + 1


def test_the_same_cone_gives_the_same_file() -> None:
    files = [written(lambda: cone(chain(6), [2, 3], title="cone"), "svg") for _ in range(2)]
    assert files[0] == files[1] and files[0].startswith(b"<svg")
