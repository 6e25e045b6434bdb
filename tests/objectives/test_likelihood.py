"""nll and kl against plain sums."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.bits.distribution import indices
from qgl.objectives import Objective, Setting, build
from qgl.program.calls.objectives import KL, NLL
from qgl.program.program import DataSet
from qgl.query import LOG_TINY, GivenStrings, LogProb
from qgl.source import Source, Span

SPAN = Span(Source("test", "nll"), 0, 3)
ROWS = np.array([[0, 0], [1, 0], [1, 0], [1, 1]], dtype=np.uint8)
DATA = DataSet("d", ROWS, np.full(4, 0.25), None, False, "", "")
P = np.array([0.1, 0.2, 0.3, 0.4])


def made(name: str, data: DataSet = DATA) -> Objective:
    return build({"nll": NLL, "kl": KL}[name]("d", span=SPAN), Setting.in_a_row({"d": data}, data.width))


def answers(objective: Objective, p: jax.Array) -> dict[object, jax.Array]:
    (query,) = objective.queries
    assert isinstance(query, LogProb)
    return {query: jnp.log(p[indices(query.rows)])}


def test_nll_is_the_mean_over_rows() -> None:
    objective = made("nll")
    assert not objective.stochastic and objective.name == "nll"
    loss = objective.loss(answers(objective, jnp.asarray(P)), None)  # type: ignore[arg-type]
    assert loss == pytest.approx(-np.mean(np.log([0.1, 0.3, 0.3, 0.4])), rel=1e-6)


def test_kl_is_zero_for_the_distribution_of_the_data_and_else_the_sum() -> None:
    objective = made("kl")
    loss = objective.loss(answers(objective, jnp.asarray(P)), None)  # type: ignore[arg-type]
    q = np.array([0.25, 0.5, 0.25])
    assert loss == pytest.approx(np.sum(q * np.log(q / P[[0, 2, 3]])), rel=1e-6)
    perfect = answers(objective, jnp.array([0.25, 0, 0.5, 0.25]))
    assert abs(float(objective.loss(perfect, None))) < 1e-7  # type: ignore[arg-type]


def test_an_impossible_string_costs_much_but_stays_finite() -> None:
    objective = made("nll")
    (query,) = objective.queries
    log_p = jnp.array([-jnp.inf, -1.0, -2.0])
    value, gradient = jax.value_and_grad(lambda given: objective.loss({query: given}, None))(log_p)
    assert value == pytest.approx(-(0.25 * LOG_TINY - 0.5 - 0.5), rel=1e-6)
    np.testing.assert_allclose(gradient, [0, -0.5, -0.25])


def test_conditions_are_asked_once_each() -> None:
    conditions = np.array([[1.0], [0.0], [1.0], [1.0]])
    objective = made("nll", DataSet("d", ROWS, np.full(4, 0.25), conditions, False, "", ""))
    assert objective.conditions is not None
    np.testing.assert_array_equal(objective.conditions, [[0.0], [1.0]])
    p = jnp.array([[0.4, 0.3, 0.2, 0.1], P.tolist()])  # p(x | 0), p(x | 1)
    ((query, strings),) = objective.given(None).items()
    assert query == GivenStrings(3) and strings.shape == (2, 3, 2)  # one string of the first, repeated for nothing
    place = indices(np.asarray(strings).reshape(6, 2)).reshape(2, 3)
    loss = objective.loss({query: jnp.log(jnp.take_along_axis(p, place, 1))}, None)
    assert loss == pytest.approx(-np.mean(np.log([0.1, 0.2, 0.3, 0.4])), rel=1e-6)
