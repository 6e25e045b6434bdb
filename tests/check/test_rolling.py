"""Loops that are kept rolled up mean what they mean round by round: the same operations, inputs and faults."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from qgl.check.circuit.rolling import gates
from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.render import to_text
from qgl.program.operations import KrausChannel, MatrixUnitary
from qgl.program.program import Program
from qgl.program.rolled import Block, Operations, patterns, pieces_of, touched, wires_in_order
from qgl.source import Source
from tests.command import qglc

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted([*ROOT.glob("tests/good/*.qgl"), *ROOT.glob("tests/bad/*.qgl")])
NEVER = 1 << 40


def checked(source: Source, folder: Path, fewest: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Program | None, str]:
    monkeypatch.setattr(gates, "FEWEST", fewest)
    program, diagnostics = diagnose(source, FolderEnvironment(folder))
    return program, to_text(diagnostics)


def rolled(text: str, monkeypatch: pytest.MonkeyPatch, folder: Path = ROOT) -> Operations | None:
    """The operations of a program, held against the same read round by round."""
    source = Source("program.qgl", text)
    (program, found), (reference, expected) = (checked(source, folder, each, monkeypatch) for each in (1, NEVER))
    assert found == expected
    if program is None or reference is None:
        assert program is reference
        return None
    assert not any(isinstance(piece, Block) for piece in pieces_of(reference.operations))
    assert len(program.operations) == len(reference.operations)
    assert list(wires_in_order(program.operations)) == [each.wires for each in reference.operations]
    assert touched(program.operations) == touched(reference.operations)
    assert {each.span for each in patterns(program.operations)} == {each.span for each in reference.operations}
    for one, other in zip(program.operations, reference.operations, strict=True):
        assert repr(one) == repr(other) if isinstance(one, KrausChannel | MatrixUnitary) else one == other
    assert program.parameters == reference.parameters
    assert isinstance(program.operations, Operations)
    return program.operations


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_whole_programs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rolled(path.read_text(encoding="utf-8"), monkeypatch, path.parent)


HEAD = """
lattice line_ = line(7);
lattice board = grid(3, 4);
lattice given = graph([(0, 1), (1, 2), (2, 0), (4, 3)]);
visible v on line_;
visible w on board;
hidden h[6];
hidden u on given;
local v within 1, channel <= 2;
param a[3, v] ~ normal(0, 1);
param b[line_] : real ~ normal(0, 1);
param c[edges(line_)] ~ normal(0, 1);
param d[8, 15] ~ normal(0, 1);
param e[edges(board)] ~ normal(0, 1);
param f ~ normal(0, 1);
param p : probability ~ uniform(0, 1);
param g[3, v] : probability ~ uniform(0, 1);
param s[v] : real ~ uniform(0, 1);
param t[8, 3] : angle ~ normal(0, 1);
param x2[8] : unitary(2) ~ normal(0, 1);
param x3[8] : unitary(3) ~ normal(0, 1);
param x6[8] : unitary(6) ~ normal(0, 1);
param y2[8] : generator(2) ~ normal(0, 1);
param z1[8, 4] : angle ~ normal(0, 1);
layer turned(x: angle, q: qubit) { rx(x) q; ry(?) q; }
layer twice(k: int, x: angle[15], q: qubit, r: qubit) { turned(x[3]) q; su4(x) q, r; rz(0.1 * f) r; turned(?) r; }
layer wide(q: qubit[2], r: qubit[m]) { for k in q { h k; } cx q[0], r[0]; for (s, t) in chain(q) { cz s, t; } h q; }
channel mixed(x: angle[15], q: qubit, r: qubit) {
    fresh e[2] = plus; su4(x) q, e[0]; let t = e[1]; fresh g; cx t, r; su4(?) g, r;
}
channel pair(q: qubit, r: qubit) { mixed(?) q, r; ry(?) q; }
channel noisy(x: probability, y: probability[3], q: qubit) { dephasing(x) q; bit_flip(y[1] / 2) q; bit_flip(?) q; }
channel outer(q: qubit, r: qubit) { fresh e; cx q, e; mixed(d[1]) e, r; repeat 2 as j { rx(d[j, 1]) e; } }
"""
LOOPS = (
    "for k in 0..{n} {{ {gate} }}",
    "repeat {n} as k {{ {gate} }}",
    "for k in v {{ {gate} }}",
    "for k in line_ {{ {gate} }}",
    "for (k, r) in edges(line_) {{ {gate} }}",
    "for (k, r) in brick(line_, 1) {{ {gate} }}",
    "for (k, r) in brick(v, 0) {{ {gate} }}",
    "for (k, r) in edges(w) {{ {gate} }}",
    "for (k, r) in edges(board) {{ {gate} }}",
    "for (k, r) in edges(given) {{ {gate} }}",
    "for k in [3, 1, 4, 1, 5] {{ {gate} }}",
    "{gate}",
)
GATES = (
    "rx(?) h[k];",
    "rx(?) v[k];",
    "rx(a[1, k]) k;",
    "ry(2 * b[k] - pi) v[k];",
    "rz(-b[k] + f) k;",
    "rzz(c[k, r] / 3) k, r;",
    "rzz(c[r, k]) r, k;",
    "rxx(e[k, r] + a[0, 1]) k, r;",
    "cx k, r;",
    "cx h[k], h[(k + 1) % 6];",
    "cx h[k], h[k - 1];",
    "cz v[k], v[2];",
    "su4(d[k]) h[k], h[(2 * k + 3) % 6];",
    "su4(?) k, r;",
    "rx(d[k, 2 * k]) h[0];",
    "rx(d[k, 1] * d[k, 1]) h[0];",
    "rx(0.1 * k) h[1];",
    "rx(180) h[k % 6];",
    "rx(?) v;",
    "rz(a[2]) v;",
    "rz(b) v;",
    "rz(f) v, w;",
    "h w; h h[0];",
    "rzz(?) v[0..2], v[3..5];",
    "cx v, v;",
    "rx(?) u[k];",
    "cx u[k], u[r];",
    "rx(b[k]) k; rzz(?) k, r;",
    "inverse rx(?) h[k % 6];",
    "reset h[k % 6]; dephasing(0.1) h[k % 6];",
    "amplitude_damping(0.1) k; bit_flip(g[1, k]) v[k];",
    "depolarizing(?) h[k % 6]; depolarizing2(p) h[k], h[(k + 1) % 6];",
    "pauli_channel(0.1, p / 3, g[0, k] / 2) k;",
    "pauli_channel(0.1, p, g[0, k] / 2) k;",
    "pauli_channel(?, 0, 0) k;",
    "thermal(p, 1 - g[2, k]) v[k]; reset(p) k;",
    "dephasing(0.1) k, v[0], h[1]; h k, h[2]; rx(?) k, v[1]; bit_flip(?) v;",
    "dephasing(g[1]) v; phase_damping(p) v, w; depolarizing(?) u;",
    "bit_flip(0.3 * sin(f)) h[0]; bit_flip(0.5 + 0.5 * sin(f)) h[1];",
    "bit_flip(s[k]) k; bit_flip(f) v;",
    "bit_flip(0.1 * k) h[0]; bit_flip(1.5) h[2]; dephasing(k) h[1];",
    "bit_flip(a[1, k]) k;",
    "noisy(g[1, k], [p, p, p], ?) k; noisy(?, ?) k; noisy(p, [p, g[1, k], p]) k;",
    "noisy(p, ?) k; noisy(b[k], ?) k;",
    "noisy(g[1], ?) v;",
    "kraus([[0.6, 0], [0, 0.6]], [[0, 0.8], [0.8, 0]]) k; kraus([[0, 1], [1, 0]]) v, h[0];",
    "kraus([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]) h[k], h[(k + 1) % 6];",
    "kraus([[1, 0], [0, k]]) k; kraus([[1, 0], [0, 2]]) h[0];",
    "kraus([[1, 0], [0, 1]]) h[k], h[k]; ctrl dephasing(p) h[0], h[1];",
    "reset k; reset v; reset h[0], h[1];",
    "unitary(t[k]) h[k]; unitary(?) v[k]; inverse unitary(t[1]) k;",
    "unitary(d[k]) h[k], h[(k + 1) % 6]; unitary(?) [k, r]; unitary(?) k, r;",
    "unitary(x2[k]) h[0..1]; unitary(x2[k]) h[0], v[k]; unitary(x2[1]) h[k], h[k];",
    "unitary(x3[k]) h[k], v[k], w[k]; ctrl unitary(x3[2]) h[0], h[1..3];",
    "unitary(x6[k]) h;",
    "unitary(x3[k]) k; unitary(?) u; unitary(x2[k]) h[0..1], h[0..1];",
    "generator(y2[k]) h[k], h[(k + 1) % 6]; inverse generator(?) k;",
    "uniform_ry(z1[k]) h[0], h[k], v[0]; uniform_phase(z1[k]) h[k], h[(k + 1) % 6];",
    "prepare(?) h[0], h[1]; prepare(z1[k, 0]) h[2]; prepare([0.3, 0.7]) h[3];",
    "levels(?) h[0..1];",
    "rx(1 / k) h[1];",
    "rx(b[k] / (k - k)) h[1];",
    "measure h[0] -> m; if m { x h[1]; rx(?) v; }",
    "let q = v[k % 7]; x q;",
    "let y = 2 * a[1, k] + f; rx(y) k; let z = k + 1; rz(d[z, 2]) h[z];",
    "turned(a[1, k]) k;",
    "turned(?) v[k];",
    "turned(a[0]) v;",
    "pair k, r;",
    "twice(k, d[k]) h[k], h[(k + 1) % 6];",
    "twice(1, ?) h[k], v[k];",
    "mixed(d[k]) h[k], h[(k + 2) % 6];",
    "mixed(d[2]) k, r;",
    "mixed(?) k, r; turned(?) k;",
    "outer k, r;",
    "outer h[k], h[k];",
    "wide h[0..1], v;",
    "wide [k, r], [h[0]];",
    "ctrl rx(a[1, k]) k, h[0];",
    "ctrl inverse su2(?) h[k], h[(k + 1) % 6];",
    "inverse twice(k, d[k]) h[k], h[(k + 1) % 6];",
    "ctrl(2) twice(k, d[k]) v[0], v[1], h[k], h[(k + 1) % 6];",
    "ctrl turned(0.1) k, h[1]; inverse p(f + a[0, k]) k;",
    "ctrl x v[0], h;",
    "fresh e; cx k, e; fresh g = one; cz g, e;",
    "fresh e = d[0]; cx k, e;",
    "for j in 0..1 { rx(d[j, 3]) h[(k + j) % 6]; } repeat 2 { ry(?) h[0]; }",
    "for j in 0..k { rx(d[j, 3]) h[0]; }",
    "turned(90) k; rx(sin(f)) k;",
    "exp(i * a[1, k] * X[k]);",
    "exp(-i * 0.5 * (b[k] + f) * Z[v[k]] * Z[h[0]]);",
    "exp(i * c[k, r] / 2 * X[k] * X[r]); exp(i * f * Y[k] * Z[r]);",
    "exp(i * ? * Z[h[k]] * Z[h[(k + 1) % 6]]);",
    "exp(i * ? * Z[h[k]] * X[h[(k + 1) % 6]]);",
    "ctrl inverse exp(i * d[k, 3] * Z[h[k]] * X[v[k]]) w[0];",
    "exp(i * 0.3 * Z[h[k]] * Z[h[2]]); exp(i * d[0, 1] * k * Z[h[k]]);",
    "exp(i * (d[k, 1] + d[k, 1]) * Z[h[k]]); exp(i * a[1, v[0]] * X[v[3]]);",
    "exp(i * d[k, 1] * d[k, 2] * Z[h[k]]); exp(f * Z[h[k]]);",
    "exp(i * (X[h[k]] + Z[h[k]]));",
    "exp(i * sin(?) * Z[h[k]]); exp(i * 2 * ? * Z[h[?]]); rx(2 * ?) h[k];",
)


def statement(rng: random.Random) -> str:
    gate = " ".join(rng.choice(GATES) for _ in range(rng.choice((1, 1, 2))))
    return rng.choice(LOOPS).format(n=rng.choice((1, 3, 5, 6, 8)), gate=gate)


@pytest.mark.parametrize("seed", range(150))
def test_random_loops(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    body = "\n    ".join(statement(rng) for _ in range(rng.choice((1, 1, 2, 3))))
    rolled(f"{HEAD}model {{\n    {body}\n}}\n", monkeypatch)


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("loop", (1, 2, 5, 8, 11))
def test_each_gate_in_loops(gate: str, loop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rolled(f"{HEAD}model {{ {LOOPS[loop].format(n=6, gate=gate)} }}\n", monkeypatch)


def test_what_is_rolled_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains, grids and staircases are: so that the tests above compare blocks and not twice the same."""
    bodies = (
        "rx(?) v; rz(a[1]) v;",
        "for (q, r) in brick(line_, 1) { rzz(c[q, r]) q, r; }",
        "for (q, r) in edges(board) { rzz(2 * e[q, r]) q, r; rx(?) q; }",
        "for k in 0..5 { ry(b[k] - pi) v[k]; cx h[k], h[(k + 1) % 6]; su4(d[k]) v[k], v[k + 1]; }",
        "repeat 6 as k { rz(d[k, 2 * k] + f) h[k]; }",
        "for (q, r) in brick(line_, 1) { mixed(d[2]) q, r; outer r, q; pair q, r; }",
        "repeat 6 as k { let x = d[k]; twice(k, x) h[k], h[(k + 1) % 6]; let z = k + 1; rx(2 * x[3]) v[z]; }",
        "for k in v { ctrl inverse su2(?) k, h[0]; fresh e = one; ctrl(2) turned(f) k, h[1], e; }",
        "repeat 6 as k { for j in 0..1 { ry(d[j, 2]) h[(k + j) % 6]; } wide [h[k], v[k]], w; }",
        "for (q, r) in brick(line_, 1) { exp(i * c[q, r] * Z[v[q]] * Z[v[r]]); ctrl exp(-i * ? * X[v[r]]) h[0]; }",
        "for k in v { exp(i * (2 * a[1, k] + f) * Y[k] * X[h[0]]); }",
        "turned(a[1]) v; turned(?) v; turned(f) w; pair h, v[0..5];",
        "repeat 2 as l { depolarizing(0.1) v; amplitude_damping(g[l]) v; bit_flip(?) v, w; reset h; }",
        "for (q, r) in brick(line_, 1) { depolarizing2(p / 2) q, r; amplitude_damping(g[0, q]) q, r; noisy(p, ?) q; }",
        "for k in v { pauli_channel(0.1, p / 2, g[1, k] / 3) k; noisy(?, ?) k; dephasing(0.5 * p) k; reset k; }",
        "kraus([[1, 0], [0, 1]]) v; for k in v { kraus([[0.6, 0], [0, 0.6]], [[0, 0.8], [0.8, 0]]) k, h[0]; }",
        "for (q, r) in brick(line_, 1) { unitary(?) q, r; unitary(?) q; ctrl inverse unitary(x2[1]) h[0], q, r; }",
        "repeat 6 as k { unitary(x3[k]) h[k], v[k], w[k]; unitary(x6[k]) h; generator(y2[k]) v[0..1]; }",
        "repeat 6 as k { uniform_ry(z1[k]) v[k], v[k + 1], h[k]; prepare(?) h[0], h[1]; unitary(t[k]) h[k]; }",
    )
    for body in bodies:
        operations = rolled(f"{HEAD}model {{ {body} }}\n", monkeypatch)
        assert operations is not None
        assert all(isinstance(piece, Block) for piece in operations.pieces), body


