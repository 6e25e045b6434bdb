"""`ctrl exp(...)`: the exponent names its own qubits, the operands are the controls. It was once dropped silently."""

from __future__ import annotations

import pytest

from tests.check.checking import faults, program

FRAME = "visible v[4];\nparam a : angle;\nmodel {{ h v; {} }}\n"


@pytest.mark.parametrize(
    ("statement", "wires", "controls", "sign"),
    [
        ("ctrl exp(i * a * Z[v[0]] * X[v[1]]) v[2];", (2, 0, 1), 1, 1.0),
        ("ctrl(2) exp(i * a * Z[v[0]]) v[2..3];", (2, 3, 0), 2, 1.0),
        ("ctrl inverse exp(i * a * Z[v[0]]) v[3];", (3, 0), 1, -1.0),
    ],
)
def test_controls_of_an_exponential(statement: str, wires: tuple[int, ...], controls: int, sign: float) -> None:
    last = program(FRAME.format(statement)).operations[-1]
    assert (last.name, last.wires, len(last.control_wires)) == ("pauli", wires, controls)
    assert [coefficient for coefficient, _ in last.numbers[0].terms] == [sign]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("exp(i * a * Z[v[0]]) v[1];", "QGL0302"),
        ("ctrl exp(i * a * Z[v[0]]);", "QGL0302"),
        ("ctrl exp(i * a * Z[v[0]]) v[1], v[2];", "QGL0302"),
        ("ctrl exp(i * a * Z[v[0]]) v[0];", "QGL0404"),
    ],
)
def test_faults_of_controlled_exponentials(statement: str, code: str) -> None:
    assert [d.code for d in faults(FRAME.format(statement))] == [code]
