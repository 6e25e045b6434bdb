"""The facts that the profiles rest on still hold for the readers that are installed."""

from __future__ import annotations

import re

import pytest

from tests.qasm.reader_facts import PAGE, READERS, consumers_table, readers_table

QISKIT, PENNYLANE, BRAKET, STATE_VECTOR, _, _, CIRQ, PYQASM = READERS
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


BRAKET_NEEDS = ("`input float[64]`, sum and multiple", "`sin` of an input", "power of an input", "`gphase`")
CIRQ_NEEDS = (
    '`include "stdgates.inc"`',
    "`reset` of an element",
    "`c[0] = measure q[0]`",
    "measured, reset, used again",
)
NEEDS = {
    QISKIT: {*PORTABLE_NEEDS, *QISKIT_NEEDS},
    PENNYLANE: set(PORTABLE_NEEDS),
    BRAKET: set(PORTABLE_NEEDS),
    STATE_VECTOR: set(BRAKET_NEEDS),
    CIRQ: set(CIRQ_NEEDS),
    PYQASM: {'`include "stdgates.inc"`'},
}


@pytest.fixture(scope="module")
def table() -> str:
    return readers_table()


def test_what_the_profiles_write_is_read_right(table: str) -> None:
    cells = {row[0]: dict(zip(READERS, row[1:], strict=True)) for row in rows_of(table)}
    for reader, constructs in NEEDS.items():
        assert {construct for construct in constructs if cells[construct][reader] == "right"} == constructs, reader


def test_the_page_has_the_tables_as_they_are(table: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    now = consumers_table()
    names = [*READERS, *(row[1] for row in rows_of(now))]
    if other := [name for name in names if re.search(r"\d", name) and name not in page]:
        pytest.skip(f"the page was written with other versions than {other}")
    assert table in page, "renew it: python -m tests.qasm.reader_facts"
    assert now in page, "renew it: python -m tests.qasm.reader_facts"


def rows_of(table: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
