"""Places, words and silences of the checker's diagnostics."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from qgl.diagnostics.model import Severity
from tests.check.checking import checked, faults, pointed, program

ROOT = Path(__file__).parents[2]


def model(body: str, declarations: str = "visible v[3];") -> str:
    return f"{declarations}\nmodel {{ h v; {body} }}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("h pixle;", "there is no qubit or register named `pixle`; did you mean `pixel`?"),
        ("h pixle[q];", "there is no qubit or register named `pixle`; did you mean `pixel`?"),
        ("measure pixle -> m;", "there is no qubit or register named `pixle`; did you mean `pixel`?"),
        ("rx(theta) pixel;", "there is no value named `theta`; not declared"),
        ("CNOT pixel[0], pixel[1];", "there is no gate, layer or channel named `CNOT`; did you mean `cx`?"),
        ("x(1) pixel;", "`x` takes no arguments in parentheses; 1 is given; "),
        ("exp(i * i * Z[pixel[0]]);", "this exponent is not `i` times a real number; "),
        ("exp(i * (Z[pixel[0]] + X[pixel[0]]));", "`exp` takes one product of Pauli matrices, not a sum of 2; "),
    ],
)
def test_words(body: str, expected: str) -> None:
    first = checked(model(body, "visible pixel[3];").replace("h v;", "h pixel;")).diagnostics[0]
    assert f"{first.message}; {first.label}" == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (model("h vv;"), [("QGL0201", "vv")]),
        (
            model("rz(thetta) v;", "visible v[3];\nparam theta;\nlayer f(q: qubit) { rx(theta) q; }"),
            [("QGL0201", "thetta")],
        ),
        (model("cx v[0], v[0];"), [("QGL0404", "v[0]")]),
        (model("cx v[0], v[1 - 1];"), [("QGL0404", "v[1 - 1]")]),
        (model("rx(1, 2) v;"), [("QGL0301", "rx")]),
        (model("x v[1 + 2];"), [("QGL0307", "1 + 2")]),
        (model("bit_flip(2) v;"), [("QGL0306", "2")]),
        (model("let k = 1 / 0; rx(k) v; ry(k + 1) v;"), [("QGL0309", "1 / 0")]),
        (model("for k in 0..3 { x v[k]; }"), [("QGL0307", "k")]),
        (model("/* θ */ x w;"), [("QGL0201", "w")]),
        (model("fresh e[0]; x e; cx e[0], v[0];"), [("QGL0411", "0")]),
        (model("measure w -> m; if m { x v; }"), [("QGL0201", "w")]),
        ("visible v[n];\nmodel { h v; x v[0]; cx v[0], v[9]; }", [("QGL0201", "n")]),
        (
            "const n = 1 / 0;\nvisible v[n];\nlattice c = line(n);\nparam a[n];\nmodel { rx(a) v; }",
            [("QGL0309", "1 / 0")],
        ),
        ("const = 3;\nvisible v;\nmodel { rx(n) v; }", None),
    ],
)
def test_one_fault_is_reported_once_and_where_it_is(text: str, expected: list[tuple[str, str]] | None) -> None:
    found = pointed(text)
    if expected is None:
        assert all(code < "QGL0200" for code, _ in found)  # names may be missing for the reader's sake
    else:
        assert found == expected


def test_spans_count_characters_and_know_tabs_and_line_ends() -> None:
    (fault,) = faults('visible v;\r\n// θθ\r\n\tmodel { h v; x "θ"; }'.replace(' x "θ";', "\tx wθ;"))
    assert fault.span is not None
    assert (fault.span.text, fault.span.line, fault.span.column) == ("wθ", 3, 17)


def test_nearest_names_are_of_the_right_kind_and_point_at_their_declaration() -> None:
    (fault,) = faults("visible pixels[2];\nconst pixel_count = 2;\nmodel { h pixels; rx(pixel_coun) pixels; }")
    assert "`pixel_count`" in fault.label
    assert [(note.span.text, note.span.line) for note in fault.notes if note.span] == [("pixel_count", 2)]
    (fault,) = faults("visible v;\nlayer rotate(q: qubit) { h q; }\nmodel { rotat v; rotate v; }")
    assert "`rotate`" in fault.label and fault.notes[0].span is not None
    (fault,) = faults(model("deplarizing(0.1) v;"))
    assert "`depolarizing`" in fault.label
    (fault,) = faults("visible v;\nlayer f(q: qubit) { deplarizing(0.1) q; }\nmodel { f v; }")
    assert "depolarizing" not in fault.label  # no channel belongs into a layer


def test_out_of_range_names_the_range() -> None:
    (fault,) = faults(model("x v[3];"))
    assert "0 to 2" in fault.message
    assert fault.notes[0].span is not None and fault.notes[0].span.line == 1


def test_locality_names_distance_and_bound() -> None:
    text = "lattice c = ring(8);\nvisible v on c;\nlocal v within 2;\nmodel { h v; cx v[0], v[6]; cx v[1], v[6]; }"
    (fault,) = faults(text)
    assert "3 apart" in fault.message and "bound is 2" in fault.message
    assert fault.span is not None and fault.span.text.startswith("cx v[1]")
    assert fault.notes[0].span is not None and fault.notes[0].span.line == 3


def test_deviation_of_kraus_operators_is_given() -> None:
    (fault,) = faults(model("kraus([[1, 0], [0, 0.5]]) v;"))
    assert "0.75" in fault.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("const n = 1;\nvisible v;\nmodel { h v; }", "n"),
        ("param a;\nvisible v;\nmodel { h v; }", "a"),
        ("layer f(q: qubit) { h q; }\nvisible v;\nmodel { h v; }", "f"),
        ("hidden m;\nvisible v;\nmodel { h v; }", "m"),
        ("visible v[2];\nmodel { h v[1]; }", "v"),
        ("data d = parity(1);\nvisible v;\nmodel { h v; }", "d"),
    ],
)
def test_warnings_leave_a_program(text: str, expected: str) -> None:
    found = checked(text)
    assert found.program is not None
    (warning,) = found.diagnostics
    assert warning.severity is Severity.WARNING and warning.span is not None and warning.span.text == expected


def test_names_in_settings_count_as_used() -> None:
    program(
        "const rate = 0.1, w = 2;\nvisible v;\ndata d = parity(1);\nmodel { ry(?) v; }\n"
        "objective w * nll(d);\ntrain { optimizer adam(rate = rate); }"
    )


@pytest.mark.parametrize(
    "body",
    [
        "repeat 1000000000 { h v; }",
        "for k in 0..10**9 { }",
        "repeat 2000 { repeat 2000 { repeat 2000 { h v; } } }",
        "let s = sum(k in 0..10**9: k);",
        "for g in subsets(v, 20) { h g[0]; }",
        "for (a, b) in pairs(v) { h a; }",
        "rx(10 ** 10 ** 10) v;",
        "rx(2.0 ** 10 ** 9) v;",
        "unitary(?) v;",
        "fresh e[1000000000];",
        "repeat 10**6 { fresh e[1000]; }",
        "evolve g for 1 by trotter(order = 2, steps = 100000, simulate = true);",
    ],
)
def test_what_is_too_large_is_refused_at_once(body: str) -> None:
    start = time.monotonic()
    text = f"visible v[3000];\nhamiltonian g = sum(q in v: X[q]);\nmodel {{ h v; {body} }}"
    found = faults(text)
    assert time.monotonic() - start < 8
    assert found and all(
        fault.code[:5] == "QGL08" or fault.code in ("QGL0309", "QGL0211", "QGL0317") for fault in found
    )
    assert all(fault.span is not None and fault.span.line == 3 for fault in found if fault.severity is Severity.ERROR)


def test_deep_nesting_is_a_diagnostic() -> None:
    layers = "".join(f"layer f{k}(q: qubit) {{ f{k + 1} q; }}\n" for k in range(2000))
    found = faults(f"visible v;\n{layers}layer f2000(q: qubit) {{ h q; }}\nmodel {{ f0 v; }}")
    assert [fault.code for fault in found] in ([], ["QGL0804"])
    assert "QGL0804" in [fault.code for fault in found]
    chain = "rx(" + "+".join(["1"] * 20000) + ") v;"
    assert {fault.code[:5] for fault in faults(model(chain))} <= {"QGL08", "QGL01"}


# ---------------------------------------------------------------- imports


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.qgl").write_text(text, encoding="utf-8")


def test_imports_bring_layers_channels_hamiltonians_and_constants(tmp_path: Path) -> None:
    write(
        tmp_path,
        base="const half = 0.5;\nlayer turn(q: qubit) { rx(half) q; }",
        more='import "base.qgl";\nchannel shake(q: qubit) { turn q; bit_flip(half) q; }\n'
        "hamiltonian g(q) = Z[q];\nvisible v;\nmodel { h v; }",
    )
    text = 'import "base.qgl";\nimport "more.qgl";\nimport "base.qgl";\nvisible v;\n'
    body = "model { turn v; shake v; evolve g(v) for half; }"
    assert [o.name for o in program(text + body, tmp_path).operations] == ["rx", "rx", "bit_flip", "evolve"]


def test_faults_of_imports(tmp_path: Path) -> None:
    write(
        tmp_path,
        a='import "b.qgl";\nlayer f(q: qubit) { h q; }',
        b='import "a.qgl";\nlayer g(q: qubit) { h q; }',
        own="visible w;\nlayer k(q: qubit) { cx w, q; }\nmodel { k w; }",
        twice="layer f(q: qubit) { x q; }",
        faulty="layer l(q: qubit) { hh q; }",
    )

    def codes(text: str) -> list[str]:
        return [fault.code for fault in faults(text, tmp_path)]

    rest = "visible v;\nmodel { f v; }"
    assert codes(f'import "a.qgl";\n{rest}') == ["QGL0210"]
    assert codes('import "missing.qgl";\nvisible v;\nmodel { f v; }') == ["QGL0601"]
    assert codes('import "../a.qgl";\nvisible v;\nmodel { f v; }') == ["QGL0602"]
    assert codes('import "own.qgl";\nvisible v;\nmodel { k v; }') == ["QGL0201"]
    assert codes(f'import "twice.qgl";\nlayer f(q: qubit) {{ h q; }}\n{rest}') == ["QGL0204"]
    (fault,) = faults('import "faulty.qgl";\nvisible v;\nmodel { l v; }', tmp_path)
    assert fault.code == "QGL0202" and fault.span is not None and fault.span.source.name.endswith("faulty.qgl")


# ---------------------------------------------------------------- robustness


TOKENS = re.compile(r'\s+|//[^\n]*|"[^"]*"|\w+|\.\.|->|\*\*|.', re.DOTALL)
STRANGE = [
    "0",
    "-1",
    "?",
    "v",
    "pi",
    "i",
    "X",
    "1e300",
    "true",
    '"x"',
    "[1, 2]",
    "0..3",
    "99999999999",
    "size(v)",
    "(1, 2)",
]


@pytest.mark.parametrize("path", sorted(ROOT.glob("tests/good/*.qgl")), ids=lambda path: path.stem)
def test_damaged_programs_give_diagnostics(path: Path) -> None:
    tokens = TOKENS.findall(path.read_text(encoding="utf-8"))
    places = [k for k, token in enumerate(tokens) if token.strip() and not token.startswith("//")]
    chance = random.Random(path.stem)
    for _ in range(40):
        damaged = list(tokens)
        for place in chance.sample(places, chance.choice([1, 1, 2])):
            damaged[place] = chance.choice(["", chance.choice(STRANGE), tokens[chance.choice(places)]])
        for fault in faults("".join(damaged), path.parent):
            assert fault.message and "something else" not in fault.message
            assert fault.label is not None and fault.help is not None and fault.notes is not None
