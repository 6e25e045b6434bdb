"""Quantum walks: their mirror symmetry, and every figure at a small size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from examples.published import published
from examples.walks import reproduce
from tests.reference.density import probabilities

FOLDER = Path(reproduce.__file__).parent
_, FIGURES = published("walks")


def positions(**constants: Any) -> NDArray[np.float64]:
    program = qgl.load(FOLDER / "normal.qgl", **constants).program
    size = sum(parameter.size for parameter in program.parameters)
    return probabilities(program, np.random.default_rng(2).uniform(-np.pi, np.pi, size))


def test_a_walk_from_the_published_coin_is_its_own_mirror_image() -> None:
    """By the dense reference: p(8 + x) = p(8 - x) for any angles, which a trained coin breaks."""
    back = -np.arange(16) % 16
    fixed, free = positions(free=False), positions()
    np.testing.assert_allclose(fixed, fixed[back], atol=1e-12)
    assert np.abs(free - free[back]).max() > 0.01


def test_the_bound_of_the_mirror() -> None:
    target = qgl.load(FOLDER / "normal.qgl").program.data["target"]
    assert reproduce.least_of_mirrors(target, 8) == pytest.approx(2.6708e-4, rel=1e-4)
    middle = qgl.load(FOLDER / "normal.qgl", mean=8.0).program.data["target"]
    assert reproduce.least_of_mirrors(middle, 8) == pytest.approx(0, abs=1e-20)


@pytest.mark.slow
def test_every_figure_is_measured() -> None:
    parts = (reproduce.investors, reproduce.middle, reproduce.mirror, reproduce.free, reproduce.lognormal)
    ours = {key: found for part in parts for key, found in part(True).items()}
    assert set(ours) == {figure.key for figure in FIGURES}
    values = {key: found.value for key, found in ours.items() if found.value is not None}
    assert values["qubits"] == 5 and values["mirror"] >= values["mirror_bound"] * (1 - 1e-9)
