"""Optimal transport between ensembles, against a linear program that is written out (SciPy's HiGHS)."""

from __future__ import annotations

import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

import qgl
from qgl.diagnostics.model import QglError
from qgl.evaluate.exact import evaluate
from qgl.objectives.ensembles import transport
from qgl.objectives.ensembles.similarity import with_equal_weights
from qgl.objectives.ensembles.transport import EnsembleTransport, least_cost, plan
from qgl.objectives.model import Setting
from qgl.program.calls.kernels import Superfidelity
from tests.objectives.test_ensembles import elements, similarity
from tests.objectives.test_signatures import SPAN

Real = NDArray[np.float64]
KEPT = """
data near = states_near("0", width = 0.3, count = 7, seed = 3, depolarised = {depolarised});
latent start : state(1) ~ haar() draws 3;
param a[2, 2] : angle ~ normal(0, 1);
visible system = start;
model {{
    for l in 0..1 {{
        fresh e;
        rx(a[l, 0]) e;
        ry(a[l, 1]) system;
        cz e, system;
        rx(0.4) e;
        {noise}
        measure e keep;
    }}
}}
objective wasserstein(near, cost = {cost});
train {{ optimizer adam(rate = 0.05); steps 12; seeds 3; }}
report wasserstein(near, cost = {cost}), mmd(near, fidelity(power = 2));
"""


def least_by_program(cost: Real, left: Real, right: Real) -> float:
    """The linear program, an equation for each weight."""
    rows = np.kron(np.eye(len(left)), np.ones(len(right)))
    columns = np.kron(np.ones(len(left)), np.eye(len(right)))
    sums = np.concatenate([left / left.sum(), right / right.sum()])
    return float(linprog(cost.ravel(), A_eq=np.concatenate([rows, columns])[:-1], b_eq=sums[:-1]).fun)


def instance(seed: int, left: int, right: int) -> tuple[Real, Real, Real]:
    rng = np.random.default_rng(seed)
    return rng.random((left, right)), rng.random(left) + 0.05, rng.random(right) + 0.05


@pytest.mark.parametrize(("seed", "left", "right"), [(0, 5, 8), (1, 20, 31), (2, 1, 4)])
def test_the_plan_is_the_best_one(seed: int, left: int, right: int) -> None:
    cost, a, b = instance(seed, left, right)
    if left > 1:
        a[3] = 0.0
    moved, u, v = plan(cost, a, b)
    assert np.sum(moved * cost) == pytest.approx(least_by_program(cost, a, b), abs=1e-12)
    np.testing.assert_allclose(moved.sum(axis=1), a / a.sum(), atol=1e-15)
    np.testing.assert_allclose(moved.sum(axis=0), b / b.sum(), atol=1e-15)
    slack = cost - u[:, None] - v
    assert slack.min() > -1e-12 and np.max(np.abs(moved * slack)) < 1e-12


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 0.0])
def test_what_is_no_distribution_has_no_plan(wrong: float) -> None:
    cost, a, b = instance(0, 3, 4)
    assert all(np.isnan(each).all() for each in plan(cost, a * wrong, b))


def test_derivatives_are_the_plan_and_the_potentials() -> None:
    """By every cost and every weight, in both orders, one at a time; and of several at once as of each."""
    given = instance(4, 5, 6)
    with jax.enable_x64(True):
        arrays = tuple(jnp.asarray(each) for each in given)
        of_all = jax.jit(jax.value_and_grad(least_cost, argnums=(0, 1, 2)))
        value, gradient = of_all(*arrays)
        assert float(value) == pytest.approx(least_by_program(*given), abs=1e-12)
        for k, (array, derivative) in enumerate(zip(given, gradient, strict=True)):
            for place in np.ndindex(array.shape):
                values = []
                for step in (1e-6, -1e-6):
                    moved = [each.copy() for each in given]
                    moved[k][place] += step
                    values.append(least_by_program(*moved))
                assert float(derivative[place]) == pytest.approx((values[0] - values[1]) / 2e-6, abs=1e-7)
        others = tuple(jnp.stack([one, one[::-1]]) for one in arrays)
        values_of_two, gradients_of_two = jax.jit(jax.vmap(jax.value_and_grad(least_cost, argnums=(0, 1, 2))))(*others)
        for k in range(2):
            alone = of_all(*(each[k] for each in others))
            np.testing.assert_array_equal(values_of_two[k], alone[0])
            jax.tree.map(
                lambda one, several, k=k: np.testing.assert_array_equal(one, several[k]), alone[1], gradients_of_two
            )


