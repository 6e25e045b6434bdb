"""Categorical variables: registers of them, what prepares them, and data that go with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.check.circuit.multi_qubit_gates import nodes_of, row_angles
from qgl.check.circuit.subspace_unitary import turned_pairs
from qgl.check.declarations.categories import in_categories
from qgl.gates.codes import codes_of
from tests.check.checking import pointed, program
from tests.reference.density import probabilities

SEX_AND_LIFE = """
visible life[3] : category(3);
visible sex : category(2);
param gender : table(2);
param start : table(3);
param move[2] : table(3, 2, 3);
model {
    prepare(gender) sex;
    prepare(start) life[0];
    for k in 1..2 { prepare(move[k - 1]) life[k - 1], sex, life[k]; }
}
"""


def distribution(angles: NDArray[np.float64]) -> list[float]:
    """The probabilities of a variable of two or three values, by hand."""
    one = np.sin(angles / 2) ** 2
    if len(one) == 1:
        return [1 - one[0], one[0]]
    return [(1 - one[0]) * (1 - one[1]), (1 - one[0]) * one[1], one[0]]


def test_a_network_of_three_values() -> None:
    checked = program(SEX_AND_LIFE)
    sizes = {parameter.name: parameter.size for parameter in checked.parameters}
    assert sizes == {"gender": 1, "start": 2, "move": 2 * 6 * 2}
    inputs = np.random.default_rng(0).uniform(-3, 3, 27)
    gender, start, move = distribution(inputs[:1]), distribution(inputs[1:3]), inputs[3:].reshape(2, 3, 2, 2)
    expected = np.zeros((4, 4, 4, 2))
    for a, b, c, s in np.ndindex(3, 3, 3, 2):
        expected[a, b, c, s] = start[a] * gender[s] * distribution(move[0, a, s])[b] * distribution(move[1, b, s])[c]
    np.testing.assert_allclose(probabilities(checked, inputs), expected.ravel(), atol=1e-14)


def test_variables_of_the_program() -> None:
    checked = program("visible a[2] : category(6);\nvisible b : category(3);\nmodel { h a; prepare(?) b; }")
    assert [(each.name, each.categories, each.positions) for each in checked.variables] == [
        ("a[0]", 6, (0, 1, 2)),
        ("a[1]", 6, (3, 4, 5)),
        ("b", 3, (6, 7)),
    ]
    assert [str(wire) for wire in checked.wires] == [
        *("a[0][0]", "a[0][1]", "a[0][2]", "a[1][0]", "a[1][1]", "a[1][2]"),
        *("b[0]", "b[1]"),
    ]


def test_going_through_variables() -> None:
    checked = program("""
visible x[3] : category(4);
param link[chain(x)] : table(4, 4);
param basis[x] : levels(4);
layer turn(a: levels(4), q: category(4)) { levels(a) q; }
model {
    prepare(?) x[0];
    for (a, b) in chain(x) { prepare(link[a, b]) a, b; }
    levels(basis) x;
    for q in x[1..2] { turn(basis[q]) q; unitary(?) q; x q[0]; }
    if size(x) == 3 { h x; }
}
""")
    assert len(checked.wires) == 6
    assert sum(operation.name == "h" for operation in checked.operations) == 6


@pytest.mark.parametrize("values", range(2, 10))
def test_constant_tables(values: int) -> None:
    row = np.random.default_rng(values).dirichlet(np.ones(values)).tolist()
    table = ", ".join(f"{x:.12g}" for x in row)
    checked = program(f"visible x : category({values});\nmodel {{ prepare([{table}]) x; }}")
    found = probabilities(checked, np.zeros(0))
    np.testing.assert_allclose(found[:values], row, atol=1e-10)
    np.testing.assert_allclose(found[values:], 0, atol=1e-15)
    assert len(row_angles(row)) == len(nodes_of(values)) == values - 1


@pytest.mark.parametrize("values", [2, 3, 5, 6, 8])
def test_levels_reach_every_unitary_of_the_categories(values: int) -> None:
    """Taking a random unitary apart along the pairs leaves phases, and the other codes are never touched."""
    rng = np.random.default_rng(values)
    matrix = np.linalg.qr(rng.normal(size=(values, values)) + 1j * rng.normal(size=(values, values)))[0]
    codes = codes_of([values])
    at = {code: k for k, code in enumerate(codes)}
    pairs = turned_pairs(tuple(codes))
    assert len(pairs) == values * (values - 1) // 2
    gone: set[int] = set()
    last = max(codes)
    for number, (first, second) in enumerate(pairs):
        assert (first ^ second).bit_count() == 1 and not {first, second} & gone
        rows = matrix[[at[first], at[second]]]
        a, b = rows[:, at[last]]
        size = np.hypot(abs(a), abs(b))
        turn = np.array([[b, -a], [a.conj(), b.conj()]]) / size
        matrix[[at[first], at[second]]] = turn @ rows
        if number + 1 == len(pairs) or (second == last and max(pairs[number + 1]) < last):
            gone.add(last)
            last -= 1
    np.testing.assert_allclose(np.abs(matrix), np.eye(values), atol=1e-12)


def test_unused_codes_stay_empty() -> None:
    checked = program("""
