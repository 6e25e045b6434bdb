"""The facts that the profiles rest on still hold for the readers that are installed."""

from __future__ import annotations

import pytest

from tests.qasm.reader_facts import FACTS, READERS, Fact, verdict

QISKIT, PENNYLANE, BRAKET, *_ = READERS
PORTABLE_NEEDS = (
    "a standard gate, defined in the text",
    "`ctrl @` of neighbours",
    "`gphase`",
    "`input float[64]`, sum and multiple",
    "product of inputs",
    "quotient of inputs",
    "`reset` of a register",
)
QISKIT_NEEDS = (
    '`include "stdgates.inc"`',
    "built-in `U`, undefined otherwise",
    "another gate, defined in the text",
    "`ctrl @ ctrl @` on a standard gate",
    "`reset` of an element",
    "`c[0] = measure q[0]`",
    "`if (m[0])`",
    "`if (!m[0])`",
)


def fact(construct: str) -> Fact:
    (found,) = (fact for fact in FACTS if fact.construct == construct)
    return found


@pytest.mark.parametrize("reader", [QISKIT, PENNYLANE, BRAKET])
@pytest.mark.parametrize("construct", PORTABLE_NEEDS)
def test_what_the_portable_profile_writes_is_read_right(construct: str, reader: str) -> None:
    assert verdict(fact(construct), reader) == "right"


@pytest.mark.parametrize("construct", QISKIT_NEEDS)
def test_what_the_qiskit_profile_writes_is_read_right(construct: str) -> None:
    assert verdict(fact(construct), QISKIT) == "right"
