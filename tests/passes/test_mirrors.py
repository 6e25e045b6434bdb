"""Symmetries of what a circuit gives, against the dense reference at random parameters; data that have them not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qgl
from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.passes.mirrors import mirrors
from qgl.program.program import Program
from qgl.source import Source
from tests.reference.density import probabilities

WALK = """
const n = 3;
visible place[n] = "010";
hidden way;
param a[3] : angle;
layer up(c: qubit, r: qubit[n]) { for k in 0..n - 2 { ctrl(n - k) x c, r[k + 1..n - 1], r[k]; } cx c, r[n - 1]; }
model {
    START
    for t in 0..2 { ry(a[t]) way; up way, place; ry(2 * a[t] + 0.3) way; x way; inverse up way, place; x way; }
}
"""
FLIPS = """
visible v[3] = plus;
visible w = plus;
param a[2] : angle;
hamiltonian pulled(g) = g * Z[v[0]] * Z[v[1]] + 0.3 * X[v[0]] + 0.4 * X[v[1]];
model {
    for (p, q) in pairs(v) { rzz(a[0]) p, q; }
    exp(i * a[1] * Z[v[2]] * Z[w]);
    evolve pulled(a[0]) for 0.7;
    rx(a[1]) v;
    h w; EXTRA h w;
}
"""


def program_of(text: str) -> Program:
    return qgl.loads(text).program


def held(program: Program) -> list[str]:
    """The symmetries in words, each of which must hold at random parameters."""
    size = sum(parameter.size for parameter in program.parameters)
    found = mirrors(program)
    for seed in range(3):
        p = probabilities(program, np.random.default_rng(seed).uniform(-np.pi, np.pi, size))
        for mirror in found:
            np.testing.assert_allclose(p[mirror.image], p, atol=1e-12)
    return [mirror.wording for mirror in found]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("h way; s way;", ["place = k is as likely as place = (4 - k) modulo 8"]),
        ("h way; sdg way;", ["place = k is as likely as place = (4 - k) modulo 8"]),
        ("h way;", []),
        ("su2(a) way;", []),
    ],
)
def test_a_walk_is_reflected_with_its_direction(start: str, expected: list[str]) -> None:
    assert held(program_of(WALK.replace("START", start))) == expected


def test_flips_of_all_bits() -> None:
    (wording,) = held(program_of(FLIPS.replace("EXTRA", "rz(a[0]) w;")))
    assert wording == "a string is as likely as the one with all of v and w flipped"
    assert held(program_of(FLIPS.replace("EXTRA", "ry(a[0]) w;"))) == []


@pytest.mark.parametrize(
    "body",
    [
        "h v; rzz(a) v[0], v[1]; cx v[0], h; t h; rx(a) v;",
        "h h; ctrl rxx(a) h, v[0], v[1]; s v[0]; cz v[1], h; rx(a) h; z v[0];",
        "h v; cp(a) v[0], v[1]; swap v[0], h; iswap v[1], h;",
        "x v; exp(i * a * X[v[0]] * Y[v[1]] * Z[h]); sx h; rzz(0.3) v[0], h;",
        "generator([a, 0, 0]) v[0]; cy v[0], v[1]; ccz v[0], v[1], h; unitary(?) h;",
    ],
)
def test_what_is_found_holds(body: str) -> None:
    held(program_of(f"visible v[2];\nhidden h;\nparam a : angle;\nmodel {{ {body} }}"))


@pytest.mark.parametrize("body", ["h v; measure v[0];", "h v; dephasing(0.1) v;", "fresh e; cx v[0], e;"])
def test_of_what_is_not_unitary_nothing_is_said(body: str) -> None:
    assert mirrors(program_of(f"visible v[2];\nmodel {{ {body} }}")) == ()


def codes(data: str, folder: Any) -> list[str]:
    text = f"data d = {data};\n{WALK.replace('START', 'h way; s way;')}objective kl(d);"
    return [found.code for found in diagnose(Source("a.qgl", text), FolderEnvironment(folder))[1]]


def test_data_without_the_symmetry_are_told(tmp_path: Any) -> None:
    assert codes('strings(["001", "011", "010"], weights = [1, 1, 2])', tmp_path) == []
    assert codes('strings(["001", "011", "010"], weights = [1, 2, 2])', tmp_path) == ["QGL0771"]
    random = np.random.default_rng(0)
    even = random.choice([1, 3, 2], 300, p=[0.4, 0.4, 0.2])
    for name, numbers in (("even", even), ("odd", np.where(random.random(300) < 0.3, 1, even))):
        np.savez(tmp_path / f"{name}.npz", rows=numbers[:, None] >> np.arange(2, -1, -1) & 1)
    assert codes('npz("even.npz")', tmp_path) == []
    assert codes('npz("odd.npz")', tmp_path) == ["QGL0771"]
