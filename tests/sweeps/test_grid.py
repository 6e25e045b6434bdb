"""Values of `--set`, the points of a grid, and their folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from qgl.diagnostics.model import QglError
from qgl.sweeps.grid import Grid, label
from qgl.syntax.literals import read_values
from tests.command import qglc


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("3", [3]),
        ("1..10", [range(1, 11)]),
        ("-2..2", [range(-2, 3)]),
        ("0.1, 0.01", [0.1, 0.01]),
        ("1..3, 8", [range(1, 4), 8]),
        ('a, "b c"', ["a", "b c"]),
        ("true,false", [True, False]),
        ("[1, 2], [3]", [[1, 2], [3]]),
        ("2..1", [range(2, 2)]),
        ("0.1..0.3", None),
        ("true..3", None),
        ("1 + 1", None),
        ("1]; const b = [2", None),
        ("", None),
        ("-a", None),
        ("1 2", None),
    ],
)
def test_values_of_a_text(text: str, values: list[object] | None) -> None:
    assert read_values(text) == values


def test_points_in_order_the_first_slowest() -> None:
    grid = Grid.of({"depth": [range(1, 3)], "rate": [0.1, 0.01], "n": 4})
    assert grid.swept == ("depth", "rate")
    assert [point.folder for point in grid.points] == [
        *["depth=1,rate=0.1", "depth=1,rate=0.01", "depth=2,rate=0.1", "depth=2,rate=0.01"]
    ]
    assert grid.points[3].constants == {"depth": 2, "rate": 0.01, "n": 4}
    assert label(grid.points[3].constants, grid.swept) == "depth=2, rate=0.01"


def test_folders_are_safe_and_different() -> None:
    grid = Grid.of({"name": ["../x", ".._x", "A", "a", "é", "x" * 300, "x" * 301]})
    folders = [point.folder for point in grid.points]
    assert len({folder.lower() for folder in folders}) == 7
    assert all(Path(folder).name == folder and len(folder) < 140 for folder in folders)


def test_values_that_come_twice_are_one_and_types_stay() -> None:
    assert Grid.of({"a": [1, 1, 1.0, True]}).values == {"a": (1, 1.0, True)}
    assert [type(value) for value in Grid.of({"a": [1, 1, 1.0, True]}).values["a"]] == [int, float, bool]
    assert Grid.of({"a": [[1, [2]], [1, [2]]]}).values == {"a": ([1, [2]],)}


def test_nothing_swept_is_one_point() -> None:
    (point,) = Grid.of({"n": 3}).points
    assert point.folder == "n=3"


def test_too_many_points() -> None:
    for values in ({"a": range(10**9)}, {"a": [range(10**9)]}, {"a": range(200), "b": range(200)}):
        with pytest.raises(QglError) as caught:
            Grid.of(values)
        assert [fault.code for fault in caught.value.diagnostics] == ["QGL0942"]
    with pytest.raises(ValueError, match="no values"):
        Grid.of({"a": []})


@pytest.mark.parametrize(
    ("arguments", "wording"),
    [
        (("train", "p.qgl", "--set", "depth=1..10"), "qglc sweep"),
        (("check", "p.qgl", "--set", "depth=1,2"), "qglc sweep"),
        (("sweep", "p.qgl", "--set", "depth=3..1", "--out", "o"), "no values"),
        (("sweep", "p.qgl", "--set", "depth=1+1", "--out", "o"), "is no number"),
        (("sweep", "p.qgl", "--out", "o"), "what to sweep"),
        (("sweep", "--set", "depth=1..2", "--out", "o"), "FILE"),
        (("sweep", "-", "--set", "depth=1..2", "--out", "o"), "FILE"),
        (("sweep", "--resume", "o", "--seeds", "4"), "--seeds"),
        (("sweep", "--resume", "o", "--dry-run"), "--dry-run"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], wording: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.qgl").write_text("const depth = 1;\nvisible v;\nmodel { repeat depth { h v; } }\n", encoding="utf-8")
    status, _, errors = qglc(*arguments)
    assert status == 2
    assert wording in " ".join(errors.replace("│", " ").split())
