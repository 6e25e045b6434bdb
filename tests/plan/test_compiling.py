"""What compiling is predicted to take, beside what was measured."""

from __future__ import annotations

from itertools import permutations

import pytest

from benchmarks import compiling

APART = 2.0  # measured times of a smaller ratio may change their order
KEPT = compiling.read()
SMALL = [case for case in compiling.CASES if max(case.sizes) <= 1000]


@pytest.fixture(scope="module")
def predicted() -> dict[str, float]:
    """Processor seconds by case, of those that are planned quickly and were measured."""
    names = {compiling.name_of(case): case for case in SMALL}
    return {name: compiling.predicted(case)[1] for name, case in names.items() if name in KEPT}


def test_predictions_are_within_a_factor_of_two_on_the_scale_of_the_machine(predicted: dict[str, float]) -> None:
    by = compiling.scale(predicted, KEPT)
    ratios = {name: by * seconds / KEPT[name] for name, seconds in predicted.items()}
    assert len(ratios) > 10
    assert all(0.5 <= ratio <= 2.0 for ratio in ratios.values()), ratios


def test_the_predicted_order_is_the_measured_one(predicted: dict[str, float]) -> None:
    for one, other in permutations(predicted, 2):
        if KEPT[one] * APART < KEPT[other]:
            assert predicted[one] <= predicted[other], (one, other)
