"""Layers and channels whose calls say how many qubits they act on: against the same with every number written out."""

from __future__ import annotations

import numpy as np
import pytest

from qgl.source import Source
from qgl.syntax.formatter import format_file
from qgl.syntax.parser import parse
from tests.check.checking import pointed, program, written

HEAD = "visible v[4];\nhidden h;\nparam a[2, v, 3] : angle;\nparam m[2, 3, 3] : angle;\nparam u : unitary(3);\n"
TURNS = "for l in 0..1 { for j in 0..%s - 1 { rz(w[l, j, 0]) q[j]; ry(w[l, j, 1]) q[j]; } cx q[0], q[%s - 1]; }"
LAST = "channel last(a: unitary(%s + 1), q: qubit[%s], r: qubit) { unitary(a) q, r; depolarizing(0.1) q[%s - 1]; }\n"
GENERIC = f"layer block(w: angle[2, k, 3], q: qubit[k]) {{ {TURNS % ('k', 'k')} }}\n{LAST % ('k', 'k', 'k')}"
MODEL = (
    "model {{ block{0}(a) v; block{1}(m) [v[2], h, v[0]]; ctrl inverse block{1}(m) h, v[0..2]; last(u) v[1..2], h; }}\n"
)


def test_a_width_is_a_number_of_the_body_and_of_other_types() -> None:
    fixed = "".join(
        f"layer block{n}(w: angle[2, {n}, 3], q: qubit[{n}]) {{ {TURNS % (n, n)} }}\n" for n in ("4", "3")
    ) + LAST % ("2", "2", "2")
    assert written(HEAD + GENERIC + MODEL.format("", "")) == written(HEAD + fixed + MODEL.format("4", "3"))


def test_numbers_of_their_own_and_lists() -> None:
    text = (
        "visible v[3];\n"
        "layer f(w: angle[k, 2], q: qubit[k]) { for j in 0..k - 1 { rx(w[j, 0]) q[j]; rz(w[j, 1]) q[j]; } }\n"
    )
    assert written(f"{text}model {{ f(?) v[0..1]; f(?) v; f([[1, 2]]) v[0]; }}") == [
        *(f"{gate} {k} f_1[0, {2 * k + place}]" for k in (0, 1) for place, gate in enumerate(("rx", "rz"))),
        *(f"{gate} {k} f_2[0, {2 * k + place}]" for k in (0, 1, 2) for place, gate in enumerate(("rx", "rz"))),
        "rx 0 1",
        "rz 0 2",
    ]


def test_a_declared_name_is_no_width() -> None:
    text = "const k = 2;\nvisible v[3];\nlayer f(q: qubit[k]) { h q; }\nmodel { f %s; x v[2]; }"
    assert written(text % "v[0..1]") == ["h 0", "h 1", "x 2"]
    assert pointed(text % "v") == [("QGL0411", "v")]


@pytest.mark.parametrize(
    ("layer", "call", "found"),
    [
        ("layer f(q: qubit[k], r: qubit[k]) { cx q, r; }", "f v[0..1], v[2]", [("QGL0411", "v[2]")]),
        ("layer f(q: qubit[k], r: qubit[k + 1]) { h q, r; }", "f v[0], v[1..3]", [("QGL0411", "v[1..3]")]),
        ("layer f(w: angle[k], q: qubit[k]) { rx(w) q; }", "f([1, 2]) v", [("QGL0304", "[1, 2]")]),
        ("layer f(w: angle[k, 2], q: qubit[k]) { rx(w[0, 0]) q; }", "f([1, 2]) v[0..1]", [("QGL0304", "[1, 2]")]),
        ("layer f(w: angle[k, 2], q: qubit[k]) { rx(w[0]) q; }", "f(?) v[0]", [("QGL0304", "w[0]")]),
        ("layer f(w: angle[k, 2], q: qubit[k]) { rx(w[0, 0, 0]) q; }", "f([[1, 2]]) v[0]", [("QGL0308", "w[0, 0, 0]")]),
        ("layer f(q: qubit[k]) { h q[k]; }", "f v", [("QGL0307", "k")]),
        ("layer f(w: angle[k - 3], q: qubit[k]) { rx(w[0]) q[0]; }", "f(?) v[0..2]", [("QGL0318", "k - 3")]),
        ("layer f(q: qubit[k], r: qubit) { cx q[0], r; }", "ctrl f v[0]", [("QGL0302", "f")]),
        ("layer f(w: angle[m], q: qubit[k]) { rx(w[0]) q; }", "f(?) v", [("QGL0201", "m")]),
        ("layer f(k: int, q: qubit[k]) { rx(k) q; }", "f(2) v", [("QGL0204", "k")]),
        ("layer f(q: qubit[k, 2]) { h q; }", "f v", [("QGL0318", "qubit[k, 2]"), ("QGL0201", "k")]),
        ("layer f(q: qubit[k]) { f q[0]; }", "f v", [("QGL0209", "f")]),
        ("layer f(q: qubit[k]) { rx(?) r; }", "h v", [("QGL0201", "r")]),
        ("param p : angle[2, 3];", "rx(p) v", [("QGL0318", "angle[2, 3]")]),
    ],
)
def test_faults(layer: str, call: str, found: list[tuple[str, str]]) -> None:
    assert pointed(f"visible v[4];\n{layer}\nmodel {{ {call}; }}\n") == found


def test_an_uncalled_layer_is_left_alone() -> None:
    """Whether an index is in range, a call says."""
    assert pointed("visible v;\nlayer f(q: qubit[k]) { h q[5]; }\nmodel { h v; }") == [("QGL0211", "f")]


def test_data_are_pushed_through_a_layer_of_any_width() -> None:
    text = (
        "latent t ~ uniform(0, 1);\nlayer turn(q: qubit[k]) { for j in 0..k - 1 { rx(t * (j + k)) q[j]; } }\n"
        'data d = through(basis, turn, count = 3);\ndata basis = strings(["00"]);\nvisible v[2];\nmodel { ry(?) v; }\n'
        "objective mmd(d, fidelity(power = 2));\n"
    )
    (states,) = (data.states for data in program(text).data.values() if data.name == "d")
    assert states is not None
    for state in states.reshape(-1, 2, 2):  # rx(2 t) and rx(3 t)
        first, second = (np.arctan2(abs(state[1, 0]), abs(state[0, 0])), np.arctan2(abs(state[0, 1]), abs(state[0, 0])))
        assert second == pytest.approx(1.5 * first)
    several = text.replace("q: qubit[k]", "q: qubit[k], r: qubit[m]")
    assert pointed(several) == [("QGL0615", "through(basis, turn, count = 3)")]


def test_the_canonical_form() -> None:
    text = "layer f( w :angle[ k,3 ] ,q:qubit[k]){h q;}"
    assert format_file(parse(Source("layers.qgl", text)).file) == "layer f(w: angle[k, 3], q: qubit[k]) { h q; }\n"
