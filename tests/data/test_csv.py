"""Text tables: what is read, and where faults are placed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from qgl.data.files import Limits
from qgl.data.tables.csv_table import read_csv
from qgl.diagnostics.model import QglError
from qgl.diagnostics.tables import BadCell
from qgl.program.calls.data_sources import CSV
from tests.data.data_calls import SPAN, fault, load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, content: str | bytes) -> None:
    (folder / "table.csv").write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.mark.parametrize(
    "content",
    [
        "0,1,1\n1,0,0\n",
        "0,1,1\n1,0,0",
        "0,1,1\r\n1,0,0\r\n",
        "\ufeff0,1,1\n1,0,0\n",
        "0;1;1\n1;0;0\n",
        "0\t1\t1\n1\t0\t0\n",
        "0 1 1\n1  0 0 \n",
        " 0, 1, 1\n1, 0 ,0\n",
        "011\n100\n",
        "\n0,1,1\n\n1,0,0\n\n",
        "a,b,c\n0,1,1\n1,0,0\n",
        '"0","1","1"\n1,0,0\n',
        "0.0,1.0,1\n1e0,0,0\n",
    ],
)
def test_ways_of_writing_the_same_table(folder: Path, content: str) -> None:
    write(folder, content)
    data = load("csv", folder, path="table.csv")
    np.testing.assert_array_equal(data.rows, [[0, 1, 1], [1, 0, 0]])
    np.testing.assert_array_equal(data.weights, [0.5, 0.5])
    assert not data.exact and data.conditions is None and data.name == "d"


def test_rows_stay_and_the_hash_is_of_the_content(folder: Path) -> None:
    write(folder, "0,1\n0,1\n1,1\n")
    first = load("csv", folder, path="table.csv")
    assert len(first.rows) == 3 and "2 distinct" in first.description
    write(folder, "0;1\n0;1\n1;1\n")
    assert load("csv", folder, path="table.csv").sha256 == first.sha256
    write(folder, "0,1\n1,1\n1,1\n")
    assert load("csv", folder, path="table.csv").sha256 != first.sha256


@pytest.mark.parametrize(
    ("columns", "expected"),
    [((2, 0), [[1, 0], [0, 1]]), (("c",), [[1], [0]]), (("b", 0), [[1, 0], [0, 1]])],
)
def test_columns_by_number_and_name(folder: Path, columns: tuple[object, ...], expected: list[list[int]]) -> None:
    write(folder, "a,b,c\n0,1,1\n1,0,0\n")
    np.testing.assert_array_equal(load("csv", folder, path="table.csv", columns=columns).rows, expected)


@pytest.mark.parametrize(
    "first",
    [
        "0,l,1",
        "0,O,1",
        "1,,x",
        "label,1,2",
        "0,1,1x",
        "1x,0b,.",
        "a,b,a",
        "O,l,I",
        "?,?,?",
        "true,a,b",
        "-,+,*",
        "NA,b,c",
    ],
)
def test_a_first_row_with_a_slip_is_no_header(folder: Path, first: str) -> None:
    write(folder, f"{first}\n1,0,0\n0,0,1\n")
    found = fault("csv", folder, path="table.csv")
    assert isinstance(found, BadCell) and found.row == 1 and found.first and "header = true" in found.help
    assert len(load("csv", folder, path="table.csv", header=True).rows) == 2
    told = fault("csv", folder, path="table.csv", header=False)
    assert isinstance(told, BadCell) and not told.first


@pytest.mark.parametrize("first", ["a,b,c", ",b,c", '"a","b","c"', "q0,q1,q2", "a,,c"])
def test_a_first_line_without_a_number_is_a_header(folder: Path, first: str) -> None:
    write(folder, f"{first}\n1,0,0\n0,0,1\n")
    np.testing.assert_array_equal(load("csv", folder, path="table.csv").rows, [[1, 0, 0], [0, 0, 1]])


@pytest.mark.parametrize("first", ["O", "l", "1.", "o1", "2nd", "x"])
def test_a_column_of_its_own_whose_first_row_has_a_slip(folder: Path, first: str) -> None:
    """A word is still a header, which is said; what is no name is a row."""
    write(folder, f"{first}\n1\n0\n")
    if first in ("x", "o1"):
        assert load("csv", folder, path="table.csv").guessed.startswith(
            'the first line of "table.csv" is read as names'
        )
        assert load("csv", folder, path="table.csv", header=True).guessed == ""
    elif first == "1.":
        assert load("csv", folder, path="table.csv").rows.tolist() == [[1], [1], [0]]
    else:
        found = fault("csv", folder, path="table.csv")
        assert isinstance(found, BadCell) and found.row == 1 and found.first


def test_a_header_of_numbers_must_be_named_one(folder: Path) -> None:
    write(folder, "0,1\n1,1\n")
    assert len(load("csv", folder, path="table.csv", header=True).rows) == 1
    assert len(load("csv", folder, path="table.csv", header=False).rows) == 2


def test_conditions_are_real_columns(folder: Path) -> None:
    write(folder, "x,y,label\n0,1,0.5\n1,1,-2\n")
    data = load("csv", folder, path="table.csv", condition=("label",))
    np.testing.assert_array_equal(data.rows, [[0, 1], [1, 1]])
    np.testing.assert_array_equal(data.conditions, [[0.5], [-2.0]])


def test_categories_become_codes(folder: Path) -> None:
    write(folder, "2,4,1\n0,3,0\n")
    binary = load("csv", folder, path="table.csv", categories=(3, 5, 2))
    np.testing.assert_array_equal(binary.rows, [[1, 0, 1, 0, 0, 1], [0, 0, 0, 1, 1, 0]])
    assert "1 of column 0, 3 of column 1" in binary.description
    one_hot = load("csv", folder, path="table.csv", categories=(3, 5, 2), encoding="one_hot")
    np.testing.assert_array_equal(one_hot.rows, [[0, 0, 1, 0, 0, 0, 0, 1, 0, 1], [1, 0, 0, 0, 0, 0, 1, 0, 1, 0]])
    same = load("csv", folder, path="table.csv", categories=(8,))
    assert same.width == 9 and "no category" not in same.description


BAD: list[tuple[str | bytes, dict[str, Any], str, str]] = [
    ("", {}, "QGL0607", "no line"),
    ("\n \n", {}, "QGL0607", "no line"),
    ("a,b\n", {}, "QGL0607", "no row"),
    ("0,1\n0,2\n", {}, "QGL0605", "row 2, column 1: expected 0 or 1, found `2`"),
    ("x,y\n0,1\n0,yes\n", {}, "QGL0605", "row 3, column 1 (`y`): expected 0 or 1, found `yes`"),
    ("0,1\n-1,1\n", {}, "QGL0605", "row 2, column 0: expected 0 or 1, found `-1`"),
    ("0,1\n0.5,1\n", {}, "QGL0605", "found `0.5`"),
    ("0,1\nnan,1\n", {}, "QGL0605", "found `nan`"),
    ("0,1\ninf,1\n", {}, "QGL0605", "found `inf`"),
    ("0,1\n,1\n", {}, "QGL0605", "found nothing"),
    ("0,1,\n1,1,\n", {}, "QGL0605", "column 2: expected 0 or 1, found nothing"),
    ("0,5\n0,3\n", {"categories": (2, 5)}, "QGL0605", "from 0 to 4, found `5`"),
    ("0,1\n1,nan\n", {"condition": (1,)}, "QGL0605", "row 2, column 1: expected a number, found `nan`"),
    ("0,1\n0\n", {}, "QGL0606", "row 2 has length 1, but the first row has length 2"),
    ("01\n011\n", {}, "QGL0606", "row 2 has length 3"),
    ("0,1\n", {"columns": (2,)}, "QGL0608", "no column 2"),
    ("0,1\n", {"columns": ("a",)}, "QGL0608", 'no column "a"'),
    ("0,1\n", {"columns": (0, 0)}, "QGL0613", "column 0 is named twice"),
    ("0,1\n", {"condition": (0, 1)}, "QGL0607", "no column is left"),
    ("0,1\n", {"categories": (2, 2, 2)}, "QGL0613", "3 numbers of categories for 2 columns"),
    (b"\x00\x01\x02", {}, "QGL0603", "byte 0 is zero"),
    (b"0,1\n\xff", {}, "QGL0603", "not UTF-8 text, from byte 4"),
    ('0,"1\n1,1\n', {}, "QGL0603", "line 2"),
]


@pytest.mark.parametrize(("content", "arguments", "code", "wording"), BAD)
def test_bad_tables(folder: Path, content: str | bytes, arguments: dict[str, Any], code: str, wording: str) -> None:
    write(folder, content)
    diagnostic = fault("csv", folder, path="table.csv", **arguments)
    assert diagnostic.code == code
    assert wording in diagnostic.message


def test_a_misspelt_column_is_guessed(folder: Path) -> None:
    write(folder, "first,second\n0,1\n")
    assert "did you mean `second`?" in fault("csv", folder, path="table.csv", columns=("secnd",)).help


def test_further_faults_are_counted(folder: Path) -> None:
    write(folder, "0,1\n2,3\n1,9\n")
    diagnostic = fault("csv", folder, path="table.csv")
    assert isinstance(diagnostic, BadCell) and diagnostic.more == 2
    assert diagnostic.notes[0].text == "and 2 further cells like it"


def test_too_many_cells_are_refused_by_both_ways_of_reading(folder: Path) -> None:
    for content in ("0,1\n" * 10, "0, 1\n" * 10, "a,b\n" + "0,1\n" * 10):
        write(folder, content)
        assert len(load("csv", folder, Limits(cells=20), path="table.csv").rows) == 10
        assert fault("csv", folder, Limits(cells=19), path="table.csv").code == "QGL0610"
    one_hot = {"categories": (2,), "encoding": "one_hot"}
    assert fault("csv", folder, Limits(cells=39), path="table.csv", **one_hot).code == "QGL0610"


def call(**arguments: Any) -> CSV:
    return CSV("table.csv", **arguments, span=SPAN)


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=st.integers(0, 1)))
@settings(max_examples=50)
def test_tables_come_back_as_written(table: np.ndarray[Any, Any]) -> None:
    for mark in ",;\t ":
        text = "\n".join(mark.join(map(str, row)) for row in table)
        np.testing.assert_array_equal(read_csv(text, call(), Limits()).values, table)


@given(
    st.text(alphabet="01,;\t \n\r\"'x.-+enaif\ufeff\x00\x85\u2028", max_size=60), st.sampled_from([None, True, False])
)
@settings(max_examples=400)
def test_garbage_gives_a_diagnostic_or_bits(text: str, header: bool | None) -> None:
    try:
        table = read_csv(text, call(header=header), Limits())
    except QglError as error:
        assert all(diagnostic.code.startswith("QGL06") and diagnostic.message for diagnostic in error.diagnostics)
    else:
        assert table.values.size and set(np.unique(table.values)) <= {0, 1}


def test_too_many_columns(folder: Path) -> None:
    write(folder, "0,1,1\n")
    assert fault("csv", folder, Limits(columns=2), path="table.csv").code == "QGL0610"
    assert load("csv", folder, Limits(columns=3), path="table.csv").width == 3


@given(
    arrays.arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 4)), elements=st.integers(0, 2)),
    st.sampled_from([", ", " ,", ",", "; ", ";", "\t", " "]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
@settings(max_examples=150)
def test_both_ways_of_reading_agree(table: np.ndarray[Any, Any], mark: str, end: str, header: bool) -> None:
    """A cell of more than one digit takes the slow way; the same table without it the fast one."""
    lines = [mark.join(f"c{k}" for k in range(table.shape[1]))] * header + [mark.join(map(str, row)) for row in table]
    plain = end.join(lines) + end
    slow = plain[: -len(end) - 1] + "".join(f"{table[-1, -1]}.0") + end

    def read(text: str) -> Any:
        try:
            return read_csv(text, call(), Limits()).values.tolist()
        except QglError as error:
            (diagnostic,) = error.diagnostics
            assert isinstance(diagnostic, BadCell)
            return diagnostic.row, diagnostic.column, diagnostic.more

    assert read(plain) == read(slow)
    if table.max() < 2:
        assert read(plain) == table.tolist()


@pytest.mark.parametrize("text", ["\n" * 100_000, " \n\t\r\n" * 1000, ""])
def test_blank_lines_are_no_table(text: str, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(text, encoding="utf-8")
    assert fault("csv", tmp_path, path="table.csv").code == "QGL0607"


def test_a_quote_that_never_ends_is_told(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text('a,b\n0,"1\n' + "0,1\n" * 50_000, encoding="utf-8")
    assert fault("csv", tmp_path, path="table.csv").code == "QGL0603"
