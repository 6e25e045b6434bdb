"""Thermal states at a small size: every figure is measured, the exact ones are met."""

from __future__ import annotations

import numpy as np
import pytest

from examples.published import published
from examples.thermal.reproduce import infinite, measure

_, FIGURES = published("thermal")


@pytest.mark.slow
def test_every_figure_is_measured_and_the_exact_ones_are_met() -> None:
    ours = measure(True)
    assert set(ours) == {figure.key for figure in FIGURES}
    values = {key: found.value for key, found in ours.items() if found.value is not None}
    assert values["exact_6"] == pytest.approx(-8.189775, abs=1e-6)
    assert values["kl_6"] > 0
    assert values["markov_1"] == pytest.approx(2.7e-2, rel=0.03)
    assert values["markov_2"] == pytest.approx(7.4e-4, rel=0.03)
    assert values["markov_3"] == pytest.approx(2.2e-5, rel=0.03)
    assert values["site_wider"] >= values["site"] - 1e-6  # a larger radius, a smaller entropy
    assert infinite(0, 1) == pytest.approx(-np.log(2 * np.cosh(1)))
