"""Columns of real numbers as bins: edges against NumPy, inverses, held-out rows, names, missing values and dates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.data.numbers import in_units
from qgl.program.program import DataSet
from qgl.program.transforms import Binning, undone
from qgl.runs.data import decode, encode

MODEL = "visible v[2];\nmodel { h v; }\n"
TABLE = np.random.default_rng(5).normal([0, 10, -3], [1, 4, 0.1], (40, 3)).round(6)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    days = [f"2024-01-{1 + k % 28:02d}" for k in range(40)]
    lines = [f"{day},{','.join(map(str, row))}" for day, row in zip(days, TABLE.tolist(), strict=True)]
    text = "\n".join(["day,a,b,c", *lines]) + "\n"
    Path("table.csv").write_text(text)
    Path("holes.csv").write_text("a,b\n1.5,2\n,3\n4,NA\n5,6\n7,8\n")
    np.savez("table.npz", TABLE)
    np.savez("holes.npz", np.array([[1.0, 2.0], [np.nan, 3.0], [4.0, 5.0]]))
    return tmp_path


def data(text: str) -> dict[str, DataSet]:
    return qgl.loads(text + MODEL).program.data


def codes(found: DataSet) -> NDArray[np.int64]:
    """The bins of rows of three columns of two bits."""
    return np.asarray(found.rows.reshape(-1, 3, 2) @ [2, 1])


def test_bins_of_quantiles_and_of_equal_width(folder: Path) -> None:
    found = data(
        'data q = csv("table.csv", columns = ["a", "b", "c"], bits = 2);\n'
        'data w = npz("table.npz", bits = 2, bins = width);\n'
        'data x = npz("table.npz", numbers = true);\ndata l = levels(x, 2, bins = width);\n'
        'data u = npz("table.npz", bits = [1, 3, 2]);\n'
    )
    assert (np.bincount(codes(found["q"])[:, 1]) == 10).all() and found["q"].columns == ("a", "b", "c")
    least, most = TABLE.min(axis=0), TABLE.max(axis=0)
    np.testing.assert_array_equal(codes(found["w"]), np.minimum(np.floor(4 * (TABLE - least) / (most - least)), 3))
    np.testing.assert_array_equal(found["l"].rows, found["w"].rows)
    assert found["u"].categories == ((2, 1), (8, 3), (4, 2)) and found["u"].width == 6
    third = np.quantile(TABLE[:, 1], np.arange(1, 8) / 8)
    np.testing.assert_array_equal(found["u"].rows[:, 1:4] @ [4, 2, 1], (TABLE[:, 1, None] >= third).sum(axis=1))


def test_centres_are_means_and_what_is_drawn_stays_inside_with_the_same_mean(folder: Path) -> None:
    found = data('data x = csv("table.csv", columns = ["a", "b", "c"], bits = 2);\n')["x"]
    back = in_units(found.rows, found)
    assert back is not None
    for column in range(3):
        for k in range(4):
            inside = codes(found)[:, column] == k
            assert back[inside, column] == pytest.approx(TABLE[inside, column].mean(), rel=1e-12)
    many = np.repeat(found.rows, 2000, axis=0)
    drawn = in_units(many, found, np.random.default_rng(0))
    assert drawn is not None
    step = found.undo[-1]
    assert isinstance(step, Binning)
    np.testing.assert_array_equal(step.apply(drawn)[:, 1], np.repeat(codes(found)[:, 1], 2000))
    np.testing.assert_allclose(drawn.mean(axis=0), TABLE.mean(axis=0), atol=0.02 * TABLE.std(axis=0).max())
    assert len(np.unique(drawn[:, 0])) > 70_000


def test_the_bins_of_an_empty_and_of_a_constant_column() -> None:
    step = Binning.fitted(np.array([[0.0, 2.0], [4.0, 2.0]]), (2, 2), 1.0)
    np.testing.assert_allclose(step.undo(np.array([[1.0, 0.0], [3.0, 3.0]])), [[1.5, 2.0], [4.0, 2.0]])
    drawn = step.drawn(np.array([[1.0, 0.0], [3.0, 3.0]]), np.random.default_rng(1))
    assert 1 <= drawn[0, 0] <= 2 and 3.98 < drawn[1, 0] <= 4 and (drawn[:, 1] == 2).all()


def test_held_out_rows_are_put_into_the_bins_of_those_that_are_learnt(folder: Path) -> None:
    found = data(
        'data seen = npz("table.npz", bits = 2, rows = 0..29);\n'
        'data unseen = npz("table.npz", bits = 2, rows = 30..39, fit = seen);\n'
        'data x = npz("table.npz", numbers = true);\ndata early = subset(x, count = 30, seed = 1);\n'
        "data late = without(x, early);\ndata a = levels(early, 2);\ndata b = levels(late, 2, fit = early);\n"
        "data c = levels(late, 2, fit = a);\n"
    )
    edges = np.quantile(TABLE[:30], [0.25, 0.5, 0.75], axis=0)
    np.testing.assert_array_equal(codes(found["unseen"]), (TABLE[30:, None] >= edges).sum(axis=1))
    early, late = found["early"].numbers, found["late"].numbers
    assert early is not None and late is not None
    rows = np.concatenate([early, late])
    np.testing.assert_array_equal(rows[rows[:, 0].argsort()], TABLE[TABLE[:, 0].argsort()])
    np.testing.assert_array_equal(found["b"].rows, found["c"].rows)
    edges = np.quantile(early, [0.25, 0.5, 0.75], axis=0)
    np.testing.assert_array_equal(codes(found["b"]), (late[:, None] >= edges).sum(axis=1))


def test_what_was_done_before_binning_is_undone_too(folder: Path) -> None:
    found = data(
        'data x = csv("table.csv", columns = ["a", "b", "c"], numbers = true);\n'
        "data s = scaled(x, alike = false);\ndata y = levels(s, 8, bins = width);\n"
    )["y"]
    back = in_units(found.rows, found)
    assert back is not None and found.columns == ("a", "b", "c")
    assert (np.abs(back - TABLE) <= (TABLE.max(axis=0) - TABLE.min(axis=0)) / 256).all()


def test_conditions_stand_beside_bins(folder: Path) -> None:
    found = data('data x = csv("table.csv", columns = ["a", "b"], condition = ["c"], bits = 2);\n')["x"]
    np.testing.assert_array_equal(found.conditions, TABLE[:, 2:])
    assert found.columns == ("a", "b") and found.width == 4


def test_missing_values_are_left_out_if_the_program_says_so(folder: Path) -> None:
    found = data(
        'data a = csv("holes.csv", numbers = true, missing = drop);\n'
        'data b = csv("holes.csv", bits = 1, missing = drop, rows = 1..4);\n'
        'data c = npz("holes.npz", numbers = true, missing = drop);\n'
    )
    np.testing.assert_array_equal(found["a"].numbers, [[1.5, 2], [5, 6], [7, 8]])
    assert "2 rows with missing values left out" in found["a"].description
    assert found["b"].rows.tolist() == [[0, 0], [1, 1]] and "2 rows with missing" in found["b"].description
    np.testing.assert_array_equal(found["c"].numbers, [[1, 2], [4, 5]])


def test_run_folders_keep_bins_and_names(folder: Path) -> None:
    found = data('data x = csv("table.csv", columns = ["b", "a"], bits = [2, 3]);\n')
    Path("data.safetensors").write_bytes(encode(found))
    back = decode(Path("data.safetensors"))["x"]
    assert back.columns == ("b", "a") and back.categories == ((4, 2), (8, 3)) and back.sha256 == found["x"].sha256
    first = np.zeros((1, 2))
    np.testing.assert_array_equal(undone(first, back.undo), undone(first, found["x"].undo))


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ('data x = csv("table.csv", bits = 2);', "QGL0619", "`2024-01-01` is a date"),
        ('data x = csv("holes.csv", bits = 2);', "QGL0618", "row 3, column 0 (`a`): a value is missing"),
        ('data x = npz("holes.npz", numbers = true);', "QGL0618", "row 1"),
        ('data x = csv("holes.csv", rows = 1..2, numbers = true, missing = drop);', "QGL0607", "missing in each"),
        ('data x = npz("table.npz", bits = [2, 3]);', "QGL0613", "2 numbers of bits for 3 columns"),
        ('data x = npz("table.npz", bits = 2, categories = 3);', "QGL0613", "no categories"),
        ('data x = npz("table.npz", missing = drop);', "QGL0613", "of real numbers"),
        ('data y = parity(2);\ndata x = npz("table.npz", bits = 2, fit = y);', "QGL0613", "neither real numbers"),
        (
            'data y = npz("table.npz", bits = 3);\ndata x = npz("table.npz", bits = 2, fit = y);',
            "QGL0613",
            "3 columns, 3 bits each",
        ),
        ('data x = npz("table.npz", bits = 13);', "QGL0703", "from 1 to 12"),
        (
            'data y = npz("table.npz", numbers = true);\ndata z = parity(2);\ndata x = without(y, z);',
            "QGL0613",
            "2 bits",
        ),
    ],
)
def test_faults(folder: Path, text: str, code: str, part: str) -> None:
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads(f"{text}\n{MODEL}")
    faults = [each for each in caught.value.diagnostics if each.code != "QGL0211"]
    assert [each.code for each in faults] == [code]
    assert part in faults[0].message and faults[0].span is not None
