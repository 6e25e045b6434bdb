"""`qglc sample` and `qglc explain` of programs that hand out numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qgl
from tests.command import qglc

PROGRAM = """
data d = strings(["00", "11"]);
latent z ~ bernoulli(0.25);
visible v[2];
model { ry(2 + z) v[0]; ry(?) v[1]; }
output file[2] = list(q in v: expect(Z[q]));
output p[2, 2] = prob(v);
objective nll(d);
train { steps 1; }
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("numbers") / "run"
    qgl.loads(PROGRAM).train(out=path, display="quiet", pictures=False)
    return path


def test_rows_are_those_of_drawn_labels(run: Path, tmp_path: Path) -> None:
    opened = qgl.open_run(run)
    exact = opened.model.outputs(opened.params)
    status, text, errors = qglc("sample", run, "-n", "400", "--seed", "3")
    rows = np.array([list(map(float, line.split(","))) for line in text.split()])
    assert status == 0 and rows.shape == (400, 6)
    assert "file [2], p [2, 2]; exact means and probabilities" in errors
    labels = np.concatenate([np.asarray(each).reshape(2, -1) for each in exact.values()], axis=1)
    which = np.abs(rows[:, None] - labels).max(axis=2).argmin(axis=1)
    np.testing.assert_allclose(rows, labels[which], atol=1e-7)
    assert abs(which.mean() - 0.25) < 0.1
    status, _, _ = qglc("sample", run, "-n", "7", "-o", tmp_path / "rows.npz")
    with np.load(tmp_path / "rows.npz") as archive:
        assert {name: archive[name].shape for name in archive} == {"file": (7, 2), "p": (7, 2, 2)}


def test_shots(run: Path) -> None:
    status, text, errors = qglc("sample", run, "-n", "30", "--shots", "50")
    rows = np.array([list(map(float, line.split(","))) for line in text.split()])
    assert status == 0 and "50 shots behind each mean" in errors
    np.testing.assert_allclose((rows[:, :2] + 1) * 25, np.round((rows[:, :2] + 1) * 25), atol=1e-4)
    np.testing.assert_allclose(rows[:, 2:] * 50, np.round(rows[:, 2:] * 50), atol=1e-4)
    assert len(np.unique(rows, axis=0)) > 10
    assert qglc("sample", run, "-n", "30", "--shots", "50")[1] == text


def test_explain_plans_what_outputs_ask(tmp_path: Path) -> None:
    path = tmp_path / "wide.qgl"
    path.write_text(
        "visible v[60];\nmodel { h v; for (a, b) in chain(v) { cz a, b; } }\noutput y = expect(X[v[30]]);\n"
    )
    status, text, _ = qglc("explain", path)
    assert status == 0
    assert "sample: Expectation of 1 Pauli word" in text
