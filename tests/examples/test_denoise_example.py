"""The denoiser at a reduced size: what it learns, and that its iterations lead from noise to what it was shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import qgl
from qgl.evaluate.outputs import rows
from qgl.report.report import measure

PROGRAM = Path(__file__).parents[2] / "examples" / "denoise" / "q_dense.qgl"


def test_pictures_get_cleaner(tmp_path: Path) -> None:
    model = qgl.load(PROGRAM, side=4, qubits=4, layers=4, levels=3, count=20)
    data = model.program.data["steps"]
    assert data.numbers is not None and data.conditions is not None
    run = model.train(out=tmp_path / "run", steps=120, display="quiet", pictures=False)
    error = measure(model, run.params, model.program.reports[:1], bare=True)[0].value
    assert error is not None and error < 0.85 * np.mean((data.numbers - data.conditions) ** 2)
    found = rows.iterations(model, run.params, 40, 3)["picture"]
    assert found.shape == (3, 40, 4, 4)
    clean = model.program.data["clean"].numbers
    assert clean is not None
    apart = [np.abs(each.reshape(40, 16).mean(axis=0) - clean.mean(axis=0)).mean() for each in found]
    assert apart[2] < apart[0]
