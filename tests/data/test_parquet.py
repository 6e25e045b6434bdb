"""Parquet files: the same tables as in a text, and what they may not hold, say or unpack to."""

from __future__ import annotations

import datetime
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qgl.data.files import Limits
from tests.data.data_calls import fault, load

NUMBERS = {"a": [1.5, -2.0, 0.25, 4.0], "b": [3, 1, 2, 2], "kind": ["dog", "cat", "dog", "emu"]}


def write(path: Path, columns: dict[str, Any], **more: Any) -> None:
    pq.write_table(pa.table(columns), path, **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    days = [datetime.date(2024, 1, 1 + k) for k in range(4)]
    write(tmp_path / "table.parquet", NUMBERS | {"day": days, "pair": [[1, 2]] * 4, "none": [None] * 4})
    lines = ["a,b,kind", *(",".join(map(str, row)) for row in zip(*NUMBERS.values(), strict=True))]
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        {"columns": ("a", "b"), "bits": (1,)},
        {"columns": ("b", "a"), "bits": (1, 2), "bins": "width", "label": "kind"},
        {"columns": (1,), "numbers": True, "condition": ("a",), "label": 2, "classes": ("emu", "cat", "dog")},
        {"columns": ("b",), "categories": (4,), "label": "kind", "rows": (1, 3)},
    ],
)
def test_it_is_the_same_data_as_in_a_text(folder: Path, arguments: dict[str, Any]) -> None:
    ours, text = (load(kind, folder, path=f"table.{kind}", **arguments) for kind in ("parquet", "csv"))
    np.testing.assert_array_equal(ours.rows, text.rows)
    assert (ours.columns, ours.labels, ours.categories, ours.sha256) == (
        text.columns,
        text.labels,
        text.categories,
        text.sha256,
    )
    for one, other in ((ours.numbers, text.numbers), (ours.conditions, text.conditions)):
        np.testing.assert_array_equal(np.zeros(0) if one is None else one, np.zeros(0) if other is None else other)


def test_labels_and_truth_values_of_other_types(tmp_path: Path) -> None:
    coded = pa.DictionaryArray.from_arrays(pa.array([1, None, 0, 1]), pa.array(["x", "y"]))
    write(
        tmp_path / "t.parquet",
        {"a": [True, False, True, True], "code": coded, "flag": [True, False] * 2, "n": [7, 3] * 2},
    )
    found = load("parquet", tmp_path, path="t.parquet", columns=("a",), label="code", missing="drop")
    assert found.labels is not None and found.labels.names == ("x", "y") and found.rows.ravel().tolist() == [1, 1, 1]
    missing = fault("parquet", tmp_path, path="t.parquet", columns=("a",), label="code")
    assert missing.code == "QGL0618" and "row 1, column 1 (`code`)" in missing.message
    for label, names in (("flag", ("false", "true")), ("n", ("3", "7"))):
        named = load("parquet", tmp_path, path="t.parquet", columns=("a",), label=label)
        assert named.labels is not None and named.labels.names == names


@pytest.mark.parametrize(
    ("columns", "code", "wording"),
    [
        (("day",), "QGL0623", "column 3 (`day`): it holds dates or times (date32[day])"),
        (("pair",), "QGL0623", "it holds lists or records"),
        (("none",), "QGL0623", "it holds nothing"),
        (("kind",), "QGL0623", "it holds string"),
        (("c",), "QGL0608", "no column"),
        (("a", "a"), "QGL0613", "named twice"),
    ],
)
def test_columns_that_are_no_numbers(folder: Path, columns: tuple[str, ...], code: str, wording: str) -> None:
    found = fault("parquet", folder, path="table.parquet", columns=columns, bits=(1,))
    assert (found.code, wording in found.message) == (code, True), found.message
    label = fault("parquet", folder, path="table.parquet", columns=("b",), bits=(1,), label="day")
    assert label.code == "QGL0623" and "labels, words" in label.message


def test_cells_that_are_missing_or_no_bits(tmp_path: Path) -> None:
    write(tmp_path / "t.parquet", {"x": [0, 1, 2], "y": [1.0, None, 3.0], "z": [1.0, float("inf"), 0.0]})
    assert fault("parquet", tmp_path, path="t.parquet", columns=("x",)).message == (
        '"t.parquet", row 2, column 0 (`x`): expected 0 or 1, found `2.0`'
    )
    assert fault("parquet", tmp_path, path="t.parquet", columns=("y",), bits=(1,)).code == "QGL0618"
    assert "row 1, column 2 (`z`)" in fault("parquet", tmp_path, path="t.parquet", columns=("z",), bits=(1,)).message
    left = load("parquet", tmp_path, path="t.parquet", columns=("y",), numbers=True, missing="drop")
    assert left.numbers is not None and left.numbers.ravel().tolist() == [1, 3]


def test_sizes_are_bounded_before_anything_is_unpacked(tmp_path: Path) -> None:
    write(tmp_path / "t.parquet", {"x": np.zeros(100_000), "y": np.zeros(100_000)})  # some hundred bytes
    assert (tmp_path / "t.parquet").stat().st_size < 5000
    cases = [Limits(columns=1), Limits(cells=150_000), Limits(data_bytes=1_000_000)]
    for limits in cases:
        assert fault("parquet", tmp_path, limits, path="t.parquet", bits=(1,)).code == "QGL0610"
    write(tmp_path / "none.parquet", {"x": np.zeros(0)})
    assert fault("parquet", tmp_path, path="none.parquet", bits=(1,)).code == "QGL0607"
    write(tmp_path / "words.parquet", {"x": [0, 1] * 50, "kind": ["k" * 3000] * 100}, use_dictionary=False)
    limits = Limits(data_bytes=200_000)
    small: dict[str, Any] = {"path": "words.parquet", "columns": ("x",)}
    assert fault("parquet", tmp_path, limits, label="kind", **small).code == "QGL0610"
    assert load("parquet", tmp_path, limits, **small).width == 1


def test_a_word_that_comes_often_is_held_once(tmp_path: Path) -> None:
    write(tmp_path / "t.parquet", {"x": [0, 1] * 1000, "kind": ["k" * 100_000, "j"] * 1000})
    before = pa.default_memory_pool().max_memory()
    found = fault("parquet", tmp_path, path="t.parquet", columns=("x",), label="kind")
    assert found.code == "QGL0613" and "100,000 characters" in found.message and len(found.message) < 200
    assert pa.default_memory_pool().max_memory() - before < 50 << 20  # where all rows have 100 MB


def test_damaged_files_are_faults(folder: Path) -> None:
    whole = (folder / "table.parquet").read_bytes()
    random = np.random.default_rng(4)
    (folder / "t.parquet").write_bytes(b"PAR1 no table")
    assert fault("parquet", folder, path="t.parquet", bits=(1,)).code == "QGL0609"
    for _ in range(60):
        damaged = np.frombuffer(whole, np.uint8).copy()
        damaged[random.integers(len(whole), size=3)] = random.integers(256, size=3)
        (folder / "t.parquet").write_bytes(damaged.tobytes())
        try:
            load("parquet", folder, path="t.parquet", columns=("a", "b"), numbers=True, label="kind")
        except Exception as error:
            assert type(error).__name__ == "QglError", error


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array([0, 1]), pa.array([1, 0])], names=["x", "x"])
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    (tmp_path / "t.parquet").write_bytes(buffer.getvalue())
    assert "one name" in fault("parquet", tmp_path, path="t.parquet").message


def test_without_pyarrow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    found = fault("parquet", folder, path="table.parquet", bits=(1,))
    assert found.code == "QGL0625" and "qglc[parquet]" in found.help
