"""Operations of small programs, listed exactly."""

from __future__ import annotations

import numpy as np
import pytest

from qgl.check.names.modules import Module
from qgl.check.values.frame import Frame
from qgl.expression import Function, Input
from qgl.program.operations import Evolution, KrausChannel
from qgl.program.program import Distribution
from qgl.source import Source
from qgl.syntax.parser import parse
from tests.check.checking import checked, program, written


def model(body: str, declarations: str = "visible v[3];") -> list[str]:
    return written(f"{declarations}\nmodel {{ {body} }}")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x v[0]; h v[1], v[2];", ["x 0", "h 1", "h 2"]),
        ("x v;", ["x 0", "x 1", "x 2"]),
        ("x v; for (a, b) in chain(v) { cx a, b; }", ["x 0", "x 1", "x 2", "cx 0,1", "cx 1,2"]),
        ("for (a, b) in ring(v) { cx a, b; }", ["cx 0,1", "cx 1,2", "cx 2,0"]),
        ("for (a, b) in pairs(v) { cx a, b; }", ["cx 0,1", "cx 0,2", "cx 1,2"]),
        ("for (a, b) in brick(v, 1) { cx a, b; } x v;", ["cx 1,2", "x 0", "x 1", "x 2"]),
        ("for g in subsets(v, [2, 1]) { h g; }", ["h 0", "h 1", "h 0", "h 2", "h 1", "h 2", "h 0", "h 1", "h 2"]),
        ("repeat 3 as t { rx(0.5 * t) v[t]; }", ["rx 0 0", "rx 1 0.5", "rx 2 1"]),
        ("for t in 1..2 { cx v[0..1][t - 1], v[2]; }", ["cx 0,2", "cx 1,2"]),
        ("rx(?) v; rx(?) v[0];", ["rx 0 rx_1[0]", "rx 1 rx_1[1]", "rx 2 rx_1[2]", "rx 0 rx_2[0]"]),
        ("repeat 2 { ry(?) v[0]; } x v;", ["ry 0 ry_1[0]", "ry 0 ry_1[1]", "x 0", "x 1", "x 2"]),
        ("rx([1, 2, 3]) v;", ["rx 0 1", "rx 1 2", "rx 2 3"]),
        ("ctrl x v[0], v[1]; x v[2];", ["ctrl x 0,1", "x 2"]),
        ("ctrl(2) z v[0..1], v[2];", ["ctrl ctrl z 0,1,2"]),
        ("fresh a; ctrl(3) z a, v[0..1], v[2];", ["fresh 3", "ctrl ctrl ctrl z 3,0,1,2", "discard 3"]),
        ("fresh a; ctrl(3) z v[1..2], a, v[0];", ["fresh 3", "ctrl ctrl ctrl z 1,2,3,0", "discard 3"]),
        ("fresh a; ctrl(2) swap [v[2], a], v[0], v[1];", ["fresh 3", "ctrl ctrl swap 2,3,0,1", "discard 3"]),
        (
            "let a = 1; repeat 2 as t { rx(a) v[0]; let a = t + 2; rx(a) v[1]; } rx(a) v[2]; x v[0..1];",
            ["rx 0 1", "rx 1 2", "rx 0 1", "rx 1 3", "rx 2 1", "x 0", "x 1"],
        ),
        ("inverse s v;", ["sdg 0", "sdg 1", "sdg 2"]),
        ("inverse inverse s v;", ["s 0", "s 1", "s 2"]),
        ("exp(i * 0.5 * Z[v[2]] * X[v[0]] * Y[v[1]]);", ["pauli:XYZ 0,1,2 0.5"]),
        ("exp(X[v[0]] * Y[v[0]]); x v;", ["pauli:Z 0 1", "x 0", "x 1", "x 2"]),
        ("reset v[0]; reset(0.5) v[1]; measure v[2];", ["reset 0", "reset 1 0.5", "measure 2"]),
    ],
)
def test_statements(body: str, expected: list[str]) -> None:
    assert model(body) == expected


@pytest.mark.parametrize("operands", ["v[0], v[1..2], w", "v[0..1], v[2], w", "v[0], v[1], v[2], w", "v, w"])
def test_qubits_and_registers_add_up_to_the_controls_of_a_layer(operands: str) -> None:
    """The variable of four categories is the layer's, whichever operands come before it."""
    declarations = "visible v[3];\nvisible w : category(4);\nlayer f(q: category(4)) { x q[1]; }"
    assert model(f"ctrl(3) f {operands}; z w;", declarations)[:1] == ["ctrl ctrl ctrl x 0,1,2,4"]