visible x[2] : category(5);
model { prepare(?, ?) x[0]; levels(?) x[0]; prepare(?) x[0], x[1]; levels(?) x; levels(?) x[0]; }
""")
    size = sum(parameter.size for parameter in checked.parameters)
    found = probabilities(checked, np.random.default_rng(1).uniform(-3, 3, size)).reshape(8, 8)
    assert found[:5, :5].min() > 0
    np.testing.assert_allclose(found[:5, :5].sum(), 1, atol=1e-12)


FAULTS = [
    ("visible x[2] : angle;\nmodel { h x; }", "QGL0420", "angle"),
    ("visible x : category(1);\nmodel { h x; }", "QGL0420", "1"),
    ("lattice l = line(2);\nvisible x on l : category(3);\nmodel { h x; }", "QGL0420", "category(3)"),
    ("visible x : category(3);\nmodel { prepare([0.5, 0.6, 0.1]) x; }", "QGL0421", "[0.5, 0.6, 0.1]"),
    ("visible x : category(3);\nmodel { prepare([0.5, 0.5]) x; cx x, x; }", "QGL0404", "x"),
    ("visible x : category(3);\nmodel { prepare([0.5, 0.5]) x; }", "QGL0421", "[0.5, 0.5]"),
    ("visible x;\nvisible y;\nmodel { h x; prepare([[0.5, 0.5], 1]) x, y; }", "QGL0304", "[[0.5, 0.5], 1]"),
    ("visible x : category(3);\nmodel { prepare x; }", "QGL0301", "prepare"),
    ("visible x : category(3);\nlayer prepare(q: qubit) { h q; }\nmodel { levels(?) x; }", "QGL0204", "prepare"),
    ("visible x[2] : category(3);\nmodel { prepare(?) x[0], x[0]; h x; }", "QGL0404", "x[0]"),
    ("param a : table(2, 3);\nvisible x : category(3);\nmodel { prepare(a) x; }", "QGL0304", "a"),
    ("visible x[5] : category(8);\nmodel { prepare(?) x[0], x[1], x[2], x[3], x[4]; }", "QGL0803", "prepare"),
    ("param a : table;\nvisible x;\nmodel { prepare(a) x; }", "QGL0318", "table"),
    (
        "layer f(q: category(3)) { levels(?) q; }\nvisible x : category(4);\nmodel { f x; }",
        "QGL0420",
        "x",
    ),
]


@pytest.mark.parametrize("text, code, place", FAULTS, ids=[f"{k}-{code}" for k, (_, code, _) in enumerate(FAULTS)])
def test_faults(text: str, code: str, place: str) -> None:
    assert (code, place) in pointed(text)


def test_data_go_with_variables(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("0,5\n3,2\n1,4\n")
    text = """
visible a : category({0});
visible b : category(6);
data rows = csv("rows.csv", categories = [4, 6]);
model {{ prepare(?) a; prepare(?) a, b; }}
objective nll(rows);
"""
    checked = program(text.format(4), tmp_path)
    data = checked.data["rows"]
    assert data.categories == ((4, 2), (6, 3))
    np.testing.assert_array_equal(data.rows[0], [0, 0, 1, 0, 1])
    assert [code for code, _ in pointed(text.format(3), tmp_path)] == ["QGL0422"]


def test_bits_as_categories() -> None:
    checked = program("visible a : category(12);\nvisible b;\nvisible c[2] : category(3);\nmodel { h a, b, c; }")
    rows = np.array([[1, 0, 1, 1, 1, 0, 1, 1, 0], [0, 0, 1, 0, 0, 0, 0, 0, 1]], np.uint8)
    np.testing.assert_array_equal(in_categories(rows, checked.variables), [[11, 1, 1, 2], [2, 0, 0, 1]])
    assert in_categories(rows, ()) is rows
