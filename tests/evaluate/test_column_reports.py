"""`report columns`: distances of variables and correlations of bins, against sums over all strings and over samples."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.bits.distribution import strings
from qgl.data.numbers import in_units
from qgl.evaluate import evaluate_samples
from qgl.objectives import Setting
from qgl.report.report import measure

PROGRAM = """
data d = csv("table.csv", columns = ["a", "b"], bits = [2, 1]);
visible v[3];
model { ry(?) v; cx v[0], v[2]; ry(?) v; }
objective nll(d);
report columns;
"""


@pytest.fixture
def model(tmp_path: Path) -> qgl.Model:
    random = np.random.default_rng(0)
    a = random.normal(size=60)
    table = np.column_stack([a, 3 * a + random.normal(size=60)])
    lines = "\n".join(f"{x:.5f},{y:.5f}" for x, y in table)
    (tmp_path / "table.csv").write_text(f"a,b\n{lines}\n")
    (tmp_path / "program.qgl").write_text(PROGRAM)
    return qgl.load(tmp_path / "program.qgl", precision="double")


def test_exact_and_from_samples(model: qgl.Model) -> None:
    params = model.init(jax.random.key(0))
    rows = measure(model, params, model.program.reports)
    data = model.program.data["d"]
    p, q = np.asarray(model.probabilities(params)), np.bincount(data.rows @ [4, 2, 1], minlength=8) / 60
    units = in_units(strings(np.arange(8), 3).astype(np.uint8), data)
    assert units is not None

    def correlation(weights: NDArray[np.float64]) -> float:
        covariance = np.cov(units.T, aweights=weights, ddof=0)
        return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))

    first = np.abs((p - q).reshape(4, 2).sum(axis=1)).sum() / 2
    second = np.abs((p - q).reshape(4, 2).sum(axis=0)).sum() / 2
    assert [row.name for row in rows] == [
        "columns(d), tv of `a`",
        "columns(d), tv of `b`",
        "columns(d), correlation of `a` and `b`",
    ]
    np.testing.assert_allclose([row.value or 0.0 for row in rows], [first, second, correlation(p)], atol=1e-9)
    assert rows[2].floor == pytest.approx(correlation(q)) and rows[2].uniform == pytest.approx(0)
    assert rows[2].baselines["independent"] == pytest.approx(0, abs=1e-12)
    drawn = np.asarray(model.sample(params, jax.random.key(1), 4000), np.uint8)
    sampled = evaluate_samples(model.program.reports, Setting.of(model.program), drawn)
    found = np.bincount(drawn @ np.array([4, 2, 1]), minlength=8) / 4000
    for row, value in zip(sampled, (None, None, correlation(found)), strict=True):
        assert row.error is not None and row.value is not None
        assert value is None or row.value == pytest.approx(value)
    assert abs((sampled[0].value or 0) - first) < 5 * (sampled[0].error or 0)


def test_bits_alone_and_large_variables_are_refused() -> None:
    head = "visible v[2];\nmodel { ry(?) v; }\ndata d = parity(2);\nobjective nll(d);\n"
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads(f"{head}report columns;\n")
    assert [each.code for each in caught.value.diagnostics] == ["QGL0629"]
    large = "visible v[2] : category(100);\nmodel { ry(?) v; }\ndata d = parity(14);\nobjective nll(d);\n"
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads(f"{large}report columns;\n")
    assert "12 bits together" in caught.value.diagnostics[0].message