def test_channels_are_held_to_their_bounds_in_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first call that touches too much is told, though calls are noted together."""
    text = (
        f"{HEAD}model {{ for k in v {{ outer k, h[0]; }} for (k, r) in edges(line_) {{ outer k, r; mixed(?) r, k; }} }}"
    )
    assert rolled(text.replace("channel <= 2", "channel <= 1"), monkeypatch) is None
    assert rolled(text, monkeypatch) is not None


def test_a_number_of_all_rounds_has_its_input_in_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """One angle is the same in all rounds and another is not."""
    operations = rolled(f"{HEAD}model {{ for k in v {{ u(f, a[1, k], 0.5) k; }} rx(f) v; }}\n", monkeypatch)
    assert operations is not None
    for block in operations.pieces:
        assert isinstance(block, Block)
        for lane in block.lanes:
            count = sum(len(angle.terms) for angle in lane.pattern.numbers)
            assert (
                lane.elements.shape == (7, count) == (7, len(list(lane.numbered.numbers)) - (lane.pattern.name == "u"))
            )


def test_parts_stay_rolled_up_where_they_can(monkeypatch: pytest.MonkeyPatch) -> None:
    operations = rolled(f"{HEAD}model {{ x h[0]; x h[1]; rx(?) v; x h[2]; }}\n", monkeypatch)
    assert operations is not None and len(operations.pieces) == 4
    for part in (slice(None), slice(2, None), slice(1, 2), slice(0, 2)):
        assert isinstance(operations[part], Operations)
    for first in range(len(operations) + 1):
        for last in range(first, len(operations) + 1):
            assert tuple(operations[first:last]) == operations.unrolled[first:last]
    assert operations[3] == operations.unrolled[3] and operations[::-1] == operations.unrolled[::-1]


def test_explain_says_what_is_rolled_up(tmp_path: Path) -> None:
    path = tmp_path / "chain.qgl"
    path.write_text(
        "data ones = cardinality(40, 1);\nvisible v[40];\nmodel { repeat 2 { rx(?) v; } x v[0]; }\n"
        "report moments(ones);\n"
    )
    code, shown, _ = qglc("explain", path)
    assert code == 0 and "81 operations, 80 inputs\nrolled up: 80 operations in 2 blocks\n" in shown
    code, shown, _ = qglc("explain", path, "--format", "json")
    assert code == 0 and json.loads(shown)["rolled"] == {"blocks": 2, "operations": 80, "planned": True}


def test_explain_says_what_a_long_program_has_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "chain.qgl"
    path.write_text(
        "visible v[400];\nmodel {\n  rx(0.1) v;\n"
        "  for k in 0..399 {\n    rx(0.2) v[k];\n    measure v[k] -> m;\n    if m { x v[k]; }\n  }\n}\n"
    )
    code, shown, _ = qglc("explain", path)
    assert code == 0, shown
    assert "read one by one: 1,200 operations, from `rx` in line 5 on" in shown
    assert "planned one by one: 1,600 operations" in shown
