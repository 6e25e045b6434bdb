"""No NaN is shown, drawn from or trained on without a word: rare outcomes, roots of what rounding leaves of 0."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

import qgl
from qgl.cli.main import app
from qgl.diagnostics.model import QglError
from qgl.query import Numbers, Success
from qgl.readout import _mean, _probability
from qgl.report.report import measure

RARE = """
data given = npz("given.npz", numbers = true);
param a[10] ~ constant({angle});
visible v[2];
model {{ ry(0.7) v[0]; for t in 0..9 {{ fresh e; ry(a[t]) e; cz e, v[0]; cx v[0], e; cx v[0], e; postselect(0) e; }} }}
output y[4] = list(k in 0..3: sqrt(prob(v)[k]));
objective {objective};
train {{ steps 3; }}
report frechet(given, samples = 5), spread(given, samples = 5), mse(given), mmd(given, gaussian(sigma = 1)), success;
"""


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("given.npz", np.random.default_rng(0).uniform(size=(6, 4)))


def rare(angle: float, objective: str = "mse(given)", precision: str = "single") -> qgl.Model:
    return qgl.loads(RARE.format(angle=angle, objective=objective), precision=precision)


def test_what_rounding_leaves_of_a_rare_outcome_is_no_number_and_told() -> None:
    model = rare(2.5)
    params = model.init(jax.random.key(0))
    with pytest.raises(QglError) as caught:
        model.sample(params, jax.random.key(1), 3)
    assert [each.code for each in caught.value.diagnostics] == ["QGL0923"]
    with pytest.raises(QglError) as caught:
        model.train(display="quiet")
    (fault,) = caught.value.diagnostics
    assert fault.code == "QGL0907" and "`postselect` requires hardly come" in fault.help


def test_reports_say_why_there_is_no_value() -> None:
    model = rare(2.5)
    params = model.init(jax.random.key(0))
    rows = measure(model, params, model.program.reports)
    assert [row.name for row in rows if row.value is None] == [row.name for row in rows if "success" not in row.name]


def test_roots_of_probabilities_are_numbers_where_outcomes_are_rare_but_told() -> None:
    """Of a probability that is 0 rounding leaves a little, on either side, and over a small chance much of it."""
    rough, exact = rare(1.8), rare(1.8, precision="double")
    with jax.enable_x64(True):
        known = exact.init(jax.random.key(0))
        success = float(exact.answer(known, Success()))
        assert 3.1e-5 < success < 3e-4
        wanted = np.asarray(exact.answer(known, Numbers())[1])
    params = rough.init(jax.random.key(0))
    np.testing.assert_allclose(rough.answer(params, Numbers())[1], wanted, atol=0.06)
    _, gradient = rough.value_and_grad(params)
    _, finer = exact.value_and_grad(known)
    np.testing.assert_allclose(gradient["a"], finer["a"], atol=0.05)


def test_what_rounding_carries_beyond_its_bounds_is_put_back() -> None:
    read = jnp.array([-1e-3, 0, 0.5, 1, 1.001, np.nan], jnp.float32)
    np.testing.assert_array_equal(_probability(read), np.array([0, 0, 0.5, 1, 1, np.nan], np.float32))
    np.testing.assert_array_equal(_mean(2 * read - 1), np.array([-1, -1, 0, 1, 1, np.nan], np.float32))
    assert jax.vmap(jax.grad(_probability))(read[:5]).tolist() == [0, 0, 1, 1, 0]
    assert jax.vmap(jax.grad(_mean))(2 * read[:5] - 1).tolist() == [0, 1, 1, 1, 0]


def test_numbers_that_are_none_are_told_where_rows_are_drawn() -> None:
    Path("roots.qgl").write_text(
        'data d = strings(["0"]);\nparam a ~ constant(-1);\nvisible v;\nmodel { ry(a) v; }\n'
        "output y = sqrt(expect(Z[v]) - 2);\nobjective nll(d);\ntrain { steps 1; }\n"
    )
    qgl.load("roots.qgl").train(out="run", display="quiet", pictures=False)
    told = CliRunner().invoke(app, ["sample", "run", "-n", "3"])
    assert told.exit_code == 0 and told.stdout == "nan\n" * 3
    assert "3 numbers are none" in told.stderr
