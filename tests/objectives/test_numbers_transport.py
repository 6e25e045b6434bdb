"""Optimal transport between the numbers that labels hand out and rows of data, against a linear program."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from qgl.evaluate.exact import evaluate
from qgl.objectives.model import Setting
from qgl.objectives.outputs.transport import euclidean
from tests.check.checking import pointed
from tests.objectives.test_transport import least_by_program

PROGRAM = """
data ink = digits(classes = [3], size = 2, grey = true);
data few = rows(ink, 0..8);
latent z[2] ~ normal(0, 1) draws 3;
param a[4] : angle;
visible v[2];
model {
    rx(z) v;
    ry(a[0]) v[0];
    fresh e;
    ry(a[1]) e;
    cx v[0], v[1];
    cz e, v[1];
    ry(a[2]) v;
    rx(a[3]) e;
    measure e keep;
}
output p[4] = prob(v);
output unused = expect(Z[v[0]]);
objective wasserstein(few, of = [p]);
report wasserstein;
"""


def test_against_a_linear_program() -> None:
    """Three draws with two outcomes each, of unequal weights; the gradient, by these weights too, by differences."""
    model = qgl.loads(PROGRAM, precision="double")
    rows = model.program.data["few"].numbers
    assert rows is not None and len(rows) == 9
    with jax.enable_x64(True):
        params = model.init(jax.random.key(3))

        def wanted(params: Any) -> float:
            numbers, weights = np.asarray(model.outputs(params)["p"]), np.asarray(model.weights(params))
            cost = np.linalg.norm(numbers[:, None] - rows, axis=2)
            return least_by_program(cost, weights, np.full(9, 1 / 9))

        loss, gradient = model.value_and_grad(params)
        assert float(loss) == pytest.approx(wanted(params), abs=1e-12)
        for k in range(4):
            step = 1e-6 * jnp.eye(4)[k]
            ahead, behind = (wanted({**params, "a": params["a"] + sign * step}) for sign in (1, -1))
            assert float(gradient["a"][k]) == pytest.approx((ahead - behind) / 2e-6, abs=1e-6)
    (row,) = evaluate(model.program.reports, Setting.of(model.program), lambda query, *_: model.answer(params, query))
    assert row.name.startswith("wasserstein(few")
    assert row.value == pytest.approx(float(loss), abs=1e-10) and row.floor is not None and row.floor > 0


def test_distances_of_near_rows_keep_their_digits() -> None:
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32) + 100
    near = rows + np.float32(2**-12)
    apart = euclidean(jnp.asarray(rows), jnp.asarray(near))
    np.testing.assert_allclose(np.diag(apart), np.linalg.norm(near - rows, axis=1), rtol=1e-6)
    gradient = jax.grad(lambda left: jnp.sum(euclidean(left, jnp.asarray(rows))))(jnp.asarray(rows))
    assert np.isfinite(gradient).all()  # a row and itself


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        (
            "objective wasserstein(few, of = [p], cost = superfidelity);",
            ("QGL0702", "wasserstein(few, of = [p], cost = superfidelity)"),
        ),
        (
            "objective wasserstein(few, of = [p], cost = fidelity);",
            ("QGL0702", "wasserstein(few, of = [p], cost = fidelity)"),
        ),
        ("objective wasserstein(few, of = [q]);", ("QGL0332", "wasserstein(few, of = [q])")),
        ("objective wasserstein(few);", ("QGL0333", "wasserstein(few)")),
        ("objective wasserstein(near, of = [p]);", ("QGL0702", "wasserstein(near, of = [p])")),
        (
            "report wasserstein(few, cost = integer, of = [p]);",
            ("QGL0702", "wasserstein(few, cost = integer, of = [p])"),
        ),
        (
            "objective wasserstein(few, of = [p]);\ntrain { gradient spsa(shots = 9); }",
            ("QGL1160", "wasserstein(few, of = [p])"),
        ),
    ],
)
def test_refused(settings: str, found: tuple[str, str]) -> None:
    text = PROGRAM.split("objective")[0] + 'data near = states_near("00", width = 0.1);\n' + settings
    assert found in pointed(text)
