"""NumPy archives, harmless and hostile."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgl.data.files import Limits
from qgl.data.npz_archive import read_npz
from qgl.diagnostics.model import QglError
from qgl.diagnostics.tables import BadCell
from qgl.program.calls.data_sources import NPZ
from tests.data.data_calls import SPAN, fault, load

BITS = np.array([[0, 1, 1], [1, 0, 0]])


def save(folder: Path, **arrays: Any) -> None:
    np.savez_compressed(folder / "a.npz", **arrays)


@pytest.mark.parametrize("kind", [bool, np.int8, np.uint16, np.int64, np.float32, ">i4"])
def test_arrays_of_any_number_type(tmp_path: Path, kind: Any) -> None:
    save(tmp_path, x=BITS.astype(kind))
    np.testing.assert_array_equal(load("npz", tmp_path, path="a.npz").rows, BITS)


def test_named_array_columns_and_conditions(tmp_path: Path) -> None:
    save(tmp_path, x=BITS, y=np.array([[0, 2, 0.5], [1, 1, 0.25]]))
    data = load("npz", tmp_path, path="a.npz", array="y", columns=(1, 0), categories=(3, 2), condition=(2,))
    np.testing.assert_array_equal(data.rows, [[1, 0, 0], [0, 1, 1]])
    np.testing.assert_array_equal(data.conditions, [[0.5], [0.25]])


@pytest.mark.parametrize(
    ("arrays", "arguments", "code", "wording"),
    [
        ({"x": BITS, "y": BITS}, {}, "QGL0609", "say which array"),
        ({"spins": BITS}, {"array": "spin"}, "QGL0609", 'did you mean "spins"?'),
        ({}, {}, "QGL0609", "it has no array"),
        ({"x": np.array([[None]])}, {}, "QGL0609", "object, not numbers"),
        ({"x": np.array([["a"]])}, {}, "QGL0609", "not numbers"),
        ({"x": np.array([[1j]])}, {}, "QGL0609", "not numbers"),
        ({"x": np.zeros(3)}, {}, "QGL0609", "1 axes"),
        ({"x": np.zeros((0, 3))}, {}, "QGL0607", "shape (0, 3)"),
        ({"x": BITS + 1}, {}, "QGL0605", "row 0, column 1: expected 0 or 1, found `2`"),
        ({"x": np.array([[0.0, np.nan]])}, {}, "QGL0605", "column 1: expected 0 or 1, found `nan`"),
        ({"x": np.array([[0.0, np.inf]])}, {"condition": (1,)}, "QGL0605", "expected a number, found `inf`"),
        ({"x": BITS}, {"columns": (3,)}, "QGL0608", "no column 3"),
    ],
)
def test_bad_archives(
    tmp_path: Path, arrays: dict[str, Any], arguments: dict[str, Any], code: str, wording: str
) -> None:
    save(tmp_path, **arrays)
    diagnostic = fault("npz", tmp_path, path="a.npz", **arguments)
    assert diagnostic.code == code
    assert wording in diagnostic.message


def test_a_header_that_claims_too_much_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    header = io.BytesIO()
    numpy_format: Any = np.lib.format
    numpy_format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (10**12, 16)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    assert fault("npz", tmp_path, path="a.npz").code == "QGL0610"


def test_a_bomb_is_unpacked_only_as_far_as_its_header_says(tmp_path: Path) -> None:
    array = io.BytesIO()
    np.save(array, BITS.astype(np.uint8))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", array.getvalue() + bytes(50_000_000))
    assert (tmp_path / "a.npz").stat().st_size < 100_000
    np.testing.assert_array_equal(load("npz", tmp_path, path="a.npz").rows, BITS)


def test_limits_are_those_given(tmp_path: Path) -> None:
    save(tmp_path, x=BITS)
    assert fault("npz", tmp_path, Limits(cells=5), path="a.npz").code == "QGL0610"
    assert fault("npz", tmp_path, Limits(data_bytes=10), path="a.npz").code == "QGL0604"


def archive_bytes() -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, x=BITS)
    return content.getvalue()


@given(st.data())
@settings(max_examples=150)
def test_damaged_archives_give_a_diagnostic_or_bits(data: st.DataObject) -> None:
    content = bytearray(archive_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    call = NPZ("a.npz", span=SPAN)
    try:
        table = read_npz(bytes(content[:cut]), call, Limits())
    except QglError as error:
        assert all(diagnostic.code.startswith("QGL06") and diagnostic.message for diagnostic in error.diagnostics)
    else:
        assert set(np.unique(table.values)) <= {0, 1}


def test_what_a_small_file_would_unpack_to_is_looked_up_first(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros((40_000, 8), dtype=np.float16))
    size = (tmp_path / "a.npz").stat().st_size
    assert size < 20_000
    found = fault("npz", tmp_path, Limits(data_bytes=20_000), path="a.npz")
    assert found.code == "QGL0610"
    assert "640 kB when it is unpacked" in found.message


def test_the_first_fault_of_a_large_table_is_told_and_all_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qgl.data.tables.arrays.BLOCK", 6)
    cells = np.zeros((9, 2), dtype=np.float16)
    cells[4, 1], cells[7, 0], cells[8, 1] = 0.5, np.nan, -1
    np.savez(tmp_path / "a.npz", x=cells)
    found = fault("npz", tmp_path, path="a.npz")
    assert isinstance(found, BadCell)
    assert (found.row, found.column, found.found, found.more) == (4, "1", "`0.5`", 2)
