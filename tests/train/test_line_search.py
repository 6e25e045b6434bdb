"""L-BFGS and its line search against functions whose minima are known, and against SciPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from qgl.train.line_search import _CURVATURE, _DECREASE, LineSearch, Memory
from qgl.train.trainable import Params

Loss = Callable[[jax.Array], jax.Array]


def rosenbrock(x: jax.Array) -> jax.Array:
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def bowl(x: jax.Array) -> jax.Array:
    return 0.5 * jnp.sum(jnp.logspace(0, 4, x.size) * x**2)


def waves(x: jax.Array) -> jax.Array:
    return jnp.sum(2 - jnp.cos(x) - jnp.cos(3 * x)) / x.size


def run(loss: Loss, start: jax.Array, steps: int, memory: int = 10) -> tuple[np.ndarray[Any, Any], list[int]]:
    """Losses where each step begins, and the number of evaluations that each step took."""
    method, calls = LineSearch(memory), []

    def evaluate(params: Params) -> tuple[tuple[jax.Array, dict[str, jax.Array]], Params]:
        jax.debug.callback(lambda: calls.append(1), ordered=True)
        value, gradient = jax.value_and_grad(lambda p: loss(p["x"]))(params)
        return (value, {"f": value}), gradient

    @jax.jit
    def step(params: Params, state: Memory) -> tuple[jax.Array, Params, Memory]:
        look = method.look(params, state, evaluate, jnp.asarray(False))
        return look.loss, *method.move(look)

    params = {"x": start}
    state = method.initial(params, jnp.asarray(jnp.inf, start.dtype), {"f": jnp.asarray(jnp.inf, start.dtype)})
    losses, counts = [], []
    for _ in range(steps):
        before = len(calls)
        value, params, state = step(params, state)
        jax.effects_barrier()  # type: ignore[no-untyped-call]
        losses.append(float(value))
        counts.append(len(calls) - before)
    return np.asarray(losses), counts


@pytest.mark.parametrize("loss", [rosenbrock, bowl])
@pytest.mark.parametrize("double", [False, True], ids=["single", "double"])
def test_it_reaches_the_minimum_and_never_climbs(loss: Loss, double: bool) -> None:
    with jax.enable_x64(double):
        losses, counts = run(loss, jnp.linspace(-1.2, 1.0, 8), 120)
    assert losses[0] == pytest.approx(float(loss(jnp.linspace(-1.2, 1.0, 8))), rel=1e-5)
    assert (np.diff(losses) <= 1e-5 * losses[:-1]).all()
    assert losses[-1] < (1e-20 if double else 1e-9)
    assert np.mean(counts[:40]) < 2.5


def test_it_needs_about_as_many_steps_as_scipy() -> None:
    start = np.linspace(-1.2, 1.0, 8)
    value, derivative = jax.jit(rosenbrock), jax.jit(jax.grad(rosenbrock))
    theirs = scipy.optimize.minimize(
        lambda x: np.asarray(value(x), dtype=float).item(),
        start,
        jac=lambda x: np.asarray(derivative(x), dtype=float),
        method="L-BFGS-B",
        options={"maxcor": 10, "ftol": 0, "gtol": 1e-4},
    )
    with jax.enable_x64(True):
        losses, _ = run(rosenbrock, jnp.asarray(start), 2 * theirs.nit)
    assert losses.min() <= max(theirs.fun, 1e-8)


def test_accepted_points_keep_the_wolfe_conditions() -> None:
    method = LineSearch(5)
    with jax.enable_x64(True):

        @jax.jit
        def evaluate(params: Params) -> tuple[tuple[jax.Array, dict[str, jax.Array]], Params]:
            value, gradient = jax.value_and_grad(lambda p: waves(p["x"]))(params)
            return (value, {}), gradient

        params = {"x": jnp.linspace(-2.5, 2.8, 6)}
        state = method.initial(params, jnp.asarray(jnp.inf), {})
        seen = jax.jit(lambda params, state: method.look(params, state, evaluate, jnp.asarray(False)))
        move, look = jax.jit(method.move), seen(params, state)
        for _ in range(12):
            before = look
            params, state = move(before)
            look = seen(params, state)
            derivative = float(jnp.vdot(before.gradient["x"], state.direction["x"]))
            if look.loss == before.loss:
                break
            step = float((look.params["x"] - before.params["x"])[0] / state.direction["x"][0])
            after = float(jnp.vdot(look.gradient["x"], state.direction["x"]))
            assert look.loss <= before.loss + _DECREASE * step * derivative + 1e-14
            assert abs(after) <= _CURVATURE * abs(derivative)


def test_where_nothing_is_left_to_gain_a_step_costs_one_evaluation() -> None:
    """A loss with noise of rounding: searches fail, the pairs are forgotten, then it rests."""

    def rough(x: jax.Array) -> jax.Array:
        return jnp.sum(x**2) + 1e-3 * jnp.sum(jnp.round(1e6 * jnp.sin(1e6 * x)) / 1e6)

    losses, counts = run(rough, jnp.linspace(-1, 1, 4), 60)
    assert np.isfinite(losses).all()
    assert counts[-5:] == [1] * 5


def test_an_infinite_wall_is_stepped_back_from() -> None:
    losses, _ = run(lambda x: jnp.sum(x - jnp.log(x)), jnp.full(3, 5.0), 25)
    assert np.isfinite(losses).all()
    assert losses[-1] == pytest.approx(3.0, abs=1e-5)


def test_idle_lanes_cost_nothing() -> None:
    method = LineSearch(3)
    calls: list[int] = []

    def evaluate(params: Params) -> tuple[tuple[jax.Array, dict[str, jax.Array]], Params]:
        jax.debug.callback(lambda: calls.append(1), ordered=True)
        value, gradient = jax.value_and_grad(lambda p: bowl(p["x"]))(params)
        return (value, {}), gradient

    params = {"x": jnp.ones(3)}
    method.look(params, method.initial(params, jnp.asarray(jnp.inf), {}), evaluate, jnp.asarray(True))
    jax.effects_barrier()  # type: ignore[no-untyped-call]
    assert calls == []
