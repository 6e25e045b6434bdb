"""Words of truncated answers that are kept for some steps: what is trained, what is told, and going on after a kill."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.diagnostics.model import QglError
from qgl.report.truncation import loss_error
from qgl.train.strategies.strategy import run_key
from qgl.train.trainable import number_type
from tests.check.checking import faults

Real = NDArray[np.float64]
GRID = """
lattice field = grid(2, 3);
visible v on field;
param turn[3, 6] : angle ~ normal(0, 0.3);
model {{ repeat 2 as l {{ rx(turn[l]) v; for (a, b) in edges(field) {{ rzz(0.3) a, b; }} }} rx(turn[2]) v; }}
objective energy(sum((a, b) in edges(field): Z[a] * Z[b]));
train {{ approximate propagation(smallest = 1e-2{refresh}); optimizer adam(rate = 0.05); steps 7; seeds 2;
    precision double; }}
"""


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few qubits are quicker by other methods, which are exact."""
    monkeypatch.setattr("qgl.plan.planner.METHODS", ())


def column(folder: Path, name: str) -> Real:
    """Of each step and seed."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return np.array([row[name] if name in row else row["terms"][name] for row in rows])


def test_words_are_kept_for_some_steps_and_estimates_told(tmp_path: Path) -> None:
    model, whole, parts = qgl.loads(GRID.format(refresh=", refresh = 3")), tmp_path / "whole", tmp_path / "parts"
    run = model.train(out=whole, display="quiet", pictures=False)
    model.train(out=parts, steps=2, display="quiet", pictures=False)
    again = qgl.loads(GRID.format(refresh=", refresh = 3")).train(
        resume=parts, steps=7, display="quiet", pictures=False
    )
    for name in ("loss", "truncation"):
        assert column(parts, name).tobytes() == column(whole, name).tobytes()
    assert all(np.array_equal(again.all_params[name], value) for name, value in run.all_params.items())
    with number_type(model):
        start = model.init(run_key(0, 0, 0))
        error, estimates = loss_error(model, start), column(whole, "truncation")
    assert error is not None and np.allclose(estimates[:3, 0], error.loss)
    assert np.allclose(column(whole, "loss")[0, 0], model.loss(start))
    assert all(len(np.unique(stretch)) == 2 for stretch in (estimates[:3], estimates[3:6], estimates[6:]))


def test_the_words_of_the_anchor_make_the_loss(tmp_path: Path) -> None:
    """With `refresh = 1` training is that without, up to the rounding of another order of sums."""
    for name, refresh in (("anew", ""), ("kept", ", refresh = 1")):
        model = qgl.loads(GRID.format(refresh=refresh))
        model.train(out=tmp_path / name, steps=2, display="quiet", pictures=False)
    anew, kept = (column(tmp_path / name, "loss") for name in ("anew", "kept"))
    assert np.allclose(kept, anew, atol=1e-9)


def test_a_pattern_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qgl.plan.propagation.program.MOST_NODES", 100)
    with pytest.raises(QglError) as error:
        qgl.loads(GRID.format(refresh=", refresh = 3")).train(display="quiet")
    assert [fault.code for fault in error.value.diagnostics] == ["QGL0918"]


def test_programs_of_several_circuits_keep_no_words() -> None:
    several = GRID.format(refresh=", refresh = 3").replace("param turn", "latent h ~ normal(0, 1) draws 4;\nparam turn")
    several = several.replace("rzz(0.3)", "rzz(0.3 * h)")
    assert [fault.code for fault in faults(several)] == ["QGL0733"]
