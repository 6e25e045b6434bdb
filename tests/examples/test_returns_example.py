"""Three columns of correlated returns: the table is its formula, held-out days are likelier than by the baselines, and
samples have its names, units and correlations.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from examples.returns.make_returns import NAMES, returns, table
from tests.command import qglc

FOLDER = Path(__file__).parents[2] / "examples" / "returns"


def test_the_table_is_its_formula() -> None:
    assert (FOLDER / "returns.csv").read_text() == table()


@pytest.mark.slow
def test_samples_have_the_correlations_of_the_days_that_are_learnt(tmp_path: Path) -> None:
    assert qglc("train", FOLDER / "returns.qgl", "--out", tmp_path / "run", "--no-pictures")[0] == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    unseen = next(metric for metric in report["metrics"] if metric["name"] == "nll(unseen)")
    beside = [unseen["uniform"], *unseen["baselines"].values()]
    assert len(beside) == 3 and unseen["value"] < min(beside) - 0.1
    learnt = returns()[:800]
    for more in ((), ("--inside",)):
        status, text, _ = qglc("sample", tmp_path / "run", "-n", "20000", *more)
        head, *lines = text.splitlines()
        assert status == 0 and head == ",".join(NAMES)
        rows = np.array([list(map(float, line.split(","))) for line in lines])
        assert np.abs(np.corrcoef(rows.T) - np.corrcoef(learnt.T)).max() < 0.05
        np.testing.assert_allclose(rows.std(axis=0), learnt.std(axis=0), rtol=0.05)
        assert (np.abs(rows.mean(axis=0) - learnt.mean(axis=0)) < 0.05 * learnt.std(axis=0)).all()
