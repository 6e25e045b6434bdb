"""The chain of channels: its data come from a teacher of the same form, and the student comes near it."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.train.loop import train

EXAMPLES = Path(__file__).parents[2] / "examples"
WIDTH = 12


def teacher(width: int) -> tuple[qgl.Model, dict[str, jax.Array]]:
    """The teacher on the first sites, its parameters being those that the data were drawn with."""
    whole = qgl.load(EXAMPLES / "data" / "chain_teacher.qgl").init(jax.random.key(0))
    model = qgl.load(EXAMPLES / "data" / "chain_teacher.qgl", n=width)
    return model, {name: array[:, :width] for name, array in whole.items()}


def test_the_data_are_as_likely_to_the_teacher_as_its_own_strings() -> None:
    """No brick tells a site of what is to the right of it; only the last site misses one that would turn it."""
    model, params = teacher(WIDTH)
    log_p = np.log(np.asarray(model.probabilities(params), np.float64).reshape((2,) * (WIDTH - 1) + (2,)).sum(axis=-1))
    rows = np.load(EXAMPLES / "data" / "chain.npz")["rows"][:, : WIDTH - 1]
    assert rows.dtype == np.uint8
    found = log_p[tuple(rows.T)]
    entropy = -np.sum(np.exp(log_p) * log_p)
    assert abs(-found.mean() - entropy) < 4 * found.std() / np.sqrt(len(rows))


def test_the_width_of_the_data_is_that_of_the_chain() -> None:
    for width, count in ((20, 4600), (1000, 4600), (3000, 1533)):
        program = qgl.load(EXAMPLES / "chain1000.qgl", n=width, depth=1).program
        assert program.data["samples"].rows.shape == (count, width)


@pytest.mark.slow
def test_a_short_chain_comes_near_its_teacher() -> None:
    student = qgl.load(EXAMPLES / "chain1000.qgl", n=WIDTH)
    run = train(student, display="quiet")
    unseen = jnp.asarray(student.program.data["unseen"].rows)
    model, params = teacher(WIDTH)
    reached = -float(student.log_prob(run.params, unseen).mean())
    known = -float(model.log_prob(params, unseen).mean())
    assert reached < 1.02 * known

    drawn = np.asarray(student.sample(run.params, jax.random.key(2), 10_000))
    given = np.asarray(student.program.data["samples"].rows)
    for distance in (1, 2, 3, 4):
        assert chi2(drawn, given, distance) < 2


def chi2(drawn: NDArray[np.uint8], given: NDArray[np.uint8], distance: int) -> float:
    """The mean square of differences of <Z_a Z_b> in units of what sampling adds to both; 1 for strings of one
    distribution.
    """
    moments = [(1.0 - 2.0 * (rows[:, :-distance] ^ rows[:, distance:])).mean(axis=0) for rows in (drawn, given)]
    pooled = np.average(moments, axis=0, weights=[len(drawn), len(given)])
    variance = (1 - pooled**2) * (1 / len(drawn) + 1 / len(given))
    return float(np.mean((moments[0] - moments[1]) ** 2 / variance))
