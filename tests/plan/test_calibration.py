"""Predicted memory is what XLA sets aside, to a factor of two; times are measured by `benchmarks.calibration`."""

from __future__ import annotations

import pytest

from benchmarks.calibration import CASES, figures


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("ring, strings", "dense"),
        pytest.param("noisy, strings", "density", marks=pytest.mark.slow),
        pytest.param("chain of 200, words", "cones", marks=pytest.mark.slow),
        pytest.param("chain of 200, strings", "sweep", marks=pytest.mark.slow),
        pytest.param("channels on 6, strings", "density", marks=pytest.mark.slow),
        ("channels on 100, strings", "sweep"),
        pytest.param("channels on 100, words", "sweep", marks=pytest.mark.slow),
        ("IQP of 40, sampled words", "words"),
    ],
)
def test_predicted_memory_is_within_a_factor_of_two(name: str, method: str) -> None:
    (case,) = (case for case in CASES if case.name == name)
    (found,) = figures(case, timed=False, only=method)
    assert 0.5 <= found.memory / found.memory_measured <= 2.0, (found.memory, found.memory_measured)
