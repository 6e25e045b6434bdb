"""Predicted memory is what XLA sets aside, to a factor of two; predicted times keep the order of those measured."""

from __future__ import annotations

import pytest

from benchmarks.calibration import CASES, measured, predictions


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("ring of 10, strings", "dense"),
        pytest.param("noise on 5, strings", "density", marks=pytest.mark.slow),
        pytest.param("bricks on 200, words", "cones", marks=pytest.mark.slow),
        pytest.param("bricks on 200, strings", "sweep", marks=pytest.mark.slow),
        pytest.param("W4c 6, 4, 256", "density", marks=pytest.mark.slow),
        ("W4c 100, 4, 256", "sweep"),
        pytest.param("W2c 100, 4", "sweep", marks=pytest.mark.slow),
        ("IQP of 40, sampled words", "words"),
    ],
)
def test_predicted_memory_is_within_a_factor_of_two(name: str, method: str) -> None:
    (case,) = (case for case in CASES if case.name == name)
    predicted, found = predictions(case)[method].memory, measured(case, method, timed=False).memory
    assert 0.5 <= predicted / found <= 2.0, (predicted, found)
