"""The chain of channels: its data come from a teacher of the same form, and the student comes near it."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

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
    run = train(student, steps=200, display="quiet")
    unseen = jnp.asarray(student.program.data["unseen"].rows)
    model, params = teacher(WIDTH)
    reached = -float(student.log_prob(run.params, unseen).mean())
    known = -float(model.log_prob(params, unseen).mean())
    assert reached < 1.04 * known