def test_a_block_costs_the_same_however_many_names_stand_around_it() -> None:
    frame = Frame({"a": 1, "b": 2}, Module(parse(Source("m.qgl", "")).file))
    inner = frame.inner().inner()
    inner.names["b"] = 3
    assert inner.names == {"b": 3} and [inner.find(name) for name in "abc"] == [1, 3, None] and frame.find("b") == 2


def test_fresh_qubits_end_with_their_block_in_reverse_order() -> None:
    body = "repeat 2 { fresh a; fresh b[2] = plus; cx v[0], a; cx v[1], b[1]; } x v;"
    turn = ["fresh {0}", "fresh {1}", "fresh {2}", "h {1}", "h {2}", "cx 0,{0}", "cx 1,{2}"]
    ends = ["discard {2}", "discard {1}", "discard {0}"]
    expected = [line.format(3, 4, 5) for line in turn + ends] + [line.format(6, 7, 8) for line in turn + ends]
    assert model(body) == [*expected, "x 0", "x 1", "x 2"]


def test_conditions_of_nested_choices() -> None:
    body = "measure v -> m; if m[0] { if not m[1] { x v[0]; } else { y v[0]; } } else { z v[0]; }"
    assert model(body)[3:] == ["x 0 if 0=1 if 1=0", "y 0 if 0=1 if 1=1", "z 0 if 0=0"]


def test_else_of_a_conjunction_is_split_into_cases_that_exclude_each_other() -> None:
    body = "measure v -> m; if m[0] and m[1] == 0 { x v[2]; } else { y v[2]; }"
    assert model(body)[3:] == ["x 2 if 0=1 if 1=0", "y 2 if 0=1 if 1=1", "y 2 if 0=0"]


def test_measurement_under_several_cases_has_a_bit_in_each() -> None:
    inner = "fresh e; cx v[2], e; measure e -> k; if k { x v[2]; } else { z v[2]; }"
    body = f"measure v[0..1] -> m; if m[0] or m[1] {{ {inner} }}"
    lines = model(body)[2:]
    assert lines[0] == "fresh 3" and lines[-1] == "discard 3"
    cases = {"if 0=1", "if 0=0 if 1=1"}
    measured = {line.split(" -> ")[1].split(" ", 1)[0]: line.split(" ", 4)[4] for line in lines if "->" in line}
    assert set(measured.values()) == cases
    for bit, case in measured.items():
        assert f"x 2 {case} if {bit}=1" in lines
        assert f"z 2 {case} if {bit}=0" in lines


def test_choices_at_compile_time_leave_no_trace() -> None:
    assert model("if 1 < 2 and not false { x v; } else { h v; }") == ["x 0", "x 1", "x 2"]


def test_inputs_are_numbered_in_order_of_declaration_and_then_of_reach() -> None:
    found = program(
        "visible v[2];\nparam a[2, v] : angle[3] ~ normal(0, 0.1);\nlatent z ~ bernoulli(0.25);\ncondition c[2];\n"
        "param p : probability;\nlayer f(q: qubit) { rx(?) q; }\n"
        "model { f v; depolarizing(?) v; unitary(?) v[0..1]; rx(a[1, v[1]][2] * z + c[1]) v; bit_flip(p) v; }"
    )
    assert [(p.kind, p.name, p.shape, p.constraint) for p in found.parameters] == [
        ("param", "a", (2, 2, 3), "angle"),
        ("latent", "z", (), "real"),
        ("condition", "c", (2,), "real"),
        ("param", "p", (), "probability"),
        ("param", "rx_1", (2,), "angle"),
        ("param", "depolarizing_1", (2,), "probability"),
        ("param", "unitary_1", (1, 15), "angle"),
    ]
    assert found.parameters[0].distribution == Distribution("normal", (0.0, 0.1))
    assert found.parameters[1].distribution == Distribution("bernoulli", (0.25,))
    assert found.parameters[3].distribution == Distribution("uniform", (0.0, 1.0))
    (rotation,) = {o.numbers[0] for o in found.operations if o.numbers and len(o.numbers[0].terms) == 2}
    (_, product), (_, condition) = rotation.terms
    assert isinstance(product, Function) and isinstance(condition, Input)
    factor = product.arguments[0].terms[0][1]
    assert isinstance(factor, Input)
    assert found.input_name(factor) == "a[1, 1, 2]"
    assert found.input_name(condition) == "c[1]"


