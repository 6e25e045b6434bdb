"""Names and functions in what is said about data, training and reports."""

from __future__ import annotations

import pytest

from tests.check.checking import faults, pointed

TEXT = """
visible v[3];
data d = parity({size});
model {{ ry(?) v; }}
objective {weight} * nll(d);
train {{ {setting} }}
baseline rbm(units = {units});
report hamming_distance({region});
"""
GOOD = {"size": "3", "weight": "1", "setting": "steps 5;", "units": "2", "region": "v[0..1]"}
WRONG = [
    ("size", "sqroot(9)"),
    ("weight", "sqroot(4)"),
    ("setting", "steps sqroot(9);"),
    ("setting", "optimizer adam(rate = sqroot(9));"),
    ("setting", "strategy cma(population = sqroot(9));"),
    ("setting", "watch entropy(v[sqroot(1)]);"),
    ("units", "sqroot(9)"),
    ("region", "sqroot(9)"),
]


@pytest.mark.parametrize("where, text", WRONG, ids=[f"{k}-{where}" for k, (where, _) in enumerate(WRONG)])
def test_a_function_that_there_is_not(where: str, text: str) -> None:
    assert ("QGL0203", "sqroot") in pointed(TEXT.format(**{**GOOD, where: text}))


def test_all_of_them_are_told_at_once() -> None:
    text = TEXT.format(**{**GOOD, "size": "one", "units": "two", "region": "three", "setting": "steps 0;"})
    assert {("QGL0201", name) for name in ("one", "two", "three")} <= set(pointed(text))


def test_a_ground_state_of_no_hamiltonian() -> None:
    text = "visible v[2];\ndata d = ground_state(ising(1.0));\nmodel { ry(?) v; }\nobjective nll(d);\n"
    assert [fault.code for fault in faults(text)] == ["QGL0203"]


def test_the_good_program() -> None:
    assert not faults(TEXT.format(**GOOD))
