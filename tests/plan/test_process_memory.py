"""What a process was measured to take is within a factor of 1.5 of what is predicted of it today."""

from __future__ import annotations

import pytest

from benchmarks import memory

HALF_A_GIGABYTE = 500 * 10**6
KEPT = memory.read()
MEASURED = [case for case in memory.CASES if KEPT.get(case.name, 0) > HALF_A_GIGABYTE]


def test_several_methods_are_kept() -> None:
    assert len(MEASURED) >= 5


LONG = {"cones, channels on a chain of 1,000"}  # there is another case of cones


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.name, marks=[pytest.mark.slow] if case.name in LONG else []) for case in MEASURED],
)
def test_predictions_of_memory_hold(case: memory.Case) -> None:
    _, said = memory.predicted(case)
    assert 1 / 1.5 < said / KEPT[case.name] < 1.5
