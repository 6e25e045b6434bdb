"""Pictures of columns: what each panel shows, and that runs of binned data have one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qgl
from qgl.report.column_pictures import columns


@pytest.mark.parametrize("count", [1, 3, 8])
def test_panels(count: int) -> None:
    random = np.random.default_rng(0)
    data, model = random.normal(size=(50, count)), random.normal(size=(70, count))
    data[:, 0] = 2.0
    figure = columns(("$a", "b", "c")[:count] if count < 4 else (), data, model)
    shown = min(count, 6)
    assert len(figure.axes) == shown * (shown + 1)
    if count == 3:
        grid = np.array(figure.axes, dtype=object).reshape(4, 3)
        assert grid[0, 2].get_title(loc="right") == f"{np.corrcoef(model[:, [0, 2]].T)[0, 1]:.2f}"
        assert grid[2, 1].get_title(loc="right") == f"{np.corrcoef(data[:, 1:].T)[0, 1]:.2f}"
        assert grid[2, 0].get_title(loc="right") == ""  # of a column that is always the same
        (points,) = [line for line in grid[3, 1].lines if len(np.atleast_1d(line.get_xdata())) == 99]
        np.testing.assert_allclose(points.get_ydata(), np.quantile(model[:, 1], np.arange(1, 100) / 100))
        assert grid[0, 0].get_ylabel() == r"\$a"


def test_a_run_of_binned_data_has_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("table.npz", np.random.default_rng(1).normal(size=(40, 2)))
    run = qgl.loads(
        'data d = npz("table.npz", bits = 1);\nvisible v[2];\nmodel { ry(?) v; }\n'
        "objective nll(d);\ntrain { steps 1; }\n"
    ).train(out=tmp_path / "run", display="quiet")
    assert (tmp_path / "run" / "columns.png").stat().st_size > 5000
    assert len(run.plot("columns").axes) == 6
