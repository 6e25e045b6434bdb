"""Reports on elements of ensembles, and the Jensen-Shannon divergence, by their definitions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

import qgl
from qgl.diagnostics.model import QglError
from qgl.evaluate import metrics
from qgl.evaluate.distributions import DenseDistribution
from qgl.evaluate.exact import evaluate
from qgl.evaluate.metrics import js
from qgl.evaluate.row import Row
from qgl.evaluate.table import floors
from qgl.objectives.model import Setting
from tests.reference.states import uhlmann

KEPT = """
data bell = state("bell.npz");
data werner = state("werner.npz");
data even = parity(2);
visible v[2];
param a[2] : angle;
model {{ fresh e; rx(a[0]) e; ry(0.7) v[0]; cx e, v[1]; cz v[0], v[1]; rx(a[1]) e; measure e keep; {noise} }}
report mean_fidelity("01"), mean_fidelity(data = bell), mean_fidelity(data = werner), purity, purity(of = elements);
report js(even);
"""
WERNER = 0.7 * np.outer([1, 0, 0, 1], [1, 0, 0, 1]) / 2 + 0.3 * np.eye(4) / 4


def rows_of(noise: str, tmp_path: Any) -> tuple[qgl.Model, dict[str, Any], dict[str, Row]]:
    np.savez(tmp_path / "bell.npz", np.array([1, 0, 0, 1]) / np.sqrt(2))
    np.savez(tmp_path / "werner.npz", WERNER)
    (tmp_path / "kept.qgl").write_text(KEPT.format(noise=noise))
    model = qgl.load(tmp_path / "kept.qgl", precision="double")
    with jax.enable_x64(True):
        params = {"a": jnp.array([0.8, -0.3])}
    setting = Setting.of(model.program)
    rows = evaluate(model.program.reports, setting, lambda query, *_: model.answer(params, query))
    return model, params, {row.name: row for row in rows}


@pytest.mark.parametrize("noise", ["", "depolarizing(0.2) v;"])
def test_of_elements(noise: str, tmp_path: Any) -> None:
    model, params, rows = rows_of(noise, tmp_path)
    found = np.asarray(model.ensemble(params))
    elements = [np.outer(each, each.conj()) if each.ndim == 1 else each for each in found]
    weights = [np.trace(each).real for each in elements]
    states = [each / weight for each, weight in zip(elements, weights, strict=True)]
    bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
    for name, target in (('"01"', np.diag(np.eye(4)[1])), ("bell", np.outer(bell, bell)), ("werner", WERNER)):
        fidelities = [uhlmann(rho, target) for rho in states]
        mean = np.average(fidelities, weights=weights)
        deviation = np.sqrt(np.average((fidelities - mean) ** 2, weights=weights))
        assert rows[f"mean_fidelity({name}), mean"].value == pytest.approx(mean, abs=1e-7)
        assert rows[f"mean_fidelity({name}), deviation"].value == pytest.approx(deviation, abs=1e-7)
    purities = [float(np.trace(rho @ rho).real) for rho in states]
    mean_state = np.sum(elements, axis=0)
    assert rows["purity(elements)"].value == pytest.approx(np.average(purities, weights=weights), abs=1e-12)
    assert rows["purity()"].value == pytest.approx(np.trace(mean_state @ mean_state).real, abs=1e-12)
    p, q = np.asarray(model.probabilities(params)), np.array([0.5, 0, 0, 0.5])
    assert rows["js(even)"].value == pytest.approx(divergence(p, q), abs=1e-12)
    assert rows["js(even)"].floor == 0
    assert rows["js(even)"].uniform == pytest.approx(divergence(np.full(4, 0.25), q), abs=1e-12)


def divergence(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """By the definition, over all strings."""
    middle = (p + q) / 2
    terms = [each[k] * np.log(each[k] / middle[k]) for each in (p, q) for k in range(len(p)) if each[k] > 0]
    return float(sum(terms)) / 2


def test_a_perfect_model_shows_the_floor_of_js(tmp_path: Any) -> None:
    """The mean over draws of as many rows is what the floor of one of them says, to a fifth; impossible is log 2."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(16))
    found, expected = [], []
    for k in range(12):
        drawn = rng.choice(16, 400, p=p)
        np.savetxt(tmp_path / f"{k}.csv", drawn[:, None] >> np.arange(3, -1, -1) & 1, fmt="%d", delimiter=",")
        text = f'data d = csv("{k}.csv", columns = 0..3);\nvisible v[4];\nmodel {{ h v; }}\n'
        (tmp_path / f"{k}.qgl").write_text(text)
        data = qgl.load(tmp_path / f"{k}.qgl").program.data["d"]
        found.append(js(DenseDistribution(p), data))
        expected.append(floors.js(data).value)
    assert np.mean(np.array(expected, np.float64)) == pytest.approx(np.mean(found), rel=0.2)
    elsewhere = np.zeros(16)
    text = 'data d = strings(["0000", "1111"]);\nvisible v[4];\nmodel { h v; }\n'
    elsewhere[3] = 1.0
    assert js(DenseDistribution(elsewhere), qgl.loads(text).program.data["d"]) == pytest.approx(np.log(2), abs=1e-9)


def test_whole_numbers_are_moved_along_a_line() -> None:
    """Against SciPy; a perfect model is at 0, and rows have the floor of as many others."""
    text = "data d = mixture(bits = 4, means = [3, 11], deviations = [1, 2]);\nvisible v[4];\nmodel { h v; }\n"
    model = qgl.loads(text + "report wasserstein(d, cost = integer);")
    data = model.program.data["d"]
    q = np.bincount(data.rows @ [8, 4, 2, 1], weights=data.weights, minlength=16).astype(np.float64)
    (row,) = evaluate(model.program.reports, Setting.of(model.program), lambda query, *_: model.answer({}, query))
    places = np.arange(16)
    assert row.value == pytest.approx(wasserstein_distance(places, places, np.full(16, 1 / 16), q), abs=1e-4)
    assert row.floor == 0 and metrics.transported(DenseDistribution(q), data) == pytest.approx(0, abs=1e-12)
    rng, found = np.random.default_rng(0), []
    for _ in range(40):
        drawn = rng.multinomial(300, q / q.sum()) / 300
        found.append(wasserstein_distance(places, places, drawn, q))
    rows = np.repeat(places, rng.multinomial(300, q / q.sum()))[:, None] >> np.arange(3, -1, -1) & 1
    sampled = replace(data, rows=rows.astype(np.uint8), weights=np.full(300, 1 / 300), exact=False)
    assert floors.transported(sampled).value == pytest.approx(np.mean(found), rel=0.4)


@pytest.mark.parametrize(
    ("report", "fault"),
    [
        ('mean_fidelity("0")', "is of 1 bit, and the visible register has 2 qubits"),
        ("mean_fidelity(data = even)", "is taken with one state, and `even` is none"),
        ('mean_fidelity("00", data = even)', ""),
    ],
)
def test_no_fidelity_with_what_is_no_state(report: str, fault: str) -> None:
    with pytest.raises(QglError) as caught:
        qgl.loads(f"data even = parity(2);\nvisible v[2];\nmodel {{ h v; }}\nreport {report};\n")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "QGL0702" and fault in diagnostic.message
