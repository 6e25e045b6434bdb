"""Trees and chains: qubits on machines, the tree that reads pictures against a dense reference, every figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from examples.published import published
from examples.trees import reproduce
from tests.reference.density import probabilities

FOLDER = Path(reproduce.__file__).parent
_, FIGURES = published("trees")


@pytest.mark.parametrize(("name", "size", "qubits"), [("leaves", {"depth": 4}, 5), ("chain", {"length": 40}, 2)])
def test_qubits_are_used_again(name: str, size: dict[str, Any], qubits: int) -> None:
    assert reproduce.qubits(qgl.load(FOLDER / f"{name}.qgl", **size)) == qubits


def test_the_label_under_a_picture() -> None:
    """Four pixels, with and without damping, by the dense reference of the program."""
    random = np.random.default_rng(3)
    picture, angles = random.uniform(size=4), random.normal(size=45)
    for damping in (0.0, 0.3):
        model = qgl.load(FOLDER / "digits.qgl", side=2, depth=2, damping=damping)
        names = [parameter.name for parameter in model.program.parameters]
        assert names == ["pixel", "cell"]
        expected = probabilities(model.program, np.concatenate([picture, angles]))
        found = model.log_prob({"cell": jnp.asarray(angles.reshape(3, 15))}, np.array([[0], [1]]), picture)
        np.testing.assert_allclose(np.exp(found), expected, atol=1e-5)


def test_accuracy_counts_the_likelier_label() -> None:
    model = qgl.load(FOLDER / "digits.qgl", side=2, depth=2)
    params = model.init(jax.random.key(0))
    data = model.program.data["unseen"]
    assert data.conditions is not None
    one = np.array([float(model.log_prob(params, np.array([[1]]), condition)[0]) for condition in data.conditions])
    assert reproduce.accuracy(model, params) == pytest.approx(np.mean((one > np.log(0.5)) == data.rows[:, 0]))


def test_logistic_regression_separates_what_can_be_separated() -> None:
    data = qgl.load(FOLDER / "digits.qgl", side=8, depth=6, grey=False).program.data
    assert reproduce.logistic(data["seen"], data["unseen"]) > 0.97


@pytest.mark.slow
def test_every_figure_is_measured() -> None:
    parts = (reproduce.width, reproduce.generative, reproduce.grey, reproduce.bits)
    ours = {key: found for part in parts for key, found in part(True).items()}
    assert set(ours) == {figure.key for figure in FIGURES}