def distance(model: NDArray[Any], data: NDArray[Any], cost: str) -> float:
    """By the definition, of (weight, density matrix) pairs."""
    ours, theirs = elements(model), [(1 / len(data), rho) for _, rho in elements(data)]
    costs = np.array([[1 - similarity(rho, sigma, cost) for _, sigma in theirs] for _, rho in ours])
    return least_by_program(costs, *(np.array([weight for weight, _ in each]) for each in (ours, theirs)))


@pytest.mark.parametrize(("cost", "noise"), [("fidelity", ""), ("superfidelity", "depolarizing(0.2) system;")])
def test_of_a_model_with_kept_outcomes(cost: str, noise: str) -> None:
    """With noise, the data are mixed too."""
    text = KEPT.format(noise=noise, cost=cost, depolarised="[0, 0.1]" if noise else "0")
    model = qgl.loads(text, precision="double")
    states = model.program.data["near"].states
    assert states is not None
    rng = np.random.default_rng(1)
    with jax.enable_x64(True):
        params = model.init(jax.random.key(2))
        value, gradient = model.value_and_grad(params)
        assert float(value) == pytest.approx(distance(np.asarray(model.ensemble(params)), states, cost), abs=1e-12)
        direction = rng.normal(size=params["a"].shape)
        ahead, behind = (
            distance(np.asarray(model.ensemble({**params, "a": params["a"] + step * direction})), states, cost)
            for step in (1e-6, -1e-6)
        )
        assert float(jnp.sum(gradient["a"] * direction)) == pytest.approx((ahead - behind) / 2e-6, abs=1e-8)
    rows = evaluate(model.program.reports, Setting.of(model.program), lambda query, *_: model.answer(params, query))
    assert rows[0].value == pytest.approx(float(value), abs=1e-12)
    for row in rows:
        assert row.floor is not None and 0 < row.floor < 0.5
        assert row.floor_is == "sampling floor of `near`: the distance of 3 of its states from the 4 others"


def test_a_perfect_model_is_at_no_distance_and_shows_the_floor_on_new_data() -> None:
    texts = (f'data d = states_near("0", width = 0.2, count = 400, seed = {seed});\nvisible v;\n' for seed in (1, 2))
    one, other = (qgl.loads(f"{text}model {{ h v; }}\nreport wasserstein(d);") for text in texts)
    (call,), setting = one.program.reports, Setting.of(one.program)
    assert call.data_sets == ("d",)
    between = EnsembleTransport.of(call, setting)  # type: ignore[arg-type]  # a report has other types too
    own, others = one.program.data["d"].states, other.program.data["d"].states
    assert own is not None and others is not None
    assert between.measured(with_equal_weights(own)) == pytest.approx(0, abs=1e-12)
    (row,) = evaluate((call,), setting, lambda query, *_: with_equal_weights(others))
    assert row.value is not None and row.floor is not None
    assert row.floor / 3 < row.value < row.floor  # of twice as many states


def test_mixed_data() -> None:
    """Density matrices as data, at no distance from themselves by superfidelity, which fidelity does not say."""
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(4, 2, 2)) + 1j * rng.normal(size=(4, 2, 2))
    states = factors @ factors.conj().swapaxes(1, 2)
    states /= np.trace(states, axis1=1, axis2=2)[:, None, None]
    between = EnsembleTransport(Superfidelity(span=SPAN), 0, states, SPAN)
    assert between.measured(with_equal_weights(states)) == pytest.approx(0, abs=1e-7)


def test_training_goes_down_from_several_seeds(tmp_path: Any) -> None:
    model = qgl.loads(KEPT.format(noise="", cost="fidelity", depolarised="0"))
    run = model.train(out=tmp_path / "run", display="quiet")
    losses = np.asarray(run.history.loss)
    assert losses.shape == (12, 3) and (losses[-1] < losses[0]).all()


def test_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = qgl.loads(KEPT.format(noise="", cost="fidelity", depolarised="0"))
    params = model.init(jax.random.key(0))
    with monkeypatch.context() as patch, pytest.raises(QglError) as caught:
        patch.setattr(transport, "MOST_PAIRS", 83)
        model.loss(params)
    assert caught.value.diagnostics[0].code == "QGL0628"
    assert caught.value.diagnostics[0].message == "12 elements of the model and 7 of the data are more than 83 pairs"
    with monkeypatch.context() as patch, pytest.raises(QglError) as caught:
        patch.setitem(sys.modules, "ot", None)
        model.train(display="quiet")
    assert [each.code for each in caught.value.diagnostics] == ["QGL0627"] * 2  # the objective and its report
    text = "data even = parity(1);\nvisible v;\nmodel { ry(?) v; }\nobjective wasserstein(even);"
    with pytest.raises(QglError) as caught:
        qgl.loads(text)
    assert [each.code for each in caught.value.diagnostics] == ["QGL0622"]