def test_arrays_along_a_register_follow_its_qubits() -> None:
    declarations = "visible v[3];\nparam a[v];\nparam b[3];"
    assert model("rx(a) v[1..2]; rx(b) v;", declarations) == [
        "rx 1 a[1]", "rx 2 a[2]", "rx 0 b[0]", "rx 1 b[1]", "rx 2 b[2]",
    ]  # fmt: skip


def test_arrays_over_edges_take_pairs_in_either_order() -> None:
    declarations = "lattice c = line(3);\nvisible v on c;\nparam a[edges(c)];"
    body = "for (q, r) in edges(c) { rzz(a[q, r] + a[(r, q)]) q, r; } for (q, r) in edges(v) { rzz(a[(q, r)]) q, r; }"
    expected = ["rzz 0,1 2*a[0]", "rzz 1,2 2*a[1]", "rzz 0,1 a[0]", "rzz 1,2 a[1]"]
    assert model(body, declarations) == expected


def test_registers_are_numbered_in_order_and_states_stand_first() -> None:
    declarations = 'lattice c = line(4);\nhidden b on c[0, 3] = neel;\nvisible v on c[1..2] = neel;\nvisible w = "1";'
    found = program(f"{declarations}\nmodel {{ cx c[1], w; cx b, v; }}")
    assert [str(wire) for wire in found.wires] == ["b[0]", "b[1]", "v[0]", "v[1]", "w[0]"]
    assert found.visible == (2, 3, 4) and found.hidden == (0, 1)
    assert [wire.site for wire in found.wires] == [("c", 0), ("c", 3), ("c", 1), ("c", 2), None]
    lines = [(o.name, o.wires) for o in found.operations]
    assert lines == [("x", (1,)), ("x", (2,)), ("x", (4,)), ("cx", (2, 4)), ("cx", (0, 2)), ("cx", (1, 3))]


def test_neel_on_a_grid_is_a_chessboard() -> None:
    found = program("lattice b = grid(2, 3);\nvisible v on b = neel;\nmodel { z v; }")
    assert [o.wires[0] for o in found.operations if o.name == "x"] == [1, 3, 5]


def test_hamiltonian_terms() -> None:
    found = program(
        "visible v[3];\nparam j;\n"
        "hamiltonian g(w) = sum((a, b) in chain(v): w * Z[a] * Z[b])\n"
        " + Z[v[0]] * Z[v[1]] + j * X[v[2]] - 2 + 0 * Y[v[0]];\n"
        "model { h v; evolve g(0.5) for 2 * j by trotter(order = 2, steps = 5); }"
    )
    evolve = found.operations[-1]
    assert isinstance(evolve, Evolution)
    assert evolve.wires == (0, 1, 2) and evolve.trotter == (2, 5)
    terms = {pauli_word: (number.constant, len(number.terms)) for number, pauli_word in evolve.terms}
    assert terms == {"ZZI": (1.5, 0), "IZZ": (0.5, 0), "IIX": (0.0, 1), "III": (-2.0, 0)}


def test_chow_liu_tree_of_bars_and_stripes() -> None:
    found = written(
        "data d = bars_and_stripes(3, 3);\nvisible v[9];\nmodel { for (a, b) in chow_liu(d, v) { cx a, b; } }"
    )
    assert found == ["cx 0,1", "cx 0,2", "cx 0,3", "cx 0,6", "cx 1,4", "cx 1,7", "cx 2,5", "cx 2,8"]


def test_kraus_operators_are_complex_numbers() -> None:
    found = program("visible v;\nmodel { kraus([[1, 0], [0, 0.6 * i]], [[0, 0.8], [0, 0]]) v; }")
    channel = found.operations[0]
    assert isinstance(channel, KrausChannel)
    assert np.array_equal(channel.operators, np.array([[[1, 0], [0, 0.6j]], [[0, 0.8], [0, 0]]]))


def test_constants_are_set_from_outside() -> None:
    text = 'const n = 2, w = 0.5, s = "a", f = true, l = [1], m = n + 1;\nvisible v[m];\nmodel { rx(w) v; }'

    found = checked(text, constants={"n": 3, "w": 1, "s": "b", "f": False}).program
    assert found is not None
    assert found.constants == {"n": 3, "w": 1.0, "s": "b", "f": False, "m": 4}
    assert len(found.wires) == 4
    codes = [d.code for d in checked(text, constants={"n": 1.5, "f": 1, "k": 2, "s": 3}).diagnostics]
    assert codes == ["QGL0212", "QGL0213", "QGL0213", "QGL0213"]
