"""`qglc sample` of data that are bins of numbers: the same columns, in the same units, under the same names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qgl
from tests.command import qglc

PROGRAM = """
data seen = csv("table.csv", columns = ["rate, daily", "level"], bits = [1, 2], rows = 0..5, missing = drop);
visible v[3];
model { ry(1.2) v; cx v[0], v[1]; ry(?) v[2]; }
objective nll(seen);
train { steps 1; }
"""
TABLE = 'day,level,"rate, daily"\n2024-01-01,1,100\n2024-01-02,2,300\n2024-01-03,4,500\n2024-01-04,5,800\n'


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("columns")
    (folder / "table.csv").write_text(TABLE + "2024-01-05,,1\n2024-01-06,7,900\n2024-01-07,0,-50\n")
    (folder / "program.qgl").write_text(PROGRAM)
    qgl.load(folder / "program.qgl").train(out=folder / "run", display="quiet", pictures=False)
    (folder / "table.csv").unlink()  # the run folder keeps the bins
    return folder / "run"


def test_columns_units_and_names(run: Path) -> None:
    status, text, _ = qglc("sample", run, "-n", "300", "--seed", "2")
    head, *lines = text.splitlines()
    rows = np.array([list(map(float, line.split(","))) for line in lines])
    assert status == 0 and head == '"rate, daily",level' and rows.shape == (300, 2)
    np.testing.assert_allclose(np.unique(rows[:, 0]), [200, 2200 / 3])
    _, plain, _ = qglc("sample", run, "-n", "300", "--seed", "2", "--bits")
    bits = np.array([list(map(int, line.split(","))) for line in plain.splitlines()])
    assert bits.shape == (300, 3)
    np.testing.assert_allclose(rows[:, 0], np.where(bits[:, 0], 2200 / 3, 200))
    assert set(np.unique(rows[:, 1])) == {1.0, 2.0, 4.0, 6.0}


def test_numbers_inside_of_bins(run: Path, tmp_path: Path) -> None:
    first = qglc("sample", run, "-n", "300", "--seed", "2", "--inside")[1]
    assert first == qglc("sample", run, "-n", "300", "--seed", "2", "--inside")[1]
    rows = np.array([list(map(float, line.split(","))) for line in first.splitlines()[1:]])
    _, plain, _ = qglc("sample", run, "-n", "300", "--seed", "2", "--bits")
    bits = np.array([list(map(int, line.split(","))) for line in plain.splitlines()])
    assert len(np.unique(rows[:, 0])) > 250 and rows[:, 0].min() >= 100 and rows[:, 0].max() <= 900
    np.testing.assert_array_equal(rows[:, 0] >= 500, bits[:, 0] == 1)
    assert qglc("sample", run, "-n", "5", "-o", tmp_path / "rows.npz")[0] == 0
    with np.load(tmp_path / "rows.npz") as archive:
        assert archive["x"].shape == (5, 2)
