"""Columns of labels: which numbers classes have, held-out rows, missing and unknown labels, and digits with theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qgl
from qgl.data.digits import pictures
from qgl.diagnostics.model import QglError
from qgl.program.labels import Labels
from qgl.program.program import DataSet
from qgl.runs.data import decode, encode
from tests.data.data_calls import fault

TABLE = "a,b,kind\n1.0,2,dog\n2.5,1,cat\n3.0,0,dog\n4.0,4,emu\n4.5,5,emu\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("table.csv").write_text(TABLE)
    Path("bits.csv").write_text("0,1,10\n1,1,9\n1,0,10\n")
    Path("holes.csv").write_text("x,y,kind\n1,2,none\n3,NA,mild\n5,6,\n7,8,mild\n")
    np.savez("table.npz", np.array([[0, 1, 7], [1, 1, 3], [1, 0, 7]]))
    return tmp_path


def data(text: str) -> dict[str, DataSet]:
    return qgl.loads(text + "visible v[2];\nmodel { h v; }\n").program.data


def test_labels_are_numbered_in_the_order_that_is_said(folder: Path) -> None:
    found = data(
        'data words = csv("table.csv", bits = 2, label = "kind");\n'
        'data turned = csv("table.csv", bits = 2, label = 2, classes = ["emu", "dog", "cat"]);\n'
        'data later = csv("table.csv", bits = 2, label = "kind", rows = 3..4, fit = turned);\n'
        'data bits = csv("bits.csv", label = 2);\n'
        'data array = npz("table.npz", label = 2, classes = [7, 3, 5]);\n'
    )
    labels = {name: each.labels.names for name, each in found.items() if each.labels is not None}
    assert labels["words"] == ("cat", "dog", "emu") and labels["bits"] == ("9", "10")
    assert labels["turned"] == labels["later"] == ("emu", "dog", "cat") and labels["array"] == ("7", "3", "5")
    numbers = {name: each.conditions.ravel().tolist() for name, each in found.items() if each.conditions is not None}
    assert numbers["words"] == [1, 0, 1, 2, 2] and numbers["turned"] == [1, 2, 1, 0, 0] and numbers["later"] == [0, 0]
    assert numbers["bits"] == [1, 0, 1] and numbers["array"] == [0, 1, 0]
    assert found["bits"].rows.tolist() == [[0, 1], [1, 1], [1, 0]]
    assert found["words"].columns == ("a", "b") and found["words"].sha256 != found["turned"].sha256
    assert (
        "cat = 0, dog = 1, emu = 2" in found["words"].guessed and not found["turned"].guessed + found["later"].guessed
    )


def test_labels_stand_before_other_conditions_and_come_back_from_a_run_folder(folder: Path) -> None:
    found = data('data x = csv("table.csv", columns = [0], condition = ["b"], label = "kind", bits = 2);\n')["x"]
    assert found.conditions is not None and found.conditions.tolist() == [[1, 2], [0, 1], [1, 0], [2, 4], [2, 5]]
    path = folder / "data.safetensors"
    path.write_bytes(encode({"x": found}))
    again = decode(path)["x"]
    assert again.labels == found.labels == Labels("kind", ("cat", "dog", "emu"))
    part = data('data x = csv("table.csv", bits = 2, label = 2);\ndata y = subset(x, count = 2);\n')["y"]
    assert part.labels is not None and part.conditions is not None and len(part.conditions) == 2


def test_rows_without_a_label_or_a_number_are_a_fault_or_left_out(folder: Path) -> None:
    found = fault("csv", folder, path="holes.csv", numbers=True, columns=("x",), label="kind")
    assert (found.code, found.message) == (
        "QGL0618",
        '"holes.csv", row 4, column 2 (`kind`): a value is missing, found no label',
    )
    left = data('data x = csv("holes.csv", numbers = true, label = "kind", missing = drop);\n')["x"]
    assert left.numbers is not None and left.numbers.tolist() == [[1, 2], [7, 8]]
    assert left.labels is not None and left.labels.names == ("mild", "none")
    assert left.conditions is not None and left.conditions.ravel().tolist() == [1, 0]
    assert "2 rows with missing values left out" in left.description


def test_what_is_no_column_of_labels(folder: Path) -> None:
    unknown = fault("csv", folder, path="table.csv", bits=(2,), label="kind", classes=("cat", "dog"))
    assert unknown.code == "QGL0605" and "row 5, column 2 (`kind`): expected one of the labels cat, dog" in str(
        unknown.message
    )
    cases: dict[str, dict[str, Any]] = {
        "`classes` are those of labels": {"classes": ("a",)},
        "names one of them twice": {"label": "kind", "classes": ("cat", "dog", "emu", "dog")},
        "is named twice": {"label": "kind", "columns": ("a", "kind")},
    }
    for wording, arguments in cases.items():
        found = fault("csv", folder, path="table.csv", bits=(2,), **arguments)
        assert (found.code, wording in found.message) == ("QGL0613", True)
    assert fault("csv", folder, path="table.csv", bits=(2,), label="kinds").code == "QGL0608"
    Path("one.csv").write_text("x,kind\n1,a\n2,a\n")
    assert "all of its labels are a" in fault("csv", folder, path="one.csv", bits=(1,), label="kind").message
    Path("many.csv").write_text("x,kind\n" + "".join(f"{k},k{k}\n" for k in range(1025)))
    assert "more than 1,024 different" in fault("csv", folder, path="many.csv", bits=(1,), label="kind").message


def test_a_label_is_meant_by_its_name_or_where_names_are_no_numbers_by_its_number() -> None:
    words, numbers = Labels("kind", ("cat", "dog")), Labels("digit", ("3", "1"))
    assert [words.number(text) for text in ("dog", " cat ", "1", "2", "cow")] == [1, 0, 1, None, None]
    assert [numbers.number(text) for text in ("1", "3.0", "0")] == [1, 0, None]


def test_digits_come_with_theirs() -> None:
    found = data("data x = digits(classes = [3, 1], size = 2, labels = true);\n")["x"]
    assert found.labels == Labels("digit", ("3", "1")) and found.conditions is not None
    _, digit = pictures()
    kept = digit[np.isin(digit, [1, 3])]
    np.testing.assert_array_equal(found.conditions.ravel(), np.where(kept == 3, 0, 1))
    grey = data("data g = digits(classes = [3, 1], size = 2, grey = true, labels = true);\ndata x = levels(g, 1);\n")
    assert grey["x"].labels == found.labels


def test_labels_stay_with_rows_that_are_made_one_of_each() -> None:
    found = data(
        "data g = digits(classes = [3, 1], size = 2, grey = true, labels = true);\ndata p = pca(g, 2);\n"
        "data s = scaled(p);\ndata u = unit(s);\ndata x = levels(s, 1);\ndata r = rows(s, 0..9);\n"
    )
    for name in ("p", "s", "u", "x"):
        assert found[name].labels == Labels("digit", ("3", "1"))
        conditions, whole = found[name].conditions, found["g"].conditions
        assert conditions is not None and whole is not None and np.array_equal(conditions, whole)
    assert found["r"].conditions is not None and len(found["r"].conditions) == 10


@pytest.mark.parametrize(
    "condition, second, wording",
    [
        ("category(4)", "classes = [1, 0]", "`label` 4 categories"),
        ("category(2)", "classes = [0, 1]", "what the model learns 1 = 0, 0 = 1"),
    ],
)
def test_labels_of_all_data_are_those_of_the_condition(condition: str, second: str, wording: str) -> None:
    text = (
        "data x = digits(classes = [1, 0], size = 1, labels = true);\n"
        f"data y = digits({second}, size = 1, labels = true);\n"
        f"condition label : {condition};\nvisible v;\nmodel {{ ry(label) v; }}\nobjective nll(x);\nreport nll(y);\n"
    )
    with pytest.raises(QglError) as caught:
        qgl.loads(text)
    (found,) = caught.value.diagnostics
    assert found.code == "QGL0428" and wording in found.message
