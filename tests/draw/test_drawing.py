"""Pictures of circuits: what stands where, in characters and as figures."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from qgl import draw
from qgl.compiler import analyse
from qgl.data.environment import FolderEnvironment
from qgl.draw.labels import short
from qgl.draw.layout import Mark, arrange
from qgl.draw.picture import _filled, _folds
from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.source import Source
from tests.reference.programs import EVERYTHING, op, parameter, program_of, random_program

A = Real(0.0, ((1.0, Input(0, 0)),))


def circuit_of(*operations: object, visible: int = 2, hidden: int = 0) -> Circuit:
    return Circuit.of(program_of(visible, hidden, *operations, parameters=[parameter("θ", 2, 3)]))  # type: ignore[arg-type]


def circuit_of_text(text: str) -> Circuit:
    return Circuit.of(analyse(Source("p.qgl", text), FolderEnvironment(Path()), {}).program)


def overlaps(marks: tuple[Mark, ...], bottom: int) -> list[tuple[Mark, Mark]]:
    """Pairs of marks in one column whose stretches of rows meet."""

    def reach(mark: Mark) -> tuple[int, int]:
        rows = [*mark.rows, *mark.controls, *([bottom] if mark.condition or mark.bit is not None else [])]
        return min(rows), max(rows)

    return [
        (a, b)
        for k, a in enumerate(marks)
        for b in marks[:k]
        if a.column == b.column and reach(a)[0] <= reach(b)[1] and reach(b)[0] <= reach(a)[1]
    ]


@pytest.mark.parametrize("seed", range(20))
def test_nothing_overlaps_and_wires_keep_their_order(seed: int) -> None:
    circuit = Circuit.of(random_program(seed, EVERYTHING, operations=(5, 15)))
    layout = arrange(circuit)
    assert not overlaps(layout.marks, len(layout.rows))
    drawn = [mark for mark in layout.marks if mark.shape != "fresh"]
    assert len(drawn) == sum(operation.name != "fresh" for operation in circuit.operations)
    last: dict[int, int] = {}
    for mark in drawn:  # in order of the operations
        for row in (*mark.rows, *mark.controls):
            assert mark.column > last.get(row, -1)
            last[row] = mark.column
    draw.text(circuit)


def test_gates_that_do_not_meet_share_a_column() -> None:
    layout = arrange(circuit_of(op("h", 0), op("x", 1), op("cx", 0, 1), op("rx", 0, args=(A,))))
    assert [mark.column for mark in layout.marks] == [0, 0, 1, 2]
    assert [mark.shape for mark in layout.marks] == ["box", "box", "target", "box"]
    assert layout.marks[3].angles == "θ[0,0]"


def test_a_fresh_wire_stands_by_its_neighbour_and_its_row_serves_again() -> None:
    steps = [
        step
        for wire in (3, 4)
        for step in (op("fresh", wire), op("ry", wire, args=(0.3,)), op("cx", wire, 1), op("discard", wire))
    ]
    layout = arrange(circuit_of(*steps, visible=3))
    assert [row.kind for row in layout.rows] == ["visible", "visible", "fresh", "visible"]
    assert len(layout.lives) == 2
    assert layout.lives[0][2] < layout.lives[1][1] + 1


def test_wires_on_one_lattice_stand_in_order_of_sites() -> None:
    from dataclasses import replace

    circuit = circuit_of(visible=1, hidden=2)
    sites = (1, 0, 2)
    wires = tuple(replace(wire, site=("chain", site)) for wire, site in zip(circuit.wires, sites, strict=True))
    labels = [row.label for row in arrange(circuit.with_operations((), wires)).rows]
    assert labels == ["h[0]", "v[0]", "h[1]"]


def test_a_large_circuit_is_shown_in_part_and_says_so() -> None:
    layers = [op("ry", k, args=(A,)) for k in range(1000)] + [op("cx", k, k + 1) for k in range(999)]
    circuit = circuit_of(*layers, visible=1000)
    start = time.monotonic()
    layout = arrange(circuit, wires=40, columns=20)
    assert time.monotonic() - start < 5
    assert len(layout.rows) == 40
    assert layout.columns <= 20
    assert "showing 40 of 1000 wires" in layout.notes
    assert any("operations follow" in note for note in layout.notes)
    assert "showing 40 of 1000 wires" in draw.text(circuit, columns=20)


def test_a_controlled_gate_that_goes_on_below_the_window_keeps_its_control() -> None:
    gates = [
        op("measure", 0, bit=0),
        op("cx", 1, 2),
        op("cz", 1, 2),
        op("crx", 1, 2, args=(A,), condition=((0, True),)),
    ]
    circuit = circuit_of(*gates, visible=3)
    layout = arrange(circuit, wires=2)
    cut = [mark for mark in layout.marks if mark.cut]
    assert [(mark.shape, mark.rows, mark.controls) for mark in cut] == [("dots", (), (1,))] * 3
    assert draw.text(circuit, wires=2).splitlines()[2].count("●") == 3
    assert draw.svg(circuit, wires=2).startswith("<svg")


def test_text_shows_controls_channels_measurements_and_conditions() -> None:
    circuit = circuit_of(
        op("h", 0),
        op("cx", 0, 1),
        op("depolarizing", 1, args=(0.1,)),
        op("measure", 0, bit=0),
        op("x", 1, condition=((0, False),)),
        op("reset", 0),
        op("pauli", 0, 1, args=(A,), pauli_word="ZY"),
    )
    text = draw.text(circuit)
    for piece in ("v[0]: ", "[H]", "●", "⊕", "[depol 0.1]", "[M]", "m0", "!m0", "[|0⟩]", "[Z exp(i·) θ[0,0]]", "[Y]"):
        assert piece in text
    assert all(len(line) <= 60 for line in draw.text(circuit, width=60).splitlines())


@pytest.mark.parametrize("seed", [0, 3, 5])
def test_figures_and_svg_of_random_programs(seed: int, tmp_path: Path) -> None:
    circuit = Circuit.of(random_program(seed, EVERYTHING, operations=(8, 16)))
    draw.circuit(circuit, title="a.qgl").savefig(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    written = draw.svg(circuit)
    assert written == draw.svg(circuit)
    assert ElementTree.fromstring(written).tag.endswith("svg")


def test_an_empty_circuit_has_a_picture() -> None:
    assert draw.svg(circuit_of()).startswith("<svg")
    assert "v[0]" in draw.text(circuit_of())


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (Real(0.0), "0"),
        (Real(0.5 * 3.141592653589793), "π/2"),
        (Real(-3.141592653589793), "−π"),
        (2.0 * A + 0.5, "2θ[0,0]+0.5"),
        (-A, "−θ[0,0]"),
    ],
)
def test_angles_are_short(number: Real, expected: str) -> None:
    assert short(number, [parameter("θ", 2, 3)]) == expected


LAYERS = """
visible v[3];
model {
    h v;
    repeat 5 as l {
        ry(?) v;
        repeat 4 { rzz(?) v[0], v[2]; }
        exp(i * 0.3 * X[v[0]] * Z[v[2]]);
    }
    repeat 2 { rx(?) v; }
    rx(?) v[1];
}
"""


def test_layers_that_are_repeated_are_drawn_once_with_their_number() -> None:
    circuit = circuit_of_text(LAYERS)
    layout = arrange(circuit)
    brackets = [(mark.shape, mark.name) for mark in layout.marks if mark.shape in ("open", "close")]
    assert brackets == [("open", "×5"), ("open", "×4"), ("close", ""), ("close", "")]
    spread = [mark for mark in layout.marks if mark.shape == "spread"]
    assert [mark.letters for mark in spread] == [("Z", "Z"), ("X", "Z")]
    assert sum(mark.name == "Ry" for mark in layout.marks) == 3  # of one layer
    assert (
        sum(mark.name == "Rx" for mark in layout.marks) == 7
    )  # two layers are drawn as such, and one is of another line
    assert not overlaps(layout.marks, len(layout.rows)) and "in brackets" in layout.notes[0]
    assert "×5" in draw.text(circuit) and "║" in draw.text(circuit)
    every = arrange(circuit, unroll=True)
    assert sum(mark.name == "Rzz" for mark in every.marks) == 20 and "×5" not in draw.text(circuit, unroll=True)
    ElementTree.fromstring(draw.svg(circuit))


def test_what_makes_wires_of_its_own_is_not_drawn_once_for_all() -> None:
    text = "visible v[2]; model { repeat 4 { fresh e; cx v[0], e; } }"
    layout = arrange(circuit_of_text(text))
    assert not any(mark.shape == "open" for mark in layout.marks)
    assert sum(mark.shape == "target" for mark in layout.marks) == 4


@pytest.mark.parametrize("count", [1, 40, 41, 100, 173])
def test_long_circuits_fold_into_lines_of_nearly_equal_width(count: int) -> None:
    widths = [1.0 + (k % 3) / 2 for k in range(count)]
    folds = _folds(widths, 34.0)
    assert folds[0][0] == 0 and folds[-1][1] == count
    assert all(first == last for (_, first), (last, _) in pairwise(folds))
    lines = [sum(widths[first:last]) for first, last in folds]
    assert max(lines) <= 34 and len(folds) == len(_filled(widths, 34.0))
    assert len(lines) == 1 or min(lines) > max(lines) - 2 * len(lines) * max(widths)
